"""Verbs: staff comment on a contact or document, the client in a document's thread."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.comments.events import commented, created
from app.comments.models import Comment
from app.comments.schemas import CommentDraft
from app.contacts.models import Contact
from app.documents import queries as documents
from app.documents.drafting import conflict_facts
from app.documents.models import Document
from app.documents.projecting import project
from app.events.record import record
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Conflict, Fault, Invalid, NotFound
from app.kernel.identifiers import new_id
from app.notices.service import raise_about


async def add(
    tx: AsyncSession, actor: Actor, contact: Contact, draft: CommentDraft, *, at: datetime
) -> Comment:
    """Write a comment in a contact's history, or to the client in a document's thread.

    Raises:
        Invalid: The document is not this contact's, or sharing names none.
        Conflict: A draft has no thread: its client sees nothing yet.
    """
    actor.require(Permission.CONTACTS_WRITE)
    document = await _document(tx, actor, contact, draft)
    if draft.visibility == "shared":
        if document is None:
            raise Invalid(faults=[Fault("/document_id", "missing")])
        if document.issue_state == "draft":
            raise Conflict(reason="not_issued", extra=conflict_facts(document))
    comment = Comment(
        organization_id=actor.organization_id,
        id=new_id(),
        contact_id=contact.id,
        document_id=draft.document_id,
        visibility=draft.visibility,
        author_kind=actor.kind.value,
        author_id=actor.id,
        author_name=actor.name,
        body=draft.body,
        created_at=at,
    )
    tx.add(comment)
    await tx.flush()
    await record(tx, actor, created(comment), at=at)
    return comment


async def _document(
    tx: AsyncSession, actor: Actor, contact: Contact, draft: CommentDraft
) -> Document | None:
    if draft.document_id is None:
        return None
    unknown = Invalid(faults=[Fault("/document_id", "reference.unknown")])
    try:
        document = await documents.get(tx, actor, draft.document_id)
    except NotFound:
        raise unknown from None
    if document.contact_id != contact.id:
        raise unknown
    return document


async def comment_by_client(
    tx: AsyncSession,
    actor: Actor,
    document: Document,
    *,
    name: str,
    body: str,
    at: datetime,
    is_told: bool = False,
) -> Comment:
    """Take a client's comment into the document's thread, and tell staff.

    Args:
        tx: The request's transaction.
        actor: The client behind the link.
        document: Read for update.
        name: Who writes, as typed.
        body: Their words, cleaned and not empty.
        at: Now.
        is_told: The words came with an answer whose fact and notice tell them already.
    """
    comment = Comment(
        organization_id=document.organization_id,
        id=new_id(),
        contact_id=document.contact_id,
        document_id=document.id,
        visibility="shared",
        author_kind="client",
        author_id=actor.id,
        author_name=name,
        body=body,
        created_at=at,
    )
    tx.add(comment)
    document.is_commented = True
    document.updated_at = at
    project(document)
    await tx.flush()
    if is_told:
        return comment
    await record(tx, actor, commented(document, comment), at=at)
    await raise_about(
        tx,
        actor,
        document,
        "document.commented",
        subject_type="comment",
        subject_id=comment.id,
        at=at,
        name=name,
        comment=body,
    )
    return comment
