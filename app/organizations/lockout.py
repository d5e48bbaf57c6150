"""Whoever guesses passwords waits longer and longer; nobody is kept out for ever.

Three meters count the attempts that failed: of an account from one source, of an account
from anywhere, and of a source at any account. Each gives some for nothing; after those
every failure doubles the wait, up to a quarter of an hour. An address that is nobody's is
counted like any other, so waiting tells nothing.

A stranger who keeps an account's meter high must not keep its owner out: a source from
which they signed in before goes by its own meter alone, and a password chosen anew by
mail sets the account's back.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.batches import BATCH
from app.kernel.database import Database
from app.kernel.errors import TooMany
from app.organizations.models import KnownSource, SignInMeter, User

FIRST_WAIT = timedelta(seconds=5)
LONGEST_WAIT = timedelta(minutes=15)
FORGOTTEN_AFTER = timedelta(days=1)
"""A meter without failures for so long begins again."""
KNOWN_FOR = timedelta(days=30)
"""How long a source stays known after a sign-in."""

FREE: Mapping[str, int] = {"pair": 5, "account": 20, "source": 30}
"""Failures that cost no wait, by kind of meter."""


def wait_after(failures: int, free: int) -> timedelta:
    """Tell how long to wait after so many failures in a row, some of them free (pure)."""
    if failures <= free:
        return timedelta()
    doubled: timedelta = FIRST_WAIT * 2 ** min(failures - free - 1, 20)
    return min(doubled, LONGEST_WAIT)


@dataclass(frozen=True, slots=True)
class Attempt:
    """A try to prove who one is, counted as failed until it is forgiven.

    Attributes:
        meters: By kind, the names of those that counted it.
        source: Whence it came.
        begins_to_wait: This failure is the first that makes the account wait.
    """

    meters: Mapping[str, str]
    source: str
    begins_to_wait: bool


@dataclass(frozen=True, slots=True)
class Lockout:
    """The meters, shared by all processes.

    Attributes:
        factor: Multiplies what is free; the sandbox uses 10.
        pepper: Keys the meters' names, so that they tell no address.
    """

    database: Database
    factor: int
    pepper: bytes = field(repr=False)

    async def begin(self, email: str, source: str, *, at: datetime) -> Attempt:
        """Count an attempt as failed before it is looked at, so that many at once count.

        Raises:
            TooMany: It is too soon; nothing was counted.
        """
        names = self._names(email, source)
        async with self.database.transaction() as tx:
            meters = await self._locked(tx, names, at=at)
            if await self._is_known(tx, email, source, at=at):
                del names["account"]
            begins = False
            for kind, name in names.items():
                free = FREE[kind] * self.factor
                _require_free(meters[name], free, at=at)
                begins |= _note(meters[name], free, at=at) == free + 1 and kind != "source"
        return Attempt(names, source, begins)

    async def forgive(self, attempt: Attempt, *, user_id: UUID | None, at: datetime) -> None:
        """Take an attempt back that succeeded; its source is known to the user from now on.

        Args:
            attempt: As begun.
            user_id: Who signed in; None when only a part was shown to be right.
            at: Now.
        """
        async with self.database.transaction() as tx:
            meters = await self._locked(tx, attempt.meters, at=at)
            for meter in meters.values():
                meter.failures = max(0, meter.failures - 1)
                meter.free_at = at
            if user_id is not None:
                await tx.delete(meters[attempt.meters["pair"]])
                await self._remember(tx, user_id, attempt.source, at=at)

    async def lift(self, email: str) -> None:
        """Set the meter of an account back, once its password was chosen anew by mail."""
        name = self._names(email, "")["account"]
        async with self.database.transaction() as tx:
            await tx.execute(delete(SignInMeter).where(SignInMeter.name == name))

    async def _locked(
        self, tx: AsyncSession, names: Mapping[str, str], *, at: datetime
    ) -> dict[str, SignInMeter]:
        fresh = [
            {"name": name, "failures": 0, "last_at": at, "free_at": at}
            for name in sorted(names.values())
        ]
        await tx.execute(insert(SignInMeter).values(fresh).on_conflict_do_nothing())
        rows = await tx.scalars(
            select(SignInMeter)
            .where(SignInMeter.name.in_(names.values()))
            .order_by(SignInMeter.name)
            .with_for_update()
        )
        return {row.name: row for row in rows}

    async def _is_known(self, tx: AsyncSession, email: str, source: str, *, at: datetime) -> bool:
        known = exists().where(
            KnownSource.user_id == User.id,
            KnownSource.source == self._keyed(source),
            KnownSource.seen_at > at - KNOWN_FOR,
        )
        found = await tx.scalar(select(User.id).where(User.email == email.lower(), known))
        return found is not None

    async def _remember(
        self, tx: AsyncSession, user_id: UUID, source: str, *, at: datetime
    ) -> None:
        await tx.execute(
            insert(KnownSource)
            .values(user_id=user_id, source=self._keyed(source), seen_at=at)
            .on_conflict_do_update(index_elements=["user_id", "source"], set_={"seen_at": at})
        )

    def _names(self, email: str, source: str) -> dict[str, str]:
        account = email.lower()
        parts = {"pair": f"{account}|{source}", "account": account, "source": source}
        return {kind: f"{kind}:{self._keyed(part).hex()}" for kind, part in parts.items()}

    def _keyed(self, text: str) -> bytes:
        return hmac.digest(self.pepper, b"sign-in" + text.encode(), "sha256")


def _require_free(meter: SignInMeter, free: int, *, at: datetime) -> None:
    if meter.failures > free and meter.free_at > at:
        seconds = int((meter.free_at - at).total_seconds()) + 1
        raise TooMany(reason="sign_in_delayed", retry_after_s=seconds)


def _note(meter: SignInMeter, free: int, *, at: datetime) -> int:
    """Count one failure more, or the first after long; give how many there are."""
    is_old = at - meter.last_at > FORGOTTEN_AFTER
    meter.failures = 1 if is_old else meter.failures + 1
    meter.last_at = at
    meter.free_at = at + wait_after(meter.failures, free)
    return meter.failures


async def forget_meters(tx: AsyncSession, *, at: datetime, limit: int = BATCH) -> int:
    """Delete meters without failures for a day; tell how many."""
    old = select(SignInMeter.name).where(SignInMeter.last_at < at - FORGOTTEN_AFTER)
    deleted = await tx.execute(
        delete(SignInMeter)
        .where(SignInMeter.name.in_(old.limit(limit)))
        .returning(SignInMeter.name)
    )
    return len(deleted.all())


async def forget_sources(tx: AsyncSession, *, at: datetime, limit: int = BATCH) -> int:
    """Delete sources that are not known any more; tell how many."""
    old = (
        select(KnownSource.user_id)
        .where(KnownSource.seen_at < at - KNOWN_FOR)
        .distinct()
        .limit(limit)
    )
    deleted = await tx.execute(
        delete(KnownSource)
        .where(KnownSource.user_id.in_(old), KnownSource.seen_at < at - KNOWN_FOR)
        .returning(KnownSource.user_id)
    )
    return len(deleted.all())
