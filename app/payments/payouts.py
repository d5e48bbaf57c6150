"""Verbs and work: send the organization's money from the wallet to its bank account.

A payout is written down and booked first, so no other can spend the same money. A job has
the provider do it, and asks until it ends. No transaction is open while the provider is
asked, and one process at a time asks about a payout.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.events.record import record
from app.jobs.queue import enqueue
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Conflict, Fault, Invalid, NotFound
from app.kernel.identifiers import new_id
from app.kernel.money import Money
from app.organizations.auditing import audit
from app.payments import accounts, checking, ledger, payout_accounts
from app.payments.desk import Desk, FactAlarm, provider
from app.payments.events import payout_changed
from app.payments.models import Payout, PayoutAccount, Refund
from app.payments.movements import MoneyOut, MoneyOutState, PayoutAccountState, PayoutOrder
from app.payments.ports import Failure, GatewayRefused, GatewayUnavailable
from app.payments.tasks import SendPayout

log = structlog.get_logger()

CURRENCY = "EUR"
"""The only one of the provider's wallets."""

LEASE = timedelta(minutes=10)
"""Longer than the provider is ever waited for."""

RETRY_AFTER = timedelta(minutes=5)

_RETURNABLE = timedelta(days=30)
"""A bank may send a payout back some days after it arrived; it is asked about daily until then."""

_ENDED = {MoneyOutState.FAILED, MoneyOutState.CANCELLED}
_OPERATORS = {Failure.CONFIGURATION, Failure.NOT_CONTRACTED}
"""Refusals that have nothing to do with the payout."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What is to be paid out.

    Attributes:
        amount: All that is there, when None.
        account_id: The account verified that was named last, when None.
    """

    amount: Money | None
    account_id: UUID | None


async def available(tx: AsyncSession, organization_id: UUID) -> Money:
    """Give what can be paid out: what the provider holds, less the refunds on their way."""
    queued_minor = await tx.scalar(
        select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(
            Refund.organization_id == organization_id,
            Refund.state.in_(("queued", "pending")),
            Refund.currency == CURRENCY,
        )
    )
    held_minor = await ledger.at_provider_minor(tx, organization_id, CURRENCY)
    return Money(max(0, held_minor - int(queued_minor or 0)), CURRENCY)


async def pay_out(
    tx: AsyncSession, actor: Actor, wish: Wish, alarm: FactAlarm, *, at: datetime
) -> Payout:
    """Book a payout, and promise to have it made.

    The account's row is locked meanwhile, so payouts at once come one after another.

    Raises:
        Conflict: `payments_not_enabled`, `payout_account_missing`,
            `payout_account_not_verified`, or `nothing_to_pay_out`.
        Invalid: It is more than there is, or in another currency.
    """
    actor.require(Permission.PAYMENTS_MANAGE)
    account = await accounts.find(tx, actor.organization_id, for_update=True)
    if account is None or account.provider_account_id is None:
        raise Conflict(reason="payments_not_enabled")
    target = await _target(tx, actor.organization_id, wish)
    payout = Payout(
        organization_id=actor.organization_id,
        id=new_id(),
        payout_account_id=target.id,
        amount_minor=_amount_minor(wish, await available(tx, actor.organization_id)),
        currency=CURRENCY,
        state="pending",
        created_by=actor.id,
        created_by_name=actor.name,
        created_at=at,
        check_at=at + RETRY_AFTER,
    )
    tx.add(payout)
    await tx.flush()
    await ledger.book_payout(tx, payout, at=at)
    told = {"amount_minor": (None, payout.amount_minor), "iban": (None, target.iban)}
    await audit(tx, actor, "payout.ordered", "payout", payout.id, told, at=at)
    fact = payout_changed(payout, target.iban)
    await record(tx, actor, fact, at=at)
    await alarm(tx, actor, None, fact, at=at)
    await enqueue(tx, SendPayout(payout.organization_id, payout.id))
    return payout


async def get(tx: AsyncSession, actor: Actor, payout_id: UUID) -> Payout:
    """Give one payout of the actor's organization.

    Raises:
        NotFound: There is none.
    """
    actor.require(Permission.PAYMENTS_READ)
    payout = await _find(tx, actor.organization_id, Payout.id == payout_id)
    if payout is None:
        raise NotFound
    return payout


async def list_payouts(
    tx: AsyncSession, actor: Actor, limit: int, *, before: UUID | None
) -> Sequence[Payout]:
    """Give the organization's payouts and one more than asked, newest first."""
    query = select(Payout).where(Payout.organization_id == actor.organization_id)
    if before is not None:
        query = query.where(Payout.id < before)
    return (await tx.scalars(query.order_by(Payout.id.desc()).limit(limit + 1))).all()


async def send(job: SendPayout, desk: Desk) -> None:
    """Have a payout made, or learn what became of it; asking again pays nothing twice."""
    claim = await _claim(job, desk)
    if claim is None:
        return
    truth, refusal = None, ""
    try:
        truth = await _asked(desk, claim)
    except GatewayRefused as refused:
        log.warning("payout_refused", payout_id=str(job.payout_id), error=refused.text)
        refusal = "" if refused.failure in _OPERATORS else refused.text or str(refused)
    except GatewayUnavailable as error:
        log.warning("payout_not_answered", payout_id=str(job.payout_id), error=error.text)
    async with desk.database.transaction(job.organization_id) as tx:
        payout = await _find(tx, job.organization_id, Payout.id == job.payout_id, for_update=True)
        assert payout is not None  # noqa: S101 - payouts are never deleted
        payout.leased_until = None
        if truth is not None:
            await take(tx, desk, payout, truth)
        elif refusal and payout.provider_id is None:
            await _fail(tx, desk, payout, refusal)
        else:
            payout.check_at = desk.clock.now() + RETRY_AFTER


async def take(tx: AsyncSession, desk: Desk, payout: Payout, truth: MoneyOut) -> None:
    """Let what the provider has of a payout move it; hearing it again changes nothing.

    A sum that is not ours moves nothing. What arrived may still come back.
    """
    at = desk.clock.now()
    payout.provider_id = truth.transaction_id
    if truth.state is MoneyOutState.SUCCEEDED and truth.amount == payout.amount:
        await _succeed(tx, desk, payout)
    elif truth.state in _ENDED:
        await _fail(tx, desk, payout, truth.state.value)
    elif payout.state == "pending":
        age_based = checking.next_check(payout.created_at, at)
        payout.check_at = age_based or at + timedelta(days=1)
        await tx.flush()


async def hear(
    tx: AsyncSession, desk: Desk, organization_id: UUID, truth: MoneyOut
) -> Payout | None:
    """Let a payout that was fetched move ours; None when it was not made here."""
    ours = [Payout.provider_id == truth.transaction_id]
    if (payout_id := _id_of(truth.reference)) is not None:
        ours.append(Payout.id == payout_id)
    payout = await _find(tx, organization_id, or_(*ours), for_update=True)
    if payout is not None:
        await take(tx, desk, payout, truth)
    return payout


async def wake(tx: AsyncSession, organization_id: UUID, transaction_ids: Sequence[str]) -> bool:
    """Promise to ask about the payout a call may be about; False when it is none of ours."""
    payout = await _find(tx, organization_id, Payout.provider_id.in_(transaction_ids))
    if payout is not None:
        await enqueue(tx, SendPayout(organization_id, payout.id))
    return payout is not None


async def booked_since(
    tx: AsyncSession, organization_id: UUID, since: datetime, until: datetime
) -> Sequence[Payout]:
    """Give the payouts that arrived in some time."""
    rows = await tx.scalars(
        select(Payout).where(
            Payout.organization_id == organization_id,
            Payout.state == "succeeded",
            Payout.settled_at > since,
            Payout.settled_at < until,
        )
    )
    return rows.all()


async def sweep(desk: Desk, organization_id: UUID) -> None:
    """Wake the payouts that are due: those under way, and jobs that got lost."""
    at = desk.clock.now()
    async with desk.database.transaction(organization_id) as tx:
        due = await tx.scalars(
            select(Payout)
            .where(Payout.organization_id == organization_id, Payout.check_at <= at)
            .with_for_update(skip_locked=True)
        )
        for payout in due:
            payout.check_at = at + LEASE
            await enqueue(tx, SendPayout(organization_id, payout.id))


async def _target(tx: AsyncSession, organization_id: UUID, wish: Wish) -> PayoutAccount:
    if wish.account_id is None:
        target = await payout_accounts.last_active(tx, organization_id)
        if target is None:
            raise Conflict(reason="payout_account_missing")
        return target
    named = await payout_accounts.find(tx, organization_id, wish.account_id)
    if named is None:
        raise Invalid(faults=[Fault("/payout_account_id", "reference.unknown")])
    if named.state != PayoutAccountState.ACTIVE:
        raise Conflict(reason="payout_account_not_verified", extra={"current_status": named.state})
    return named


def _amount_minor(wish: Wish, there: Money) -> int:
    if there.amount_minor == 0:
        raise Conflict(reason="nothing_to_pay_out")
    if wish.amount is None:
        return there.amount_minor
    if wish.amount.amount_minor > there.amount_minor:
        most = {"le": there.amount_minor}
        raise Invalid(faults=[Fault("/amount/amount", "less_than_equal", params=most)])
    return wish.amount.amount_minor


@dataclass(frozen=True, slots=True)
class _Claim:
    """A payout that this process alone asks about now.

    Attributes:
        is_made: The provider has it: it is only asked about.
    """

    order: PayoutOrder
    is_made: bool


async def _claim(job: SendPayout, desk: Desk) -> _Claim | None:
    """Take a payout for this process alone; None when it is over, or held."""
    at = desk.clock.now()
    async with desk.database.transaction(job.organization_id) as tx:
        payout = await _find(tx, job.organization_id, Payout.id == job.payout_id, for_update=True)
        if payout is None or payout.state == "failed":
            return None
        if payout.leased_until is not None and payout.leased_until > at:
            return None
        named = await payout_accounts.find(tx, job.organization_id, payout.payout_account_id)
        account = await accounts.get(tx, job.organization_id)
        assert named is not None  # noqa: S101 - a foreign key says so
        payout.leased_until = payout.check_at = at + LEASE
        order = PayoutOrder(
            wallet=account.wallet,
            reference=payout.reference,
            amount=payout.amount,
            account_id=named.provider_id or "",
            description=payout.reference[:8].upper(),
        )
        return _Claim(order, payout.provider_id is not None)


async def _asked(desk: Desk, claim: _Claim) -> MoneyOut | None:
    """Ask the provider; None when it does not have what it had.

    The bank account is read again before money goes there: it may have been rejected since.
    """
    gateway, order = desk.provider.payouts, claim.order
    made = await gateway.find_payout(order.reference)
    if made is not None or claim.is_made:
        return made
    known = await gateway.fetch_accounts(order.wallet)
    is_active = any(
        one.id == order.account_id and one.state is PayoutAccountState.ACTIVE for one in known
    )
    if not is_active:
        raise GatewayRefused(Failure.PAYOUT_ACCOUNT_MISSING, text="the IBAN is not verified")
    return await gateway.pay_out(order)


async def _succeed(tx: AsyncSession, desk: Desk, payout: Payout) -> None:
    at = desk.clock.now()
    is_news = payout.state == "pending"
    if is_news:
        payout.state = "succeeded"
        payout.settled_at = at
        await ledger.book_payout_arrived(tx, payout, at=at)
        await _tell(tx, desk, payout, at=at)
    settled_at = payout.settled_at or at
    payout.check_at = at + timedelta(days=1) if at - settled_at < _RETURNABLE else None
    await tx.flush()


async def _fail(tx: AsyncSession, desk: Desk, payout: Payout, why: str) -> None:
    if payout.state == "failed":
        return
    at = desk.clock.now()
    had_arrived = payout.state == "succeeded"
    payout.state = "failed"
    payout.failure = why
    payout.settled_at = at
    payout.check_at = None
    await tx.flush()
    await ledger.book_payout_returned(tx, payout, had_arrived=had_arrived, at=at)
    await _tell(tx, desk, payout, at=at)


async def _tell(tx: AsyncSession, desk: Desk, payout: Payout, *, at: datetime) -> None:
    named = await payout_accounts.find(tx, payout.organization_id, payout.payout_account_id)
    actor = provider(await accounts.get(tx, payout.organization_id))
    fact = payout_changed(payout, named.iban if named else "")
    await record(tx, actor, fact, at=at)
    await desk.fact_alarm(tx, actor, None, fact, at=at)


def _id_of(reference: str | None) -> UUID | None:
    try:
        return UUID(reference or "")
    except ValueError:
        return None


async def _find(
    tx: AsyncSession,
    organization_id: UUID,
    which: ColumnElement[bool],
    *,
    for_update: bool = False,
) -> Payout | None:
    query = select(Payout).where(Payout.organization_id == organization_id, which).limit(1)
    if for_update:
        query = query.with_for_update()
    return await tx.scalar(query.execution_options(populate_existing=True))
