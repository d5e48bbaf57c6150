"""Being allowed to be paid: who applies, with which papers, and what the provider decided."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.kernel.money import Money


class LegalKind(StrEnum):
    """What kind of issuer applies."""

    COMPANY = "company"
    ASSOCIATION = "association"
    SOLE_TRADER = "sole_trader"


class AccountState(StrEnum):
    """What the provider decided about an applicant; the values the API shows.

    There is no `not_started` here: the provider does not know who has not applied.
    """

    AWAITING_INFORMATION = "awaiting_information"
    UNDER_ANALYSIS = "under_analysis"
    ACCEPTED = "accepted"
    UPDATE_REQUESTED = "update_requested"
    """Accepted, and asked to confirm or renew its papers by a date."""
    REJECTED = "rejected"
    """Something is wrong and can be corrected."""
    DENIED = "denied"
    """Final; applying again is in vain."""
    BLOCKED = "blocked"


class WalletState(StrEnum):
    """Whether a wallet can take money."""

    READY = "ready"
    LIMITED = "limited"
    """It exists, but its papers allow low amounts only: not enough to offer payment."""
    EXPIRED = "expired"
    """Its papers ran out: no new payments."""
    BLOCKED = "blocked"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class PaperKind(StrEnum):
    """What a paper shows."""

    IDENTITY_CARD = "identity_card"
    PASSPORT = "passport"
    """Of a country of the European Union."""
    FOREIGN_PASSPORT = "foreign_passport"
    RESIDENCE_PERMIT = "residence_permit"
    PROOF_OF_ADDRESS = "proof_of_address"
    PROOF_OF_IBAN = "proof_of_iban"
    COMPANY_REGISTRY = "company_registry"
    ARTICLES_OF_ASSOCIATION = "articles_of_association"
    BENEFICIAL_OWNERS = "beneficial_owners"
    TAX_NOTICE = "tax_notice"
    OTHER = "other"


class PaperState(StrEnum):
    """What became of a paper."""

    WAITING = "waiting"
    """Another paper is needed before it is read."""
    UNDER_REVIEW = "under_review"
    ACCEPTED = "accepted"
    REFUSED = "refused"


class PaperFault(StrEnum):
    """Why a paper was refused."""

    UNREADABLE = "unreadable"
    EXPIRED = "expired"
    WRONG_TYPE = "wrong_type"
    WRONG_NAME = "wrong_name"
    DUPLICATE = "duplicate"
    NOT_DELIVERED = "not_delivered"
    """The provider did not answer for days, so it never had the paper."""
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class LegalEntity:
    """The issuer, as its registry has it.

    Attributes:
        tax_id: NIF of a Spanish issuer.
        country: ISO 3166 alpha-2.
        registered_on: Companies must say it.
    """

    kind: LegalKind
    name: str
    tax_id: str
    country: str
    registered_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Representative:
    """The person who acts for the issuer by law; invented names are refused.

    Attributes:
        country: Where the person lives, ISO 3166 alpha-2, as `birth_country` and `nationalities`.
    """

    first_name: str
    last_name: str
    email: str
    birth_date: date
    birth_country: str
    country: str
    nationalities: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """What an organization applies with.

    Attributes:
        wallet: The name we give its wallet: at most 20 letters and digits, never changed.
    """

    wallet: str
    entity: LegalEntity
    representative: Representative


@dataclass(frozen=True, slots=True)
class Requirement:
    """Something the provider asks of an applicant, with the day it must be done by."""

    id: str
    kind: str
    state: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An applicant as the provider has it.

    Attributes:
        id: The provider's id, needed for everything later: store it before going on.
        restrictions: Reasons why it cannot be used, in the provider's codes.
    """

    id: str
    state: AccountState
    requirements: tuple[Requirement, ...] = ()
    restrictions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HostedForm:
    """The provider's page where the applicant goes on."""

    onboarding_id: str
    url: str


@dataclass(frozen=True, slots=True)
class Wallet:
    """A wallet as the provider has it; it exists only once the applicant is accepted."""

    id: str
    state: WalletState
    balance: Money


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper to hand in.

    Attributes:
        name: File name with its extension.
        content_type: `application/pdf`, `image/jpeg` or `image/png`.
        content: The bytes, read and checked by us before.
    """

    kind: PaperKind
    name: str
    content_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperRecord:
    """A paper as the provider has it.

    Attributes:
        fault: Why it was refused; None otherwise.
        comment: The provider's own words, if any.
    """

    id: str
    kind: PaperKind
    state: PaperState
    fault: PaperFault | None
    comment: str
    valid_until: date | None
