"""What goes in and out about contacts."""

from collections.abc import Hashable
from decimal import Decimal
from typing import Annotated, Literal, TypeVar
from uuid import UUID

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StringConstraints

from app.contacts.identity import PartyKind, Role
from app.contacts.part_schemas import (
    AddressBody,
    AddressView,
    BankAccountBody,
    BankAccountView,
    Country,
    EmailBody,
    EmailView,
    PersonBody,
    PersonView,
    PhoneBody,
    PhoneView,
    Required,
)
from app.kernel.languages import Language
from app.kernel.tax_ids import TaxIdKind
from app.web.schemas import Body, DecimalText, Instant, Line, PageQuery, Text, View, unset

Item = TypeVar("Item", bound=Hashable)
_HUNDREDTH = Decimal("0.01")


def _distinct(items: list[Item]) -> list[Item]:
    return list(dict.fromkeys(items))


def _with_two_places(rate: Decimal) -> Decimal:
    """Give a rate as it is stored, so that it reads the same from the first answer on."""
    return rate.quantize(_HUNDREDTH)


Roles = Annotated[list[Role], Field(min_length=1, max_length=20), AfterValidator(_distinct)]
Tag = Annotated[Line, StringConstraints(min_length=1, max_length=40)]
Tags = Annotated[list[Tag], Field(max_length=50), AfterValidator(_distinct)]
TaxIdText = Annotated[Line, StringConstraints(min_length=1, max_length=40)]
Notes = Annotated[Text, StringConstraints(max_length=5000)]
TermsDays = Annotated[StrictInt, Field(ge=0, le=365)]
Rate = Annotated[
    DecimalText, Field(ge=0, le=100, decimal_places=2), AfterValidator(_with_two_places)
]
Status = Literal["active", "archived"]
Emails = Annotated[list[EmailBody], Field(max_length=20)]
Phones = Annotated[list[PhoneBody], Field(max_length=20)]
Addresses = Annotated[list[AddressBody], Field(max_length=20)]
Persons = Annotated[list[PersonBody], Field(max_length=50)]
BankAccounts = Annotated[list[BankAccountBody], Field(max_length=10)]

DuplicateReason = Literal["tax_id", "email", "phone", "name_and_place"]

_ALLOW_DUPLICATE = "Share a tax id with another active contact, as branches of one company do."


class ContactDraft(Body):
    """A new contact: a name and a role are enough to begin with."""

    party_kind: PartyKind = Field(examples=["legal_entity"])
    legal_name: Required | None = Field(
        None,
        description="Of a company; natural persons send their names.",
        examples=["Varadero Sol, S.L."],
    )
    trade_name: Required | None = Field(None, examples=[None])
    given_name: Required | None = Field(None, examples=[None])
    surname: Required | None = Field(None, examples=[None])
    second_surname: Required | None = Field(None, examples=[None])
    roles: Roles = Field(examples=[["client"]])
    tax_id: TaxIdText | None = Field(
        None, description="Needed to issue an invoice, not before.", examples=["B83534750"]
    )
    tax_id_kind: TaxIdKind | None = Field(
        None,
        description="Told by the id itself in Spain; abroad `passport` or `foreign`.",
        examples=["cif"],
    )
    tax_id_country: Country = Field("ES", examples=["ES"])
    vat_id: TaxIdText | None = Field(
        None, description="EU VAT id with its country.", examples=["ESB83534750"]
    )
    allow_duplicate: StrictBool = Field(
        default=False, description=_ALLOW_DUPLICATE, examples=[False]
    )
    parent_contact_id: UUID | None = Field(None, examples=[None])
    language: Language = Field("es", examples=["es"])
    emails: Emails = Field(default_factory=list)
    phones: Phones = Field(default_factory=list)
    addresses: Addresses = Field(default_factory=list)
    persons: Persons = Field(default_factory=list)
    bank_accounts: BankAccounts = Field(default_factory=list)
    assigned_salesperson_id: UUID | None = Field(None, examples=[None])
    payment_terms_days: TermsDays | None = Field(
        None, description="The organization's when null.", examples=[30]
    )
    equivalence_surcharge: StrictBool = Field(default=False, examples=[False])
    withholding_rate: Rate | None = Field(None, examples=[None])
    tags: Tags = Field(default_factory=list, examples=[["varadero"]])
    internal_notes: Notes = Field("", examples=["Prefiere que le llamen por la mañana."])


class ContactChanges(Body):
    """Changes: what is left out is left alone, null clears, a list replaces the whole list."""

    party_kind: PartyKind = unset()
    legal_name: Required | None = Field(None, examples=["Varadero Sol, S.L."])
    trade_name: Required | None = Field(None, examples=["Varadero Sol"])
    given_name: Required | None = Field(None, examples=[None])
    surname: Required | None = Field(None, examples=[None])
    second_surname: Required | None = Field(None, examples=[None])
    roles: Roles = unset()
    tax_id: TaxIdText | None = Field(None, examples=["B83534750"])
    tax_id_kind: TaxIdKind | None = Field(None, examples=["cif"])
    tax_id_country: Country = unset()
    vat_id: TaxIdText | None = Field(None, examples=["ESB83534750"])
    allow_duplicate: StrictBool = unset()
    parent_contact_id: UUID | None = Field(None, examples=[None])
    language: Language = unset()
    emails: Emails = unset()
    phones: Phones = unset()
    addresses: Addresses = unset()
    persons: Persons = unset()
    bank_accounts: BankAccounts = unset()
    assigned_salesperson_id: UUID | None = Field(None, examples=[None])
    payment_terms_days: TermsDays | None = Field(None, examples=[30])
    equivalence_surcharge: StrictBool = unset()
    withholding_rate: Rate | None = Field(None, examples=["15.00"])
    tags: Tags = unset()
    internal_notes: Notes = unset()
    status: Status = unset()


class ContactView(View):
    """A contact."""

    id: UUID
    display_name: str = Field(examples=["Varadero Sol, S.L."])
    party_kind: str = Field(examples=["legal_entity"])
    legal_name: str | None = Field(examples=["Varadero Sol, S.L."])
    trade_name: str | None = Field(examples=[None])
    given_name: str | None = Field(examples=[None])
    surname: str | None = Field(examples=[None])
    second_surname: str | None = Field(examples=[None])
    roles: list[str] = Field(examples=[["client"]])
    tax_id: str | None = Field(examples=["B83534750"])
    tax_id_kind: str | None = Field(examples=["cif"])
    tax_id_country: str = Field(examples=["ES"])
    vat_id: str | None = Field(examples=["ESB83534750"])
    allow_duplicate: bool = Field(description=_ALLOW_DUPLICATE)
    parent_contact_id: UUID | None = Field(examples=[None])
    language: str = Field(examples=["es"])
    emails: list[EmailView]
    phones: list[PhoneView]
    addresses: list[AddressView]
    persons: list[PersonView]
    bank_accounts: list[BankAccountView]
    assigned_salesperson_id: UUID | None = Field(examples=[None])
    payment_terms_days: int | None = Field(examples=[30])
    equivalence_surcharge: bool
    withholding_rate: DecimalText | None = Field(examples=[None])
    tags: list[str] = Field(examples=[["varadero"]])
    internal_notes: str = Field(examples=["Prefiere que le llamen por la mañana."])
    status: str = Field(examples=["active"])
    version: int = Field(description="What If-Match takes.", examples=[1])
    created_at: Instant
    updated_at: Instant


class DuplicateView(View):
    """A contact that may be the same one, and what both share."""

    id: UUID
    display_name: str = Field(examples=["Varadero Sol, S.L."])
    tax_id: str | None = Field(examples=["B83534750"])
    reasons: list[DuplicateReason] = Field(examples=[["email", "phone"]])
    created_at: Instant


class ContactQuery(PageQuery):
    """Which contacts to list."""

    q: Annotated[Line, StringConstraints(max_length=100)] | None = Field(
        None,
        description="Words of the name, tax id, e-mail or a vessel; accents, case and small slips "
        "are forgiven.",
        examples=["varadero"],
    )
    role: Role | None = Field(None, description="Only those in this role.")
    salesperson_id: UUID | None = Field(None, description="Only those assigned to this user.")
    tag: Annotated[Line, StringConstraints(max_length=40)] | None = Field(
        None, description="Only those with this tag."
    )
    status: Status = Field("active", description="`archived` for those put away.")
