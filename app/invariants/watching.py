"""The pack at work by the clock: every organization in turn, the longest unchecked first."""

import asyncio
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from app.invariants import pack
from app.invariants.models import InvariantCheck
from app.kernel.clock import Clock
from app.kernel.database import Database
from app.organizations.models import Organization

log = structlog.get_logger()

ROUND_S = 600.0
"""How long one round may take; who is left is first in the next."""

ORGANIZATION_S = 120.0
"""How long one organization may take."""

ORGANIZATIONS_MAX = 1000


async def check_in_turn(database: Database, clock: Clock, *, round_s: float = ROUND_S) -> None:
    """Check organizations until all were or the time is over.

    The check itself is read-only. Each violation is logged as an error, their number is
    kept for the figures; an organization that could not be checked stays the oldest.

    Args:
        database: Under the worker's role.
        clock: Now, for leases that ran out.
        round_s: Seconds after which no other is begun.
    """
    ends_at = asyncio.get_running_loop().time() + round_s
    async with database.transaction() as tx:
        waiting = await _longest_unchecked(tx)
    for done, organization_id in enumerate(waiting):
        if asyncio.get_running_loop().time() >= ends_at:
            log.warning("invariants_round_over", unchecked=len(waiting) - done)
            return
        await _check(database, organization_id, clock.now())


async def oldest_check(tx: AsyncSession) -> datetime | None:
    """Tell when the organization longest unchecked was checked, or founded if it never was."""
    last = func.coalesce(InvariantCheck.checked_at, Organization.created_at)
    return await tx.scalar(
        select(func.min(last)).select_from(Organization).outerjoin(InvariantCheck)
    )


async def count_violations(tx: AsyncSession) -> int:
    """Count what the last checks of all organizations found."""
    return await tx.scalar(select(func.sum(InvariantCheck.violations))) or 0


async def _longest_unchecked(tx: AsyncSession) -> list[UUID]:
    query = (
        select(Organization.id)
        .outerjoin(InvariantCheck)
        .order_by(InvariantCheck.checked_at.nulls_first(), Organization.id)
        .limit(ORGANIZATIONS_MAX)
    )
    return list(await tx.scalars(query))


async def _check(database: Database, organization_id: UUID, at: datetime) -> None:
    try:
        async with asyncio.timeout(ORGANIZATION_S):
            async with database.transaction(organization_id) as tx:
                found = await pack.check(tx, organization_id, at=at)
            async with database.transaction(organization_id) as tx:
                await _note(tx, organization_id, len(found), at)
    except (SQLAlchemyError, OSError) as error:  # a time limit that ran out is an OSError too
        log.exception(
            "invariants_not_checked",
            organization_id=str(organization_id),
            error=type(error).__name__,
        )
        return
    for one in found:
        log.error(
            "invariant_broken",
            organization_id=str(organization_id),
            code=one.code,
            what=one.what,
        )


async def _note(tx: AsyncSession, organization_id: UUID, violations: int, at: datetime) -> None:
    values = {"checked_at": at, "violations": violations}
    await tx.execute(
        insert(InvariantCheck)
        .values(organization_id=organization_id, **values)
        .on_conflict_do_update(index_elements=["organization_id"], set_=values)
    )
