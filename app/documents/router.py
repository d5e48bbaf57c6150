"""Documents: drafts, issuing, the PDF, answers on the client's behalf."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from datetime import date, datetime
from typing import Annotated, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.documents import deciding, drafting, issuing, lineage, queries, rendering, revising, views
from app.documents.breakdown import figures_of
from app.documents.deciding import Answer
from app.documents.issuing import Issued
from app.documents.lineage import Related
from app.documents.models import Document
from app.documents.ports import Books, Printer
from app.documents.queries import Listed, Read
from app.documents.rendering import NotPrinted, PdfKey, ensure_pdf, print_document
from app.documents.schemas import (
    DecisionOnBehalf,
    DecisionView,
    DocumentChanges,
    DocumentCount,
    DocumentDraft,
    DocumentFilters,
    DocumentItem,
    DocumentQuery,
    DocumentView,
)
from app.documents.translating import Wanted, pdf_in
from app.kernel.actor import Actor, Permission
from app.kernel.database import Database
from app.kernel.errors import Conflict
from app.kernel.languages import Language as Spoken
from app.kernel.rows import rows_of
from app.organizations import queries as organizations
from app.organizations.access import Reader, Reads, Requires, RequiresBriefly
from app.organizations.models import Organization
from app.web import idempotency
from app.web.conditional import send_whole
from app.web.dependencies import (
    Db,
    Language,
    MustSee,
    Now,
    Seen,
    Tx,
    provided,
    set_created,
    set_etag,
)
from app.web.pagination import Paging
from app.web.problems import language_of
from app.web.routing import Route
from app.web.schemas import Page

router = APIRouter(prefix="/v1/documents", tags=["documents"], route_class=Route)

RowReader = Annotated[Reader, Depends(Reads(Permission.DOCUMENTS_READ))]
DocumentReader = Annotated[Actor, Depends(Requires(Permission.DOCUMENTS_READ))]
Writer = Annotated[Actor, Depends(Requires(Permission.DOCUMENTS_WRITE))]
BriefReader = Annotated[Actor, Depends(RequiresBriefly(Permission.DOCUMENTS_READ))]
BriefWriter = Annotated[Actor, Depends(RequiresBriefly(Permission.DOCUMENTS_WRITE))]

PDF = "application/pdf"

Shown = TypeVar("Shown", bound=DocumentView)


@router.get("")
async def list_documents(
    by: RowReader, request: Request, query: Annotated[DocumentQuery, Query()]
) -> Page[DocumentItem]:
    """List documents of all four types, newest first unless sorted otherwise.

    What a search finds comes closest first: the number or amount itself, then numbers and
    titles that begin like the search, then those that have its words, then what is only
    like it.
    """
    today, language = _today(by.organization, by.at), language_of(request)
    paging = Paging.of(request, query)
    rows = await queries.list_documents(by.rows, by.actor, query, after=paging.after, today=today)
    page, cursor = paging.split(rows, Listed.cursor)
    items = [
        views.item_of(
            row.document,
            row.contact_name,
            payments_enabled=by.organization.payments_enabled,
            today=today,
            language=language,
        )
        for row in page
    ]
    return Page(data=items, has_more=cursor is not None, next_cursor=cursor)


@router.get("/count")
async def count_documents(
    by: RowReader, query: Annotated[DocumentFilters, Query()]
) -> DocumentCount:
    """Count the documents that match the same filters as the list, by status."""
    today = _today(by.organization, by.at)
    counts = await queries.count_by_status(by.rows, by.actor, query, today=today)
    return DocumentCount(by_status=counts, total=sum(counts.values()))


@router.post("", status_code=201)
async def create_document(
    body: DocumentDraft, actor: Writer, tx: Tx, at: Now, response: Response, language: Language
) -> DocumentView:
    """Begin a document as a draft; it has no number until it is issued."""
    document = await drafting.create(tx, actor, body, at=at)
    set_created(response, "/v1/documents", document.id, document.version)
    return await show(tx, actor, document, at, language)


@router.get("/{document_id}")
async def get_document(
    document_id: UUID, by: RowReader, request: Request, response: Response
) -> DocumentView:
    """Read a document, whole."""
    found = await queries.read(by.rows, by.actor, document_id)
    related = await lineage.related_to(by.rows, by.actor, found.document)
    set_etag(response, found.document.version)
    if _moved(found, related, by.organization, by.at):
        send_whole(request)
    return views.view_of(
        found.document,
        found.contact_name,
        related,
        payments_enabled=by.organization.payments_enabled,
        today=_today(by.organization, by.at),
        language=language_of(request),
    )


@router.patch("/{document_id}")
async def update_document(
    document_id: UUID,
    body: DocumentChanges,
    actor: Writer,
    tx: Tx,
    at: Now,
    seen: MustSee,
    response: Response,
    language: Language,
) -> DocumentView:
    """Change a draft; what is left out is left alone. Issued documents never change."""
    document = await queries.get(tx, actor, document_id, for_update=True, with_lines=True)
    seen.check(document.version)
    await drafting.edit(tx, actor, document, body, at=at)
    set_etag(response, document.version)
    return await show(tx, actor, document, at, language)


@router.delete("/{document_id}", status_code=204)
async def delete_document(document_id: UUID, actor: Writer, tx: Tx, at: Now, seen: MustSee) -> None:
    """Delete a draft; nothing that was issued is ever deleted."""
    document = await queries.get(tx, actor, document_id, for_update=True, with_lines=True)
    seen.check(document.version)
    await drafting.delete(tx, actor, document, at=at)


@router.post("/{document_id}/issue")
async def issue_document(
    document_id: UUID,
    actor: BriefWriter,
    database: Db,
    at: Now,
    seen: Seen,
    request: Request,
    response: Response,
    language: Language,
) -> DocumentView:
    """Issue a draft: it gets its number, is frozen, and its PDF is made.

    The number and the frozen content are committed first; the PDF follows in the same
    request, or, if that is cut short or the printer fails, by the worker (`pdf_state` tells).
    """

    async def issue(tx: AsyncSession) -> tuple[DocumentView, Issued]:
        draft = await queries.get(tx, actor, document_id, for_update=True, with_lines=True)
        seen.check(draft.version)
        books = provided(request, Books)  # type: ignore[type-abstract]  # the table is keyed by ports
        document, issued = await revising.issue(tx, actor, draft, books, at=at)
        return await show(tx, actor, document, at, language, issued.contact_name), issued

    return await issue_and_print(issue, actor, database, at, request, response)


async def issue_and_print(
    issue: Callable[[AsyncSession], Awaitable[tuple[Shown, Issued | None]]],
    actor: Actor,
    database: Database,
    at: datetime,
    request: Request,
    response: Response,
) -> Shown:
    """Issue in one transaction, print outside of any, and answer with what came of both."""
    async with database.transaction(actor.organization_id) as tx:
        await idempotency.claim(tx, request, actor, at=at, is_required=False)
        view, issued = await issue(tx)
        etag = f'"{view.version}"'
        await idempotency.remember_view(tx, request, view, etag=etag, at=at)
    if issued is None:  # what is changed need not be issued
        set_etag(response, view.version)
        return view
    content = None
    with suppress(NotPrinted):  # it is issued all the same; the job goes on trying
        printer = provided(request, Printer)  # type: ignore[type-abstract]  # the table is keyed by ports
        content = await print_document(printer, issued.says, logo=issued.logo, band=None)
    async with database.transaction(actor.organization_id) as tx:
        if content is not None:
            key = PdfKey(actor.organization_id, view.id, view.revision, view.language)
            await rendering.store(tx, key, content, at=at)
        printed = await rendering.printed(tx, actor.organization_id, view.id)
        set_etag(response, printed.version)
        view = view.model_copy(update=asdict(printed))
        # The reply really given takes the place of the one kept in case we were cut short.
        etag = f'"{printed.version}"'
        await idempotency.remember_view(tx, request, view, etag=etag, at=at)
        return view


@router.get(
    "/{document_id}/pdf",
    response_class=Response,
    responses={
        200: {"content": {PDF: {"schema": {"type": "string", "format": "binary"}}}},
        409: {"description": "A draft has no PDF yet."},
        503: {"description": "The PDF could not be made; asking again tries again."},
    },
)
async def get_document_pdf(
    document_id: UUID,
    actor: BriefReader,
    database: Db,
    at: Now,
    request: Request,
    *,
    preview: Annotated[
        bool, Query(description="Print a draft as it is now, marked as a draft.")
    ] = False,
    revision: Annotated[
        int | None, Query(ge=1, le=10_000, description="An earlier revision.")
    ] = None,
    language: Annotated[
        Spoken | None, Query(description="A translation; the document's own when left out.")
    ] = None,
) -> Response:
    """Download the stored PDF; with `preview=true`, a draft printed as it is now.

    `language` gives an issued document translated: same number and figures, marked on
    every page, with the fingerprint of the original, which alone counts. What was written
    by hand stays as it was written. Nothing of it is stored or sent.

    One that could not be made before is made now; if it cannot be (503, `pdf_failed`),
    asking again tries again.
    """
    printer = provided(request, Printer)  # type: ignore[type-abstract]  # the table is keyed by ports
    if preview:
        content, name = await _preview(database, printer, actor, document_id, language)
    else:
        async with database.transaction(actor.organization_id) as tx:
            document = await queries.get(tx, actor, document_id)
            if document.issue_state == "draft":
                raise Conflict(reason="not_issued", extra=drafting.conflict_facts(document))
            name = document.number or ""
            number = document.revision if revision is None else revision
            document_id = document.id
        if language is None:
            content = await ensure_pdf(
                database, printer, actor.organization_id, document_id, number, at=at
            )
        else:
            wanted = Wanted(actor.organization_id, document_id, number, language)
            content = await pdf_in(database, printer, wanted, at=at)
            name = f"{name}-{language}"
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in name)
    return Response(
        content, media_type=PDF, headers={"Content-Disposition": f'inline; filename="{safe}.pdf"'}
    )


@router.get("/{document_id}/decisions")
async def list_decisions(document_id: UUID, actor: DocumentReader, tx: Tx) -> Page[DecisionView]:
    """List every answer to a document, oldest first; the last that stands is current."""
    document = await queries.get(tx, actor, document_id)
    rows = list(await queries.decisions(tx, actor, document.id))
    current = deciding.current_id(rows)
    shown = [views.decision_of(row, is_current=row.id == current) for row in rows]
    return Page(data=shown, has_more=False, next_cursor=None)


@router.post("/{document_id}/decisions")
async def decide_on_behalf(
    document_id: UUID,
    body: DecisionOnBehalf,
    actor: Writer,
    tx: Tx,
    at: Now,
    seen: Seen,
    response: Response,
    language: Language,
) -> DocumentView:
    """Record what the client told staff by phone or in person, also after expiry.

    Taking an acceptance back needs a reason in `note`. An answer that repeats the one
    that stands changes nothing.
    """
    document = await queries.get(tx, actor, document_id, for_update=True, with_lines=True)
    seen.check(document.version)
    actions = {"accepted": "accept", "rejected": "reject", "withdrawn": "undo"}
    answer = Answer(
        action=actions[body.decision],
        name=body.told_by,
        channel="staff_on_behalf",
        comment=body.note or None,
        pdf_sha256=document.pdf_sha256 or "",
        evidence={"recorded_by": actor.name, "told_by": body.told_by, "note": body.note},
    )
    await deciding.answer_on_behalf(tx, actor, document, answer, at=at)
    set_etag(response, document.version)
    return await show(tx, actor, document, at, language)


async def show(
    tx: AsyncSession,
    actor: Actor,
    document: Document,
    at: datetime,
    language: str,
    contact_name: str | None = None,
) -> DocumentView:
    """Show a document whole, with what it came from and led to."""
    organization = await organizations.get(tx, actor.organization_id)
    await tx.flush()
    return views.view_of(
        document,
        contact_name or await queries.contact_name(tx, document),
        await lineage.related_to(await rows_of(tx), actor, document),
        payments_enabled=organization.payments_enabled,
        today=_today(organization, at),
        language=language,
    )


def _moved(
    found: Read, related: Sequence[Related], organization: Organization, at: datetime
) -> bool:
    """Tell whether what is shown of a document changed since its version was made.

    The day, the contact's name and related documents are shown with it, and are no part of
    its version.
    """
    document = found.document
    then, today = _today(organization, document.updated_at), _today(organization, at)
    dated = views.dated_badges(document, then) != views.dated_badges(document, today)
    beside = [found.contact_updated_at, *(one.document.updated_at for one in related)]
    return dated or max(beside) > document.updated_at


async def _preview(
    database: Db, printer: Printer, actor: Actor, document_id: UUID, language: str | None
) -> tuple[bytes, str]:
    async with database.transaction(actor.organization_id) as tx:
        document = await queries.get(tx, actor, document_id, with_lines=True)
        if document.issue_state != "draft":
            raise Conflict(reason="already_issued", extra=drafting.conflict_facts(document))
        series = await queries.find_series(
            tx, actor, document.type, document.series_id, invoice_kind=document.invoice_kind
        )
        background = await issuing.background_of(tx, actor, document, series)
        says = issuing.printable_of(document, background, figures_of(document))
        logo = await organizations.logo(tx, actor.organization_id, says.logo_sha256)
    says = replace(says, language=language or says.language)
    return await print_document(printer, says, logo=logo, band="draft"), document.type


def _today(organization: Organization, at: datetime) -> date:
    return at.astimezone(ZoneInfo(organization.time_zone)).date()
