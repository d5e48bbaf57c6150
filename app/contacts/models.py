"""Contacts and what belongs to them: addresses, e-mails, phones, persons, accounts."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Numeric,
    Text,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.contacts.identity import Identity, PartyKind
from app.contacts.search import fold, searchable
from app.kernel.database import Base
from app.kernel.languages import is_tag
from app.kernel.places import country_name
from app.kernel.tax_ids import TaxIdKind
from app.organizations.models import Organization, User


def _of_contact() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["organization_id", "contact_id"],
        ["contacts.organization_id", "contacts.id"],
        ondelete="CASCADE",
    )


def _only_one(table: str, name: str, condition: str) -> Index:
    return Index(
        f"uq_{table}_{name}",
        "organization_id",
        "contact_id",
        unique=True,
        postgresql_where=text(condition),
    )


class ContactEmail(Base):
    """An e-mail address; documents go to the primary one."""

    __tablename__ = "contact_emails"
    __table_args__ = (
        _of_contact(),
        _only_one("contact_emails", "primary", "is_primary"),
        Index(
            "uq_contact_emails_address",
            "organization_id",
            "contact_id",
            text("lower(address)"),
            unique=True,
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    address: Mapped[str]
    label: Mapped[str]
    is_primary: Mapped[bool]


class ContactPhone(Base):
    """A phone: E.164, and as it was written."""

    __tablename__ = "contact_phones"
    __table_args__ = (
        _of_contact(),
        Index("ix_contact_phones_number", "organization_id", "number"),
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str]
    raw: Mapped[str]
    label: Mapped[str]


class ContactAddress(Base):
    """A postal address; the fiscal one is printed on documents."""

    __tablename__ = "contact_addresses"
    __table_args__ = (
        _of_contact(),
        CheckConstraint("kind in ('fiscal', 'billing', 'delivery', 'other')", name="kind"),
        _only_one("contact_addresses", "fiscal", "kind = 'fiscal'"),
        Index("ix_contact_addresses_place", "organization_id", "postal_code"),
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    street: Mapped[str]
    postal_code: Mapped[str]
    city: Mapped[str]
    province: Mapped[str]
    country: Mapped[str]

    def printed_in(self, language: str) -> tuple[str, ...]:
        """Give its lines as printed, without empty ones; the country only abroad."""
        province = "" if self.province == self.city else self.province
        abroad = "" if self.country == "ES" else country_name(self.country, language)
        lines = (self.street, f"{self.postal_code} {self.city}".strip(), province, abroad)
        return tuple(line for line in lines if line)

    @property
    def printed(self) -> tuple[str, ...]:
        """Its lines as printed in a Spanish document."""
        return self.printed_in("es")


class ContactPerson(Base):
    """Somebody who answers for a contact; keeps its id while it is edited."""

    __tablename__ = "contact_persons"
    __table_args__ = (
        _of_contact(),
        CheckConstraint(is_tag("language"), name="language"),
        Index("ix_contact_persons_contact", "organization_id", "contact_id", "position"),
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[UUID]
    position: Mapped[int]
    name: Mapped[str]
    job_title: Mapped[str]
    email: Mapped[str | None]
    phone: Mapped[str | None]
    language: Mapped[str | None]
    can_decide: Mapped[bool]
    can_pay: Mapped[bool]
    cc_by_default: Mapped[bool]


class ContactBankAccount(Base):
    """A bank account of the contact."""

    __tablename__ = "contact_bank_accounts"
    __table_args__ = (
        _of_contact(),
        _only_one("contact_bank_accounts", "default", "is_default"),
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    iban: Mapped[str]
    holder: Mapped[str]
    is_default: Mapped[bool]


class Contact(Base):
    """Whom the organization deals with, in one or more roles."""

    __tablename__ = "contacts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "parent_contact_id"], ["contacts.organization_id", "contacts.id"]
        ),
        CheckConstraint(
            "party_kind in ('natural_person', 'legal_entity', 'unincorporated')", name="party_kind"
        ),
        CheckConstraint(
            "cardinality(roles) >= 1 and "
            "roles <@ array['client', 'supplier', 'creditor', 'debtor', 'lead']::text[]",
            name="roles",
        ),
        CheckConstraint("status in ('active', 'archived')", name="status"),
        CheckConstraint(is_tag("language"), name="language"),
        CheckConstraint("payment_terms_days between 0 and 365", name="payment_terms"),
        CheckConstraint("withholding_rate between 0 and 100", name="withholding"),
        CheckConstraint("(tax_id is null) = (tax_id_kind is null)", name="tax_id_kind"),
        CheckConstraint("parent_contact_id <> id", name="parent"),
        Index(
            "uq_contacts_tax_id",
            "organization_id",
            "tax_id_country",
            "tax_id",
            unique=True,
            postgresql_where=text(
                "status = 'active' and tax_id is not null and not allow_duplicate"
            ),
        ),
        Index("ix_contacts_name", "organization_id", "search_name", "id"),
        Index("ix_contacts_tax_id", "organization_id", "tax_id"),
        Index("ix_contacts_salesperson", "organization_id", "assigned_salesperson_id"),
        Index(
            "ix_contacts_words",
            "organization_id",
            "words",
            postgresql_using="gin",
            postgresql_ops={"words": "gin_trgm_ops"},
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey(Organization.id), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    party_kind: Mapped[str]
    legal_name: Mapped[str | None]
    trade_name: Mapped[str | None]
    given_name: Mapped[str | None]
    surname: Mapped[str | None]
    second_surname: Mapped[str | None]
    tax_id: Mapped[str | None]
    tax_id_kind: Mapped[str | None]
    tax_id_country: Mapped[str]
    vat_id: Mapped[str | None]
    allow_duplicate: Mapped[bool]
    """Shares its tax id on purpose, as the branches of one company do."""
    parent_contact_id: Mapped[UUID | None]
    roles: Mapped[list[str]]
    language: Mapped[str]
    assigned_salesperson_id: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    payment_terms_days: Mapped[int | None]
    equivalence_surcharge: Mapped[bool]
    withholding_rate: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    tags: Mapped[list[str]]
    internal_notes: Mapped[str]
    status: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    display_name: Mapped[str]
    search_name: Mapped[str] = mapped_column(Text(collation="C"))
    search_text: Mapped[str]
    vessel_names: Mapped[str]
    """Of the vessels it owns, searched with it."""
    words: Mapped[str] = mapped_column(Computed("folded(search_text)"), deferred=True)
    """What searches look through: the text above, folded by the database."""

    emails: Mapped[list[ContactEmail]] = relationship(
        cascade="all, delete-orphan", order_by=ContactEmail.position, lazy="raise"
    )
    phones: Mapped[list[ContactPhone]] = relationship(
        cascade="all, delete-orphan", order_by=ContactPhone.position, lazy="raise"
    )
    addresses: Mapped[list[ContactAddress]] = relationship(
        cascade="all, delete-orphan", order_by=ContactAddress.position, lazy="raise"
    )
    persons: Mapped[list[ContactPerson]] = relationship(
        cascade="all, delete-orphan", order_by=ContactPerson.position, lazy="raise"
    )
    bank_accounts: Mapped[list[ContactBankAccount]] = relationship(
        cascade="all, delete-orphan", order_by=ContactBankAccount.position, lazy="raise"
    )

    __mapper_args__ = {  # noqa: RUF012 - SQLAlchemy's own form
        "version_id_col": version,
        "eager_defaults": False,  # nobody reads the words back
    }

    @property
    def is_company(self) -> bool:
        """Anything but a natural person."""
        return self.party_kind != PartyKind.NATURAL_PERSON

    @property
    def primary_email(self) -> str | None:
        """Where documents go unless said otherwise."""
        return next((email.address for email in self.emails if email.is_primary), None)

    @property
    def fiscal_address(self) -> ContactAddress | None:
        """What documents print."""
        return next((address for address in self.addresses if address.kind == "fiscal"), None)

    @property
    def identity(self) -> Identity:
        """Names and tax ids, as a value."""
        return Identity(
            party_kind=PartyKind(self.party_kind),
            legal_name=self.legal_name,
            trade_name=self.trade_name,
            given_name=self.given_name,
            surname=self.surname,
            second_surname=self.second_surname,
            tax_id=self.tax_id,
            tax_id_kind=TaxIdKind(self.tax_id_kind) if self.tax_id_kind else None,
            tax_id_country=self.tax_id_country,
            vat_id=self.vat_id,
        )

    def take_identity(self, identity: Identity) -> None:
        """Store names and tax ids that were checked."""
        for name in identity.__slots__:
            value = getattr(identity, name)
            setattr(self, name, str(value) if value is not None else None)
        self.display_name = identity.display_name

    def index(self) -> None:
        """Renew what lists sort by and searches look through."""
        addresses = [email.address for email in self.emails]
        self.search_name = fold(self.display_name)
        self.search_text = searchable(
            self.display_name,
            self.trade_name,
            self.tax_id,
            self.vat_id,
            *addresses,
            self.vessel_names,
        )
