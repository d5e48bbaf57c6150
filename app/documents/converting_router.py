"""Documents: what becomes of them, and copies."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Response

from app.documents import converting, copying, correcting, queries
from app.documents.converting_schemas import Conversion, Copying
from app.documents.correcting_schemas import CorrectionOrder
from app.documents.router import show
from app.documents.schemas import DocumentView
from app.kernel.actor import Actor, Permission
from app.organizations.access import Requires
from app.web.dependencies import Language, Now, Seen, Tx, set_created
from app.web.routing import Route

router = APIRouter(prefix="/v1/documents", tags=["documents"], route_class=Route)

Writer = Annotated[Actor, Depends(Requires(Permission.DOCUMENTS_WRITE))]


@router.post("/{document_id}/convert", status_code=201)
async def convert_document(
    document_id: UUID,
    body: Conversion,
    actor: Writer,
    tx: Tx,
    at: Now,
    seen: Seen,
    response: Response,
    language: Language,
) -> DocumentView:
    """Make a draft out of an issued document: a quote's delivery note, proforma or invoices.

    A quote becomes a delivery note, a proforma or an invoice; before that, advance invoices
    may ask for parts of it, never for more than its total. Delivery notes, several of one
    client too, and proformas become an invoice. Issued advance invoices are taken off with
    their tax, and so is money that was taken already. What was converted is converted once;
    deleting the draft undoes it.
    """
    sources = await converting.load(tx, actor, document_id, body.document_ids)
    seen.check(sources[0].version)
    draft = await converting.convert(tx, actor, sources, body, at=at)
    set_created(response, "/v1/documents", draft.id, draft.version)
    return await show(tx, actor, draft, at, language)


@router.post("/{document_id}/correct", status_code=201)
async def correct_document(
    document_id: UUID,
    body: CorrectionOrder,
    actor: Writer,
    tx: Tx,
    at: Now,
    seen: Seen,
    response: Response,
    language: Language,
) -> DocumentView:
    """Begin the corrective invoice of an issued one, in a series of its own.

    By `differences` the draft takes everything off, in negative quantities, and may be
    edited to take less; issued, it lowers what is due of the invoice, and what was paid
    beyond becomes the client's credit. By `substitution` the draft is the invoice again, to
    be put right, for another client too; issued, it takes the place of the other, which is
    voided, and gets what was paid. One draft corrects an invoice at a time (409
    `correction_open`).
    """
    invoice = await queries.get(tx, actor, document_id, for_update=True, with_lines=True)
    seen.check(invoice.version)
    draft = await correcting.correct(tx, actor, invoice, body, at=at)
    set_created(response, "/v1/documents", draft.id, draft.version)
    return await show(tx, actor, draft, at, language)


@router.post("/{document_id}/copy", status_code=201)
async def copy_document(
    document_id: UUID,
    body: Copying,
    actor: Writer,
    tx: Tx,
    at: Now,
    seen: Seen,
    response: Response,
    language: Language,
) -> DocumentView:
    """Write a document again as a draft, of another type or for another client if wanted."""
    source = await queries.get(tx, actor, document_id, with_lines=True)
    seen.check(source.version)
    draft = await copying.copy(tx, actor, source, body, at=at)
    set_created(response, "/v1/documents", draft.id, draft.version)
    return await show(tx, actor, draft, at, language)
