"""What has expired is deleted: replies, sign-ins, mailed links, meters of rates, files."""

from functools import partial

from app.container import Container
from app.files import keeping
from app.kernel.batches import until_done
from app.organizations import lockout, mailing, queries, sessions
from app.web import idempotency, rate_limits


async def forget_expired(container: Container) -> int:
    """Delete what nobody can use any more; tell how many rows it was."""
    at, database = container.clock.now(), container.database
    total = 0
    for step in (
        rate_limits.forget_full,
        sessions.forget_tokens,
        sessions.forget_ended,
        mailing.forget_tokens,
        lockout.forget_meters,
        lockout.forget_sources,
    ):
        total += await until_done(database, partial(step, at=at))
    async with database.transaction() as tx:
        organization_ids = await queries.ids(tx)
    for organization_id in organization_ids:
        for forget in (idempotency.forget_old, keeping.forget_expired):
            total += await until_done(database, partial(forget, at=at), organization_id)
    return total
