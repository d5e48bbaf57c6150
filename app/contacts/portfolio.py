"""Verb: hand the contacts of one salesperson over to another, as when somebody leaves."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.contacts.events import updated
from app.contacts.models import Contact
from app.contacts.visibility import sees_contact
from app.events.record import record
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Fault, Invalid
from app.organizations import queries as organizations
from app.organizations.auditing import audit, difference

AT_ONCE = 500
"""Contacts moved by one request: each leaves a fact in its history."""


@dataclass(frozen=True, slots=True)
class Handover:
    """How many contacts were moved, and how many are left to be."""

    moved_count: int
    left_count: int


async def reassign(
    tx: AsyncSession, actor: Actor, from_id: UUID, to_id: UUID, *, at: datetime
) -> Handover:
    """Move the contacts of one salesperson that the actor sees to another; documents stay.

    At most `AT_ONCE`, so that a request stays short: while some are left, ask again.

    Raises:
        Forbidden: The actor may not change contacts.
        Invalid: The other is no active colleague whose rows the actor sees, or the same.
    """
    actor.require(Permission.CONTACTS_WRITE)
    if to_id == from_id:
        raise Invalid(faults=[Fault("/to_user_id", "reference.itself")])
    if not await organizations.may_own(tx, actor, to_id):
        raise Invalid(faults=[Fault("/to_user_id", "reference.unknown")])
    theirs = _portfolio(actor, from_id)
    contacts = await tx.scalars(
        select(Contact).where(*theirs).order_by(Contact.id).limit(AT_ONCE).with_for_update()
    )
    moved = list(contacts)
    for contact in moved:
        contact.assigned_salesperson_id = to_id
        contact.updated_at = at
        await record(tx, actor, updated(contact, ["assigned_salesperson_id"]), at=at)
    await tx.flush()
    left = await tx.scalar(select(func.count()).select_from(Contact).where(*theirs)) or 0
    told = difference({}, {"to_user_id": to_id, "contact_count": len(moved)})
    await audit(tx, actor, "portfolio.reassigned", "user", from_id, told, at=at)
    return Handover(len(moved), left)


def _portfolio(actor: Actor, user_id: UUID) -> tuple[ColumnElement[bool], ...]:
    return (
        Contact.organization_id == actor.organization_id,
        Contact.assigned_salesperson_id == user_id,
        sees_contact(actor),
    )
