"""Documents that were issued: further revisions, longer validity, taking them back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.documents import closing, queries, revising, revisions
from app.documents.models import Document
from app.documents.revising_schemas import DiffView, Extension, RevisionView, Voiding
from app.documents.router import show
from app.documents.schemas import DocumentView
from app.kernel.actor import Actor, Permission
from app.organizations.access import Requires
from app.web.dependencies import Language, Now, Seen, Tx, set_created, set_etag
from app.web.routing import Route
from app.web.schemas import Page

router = APIRouter(prefix="/v1/documents", tags=["documents"], route_class=Route)

Reader = Annotated[Actor, Depends(Requires(Permission.DOCUMENTS_READ))]
Writer = Annotated[Actor, Depends(Requires(Permission.DOCUMENTS_WRITE))]
Number = Annotated[int, Path(ge=1, le=10_000, description="Which revision.", examples=[2])]


NOT_ISSUED: dict[int | str, dict[str, object]] = {409: {"description": "It was never issued."}}


@router.post("/{document_id}/revise", status_code=201)
async def revise_document(
    document_id: UUID,
    actor: Writer,
    tx: Tx,
    at: Now,
    seen: Seen,
    response: Response,
    language: Language,
) -> DocumentView:
    """Begin the next revision of a quote, delivery note or proforma, as a draft beside it.

    The draft has the number and the revision it will have; edit it and issue it like any
    other. Until then the revision before counts and can be answered. Issued, it takes its
    place: the document keeps its id, nobody has answered it yet, and links to the revision
    before say so. The draft's id leads to the document from then on. One draft at a time:
    a second answers 409 `revision_open` with its `draft_id`.
    """
    document = await queries.get(tx, actor, document_id, for_update=True, with_lines=True)
    seen.check(document.version)
    draft = await revising.revise(tx, actor, document, at=at)
    set_created(response, "/v1/documents", draft.id, draft.version)
    return await show(tx, actor, draft, at, language)


@router.get("/{document_id}/revisions", responses=NOT_ISSUED)
async def list_revisions(document_id: UUID, actor: Reader, tx: Tx) -> Page[RevisionView]:
    """List the revisions of a document, oldest first, and the draft of the next one."""
    story = await revisions.story_of(tx, actor, document_id)
    shown = list(await revisions.listed(tx, actor, story))
    return Page(data=shown, has_more=False, next_cursor=None)


@router.get("/{document_id}/revisions/{number}/diff", responses=NOT_ISSUED)
async def compare_revisions(
    document_id: UUID,
    number: Number,
    actor: Reader,
    tx: Tx,
    *,
    against: Annotated[
        int | None, Query(ge=1, le=10_000, description="The one before, when left out.")
    ] = None,
) -> DiffView:
    """Tell what a revision, or the draft of the next one, says otherwise than another."""
    story = await revisions.story_of(tx, actor, document_id)
    other = against or max(1, number - 1)
    found = await revisions.compared(tx, actor, story, number, other)
    return DiffView.of(number, other, found)


@router.post("/{document_id}/extend")
async def extend_document(
    document_id: UUID,
    body: Extension,
    actor: Writer,
    tx: Tx,
    at: Now,
    seen: Seen,
    response: Response,
    language: Language,
) -> DocumentView:
    """Let an issued quote be accepted until a later day, also after it expired.

    Its PDF keeps the day it says; the client's page shows the new one, and links live as
    much longer.
    """
    document = await queries.get(tx, actor, document_id, for_update=True, with_lines=True)
    seen.check(document.version)
    await closing.extend(tx, actor, document, body.valid_until, at=at)
    return await _answer(tx, actor, document, at, language, response)


@router.post("/{document_id}/void")
async def void_document(
    document_id: UUID,
    body: Voiding,
    actor: Writer,
    tx: Tx,
    at: Now,
    seen: Seen,
    response: Response,
    language: Language,
) -> DocumentView:
    """Take an issued quote, delivery note or proforma back, with a reason.

    Its links still open and say so. An invoice is taken back by a corrective one; what was
    converted or paid stands.
    """
    document = await queries.get(tx, actor, document_id, for_update=True, with_lines=True)
    seen.check(document.version)
    await closing.void(tx, actor, document, body.reason, at=at)
    return await _answer(tx, actor, document, at, language, response)


async def _answer(
    tx: AsyncSession, actor: Actor, document: Document, at: Now, language: str, response: Response
) -> DocumentView:
    set_etag(response, document.version)
    return await show(tx, actor, document, at, language)
