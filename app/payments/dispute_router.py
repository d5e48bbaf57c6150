"""Disputes: card payments that were taken back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from app.kernel.actor import Actor, Permission
from app.organizations.access import Requires
from app.payments import disputes
from app.payments.dispute_schemas import DisputeView
from app.web.dependencies import Tx
from app.web.pagination import Paging
from app.web.routing import Route
from app.web.schemas import Page, PageQuery

router = APIRouter(prefix="/v1", tags=["payments"], route_class=Route)


@router.get("/disputes")
async def list_disputes(
    actor: Annotated[Actor, Depends(Requires(Permission.PAYMENTS_READ))],
    tx: Tx,
    request: Request,
    query: Annotated[PageQuery, Query()],
) -> Page[DisputeView]:
    """List card payments that were taken back, newest first.

    The document is owed the money again. A dispute is contested with the provider, with
    evidence, within eight days; when it is won the money comes back and is booked.
    """
    paging = Paging.of(request, query)
    before = UUID(str(paging.after[0])) if paging.after else None
    rows = await disputes.list_disputes(tx, actor, query.limit, before=before)
    page, cursor = paging.split(rows, lambda row: [str(row[0].id)])
    shown = [DisputeView.of(dispute, document_id) for dispute, document_id in page]
    return Page(data=shown, has_more=cursor is not None, next_cursor=cursor)
