"""Do the jobs that wait, as the worker would, and tell how many there were."""

import asyncpg

from app.jobs.queue import Job
from app.worker import handlers_of
from tests.offices import Office


async def do_jobs(office: Office, kind: type[Job]) -> int:
    """Do every waiting job of a kind of one organization."""
    connection = await asyncpg.connect(office.container.settings.database_url.get_secret_value())
    try:
        rows = await connection.fetch(
            "delete from pgqueuer where entrypoint = $1"
            " and headers->>'organization_id' = $2 returning payload",
            kind.name,
            str(office.organization_id),
        )
    finally:
        await connection.close()
    handler = handlers_of(office.worker)[kind]
    for row in rows:
        await handler(kind.from_bytes(row["payload"]))
    return len(rows)
