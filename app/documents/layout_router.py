"""Layouts: how documents look, tried before they are kept."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request, Response

from app.documents import issuing, layouts, queries
from app.documents.breakdown import figures_of
from app.documents.layout_models import DocumentLayout
from app.documents.layout_schemas import (
    LayoutChanges,
    LayoutCreate,
    LayoutQuery,
    LayoutTrial,
    LayoutView,
    LookView,
)
from app.documents.ports import Printer
from app.documents.printable import DocumentType, Printable
from app.documents.rendering import print_document
from app.documents.sample import sample_of
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Conflict
from app.organizations import queries as organizations
from app.organizations.access import Requires, RequiresBriefly
from app.web.dependencies import Db, MustSee, Now, Tx, provided, set_created, set_etag
from app.web.pagination import Paging
from app.web.problems import foresee
from app.web.routing import Route
from app.web.schemas import Page

router = APIRouter(prefix="/v1/document-layouts", tags=["settings"], route_class=Route)

Reader = Annotated[Actor, Depends(Requires(Permission.SETTINGS_READ))]
Writer = Annotated[Actor, Depends(Requires(Permission.SETTINGS_WRITE))]
BriefReader = Annotated[Actor, Depends(RequiresBriefly(Permission.SETTINGS_READ))]

PDF = "application/pdf"

foresee("uq_document_layouts_organization_id_type_name", Conflict(code="duplicate"))
foresee("uq_document_layouts_default", Conflict(reason="busy", retry_after_s=1))


@router.get("")
async def list_document_layouts(
    actor: Reader, tx: Tx, request: Request, query: Annotated[LayoutQuery, Query()]
) -> Page[LayoutView]:
    """List the organization's layouts, oldest first; without one, documents have ours."""
    paging = Paging.of(request, query)
    rows = await layouts.list_layouts(
        tx,
        actor,
        document_type=query.type.value if query.type else None,
        after=UUID(str(paging.after[0])) if paging.after else None,
        limit=paging.limit,
    )
    page, cursor = paging.split(rows, lambda row: [str(row.id)])
    views = [_view(row) for row in page]
    return Page(data=views, has_more=cursor is not None, next_cursor=cursor)


@router.post("", status_code=201)
async def create_document_layout(
    body: LayoutCreate, actor: Writer, tx: Tx, at: Now, response: Response
) -> LayoutView:
    """Keep a layout for a type of document.

    A draft takes the one it names (`layout_id`), else its type's default. What is issued
    keeps its look, whatever becomes of the layout.
    """
    layout = await layouts.create(tx, actor, body, at=at)
    set_created(response, "/v1/document-layouts", layout.id, layout.version)
    return _view(layout)


@router.post(
    "/preview",
    response_class=Response,
    responses={
        200: {"content": {PDF: {"schema": {"type": "string", "format": "binary"}}}},
        503: {"description": "The PDF could not be made; asking again tries again."},
    },
)
async def preview_document_layout(
    body: LayoutTrial, actor: BriefReader, database: Db, at: Now, request: Request
) -> Response:
    """Print a look on a document, or on one made up, marked as a draft; nothing is kept."""
    printer = provided(request, Printer)  # type: ignore[type-abstract]  # the table is keyed by ports
    async with database.transaction(actor.organization_id) as tx:
        says = await _subject(tx, actor, body, at)
        layouts.require_lawful(body.look, says.type)
        shown = layouts.laid_out(says, body.look)
        logo = await organizations.logo(tx, actor.organization_id, shown.logo_sha256)
    content = await print_document(printer, shown, logo=logo, band="draft")
    name = 'inline; filename="layout.pdf"'
    return Response(content, media_type=PDF, headers={"Content-Disposition": name})


@router.get("/{layout_id}")
async def get_document_layout(
    layout_id: UUID, actor: Reader, tx: Tx, response: Response
) -> LayoutView:
    """Read one layout."""
    layout = await layouts.get(tx, actor, layout_id)
    set_etag(response, layout.version)
    return _view(layout)


@router.patch("/{layout_id}")
async def update_document_layout(
    layout_id: UUID,
    body: LayoutChanges,
    actor: Writer,
    tx: Tx,
    at: Now,
    seen: MustSee,
    response: Response,
) -> LayoutView:
    """Change a layout, or put it away; what was issued stays as it was printed."""
    layout = await layouts.get(tx, actor, layout_id, for_update=True)
    seen.check(layout.version)
    await layouts.edit(tx, actor, layout, body, at=at)
    set_etag(response, layout.version)
    return _view(layout)


async def _subject(tx: Tx, actor: Actor, body: LayoutTrial, at: datetime) -> Printable:
    """Give what is to be printed: a document from the rows as they are now, or a made-up one."""
    organization = await organizations.get(tx, actor.organization_id)
    if body.document_id is None:
        today = at.astimezone(ZoneInfo(organization.time_zone)).date()
        language = body.language or organization.default_language
        return sample_of(DocumentType(body.type), organization, language, today=today)
    actor.require(Permission.DOCUMENTS_READ)
    document = await queries.get(tx, actor, body.document_id, with_lines=True)
    series = await queries.find_series(
        tx, actor, document.type, document.series_id, invoice_kind=document.invoice_kind
    )
    background = await issuing.background_of(tx, actor, document, series)
    says = issuing.printable_of(document, replace(background, layout=None), figures_of(document))
    return replace(says, language=body.language or says.language)


def _view(layout: DocumentLayout) -> LayoutView:
    return LayoutView(
        id=layout.id,
        type=layout.type,
        name=layout.name,
        look=LookView.model_validate(layout.look),
        is_default=layout.is_default,
        status=layout.status,
        created_at=layout.created_at,
        version=layout.version,
    )
