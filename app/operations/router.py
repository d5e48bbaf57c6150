"""Long work over HTTP: ask how far it is, or stop it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from app.kernel.actor import Actor
from app.operations import queries, service
from app.operations.schemas import ItemQuery, ItemView, OperationQuery, OperationView
from app.organizations.access import Requires
from app.web.dependencies import Language, Now, Tx
from app.web.pagination import Paging
from app.web.routing import Route
from app.web.schemas import Page

router = APIRouter(prefix="/v1/operations", tags=["operations"], route_class=Route)

Asker = Annotated[Actor, Depends(Requires(None))]


@router.get("")
async def list_operations(
    actor: Asker,
    tx: Tx,
    request: Request,
    language: Language,
    query: Annotated[OperationQuery, Query()],
) -> Page[OperationView]:
    """List the long work you asked for, newest first; nobody else sees it."""
    paging = Paging.of(request, query)
    before = UUID(str(paging.after[0])) if paging.after else None
    rows = await queries.list_operations(tx, actor, before=before, limit=paging.limit)
    page, cursor = paging.split(rows, lambda operation: [str(operation.id)])
    views = [OperationView.of(operation, language) for operation in page]
    return Page(data=views, has_more=cursor is not None, next_cursor=cursor)


@router.get("/{operation_id}")
async def get_operation(
    operation_id: UUID, actor: Asker, tx: Tx, language: Language
) -> OperationView:
    """Read how far the work is; ask again every second or two until its state is final."""
    return OperationView.of(await queries.get(tx, actor, operation_id), language)


@router.post("/{operation_id}/cancel")
async def cancel_operation(
    operation_id: UUID, actor: Asker, tx: Tx, at: Now, language: Language
) -> OperationView:
    """Stop the work before its next batch; what it has done by then stays done.

    Asked again it changes nothing; work that is over answers 409 `operation_over`.
    """
    operation = await queries.get(tx, actor, operation_id, for_update=True)
    await service.cancel(tx, operation, at=at)
    return OperationView.of(operation, language)


@router.get("/{operation_id}/items")
async def list_operation_items(
    operation_id: UUID,
    actor: Asker,
    tx: Tx,
    request: Request,
    language: Language,
    query: Annotated[ItemQuery, Query()],
) -> Page[ItemView]:
    """List what the work is to do one by one, and what came of each; for a bulk dispatch."""
    operation = await queries.get(tx, actor, operation_id)
    paging = Paging.of(request, query)
    after = int(str(paging.after[0])) if paging.after else -1
    rows = await queries.list_items(tx, operation, query, after=after)
    page, cursor = paging.split(rows, lambda item: [item.position])
    views = [ItemView.of(item, language) for item in page]
    return Page(data=views, has_more=cursor is not None, next_cursor=cursor)
