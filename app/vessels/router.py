"""Vessels over HTTP."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.actor import Actor, Permission
from app.kernel.errors import Conflict
from app.organizations.access import Requires
from app.vessels import queries, service
from app.vessels.models import Vessel
from app.vessels.schemas import (
    Transfer,
    VesselChanges,
    VesselDraft,
    VesselQuery,
    VesselView,
    view_of,
)
from app.web.conditional import ShowsMore
from app.web.dependencies import MustSee, Now, Seen, Tx, set_created, set_etag
from app.web.pagination import Paging
from app.web.problems import foresee
from app.web.routing import Route
from app.web.schemas import Page

router = APIRouter(prefix="/v1/vessels", tags=["vessels"], route_class=Route)

Reader = Annotated[Actor, Depends(Requires(Permission.CONTACTS_READ))]
Writer = Annotated[Actor, Depends(Requires(Permission.CONTACTS_WRITE))]

for mark in queries.MARKS:
    foresee(f"uq_vessels_{mark}", Conflict(code="duplicate"))


@router.get("")
async def list_vessels(
    actor: Reader, tx: Tx, request: Request, query: Annotated[VesselQuery, Query()]
) -> Page[VesselView]:
    """List vessels by name; those a search finds, closest first."""
    paging = Paging.of(request, query)
    if query.q:
        page, cursor = await _found(tx, actor, query, query.q, paging)
    else:
        after = (str(paging.after[0]), UUID(str(paging.after[1]))) if paging.after else None
        rows = await queries.list_vessels(tx, actor, query, after=after, limit=paging.limit)
        page, cursor = paging.split(rows, lambda vessel: [vessel.search_name, str(vessel.id)])
    views = [view_of(vessel) for vessel in page]
    return Page(data=views, has_more=cursor is not None, next_cursor=cursor)


async def _found(
    tx: AsyncSession, actor: Actor, query: VesselQuery, text: str, paging: Paging
) -> tuple[Sequence[Vessel], str | None]:
    """Give a page of what a search finds; its cursor keeps how close the last one came."""
    after = None
    if paging.after:
        closeness, name, last_id = map(str, paging.after)
        after = (int(closeness), name, UUID(last_id))
    rows = await queries.search_vessels(tx, actor, query, text, after=after, limit=paging.limit)
    page, cursor = paging.split(rows, lambda row: [row[1], row[0].search_name, str(row[0].id)])
    return [vessel for vessel, _ in page], cursor


@router.post("", status_code=201)
async def create_vessel(
    body: VesselDraft, actor: Writer, tx: Tx, at: Now, response: Response
) -> VesselView:
    """Enter a vessel; a name is enough.

    A registration, HIN or MMSI that another active vessel has answers 409 `duplicate`
    with its `existing_id`.
    """
    made = await service.create(tx, actor, body, at=at)
    vessel = await queries.get(tx, actor, made.id)
    set_created(response, "/v1/vessels", vessel.id, vessel.version)
    return view_of(vessel)


@router.get("/{vessel_id}", dependencies=[ShowsMore])
async def get_vessel(vessel_id: UUID, actor: Reader, tx: Tx, response: Response) -> VesselView:
    """Read a vessel, archived ones too.

    `proposed_clients` says who a document for it is for unless said otherwise.
    """
    vessel = await queries.get(tx, actor, vessel_id)
    set_etag(response, vessel.version)
    return view_of(vessel)


@router.patch("/{vessel_id}")
async def update_vessel(
    vessel_id: UUID,
    body: VesselChanges,
    actor: Writer,
    tx: Tx,
    at: Now,
    *,
    seen: MustSee,
    response: Response,
) -> VesselView:
    """Change a vessel.

    What is left out is left alone, null clears, a list replaces the whole list. The owner
    is changed by a transfer. Documents already issued keep what they say.
    """
    vessel = await queries.get(tx, actor, vessel_id, for_update=True)
    seen.check(vessel.version)
    await service.edit(tx, actor, vessel, body, at=at)
    return await _answer(tx, actor, vessel, response)


@router.delete("/{vessel_id}", status_code=204)
async def archive_vessel(vessel_id: UUID, actor: Writer, tx: Tx, at: Now, seen: MustSee) -> None:
    """Archive a vessel; it leaves the lists, its documents and owners stay."""
    vessel = await queries.get(tx, actor, vessel_id, for_update=True)
    seen.check(vessel.version)
    await service.archive(tx, actor, vessel, at=at)


@router.post("/{vessel_id}/transfers")
async def transfer_vessel(
    vessel_id: UUID, body: Transfer, actor: Writer, tx: Tx, at: Now, seen: Seen, response: Response
) -> VesselView:
    """Change the owner from a day on.

    Documents stay whose they are, drafts too: `GET /v1/documents?vessel_id=` with
    `status=draft` lists those to ask about. New documents are proposed for the new owner.
    """
    vessel = await queries.get(tx, actor, vessel_id, for_update=True)
    seen.check(vessel.version)
    await service.transfer(tx, actor, vessel, body, at=at)
    return await _answer(tx, actor, vessel, response)


async def _answer(tx: AsyncSession, actor: Actor, vessel: Vessel, response: Response) -> VesselView:
    """Show a vessel after a change, also to who no longer sees it."""
    fresh = await queries.get_of_document(tx, actor.organization_id, vessel.id)
    set_etag(response, fresh.version)
    return view_of(fresh)
