"""What an operator sees of jobs that failed for good, and sends round again."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A job that was tried as often as it may be."""

    id: int
    name: str
    organization_id: str
    attempts: int
    created_at: datetime
    failed_at: datetime
    error: str


async def list_dead(tx: AsyncSession, *, limit: int = 100) -> list[DeadLetter]:
    """List dead letters, oldest first."""
    rows = await tx.execute(
        text(
            """
            select q.id, q.entrypoint, coalesce(q.headers->>'organization_id', '') as organization,
                   q.attempts, q.created, q.updated,
                   coalesce((select l.traceback->>'exception_type' from pgqueuer_log l
                             where l.job_id = q.id and l.traceback is not null
                             order by l.created desc limit 1), '') as error
            from pgqueuer q where q.status = 'failed' order by q.id limit :limit
            """
        ),
        {"limit": limit},
    )
    return [DeadLetter(*row) for row in rows]


async def requeue(tx: AsyncSession, job_id: int) -> bool:
    """Let a dead letter be tried again from its first attempt; tell whether there was one."""
    row = await tx.execute(
        text(
            """
            update pgqueuer set status = 'queued', attempts = 0, execute_after = now(),
                   updated = now() where id = :id and status = 'failed' returning id
            """
        ),
        {"id": job_id},
    )
    return row.first() is not None
