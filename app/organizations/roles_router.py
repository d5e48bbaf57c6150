"""Access roles: what their holders may do, and whose rows they see."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.actor import Actor, Permission
from app.kernel.errors import Conflict
from app.organizations import defining, member_queries, role_queries
from app.organizations.access import Requires
from app.organizations.models import AccessRole
from app.organizations.role_schemas import (
    AccessRoleChanges,
    AccessRoleCreate,
    AccessRoleQuery,
    AccessRoleView,
)
from app.web.dependencies import MustSee, Now, Tx, set_created, set_etag
from app.web.pagination import Paging
from app.web.problems import foresee
from app.web.routing import Route
from app.web.schemas import Page

router = APIRouter(prefix="/v1/access-roles", tags=["users"], route_class=Route)

UsersReader = Annotated[Actor, Depends(Requires(Permission.USERS_READ))]
UsersWriter = Annotated[Actor, Depends(Requires(Permission.USERS_WRITE))]
FreshUsersWriter = Annotated[Actor, Depends(Requires(Permission.USERS_WRITE, recent=True))]

foresee("uq_access_roles_organization_id_name", Conflict(code="duplicate"))


@router.get("")
async def list_access_roles(
    actor: UsersReader, tx: Tx, request: Request, query: Annotated[AccessRoleQuery, Query()]
) -> Page[AccessRoleView]:
    """List access roles: the five an organization begins with, and its own."""
    paging = Paging.of(request, query)
    after = UUID(str(paging.after[0])) if paging.after else None
    rows = await role_queries.list_roles(tx, actor, after=after, limit=paging.limit)
    page, cursor = paging.split(rows, lambda role: [str(role.id)])
    counts = await role_queries.holders(tx, actor, page)
    views = [AccessRoleView.of(role, counts.get(role.id, 0)) for role in page]
    return Page(data=views, has_more=cursor is not None, next_cursor=cursor)


@router.post("", status_code=201)
async def create_access_role(
    body: AccessRoleCreate, actor: FreshUsersWriter, tx: Tx, at: Now, response: Response
) -> AccessRoleView:
    """Define an access role; it grants no more than you hold.

    Wants a recent sign-in.
    """
    role = await defining.create(tx, actor, body, at=at)
    set_created(response, "/v1/access-roles", role.id, role.version)
    return AccessRoleView.of(role, 0)


@router.get("/{access_role_id}")
async def get_access_role(
    access_role_id: UUID, actor: UsersReader, tx: Tx, response: Response
) -> AccessRoleView:
    """Read one access role."""
    role = await role_queries.get_role(tx, actor, access_role_id)
    return await _view(tx, actor, role, response)


@router.patch("/{access_role_id}")
async def update_access_role(
    access_role_id: UUID,
    body: AccessRoleChanges,
    actor: UsersWriter,
    tx: Tx,
    at: Now,
    seen: MustSee,
    response: Response,
) -> AccessRoleView:
    """Change an access role, for everyone who holds it, at once.

    Wants a recent sign-in, and a role that grants no more than you hold, before and
    after. The admin role holds everything for good: 409 `role_fixed`.
    """
    role = await role_queries.get_role(tx, actor, access_role_id, for_update=True)
    seen.check(role.version)
    await defining.change(tx, actor, role, body, at=at)
    return await _view(tx, actor, role, response)


@router.delete("/{access_role_id}", status_code=204)
async def delete_access_role(
    access_role_id: UUID, actor: UsersWriter, tx: Tx, at: Now, seen: MustSee
) -> None:
    """Take away an access role that nobody holds: 409 `role_in_use` while somebody does.

    Wants a recent sign-in.
    """
    await member_queries.lock_members(tx, actor)
    role = await role_queries.get_role(tx, actor, access_role_id, for_update=True)
    seen.check(role.version)
    await defining.delete(tx, actor, role, at=at)


async def _view(
    tx: AsyncSession, actor: Actor, role: AccessRole, response: Response
) -> AccessRoleView:
    counts = await role_queries.holders(tx, actor, [role])
    set_etag(response, role.version)
    return AccessRoleView.of(role, counts.get(role.id, 0))
