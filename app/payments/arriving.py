"""Work: let money that was fetched find what it pays here."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.payments import accounts, checking, queries, wires
from app.payments.desk import Desk, provider
from app.payments.models import Payment
from app.payments.movements import Method, MoneyIn


async def take(tx: AsyncSession, desk: Desk, organization_id: UUID, truth: MoneyIn) -> bool:
    """Apply what was fetched; False when it is nothing of ours."""
    account = await accounts.get(tx, organization_id)
    actor = provider(account)
    if truth.wallet != account.wallet:
        return False
    payment = await _paid_by(tx, organization_id, truth)
    if payment is not None:
        await checking.take(tx, desk, actor, payment.id, [truth], account.wallet)
        return True
    if truth.method is Method.BANK_TRANSFER:
        await wires.take(tx, desk, actor, truth)
        return True
    return False


async def _paid_by(tx: AsyncSession, organization_id: UUID, truth: MoneyIn) -> Payment | None:
    """Find the payment of a transaction; a dispute that was won names the first one."""
    payment = await queries.by_provider_id(tx, organization_id, truth.transaction_id)
    if payment is None and truth.reference is not None:
        payment = await queries.by_reference(tx, organization_id, truth.reference)
    if payment is None and truth.origin_id is not None:
        payment = await queries.by_provider_id(tx, organization_id, truth.origin_id)
    return payment
