"""Reading commercial actions and their kinds; tenancy is in every query."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from app.commercial.models import OPEN, ActionKind, CommercialAction
from app.commercial.schemas import ActionFilters, ActionQuery, Shown
from app.commercial.visibility import sees_action
from app.contacts.models import Contact
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.organizations.models import Membership


async def get(
    tx: AsyncSession, actor: Actor, action_id: UUID, *, for_update: bool = False
) -> CommercialAction:
    """Give one action that the actor sees.

    Raises:
        NotFound: There is none.
    """
    query = select(CommercialAction).where(CommercialAction.id == action_id, *_seen_by(actor))
    if for_update:
        query = query.with_for_update()
    action = await tx.scalar(query.execution_options(populate_existing=True))
    if action is None:
        raise NotFound
    return action


async def show(tx: AsyncSession, actor: Actor, action_id: UUID) -> Shown:
    """Give one action that the actor sees, with the names beside it.

    Raises:
        NotFound: There is none.
    """
    row = (await tx.execute(_shown(actor).where(CommercialAction.id == action_id))).first()
    if row is None:
        raise NotFound
    return Shown(*row)


async def list_actions(
    tx: AsyncSession,
    actor: Actor,
    wanted: ActionFilters,
    *,
    contact_id: UUID | None = None,
    is_falling: bool,
    after: tuple[datetime, UUID] | None,
    at: datetime,
) -> Sequence[Shown]:
    """List actions by when they are due, one more than the limit.

    Args:
        tx: The request's transaction.
        actor: Who asks.
        wanted: The filters.
        contact_id: Only for this contact.
        is_falling: The latest first.
        after: Due instant and id of the last action seen.
        at: Now, for what is overdue.
    """
    query = _shown(actor).where(*_wanted(actor, wanted, at))
    if contact_id is not None:
        query = query.where(CommercialAction.contact_id == contact_id)
    key = (CommercialAction.due_at, CommercialAction.id)
    if after is not None:
        place = tuple_(*key)
        query = query.where(place < tuple_(*after) if is_falling else place > tuple_(*after))
    order = [column.desc() for column in key] if is_falling else key
    rows = await tx.execute(query.order_by(*order).limit(wanted.limit + 1))
    return [Shown(*row) for row in rows]


async def get_kind(
    tx: AsyncSession, actor: Actor, kind_id: UUID, *, for_update: bool = False
) -> ActionKind:
    """Give one kind of the actor's organization.

    Raises:
        NotFound: There is none.
    """
    query = select(ActionKind).where(
        ActionKind.organization_id == actor.organization_id, ActionKind.id == kind_id
    )
    if for_update:
        query = query.with_for_update(key_share=True)
    kind = await tx.scalar(query.execution_options(populate_existing=True))
    if kind is None:
        raise NotFound
    return kind


async def find_kind(tx: AsyncSession, actor: Actor, code: str) -> ActionKind | None:
    """Find a kind that new actions may be of, by its code."""
    return await tx.scalar(
        select(ActionKind).where(
            ActionKind.organization_id == actor.organization_id,
            ActionKind.code == code,
            ActionKind.status == "active",
        )
    )


async def list_kinds(
    tx: AsyncSession, actor: Actor, *, status: str, after: UUID | None, limit: int
) -> Sequence[ActionKind]:
    """List kinds, oldest first, one more than the limit."""
    query = select(ActionKind).where(
        ActionKind.organization_id == actor.organization_id, ActionKind.status == status
    )
    if after is not None:
        query = query.where(ActionKind.id > after)
    return list(await tx.scalars(query.order_by(ActionKind.id).limit(limit + 1)))


def _shown(actor: Actor) -> Select[CommercialAction, str, str]:
    """Select actions that the actor sees, with the names beside them."""
    contact = and_(
        Contact.organization_id == CommercialAction.organization_id,
        Contact.id == CommercialAction.contact_id,
    )
    member = and_(
        Membership.organization_id == CommercialAction.organization_id,
        Membership.user_id == CommercialAction.assigned_to,
    )
    return (
        select(CommercialAction, Contact.display_name, Membership.name)
        .join(Contact, contact)
        .join(Membership, member)
        .where(*_seen_by(actor))
        .execution_options(populate_existing=True)
    )


def _seen_by(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    return CommercialAction.organization_id == actor.organization_id, sees_action(actor)


def is_overdue(at: datetime) -> ColumnElement[bool]:
    """Tell whether an action should have been done, in a query of actions."""
    return and_(CommercialAction.state.in_(OPEN), CommercialAction.due_at <= at)


def _wanted(actor: Actor, wanted: ActionFilters, at: datetime) -> Iterator[ColumnElement[bool]]:
    if wanted.state is not None:
        yield CommercialAction.state.in_(wanted.state.split(","))
    if wanted.overdue is not None:
        yield is_overdue(at) if wanted.overdue else ~is_overdue(at)
    if wanted.due_from is not None:
        yield CommercialAction.due_on >= wanted.due_from
    if wanted.due_to is not None:
        yield CommercialAction.due_on <= wanted.due_to
    if wanted.kind is not None:
        yield CommercialAction.kind == wanted.kind
    if wanted.document_id is not None:
        yield CommercialAction.document_id == wanted.document_id
    if isinstance(wanted, ActionQuery):
        if wanted.contact_id is not None:
            yield CommercialAction.contact_id == wanted.contact_id
        if wanted.assigned_to is not None:
            is_own = wanted.assigned_to == "me"
            yield CommercialAction.assigned_to == (actor.id if is_own else wanted.assigned_to)
