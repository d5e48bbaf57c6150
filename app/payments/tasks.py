"""Jobs about payments; the row is the truth, the job its wake-up."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.jobs.queue import Job


@dataclass(frozen=True, slots=True)
class CheckPayment(Job):
    """Fetch a payment from the provider, and let that move it."""

    name: ClassVar[str] = "payments.check"
    concurrency: ClassVar[int] = 3
    """The provider counts calls under way, and a page that opens must not wait for checks."""

    payment_id: UUID


@dataclass(frozen=True, slots=True)
class CheckAccount(Job):
    """Fetch the payment account from the provider."""

    name: ClassVar[str] = "payments.check_account"
    concurrency: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class HandleCall(Job):
    """Look where a call of the provider points."""

    name: ClassVar[str] = "payments.handle_call"
    concurrency: ClassVar[int] = 2

    call_id: UUID


@dataclass(frozen=True, slots=True)
class DeliverPaper(Job):
    """Hand a paper to the provider."""

    name: ClassVar[str] = "payments.deliver_paper"
    concurrency: ClassVar[int] = 1
    """It holds some megabytes."""

    paper_id: UUID


@dataclass(frozen=True, slots=True)
class CheckPayoutAccount(Job):
    """Tell the provider of a bank account, or ask it whether the account is verified."""

    name: ClassVar[str] = "payments.check_payout_account"
    concurrency: ClassVar[int] = 1

    payout_account_id: UUID


@dataclass(frozen=True, slots=True)
class SendPayout(Job):
    """Have the provider pay out, or ask it what became of that."""

    name: ClassVar[str] = "payments.payout"
    concurrency: ClassVar[int] = 1

    payout_id: UUID


@dataclass(frozen=True, slots=True)
class SendRefund(Job):
    """Have the provider give money back, or ask it what became of it."""

    name: ClassVar[str] = "payments.refund"
    concurrency: ClassVar[int] = 1

    refund_id: UUID


@dataclass(frozen=True, slots=True)
class CompareMovements(Job):
    """Compare what the provider booked lately with what is booked here."""

    name: ClassVar[str] = "payments.compare"
    concurrency: ClassVar[int] = 1


@dataclass(frozen=True, slots=True)
class SendReceipt(Job):
    """Send whoever paid the receipt of a payment."""

    name: ClassVar[str] = "payments.receipt"
    concurrency: ClassVar[int] = 2

    payment_id: UUID
