"""The organization's own data."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from app.kernel.actor import Actor, Permission
from app.organizations import editing, queries
from app.organizations.access import Requires
from app.organizations.settings_schemas import OrganizationChanges, OrganizationView
from app.web.dependencies import MustSee, Now, Tx, set_etag
from app.web.routing import Route

router = APIRouter(prefix="/v1/organization", tags=["settings"], route_class=Route)

SomeUser = Annotated[Actor, Depends(Requires(None))]
Writer = Annotated[Actor, Depends(Requires(Permission.SETTINGS_WRITE))]


@router.get("")
async def get_organization(actor: SomeUser, tx: Tx, response: Response) -> OrganizationView:
    """Read the organization's legal data and defaults."""
    organization = await queries.get(tx, actor.organization_id)
    set_etag(response, organization.version)
    return OrganizationView.model_validate(organization)


@router.patch("")
async def update_organization(
    body: OrganizationChanges,
    actor: Writer,
    tx: Tx,
    at: Now,
    seen: MustSee,
    response: Response,
) -> OrganizationView:
    """Change the organization; documents already issued keep what they say."""
    organization = await queries.get(tx, actor.organization_id, for_update=True)
    seen.check(organization.version)
    await editing.edit(tx, actor, organization, body, at=at)
    set_etag(response, organization.version)
    return OrganizationView.model_validate(organization)
