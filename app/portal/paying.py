"""Verbs behind a link: begin to pay, look at a payment, call it off."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from app.kernel.money import Money
from app.kernel.vault import Vault
from app.payments import intents, queries
from app.payments import paying as provider_pages
from app.payments.desk import Desk
from app.payments.intents import Wish
from app.payments.models import LIVE, Payment
from app.payments.movements import Method, TransferAccount
from app.payments.paying import Visitor
from app.portal import service
from app.portal.naming import naming_of
from app.portal.reading import Shared
from app.portal.visits import Visit

METHODS = (Method.CARD, Method.PAY_BY_BANK, Method.BANK_TRANSFER)
"""What a client can choose, in the order of the page."""


@dataclass(frozen=True, slots=True)
class PayForm:
    """What a client sends to pay.

    Attributes:
        amount_minor: None for all that is due.
        form_nonce: From the page the form was on.
    """

    method: Method
    amount_minor: int | None
    form_nonce: str


@dataclass(frozen=True, slots=True)
class Begun:
    """A payment begun, and the document as its client sees it."""

    shared: Shared
    payment: Payment


@dataclass(frozen=True, slots=True)
class Opened:
    """A payment and the payer's next step: the provider's page, or where to wire to."""

    payment: Payment
    page_url: str | None
    account: TransferAccount | None


async def begin(
    tx: AsyncSession,
    token: str,
    form: PayForm,
    visit: Visit,
    *,
    secret_key: bytes,
    at: datetime,
) -> Begun:
    """Write a payment down, before the provider is asked for it.

    Raises:
        UnknownLink: The token is unknown, malformed or revoked.
        Gone: The link has expired.
        Forbidden: The link may only read.
        Conflict: The nonce is not good, or the document cannot be paid now; why.
        Invalid: The amount is not one that is offered.
        Unavailable: The PDF is still being made.
    """
    shared = await service.locked(tx, token, at=at)
    service.require_form(shared, form.form_nonce, secret_key, at)
    if (reason := shared.refusals["pay"]) is not None:
        if reason == "recipient_read_only":
            raise Forbidden(code="role_missing", reason=reason)
        raise Conflict(reason=reason, extra=service.possible(shared))
    if await service.opens_everything(tx, shared.recipient, at=at):
        raise Conflict(reason="form_nonce_invalid", extra=service.possible(shared))
    actor = service.client_of(shared.recipient)
    await service.count_person(tx, actor, shared.document, shared.recipient, visit, "pay", at=at)
    amount = None
    if form.amount_minor is not None:
        amount = Money(form.amount_minor, shared.document.currency)
    wish = Wish(form.method, amount, shared.recipient.id)
    payment = await intents.begin(tx, actor, shared.document, wish, at=at)
    return Begun(await service.read(tx, token, at=at), payment)


async def go_on(
    desk: Desk, vault: Vault, begun: Begun, visitor: Visitor, *, public_url: str
) -> Opened:
    """Get from the provider what the payer needs next; no transaction is open.

    Raises:
        Unavailable: The provider does not answer; nothing was charged.
        Conflict: Another payment was begun meanwhile, and called this one off.
    """
    payment = begun.payment
    if payment.method == Method.BANK_TRANSFER.value:
        account = await provider_pages.transfer_account(desk, payment.organization_id)
        return Opened(payment, None, account)
    naming = naming_of(begun.shared.says, visitor.language)
    page = await provider_pages.open_page(
        desk,
        vault,
        payment,
        visitor,
        description=f"{naming.heading} {naming.number} · {naming.org}",
        public_url=public_url,
    )
    return Opened(payment, page.url, None)


async def look(tx: AsyncSession, token: str, payment_id: UUID, *, at: datetime) -> Begun:
    """Give a payment that was begun for the link's document.

    Raises:
        UnknownLink: The token is unknown, malformed or revoked.
        Gone: The link has expired.
        NotFound: The document has no such payment.
    """
    shared = await service.read(tx, token, at=at)
    return Begun(shared, await _own(tx, shared, payment_id))


async def cancel(
    tx: AsyncSession,
    token: str,
    payment_id: UUID,
    form_nonce: str,
    *,
    secret_key: bytes,
    at: datetime,
) -> Begun:
    """Call a payment off that brought no money, to pay another way.

    Money that comes all the same is booked, and a person looks at it.

    Raises:
        UnknownLink: The token is unknown, malformed or revoked.
        Gone: The link has expired.
        Forbidden: The link may only read.
        Conflict: The nonce is not good.
        NotFound: The document has no such payment.
    """
    shared = await service.locked(tx, token, at=at)
    service.require_form(shared, form_nonce, secret_key, at)
    if not shared.link.can_pay:
        raise Forbidden(code="role_missing", reason="recipient_read_only")
    payment = await _own(tx, shared, payment_id, for_update=True)
    if payment.state in LIVE:
        await intents.give_up(tx, shared.document, payment, "cancelled", at=at)
    return Begun(await service.read(tx, token, at=at), payment)


async def _own(
    tx: AsyncSession, shared: Shared, payment_id: UUID, *, for_update: bool = False
) -> Payment:
    actor: Actor = service.client_of(shared.recipient)
    payment = await queries.get(tx, actor, payment_id, for_update=for_update)
    if payment.document_id != shared.document.id:
        raise NotFound
    return payment


def method_of(text: str) -> Method:
    """Read a method a client may choose.

    Raises:
        Invalid: It is none.
    """
    for method in METHODS:
        if method.value == text:
            return method
    raise Invalid(faults=[Fault("/method", "literal_error")])
