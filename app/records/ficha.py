"""A contact's figures for its record (ficha): few statements, each over one of its indexes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.commercial.models import OPEN, CommercialAction
from app.dispatch import queries as dispatches
from app.dispatch.models import Dispatch, Recipient
from app.documents.filters import is_overdue
from app.documents.models import Document
from app.kernel.actor import Actor, Permission
from app.kernel.money import Money
from app.organizations import queries as organizations
from app.organizations.models import Membership
from app.payments.client_credit import credit_of


@dataclass(frozen=True, slots=True)
class Count:
    """How many documents of a type are in a state."""

    type: str
    status: str
    count: int


@dataclass(frozen=True, slots=True)
class Balances:
    """What a contact's issued invoices come to."""

    issued: Money
    paid: Money
    due: Money
    overdue: Money
    credit: Money


@dataclass(frozen=True, slots=True)
class LastDispatch:
    """The last message about a document of the contact."""

    id: UUID
    document_id: UUID
    document_type: str
    document_number: str | None
    kind: str
    channel: str
    subject: str
    state: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class LastView:
    """The last time somebody looked at a document of the contact."""

    document_id: UUID
    document_type: str
    document_number: str | None
    viewed_at: datetime
    view_count: int


@dataclass(frozen=True, slots=True)
class NextAction:
    """What is to be done next for the contact."""

    id: UUID
    kind: str
    subject: str
    due_on: date
    due_time: str | None
    assigned_to: UUID
    assigned_to_name: str


@dataclass(frozen=True, slots=True)
class Actions:
    """What is to be done for the contact."""

    open_count: int
    overdue_count: int
    next_action: NextAction | None


@dataclass(frozen=True, slots=True)
class Papers:
    """What became of a contact's documents."""

    balances: Balances
    counts: Sequence[Count]
    last_dispatch: LastDispatch | None
    last_view: LastView | None


@dataclass(frozen=True, slots=True)
class Summary:
    """A contact's figures; what the reader may not see is None."""

    papers: Papers | None
    actions: Actions | None


async def summarize(tx: AsyncSession, actor: Actor, contact_id: UUID, *, at: datetime) -> Summary:
    """Give the figures of a contact that the actor sees, as far as their permissions go."""
    papers, actions = None, None
    if Permission.DOCUMENTS_READ in actor.permissions:
        papers = await _papers(tx, actor, contact_id, at=at)
    if Permission.COMMERCIAL_READ in actor.permissions:
        actions = await _actions(tx, actor, contact_id, at=at)
    return Summary(papers, actions)


async def _papers(tx: AsyncSession, actor: Actor, contact_id: UUID, *, at: datetime) -> Papers:
    organization = await organizations.get(tx, actor.organization_id)
    today = at.astimezone(ZoneInfo(organization.time_zone)).date()
    counts, (issued, paid, due, overdue) = await _documents(tx, actor, contact_id, today)
    return Papers(
        balances=Balances(
            issued=Money(issued),
            paid=Money(paid),
            due=Money(due),
            overdue=Money(overdue),
            credit=await credit_of(tx, actor.organization_id, contact_id),
        ),
        counts=counts,
        last_dispatch=await _last_dispatch(tx, actor, contact_id),
        last_view=await _last_view(tx, actor, contact_id),
    )


async def _documents(
    tx: AsyncSession, actor: Actor, contact_id: UUID, today: date
) -> tuple[Sequence[Count], Sequence[int]]:
    """Count a contact's documents, and sum its issued invoices; in minor units."""
    is_owed = and_(Document.type == "invoice", Document.issue_state == "issued")
    due = Document.payable_minor - Document.paid_minor
    # What was paid beyond an invoice is credit, and what a corrective one gives back was taken
    # off the invoice that it corrects.
    left = func.greatest(due, 0)
    sums = [
        _sum(Document.total_minor.expression, is_owed),
        _sum(Document.paid_minor - Document.credited_minor, is_owed),
        _sum(left, is_owed),
        _sum(left, and_(is_owed, is_overdue())),
    ]
    rows = (
        await tx.execute(
            select(Document.type, Document.status, func.count(), *sums)
            .where(
                Document.organization_id == actor.organization_id,
                Document.contact_id == contact_id,
            )
            .group_by(Document.type, Document.status)
            .order_by(Document.type, Document.status),
            {"today": today},
        )
    ).all()
    counts = [Count(row[0], row[1], row[2]) for row in rows]
    return counts, [sum(int(row[place]) for row in rows) for place in range(3, 7)]


def _sum(amount: ColumnElement[int], condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(amount).filter(condition), 0)


async def _last_dispatch(tx: AsyncSession, actor: Actor, contact_id: UUID) -> LastDispatch | None:
    found = (
        await tx.execute(
            select(Dispatch, Document.type, Document.number)
            .join(Document, _SENT)
            .where(
                Dispatch.organization_id == actor.organization_id,
                Dispatch.contact_id == contact_id,
            )
            .order_by(Dispatch.id.desc())
            .limit(1)
            .options(selectinload(Dispatch.recipients))
        )
    ).first()
    if found is None:
        return None
    dispatch, document_type, number = found
    return LastDispatch(
        id=dispatch.id,
        document_id=dispatch.document_id,
        document_type=document_type,
        document_number=number,
        kind=dispatch.kind,
        channel=dispatch.channel,
        subject=dispatch.subject,
        state=dispatches.best_state(dispatch.recipients),
        created_at=dispatch.created_at,
    )


async def _last_view(tx: AsyncSession, actor: Actor, contact_id: UUID) -> LastView | None:
    of_dispatch = and_(
        Recipient.organization_id == Dispatch.organization_id, Recipient.dispatch_id == Dispatch.id
    )
    found = (
        await tx.execute(
            select(
                Document.id,
                Document.type,
                Document.number,
                Recipient.last_viewed_at,
                Recipient.view_count,
            )
            .select_from(Dispatch)
            .join(Recipient, of_dispatch)
            .join(Document, _SENT)
            .where(
                Dispatch.organization_id == actor.organization_id,
                Dispatch.contact_id == contact_id,
                Recipient.last_viewed_at.is_not(None),
            )
            .order_by(Recipient.last_viewed_at.desc())
            .limit(1)
        )
    ).first()
    if found is None:
        return None
    document_id, document_type, number, viewed_at, view_count = found
    assert viewed_at is not None  # noqa: S101 - so it was asked
    return LastView(document_id, document_type, number, viewed_at, view_count)


async def _actions(tx: AsyncSession, actor: Actor, contact_id: UUID, *, at: datetime) -> Actions:
    """Count a contact's open actions, with the next: what is to come before what is late."""
    is_late = CommercialAction.due_at <= at
    of_member = and_(
        Membership.organization_id == CommercialAction.organization_id,
        Membership.user_id == CommercialAction.assigned_to,
    )
    found = (
        await tx.execute(
            select(
                CommercialAction,
                Membership.name,
                func.count().over(),
                func.count().filter(is_late).over(),
            )
            .join(Membership, of_member)
            .where(
                CommercialAction.organization_id == actor.organization_id,
                CommercialAction.contact_id == contact_id,
                CommercialAction.state.in_(OPEN),
            )
            .order_by(is_late, CommercialAction.due_at, CommercialAction.id)
            .limit(1)
        )
    ).first()
    if found is None:
        return Actions(0, 0, None)
    action, name, open_count, overdue_count = found
    return Actions(
        open_count,
        overdue_count,
        NextAction(
            id=action.id,
            kind=action.kind,
            subject=action.subject,
            due_on=action.due_on,
            due_time=action.due_time.strftime("%H:%M") if action.due_time else None,
            assigned_to=action.assigned_to,
            assigned_to_name=name,
        ),
    )


_SENT = and_(
    Document.organization_id == Dispatch.organization_id, Document.id == Dispatch.document_id
)
"""The document that a dispatch is of."""
