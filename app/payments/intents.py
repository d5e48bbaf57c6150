"""Verbs: begin a payment, and let what the provider says of it move it.

An intent is a payment that has not succeeded yet. Only what was fetched from the provider
(`MoneyIn`) moves one; a browser that came back, or a call of the provider, is a hint of
where to look. The order of locks is document, payment.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.documents.installments import current_no, next_of_plan
from app.documents.models import Document
from app.documents.printable import DocumentType
from app.events.record import Fact, record
from app.jobs.queue import enqueue
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, Fault, Invalid
from app.kernel.identifiers import new_id, new_token
from app.kernel.money import Money
from app.payments import disputes, effects, ledger, queries
from app.payments.events import failed, received, started
from app.payments.models import LIVE, Payment
from app.payments.movements import Method, MoneyIn, MoneyInState
from app.payments.settlement import settle_document
from app.payments.tasks import SendReceipt

CARD_MIN = Money(50)
"""The provider takes no smaller card payment (its error 151)."""
PAY_BY_BANK_MIN = Money(100)
"""Nor a smaller payment by bank (its error 365)."""

FIRST_CHECK = timedelta(minutes=1)

PAGE_LIFE = timedelta(hours=1)
"""After so long a page nobody finished is given up here; money that comes later is taken."""

_FINAL_STATES = {MoneyInState.FAILED: "failed", MoneyInState.CANCELLED: "cancelled"}


@dataclass(frozen=True, slots=True)
class Wish:
    """What a client wants to pay, and how.

    Attributes:
        amount: None for all that is due.
        recipient_id: Whose link it is.
    """

    method: Method
    amount: Money | None
    recipient_id: UUID | None


async def begin(
    tx: AsyncSession,
    actor: Actor,
    document: Document,
    wish: Wish,
    *,
    at: datetime,
) -> Payment:
    """Write down a payment before the provider is asked for it.

    An unfunded one that was begun before is called off: a client who chooses again has
    left the other way. One on the provider's page may still be paid there, so it blocks
    until it ends.

    Args:
        tx: The request's transaction.
        actor: The client behind the link.
        document: Read for update; it can be paid, as the caller has checked.
        wish: How much and how.
        at: Now.

    Raises:
        Conflict: `payment_live`: a page of the provider is open.
        Invalid: The amount is neither all that is due, nor the next installment, nor the
            deposit, or too small.
    """
    amount = _amount(document, wish)
    live = await queries.live(tx, document, for_update=True)
    if live is not None:
        if live.state == "redirected":
            raise Conflict(reason="payment_live", extra={"payment_id": str(live.id)})
        live.state = "cancelled"
        await tx.flush()
    payment = Payment(
        organization_id=document.organization_id,
        id=new_id(),
        document_id=document.id,
        installment_no=current_no(document),
        method=wish.method.value,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        state="awaiting_funds" if wish.method is Method.BANK_TRANSFER else "created",
        reference=_reference(document, wish.method),
        recipient_id=wish.recipient_id,
        note="",
        created_by=None,
        created_by_name=actor.name,
        created_at=at,
        check_at=None if wish.method is Method.BANK_TRANSFER else at + FIRST_CHECK,
    )
    tx.add(payment)
    await tx.flush()
    await settle_document(tx, document, at=at)
    await record(tx, actor, started(payment, document), at=at)
    return payment


async def await_rest(
    tx: AsyncSession,
    document: Document,
    paid: Payment,
    reference: str,
    rest_minor: int,
    *,
    at: datetime,
) -> None:
    """Await what a transfer left of what was asked, under the reference its payer was given."""
    tx.add(
        Payment(
            organization_id=document.organization_id,
            id=new_id(),
            document_id=document.id,
            installment_no=current_no(document),
            method=paid.method,
            amount_minor=rest_minor,
            currency=document.currency,
            state="awaiting_funds",
            reference=reference,
            recipient_id=paid.recipient_id,
            note="",
            created_by_name=paid.created_by_name,
            created_at=at,
        )
    )
    await tx.flush()
    await settle_document(tx, document, at=at)


async def redirect(tx: AsyncSession, payment: Payment, transaction_id: str) -> None:
    """Keep the provider's id of a payment whose page is open, unless it moved on meanwhile."""
    if payment.provider_id is None:
        payment.provider_id = transaction_id
    if payment.state == "created":
        payment.state = "redirected"
    await tx.flush()


def require_standing(payment: Payment) -> None:
    """Refuse to lead a payer on to a payment that was called off while it was being begun.

    Raises:
        Conflict: `payment_live`: another one took its place.
    """
    if payment.state not in {*LIVE, "succeeded"}:
        raise Conflict(reason="payment_live", extra={"payment_id": str(payment.id)})


async def give_up(
    tx: AsyncSession, document: Document, payment: Payment, state: str, *, at: datetime
) -> None:
    """Close an intent that brought no money: `failed`, `cancelled` or `expired`."""
    if payment.state in LIVE:
        payment.state = state
        await tx.flush()
        await settle_document(tx, document, at=at)


async def reduce_awaited(tx: AsyncSession, document: Document, *, at: datetime) -> None:
    """Let what is awaited be no more than what is still due; with nothing due it is called off.

    A page of the provider may still be paid while it is open: it stays, and what comes too
    much waits for a person.

    Args:
        tx: One transaction.
        document: Read for update and settled: money came in another way.
        at: Now.
    """
    live = await queries.live(tx, document, for_update=True)
    if live is None or live.state == "redirected":
        return
    due_minor = document.due.amount_minor
    if live.state == "created" or due_minor <= 0:
        await give_up(tx, document, live, "cancelled", at=at)
        return
    live.amount_minor = min(live.amount_minor, due_minor)
    live.installment_no = current_no(document)
    await tx.flush()


async def apply(
    tx: AsyncSession,
    actor: Actor,
    document: Document,
    payment: Payment,
    truth: MoneyIn,
    wallet: str,
    *,
    at: datetime,
) -> Payment | Fact | None:
    """Let what was fetched from the provider move an intent; give what staff are to hear of.

    Hearing the same twice changes nothing. A success counts whatever became of the intent
    here: money is never dropped, it is booked and a person is asked to look.

    Args:
        tx: One transaction.
        actor: The provider.
        document: The payment's, read for update.
        payment: Read for update.
        truth: What the provider has.
        wallet: The organization's.
        at: Now.

    Returns:
        The payment that came in or was frozen; the fact of a dispute that was won; None when
        nothing happened that wakes anybody.
    """
    has_succeeded = truth.state is MoneyInState.SUCCEEDED
    is_other = payment.provider_id not in {None, truth.transaction_id}
    if payment.state in {"succeeded", "frozen"}:
        if is_other and has_succeeded and truth.wallet == wallet:
            return await _take_another(tx, actor, document, payment, truth, at=at)
        return None
    if is_other and not has_succeeded:
        return None  # the page we opened is another, and may still be paid
    payment.provider_id = truth.transaction_id
    if (why := _mismatch(payment, truth, wallet)) is not None:
        return await _freeze(tx, document, payment, why, at=at) if has_succeeded else None
    if has_succeeded:
        await _succeed(tx, actor, document, payment, at=at)
        return payment
    if truth.state in _FINAL_STATES and payment.state in {"created", "redirected"}:
        payment.state = _FINAL_STATES[truth.state]
        payment.failure = truth.refusal
        await tx.flush()
        await settle_document(tx, document, at=at)
        if payment.state == "failed":
            await record(tx, actor, failed(payment, document), at=at)
    return None


async def _freeze(
    tx: AsyncSession, document: Document, payment: Payment, why: str, *, at: datetime
) -> Payment:
    payment.state = "frozen"
    payment.review_reason = why
    await tx.flush()
    await settle_document(tx, document, at=at)
    return payment


async def _succeed(
    tx: AsyncSession, actor: Actor, document: Document, payment: Payment, *, at: datetime
) -> None:
    payment.review_reason = doubt(document, payment.amount, is_late=payment.state not in LIVE)
    payment.state = "succeeded"
    payment.settled_at = at
    await tx.flush()
    await book(tx, actor, document, payment, received(payment, document), at=at)


def doubt(document: Document, amount: Money, *, is_late: bool) -> str | None:
    """Tell why a person has to look at money that came in; None when all is well (pure).

    Args:
        document: What it is for, before it is booked.
        amount: What came in.
        is_late: Its payment had been given up.
    """
    if document.issue_state != "issued":
        return "document_voided"
    if document.is_converted or document.is_billed:
        return "document_converted"
    if amount.amount_minor > document.due.amount_minor:
        return "overpaid"
    return "late" if is_late else None


async def book(
    tx: AsyncSession,
    actor: Actor,
    document: Document,
    payment: Payment,
    fact: Fact,
    *,
    at: datetime,
) -> None:
    """Book a payment that succeeded, and what follows from it."""
    await ledger.book_collection(tx, payment, at=at)
    await settle_document(tx, document, at=at)
    await record(tx, actor, fact, at=at)
    await enqueue(tx, SendReceipt(payment.organization_id, payment.id))
    await reduce_awaited(tx, document, at=at)
    await effects.follow(tx, actor, document, payment, at=at)


async def _take_another(
    tx: AsyncSession,
    actor: Actor,
    document: Document,
    payment: Payment,
    truth: MoneyIn,
    *,
    at: datetime,
) -> Payment | Fact | None:
    """Book a second success, once: a dispute that was won, or one for a person to give back."""
    organization_id, transaction_id = document.organization_id, truth.transaction_id
    if await queries.by_provider_id(tx, organization_id, transaction_id):
        return None
    if await disputes.is_won_by(tx, organization_id, transaction_id):
        return None
    won = None
    if truth.origin_id is not None:  # who was only charged twice has won nothing
        won = await disputes.win(tx, actor, document, payment, truth, at=at)
    return won or await _book_another(tx, actor, document, payment, truth, at=at)


async def _book_another(
    tx: AsyncSession,
    actor: Actor,
    document: Document,
    payment: Payment,
    truth: MoneyIn,
    *,
    at: datetime,
) -> Payment:
    another = Payment(
        organization_id=document.organization_id,
        id=new_id(),
        document_id=document.id,
        installment_no=payment.installment_no,
        method=payment.method,
        amount_minor=truth.amount.amount_minor,
        currency=truth.amount.currency,
        state="succeeded",
        provider_id=truth.transaction_id,
        recipient_id=payment.recipient_id,
        review_reason="second_success",
        note="",
        created_by_name=payment.created_by_name,
        created_at=at,
        settled_at=at,
    )
    tx.add(another)
    await tx.flush()
    await ledger.book_collection(tx, another, at=at)
    await settle_document(tx, document, at=at)
    await record(tx, actor, received(another, document), at=at)
    await enqueue(tx, SendReceipt(another.organization_id, another.id))
    return another


def _mismatch(payment: Payment, truth: MoneyIn, wallet: str) -> str | None:
    if truth.wallet != wallet:
        return "wallet_differs"
    if truth.reference != payment.reference:
        return "reference_differs"
    if truth.amount != payment.amount:
        return "amount_differs"
    return None


def _amount(document: Document, wish: Wish) -> Money:
    """Give the sum to be paid: all that is due, the next installment, or a quote's deposit."""
    amount = wish.amount or document.due
    if amount not in {document.due, deposit_of(document), installment_of(document)}:
        raise Invalid(faults=[Fault("/amount", "amount_not_offered")])
    least = {Method.CARD: CARD_MIN, Method.PAY_BY_BANK: PAY_BY_BANK_MIN}.get(wish.method)
    if least is not None and amount.amount_minor < least.amount_minor:
        faults = [Fault("/amount", "greater_than_equal", params={"ge": least.amount_minor})]
        raise Invalid(faults=faults)
    return amount


def deposit_of(document: Document) -> Money | None:
    """Give the deposit of a quote nothing was paid of yet; None when there is none."""
    if document.type != DocumentType.QUOTE:
        return None
    if document.deposit_percent is None or document.paid_minor > 0:
        return None
    share = Money.of(
        document.money(document.payable_minor).decimal * document.deposit_percent / 100
    )
    return share if 0 < share.amount_minor < document.payable_minor else None


def installment_of(document: Document) -> Money | None:
    """Give what is due of the next part of a payment plan; None without one."""
    found = next_of_plan(document)
    return None if found is None else found.due


def _reference(document: Document, method: Method) -> str:
    """Make a reference that is never used again, short enough to be typed for a transfer."""
    secret = "".join(c for c in new_token().upper() if c.isalnum())
    if method is Method.BANK_TRANSFER:
        code = "".join(c for c in (document.number or "") if c.isalnum()).upper()[-12:]
        return f"{code}{secret[:6]}"
    return secret[:32]
