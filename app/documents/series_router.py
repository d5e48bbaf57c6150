"""Number series, and the states documents can be in."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.documents import queries, series, states
from app.documents.schemas import (
    SeriesChanges,
    SeriesCreate,
    SeriesQuery,
    SeriesView,
    StatesView,
    StateView,
)
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Conflict
from app.kernel.wording import wording
from app.organizations.access import Requires
from app.web.dependencies import Language, MustSee, Now, Tx, set_created, set_etag
from app.web.pagination import Paging
from app.web.problems import foresee
from app.web.routing import Route
from app.web.schemas import Page

router = APIRouter(prefix="/v1", route_class=Route)

SettingsReader = Annotated[Actor, Depends(Requires(Permission.SETTINGS_READ))]
SettingsWriter = Annotated[Actor, Depends(Requires(Permission.SETTINGS_WRITE))]
SomeUser = Annotated[Actor, Depends(Requires(None))]

foresee("uq_number_series_organization_id_type_pattern", Conflict(code="duplicate"))
foresee("uq_documents_organization_id_type_number", Conflict(reason="number_taken"))


@router.get("/number-series", tags=["settings"])
async def list_number_series(
    actor: SettingsReader, tx: Tx, request: Request, query: Annotated[SeriesQuery, Query()]
) -> Page[SeriesView]:
    """List the number series, oldest first."""
    paging = Paging.of(request, query)
    rows = await queries.list_series(
        tx,
        actor,
        document_type=query.type.value if query.type else None,
        after=UUID(str(paging.after[0])) if paging.after else None,
        limit=paging.limit,
    )
    page, cursor = paging.split(rows, lambda row: [str(row.id)])
    views = [SeriesView.model_validate(row) for row in page]
    return Page(data=views, has_more=cursor is not None, next_cursor=cursor)


@router.post("/number-series", tags=["settings"], status_code=201)
async def create_number_series(
    body: SeriesCreate, actor: SettingsWriter, tx: Tx, at: Now, response: Response
) -> SeriesView:
    """Open a number series.

    In the pattern `[yy]` or `[yyyy]` is the year and a run of `%` the counter:
    `P-[yy]%%%%` gives `P-260001`.
    """
    row = await series.create(tx, actor, body, at=at)
    set_created(response, "/v1/number-series", row.id, row.version)
    return SeriesView.model_validate(row)


@router.get("/number-series/{series_id}", tags=["settings"])
async def get_number_series(
    series_id: UUID, actor: SettingsReader, tx: Tx, response: Response
) -> SeriesView:
    """Read one number series."""
    row = await queries.get_series(tx, actor, series_id)
    set_etag(response, row.version)
    return SeriesView.model_validate(row)


@router.patch("/number-series/{series_id}", tags=["settings"])
async def update_number_series(
    series_id: UUID,
    body: SeriesChanges,
    actor: SettingsWriter,
    tx: Tx,
    at: Now,
    seen: MustSee,
    response: Response,
) -> SeriesView:
    """Change a number series, in no way that renumbers or gives a number twice.

    Once it gave a number, pattern and reset policy stay, and the issuer keeps its tax id.
    An archived series gives no more numbers; the default one cannot be archived.
    """
    row = await series.lock(tx, actor, series_id)
    seen.check(row.version)
    await series.edit(tx, actor, row, body, at=at)
    set_etag(response, row.version)
    return SeriesView.model_validate(row)


@router.get("/meta/document-states", tags=["meta"])
async def list_document_states(_: SomeUser, language: Language) -> StatesView:
    """List every value of a document's `status`, with its label, color and order."""
    texts = wording("states", language)
    return StatesView(
        data=[
            StateView(
                code=status.value,
                label=texts(status.value),
                color=states.COLORS[status],
                order=order,
            )
            for order, status in enumerate(states.Status, start=1)
        ]
    )
