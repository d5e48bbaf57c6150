"""The client's pages for paying: server-rendered, working without a script."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.background import BackgroundTask

from app.documents.ports import Printer
from app.kernel.database import Database
from app.kernel.errors import Conflict, Forbidden, Invalid, NotFound, Problem, Unavailable
from app.kernel.vault import Vault
from app.kernel.wording import wording
from app.payments import paying as provider_pages
from app.payments.dependencies import AtDesk
from app.payments.paying import Visitor
from app.portal import frames, pay_pages, paying, receipts, service, transfers
from app.portal.browsing import PageRoute, chosen_language, form_of, page_response
from app.portal.frames import Paths
from app.portal.guarding import Sparingly
from app.portal.naming import naming_of
from app.portal.paying import PayForm
from app.portal.reading import Shared
from app.portal.router import note_fetch, pdf_response
from app.portal.visits import visit_of
from app.settings import Settings
from app.web.declarations import Public
from app.web.dependencies import Db, Now, Source, provided
from app.web.problems import STATUS, language_of
from app.web.rate_limits import CLIENT_PAYMENTS

router = APIRouter(
    include_in_schema=False,
    route_class=PageRoute,
    dependencies=[Depends(Public("The token of the link is the authority."))],
)


async def _asked_language(request: Request) -> str | None:
    return chosen_language(request)


Language = Annotated[str | None, Depends(_asked_language)]
_READ = ["GET", "HEAD"]


@router.api_route("/pay/onboarded", methods=_READ)
async def show_onboarded(request: Request, language: Language) -> Response:
    """Receive an admin who comes back from the provider's form; coming back proves nothing."""
    tongue = language or language_of(request)
    return page_response(frames.message_page(tongue, "onboarded", "/pay/onboarded"))


@router.api_route("/d/{token}/pay", methods=_READ)
async def show_pay(
    token: str, request: Request, database: Db, at: Now, language: Language
) -> Response:
    """Ask how to pay, or lead to the document when it cannot be paid."""
    paths = Paths(token, language)
    async with database.transaction() as tx:
        shared = await service.read(tx, token, at=at)
    if shared.refusals["pay"] is not None:
        response = _see(paths())
    else:
        response = _choose(request, shared, paths, at)
    response.background = BackgroundTask(note_fetch, database, shared, visit_of(request), at, "pay")
    return response


@router.post("/d/{token}/pay", dependencies=[Depends(Sparingly(CLIENT_PAYMENTS))])
async def begin_to_pay(
    token: str,
    request: Request,
    database: Db,
    at: Now,
    language: Language,
    desk: AtDesk,
    source: Source,
) -> Response:
    """Begin a payment: announce the provider's page, or lead to what a transfer needs."""
    paths = Paths(token, language)
    fields = await form_of(request)
    try:
        form = PayForm(
            paying.method_of(fields.get("method", "")),
            _whole(fields.get("amount", "")),
            fields.get("form_nonce", ""),
        )
        secret_key = request.app.state.secret_key
        async with database.transaction() as tx:
            begun = await paying.begin(
                tx, token, form, visit_of(request), secret_key=secret_key, at=at
            )
        tongue = language or begun.shared.says.language
        opened = await paying.go_on(
            desk,
            provided(request, Vault),
            begun,
            Visitor(token, tongue, source),
            public_url=provided(request, Settings).public_url,
        )
    except (Conflict, Forbidden, Invalid, Unavailable) as refusal:
        return await _refused(request, database, paths, refusal, at)
    if opened.page_url is None:
        return _see(paths(f"pay/{begun.payment.id}"))
    page = pay_pages.leaving_page(begun.shared, paths, tongue, begun.payment, opened.page_url)
    return page_response(page)


@router.api_route("/d/{token}/pay/{payment_id}", methods=_READ)
async def show_payment(
    token: str,
    payment_id: UUID,
    request: Request,
    database: Db,
    at: Now,
    language: Language,
    desk: AtDesk,
) -> Response:
    """Show how a payment stands; one that succeeded is told by the document itself."""
    paths = Paths(token, language)
    async with database.transaction() as tx:
        begun = await paying.look(tx, token, payment_id, at=at)
    shared, payment = begun.shared, begun.payment
    if payment.state == "succeeded":
        return _see(paths())
    tongue, nonce = language or shared.says.language, _nonce(request, shared, at)
    if payment.state == "awaiting_funds":
        account = await provider_pages.transfer_account(desk, payment.organization_id)
        page = pay_pages.transfer_page(shared, paths, tongue, payment, account, nonce=nonce)
        return page_response(page)
    return page_response(pay_pages.outcome_page(shared, paths, tongue, payment, nonce=nonce))


@router.api_route("/d/{token}/pay/{payment_id}/qr.png", methods=_READ)
async def show_qr(token: str, payment_id: UUID, database: Db, at: Now, desk: AtDesk) -> Response:
    """Give the code that fills the transfer in a bank's app.

    Raises:
        NotFound: The payment is not a transfer that is awaited.
    """
    async with database.transaction() as tx:
        payment = (await paying.look(tx, token, payment_id, at=at)).payment
    if payment.state != "awaiting_funds" or payment.reference is None:
        raise NotFound
    account = await provider_pages.transfer_account(desk, payment.organization_id)
    content = transfers.qr_png(account, payment.amount, payment.reference)
    return Response(content, media_type="image/png")


@router.api_route("/d/{token}/pay/{payment_id}/receipt", methods=_READ)
async def show_payment_receipt(
    token: str, payment_id: UUID, request: Request, database: Db, at: Now, language: Language
) -> Response:
    """Give the receipt of a payment that succeeded."""
    printer = provided(request, Printer)  # type: ignore[type-abstract]  # the table is keyed by ports
    content, name = await receipts.payment_receipt_pdf(
        database, printer, token, payment_id, language, at=at
    )
    return pdf_response(content, name)


@router.post("/d/{token}/pay/{payment_id}/cancel")
async def cancel_payment(
    token: str, payment_id: UUID, request: Request, database: Db, at: Now, language: Language
) -> Response:
    """Call a payment off, then ask again how to pay (303)."""
    paths = Paths(token, language)
    fields = await form_of(request)
    secret_key = request.app.state.secret_key
    try:
        async with database.transaction() as tx:
            await paying.cancel(
                tx,
                token,
                payment_id,
                fields.get("form_nonce", ""),
                secret_key=secret_key,
                at=at,
            )
    except (Conflict, Forbidden) as refusal:
        return await _refused(request, database, paths, refusal, at)
    return _see(paths("pay"))


async def _refused(
    request: Request, database: Database, paths: Paths, refusal: Problem, at: datetime
) -> Response:
    """Show why the payment did not begin; one that is open already is shown itself."""
    open_one = refusal.extra.get("payment_id")
    if refusal.reason == "payment_live" and open_one is not None:
        return _see(paths(f"pay/{open_one}"))
    async with database.transaction() as tx:
        shared = await service.read(tx, paths.token, at=at)
    if shared.refusals["pay"] is not None:
        return _see(paths())
    texts = wording("pages", paths.language or shared.says.language)
    key = f"reason.{refusal.reason}"
    if isinstance(refusal, Unavailable):
        key = "pay.unavailable"
    elif key not in texts:
        key = "reason.other"
    alert = texts(key, **naming_of(shared.says, texts.language).values())
    return _choose(request, shared, paths, at, alert=alert, status=STATUS[refusal.problem_code])


def _choose(
    request: Request,
    shared: Shared,
    paths: Paths,
    at: datetime,
    *,
    alert: str = "",
    status: int = 200,
) -> Response:
    language = paths.language or shared.says.language
    page = pay_pages.choose_page(
        shared, paths, language, nonce=_nonce(request, shared, at), alert=alert
    )
    return page_response(page, status)


def _nonce(request: Request, shared: Shared, at: datetime) -> str:
    return service.form_nonce(shared, request.app.state.secret_key, at=at) or ""


def _whole(text: str) -> int | None:
    """Read the chosen portion; nothing chosen means all that is due."""
    if not text:
        return None
    if not text.isascii() or not text.isdecimal() or len(text) > len(str(10**12)):
        raise Invalid
    return int(text)


def _see(path: str) -> Response:
    return RedirectResponse(path, 303)
