"""Not asking for a while somebody who does not answer, or asked us to wait."""

import time
from collections.abc import Callable
from math import ceil

from app.payments.ports import GatewayUnavailable


class Breaker:
    """Counts failures in a row; after too many it refuses for a while, then lets one try through.

    A process has its own: the first few failures of each are cheap, and a shared count would
    need a place that works when others do not.
    """

    def __init__(
        self, failures_max: int, rest_s: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._failures_max = failures_max
        self._rest_s = rest_s
        self._monotonic = monotonic
        self._failures = 0
        self._rests_until = 0.0
        self._told_until = 0.0

    def require_open(self) -> None:
        """Let a call through, or not.

        Raises:
            GatewayUnavailable: It is not time yet.
        """
        wait_s = max(self._rests_until, self._told_until) - self._monotonic()
        if wait_s > 0:
            raise GatewayUnavailable("Lemonway is given a rest", retry_after_s=ceil(wait_s))
        if self._failures >= self._failures_max:
            self._rest()  # for all but the one who tries now

    def succeed(self) -> None:
        """Note an answer, even a refusal."""
        self._failures = 0
        self._rests_until = 0.0

    def fail(self) -> None:
        """Note that no usable answer came."""
        self._failures += 1
        if self._failures >= self._failures_max:
            self._rest()

    def wait(self, seconds: float) -> None:
        """Let nothing through for some seconds, as we were told."""
        self._told_until = self._monotonic() + seconds

    def _rest(self) -> None:
        self._rests_until = self._monotonic() + self._rest_s
