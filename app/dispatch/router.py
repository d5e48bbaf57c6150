"""Sending documents, and what became of every message."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.dispatch import bulk, queries, service
from app.dispatch.promising import Sender
from app.dispatch.schemas import (
    BulkOrder,
    DispatchOrder,
    DispatchPreview,
    DispatchQuery,
    DispatchView,
)
from app.documents import queries as documents
from app.kernel.actor import Actor, Permission
from app.kernel.vault import Vault
from app.operations.schemas import OperationView
from app.organizations.access import Requires
from app.settings import Settings
from app.web.dependencies import Language, Now, Seen, Tx, provided, set_created
from app.web.pagination import Paging
from app.web.routing import Route
from app.web.schemas import Page

router = APIRouter(prefix="/v1", tags=["dispatch"], route_class=Route)

Reader = Annotated[Actor, Depends(Requires(Permission.DOCUMENTS_READ))]
Previewer = Annotated[Actor, Depends(Requires(Permission.DOCUMENTS_SEND))]
Dispatcher = Annotated[Actor, Depends(Requires(Permission.DOCUMENTS_SEND, needs_key=True))]
Canceller = Annotated[Actor, Depends(Requires(Permission.DOCUMENTS_SEND))]


async def sender(request: Request) -> Sender:
    """Give what sending needs beside the database."""
    settings = provided(request, Settings)
    return Sender(provided(request, Vault), settings.mail_from.rpartition("@")[2])


Sending = Annotated[Sender, Depends(sender)]


@router.post("/documents/{document_id}/dispatches/preview")
async def preview_dispatch(
    document_id: UUID, body: DispatchOrder, actor: Previewer, tx: Tx, at: Now
) -> DispatchPreview:
    """Say what would be sent, to whom and in what words; nothing is stored."""
    document = await documents.get(tx, actor, document_id)
    return await service.preview(tx, actor, document, body, at=at)


@router.post("/documents/{document_id}/dispatches", status_code=201)
async def dispatch_document(
    document_id: UUID,
    body: DispatchOrder,
    actor: Dispatcher,
    tx: Tx,
    at: Now,
    seen: Seen,
    sending: Sending,
    response: Response,
) -> DispatchView:
    """Send an issued document by e-mail; each address gets a message and a link of its own.

    The answer comes before the relay has accepted anything: the states of the recipients,
    and the document's, become *sent* only then.
    """
    document = await documents.get(tx, actor, document_id, for_update=True)
    seen.check(document.version)
    dispatch = await service.dispatch_document(tx, actor, document, body, sending, at=at)
    set_created(response, "/v1/dispatches", dispatch.id)
    # It is new: nobody has been seen at its links.
    return DispatchView.of(dispatch, pdf_sha256=document.pdf_sha256, evidence={})


@router.post("/dispatches/bulk", status_code=202)
async def bulk_dispatch(
    body: BulkOrder, actor: Dispatcher, tx: Tx, at: Now, language: Language
) -> OperationView:
    """Send many documents; the answer comes at once, and the work follows.

    `GET /v1/operations/{id}` tells how far it is, `…/items` what came of each document: its
    dispatch, or why it could not be sent. Cancelled, it stops before the next document.
    """
    operation = await bulk.ask(tx, actor, body, at=at)
    return OperationView.of(operation, language)


@router.get("/dispatches")
async def list_dispatches(
    actor: Reader, tx: Tx, request: Request, query: Annotated[DispatchQuery, Query()]
) -> Page[DispatchView]:
    """List what was sent, newest first."""
    paging = Paging.of(request, query)
    before = UUID(str(paging.after[0])) if paging.after else None
    rows = await queries.list_dispatches(tx, actor, query, before=before, limit=paging.limit)
    page, cursor = paging.split(rows, lambda row: [str(row.id)])
    views = await queries.views(tx, actor, page)
    return Page(data=views, has_more=cursor is not None, next_cursor=cursor)


@router.get("/dispatches/{dispatch_id}")
async def get_dispatch(dispatch_id: UUID, actor: Reader, tx: Tx) -> DispatchView:
    """Read one dispatch: its words, and what became of each message."""
    dispatch = await queries.get(tx, actor, dispatch_id)
    return (await queries.views(tx, actor, [dispatch]))[0]


@router.post("/dispatches/{dispatch_id}/resend", status_code=201)
async def resend_dispatch(
    dispatch_id: UUID, actor: Dispatcher, tx: Tx, at: Now, sending: Sending, response: Response
) -> DispatchView:
    """Send the same document to the same people again, with new links."""
    earlier = await queries.get(tx, actor, dispatch_id)
    document = await documents.get(tx, actor, earlier.document_id, for_update=True)
    dispatch = await service.resend(tx, actor, document, earlier, sending, at=at)
    set_created(response, "/v1/dispatches", dispatch.id)
    # It is new: nobody has been seen at its links.
    return DispatchView.of(dispatch, pdf_sha256=document.pdf_sha256, evidence={})


@router.post("/dispatches/{dispatch_id}/cancel")
async def cancel_dispatch(dispatch_id: UUID, actor: Canceller, tx: Tx, at: Now) -> DispatchView:
    """Call off a dispatch none of whose messages has left yet."""
    dispatch = await queries.get(tx, actor, dispatch_id)
    document = await documents.get(tx, actor, dispatch.document_id, for_update=True)
    await service.cancel(tx, actor, document, dispatch, at=at)
    return (await queries.views(tx, actor, [await queries.get(tx, actor, dispatch_id)]))[0]
