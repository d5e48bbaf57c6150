"""Commercial actions over HTTP."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.commercial import closing, queries, service
from app.commercial.schemas import (
    ActionCancel,
    ActionChanges,
    ActionComplete,
    ActionDraft,
    ActionFilters,
    ActionQuery,
    ActionReassign,
    ActionView,
    ContactActionQuery,
    Shown,
)
from app.contacts import queries as contacts
from app.kernel.actor import Actor, Permission
from app.organizations.access import Requires
from app.web.conditional import ShowsMore
from app.web.dependencies import MustSee, Now, Seen, Tx, set_created, set_etag
from app.web.pagination import Paging
from app.web.routing import Route
from app.web.schemas import Page

router = APIRouter(prefix="/v1", tags=["commercial"], route_class=Route)

Reader = Annotated[Actor, Depends(Requires(Permission.COMMERCIAL_READ))]
Writer = Annotated[Actor, Depends(Requires(Permission.COMMERCIAL_WRITE))]


@router.get("/commercial-actions")
async def list_commercial_actions(
    actor: Reader, tx: Tx, at: Now, request: Request, query: Annotated[ActionQuery, Query()]
) -> Page[ActionView]:
    """List actions by when they are due, the first first.

    `assigned_to=me&overdue=true` and `assigned_to=me&due_from=…&due_to=…` make a day or a
    calendar; another user's id, a salesperson's.
    """
    return await _page(tx, actor, request, query, is_falling=query.sort == "-due_at", at=at)


@router.get("/contacts/{contact_id}/commercial-actions")
async def list_contact_actions(
    contact_id: UUID,
    actor: Reader,
    tx: Tx,
    at: Now,
    request: Request,
    query: Annotated[ContactActionQuery, Query()],
) -> Page[ActionView]:
    """List a contact's actions (COMERCIAL), the latest first."""
    await contacts.get(tx, actor, contact_id, parts=())
    is_falling = query.sort == "-due_at"
    return await _page(
        tx, actor, request, query, contact_id=contact_id, is_falling=is_falling, at=at
    )


async def _page(
    tx: AsyncSession,
    actor: Actor,
    request: Request,
    query: ActionFilters,
    *,
    contact_id: UUID | None = None,
    is_falling: bool,
    at: datetime,
) -> Page[ActionView]:
    paging = Paging.of(request, query)
    after = None
    if paging.after:
        due_at, last_id = map(str, paging.after)
        after = datetime.fromisoformat(due_at), UUID(last_id)
    rows = await queries.list_actions(
        tx, actor, query, contact_id=contact_id, is_falling=is_falling, after=after, at=at
    )
    page, cursor = paging.split(
        rows, lambda shown: [shown.action.due_at.isoformat(), str(shown.action.id)]
    )
    views = [ActionView.of(shown, at=at) for shown in page]
    return Page(data=views, has_more=cursor is not None, next_cursor=cursor)


@router.post("/contacts/{contact_id}/commercial-actions", status_code=201)
async def create_commercial_action(
    contact_id: UUID, body: ActionDraft, actor: Writer, tx: Tx, at: Now, response: Response
) -> ActionView:
    """Plan an action for a contact, on a day, by a salesperson.

    The salesperson gets a notice, unless they plan it themselves, and is reminded when it
    is time.
    """
    await contacts.get(tx, actor, contact_id, parts=())
    action = await service.create(tx, actor, contact_id, body, at=at)
    set_created(response, "/v1/commercial-actions", action.id, action.version)
    return ActionView.of(await queries.show(tx, actor, action.id), at=at)


@router.get("/commercial-actions/{action_id}", dependencies=[ShowsMore])
async def get_commercial_action(
    action_id: UUID, actor: Reader, tx: Tx, at: Now, response: Response
) -> ActionView:
    """Read an action."""
    return _answer(response, await queries.show(tx, actor, action_id), at=at)


@router.patch("/commercial-actions/{action_id}")
async def update_commercial_action(
    action_id: UUID,
    body: ActionChanges,
    actor: Writer,
    tx: Tx,
    at: Now,
    seen: MustSee,
    response: Response,
) -> ActionView:
    """Change an open action, or say that it is being done.

    Another day or hour is told in the contact's history, with the one before.
    """
    action = await queries.get(tx, actor, action_id, for_update=True)
    seen.check(action.version)
    await service.edit(tx, actor, action, body, at=at)
    return _answer(response, await queries.show(tx, actor, action_id), at=at)


@router.post("/commercial-actions/{action_id}/reassign")
async def reassign_commercial_action(
    action_id: UUID,
    body: ActionReassign,
    actor: Writer,
    tx: Tx,
    at: Now,
    seen: Seen,
    response: Response,
) -> ActionView:
    """Give an open action to another salesperson, who gets a notice.

    Day and hour are meant in their time zone from then on.
    """
    action = await queries.get(tx, actor, action_id, for_update=True)
    seen.check(action.version)
    await service.reassign(tx, actor, action, body.assigned_to, at=at)
    return _answer(response, await queries.show(tx, actor, action_id), at=at)


@router.post("/commercial-actions/{action_id}/complete")
async def complete_commercial_action(
    action_id: UUID,
    body: ActionComplete,
    actor: Writer,
    tx: Tx,
    at: Now,
    seen: Seen,
    response: Response,
) -> ActionView:
    """Close an action with its outcome, and plan the next one in the same step.

    Where nothing is planned, `suggestion` says what usually follows. The next occurrence
    of an action that recurs is born here, on the first day of its rule after today.
    """
    action = await queries.get(tx, actor, action_id, for_update=True)
    seen.check(action.version)
    await closing.complete(tx, actor, action, body, at=at)
    return _answer(response, await queries.show(tx, actor, action_id), at=at)


@router.post("/commercial-actions/{action_id}/cancel")
async def cancel_commercial_action(
    action_id: UUID,
    body: ActionCancel,
    actor: Writer,
    tx: Tx,
    at: Now,
    seen: Seen,
    response: Response,
) -> ActionView:
    """Close an action that will not be done; one that recurs, recurs no more."""
    action = await queries.get(tx, actor, action_id, for_update=True)
    seen.check(action.version)
    await closing.cancel(tx, actor, action, body, at=at)
    return _answer(response, await queries.show(tx, actor, action_id), at=at)


def _answer(response: Response, shown: Shown, *, at: datetime) -> ActionView:
    set_etag(response, shown.action.version)
    return ActionView.of(shown, at=at)
