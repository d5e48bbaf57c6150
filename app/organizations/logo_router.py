"""The logos of letterheads: raw bytes in, a prepared JPEG out."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.actor import Actor, Permission
from app.kernel.errors import Fault, Invalid, NotFound, Problem
from app.kernel.findings import Refused
from app.organizations import editing, logos, queries
from app.organizations.access import Requires, RequiresBriefly
from app.organizations.settings_schemas import IssuerProfileView, OrganizationView
from app.web.dependencies import Db, MustSee, Now, Tx, set_etag
from app.web.routing import Route

router = APIRouter(prefix="/v1", tags=["settings"], route_class=Route)

SomeUser = Annotated[Actor, Depends(Requires(None))]
Reader = Annotated[Actor, Depends(Requires(Permission.SETTINGS_READ))]
Writer = Annotated[Actor, Depends(Requires(Permission.SETTINGS_WRITE))]
BriefWriter = Annotated[Actor, Depends(RequiresBriefly(Permission.SETTINGS_WRITE))]

JPEG = "image/jpeg"
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_KINDS = ("image/png", JPEG, "application/octet-stream")
"""The last for programs that know no more than bytes; the content decides anyway."""

_TAKES: dict[str, Any] = {
    "requestBody": {"required": True, "content": dict.fromkeys(_KINDS, _BINARY)}
}
_GIVES: dict[int | str, dict[str, Any]] = {
    200: {"content": {JPEG: _BINARY}},
    404: {"description": "There is no logo."},
}


@router.get("/organization/logo", response_class=Response, responses=_GIVES)
async def get_organization_logo(actor: SomeUser, tx: Tx) -> Response:
    """Download the organization's logo as it was prepared."""
    organization = await queries.get(tx, actor.organization_id)
    return await _shown(tx, actor, organization.logo_sha256)


@router.put("/organization/logo", openapi_extra=_TAKES)
async def set_organization_logo(
    request: Request, actor: BriefWriter, database: Db, at: Now, seen: MustSee, response: Response
) -> OrganizationView:
    """Give the organization another logo: the bytes of a PNG or JPEG, at most 1 MB.

    It is drawn anew within 600 × 168 pixels on white, and nothing else of the file is
    kept. Documents already issued keep the logo they have. `If-Match` takes the
    organization's version.
    """
    jpeg = await _prepared(request)
    async with database.transaction(actor.organization_id) as tx:
        organization = await queries.get(tx, actor.organization_id, for_update=True)
        seen.check(organization.version)
        await editing.set_logo(tx, actor, organization, jpeg, at=at)
        set_etag(response, organization.version)
        return OrganizationView.model_validate(organization)


@router.delete("/organization/logo", status_code=204)
async def delete_organization_logo(actor: Writer, tx: Tx, at: Now, seen: MustSee) -> None:
    """Go without a logo from now on; documents already issued keep theirs."""
    organization = await queries.get(tx, actor.organization_id, for_update=True)
    seen.check(organization.version)
    await editing.remove_logo(tx, actor, organization, at=at)


@router.get("/issuer-profiles/{issuer_profile_id}/logo", response_class=Response, responses=_GIVES)
async def get_issuer_profile_logo(issuer_profile_id: UUID, actor: Reader, tx: Tx) -> Response:
    """Download a letterhead's logo as it was prepared."""
    profile = await queries.issuer_profile(tx, actor, issuer_profile_id)
    return await _shown(tx, actor, profile.logo_sha256)


@router.put("/issuer-profiles/{issuer_profile_id}/logo", openapi_extra=_TAKES)
async def set_issuer_profile_logo(
    issuer_profile_id: UUID,
    request: Request,
    actor: BriefWriter,
    database: Db,
    at: Now,
    seen: MustSee,
    response: Response,
) -> IssuerProfileView:
    """Give a letterhead another logo, in the same way as the organization.

    `If-Match` takes the letterhead's version.
    """
    async with database.transaction(actor.organization_id) as tx:
        await queries.issuer_profile(tx, actor, issuer_profile_id)
    jpeg = await _prepared(request)
    async with database.transaction(actor.organization_id) as tx:
        profile = await queries.issuer_profile(tx, actor, issuer_profile_id, for_update=True)
        seen.check(profile.version)
        await editing.set_logo(tx, actor, profile, jpeg, at=at)
        set_etag(response, profile.version)
        return IssuerProfileView.model_validate(profile)


@router.delete("/issuer-profiles/{issuer_profile_id}/logo", status_code=204)
async def delete_issuer_profile_logo(
    issuer_profile_id: UUID, actor: Writer, tx: Tx, at: Now, seen: MustSee
) -> None:
    """Go without a logo on this letterhead; documents already issued keep theirs."""
    profile = await queries.issuer_profile(tx, actor, issuer_profile_id, for_update=True)
    seen.check(profile.version)
    await editing.remove_logo(tx, actor, profile, at=at)


async def _shown(tx: AsyncSession, actor: Actor, sha256: str | None) -> Response:
    jpeg = await queries.logo(tx, actor.organization_id, sha256)
    if jpeg is None:
        raise NotFound
    return Response(jpeg, media_type=JPEG)


async def _prepared(request: Request) -> bytes:
    """Read the picture of a request and make it ready, no transaction being open.

    Raises:
        Problem: The body is not said to be a PNG or JPEG.
        Invalid: It is none, or has too many pixels.
    """
    if request.headers.get("content-type", "").strip().lower() not in _KINDS:
        raise Problem(code="media_type_unsupported")
    content = await request.body()
    try:
        return await asyncio.to_thread(logos.prepare, content)
    except Refused as refused:
        raise Invalid(faults=[Fault("", refused.code)]) from None
