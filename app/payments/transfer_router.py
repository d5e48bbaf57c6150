"""Transfers that nobody awaited: see them, say which document each pays, take it back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.documents import queries as documents
from app.kernel.actor import Actor, Permission
from app.organizations.access import Requires
from app.payments import matching, queries, transfers
from app.payments.schemas import PaymentView
from app.payments.transfer_schemas import TransferMatch, TransferView
from app.web.dependencies import Now, Seen, Tx, set_etag
from app.web.pagination import Paging
from app.web.routing import Route
from app.web.schemas import Page, PageQuery

router = APIRouter(prefix="/v1", tags=["payments"], route_class=Route)

Manager = Annotated[Actor, Depends(Requires(Permission.PAYMENTS_MANAGE))]


@router.get("/unmatched-transfers")
async def list_unmatched_transfers(
    actor: Manager, tx: Tx, request: Request, query: Annotated[PageQuery, Query()]
) -> Page[TransferView]:
    """List transfers that wait for a person, newest first, with what each may be for."""
    paging = Paging.of(request, query)
    before = UUID(str(paging.after[0])) if paging.after else None
    rows = await transfers.list_unmatched(tx, actor, query.limit, before=before)
    page, cursor = paging.split(rows, lambda transfer: [str(transfer.id)])
    proposed = await transfers.proposals(tx, actor, page)
    shown = [TransferView.of(one, proposed.get(one.id, ())) for one in page]
    return Page(data=shown, has_more=cursor is not None, next_cursor=cursor)


@router.post("/unmatched-transfers/{transfer_id}/match")
async def match_transfer(
    transfer_id: UUID, body: TransferMatch, actor: Manager, tx: Tx, at: Now, response: Response
) -> PaymentView:
    """Say which document a transfer pays; it becomes a payment of it.

    A quote paid is accepted. More than is due is taken, and the payment then needs a
    person's look.
    """
    await transfers.get(tx, actor, transfer_id)
    document = await documents.get(tx, actor, body.document_id, for_update=True)
    transfer = await transfers.get(tx, actor, transfer_id, for_update=True)
    payment = await matching.match(tx, actor, document, transfer, at=at)
    set_etag(response, payment.version)
    return PaymentView.of(payment, [])


@router.post("/payments/{payment_id}/unmatch")
async def unmatch_payment(
    payment_id: UUID, actor: Manager, tx: Tx, at: Now, seen: Seen, response: Response
) -> PaymentView:
    """Take a transfer off its document: the document is owed it, and it waits for a match.

    The payment stays, `cancelled`.
    """
    document_id = (await queries.get(tx, actor, payment_id)).document_id
    document = await documents.get(tx, actor, document_id, for_update=True)
    payment = await queries.get(tx, actor, payment_id, for_update=True)
    seen.check(payment.version)
    await matching.unmatch(tx, actor, document, payment, at=at)
    set_etag(response, payment.version)
    return (await queries.views(tx, actor, [payment]))[0]
