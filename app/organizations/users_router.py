"""The organization's people, and invitations to become one."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.kernel.actor import Actor, Permission
from app.organizations import inviting, member_queries, members
from app.organizations.access import Requires
from app.organizations.user_schemas import (
    InvitationCreate,
    InvitationQuery,
    InvitationView,
    MemberView,
    UserChanges,
    UserQuery,
)
from app.web.conditional import ShowsMore
from app.web.dependencies import MustSee, Now, Seen, Tx, provided, set_created, set_etag
from app.web.pagination import Paging
from app.web.rate_limits import INVITATIONS, RateLimits
from app.web.routing import Route
from app.web.schemas import Page

router = APIRouter(prefix="/v1", tags=["users"], route_class=Route)

UsersReader = Annotated[Actor, Depends(Requires(Permission.USERS_READ))]
UsersWriter = Annotated[Actor, Depends(Requires(Permission.USERS_WRITE))]
FreshUsersWriter = Annotated[Actor, Depends(Requires(Permission.USERS_WRITE, recent=True))]


@router.get("/users")
async def list_users(
    actor: UsersReader, tx: Tx, request: Request, query: Annotated[UserQuery, Query()]
) -> Page[MemberView]:
    """List the organization's people, oldest account first."""
    paging = Paging.of(request, query)
    after = UUID(str(paging.after[0])) if paging.after else None
    rows = await member_queries.list_members(
        tx, actor, status=query.status, after=after, limit=paging.limit
    )
    page, cursor = paging.split(rows, lambda member: [str(member.user.id)])
    views = [MemberView.of(member) for member in page]
    return Page(data=views, has_more=cursor is not None, next_cursor=cursor)


@router.get("/users/{user_id}", dependencies=[ShowsMore])
async def get_user(user_id: UUID, actor: UsersReader, tx: Tx, response: Response) -> MemberView:
    """Read one of the organization's people."""
    member = await member_queries.get_member(tx, actor, user_id)
    set_etag(response, member.membership.version)
    return MemberView.of(member)


@router.patch("/users/{user_id}")
async def update_user(
    user_id: UUID,
    body: UserChanges,
    actor: UsersWriter,
    tx: Tx,
    at: Now,
    seen: MustSee,
    response: Response,
) -> MemberView:
    """Change one of the organization's people: name, team, access role, or whether active.

    A role or a status wants a recent sign-in, and a role that grants no more than you
    hold. Deactivating ends the person's sessions and the API keys they made. The last
    active admin stays one: 409 `last_admin`.
    """
    await member_queries.lock_members(tx, actor)
    member = await member_queries.get_member(tx, actor, user_id, for_update=True)
    seen.check(member.membership.version)
    member = await members.change(tx, actor, member, body, at=at)
    set_etag(response, member.membership.version)
    return MemberView.of(member)


@router.get("/invitations")
async def list_invitations(
    actor: UsersReader,
    tx: Tx,
    at: Now,
    request: Request,
    query: Annotated[InvitationQuery, Query()],
) -> Page[InvitationView]:
    """List invitations, newest first."""
    paging = Paging.of(request, query)
    before = UUID(str(paging.after[0])) if paging.after else None
    rows = await member_queries.list_invitations(tx, actor, before=before, limit=paging.limit)
    page, cursor = paging.split(rows, lambda row: [str(row[0].id)])
    views = [InvitationView.of(invitation, role, at=at) for invitation, role in page]
    return Page(data=views, has_more=cursor is not None, next_cursor=cursor)


@router.post("/invitations", status_code=201)
async def create_invitation(
    body: InvitationCreate,
    actor: FreshUsersWriter,
    tx: Tx,
    at: Now,
    request: Request,
    response: Response,
) -> InvitationView:
    """Invite somebody by e-mail; the link in it works for seven days, and once.

    Wants a recent sign-in, and a role that grants no more than you hold.
    """
    limits = provided(request, RateLimits)
    await limits.take_within(tx, INVITATIONS, str(actor.organization_id), at=at)
    invitation, role = await inviting.invite(tx, actor, body, at=at)
    set_created(response, "/v1/invitations", invitation.id, invitation.version)
    return InvitationView.of(invitation, role, at=at)


@router.get("/invitations/{invitation_id}", dependencies=[ShowsMore])
async def get_invitation(
    invitation_id: UUID, actor: UsersReader, tx: Tx, at: Now, response: Response
) -> InvitationView:
    """Read one invitation."""
    invitation, role = await member_queries.get_invitation(tx, actor.organization_id, invitation_id)
    set_etag(response, invitation.version)
    return InvitationView.of(invitation, role, at=at)


@router.post("/invitations/{invitation_id}/resend")
async def resend_invitation(
    invitation_id: UUID,
    actor: UsersWriter,
    tx: Tx,
    at: Now,
    seen: Seen,
    request: Request,
    response: Response,
) -> InvitationView:
    """Mail an invitation once more, with a new link and another seven days.

    The link mailed before stops working. Wants a recent sign-in.
    """
    invitation, role = await member_queries.get_invitation(
        tx, actor.organization_id, invitation_id, for_update=True
    )
    seen.check(invitation.version)
    limits = provided(request, RateLimits)
    await limits.take_within(tx, INVITATIONS, str(actor.organization_id), at=at)
    await inviting.send_again(tx, actor, invitation, role, at=at)
    set_etag(response, invitation.version)
    return InvitationView.of(invitation, role, at=at)


@router.delete("/invitations/{invitation_id}", status_code=204)
async def revoke_invitation(
    invitation_id: UUID, actor: UsersWriter, tx: Tx, at: Now, seen: MustSee
) -> None:
    """Withdraw an invitation; its link stops working at once."""
    invitation, _ = await member_queries.get_invitation(
        tx, actor.organization_id, invitation_id, for_update=True
    )
    seen.check(invitation.version)
    await inviting.revoke(tx, actor, invitation, at=at)
