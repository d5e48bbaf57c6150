"""Verbs: raise a notice, review it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.documents import queries as documents
from app.documents.models import Document
from app.events.record import record
from app.kernel.actor import Actor
from app.kernel.identifiers import new_id
from app.notices import queries
from app.notices.events import created, reviewed
from app.notices.models import Notice
from app.notices.summaries import summary_of
from app.organizations import queries as organizations


async def raise_notice(
    tx: AsyncSession,
    actor: Actor,
    *,
    kind: str,
    summary: str,
    contact_id: UUID | None,
    document_id: UUID | None,
    subject_type: str,
    subject_id: UUID,
    for_user_id: UUID | None = None,
    at: datetime,
) -> Notice:
    """Ask staff to look at something.

    Args:
        tx: The transaction of what happened.
        actor: Who did it.
        kind: The event's kind, such as `document.rejected`.
        summary: One line in the organization's language; see `summaries`.
        contact_id: Whose record it belongs to.
        document_id: Which document it is about.
        subject_type: What is to be looked at: `decision`, `comment`, `recipient`…
        subject_id: Which one.
        for_user_id: Whose notice it is; None for everyone with the permission.
        at: Now.
    """
    notice = Notice(
        organization_id=actor.organization_id,
        id=new_id(),
        kind=kind,
        for_user_id=for_user_id,
        summary=summary,
        contact_id=contact_id,
        document_id=document_id,
        subject_type=subject_type,
        subject_id=subject_id,
        created_at=at,
        reviewed_at=None,
        reviewed_by=None,
        reviewed_by_name=None,
    )
    tx.add(notice)
    await tx.flush()
    await record(tx, actor, created(notice), at=at)
    return notice


async def raise_about(
    tx: AsyncSession,
    actor: Actor,
    document: Document,
    kind: str,
    *,
    subject_type: str,
    subject_id: UUID,
    at: datetime,
    **values: str | None,
) -> Notice:
    """Raise a notice about a document, its summary written from the catalogue.

    Args:
        tx: The transaction of what happened.
        actor: Who did it.
        document: What it happened to.
        kind: The event's kind; `summaries` has its text.
        subject_type: What is to be looked at.
        subject_id: Which one.
        at: Now.
        values: What the text needs beyond contact and document: `name`, `comment`,
            `address`, `state`, `reason`.
    """
    organization = await organizations.get(tx, document.organization_id)
    summary = summary_of(
        kind,
        organization.default_language,
        contact=await documents.contact_name(tx, document),
        type=document.type,
        number=document.number,
        **values,
    )
    return await raise_notice(
        tx,
        actor,
        kind=kind,
        summary=summary,
        contact_id=document.contact_id,
        document_id=document.id,
        subject_type=subject_type,
        subject_id=subject_id,
        at=at,
    )


async def review(tx: AsyncSession, actor: Actor, notice_id: UUID, *, at: datetime) -> Notice:
    """Note who looked, and when; the first to look stays.

    Raises:
        NotFound: There is no such notice for the actor.
    """
    notice = await queries.get(tx, actor, notice_id, for_update=True)
    if notice.reviewed_at is None:
        notice.reviewed_at = at
        notice.reviewed_by = actor.id
        notice.reviewed_by_name = actor.name
        await tx.flush()
        await record(tx, actor, reviewed(notice), at=at)
    return notice
