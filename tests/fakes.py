"""Fakes at the ports."""

from datetime import UTC, datetime, timedelta

from app.mail.ports import Envelope, MailError, Receipt

START = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class FixedClock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        """Give the instant it stands at."""
        return self._now

    def advance(self, by: timedelta) -> None:
        """Go on."""
        self._now += by

    def set(self, instant: datetime) -> None:
        """Stand at another instant."""
        self._now = instant


class FakeMail:
    """A relay that keeps what it is given, and can be told how to fail."""

    def __init__(self) -> None:
        self.sent: list[Envelope] = []
        self.failures: list[MailError] = []
        """Raised one after the other, before anything is accepted again."""

    async def send(self, envelope: Envelope) -> Receipt:
        """Accept a message, or fail as told."""
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(envelope)
        return Receipt(250, "2.0.0 Ok: queued", "relay.example", is_encrypted=True)

    async def aclose(self) -> None:
        """Nothing is open."""
