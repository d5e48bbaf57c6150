"""Work that may be much, done in transactions that stay short."""

from collections.abc import Awaitable, Callable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.database import Database

BATCH = 1000
"""Rows one transaction of a sweep may touch."""

Step = Callable[[AsyncSession], Awaitable[int]]
"""Does at most one batch and tells how many rows it was."""


async def until_done(database: Database, step: Step, organization_id: UUID | None = None) -> int:
    """Repeat a step, each time in a transaction of its own, until it finds nothing to do.

    Args:
        database: Opens the transactions.
        step: Must make progress: what it did, it does not find again.
        organization_id: Entered each time.

    Returns:
        How many rows were done in all.
    """
    total = 0
    while True:
        async with database.transaction(organization_id) as tx:
            count = await step(tx)
        total += count
        if count == 0:
            return total
