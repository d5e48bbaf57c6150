"""Money at the provider: what is asked of it and what it answers, in our words.

Amounts are integer minor units. An answer is what was fetched from the provider, the only
thing that may move anything here; `evidence` is the provider's own record of it, as JSON.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias

from app.kernel.money import Money

REFERENCE_LENGTH = 50
"""The longest reference a provider must take."""


class Method(StrEnum):
    """How money came in."""

    CARD = "card"
    PAY_BY_BANK = "pay_by_bank"
    """The payer's bank opens with the transfer filled in."""
    BANK_TRANSFER = "bank_transfer"
    """The payer wired it alone, of any amount and with any text."""
    OTHER = "other"
    """A way we do not offer; the money is booked all the same."""


class MoneyInState(StrEnum):
    """What the provider says of money that is to come."""

    PENDING = "pending"
    """Begun; the payer has not finished, or left."""
    AUTHORIZED = "authorized"
    """The payer agreed; the funds are not here yet."""
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    """A status we do not know: ask again later, never take it for a failure."""


class MoneyOutState(StrEnum):
    """What the provider says of money that leaves a wallet."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    """As for money in: ask again."""


class MoneyOutKind(StrEnum):
    """Why money left a wallet."""

    PAYOUT = "payout"
    REFUND = "refund"
    CHARGEBACK = "chargeback"


class PayoutAccountState(StrEnum):
    """Whether an IBAN of the organization can be paid out to."""

    PENDING = "pending"
    ACTIVE = "active"
    REJECTED = "rejected"
    DISABLED = "disabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentOrder:
    """A payment to be made on the provider's page.

    Attributes:
        wallet: Our name of the organization's wallet, which is credited.
        reference: Ours, unique, never used for another attempt; how the payment is found again.
        amount: What the payer shall pay.
        description: Shown to the payer, such as the document's code.
        return_url: Where the payer's browser, and the provider's server, go after success.
        cancel_url: After the payer gave up.
        error_url: After a refusal.
        language: `es` or `en`, of the provider's page.
        payer_ip: The payer's address, when a browser asked.
    """

    wallet: str
    reference: str
    amount: Money
    description: str
    return_url: str
    cancel_url: str
    error_url: str
    language: str
    payer_ip: str | None = None

    def __post_init__(self) -> None:
        """Refuse what could not be found again.

        Raises:
            ValueError: The reference is empty or too long.
        """
        _require_reference(self.reference)


@dataclass(frozen=True, slots=True, kw_only=True)
class RefundOrder:
    """Money to give back to the card or account it came from.

    Attributes:
        transaction_id: The provider's id of the payment.
        wallet: The wallet that received it, which is debited.
        reference: Ours, unique, one word; asking twice with the same one refunds once.
        reason: For the payer.
        asked_at: When it was first asked for; an earlier try is looked for since then.
    """

    transaction_id: str
    wallet: str
    reference: str
    amount: Money
    reason: str
    asked_at: datetime

    def __post_init__(self) -> None:
        """Refuse what could not be found again.

        Raises:
            ValueError: The reference is empty or too long.
        """
        _require_reference(self.reference)


@dataclass(frozen=True, slots=True, kw_only=True)
class PayoutOrder:
    """Money to send to the organization's own bank account.

    Attributes:
        reference: Ours, unique; asking twice with the same one pays once.
        account_id: Of a `PayoutAccount` in state active.
        description: Part of the text on the bank statement.
    """

    wallet: str
    reference: str
    amount: Money
    account_id: str
    description: str

    def __post_init__(self) -> None:
        """Refuse what could not be found again.

        Raises:
            ValueError: The reference is empty or too long.
        """
        _require_reference(self.reference)


@dataclass(frozen=True, slots=True)
class HostedPage:
    """A page of the provider where the payer goes on.

    Attributes:
        transaction_id: The provider's id of the payment begun.
        url: Where to send the browser, once.
    """

    transaction_id: str
    url: str


@dataclass(frozen=True, slots=True)
class TransferAccount:
    """A bank account in the organization's wallet that anyone can wire to."""

    id: str
    iban: str
    bic: str
    holder: str


@dataclass(frozen=True, slots=True)
class PayoutAccount:
    """A bank account of the organization, as the provider knows it."""

    id: str
    iban: str
    holder: str
    state: PayoutAccountState


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyIn:
    """A payment as the provider has it.

    Attributes:
        transaction_id: The provider's id.
        wallet: The wallet credited; compare it.
        reference: Ours, when we began it; None for a wire.
        amount: Paid by the payer: what the wallet got and what commission took.
        refunded: Given back so far.
        text: The description, or what the payer wrote on the wire.
        refusal: The acquirer's words, after a failure.
        masked_card: Such as `XXXX XXXX XXXX 0400`.
        executed_at: When the money was credited.
        origin_id: The payment it brings again, when a dispute was won.
    """

    transaction_id: str
    wallet: str
    reference: str | None
    method: Method
    state: MoneyInState
    amount: Money
    refunded: Money
    text: str
    refusal: str | None
    masked_card: str | None
    begun_at: datetime
    executed_at: datetime | None
    evidence: str
    origin_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MoneyOut:
    """A payout, a refund or a chargeback as the provider has it.

    Attributes:
        wallet: The wallet debited.
        origin_id: The payment it takes back; None for a payout.
        reference: Ours, of a payout; a refund carries it in `text`.
        text: The comment; a chargeback's reason.
    """

    transaction_id: str
    wallet: str
    kind: MoneyOutKind
    origin_id: str | None
    reference: str | None
    state: MoneyOutState
    amount: Money
    text: str
    begun_at: datetime
    executed_at: datetime | None
    evidence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WalletTransfer:
    """Money between two wallets: a fee, or a shortfall covered by the platform."""

    transaction_id: str
    from_wallet: str
    to_wallet: str
    amount: Money
    is_done: bool
    text: str
    begun_at: datetime
    evidence: str


Movement: TypeAlias = MoneyIn | MoneyOut | WalletTransfer
"""One line of a wallet's statement."""


def _require_reference(reference: str) -> None:
    if not 0 < len(reference) <= REFERENCE_LENGTH:
        raise ValueError(f"a reference has 1 to {REFERENCE_LENGTH} characters")
