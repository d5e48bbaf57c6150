"""A relay that cannot be reached is left alone for a while, by every message at once."""

from datetime import datetime, timedelta

from app.kernel.clock import Clock
from app.mail.ports import MailError

SHORTEST = timedelta(seconds=30)
LONGEST = timedelta(minutes=10)


class Rest:
    """One relay's pause: 30 seconds after a failure, doubled by each further one to 10 minutes.

    Whoever comes while it lasts hears at once what the last one heard, and when it ends.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._length = timedelta(0)
        self._until: datetime | None = None
        self._cause: MailError | None = None

    def begin(self, cause: MailError) -> None:
        """Pause: no connection was to be had."""
        self._length = min(max(self._length * 2, SHORTEST), LONGEST)
        self._until = self._clock.now() + self._length
        self._cause = cause

    def end(self) -> None:
        """Forget it: a connection was made."""
        self._length = timedelta(0)
        self._until = self._cause = None

    def require_over(self) -> None:
        """Let the next try go ahead, unless it comes too soon.

        Raises:
            MailError: The relay rests; the wait until its end is named.
        """
        if self._until is None or self._cause is None:
            return
        left = self._until - self._clock.now()
        if left <= timedelta(0):
            return
        cause = self._cause
        raise MailError(
            cause.failure,
            code=cause.code,
            text=cause.text,
            host=cause.host,
            retry_after_s=max(1, round(left.total_seconds())),
        )
