"""enqueue(): a promise to work later, made in the transaction that needs it.

Jobs carry identifiers only; whoever does one reads the present state first and asks
whether the work was done already, because a job may run more than once.
"""

import json
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import ClassVar, Self
from uuid import UUID

from pgqueuer import AsyncpgDriver, Queries
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class Job:
    """Work for later; every job names the organization it is done for.

    Attributes:
        name: Stable name of the kind of work, such as `dispatch.send`.
        concurrency: How many of the kind run at once over all workers; 0 for any number.
            A kind of work has its own lane, so that a slow one delays no other.
    """

    name: ClassVar[str] = ""
    concurrency: ClassVar[int] = 0

    organization_id: UUID

    def to_bytes(self) -> bytes:
        """Write the identifiers."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return json.dumps(values, default=str).encode()

    @classmethod
    def from_bytes(cls, payload: bytes) -> Self:
        """Read the identifiers back.

        Raises:
            ValueError: It is not a job of this kind.
        """
        values = json.loads(payload)
        parsed = {
            field.name: UUID(values[field.name]) if field.type is UUID else values[field.name]
            for field in fields(cls)
        }
        return cls(**parsed)


async def enqueue(tx: AsyncSession, job: Job, *, after_s: float = 0) -> None:
    """Promise a job within the caller's transaction: both come true, or neither.

    Args:
        tx: The caller's transaction.
        job: What to do.
        after_s: Seconds to wait at least.
    """
    raw = await (await tx.connection()).get_raw_connection()
    connection = raw.driver_connection
    assert connection is not None  # noqa: S101 - an open session has its connection
    # SQLAlchemy begins lazily; a job sent before that would survive a rollback.
    assert connection.is_in_transaction(), "enqueue outside a transaction"  # noqa: S101
    await Queries(AsyncpgDriver(connection)).enqueue(
        job.name,
        job.to_bytes(),
        execute_after=timedelta(seconds=after_s),
        headers={"organization_id": str(job.organization_id)},
    )
