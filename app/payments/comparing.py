"""Work: compare what the provider booked with what is booked here, every night.

What is missing here is applied, as if a call had told of it. What differs is reported
once and never corrected: a person looks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import Text, any_, literal, or_, select, union_all
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.identifiers import new_id
from app.kernel.money import Money
from app.payments import accounts, arriving, chargebacks, payouts, queries, refunding, transfers
from app.payments.desk import Desk, provider
from app.payments.events import differs
from app.payments.models import (
    Dispute,
    Payment,
    ProviderDifference,
    Refund,
    UnmatchedTransfer,
)
from app.payments.movements import (
    MoneyIn,
    MoneyInState,
    MoneyOut,
    MoneyOutKind,
    MoneyOutState,
    Movement,
)
from app.payments.ports import Failure, GatewayRefused
from app.payments.tasks import CompareMovements

log = structlog.get_logger()

COMPARED = timedelta(hours=48)
"""Each transaction is looked at on two nights."""

SETTLING = timedelta(hours=1)
"""What is so near an end of the time compared may be on its other side at the provider."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One transaction on which both sides do not agree.

    Attributes:
        kind: `unknown_here`, `amount_differs` or `missing_there`.
        ours: None when there is nothing here.
        theirs: None when there is nothing there.
    """

    kind: str
    transaction_id: str
    ours: Money | None
    theirs: Money | None


async def compare(job: CompareMovements, desk: Desk) -> None:
    """Compare the last two days of an organization's wallet, in the order things began.

    Raises:
        GatewayUnavailable: The provider does not answer; the job is tried again.
    """
    organization_id = job.organization_id
    async with desk.database.transaction(organization_id) as tx:
        account = await accounts.find(tx, organization_id)
    if account is None or account.provider_account_id is None:
        return
    until = desk.clock.now()
    movements = await _movements(desk, account.wallet, until)
    listed = frozenset(one.transaction_id for one in movements)
    found: list[Difference | None] = []
    found += await _missing_there(desk, organization_id, listed, until)
    agreed = await _agreed(desk, organization_id, movements)
    open_ones = [one for one in movements if one.transaction_id not in agreed]
    for movement in sorted(open_ones, key=lambda one: one.begun_at):
        match movement:
            case MoneyIn(state=MoneyInState.SUCCEEDED):
                found.append(await _compare_in(desk, organization_id, movement))
            case MoneyOut(state=MoneyOutState.SUCCEEDED):
                found.append(await _compare_out(desk, organization_id, movement))
    for difference in found:
        if difference is not None:
            await _report(desk, organization_id, difference)


async def _movements(desk: Desk, wallet: str, until: datetime) -> Sequence[Movement]:
    """Fetch what was executed; a wallet that is not there yet has nothing."""
    try:
        return await desk.provider.statements.fetch_movements(wallet, until - COMPARED, until)
    except GatewayRefused as refused:
        if refused.failure is not Failure.NOT_FOUND:
            raise
        return []


async def _agreed(
    desk: Desk, organization_id: UUID, movements: Sequence[Movement]
) -> frozenset[str]:
    """Find at once what is booked here with the same sum: nearly everything, on a good night."""
    ids = literal([one.transaction_id for one in movements], ARRAY(Text))
    query = union_all(
        *(
            select(column, owner.amount_minor).where(
                owner.organization_id == organization_id, column == any_(ids), *is_booked
            )
            for owner, column, is_booked in (
                (Payment, Payment.provider_id, [Payment.state == "succeeded"]),
                (
                    UnmatchedTransfer,
                    UnmatchedTransfer.provider_id,
                    [UnmatchedTransfer.payment_id.is_(None)],
                ),
                (Refund, Refund.provider_id, [Refund.state == "succeeded"]),
                (Dispute, Dispute.provider_id, []),
                (Dispute, Dispute.won_provider_id, []),
            )
        )
    )
    async with desk.database.transaction(organization_id) as tx:
        booked = {(transaction_id, minor) for transaction_id, minor in await tx.execute(query)}
    return frozenset(
        one.transaction_id
        for one in movements
        if (one.transaction_id, one.amount.amount_minor) in booked
    )


async def _compare_in(desk: Desk, organization_id: UUID, truth: MoneyIn) -> Difference | None:
    async with desk.database.transaction(organization_id) as tx:
        await arriving.take(tx, desk, organization_id, truth)
        ours = await _booked_in(tx, organization_id, truth.transaction_id)
    return _difference(truth.transaction_id, ours, truth.amount)


async def _compare_out(desk: Desk, organization_id: UUID, truth: MoneyOut) -> Difference | None:
    """Compare what left the wallet."""
    if truth.kind is MoneyOutKind.CHARGEBACK:
        await chargebacks.take(desk, organization_id, truth)
    async with desk.database.transaction(organization_id) as tx:
        if truth.kind is MoneyOutKind.REFUND:
            actor = provider(await accounts.get(tx, organization_id))
            refund = await refunding.hear(tx, desk, actor, truth)
            ours = refund.amount if refund is not None else None
        elif truth.kind is MoneyOutKind.PAYOUT:
            payout = await payouts.hear(tx, desk, organization_id, truth)
            ours = payout.amount if payout is not None and payout.state != "failed" else None
        else:
            ours = await _disputed(tx, organization_id, truth.transaction_id)
    return _difference(truth.transaction_id, ours, truth.amount)


async def _missing_there(
    desk: Desk, organization_id: UUID, listed: frozenset[str], until: datetime
) -> list[Difference]:
    """Find what is booked here of the same time, and that the provider does not have."""
    async with desk.database.transaction(organization_id) as tx:
        booked = list(
            await tx.scalars(
                select(Payment).where(
                    Payment.organization_id == organization_id,
                    Payment.provider_id.is_not(None),
                    Payment.settled_at > until - COMPARED + SETTLING,
                    Payment.settled_at < until - SETTLING,
                )
            )
        )
    unlisted = [one for one in booked if one.provider_id not in listed]
    return [
        Difference("missing_there", one.provider_id or "", one.amount, None)
        for one in unlisted
        if not await _is_there(desk, one.provider_id or "")
    ] + await _payouts_missing_there(desk, organization_id, listed, until)


async def _payouts_missing_there(
    desk: Desk, organization_id: UUID, listed: frozenset[str], until: datetime
) -> list[Difference]:
    async with desk.database.transaction(organization_id) as tx:
        booked = await payouts.booked_since(
            tx, organization_id, until - COMPARED + SETTLING, until - SETTLING
        )
    return [
        Difference("missing_there", one.provider_id or "", one.amount, None)
        for one in booked
        if one.provider_id not in listed
        and await desk.provider.payouts.find_payout(one.reference) is None
    ]


async def _is_there(desk: Desk, transaction_id: str) -> bool:
    """Fetch one payment by itself: it may have been executed long before we heard of it."""
    try:
        truth = await desk.provider.payments.fetch_payment(transaction_id)
    except GatewayRefused as refused:
        if refused.failure is not Failure.NOT_FOUND:
            raise
        return False
    return truth.state is MoneyInState.SUCCEEDED


async def _booked_in(tx: AsyncSession, organization_id: UUID, transaction_id: str) -> Money | None:
    payment = await queries.by_provider_id(tx, organization_id, transaction_id)
    if payment is not None:
        return payment.amount
    transfer = await transfers.by_provider_id(tx, organization_id, transaction_id)
    if transfer is not None:
        return transfer.amount
    return await _disputed(tx, organization_id, transaction_id)


async def _disputed(tx: AsyncSession, organization_id: UUID, transaction_id: str) -> Money | None:
    """Give the sum of the dispute that a transaction opened or won."""
    dispute = await tx.scalar(
        select(Dispute).where(
            Dispute.organization_id == organization_id,
            or_(Dispute.provider_id == transaction_id, Dispute.won_provider_id == transaction_id),
        )
    )
    return dispute.amount if dispute is not None else None


def _difference(transaction_id: str, ours: Money | None, theirs: Money) -> Difference | None:
    if ours == theirs:
        return None
    kind = "unknown_here" if ours is None else "amount_differs"
    return Difference(kind, transaction_id, ours, theirs)


async def _report(desk: Desk, organization_id: UUID, difference: Difference) -> None:
    """Keep a difference, tell operators and staff of it, once."""
    at = desk.clock.now()
    ours, theirs = difference.ours, difference.theirs
    async with desk.database.transaction(organization_id) as tx:
        kept = await tx.scalar(
            insert(ProviderDifference)
            .values(
                organization_id=organization_id,
                id=new_id(),
                kind=difference.kind,
                provider_id=difference.transaction_id,
                ours_minor=ours.amount_minor if ours else None,
                theirs_minor=theirs.amount_minor if theirs else None,
                found_at=at,
            )
            .on_conflict_do_nothing()
            .returning(ProviderDifference)
        )
        if kept is None:
            return
        log.error(
            "provider_differs",
            organization_id=str(organization_id),
            kind=kept.kind,
            transaction_id=kept.provider_id,
            ours_minor=kept.ours_minor,
            theirs_minor=kept.theirs_minor,
        )
        actor = provider(await accounts.get(tx, organization_id))
        await desk.fact_alarm(tx, actor, None, differs(kept), at=at)
