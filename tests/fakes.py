"""Fakes at the ports."""

from datetime import UTC, datetime, timedelta

from typing_extensions import override

from app.mail.ports import AboutToSend, Envelope, Failure, MailError, Receipt, SmtpAccount, Withheld

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

    async def send(self, envelope: Envelope, about_to_send: AboutToSend) -> Receipt:
        """Accept a message, or fail as told; in doubt only once its bytes are under way."""
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None and failure.failure is not Failure.UNCERTAIN:
            raise failure
        if not await about_to_send():
            raise Withheld
        if failure is not None:
            raise failure
        self.sent.append(envelope)
        return Receipt(250, "2.0.0 Ok: queued", "relay.example", is_encrypted=True)

    async def aclose(self) -> None:
        """Nothing is open."""


class FakeRelays:
    """Servers that organizations name: all are well, and all are one relay."""

    def __init__(self, mail: FakeMail) -> None:
        self._mail = mail

    async def require_usable(self, account: SmtpAccount) -> None:
        """Find nothing wrong."""

    def relay(self, account: SmtpAccount) -> FakeMail:
        """Give the one relay."""
        return self._mail

    def trial(self, account: SmtpAccount | None) -> FakeMail:
        """Give the one relay."""
        return self._mail


class Killed(BaseException):
    """The worker is gone: nothing after this line of it happens."""


class DyingMail(FakeMail):
    """A relay in whose hands the worker dies, before or after its message's first byte."""

    def __init__(self, *, in_data: bool) -> None:
        super().__init__()
        self._in_data = in_data

    @override
    async def send(self, envelope: Envelope, about_to_send: AboutToSend) -> Receipt:
        """Take the message, if it comes to that; nobody hears of it."""
        if self._in_data:
            await super().send(envelope, about_to_send)
        raise Killed
