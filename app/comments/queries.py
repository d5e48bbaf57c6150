"""Reading comments; tenancy is in every query."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.comments.models import Comment
from app.documents.models import Document
from app.kernel.actor import Actor

THREAD_MAX = 200
"""How many comments a thread shows; the latest ones."""


async def thread(tx: AsyncSession, document: Document) -> Sequence[Comment]:
    """List what a document's client may read, oldest first; at most the latest 200.

    What was shared with the client it was for before is theirs alone.
    """
    query = select(Comment).where(
        Comment.organization_id == document.organization_id,
        Comment.document_id == document.id,
        Comment.contact_id == document.contact_id,
        Comment.visibility == "shared",
    )
    latest = await tx.scalars(query.order_by(Comment.id.desc()).limit(THREAD_MAX))
    return list(latest)[::-1]


async def of_document(
    tx: AsyncSession, actor: Actor, document_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[Comment]:
    """List a document's comments, internal and shared, newest first, one more than the limit."""
    query = select(Comment).where(
        Comment.organization_id == actor.organization_id, Comment.document_id == document_id
    )
    if before is not None:
        query = query.where(Comment.id < before)
    return list(await tx.scalars(query.order_by(Comment.id.desc()).limit(limit + 1)))
