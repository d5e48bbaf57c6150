"""Verbs and work: give money of a payment back.

What came through the provider goes back through it: the refund is written down and queued,
a job has it done, and it is booked once the provider says that it succeeded. No transaction
is open while the provider is asked, and one process at a time asks about a refund.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app.documents.models import Document
from app.events.record import record
from app.jobs.queue import enqueue
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Conflict, Fault, Invalid
from app.kernel.identifiers import new_id
from app.payments import accounts, checking, client_credit, effects, ledger, queries
from app.payments.desk import Desk, provider
from app.payments.events import refund_failed, refunded
from app.payments.models import Payment, Refund
from app.payments.movements import MoneyOut, MoneyOutState, RefundOrder
from app.payments.ports import GatewayRefused, GatewayUnavailable
from app.payments.schemas import RefundDraft
from app.payments.settlement import settle_document
from app.payments.tasks import SendRefund

log = structlog.get_logger()

WINDOW = timedelta(days=365)
"""The provider gives transfers back for 365 days and cards for 12 months, which may be one more."""

LEASE = timedelta(minutes=10)
"""Longer than the provider is ever waited for."""

RETRY_AFTER = timedelta(minutes=5)

_PARIS = ZoneInfo("Europe/Paris")
_OPENS, _CLOSES = time(3), time(22)
"""Card refunds are refused from 22:00 to 03:00, in the provider's own time."""

_OPEN_STATES = {"queued", "pending"}


async def give_back(
    tx: AsyncSession,
    actor: Actor,
    document: Document,
    payment: Payment,
    draft: RefundDraft,
    *,
    at: datetime,
) -> Refund:
    """Give money of a payment back, whole or in part, or note that it was given.

    Args:
        tx: The request's transaction.
        actor: Who gives it back.
        document: The payment's, read for update.
        payment: Read for update.
        draft: How much and why.
        at: Now.

    Raises:
        Conflict: `nothing_to_refund`: nothing is left; `refund_window_closed`: too late.
        Invalid: It is more than is left.
    """
    actor.require(Permission.PAYMENTS_REFUND)
    refund = Refund(
        organization_id=payment.organization_id,
        id=new_id(),
        payment_id=payment.id,
        amount_minor=await _amount_minor(tx, document, payment, draft),
        currency=payment.currency,
        state="queued",
        reason=draft.reason,
        created_by=actor.id,
        created_by_name=actor.name,
        created_at=at,
    )
    tx.add(refund)
    if payment.provider_id is None:
        await _succeed(tx, actor, document, payment, refund, at=at)
        return refund
    if payment.settled_at is None or at - payment.settled_at > WINDOW:
        raise Conflict(reason="refund_window_closed")
    starts_at = opens_at(payment.method, at)
    refund.check_at = starts_at + RETRY_AFTER
    await tx.flush()
    job = SendRefund(payment.organization_id, refund.id)
    await enqueue(tx, job, after_s=(starts_at - at).total_seconds())
    return refund


def opens_at(method: str, at: datetime) -> datetime:
    """Tell when the provider takes a refund by this method, now or after its night (pure)."""
    local = at.astimezone(_PARIS)
    if method != "card" or _OPENS <= local.time() < _CLOSES:
        return at
    morning = local.date() + timedelta(days=1 if local.time() >= _CLOSES else 0)
    return datetime.combine(morning, _OPENS, _PARIS).astimezone(UTC)


async def send(job: SendRefund, desk: Desk) -> None:
    """Have a refund done, or learn what became of it; asking again refunds nothing twice."""
    claim = await _claim(job, desk)
    if claim is None:
        return
    truth, refusal = None, ""
    try:
        truth = await desk.provider.payments.refund(claim.order)
    except GatewayRefused as refused:
        refusal = refused.text or str(refused)
    except GatewayUnavailable as error:
        log.warning("refund_not_answered", refund_id=str(job.refund_id), error=error.text)
    async with desk.database.transaction(job.organization_id) as tx:
        actor = provider(await accounts.get(tx, job.organization_id))
        document, payment = await checking.lock(tx, actor, claim.payment.id)
        refund = await _held(tx, job)
        refund.leased_until = None
        if truth is not None:
            await take(tx, desk, actor, document, payment, refund, truth)
        elif refusal:
            await _fail(tx, desk, actor, document, payment, refund, refusal)
        else:
            refund.check_at = desk.clock.now() + RETRY_AFTER


async def sweep(desk: Desk, organization_id: UUID) -> None:
    """Wake the refunds that are due: those under way, and jobs that got lost."""
    at = desk.clock.now()
    async with desk.database.transaction(organization_id) as tx:
        for refund in await queries.refunds_due(tx, organization_id, at=at):
            refund.check_at = at + LEASE
            await enqueue(tx, SendRefund(organization_id, refund.id))


async def take(
    tx: AsyncSession,
    desk: Desk,
    actor: Actor,
    document: Document,
    payment: Payment,
    refund: Refund,
    truth: MoneyOut,
) -> None:
    """Let what the provider has of a refund move it; hearing it again changes nothing.

    Args:
        tx: One transaction.
        desk: Whose clock and alarm.
        actor: The provider.
        document: The payment's, read for update.
        payment: Read for update.
        refund: Read for update.
        truth: What was fetched. A sum that is not ours moves nothing.
    """
    if refund.state == "succeeded":
        return
    at = desk.clock.now()
    refund.provider_id = truth.transaction_id
    is_ours = truth.amount == refund.amount
    if truth.state is MoneyOutState.SUCCEEDED and is_ours:
        await _succeed(tx, actor, document, payment, refund, at=at)
    elif truth.state in {MoneyOutState.FAILED, MoneyOutState.CANCELLED}:
        await _fail(tx, desk, actor, document, payment, refund, truth.state.value)
    elif refund.state in _OPEN_STATES:
        refund.state = "pending"
        age_based = checking.next_check(refund.created_at, at)
        refund.check_at = age_based or at + timedelta(days=1)
        await tx.flush()


async def hear(tx: AsyncSession, desk: Desk, actor: Actor, truth: MoneyOut) -> Refund | None:
    """Let a refund that was fetched move ours; one made at the provider itself is booked too.

    Args:
        tx: One transaction.
        desk: Whose clock and alarm.
        actor: The provider.
        truth: A refund that succeeded.

    Returns:
        Ours; None when it is of no payment here, or of a frozen one, whose money is not booked.
    """
    paid = await queries.by_provider_id(tx, actor.organization_id, truth.origin_id or "")
    if paid is None:
        return None
    document, payment = await checking.lock(tx, actor, paid.id)
    if payment.state != "succeeded":
        return None
    refund = await queries.refund_of(tx, payment, truth.transaction_id, text=truth.text)
    if refund is None:
        refund = Refund(
            organization_id=payment.organization_id,
            id=new_id(),
            payment_id=payment.id,
            amount_minor=truth.amount.amount_minor,
            currency=truth.amount.currency,
            state="pending",
            reason=truth.text,
            created_by_name=actor.name,
            created_at=desk.clock.now(),
        )
        tx.add(refund)
        await tx.flush()
    await take(tx, desk, actor, document, payment, refund, truth)
    return refund


@dataclass(frozen=True, slots=True)
class _Claim:
    payment: Payment
    order: RefundOrder


async def _claim(job: SendRefund, desk: Desk) -> _Claim | None:
    """Take a refund for this process alone; None when it is done, held, or has to wait."""
    at = desk.clock.now()
    async with desk.database.transaction(job.organization_id) as tx:
        refund = await queries.find_refund(tx, job.organization_id, job.refund_id, for_update=True)
        if refund is None or refund.state not in _OPEN_STATES:
            return None
        if refund.leased_until is not None and refund.leased_until > at:
            return None
        payment = await queries.find(tx, job.organization_id, refund.payment_id)
        account = await accounts.get(tx, job.organization_id)
        if payment is None or payment.provider_id is None:
            return None
        starts_at = opens_at(payment.method, at)
        if refund.state == "queued" and starts_at > at:
            refund.check_at = starts_at
            return None
        refund.leased_until = at + LEASE
        refund.check_at = refund.leased_until
        order = RefundOrder(
            transaction_id=payment.provider_id,
            wallet=account.wallet,
            reference=refund.reference,
            amount=refund.amount,
            reason=refund.reason,
            asked_at=refund.created_at,
        )
        return _Claim(payment, order)


async def _held(tx: AsyncSession, job: SendRefund) -> Refund:
    refund = await queries.find_refund(tx, job.organization_id, job.refund_id, for_update=True)
    assert refund is not None  # noqa: S101 - refunds are never deleted
    return refund


async def _succeed(
    tx: AsyncSession,
    actor: Actor,
    document: Document,
    payment: Payment,
    refund: Refund,
    *,
    at: datetime,
) -> None:
    refund.state = "succeeded"
    refund.settled_at = at
    refund.failure = refund.check_at = None
    await tx.flush()
    await ledger.book_refund(tx, payment, refund, at=at)
    await settle_document(tx, document, at=at)
    if payment.method == "credit":
        await client_credit.settle_origins(tx, payment, at=at)
    await effects.give_back(tx, document, payment, at=at)
    await record(tx, actor, refunded(payment, refund, document), at=at)


async def _fail(
    tx: AsyncSession,
    desk: Desk,
    actor: Actor,
    document: Document,
    payment: Payment,
    refund: Refund,
    why: str,
) -> None:
    if refund.state not in _OPEN_STATES:
        return
    at = desk.clock.now()
    refund.state = "failed"
    refund.failure = why
    refund.check_at = None
    await tx.flush()
    fact = refund_failed(payment, refund, document)
    await record(tx, actor, fact, at=at)
    await desk.fact_alarm(tx, actor, document, fact, at=at)


async def _amount_minor(
    tx: AsyncSession, document: Document, payment: Payment, draft: RefundDraft
) -> int:
    """Give what is to go back: no more than is left, nor than the document still has.

    A document whose excess paid another one has less than came in.
    """
    left_minor = min(
        payment.amount_minor - await queries.taken_minor(tx, payment),
        document.paid_minor - await queries.going_back_minor(tx, document),
    )
    if payment.state != "succeeded" or left_minor <= 0:
        raise Conflict(reason="nothing_to_refund")
    amount_minor = left_minor if draft.amount is None else draft.amount.amount
    if amount_minor > left_minor:
        raise Invalid(
            faults=[Fault("/amount/amount", "less_than_equal", params={"le": left_minor})]
        )
    return amount_minor
