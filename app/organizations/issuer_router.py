"""Other letterheads of the organization, for series that issue under them."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.kernel.actor import Actor, Permission
from app.organizations import editing, issuers, queries
from app.organizations.access import Requires
from app.organizations.settings_schemas import (
    IssuerProfileChanges,
    IssuerProfileCreate,
    IssuerProfileQuery,
    IssuerProfileView,
)
from app.web.dependencies import MustSee, Now, Tx, set_created, set_etag
from app.web.pagination import Paging
from app.web.routing import Route
from app.web.schemas import Page

router = APIRouter(prefix="/v1/issuer-profiles", tags=["settings"], route_class=Route)

Reader = Annotated[Actor, Depends(Requires(Permission.SETTINGS_READ))]
Writer = Annotated[Actor, Depends(Requires(Permission.SETTINGS_WRITE))]
RecentWriter = Annotated[Actor, Depends(Requires(Permission.SETTINGS_WRITE, recent=True))]


@router.get("")
async def list_issuer_profiles(
    actor: Reader, tx: Tx, request: Request, query: Annotated[IssuerProfileQuery, Query()]
) -> Page[IssuerProfileView]:
    """List the letterheads beside the organization's own, oldest first."""
    paging = Paging.of(request, query)
    after = UUID(str(paging.after[0])) if paging.after else None
    rows = await queries.list_issuer_profiles(
        tx, actor, status=query.status, after=after, limit=paging.limit
    )
    page, cursor = paging.split(rows, lambda row: [str(row.id)])
    views = [IssuerProfileView.model_validate(row) for row in page]
    return Page(data=views, has_more=cursor is not None, next_cursor=cursor)


@router.post("", status_code=201)
async def create_issuer_profile(
    body: IssuerProfileCreate, actor: RecentWriter, tx: Tx, at: Now, response: Response
) -> IssuerProfileView:
    """Add a letterhead: another legal identity or another look, for number series to name."""
    profile = await issuers.create(tx, actor, body, at=at)
    set_created(response, "/v1/issuer-profiles", profile.id, profile.version)
    return IssuerProfileView.model_validate(profile)


@router.get("/{issuer_profile_id}")
async def get_issuer_profile(
    issuer_profile_id: UUID, actor: Reader, tx: Tx, response: Response
) -> IssuerProfileView:
    """Read one letterhead."""
    profile = await queries.issuer_profile(tx, actor, issuer_profile_id)
    set_etag(response, profile.version)
    return IssuerProfileView.model_validate(profile)


@router.patch("/{issuer_profile_id}")
async def update_issuer_profile(
    issuer_profile_id: UUID,
    body: IssuerProfileChanges,
    actor: Writer,
    tx: Tx,
    at: Now,
    seen: MustSee,
    response: Response,
) -> IssuerProfileView:
    """Change a letterhead; documents already issued keep what they say."""
    profile = await queries.issuer_profile(tx, actor, issuer_profile_id, for_update=True)
    seen.check(profile.version)
    await editing.edit(tx, actor, profile, body, at=at)
    set_etag(response, profile.version)
    return IssuerProfileView.model_validate(profile)


@router.delete("/{issuer_profile_id}", status_code=204)
async def archive_issuer_profile(
    issuer_profile_id: UUID, actor: Writer, tx: Tx, at: Now, seen: MustSee
) -> None:
    """Put a letterhead away: no other series may name it; those that do go on."""
    profile = await queries.issuer_profile(tx, actor, issuer_profile_id, for_update=True)
    seen.check(profile.version)
    await editing.change(tx, actor, profile, {"status": "archived"}, at=at)
