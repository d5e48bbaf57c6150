"""Work: fetch payments from the provider and let what is fetched move them.

No transaction is open while the provider is asked.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from app.documents import queries as documents
from app.documents.models import Document
from app.events.record import Fact
from app.jobs.queue import enqueue
from app.kernel.actor import Actor
from app.payments import accounts, intents, queries
from app.payments.desk import Desk, provider
from app.payments.models import LIVE, Payment
from app.payments.movements import MoneyIn, MoneyInState
from app.payments.tasks import CheckPayment

CHECK_AFTER = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60))
"""How long after its beginning a payment is looked at again; then every hour."""

CHECKED_FOR = timedelta(hours=48)
"""A success that comes later is found by the nightly comparison."""


def next_check(begun_at: datetime, at: datetime) -> datetime | None:
    """Tell when a payment is looked at again if nothing is heard; None for no more."""
    age = at - begun_at
    if age >= CHECKED_FOR:
        return None
    soon = next((begun_at + after for after in CHECK_AFTER if after > age), None)
    return soon or at + timedelta(hours=1)


async def check(job: CheckPayment, desk: Desk) -> None:
    """Ask the provider for all it has under a payment's reference, and apply each.

    Raises:
        GatewayUnavailable: It does not answer; the job is tried again.
    """
    async with desk.database.transaction(job.organization_id) as tx:
        payment = await queries.find(tx, job.organization_id, job.payment_id)
        if payment is None or payment.reference is None or payment.method == "bank_transfer":
            return
        reference = payment.reference
    truths = await desk.provider.payments.find_payments(reference)
    async with desk.database.transaction(job.organization_id) as tx:
        account = await accounts.get(tx, job.organization_id)
        await take(tx, desk, provider(account), job.payment_id, truths, account.wallet)


async def sweep(desk: Desk, organization_id: UUID) -> None:
    """Wake the checks that are due: what no call told, and jobs that got lost."""
    at = desk.clock.now()
    async with desk.database.transaction(organization_id) as tx:
        for payment in await queries.due_for_check(tx, organization_id, at=at):
            payment.check_at = next_check(payment.created_at, at)
            await enqueue(tx, CheckPayment(organization_id, payment.id))


async def take(
    tx: AsyncSession,
    desk: Desk,
    actor: Actor,
    payment_id: UUID,
    truths: Sequence[MoneyIn],
    wallet: str,
) -> None:
    """Let what was fetched move a payment, and give up a page nobody finished.

    What a payer's bank has agreed to is waited for as long as it is looked at.

    Args:
        tx: One transaction, the organization entered.
        desk: Whose clock and alarm.
        actor: The provider.
        payment_id: Which payment.
        truths: All the provider has of it.
        wallet: The organization's.
    """
    at = desk.clock.now()
    document, payment = await lock(tx, actor, payment_id)
    for truth in truths:
        news = await intents.apply(tx, actor, document, payment, truth, wallet, at=at)
        if isinstance(news, Fact):
            await desk.fact_alarm(tx, actor, document, news, at=at)
        elif news is not None:
            await desk.alarm(tx, actor, document, news, at=at)
    is_coming = any(truth.state is MoneyInState.AUTHORIZED for truth in truths)
    life = CHECKED_FOR if is_coming else intents.PAGE_LIFE
    if payment.state in LIVE and at - payment.created_at >= life:
        await intents.give_up(tx, document, payment, "expired", at=at)


async def lock(tx: AsyncSession, actor: Actor, payment_id: UUID) -> tuple[Document, Payment]:
    """Lock a payment's document, then the payment."""
    document_id = (await queries.get(tx, actor, payment_id)).document_id
    document = await documents.get(tx, actor, document_id, for_update=True)
    return document, await queries.get(tx, actor, payment_id, for_update=True)
