"""Jobs that kill their worker; the queue itself would hand them on for ever, counting nothing."""

from dataclasses import dataclass
from datetime import timedelta

import asyncpg
from pgqueuer.models import Job as Row

DEATHS_MAX = 5
"""Workers in a row that may die over one job."""


class WorkersDied(Exception):
    """One worker after the other was gone before it could tell what became of a job."""


@dataclass(frozen=True, slots=True)
class Deaths:
    """Who died over a job, as the queue's log tells: picked, and nothing heard of it since."""

    pool: asyncpg.Pool
    heartbeat_timeout: timedelta

    async def require_few(self, row: Row) -> None:
        """Let a job be tried once more.

        Raises:
            WorkersDied: It has taken too many workers with it.
        """
        if row.updated - row.execute_after < self.heartbeat_timeout:
            return  # nobody can have died over it so soon
        picked = await self.pool.fetchval(
            """
            select count(*) from pgqueuer_log
            where job_id = $1 and status = 'picked' and id > coalesce(
              (select max(id) from pgqueuer_log where job_id = $1 and status <> 'picked'), 0)
            """,
            row.id,
        )
        if picked > DEATHS_MAX:
            raise WorkersDied
