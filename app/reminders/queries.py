"""Reading policies and what was decided; tenancy is in every query."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, bindparam, exists, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.comments.models import Comment
from app.documents.models import Document
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.reminders.models import Reminder, ReminderPolicy
from app.reminders.schemas import PolicyQuery

_CANDIDATES = text(
    """
    select d.id from documents d
    cross join lateral (select case d.type when 'quote' then d.valid_until
                               else coalesce(d.next_due_on, d.due_date) end as day) deadline
    where d.organization_id = :organization_id and d.type = :document_type
      and d.issue_state = 'issued' and deadline.day is not null
      and exists (select from unnest(:steps) step
                  where deadline.day + step::integer
                          between greatest(:since, d.issue_date) and :today
                    and not exists (select from reminders r
                                    where r.organization_id = d.organization_id
                                      and r.document_id = d.id and r.deadline = deadline.day
                                      and r.offset_days = step))
    order by deadline.day, d.id
    """
).bindparams(bindparam("steps", type_=ARRAY(BigInteger())))


async def get(
    tx: AsyncSession, actor: Actor, policy_id: UUID, *, for_update: bool = False
) -> ReminderPolicy:
    """Give one policy.

    Raises:
        NotFound: There is none.
    """
    key = (actor.organization_id, policy_id)
    policy = await tx.get(ReminderPolicy, key, with_for_update=for_update)
    if policy is None:
        raise NotFound
    return policy


async def list_policies(
    tx: AsyncSession, actor: Actor, query: PolicyQuery, *, after: UUID | None
) -> Sequence[ReminderPolicy]:
    """List policies, oldest first, one more than the limit."""
    rows = select(ReminderPolicy).where(ReminderPolicy.organization_id == actor.organization_id)
    if query.document_type is not None:
        rows = rows.where(ReminderPolicy.document_type == query.document_type)
    if after is not None:
        rows = rows.where(ReminderPolicy.id > after)
    return list(await tx.scalars(rows.order_by(ReminderPolicy.id).limit(query.limit + 1)))


async def in_force(
    tx: AsyncSession, organization_id: UUID, document_type: str | None = None
) -> Sequence[ReminderPolicy]:
    """List the policies that are active; those of money before those of quotes."""
    rows = select(ReminderPolicy).where(
        ReminderPolicy.organization_id == organization_id, ReminderPolicy.status == "active"
    )
    if document_type is not None:
        rows = rows.where(ReminderPolicy.document_type == document_type)
    return list(await tx.scalars(rows.order_by(ReminderPolicy.document_type)))


async def candidates(tx: AsyncSession, policy: ReminderPolicy, today: date) -> Sequence[UUID]:
    """List documents with a step that is due and not decided, the most urgent first."""
    rows = await tx.scalars(
        _CANDIDATES,
        {
            "organization_id": policy.organization_id,
            "document_type": policy.document_type,
            "steps": policy.steps,
            "since": policy.active_since,
            "today": today,
        },
    )
    return list(rows)


async def decided(tx: AsyncSession, document: Document, deadline: date) -> set[int]:
    """Tell which steps of a document's deadline were sent or skipped."""
    rows = await tx.scalars(
        select(Reminder.offset_days).where(
            Reminder.organization_id == document.organization_id,
            Reminder.document_id == document.id,
            Reminder.deadline == deadline,
        )
    )
    return set(rows)


async def was_reminded(tx: AsyncSession, document: Document, today: date) -> bool:
    """Tell whether a document's client was reminded of anything today."""
    sent = exists().where(
        Reminder.organization_id == document.organization_id,
        Reminder.contact_id == document.contact_id,
        Reminder.decided_on == today,
        Reminder.dispatch_id.is_not(None),
    )
    return bool(await tx.scalar(select(sent)))


async def has_replied(tx: AsyncSession, document: Document) -> bool:
    """Tell whether the client wrote after the document was last sent."""
    if document.last_dispatched_at is None:
        return False
    wrote = exists().where(
        Comment.organization_id == document.organization_id,
        Comment.document_id == document.id,
        Comment.contact_id == document.contact_id,
        Comment.author_kind == "client",
        Comment.created_at > document.last_dispatched_at,
    )
    return bool(await tx.scalar(select(wrote)))
