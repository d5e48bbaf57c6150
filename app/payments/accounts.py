"""Verbs: apply to be paid, go on with it, and follow what the provider decided."""

import json
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.events.record import record
from app.jobs.queue import enqueue
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Conflict, NotFound
from app.kernel.vault import Vault
from app.organizations import queries as organizations
from app.organizations.service import enable_payments
from app.payments.desk import Desk, provider
from app.payments.enrolment import (
    Account,
    AccountState,
    Application,
    LegalEntity,
    LegalKind,
    Representative,
    Requirement,
    Wallet,
    WalletState,
)
from app.payments.events import account_changed
from app.payments.models import PaymentAccount
from app.payments.models import Wallet as WalletName
from app.payments.ports import Failure, GatewayRefused
from app.payments.tasks import CheckAccount

_CAN_BE_PAID: Final = (AccountState.ACCEPTED, AccountState.UPDATE_REQUESTED)


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an admin adds to the organization's legal data to apply with."""

    kind: LegalKind
    registered_on: date | None
    representative: Representative


async def find(
    tx: AsyncSession, organization_id: UUID, *, for_update: bool = False
) -> PaymentAccount | None:
    """Find an organization's payment account; None before it applied."""
    query = select(PaymentAccount).where(PaymentAccount.organization_id == organization_id)
    if for_update:
        query = query.with_for_update()
    return await tx.scalar(query.execution_options(populate_existing=True))


async def get(
    tx: AsyncSession, organization_id: UUID, *, for_update: bool = False
) -> PaymentAccount:
    """Give an organization's payment account.

    Raises:
        NotFound: It has not applied.
    """
    account = await find(tx, organization_id, for_update=for_update)
    if account is None:
        raise NotFound
    return account


async def organization_of(tx: AsyncSession, wallet: str) -> UUID | None:
    """Find whose wallet it is, before any organization is entered."""
    named = await tx.get(WalletName, wallet)
    return named.organization_id if named else None


async def apply(
    tx: AsyncSession, actor: Actor, enrolment: Enrolment, vault: Vault, *, at: datetime
) -> Application:
    """Write down what an organization applies with, before the provider is asked.

    Applying again is for one whose provider never answered, or that was asked to correct.

    Raises:
        Conflict: `already_applied`: the provider has it, so the way is to go on with it.
    """
    actor.require(Permission.PAYMENTS_MANAGE)
    organization = await organizations.get(tx, actor.organization_id)
    account = await find(tx, actor.organization_id, for_update=True)
    if account is not None and account.provider_account_id is not None:
        raise Conflict(reason="already_applied", extra={"current_status": account.state})
    wallet = account.wallet if account else _wallet_name(actor.organization_id)
    application = Application(
        wallet=wallet,
        entity=LegalEntity(
            kind=enrolment.kind,
            name=organization.legal_name,
            tax_id=organization.tax_id,
            country=organization.country,
            registered_on=enrolment.registered_on,
        ),
        representative=enrolment.representative,
    )
    sealed = vault.seal(_written(application), actor.organization_id)
    if account is None:
        tx.add(
            PaymentAccount(
                organization_id=actor.organization_id,
                wallet=wallet,
                state="not_started",
                can_receive=False,
                requirements=[],
                restrictions=[],
                sealed_application=sealed,
                created_by=actor.id,
                created_at=at,
            )
        )
        tx.add(WalletName(name=wallet, organization_id=actor.organization_id))
    else:
        account.sealed_application = sealed
    await tx.flush()
    return application


async def keep_form(tx: AsyncSession, organization_id: UUID, onboarding_id: str) -> PaymentAccount:
    """Keep which form of the provider is open."""
    account = await get(tx, organization_id, for_update=True)
    account.onboarding_id = onboarding_id
    await tx.flush()
    return account


async def check(organization_id: UUID, desk: Desk) -> None:
    """Fetch an account, and its wallet once there is one, and take both over.

    Raises:
        GatewayUnavailable: The provider does not answer; the job is tried again.
    """
    async with desk.database.transaction(organization_id) as tx:
        account = await find(tx, organization_id)
        if account is None or account.provider_account_id is None:
            return
        provider_id, wallet_name = account.provider_account_id, account.wallet
    fetched = await desk.provider.onboarding.fetch_account(provider_id)
    wallet = await _wallet(desk, wallet_name) if fetched.state in _CAN_BE_PAID else None
    async with desk.database.transaction(organization_id) as tx:
        await take_over(tx, desk, organization_id, fetched, wallet)


async def take_over(
    tx: AsyncSession,
    desk: Desk,
    organization_id: UUID,
    fetched: Account,
    wallet: Wallet | None,
) -> PaymentAccount:
    """Store what the provider said; PAGAR appears or disappears with it.

    Args:
        tx: One transaction.
        desk: Whose clock and alarm.
        organization_id: Whose account.
        fetched: The applicant as the provider has it.
        wallet: None while there is none.
    """
    at = desk.clock.now()
    account = await get(tx, organization_id, for_update=True)
    before = (account.state, account.can_receive)
    account.provider_account_id = fetched.id
    account.state = fetched.state.value
    account.can_receive = (
        fetched.state in _CAN_BE_PAID
        and not fetched.restrictions
        and wallet is not None
        and wallet.state is WalletState.READY
    )
    account.requirements = [_requirement(one) for one in fetched.requirements]
    account.restrictions = [*fetched.restrictions]
    account.checked_at = at
    await tx.flush()
    await enable_payments(tx, organization_id, is_enabled=account.can_receive)
    if (account.state, account.can_receive) != before:
        actor = provider(account)
        await record(tx, actor, account_changed(account, before[0]), at=at)
        await desk.account_alarm(tx, actor, account, at=at)
    return account


async def look_again(tx: AsyncSession, organization_id: UUID) -> None:
    """Promise a check of the account, if there is one: something may have changed."""
    account = await find(tx, organization_id)
    if account is not None and account.provider_account_id is not None:
        await enqueue(tx, CheckAccount(organization_id))


async def _wallet(desk: Desk, name: str) -> Wallet | None:
    try:
        return await desk.provider.wallets.fetch_wallet(name)
    except GatewayRefused as refused:
        if refused.failure is Failure.NOT_FOUND:
            return None
        raise


def _requirement(requirement: Requirement) -> JsonValue:
    return {
        "id": requirement.id,
        "kind": requirement.kind,
        "state": requirement.state,
        "due_at": requirement.due_at.isoformat() if requirement.due_at else None,
    }


def _wallet_name(organization_id: UUID) -> str:
    """Name a wallet: at most 20 letters and digits, the random end of the id."""
    return f"CF{organization_id.hex[-18:]}".upper()


def _written(application: Application) -> bytes:
    return json.dumps(asdict(application), default=str).encode()
