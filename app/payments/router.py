"""Payments: what was received for a document, and what was given back."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from app.documents import queries as documents
from app.kernel.actor import Actor, Permission
from app.organizations.access import Requires
from app.payments import collecting, queries, refunding
from app.payments.schemas import (
    CollectionDraft,
    PaymentQuery,
    PaymentView,
    RefundDraft,
    RefundView,
    Review,
)
from app.web.conditional import ShowsMore
from app.web.dependencies import Now, Seen, Tx, set_created, set_etag
from app.web.pagination import Paging
from app.web.routing import Route
from app.web.schemas import Page, PageQuery

router = APIRouter(prefix="/v1", tags=["payments"], route_class=Route)

Reader = Annotated[Actor, Depends(Requires(Permission.PAYMENTS_READ))]
Collector = Annotated[Actor, Depends(Requires(Permission.PAYMENTS_CREATE, needs_key=True))]
Refunder = Annotated[Actor, Depends(Requires(Permission.PAYMENTS_REFUND, needs_key=True))]
Manager = Annotated[Actor, Depends(Requires(Permission.PAYMENTS_MANAGE))]


@router.post("/documents/{document_id}/payments", status_code=201)
async def record_collection(
    document_id: UUID,
    body: CollectionDraft,
    actor: Collector,
    tx: Tx,
    at: Now,
    seen: Seen,
    response: Response,
) -> PaymentView:
    """Note money received in cash, by card terminal, or by a transfer seen at the bank.

    More than is due is taken too, and the payment then needs a person's look; what is above
    becomes credit of the client. With the method `credit` it pays another document of theirs,
    no more than is due there. What is awaited by transfer is reduced to what is left.
    """
    document = await documents.get(tx, actor, document_id, for_update=True)
    seen.check(document.version)
    payment = await collecting.record_collection(tx, actor, document, body, at=at)
    set_created(response, "/v1/payments", payment.id, payment.version)
    return PaymentView.of(payment, [])


@router.get("/documents/{document_id}/payments")
async def list_document_payments(
    document_id: UUID, actor: Reader, tx: Tx, request: Request, query: Annotated[PageQuery, Query()]
) -> Page[PaymentView]:
    """List a document's payments, newest first."""
    await documents.get(tx, actor, document_id)
    wanted = PaymentQuery(**query.model_dump(), document_id=document_id)
    return await _page(tx, actor, request, wanted)


@router.get("/payments")
async def list_payments(
    actor: Reader, tx: Tx, request: Request, query: Annotated[PaymentQuery, Query()]
) -> Page[PaymentView]:
    """List payments, newest first."""
    return await _page(tx, actor, request, query)


@router.get("/payments/{payment_id}", dependencies=[ShowsMore])
async def get_payment(payment_id: UUID, actor: Reader, tx: Tx, response: Response) -> PaymentView:
    """Read a payment with its refunds."""
    payment = await queries.get(tx, actor, payment_id)
    set_etag(response, payment.version)
    return (await queries.views(tx, actor, [payment]))[0]


@router.post("/payments/{payment_id}/refunds", status_code=201)
async def refund_payment(
    payment_id: UUID, body: RefundDraft, actor: Refunder, tx: Tx, at: Now, response: Response
) -> RefundView:
    """Give money of a payment back, in one or several parts.

    What was received outside the service is given back outside it: this notes it. What came
    through the provider goes back through it: the refund is `queued`, and the document is owed
    the money once it `succeeded`. Cards wait while the provider's night lasts, from 22:00 to
    03:00 in Paris; nothing goes back 365 days after it came.
    """
    document_id = (await queries.get(tx, actor, payment_id)).document_id
    document = await documents.get(tx, actor, document_id, for_update=True)
    payment = await queries.get(tx, actor, payment_id, for_update=True)
    refund = await refunding.give_back(tx, actor, document, payment, body, at=at)
    set_created(response, "/v1/refunds", refund.id)
    return RefundView.of(refund)


@router.get("/refunds/{refund_id}")
async def get_refund(refund_id: UUID, actor: Reader, tx: Tx) -> RefundView:
    """Read a refund: one that goes through a provider takes its time."""
    return RefundView.of(await queries.get_refund(tx, actor, refund_id))


@router.post("/payments/{payment_id}/resolve")
async def resolve_payment(
    payment_id: UUID, body: Review, actor: Manager, tx: Tx, at: Now, seen: Seen, response: Response
) -> PaymentView:
    """Note how a payment that needed a person was settled."""
    payment = await queries.get(tx, actor, payment_id, for_update=True)
    seen.check(payment.version)
    await collecting.resolve(tx, actor, payment, body.note, at=at)
    set_etag(response, payment.version)
    return (await queries.views(tx, actor, [payment]))[0]


async def _page(tx: Tx, actor: Actor, request: Request, query: PaymentQuery) -> Page[PaymentView]:
    paging = Paging.of(request, query)
    before = UUID(str(paging.after[0])) if paging.after else None
    rows = await queries.list_payments(tx, actor, query, before=before)
    page, cursor = paging.split(rows, lambda payment: [str(payment.id)])
    shown = await queries.views(tx, actor, page)
    return Page(data=shown, has_more=cursor is not None, next_cursor=cursor)
