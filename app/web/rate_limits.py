"""Limits on what a caller may do, held in PostgreSQL (generic cell rate algorithm)."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.batches import BATCH
from app.kernel.database import Database
from app.kernel.errors import TooMany
from app.web.models import RateLimit

_TAKE = text(
    """
    insert into rate_limits as r (key, free_at)
    values (:key, cast(:now as timestamptz) + :step)
    on conflict (key) do update
      set free_at = greatest(r.free_at, cast(:now as timestamptz)) + :step
      where greatest(r.free_at, cast(:now as timestamptz)) + :step
            <= cast(:now as timestamptz) + :window
    returning free_at
    """
)
_LOOK = text("select free_at from rate_limits where key = :key")


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` in any `window_s` seconds, refilled evenly."""

    name: str
    count: int
    window_s: int


LOGIN_BY_SOURCE = Limit("login_source", 50, 15 * 60)
BAD_TOKENS = Limit("bad_tokens", 30, 10 * 60)
LINK_REQUESTS = Limit("link", 60, 60)
CLIENT_COMMENTS = Limit("client_comments", 10, 60 * 60)
CLIENT_PAYMENTS = Limit("client_payments", 20, 60 * 60)
CLIENT_ANSWERS = Limit("client_answers", 20, 60 * 60)
"""Accept, reject and take back together: ten answers taken back, each of which tells staff."""
INVITATIONS = Limit("invitations", 50, 60 * 60)
RESETS_BY_ADDRESS = Limit("resets_address", 3, 60 * 60)
RESETS_BY_SOURCE = Limit("resets_source", 20, 60 * 60)
MAIL_TESTS = Limit("mail_tests", 20, 60 * 60)
RENEWALS = Limit("renewals", 3, 60 * 60)


async def forget_full(tx: AsyncSession, *, at: datetime, limit: int = BATCH) -> int:
    """Delete meters that are full again, which is what an absent one means; tell how many."""
    full = RateLimit.free_at <= at
    some = select(RateLimit.key).where(full).limit(limit)
    # Asked again of each row: a request may have used the meter meanwhile.
    deleted = await tx.execute(
        delete(RateLimit).where(RateLimit.key.in_(some), full).returning(RateLimit.key)
    )
    return len(deleted.all())


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Meters shared by all processes.

    Each check is its own short transaction: a refused or failed request counts.

    Attributes:
        factor: Multiplies every limit; the sandbox uses 10.
    """

    database: Database
    factor: int

    async def take(self, limit: Limit, subject: str, *, at: datetime) -> None:
        """Count one use.

        Raises:
            TooMany: The limit is reached; nothing was counted.
        """
        async with self.database.transaction() as tx:
            await self.take_within(tx, limit, subject, at=at)

    async def take_within(
        self, tx: AsyncSession, limit: Limit, subject: str, *, at: datetime
    ) -> None:
        """Count one use in the caller's transaction; what is rolled back does not count.

        Raises:
            TooMany: The limit is reached; nothing was counted.
        """
        key, window, step = self._meter(limit, subject)
        row = await tx.execute(_TAKE, {"key": key, "now": at, "step": step, "window": window})
        if row.first() is None:
            raise TooMany(retry_after_s=max(1, int(step.total_seconds()) + 1))

    async def check(self, limit: Limit, subject: str, *, at: datetime) -> None:
        """Look whether one more use would be allowed, without counting it.

        Raises:
            TooMany: The limit is reached.
        """
        async with self.database.transaction() as tx:
            await self.check_within(tx, limit, subject, at=at)

    async def check_within(
        self, tx: AsyncSession, limit: Limit, subject: str, *, at: datetime
    ) -> None:
        """Look in the caller's transaction.

        Raises:
            TooMany: The limit is reached.
        """
        key, window, step = self._meter(limit, subject)
        free_at = await tx.scalar(_LOOK, {"key": key})
        if free_at is not None and free_at + step > at + window:
            wait = free_at + step - at - window
            raise TooMany(retry_after_s=max(1, int(wait.total_seconds()) + 1))

    def _meter(self, limit: Limit, subject: str) -> tuple[str, timedelta, timedelta]:
        digest = hashlib.sha256(subject.encode()).hexdigest()[:32]
        window = timedelta(seconds=limit.window_s)
        return f"{limit.name}:{digest}", window, window / (limit.count * self.factor)
