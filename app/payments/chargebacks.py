"""Work: fetch card payments that were taken back, and book each once."""

from datetime import timedelta
from uuid import UUID

from app.payments import accounts, arriving, checking, disputes, queries
from app.payments.desk import Desk, provider
from app.payments.movements import MoneyOut, MoneyOutState
from app.payments.ports import Failure, GatewayRefused

HEARD_SINCE = timedelta(days=30)
"""How far back a call's chargeback is looked for; calls may come late."""

NIGHTLY_SINCE = timedelta(hours=48)


async def follow(desk: Desk, organization_id: UUID, transaction_id: str) -> bool:
    """Look up what a call names, the chargeback or the payment; False when there is nothing.

    Raises:
        GatewayUnavailable: The provider does not answer; the job is tried again.
    """
    fetched = await desk.provider.statements.fetch_chargebacks(desk.clock.now() - HEARD_SINCE)
    named = [one for one in fetched if transaction_id in {one.transaction_id, one.origin_id}]
    return any([await take(desk, organization_id, one) for one in named])


async def sweep(desk: Desk) -> None:
    """Fetch what no call told, of all wallets.

    Raises:
        GatewayUnavailable: The provider does not answer; the next night finds the same.
    """
    fetched = await desk.provider.statements.fetch_chargebacks(desk.clock.now() - NIGHTLY_SINCE)
    for chargeback in fetched:
        async with desk.database.transaction() as tx:
            organization_id = await accounts.organization_of(tx, chargeback.wallet)
        if organization_id is not None:
            await take(desk, organization_id, chargeback)


async def take(desk: Desk, organization_id: UUID, truth: MoneyOut) -> bool:
    """Book a chargeback; False when it is of no payment here.

    The payment is fetched first: the chargeback may be heard of before its success was.
    """
    if truth.origin_id is None or truth.state is not MoneyOutState.SUCCEEDED:
        return False
    try:
        paid = await desk.provider.payments.fetch_payment(truth.origin_id)
    except GatewayRefused as refused:
        if refused.failure is not Failure.NOT_FOUND:
            raise
        return False
    async with desk.database.transaction(organization_id) as tx:
        account = await accounts.get(tx, organization_id)
        if truth.wallet != account.wallet:
            return False
        await arriving.take(tx, desk, organization_id, paid)
        named = await queries.by_provider_id(tx, organization_id, truth.origin_id)
        if named is None:
            return False
        actor, at = provider(account), desk.clock.now()
        document, payment = await checking.lock(tx, actor, named.id)
        if payment.state != "succeeded":
            return False
        fact = await disputes.open_dispute(tx, actor, document, payment, truth, at=at)
        if fact is not None:
            await desk.fact_alarm(tx, actor, document, fact, at=at)
        return True
