"""Comments: notes among staff, and the thread shared with the client."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from app.comments import queries, service
from app.comments.schemas import CommentDraft, CommentQuery, CommentView
from app.contacts import queries as contacts
from app.documents import queries as documents
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Fault, Invalid
from app.organizations.access import Requires
from app.web.dependencies import Now, Tx
from app.web.pagination import Paging
from app.web.problems import foresee
from app.web.routing import Route
from app.web.schemas import Page

foresee(
    "fk_comments_organization_id_document_id_documents",
    Invalid(faults=[Fault("/document_id", "reference.unknown")]),
)

router = APIRouter(prefix="/v1", tags=["comments"], route_class=Route)

Reader = Annotated[Actor, Depends(Requires(Permission.HISTORY_READ))]
Writer = Annotated[Actor, Depends(Requires(Permission.CONTACTS_WRITE))]


@router.post("/contacts/{contact_id}/comments", status_code=201)
async def create_comment(
    contact_id: UUID, body: CommentDraft, actor: Writer, tx: Tx, at: Now
) -> CommentView:
    """Comment on a contact or one of its documents.

    Comments are internal to staff unless shared in the thread of an issued document,
    where its client reads them.
    """
    contact = await contacts.get(tx, actor, contact_id)
    comment = await service.add(tx, actor, contact, body, at=at)
    return CommentView.of(comment)


@router.get("/documents/{document_id}/comments")
async def list_document_comments(
    document_id: UUID,
    actor: Reader,
    tx: Tx,
    request: Request,
    query: Annotated[CommentQuery, Query()],
) -> Page[CommentView]:
    """List a document's comments, internal and shared, newest first."""
    await documents.get(tx, actor, document_id)
    paging = Paging.of(request, query)
    before = UUID(str(paging.after[0])) if paging.after else None
    rows = await queries.of_document(tx, actor, document_id, before=before, limit=paging.limit)
    page, cursor = paging.split(rows, lambda comment: [str(comment.id)])
    views = [CommentView.of(comment) for comment in page]
    return Page(data=views, has_more=cursor is not None, next_cursor=cursor)
