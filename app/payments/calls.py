"""Work: keep what the provider calls about, and look where it points.

A call is not signed: it is stored as it came, answered at once, and then the thing it
names is fetched. What it claims moves nothing.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs.queue import enqueue
from app.kernel.database import enter_organization
from app.kernel.identifiers import new_id
from app.payments import accounts, arriving, chargebacks, papers, payouts
from app.payments.desk import Desk
from app.payments.hints import WARNINGS, Hint, HintKind
from app.payments.models import ProviderCall, StrayCall
from app.payments.ports import Failure, GatewayRefused
from app.payments.tasks import HandleCall

log = structlog.get_logger()

_ABOUT_MONEY = {HintKind.TRANSFER_IN, HintKind.PAYMENT}
_ABOUT_ACCOUNT = {HintKind.ACCOUNT, HintKind.PAPER}


@dataclass(frozen=True, slots=True)
class Raw:
    """A call as it came."""

    content_type: str
    query: str
    body: bytes
    source: str


async def keep(tx: AsyncSession, hint: Hint, raw: Raw, *, at: datetime) -> None:
    """Store a call and promise to look where it points; a repetition is one call.

    Args:
        tx: A transaction without an organization.
        hint: What the call says.
        raw: The call itself.
        at: Now.
    """
    if hint.kind in WARNINGS:
        log.error("provider_warns", category=hint.category, kind=hint.kind)
    organization_id = await accounts.organization_of(tx, hint.wallet) if hint.wallet else None
    told = {
        "id": new_id(),
        "category": hint.category[:20],
        "content_type": raw.content_type[:200],
        "query": raw.query,
        "body": raw.body,
        "source": raw.source,
        "received_at": at,
    }
    if organization_id is None:
        await tx.execute(insert(StrayCall).values(**told, kind=hint.kind.value))
        return
    await enter_organization(tx, organization_id)
    key = hashlib.sha256(hint.key.encode()).hexdigest()
    stored = await tx.scalar(
        insert(ProviderCall)
        .values(**told, organization_id=organization_id, key=key, state="new")
        .on_conflict_do_nothing()
        .returning(ProviderCall.id)
    )
    if stored is not None:
        await enqueue(tx, HandleCall(organization_id, stored))


async def handle(job: HandleCall, desk: Desk) -> None:
    """Fetch what a call points at, and let that move what it must.

    Raises:
        GatewayUnavailable: The provider does not answer; the job is tried again.
    """
    async with desk.database.transaction(job.organization_id) as tx:
        call = await _new(tx, job)
        if call is None:
            return
        hint = desk.provider.hints.read_hook(call.content_type, call.body, call.query)
    state = "done" if await _follow(job.organization_id, hint, desk) else "ignored"
    async with desk.database.transaction(job.organization_id) as tx:
        if (call := await _new(tx, job)) is not None:
            call.state = state
            call.handled_at = desk.clock.now()


async def _follow(organization_id: UUID, hint: Hint, desk: Desk) -> bool:
    """Look where a hint points; False when it points at nothing we have."""
    if hint.kind in _ABOUT_ACCOUNT:
        await papers.hear(organization_id, hint, desk)
        return True
    if hint.transaction_id is None:
        return False
    if hint.kind is HintKind.PAYOUT:
        named = [hint.transaction_id, *([hint.origin_id] if hint.origin_id else [])]
        async with desk.database.transaction(organization_id) as tx:
            return await payouts.wake(tx, organization_id, named)
    if hint.kind is HintKind.CHARGEBACK:
        return await chargebacks.follow(desk, organization_id, hint.transaction_id)
    return hint.kind in _ABOUT_MONEY and await _fetch(desk, organization_id, hint.transaction_id)


async def _fetch(desk: Desk, organization_id: UUID, transaction_id: str) -> bool:
    """Fetch money that came in, and let that move what it must."""
    try:
        truth = await desk.provider.payments.fetch_payment(transaction_id)
    except GatewayRefused as refused:
        if refused.failure is not Failure.NOT_FOUND:
            raise
        return False  # forged, or another contract's: asking again would not help
    async with desk.database.transaction(organization_id) as tx:
        return await arriving.take(tx, desk, organization_id, truth)


async def _new(tx: AsyncSession, job: HandleCall) -> ProviderCall | None:
    return await tx.scalar(
        select(ProviderCall)
        .where(
            ProviderCall.organization_id == job.organization_id,
            ProviderCall.id == job.call_id,
            ProviderCall.state == "new",
        )
        .with_for_update()
    )
