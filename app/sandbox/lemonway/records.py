"""What the stand-in remembers; amounts in cents, instants in UTC Unix seconds."""

from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(slots=True, kw_only=True)
class Applicant:
    """A legal entity that applies, as Online Onboarding has it."""

    id: str
    number: int
    wallet_id: str
    name: str
    registration: str
    kind: str
    status: str = "CREATED"
    profile_status: str = "AWAITING_INFORMATION"
    onboarding_id: str = ""
    redirect_url: str = ""
    requirements: list[dict[str, str]] = field(default_factory=list)
    restrictions: list[dict[str, str]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Wallet:
    """A payment account of DirectKit."""

    id: str
    number: int
    name: str
    status: int = 6
    is_blocked: bool = False
    balance: int = 0
    changed: int = 0


@dataclass(slots=True, kw_only=True)
class Paper:
    """A document of an applicant or a wallet."""

    id: int
    wallet_id: str
    type: int
    name: str
    status: int
    comment: str = ""


@dataclass(slots=True, kw_only=True)
class Iban:
    """A bank account: `type` 1 to pay out to, 2 a virtual one that receives."""

    id: int
    wallet_id: str
    iban: str
    bic: str
    holder: str
    status: int
    type: int


@dataclass(slots=True, kw_only=True)
class MoneyIn:
    """A payment begun or arrived."""

    id: int
    wallet_id: str
    amount: int
    method: int
    date: int
    status: int = 4
    method_details: int = 0
    commission: int = 0
    refunded: int = 0
    reference: str = ""
    comment: str = ""
    executed: int = 0
    refusal: str = ""
    masked_card: str = ""
    three_ds: str = "NONE"
    token: str = ""
    return_url: str = ""
    cancel_url: str = ""
    error_url: str = ""


@dataclass(slots=True, kw_only=True)
class MoneyOut:
    """A payout, a refund or a chargeback."""

    id: int
    wallet_id: str
    amount: int
    method: int
    date: int
    status: int
    origin_id: int = 0
    iban_id: int = 0
    reference: str = ""
    comment: str = ""
    executed: int = 0
    is_chargeback: bool = False


@dataclass(slots=True, kw_only=True)
class Transfer:
    """Money between two wallets."""

    id: int
    sender_id: str
    receiver_id: str
    amount: int
    date: int
    comment: str = ""


Record: TypeAlias = Applicant | Wallet | Paper | Iban | MoneyIn | MoneyOut | Transfer
