"""The kinds of action, over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.commercial import kinds, queries
from app.commercial.kind_schemas import KindChanges, KindCreate, KindQuery, KindView
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Conflict
from app.organizations.access import Requires
from app.web.dependencies import MustSee, Now, Tx, set_created, set_etag
from app.web.pagination import Paging
from app.web.problems import foresee
from app.web.routing import Route
from app.web.schemas import Page

router = APIRouter(prefix="/v1/action-kinds", tags=["commercial"], route_class=Route)

Reader = Annotated[Actor, Depends(Requires(Permission.COMMERCIAL_READ))]
SettingsWriter = Annotated[Actor, Depends(Requires(Permission.SETTINGS_WRITE))]

foresee("uq_action_kinds_organization_id_code", Conflict(code="duplicate"))


@router.get("")
async def list_action_kinds(
    actor: Reader, tx: Tx, request: Request, query: Annotated[KindQuery, Query()]
) -> Page[KindView]:
    """List the kinds of action, oldest first."""
    paging = Paging.of(request, query)
    after = UUID(str(paging.after[0])) if paging.after else None
    rows = await queries.list_kinds(tx, actor, status=query.status, after=after, limit=paging.limit)
    page, cursor = paging.split(rows, lambda kind: [str(kind.id)])
    views = [KindView.model_validate(kind) for kind in page]
    return Page(data=views, has_more=cursor is not None, next_cursor=cursor)


@router.post("", status_code=201)
async def create_action_kind(
    body: KindCreate, actor: SettingsWriter, tx: Tx, at: Now, response: Response
) -> KindView:
    """Add a kind of action; a code in use answers 409 `duplicate`."""
    kind = await kinds.create(tx, actor, body, at=at)
    set_created(response, "/v1/action-kinds", kind.id, kind.version)
    return KindView.model_validate(kind)


@router.get("/{action_kind_id}")
async def get_action_kind(
    action_kind_id: UUID, actor: Reader, tx: Tx, response: Response
) -> KindView:
    """Read a kind of action."""
    kind = await queries.get_kind(tx, actor, action_kind_id)
    set_etag(response, kind.version)
    return KindView.model_validate(kind)


@router.patch("/{action_kind_id}")
async def update_action_kind(
    action_kind_id: UUID,
    body: KindChanges,
    actor: SettingsWriter,
    tx: Tx,
    at: Now,
    seen: MustSee,
    response: Response,
) -> KindView:
    """Rename, recolor or archive a kind of action; its code stays."""
    kind = await queries.get_kind(tx, actor, action_kind_id, for_update=True)
    seen.check(kind.version)
    await kinds.edit(tx, actor, kind, body, at=at)
    set_etag(response, kind.version)
    return KindView.model_validate(kind)
