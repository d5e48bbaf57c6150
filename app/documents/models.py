"""Documents, their frozen revisions, their numbers and their decisions."""

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Numeric,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.contacts.models import Contact
from app.documents.layout_models import DocumentLayout
from app.kernel.database import Base
from app.kernel.money import Money
from app.organizations.models import IssuerProfile, Organization, User
from app.vessels.models import Vessel

_WORDS = """
folded(coalesce(number || ' ' || regexp_replace(number, '[^[:alnum:]]', '', 'g') || ' ', '')
       || title)
"""
_TYPES = "type in ('quote', 'delivery_note', 'proforma', 'invoice')"


class NumberSeries(Base):
    """A run of numbers for one type of document."""

    __tablename__ = "number_series"
    __table_args__ = (
        CheckConstraint(_TYPES, name="type"),
        CheckConstraint("reset_policy in ('yearly', 'never')", name="reset_policy"),
        UniqueConstraint("organization_id", "type", "pattern"),
        CheckConstraint(
            "invoice_kind is null or "
            "(invoice_kind in ('simplified', 'corrective') and type = 'invoice')",
            name="invoice_kind",
        ),
        ForeignKeyConstraint(
            ["organization_id", "issuer_profile_id"],
            [IssuerProfile.organization_id, IssuerProfile.id],
        ),
        CheckConstraint("status in ('active', 'archived')", name="status"),
        CheckConstraint("status = 'active' or not is_default", name="default"),
        Index(
            "uq_number_series_default",
            "organization_id",
            "type",
            text("coalesce(invoice_kind, '')"),
            unique=True,
            postgresql_where=text("is_default"),
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey(Organization.id), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    type: Mapped[str]
    invoice_kind: Mapped[str | None]
    """`simplified` and `corrective`, whose numbers are their own (ROF 6.1.a, 7.1.a); None for
    all others."""
    name: Mapped[str]
    pattern: Mapped[str]
    reset_policy: Mapped[str]
    default_notes: Mapped[str]
    is_default: Mapped[bool]
    issuer_profile_id: Mapped[UUID | None]
    """Under whose letterhead it issues; None for the organization's own."""
    status: Mapped[str]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()


class SeriesCounter(Base):
    """The last number a series gave in a year; year 0 when it never starts over."""

    __tablename__ = "series_counters"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "series_id"], ["number_series.organization_id", "number_series.id"]
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    series_id: Mapped[UUID] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]
    last_issue_date: Mapped[date]


class Document(Base):
    """A document from draft on: what can change, and the projections lists are made of."""

    __tablename__ = "documents"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "contact_id"], [Contact.organization_id, Contact.id]
        ),
        ForeignKeyConstraint(
            ["organization_id", "series_id"], ["number_series.organization_id", "number_series.id"]
        ),
        ForeignKeyConstraint(
            ["organization_id", "layout_id"], [DocumentLayout.organization_id, DocumentLayout.id]
        ),
        ForeignKeyConstraint(["organization_id", "vessel_id"], [Vessel.organization_id, Vessel.id]),
        ForeignKeyConstraint(
            ["organization_id", "revises_id"], ["documents.organization_id", "documents.id"]
        ),
        CheckConstraint(_TYPES, name="type"),
        CheckConstraint("(type = 'invoice') = (invoice_kind is not null)", name="invoice_kind"),
        CheckConstraint(
            "issue_state in ('draft', 'issued', 'superseded', 'voided')", name="issue_state"
        ),
        CheckConstraint("decision in ('pending', 'accepted', 'rejected')", name="decision"),
        CheckConstraint(
            "delivery_state in ('not_sent', 'queued', 'sent', 'deferred', 'delivered', "
            "'opened', 'failed')",
            name="delivery_state",
        ),
        CheckConstraint(
            "(issue_state = 'draft' and revises_id is null) = (number is null) and "
            "(issue_state = 'draft') = (issue_date is null) and "
            "(number is null) = (revision = 0)",
            name="number",
        ),
        CheckConstraint("revises_id is null or issue_state = 'draft'", name="revises"),
        CheckConstraint("revises_id is null or type <> 'invoice'", name="revised"),
        CheckConstraint(
            "coalesce(invoice_kind = 'corrective', false) = (correction is not null)",
            name="correction",
        ),
        CheckConstraint("paid_minor >= 0", name="paid"),
        Index(
            "uq_documents_organization_id_type_number",
            "organization_id",
            "type",
            "number",
            unique=True,
            postgresql_where=text("revises_id is null"),
        ),
        Index(
            "uq_documents_revises",
            "organization_id",
            "revises_id",
            unique=True,
            postgresql_where=text("revises_id is not null"),
        ),
        Index(
            "ix_documents_vessel",
            "organization_id",
            "vessel_id",
            "listed_on",
            "id",
            postgresql_where=text("vessel_id is not null"),
        ),
        Index("ix_documents_contact", "organization_id", "contact_id", "listed_on", "id"),
        Index("ix_documents_listed", "organization_id", "listed_on", "id"),
        Index("ix_documents_created", "organization_id", "created_at", "id"),
        Index("ix_documents_contact_created", "organization_id", "contact_id", "created_at", "id"),
        Index("ix_documents_status", "organization_id", "status", "listed_on", "id"),
        Index("ix_documents_total", "organization_id", "total_minor", "id"),
        Index(
            "ix_documents_words",
            "organization_id",
            "words",
            postgresql_using="gin",
            postgresql_ops={"words": "gin_trgm_ops"},
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey(Organization.id), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    type: Mapped[str]
    invoice_kind: Mapped[str | None]
    series_id: Mapped[UUID | None]
    layout_id: Mapped[UUID | None]
    """How it is to be printed; None for the default of its type."""
    contact_id: Mapped[UUID]
    vessel_id: Mapped[UUID | None]
    revises_id: Mapped[UUID | None]
    """Of the draft of a revision: the issued document it is to take the place of."""
    salesperson_id: Mapped[UUID | None] = mapped_column(ForeignKey(User.id))
    title: Mapped[str]
    notes: Mapped[str]
    language: Mapped[str]
    currency: Mapped[str]
    valid_until: Mapped[date | None]
    due_date: Mapped[date | None]
    operation_date: Mapped[date | None]
    deposit_percent: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    withholding_rate: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    discount_kind: Mapped[str | None]
    discount_value: Mapped[Decimal | None] = mapped_column(Numeric(18, 6))
    prices_include_tax: Mapped[bool]
    """The lines' prices are with their tax and surcharge."""
    disbursements: Mapped[JsonValue]
    deductions: Mapped[JsonValue] = mapped_column(nullable=False)
    """What advance invoices have asked for already, group by group."""
    correction: Mapped[JsonValue | None] = mapped_column(JSONB(none_as_null=True))
    """Of a corrective invoice: which one it corrects, how and why."""
    installments: Mapped[JsonValue] = mapped_column(
        default=list, server_default=text("'[]'::jsonb"), nullable=False
    )
    """The payment plan as written; empty for one due date."""
    next_due_on: Mapped[date | None]
    """Of an issued document with a plan: when the first part that is not paid falls due."""

    taxable_base_minor: Mapped[int]
    tax_minor: Mapped[int]
    total_minor: Mapped[int]
    advances_minor: Mapped[int]
    """Of the money taken for the documents it was made from, what it counts as its own."""
    payable_minor: Mapped[int]
    paid_minor: Mapped[int]
    """What payments brought, and corrective invoices took off."""
    credited_minor: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    """What of it corrective invoices took off: nobody paid it."""
    breakdown: Mapped[dict[str, JsonValue]]
    """Taxes and withholdings as shown; recomputed with the lines, frozen at issue."""

    number: Mapped[str | None]
    issue_date: Mapped[date | None]
    listed_on: Mapped[date]
    """The issue date, or the day of creation while there is none: what lists sort by."""
    revision: Mapped[int]
    issue_state: Mapped[str]
    delivery_state: Mapped[str]
    was_sent: Mapped[bool]
    """Some relay accepted a message of the current revision, whatever came later."""
    has_delivery_problem: Mapped[bool]
    dispatch_count: Mapped[int]
    last_dispatched_at: Mapped[datetime | None]
    decision: Mapped[str]
    payment_state: Mapped[str]
    is_commented: Mapped[bool]
    is_converted: Mapped[bool]
    """Another document, be it a draft, took its place."""
    is_corrected: Mapped[bool] = mapped_column(default=False, server_default=text("false"))
    """A corrective invoice of it was issued."""
    is_billed: Mapped[bool]
    """An invoice, be it a draft, asks for its money or a part of it."""
    status: Mapped[str]
    badges: Mapped[list[str]]
    pdf_state: Mapped[str]
    pdf_sha256: Mapped[str | None]

    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()
    words: Mapped[str] = mapped_column(Computed(_WORDS), deferred=True)
    """What searches look through: number, with and without its signs, and title, folded."""

    lines: Mapped[list["DocumentLine"]] = relationship(
        back_populates="document",
        cascade="all, delete-orphan",
        order_by="DocumentLine.position",
        lazy="raise",
    )

    __mapper_args__ = {  # noqa: RUF012 - SQLAlchemy's own form
        "version_id_col": version,
        "eager_defaults": False,  # nobody reads the words back
    }

    def money(self, amount_minor: int) -> Money:
        """Give an amount in the document's currency."""
        return Money(amount_minor, self.currency)

    @property
    def total(self) -> Money:
        """Bases, taxes and surcharges."""
        return self.money(self.total_minor)

    @property
    def falls_due_on(self) -> date | None:
        """From the day after it, what is not paid is late."""
        return self.next_due_on or self.due_date

    @property
    def collected(self) -> Money:
        """What was paid for it in money."""
        return self.money(self.paid_minor - self.credited_minor)

    @property
    def due(self) -> Money:
        """What is left to pay."""
        return self.money(self.payable_minor - self.paid_minor)


class DocumentLink(Base):
    """That one document came out of another; gone with a draft that is deleted."""

    __tablename__ = "document_links"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "source_id"],
            ["documents.organization_id", "documents.id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["organization_id", "target_id"],
            ["documents.organization_id", "documents.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint(
            "kind in ('converted', 'advance_of', 'deducts', 'copied', 'corrects')", name="kind"
        ),
        CheckConstraint("source_id <> target_id", name="two"),
        UniqueConstraint("organization_id", "payment_id"),
        Index("ix_document_links_target", "organization_id", "target_id"),
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    source_id: Mapped[UUID] = mapped_column(primary_key=True)
    target_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    """`converted`: took its place; `advance_of`: bills a part of it in advance; `deducts`:
    takes an advance invoice off; `copied`: was written after it; `corrects`: corrects it."""
    payment_id: Mapped[UUID | None]
    """The payment that brought it about, opaque here; each brings about one at most."""
    created_at: Mapped[datetime]


class DocumentLine(Base):
    """A line of a draft; a revision keeps its own copy."""

    __tablename__ = "document_lines"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "document_id"],
            ["documents.organization_id", "documents.id"],
            ondelete="CASCADE",
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    document_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    description: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(Numeric(18, 6))
    unit: Mapped[str]
    unit_price: Mapped[Decimal] = mapped_column(Numeric(18, 6))
    discount_percent: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    tax_kind: Mapped[str]
    tax_rate: Mapped[Decimal] = mapped_column(Numeric(5, 2))
    tax_treatment: Mapped[str]
    exemption_cause: Mapped[str | None]
    surcharge_rate: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    withholding_rate: Mapped[Decimal | None] = mapped_column(Numeric(5, 2))
    net_minor: Mapped[int]

    document: Mapped[Document] = relationship(back_populates="lines", lazy="raise")


class DocumentRevision(Base):
    """What was issued, once and for ever; a trigger refuses any change."""

    __tablename__ = "document_revisions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "document_id"], ["documents.organization_id", "documents.id"]
        ),
        Index(
            "uq_document_revisions_draft",
            "organization_id",
            "draft_id",
            unique=True,
            postgresql_where=text("draft_id is not null"),
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    document_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[UUID]
    language: Mapped[str]
    currency: Mapped[str]
    total_minor: Mapped[int]
    payable_minor: Mapped[int]
    issue_date: Mapped[date]
    valid_until: Mapped[date | None]
    snapshot: Mapped[JsonValue]
    snapshot_sha256: Mapped[str]
    draft_id: Mapped[UUID | None]
    """The id it had as a draft beside the revision before it."""
    issued_at: Mapped[datetime]
    issued_by: Mapped[UUID | None]


class DocumentPdf(Base):
    """The bytes of a revision, inserted once; a trigger refuses any change."""

    __tablename__ = "document_pdfs"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "document_id", "revision"],
            [
                "document_revisions.organization_id",
                "document_revisions.document_id",
                "document_revisions.number",
            ],
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    document_id: Mapped[UUID] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str]
    content: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]


class Decision(Base):
    """One answer to a revision; the last one counts, all are kept."""

    __tablename__ = "decisions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "document_id", "revision"],
            [
                "document_revisions.organization_id",
                "document_revisions.document_id",
                "document_revisions.number",
            ],
        ),
        UniqueConstraint("organization_id", "document_id", "revision", "sequence"),
        UniqueConstraint("organization_id", "position"),
        CheckConstraint("kind in ('accepted', 'rejected', 'withdrawn')", name="kind"),
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    document_id: Mapped[UUID]
    revision: Mapped[int]
    sequence: Mapped[int]
    kind: Mapped[str]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str]
    channel: Mapped[str]
    comment: Mapped[str | None]
    pdf_sha256: Mapped[str]
    evidence: Mapped[dict[str, JsonValue]]
    decided_at: Mapped[datetime]
    position: Mapped[int | None]
    previous_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    hash: Mapped[bytes | None] = mapped_column(LargeBinary)


class ClientLink(Base):
    """What a link lets its holder do with one revision of one document."""

    __tablename__ = "client_links"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "document_id", "revision"],
            [
                "document_revisions.organization_id",
                "document_revisions.document_id",
                "document_revisions.number",
            ],
        ),
        Index("ix_client_links_document", "organization_id", "document_id"),
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    document_id: Mapped[UUID]
    revision: Mapped[int]
    recipient_id: Mapped[UUID]
    """Whose link it is; opaque here, a dispatch's recipient above."""
    can_decide: Mapped[bool]
    can_pay: Mapped[bool]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    @property
    def can_only_read(self) -> bool:
        """Whether its holder may neither answer nor pay."""
        return not (self.can_decide or self.can_pay)


class LinkToken(Base):
    """From a link's hash to its organization and link: a routing table."""

    __tablename__ = "link_tokens"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "link_id"], ["client_links.organization_id", "client_links.id"]
        ),
    )

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    organization_id: Mapped[UUID]
    link_id: Mapped[UUID]
