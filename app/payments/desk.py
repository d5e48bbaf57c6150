"""What the work on payments stands on outside a request's transaction."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from app.documents.models import Document
from app.events.record import Fact
from app.kernel.actor import Actor, ActorKind
from app.kernel.clock import Clock
from app.kernel.database import Database
from app.payments.models import Payment, PaymentAccount
from app.payments.ports import (
    HintReader,
    OnboardingGateway,
    PaymentGateway,
    PayoutGateway,
    StatementGateway,
    WalletGateway,
)


class Provider(Protocol):
    """A payment provider: one contract, all its ports."""

    @property
    def onboarding(self) -> OnboardingGateway:
        """How organizations become able to be paid."""
        ...

    @property
    def wallets(self) -> WalletGateway:
        """Their wallets."""
        ...

    @property
    def payments(self) -> PaymentGateway:
        """Money from clients, and back."""
        ...

    @property
    def payouts(self) -> PayoutGateway:
        """Money to organizations."""
        ...

    @property
    def statements(self) -> StatementGateway:
        """What it has booked."""
        ...

    @property
    def hints(self) -> HintReader:
        """What its calls point at."""
        ...


class Alarm(Protocol):
    """Tells staff of a payment: money came in, or a person has to look."""

    async def __call__(
        self, tx: AsyncSession, actor: Actor, document: Document, payment: Payment, *, at: datetime
    ) -> None:
        """Raise the notice, in the transaction of what happened."""
        ...


class FactAlarm(Protocol):
    """Tells staff of a fact that needs a person."""

    async def __call__(
        self, tx: AsyncSession, actor: Actor, document: Document | None, fact: Fact, *, at: datetime
    ) -> None:
        """Raise the notice, in the transaction of what happened."""
        ...


class AccountAlarm(Protocol):
    """Tells staff that the payment account changed its state."""

    async def __call__(
        self, tx: AsyncSession, actor: Actor, account: PaymentAccount, *, at: datetime
    ) -> None:
        """Raise the notice, in the transaction of what happened."""
        ...


@dataclass(frozen=True, slots=True)
class Desk:
    """The database, the clock, the provider, and who tells staff."""

    database: Database
    clock: Clock
    provider: Provider
    alarm: Alarm
    account_alarm: AccountAlarm
    fact_alarm: FactAlarm


def provider(account: PaymentAccount) -> Actor:
    """Give the actor of what the provider told us when asked."""
    return Actor(ActorKind.PAYMENT_PARTNER, account.organization_id, None, "Lemonway")
