"""Policies of reminding, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.kernel.actor import Actor, Permission
from app.kernel.errors import Conflict
from app.organizations.access import Requires
from app.reminders import queries, service
from app.reminders.schemas import PolicyChanges, PolicyCreate, PolicyQuery, PolicyView
from app.web.dependencies import MustSee, Now, Tx, set_created, set_etag
from app.web.pagination import Paging
from app.web.problems import foresee
from app.web.routing import Route
from app.web.schemas import Page

router = APIRouter(prefix="/v1/reminder-policies", tags=["settings"], route_class=Route)

Reader = Annotated[Actor, Depends(Requires(Permission.SETTINGS_READ))]
Writer = Annotated[Actor, Depends(Requires(Permission.SETTINGS_WRITE))]

foresee("uq_reminder_policies_active", Conflict(reason="policy_active"))


@router.get("")
async def list_reminder_policies(
    actor: Reader, tx: Tx, request: Request, query: Annotated[PolicyQuery, Query()]
) -> Page[PolicyView]:
    """List the policies of reminding clients, oldest first. There is none to begin with."""
    paging = Paging.of(request, query)
    after = UUID(str(paging.after[0])) if paging.after else None
    rows = await queries.list_policies(tx, actor, query, after=after)
    page, cursor = paging.split(rows, lambda policy: [str(policy.id)])
    views = [PolicyView.of(policy) for policy in page]
    return Page(data=views, has_more=cursor is not None, next_cursor=cursor)


@router.post("", status_code=201)
async def create_reminder_policy(
    body: PolicyCreate, actor: Writer, tx: Tx, at: Now, response: Response
) -> PolicyView:
    """Remind clients of one type of document, from today on.

    Each step is sent once, on a day of work and within the hours, one a day to each client,
    the most urgent first. It is skipped, and history says why, after an answer, a payment,
    a bounce or a reply. A second active policy of a type answers 409 `policy_active`.
    """
    policy = await service.create(tx, actor, body, at=at)
    set_created(response, "/v1/reminder-policies", policy.id, policy.version)
    return PolicyView.of(policy)


@router.get("/{policy_id}")
async def get_reminder_policy(
    policy_id: UUID, actor: Reader, tx: Tx, response: Response
) -> PolicyView:
    """Read a policy."""
    policy = await queries.get(tx, actor, policy_id)
    set_etag(response, policy.version)
    return PolicyView.of(policy)


@router.patch("/{policy_id}")
async def update_reminder_policy(
    policy_id: UUID,
    body: PolicyChanges,
    actor: Writer,
    tx: Tx,
    at: Now,
    seen: MustSee,
    response: Response,
) -> PolicyView:
    """Change, pause or resume a policy; what was decided of a step stays decided."""
    policy = await queries.get(tx, actor, policy_id, for_update=True)
    seen.check(policy.version)
    await service.edit(tx, actor, policy, body, at=at)
    set_etag(response, policy.version)
    return PolicyView.of(policy)


@router.delete("/{policy_id}", status_code=204)
async def delete_reminder_policy(
    policy_id: UUID, actor: Writer, tx: Tx, at: Now, seen: MustSee
) -> None:
    """Give a policy up; what it sent stays in every history."""
    policy = await queries.get(tx, actor, policy_id, for_update=True)
    seen.check(policy.version)
    await service.delete(tx, actor, policy, at=at)
