"""Work: open the provider's page for a payment, and know it again when somebody comes back.

The payment is committed before the provider is asked, so nothing is charged that we do not
know of; no transaction is open while it answers.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from uuid import UUID

import structlog
from cryptography.exceptions import InvalidTag

from app.kernel.actor import system
from app.kernel.errors import Unavailable
from app.kernel.vault import Vault
from app.payments import accounts, checking, intents
from app.payments.desk import Desk
from app.payments.models import Payment
from app.payments.movements import HostedPage, Method, PaymentOrder, TransferAccount
from app.payments.ports import GatewayError, GatewayUnavailable

log = structlog.get_logger()

RETRY_AFTER_S = 30
_STATE_LENGTH_MAX = 400


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who pays, as far as the provider's page needs it.

    Attributes:
        token: Of the client's link, to find back to it.
        language: `es` or `en`.
        ip: The browser's address.
    """

    token: str
    language: str
    ip: str | None


@dataclass(frozen=True, slots=True)
class Return:
    """What a return address carries: which payment, and where its payer came from."""

    organization_id: UUID
    payment_id: UUID
    token: str


async def open_page(
    desk: Desk,
    vault: Vault,
    payment: Payment,
    visitor: Visitor,
    *,
    description: str,
    public_url: str,
) -> HostedPage:
    """Ask the provider for its page of a payment that is committed.

    A page nobody has seen cannot be paid: when the answer is lost, the payment fails and
    the client begins another.

    Args:
        desk: The provider's ports and the database.
        vault: Seals what the return address carries.
        payment: A committed intent by card or by bank.
        visitor: Who pays.
        description: What the payer reads on the page and on the statement.
        public_url: Where our return addresses are.

    Raises:
        Unavailable: The provider did not give a page; nothing was charged.
        Conflict: Another payment was begun meanwhile, and called this one off.
    """
    async with desk.database.transaction(payment.organization_id) as tx:
        account = await accounts.get(tx, payment.organization_id)
    back = Return(payment.organization_id, payment.id, visitor.token)
    address = f"{public_url}/pay/return/{write_state(back, vault)}"
    order = PaymentOrder(
        wallet=account.wallet,
        reference=payment.reference or "",
        amount=payment.amount,
        description=description,
        return_url=address,
        cancel_url=address,
        error_url=address,
        language=visitor.language,
        payer_ip=visitor.ip,
    )
    start = {
        Method.CARD.value: desk.provider.payments.start_card,
        Method.PAY_BY_BANK.value: desk.provider.payments.start_pay_by_bank,
    }[payment.method]
    try:
        page = await start(order)
    except GatewayError as error:
        log.warning("payment_page_refused", payment_id=str(payment.id), error=str(error))
        await _close(desk, payment)
        wait = error.retry_after_s if isinstance(error, GatewayUnavailable) else None
        raise Unavailable(
            reason="payment_page_unavailable", retry_after_s=wait or RETRY_AFTER_S
        ) from error
    actor = system(payment.organization_id)
    async with desk.database.transaction(payment.organization_id) as tx:
        _, held = await checking.lock(tx, actor, payment.id)
        await intents.redirect(tx, held, page.transaction_id)
    intents.require_standing(held)
    return page


async def transfer_account(desk: Desk, organization_id: UUID) -> TransferAccount:
    """Give the IBAN of an organization's wallet, opened at its first transfer.

    Raises:
        Unavailable: The provider gave none.
    """
    async with desk.database.transaction(organization_id) as tx:
        account = await accounts.get(tx, organization_id)
    match account.transfer_account:
        case {"id": str(id_), "iban": str(iban), "bic": str(bic), "holder": str(holder)}:
            return TransferAccount(id_, iban, bic, holder)
    try:
        opened = await desk.provider.payments.open_transfer_account(account.wallet)
    except GatewayError as error:
        raise Unavailable(reason="payment_page_unavailable", retry_after_s=RETRY_AFTER_S) from error
    async with desk.database.transaction(organization_id) as tx:
        held = await accounts.get(tx, organization_id, for_update=True)
        held.transfer_account = {
            "id": opened.id,
            "iban": opened.iban,
            "bic": opened.bic,
            "holder": opened.holder,
        }
    return opened


def write_state(back: Return, vault: Vault) -> str:
    """Seal what a return address carries; the provider cannot read the client's link."""
    plain = json.dumps([str(back.payment_id), back.token]).encode()
    sealed = back.organization_id.bytes + vault.seal(plain, back.organization_id)
    return urlsafe_b64encode(sealed).decode().rstrip("=")


def read_state(state: str, vault: Vault) -> Return | None:
    """Open a return address; None when it is not one of ours."""
    if len(state) > _STATE_LENGTH_MAX or not state.isascii():
        return None
    try:
        raw = urlsafe_b64decode(state + "=" * (-len(state) % 4))
        organization_id = UUID(bytes=raw[:16])
        payment_id, token = json.loads(vault.open(raw[16:], organization_id))
    except (ValueError, InvalidTag):
        return None
    return Return(organization_id, UUID(payment_id), token)


async def _close(desk: Desk, payment: Payment) -> None:
    actor = system(payment.organization_id)
    async with desk.database.transaction(payment.organization_id) as tx:
        document, held = await checking.lock(tx, actor, payment.id)
        await intents.give_up(tx, document, held, "failed", at=desk.clock.now())
