"""The ports to a payment provider, one for each part of the domain that uses it.

Every method may raise the two errors of this module, and no other.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from app.payments.enrolment import (
    Account,
    Application,
    HostedForm,
    Paper,
    PaperRecord,
    Wallet,
)
from app.payments.hints import Hint, ReturnHint
from app.payments.movements import (
    HostedPage,
    MoneyIn,
    MoneyOut,
    Movement,
    PaymentOrder,
    PayoutAccount,
    PayoutOrder,
    RefundOrder,
    TransferAccount,
)


class Failure(StrEnum):
    """Why a provider refused."""

    LIMIT_REACHED = "limit_reached"
    """A threshold of the wallet's papers."""
    AMOUNT_NOT_ALLOWED = "amount_not_allowed"
    """Too small, too large, or above what is left to refund."""
    INSUFFICIENT_FUNDS = "insufficient_funds"
    WALLET_NOT_READY = "wallet_not_ready"
    WALLET_BLOCKED = "wallet_blocked"
    PAYMENT_REFUSED = "payment_refused"
    """The acquirer or the payer's bank; another attempt needs a new reference."""
    PAYOUT_ACCOUNT_MISSING = "payout_account_missing"
    NOT_CONTRACTED = "not_contracted"
    COMPLIANCE = "compliance"
    INVALID = "invalid"
    """The provider does not like the data; `text` says which."""
    CONFLICT = "conflict"
    """It exists already."""
    NOT_FOUND = "not_found"
    CONFIGURATION = "configuration"
    """Credentials, contract or addresses: for the operator."""
    OTHER = "other"


class GatewayError(Exception):
    """The provider did not do what was asked, or may not have."""


class GatewayRefused(GatewayError):
    """A clear no; the same request again is in vain.

    Attributes:
        failure: Which kind of no.
        code: The provider's code, when it gave one.
        text: Its words, cut to 500 characters; for logs and staff.
    """

    def __init__(self, failure: Failure, *, code: int | None = None, text: str = "") -> None:
        super().__init__(f"{failure}: {code or '-'} {text}")
        self.failure = failure
        self.code = code
        self.text = text


class GatewayUnavailable(GatewayError):
    """No answer that can be used; try again later.

    Attributes:
        is_in_doubt: It may have happened all the same. Look before a new attempt: `refund`,
            `pay_out`, `open_account` and `open_transfer_account` look by themselves.
        retry_after_s: The wait the provider asked for, in seconds.
        text: What went wrong, in a line for logs.
    """

    def __init__(
        self, text: str, *, is_in_doubt: bool = False, retry_after_s: int | None = None
    ) -> None:
        super().__init__(text)
        self.text = text
        self.is_in_doubt = is_in_doubt
        self.retry_after_s = retry_after_s


class OnboardingGateway(Protocol):
    """How an organization becomes able to be paid (the payment account's start and state)."""

    async def open_account(self, application: Application) -> Account:
        """Apply; an application already made under this wallet name is given instead."""
        ...

    async def start_form(
        self, account_id: str, application: Application, return_url: str
    ) -> HostedForm:
        """Open the provider's form; coming back to `return_url` proves nothing."""
        ...

    async def resume_form(self, onboarding_id: str) -> str:
        """Give a fresh address of a form in progress."""
        ...

    async def hand_in(self, account_id: str, onboarding_id: str, paper: Paper) -> str:
        """Hand in a paper while the form is open; give the provider's id of it."""
        ...

    async def fetch_account(self, account_id: str) -> Account:
        """Fetch what the provider decided."""
        ...


class WalletGateway(Protocol):
    """An accepted organization's wallet and the papers behind it (the account's requirements).

    A wallet does not exist before its applicant is accepted: `not_found` until then.
    """

    async def fetch_wallet(self, wallet: str) -> Wallet:
        """Fetch state and balance."""
        ...

    async def fetch_papers(self, wallet: str) -> Sequence[PaperRecord]:
        """Fetch all papers with what became of each."""
        ...

    async def renew_paper(self, wallet: str, paper: Paper) -> PaperRecord:
        """Hand in a paper of a wallet that exists."""
        ...

    async def changed_wallets(self, since: datetime) -> frozenset[str]:
        """Give the wallets whose state, papers or bank accounts changed; what no hint told."""
        ...


class PaymentGateway(Protocol):
    """Money from clients, and back to them (payment intents and refunds)."""

    async def start_card(self, order: PaymentOrder) -> HostedPage:
        """Open a card page; in doubt use a new reference, an unseen page cannot be paid."""
        ...

    async def start_pay_by_bank(self, order: PaymentOrder) -> HostedPage:
        """Open the page of the payer's bank; in doubt as for a card."""
        ...

    async def open_transfer_account(self, wallet: str) -> TransferAccount:
        """Give the wallet's own IBAN, opened at the first call."""
        ...

    async def fetch_payment(self, transaction_id: str) -> MoneyIn:
        """Fetch one payment: the only proof that there is."""
        ...

    async def find_payments(self, reference: str) -> Sequence[MoneyIn]:
        """Find what was begun under our reference; more than one when it was used twice."""
        ...

    async def refund(self, order: RefundOrder) -> MoneyOut:
        """Refund, unless a refund with this reference is there already, which is given."""
        ...


class PayoutGateway(Protocol):
    """Money to the organization's own bank account (payouts and payout accounts)."""

    async def register_account(self, wallet: str, holder: str, iban: str) -> PayoutAccount:
        """Name an IBAN to pay out to; the same one again gives the one registered."""
        ...

    async def fetch_accounts(self, wallet: str) -> Sequence[PayoutAccount]:
        """Fetch the IBANs named, with their present state."""
        ...

    async def pay_out(self, order: PayoutOrder) -> MoneyOut:
        """Pay out, unless a payout with this reference is there already, which is given."""
        ...

    async def find_payout(self, reference: str) -> MoneyOut | None:
        """Fetch a payout by our reference."""
        ...


class StatementGateway(Protocol):
    """What the provider has booked, to compare with what we have (the nightly comparison)."""

    async def fetch_movements(
        self, wallet: str, since: datetime, until: datetime
    ) -> Sequence[Movement]:
        """Fetch everything of one wallet that was executed in that time, whenever it began."""
        ...

    async def fetch_transfers(self, since: datetime, until: datetime) -> Sequence[MoneyIn]:
        """Fetch wires that arrived, in all wallets."""
        ...

    async def fetch_chargebacks(self, since: datetime) -> Sequence[MoneyOut]:
        """Fetch card payments taken back; `origin_id` is the payment."""
        ...


class HintReader(Protocol):
    """Reads calls of the provider; pure, and content with anything."""

    def read_hook(self, content_type: str, body: bytes, query: str) -> Hint:
        """Read a notification: a form, JSON, or a query string."""
        ...

    def read_return(self, body: bytes, query: str) -> ReturnHint:
        """Read what comes to a return address, by POST from the provider or by GET."""
        ...
