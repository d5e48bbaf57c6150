"""Reading notices; tenancy, and whose they are, is in every query."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from app.contacts.visibility import sees_contact_of
from app.documents.visibility import sees_document_of
from app.kernel.actor import Actor, ActorKind, Visibility
from app.kernel.errors import NotFound
from app.notices.models import Notice


async def get(
    tx: AsyncSession, actor: Actor, notice_id: UUID, *, for_update: bool = False
) -> Notice:
    """Give one notice the actor may see.

    Raises:
        NotFound: There is none.
    """
    query = select(Notice).where(Notice.id == notice_id, *_seen_by(actor))
    if for_update:
        query = query.with_for_update()
    notice = await tx.scalar(query.execution_options(populate_existing=True))
    if notice is None:
        raise NotFound
    return notice


async def list_notices(
    tx: AsyncSession,
    actor: Actor,
    *,
    is_reviewed: bool | None,
    before: UUID | None,
    limit: int,
) -> Sequence[Notice]:
    """List notices, newest first, one more than the limit.

    Args:
        tx: The request's transaction.
        actor: Whose.
        is_reviewed: Only reviewed ones, only pending ones, or None for all.
        before: Id of the last notice seen.
        limit: How many belong to the page.
    """
    query = select(Notice).where(*_seen_by(actor))
    if is_reviewed is not None:
        query = query.where(Notice.reviewed_at.is_not(None) if is_reviewed else _PENDING)
    if before is not None:
        query = query.where(Notice.id < before)
    return list(await tx.scalars(query.order_by(Notice.id.desc()).limit(limit + 1)))


async def count_pending(tx: AsyncSession, actor: Actor) -> dict[str, int]:
    """Count the notices that await review, by kind."""
    query = select(Notice.kind, func.count()).where(*_seen_by(actor), _PENDING)
    rows = await tx.execute(query.group_by(Notice.kind).order_by(Notice.kind))
    return {kind: count for kind, count in rows}  # noqa: C416 - rows are not a mapping


_PENDING = Notice.reviewed_at.is_(None)


def _seen_by(actor: Actor) -> list[ColumnElement[bool]]:
    """Everyone's notices about what the actor sees, and one's own; an integration sees all."""
    own = Notice.organization_id == actor.organization_id
    if actor.kind != ActorKind.USER:
        return [own]
    everyones = and_(Notice.for_user_id.is_(None), _about_what_is_seen(actor))
    return [own, or_(everyones, Notice.for_user_id == actor.id)]


def _about_what_is_seen(actor: Actor) -> ColumnElement[bool]:
    if actor.visibility == Visibility.ALL:
        return true()
    return case(
        (Notice.document_id.is_not(None), sees_document_of(actor, Notice.document_id)),
        (Notice.contact_id.is_not(None), sees_contact_of(actor, Notice.contact_id)),
        else_=true(),
    )
