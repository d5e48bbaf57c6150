"""The client's payments over the API; the token of the link is the authority."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response

from app.documents.ports import Printer
from app.kernel.vault import Vault
from app.payments import intents
from app.payments import paying as provider_pages
from app.payments.dependencies import desk_of
from app.payments.movements import Method
from app.payments.paying import Visitor
from app.portal import paying, receipts, service
from app.portal.guarding import Guard, Sparingly, Token
from app.portal.pay_schemas import ClientCancellation, ClientPayment, ClientPaymentView
from app.portal.paying import PayForm
from app.portal.router import PDF_ANSWER, PageLanguage, pdf_response
from app.portal.visits import visit_of
from app.settings import Settings
from app.web import idempotency
from app.web.declarations import Public
from app.web.dependencies import Db, Now, Source, Tx, note_organization, provided
from app.web.rate_limits import CLIENT_PAYMENTS
from app.web.routing import Route

router = APIRouter(
    prefix="/public/v1/documents",
    tags=["client page"],
    route_class=Route,
    dependencies=[Depends(Public("The token of the link is the authority.")), Guard],
)

PaymentId = Annotated[UUID, Path(description="As given when it was begun.")]


@router.post(
    "/{token}/payments",
    status_code=201,
    dependencies=[
        Depends(Public("The token of the link is the authority.", needs_key=True)),
        Depends(Sparingly(CLIENT_PAYMENTS)),
    ],
)
async def start_payment(
    token: Token,
    body: ClientPayment,
    database: Db,
    at: Now,
    source: Source,
    request: Request,
) -> ClientPaymentView:
    """Begin to pay by card, from the bank's own page, or by a transfer.

    Card and bank answer with `redirect_url`, a page of the payment institution; a transfer
    with the account and the reference to copy. Nothing is paid until the institution says
    so. One payment at a time: while its page is open, another is refused (`payment_live`).
    """
    form = PayForm(
        Method(body.method), body.amount.amount if body.amount else None, body.form_nonce
    )
    secret_key = request.app.state.secret_key
    async with database.transaction() as tx:
        actor = await service.identify(tx, token, at=at)
        note_organization(request, actor.organization_id)
        await idempotency.claim(tx, request, actor, at=at, is_required=True)
        desk = await desk_of(request)  # only now: who has no link or key learns no more
        begun = await paying.begin(tx, token, form, visit_of(request), secret_key=secret_key, at=at)
    opened = await paying.go_on(
        desk,
        provided(request, Vault),
        begun,
        Visitor(token, begun.shared.says.language, source),
        public_url=provided(request, Settings).public_url,
    )
    async with database.transaction() as tx:
        # The same key may have been used by another request while the provider was asked.
        await idempotency.claim(tx, request, actor, at=at, is_required=True)
        fresh = await paying.look(tx, token, begun.payment.id, at=at)
        intents.require_standing(fresh.payment)
        view = ClientPaymentView.of(
            fresh.payment, redirect_url=opened.page_url, account=opened.account
        )
        await idempotency.remember_view(tx, request, view, status=201, at=at)
    return view


@router.get("/{token}/payments/{payment_id}")
async def get_client_payment(
    token: Token, payment_id: PaymentId, database: Db, at: Now, request: Request
) -> ClientPaymentView:
    """Read how a payment stands; while it is under way, ask again after some seconds."""
    async with database.transaction() as tx:
        payment = (await paying.look(tx, token, payment_id, at=at)).payment
    note_organization(request, payment.organization_id)
    account = None
    if payment.state == "awaiting_funds":
        desk = await desk_of(request)
        account = await provider_pages.transfer_account(desk, payment.organization_id)
    return ClientPaymentView.of(payment, account=account)


@router.get("/{token}/payments/{payment_id}/receipt", response_class=Response, responses=PDF_ANSWER)
async def get_client_payment_receipt(
    token: Token,
    payment_id: PaymentId,
    database: Db,
    at: Now,
    request: Request,
    lang: PageLanguage = None,
) -> Response:
    """Download the receipt of a payment that succeeded, as a PDF."""
    async with database.transaction() as tx:
        note_organization(request, (await service.identify(tx, token, at=at)).organization_id)
    printer = provided(request, Printer)  # type: ignore[type-abstract]  # the table is keyed by ports
    content, name = await receipts.payment_receipt_pdf(
        database, printer, token, payment_id, lang, at=at
    )
    return pdf_response(content, name)


@router.post("/{token}/payments/{payment_id}/cancel")
async def cancel_client_payment(
    token: Token, payment_id: PaymentId, body: ClientCancellation, tx: Tx, at: Now, request: Request
) -> ClientPaymentView:
    """Call a payment off, to pay another way.

    Money that comes all the same is not lost: it is booked, and the issuer is told.
    """
    actor = await service.identify(tx, token, at=at)
    note_organization(request, actor.organization_id)
    await idempotency.claim(tx, request, actor, at=at, is_required=False)
    secret_key = request.app.state.secret_key
    done = await paying.cancel(tx, token, payment_id, body.form_nonce, secret_key=secret_key, at=at)
    return ClientPaymentView.of(done.payment)
