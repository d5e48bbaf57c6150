"""Verb: hand the open actions of one salesperson over to another."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.commercial import references, service
from app.commercial.models import OPEN, CommercialAction
from app.commercial.visibility import sees_action
from app.kernel.actor import Actor, Permission
from app.kernel.findings import Findings

AT_ONCE = 500
"""Actions moved by one request: each leaves a fact in its contact's history, and a notice."""


@dataclass(frozen=True, slots=True)
class Handover:
    """How many actions were moved, and how many are left to be."""

    moved_count: int
    left_count: int


async def hand_over(
    tx: AsyncSession, actor: Actor, from_id: UUID, to_id: UUID, *, at: datetime
) -> Handover:
    """Give the open actions of one salesperson that the actor sees to another.

    At most `AT_ONCE`, so that a request stays short: while some are left, ask again.

    Raises:
        Forbidden: The actor may not write actions.
        Invalid: The other is no active colleague who may write actions.
    """
    actor.require(Permission.COMMERCIAL_WRITE)
    findings = Findings()
    assignee = await references.find_assignee(tx, actor, to_id, findings, pointer="/to_user_id")
    findings.require_none()
    assert assignee is not None  # noqa: S101 - otherwise it was found wrong
    theirs = _theirs(actor, from_id)
    actions = await tx.scalars(
        select(CommercialAction)
        .where(*theirs)
        .order_by(CommercialAction.id)
        .limit(AT_ONCE)
        .with_for_update()
    )
    moved = list(actions)
    for action in moved:
        await service.hand_to(tx, actor, action, assignee, at=at)
    left = await tx.scalar(select(func.count()).select_from(CommercialAction).where(*theirs)) or 0
    return Handover(len(moved), left)


def _theirs(actor: Actor, user_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        CommercialAction.organization_id == actor.organization_id,
        CommercialAction.assigned_to == user_id,
        CommercialAction.state.in_(OPEN),
        sees_action(actor),
    )
