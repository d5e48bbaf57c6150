"""What a provider's call or a returning browser tells us: where to look, never what is true.

Calls are not signed. Whoever knows the address can make one up, so a hint names the thing to
fetch again; only what is fetched moves anything.
"""

from dataclasses import dataclass
from enum import StrEnum

from app.payments.enrolment import PaperFault, PaperKind, PaperState


class HintKind(StrEnum):
    """What a call is about."""

    ACCOUNT = "account"
    """The state of an applicant or a wallet changed."""
    PAPER = "paper"
    TRANSFER_IN = "transfer_in"
    PAYMENT = "payment"
    """A payment was closed or synchronized later."""
    CHARGEBACK = "chargeback"
    """Money was taken back, or is about to be; the transaction named may be either of the two."""
    PAYOUT = "payout"
    LOW_BALANCE = "low_balance"
    """The platform's own wallet is nearly empty: payments will be refused. For the operator."""
    LOW_IBAN_STOCK = "low_iban_stock"
    """For the operator."""
    OTHER = "other"
    """Kept, and of no consequence."""


WARNINGS = frozenset({HintKind.LOW_BALANCE, HintKind.LOW_IBAN_STOCK})
"""What the operator has to see to; see the figure `conforme_provider_warnings`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """One call of the provider.

    Attributes:
        category: The provider's number of the event.
        key: The same for a repetition of the same call; tell duplicates by it.
        wallet: Our name of the wallet, if it names one.
        transaction_id: The provider's, if it names one.
        origin_id: Of the payout that came back as the transaction.
        paper_id: The provider's, if it names one.
        paper_kind: Which paper it says it is.
        paper_state: What it claims of the paper. Before the applicant is accepted there is no
            wallet to ask, and this is all there is; no money hangs on it.
        paper_fault: Why it says that the paper was refused.
    """

    kind: HintKind
    category: str
    key: str
    wallet: str | None = None
    transaction_id: str | None = None
    origin_id: str | None = None
    paper_id: str | None = None
    paper_kind: PaperKind | None = None
    paper_state: PaperState | None = None
    paper_fault: PaperFault | None = None


@dataclass(frozen=True, slots=True)
class ReturnHint:
    """The payer's browser, or the provider's server, came to one of our return addresses.

    Attributes:
        reference: Ours, of the payment; fetch that one.
        transaction_id: The provider's, which its server adds.
    """

    reference: str | None
    transaction_id: str | None
