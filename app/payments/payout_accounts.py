"""Verbs and work: name a bank account to be paid out to, and have it verified.

An IBAN is never changed: another one is another account, which the provider verifies
before any money goes there, and of which everybody is told.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.events.record import record
from app.jobs.queue import enqueue
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Conflict, NotFound
from app.kernel.identifiers import new_id
from app.organizations.auditing import audit
from app.payments import accounts
from app.payments.desk import Desk, FactAlarm, provider
from app.payments.events import payout_account_changed
from app.payments.models import PayoutAccount
from app.payments.movements import PayoutAccount as Verified
from app.payments.movements import PayoutAccountState
from app.payments.ports import Failure, GatewayRefused
from app.payments.tasks import CheckPayoutAccount

log = structlog.get_logger()

PENDING_AGAIN = timedelta(minutes=10)
"""The provider tells of no bank account that it verified: it is asked."""

DECIDED_AGAIN = timedelta(days=1)
"""What was verified may be rejected later."""

_REFUSALS = {Failure.INVALID, Failure.COMPLIANCE, Failure.CONFLICT}


async def name_account(
    tx: AsyncSession, actor: Actor, holder: str, iban: str, alarm: FactAlarm, *, at: datetime
) -> PayoutAccount:
    """Name a bank account, and promise to have it verified.

    Args:
        tx: The request's transaction.
        actor: A user who signed in moments ago.
        holder: As the bank knows them.
        iban: Checked and without spaces.
        alarm: Tells staff: whoever reads it and did not do it knows what to do.
        at: Now.

    Raises:
        Conflict: `payments_not_enabled`: there is no wallet yet; `payout_account_known`.
    """
    actor.require(Permission.PAYMENTS_MANAGE)
    actor.require_recent_sign_in()
    account = await accounts.find(tx, actor.organization_id, for_update=True)
    if account is None or not account.can_receive:
        raise Conflict(reason="payments_not_enabled")
    known = await _by_iban(tx, actor.organization_id, iban)
    if known is not None:
        raise Conflict(reason="payout_account_known", extra={"current_status": known.state})
    named = PayoutAccount(
        organization_id=actor.organization_id,
        id=new_id(),
        iban=iban,
        holder=holder,
        state=PayoutAccountState.PENDING.value,
        created_by=actor.id,
        created_by_name=actor.name,
        created_at=at,
        check_at=at + PENDING_AGAIN,
    )
    tx.add(named)
    await tx.flush()
    told = {"iban": (None, iban), "holder": (None, holder)}
    await audit(tx, actor, "payout_account.named", "payout_account", named.id, told, at=at)
    fact = payout_account_changed(named)
    await record(tx, actor, fact, at=at)
    await alarm(tx, actor, None, fact, at=at)
    await enqueue(tx, CheckPayoutAccount(named.organization_id, named.id))
    return named


async def get(tx: AsyncSession, actor: Actor, account_id: UUID) -> PayoutAccount:
    """Give one bank account of the actor's organization.

    Raises:
        NotFound: There is none.
    """
    actor.require(Permission.PAYMENTS_READ)
    named = await find(tx, actor.organization_id, account_id)
    if named is None:
        raise NotFound
    return named


async def find(
    tx: AsyncSession, organization_id: UUID, account_id: UUID, *, for_update: bool = False
) -> PayoutAccount | None:
    """Find one bank account."""
    query = select(PayoutAccount).where(
        PayoutAccount.organization_id == organization_id, PayoutAccount.id == account_id
    )
    if for_update:
        query = query.with_for_update()
    return await tx.scalar(query.execution_options(populate_existing=True))


async def list_accounts(
    tx: AsyncSession, actor: Actor, limit: int, *, before: UUID | None
) -> Sequence[PayoutAccount]:
    """Give the organization's bank accounts and one more than asked, newest first."""
    query = select(PayoutAccount).where(PayoutAccount.organization_id == actor.organization_id)
    if before is not None:
        query = query.where(PayoutAccount.id < before)
    return (await tx.scalars(query.order_by(PayoutAccount.id.desc()).limit(limit + 1))).all()


async def last_active(tx: AsyncSession, organization_id: UUID) -> PayoutAccount | None:
    """Find the bank account verified that was named last."""
    return await tx.scalar(
        select(PayoutAccount)
        .where(
            PayoutAccount.organization_id == organization_id,
            PayoutAccount.state == PayoutAccountState.ACTIVE.value,
        )
        .order_by(PayoutAccount.id.desc())
        .limit(1)
    )


async def check(job: CheckPayoutAccount, desk: Desk) -> None:
    """Tell the provider of a bank account once, and take over what it says of it.

    Raises:
        GatewayUnavailable: The provider does not answer; the job is tried again.
    """
    async with desk.database.transaction(job.organization_id) as tx:
        named = await find(tx, job.organization_id, job.payout_account_id)
        if named is None:
            return
        wallet = (await accounts.get(tx, job.organization_id)).wallet
    try:
        told = await _asked(desk, wallet, named)
    except GatewayRefused as refused:
        if refused.failure not in _REFUSALS:
            raise
        async with desk.database.transaction(job.organization_id) as tx:
            await _move(tx, desk, job, PayoutAccountState.REJECTED, failure=refused.text)
        return
    async with desk.database.transaction(job.organization_id) as tx:
        await _move(tx, desk, job, told.state, provider_id=told.id)


async def sweep(desk: Desk, organization_id: UUID) -> None:
    """Wake the checks that are due, and jobs that got lost."""
    at = desk.clock.now()
    async with desk.database.transaction(organization_id) as tx:
        due = await tx.scalars(
            select(PayoutAccount)
            .where(PayoutAccount.organization_id == organization_id, PayoutAccount.check_at <= at)
            .with_for_update(skip_locked=True)
        )
        for named in due:
            named.check_at = at + PENDING_AGAIN
            await enqueue(tx, CheckPayoutAccount(organization_id, named.id))


async def _asked(desk: Desk, wallet: str, named: PayoutAccount) -> Verified:
    """Ask what the provider has; what its answer to naming says is not to be relied on."""
    gateway = desk.provider.payouts
    if named.provider_id is None:
        return await gateway.register_account(wallet, named.holder, named.iban)
    known = await gateway.fetch_accounts(wallet)
    gone = Verified(named.provider_id, named.iban, named.holder, PayoutAccountState.DISABLED)
    return next((one for one in known if one.id == named.provider_id), gone)


async def _move(
    tx: AsyncSession,
    desk: Desk,
    job: CheckPayoutAccount,
    state: PayoutAccountState,
    *,
    provider_id: str | None = None,
    failure: str | None = None,
) -> None:
    at = desk.clock.now()
    named = await find(tx, job.organization_id, job.payout_account_id, for_update=True)
    assert named is not None  # noqa: S101 - bank accounts are never deleted
    if named.provider_id is None and state is PayoutAccountState.ACTIVE:
        # In its sandbox naming answers "active" while its own list says "waiting".
        state = PayoutAccountState.PENDING
        await enqueue(tx, CheckPayoutAccount(job.organization_id, named.id))
    named.provider_id = provider_id or named.provider_id
    is_pending = state is PayoutAccountState.PENDING
    named.check_at = at + (PENDING_AGAIN if is_pending else DECIDED_AGAIN)
    if named.state == state:
        return
    named.state, named.failure = state.value, failure
    await tx.flush()
    actor = provider(await accounts.get(tx, named.organization_id))
    fact = payout_account_changed(named)
    await record(tx, actor, fact, at=at)
    await desk.fact_alarm(tx, actor, None, fact, at=at)


async def _by_iban(tx: AsyncSession, organization_id: UUID, iban: str) -> PayoutAccount | None:
    return await tx.scalar(
        select(PayoutAccount).where(
            PayoutAccount.organization_id == organization_id, PayoutAccount.iban == iban
        )
    )
