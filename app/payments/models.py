"""Payments, their refunds, and the double-entry ledger that says what was paid."""

from datetime import date, datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.contacts.models import Contact
from app.documents.models import Document
from app.kernel.database import Base
from app.kernel.money import Money
from app.organizations.models import Organization

LIVE = ("created", "redirected", "awaiting_funds")
"""States in which a payment may still bring money without anybody doing more here."""


class Payment(Base):
    """One payment of one document: an intent until it succeeds, a collection from then on."""

    __tablename__ = "payments"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "document_id"], [Document.organization_id, Document.id]
        ),
        CheckConstraint(
            "method in ('card', 'pay_by_bank', 'bank_transfer', 'cash', 'card_terminal', 'credit')",
            name="method",
        ),
        CheckConstraint(
            "state in ('created', 'redirected', 'awaiting_funds', 'succeeded', 'failed', "
            "'cancelled', 'expired', 'frozen')",
            name="state",
        ),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("installment_no >= 1", name="installment"),
        CheckConstraint("reviewed_at is null or review_reason is not null", name="review"),
        CheckConstraint("(state = 'succeeded') = (settled_at is not null)", name="settled"),
        UniqueConstraint("organization_id", "reference"),
        UniqueConstraint("organization_id", "provider_id"),
        Index(
            "uq_payments_live",
            "organization_id",
            "document_id",
            "installment_no",
            unique=True,
            postgresql_where=text("state in ('created', 'redirected', 'awaiting_funds')"),
        ),
        Index("ix_payments_document", "organization_id", "document_id", "id"),
        Index(
            "ix_payments_check",
            "organization_id",
            "check_at",
            postgresql_where=text("check_at is not null"),
        ),
        Index(
            "ix_payments_review",
            "organization_id",
            "id",
            postgresql_where=text("review_reason is not null and reviewed_at is null"),
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey(Organization.id), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    document_id: Mapped[UUID]
    installment_no: Mapped[int]
    method: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    state: Mapped[str]
    reference: Mapped[str | None]
    """Ours, given to the provider before anything else; None for what staff noted."""
    provider_id: Mapped[str | None]
    """The provider's transaction, booked once."""
    recipient_id: Mapped[UUID | None]
    """Whose link it was started from."""
    failure: Mapped[str | None]
    """Why it failed, in the acquirer's words; for staff."""
    review_reason: Mapped[str | None]
    """Why a person has to look, such as `overpaid`; kept after somebody did."""
    reviewed_at: Mapped[datetime | None]
    reviewed_by_name: Mapped[str | None]
    review_note: Mapped[str | None]
    received_on: Mapped[date | None]
    """The day the money was received, as staff say it."""
    note: Mapped[str]
    created_by: Mapped[UUID | None]
    created_by_name: Mapped[str]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    check_at: Mapped[datetime | None]
    """When the provider is asked again if nothing is heard; None for never."""
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form

    @property
    def amount(self) -> Money:
        """What is paid, or meant to be."""
        return Money(self.amount_minor, self.currency)

    @property
    def needs_review(self) -> bool:
        """Whether a person has yet to look at it."""
        return self.review_reason is not None and self.reviewed_at is None


class Refund(Base):
    """Money of a payment given back, whole or in part."""

    __tablename__ = "refunds"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "payment_id"], [Payment.organization_id, Payment.id]
        ),
        CheckConstraint("state in ('queued', 'pending', 'succeeded', 'failed')", name="state"),
        CheckConstraint("amount_minor > 0", name="amount"),
        UniqueConstraint("organization_id", "provider_id"),
        Index("ix_refunds_payment", "organization_id", "payment_id", "id"),
        Index(
            "ix_refunds_check",
            "organization_id",
            "check_at",
            postgresql_where=text("check_at is not null"),
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str]
    provider_id: Mapped[str | None]
    """The provider's transaction; None for what is given back outside the service."""
    failure: Mapped[str | None]
    """Why it failed, in the provider's words; for staff."""
    created_by: Mapped[UUID | None]
    created_by_name: Mapped[str]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    check_at: Mapped[datetime | None]
    """When the provider is asked, or asked again; None for never."""
    leased_until: Mapped[datetime | None]
    """Some process is asking the provider until then, and no other may."""

    @property
    def amount(self) -> Money:
        """What is given back."""
        return Money(self.amount_minor, self.currency)

    @property
    def reference(self) -> str:
        """Ours, one word that the provider keeps beside the refund."""
        return self.id.hex


class Dispute(Base):
    """Money of a card payment that the payer's bank took back, and perhaps gave back again."""

    __tablename__ = "disputes"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "payment_id"], [Payment.organization_id, Payment.id]
        ),
        CheckConstraint("state in ('open', 'won')", name="state"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint(
            "(state = 'won') = (won_provider_id is not null)"
            " and (state = 'won') = (won_at is not null)",
            name="won",
        ),
        UniqueConstraint("organization_id", "provider_id"),
        UniqueConstraint("organization_id", "won_provider_id"),
        Index("ix_disputes_payment", "organization_id", "payment_id", "id"),
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    payment_id: Mapped[UUID]
    provider_id: Mapped[str]
    """The provider's transaction that took the money back, booked once."""
    amount_minor: Mapped[int]
    currency: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str]
    opened_at: Mapped[datetime]
    won_provider_id: Mapped[str | None]
    """The provider's transaction that brought it again."""
    won_at: Mapped[datetime | None]

    @property
    def amount(self) -> Money:
        """What was taken back."""
        return Money(self.amount_minor, self.currency)


class PayoutAccount(Base):
    """A bank account of the organization that it may be paid out to, once it is verified."""

    __tablename__ = "payout_accounts"
    __table_args__ = (
        CheckConstraint("state in ('pending', 'active', 'rejected', 'disabled')", name="state"),
        UniqueConstraint("organization_id", "iban"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey(Organization.id), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    iban: Mapped[str]
    """Never changed: another IBAN is another account."""
    holder: Mapped[str]
    state: Mapped[str]
    provider_id: Mapped[str | None]
    """The provider's, once it was told of the account."""
    failure: Mapped[str | None]
    """Why it was rejected, in the provider's words; for staff."""
    created_by: Mapped[UUID | None]
    created_by_name: Mapped[str]
    created_at: Mapped[datetime]
    check_at: Mapped[datetime | None]
    """When the provider is asked again; None for never."""


class Payout(Base):
    """Money sent from the wallet to the organization's own bank account."""

    __tablename__ = "payouts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "payout_account_id"],
            [PayoutAccount.organization_id, PayoutAccount.id],
        ),
        CheckConstraint("state in ('pending', 'succeeded', 'failed')", name="state"),
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("(state = 'pending') = (settled_at is null)", name="settled"),
        UniqueConstraint("organization_id", "provider_id"),
        Index(
            "ix_payouts_check",
            "organization_id",
            "check_at",
            postgresql_where=text("check_at is not null"),
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey(Organization.id), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    payout_account_id: Mapped[UUID]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    state: Mapped[str]
    provider_id: Mapped[str | None]
    """The provider's transaction."""
    failure: Mapped[str | None]
    """Why it failed, in the provider's words; for staff."""
    created_by: Mapped[UUID | None]
    created_by_name: Mapped[str]
    created_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
    """When it was heard that it arrived, or came back."""
    check_at: Mapped[datetime | None]
    """When the provider is asked, or asked again; None for never."""
    leased_until: Mapped[datetime | None]
    """Some process is asking the provider until then, and no other may."""

    @property
    def amount(self) -> Money:
        """What is paid out."""
        return Money(self.amount_minor, self.currency)

    @property
    def reference(self) -> str:
        """Ours, by which the provider finds it again."""
        return self.id.hex


class Journal(Base):
    """One movement of money, booked once; a trigger refuses any change."""

    __tablename__ = "journals"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "payment_id"], [Payment.organization_id, Payment.id]
        ),
        ForeignKeyConstraint(["organization_id", "refund_id"], [Refund.organization_id, Refund.id]),
        ForeignKeyConstraint(
            ["organization_id", "dispute_id"], [Dispute.organization_id, Dispute.id]
        ),
        ForeignKeyConstraint(["organization_id", "payout_id"], [Payout.organization_id, Payout.id]),
        CheckConstraint(
            "kind in ('collection', 'refund', 'reversal', 'chargeback', 'chargeback_won', "
            "'credit', 'correction', 'move', 'payout', 'payout_arrived', 'payout_returned')",
            name="kind",
        ),
        CheckConstraint(
            "(kind in ('credit', 'correction', 'payout', 'payout_arrived', 'payout_returned'))"
            " = (payment_id is null)",
            name="payment",
        ),
        CheckConstraint(
            "(kind in ('payout', 'payout_arrived', 'payout_returned')) = (payout_id is not null)",
            name="payout",
        ),
        CheckConstraint("(kind = 'refund') = (refund_id is not null)", name="refund"),
        CheckConstraint(
            "(kind in ('chargeback', 'chargeback_won')) = (dispute_id is not null)",
            name="dispute",
        ),
        UniqueConstraint("organization_id", "refund_id"),
        UniqueConstraint("organization_id", "dispute_id", "kind"),
        UniqueConstraint("organization_id", "payout_id", "kind"),
        Index(
            "uq_journals_collection",
            "organization_id",
            "payment_id",
            unique=True,
            postgresql_where=text("kind = 'collection'"),
        ),
        Index(
            "uq_journals_reversal",
            "organization_id",
            "payment_id",
            unique=True,
            postgresql_where=text("kind = 'reversal'"),
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    payment_id: Mapped[UUID | None]
    """None for a payout, and where no money moved: what a document got beyond its sum became
    credit, or was needed again; or a corrective invoice took off what was due."""
    refund_id: Mapped[UUID | None]
    dispute_id: Mapped[UUID | None]
    payout_id: Mapped[UUID | None]
    booked_at: Mapped[datetime]


class LedgerEntry(Base):
    """One side of a journal: a debit is positive, a credit negative; a journal sums to zero."""

    __tablename__ = "ledger_entries"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "journal_id"], [Journal.organization_id, Journal.id]
        ),
        ForeignKeyConstraint(
            ["organization_id", "document_id"], [Document.organization_id, Document.id]
        ),
        ForeignKeyConstraint(
            ["organization_id", "contact_id"], [Contact.organization_id, Contact.id]
        ),
        CheckConstraint(
            "account in ('receivable', 'credit', 'bank', 'cash', 'card_terminal', 'provider', "
            "'loss', 'payout', 'correction')",
            name="account",
        ),
        CheckConstraint(
            "(account in ('receivable', 'credit')) = (document_id is not null)", name="document"
        ),
        CheckConstraint("(account = 'credit') = (contact_id is not null)", name="contact"),
        CheckConstraint("amount_minor <> 0", name="amount"),
        Index(
            "ix_ledger_entries_provider",
            "organization_id",
            "currency",
            postgresql_include=["amount_minor"],
            postgresql_where=text("account = 'provider'"),
        ),
        Index(
            "ix_ledger_entries_document",
            "organization_id",
            "document_id",
            postgresql_where=text("document_id is not null"),
        ),
        Index(
            "ix_ledger_entries_contact",
            "organization_id",
            "contact_id",
            postgresql_where=text("contact_id is not null"),
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    journal_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    account: Mapped[str]
    document_id: Mapped[UUID | None]
    """What is owed for; of credit, where it was paid too much."""
    contact_id: Mapped[UUID | None]
    """Whose credit it is."""
    amount_minor: Mapped[int]
    currency: Mapped[str]


class PaymentAccount(Base):
    """Whether the provider lets an organization be paid, as it said when last asked."""

    __tablename__ = "payment_accounts"
    __table_args__ = (
        CheckConstraint(
            "state in ('not_started', 'awaiting_information', 'under_analysis', 'accepted', "
            "'update_requested', 'rejected', 'denied', 'blocked')",
            name="state",
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey(Organization.id), primary_key=True)
    wallet: Mapped[str]
    """Our name of its wallet at the provider, never changed."""
    state: Mapped[str]
    can_receive: Mapped[bool]
    """The wallet exists, its papers are in order, and nothing restricts it."""
    provider_account_id: Mapped[str | None]
    onboarding_id: Mapped[str | None]
    requirements: Mapped[JsonValue] = mapped_column(nullable=False)
    restrictions: Mapped[list[str]]
    sealed_application: Mapped[bytes] = mapped_column(LargeBinary)
    """What it applied with: it names a person and their birth date."""
    transfer_account: Mapped[JsonValue | None]
    """The wallet's own IBAN, once opened: `{iban, bic, holder}`."""
    checked_at: Mapped[datetime | None]
    created_by: Mapped[UUID | None]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form


class Paper(Base):
    """A paper for the provider, handed in here or on its own pages, and what became of it.

    Its bytes are here only until the provider has them: it must keep them by law, we must
    not. What stays is who handed in what, when, and its hash.
    """

    __tablename__ = "papers"
    __table_args__ = (
        ForeignKeyConstraint(["organization_id"], [PaymentAccount.organization_id]),
        CheckConstraint(
            "state in ('waiting', 'under_review', 'accepted', 'refused')", name="state"
        ),
        CheckConstraint("(sealed is not null) = (state = 'waiting')", name="sealed"),
        CheckConstraint("(state = 'refused') = (fault is not null)", name="fault"),
        UniqueConstraint("organization_id", "provider_id"),
        Index(
            "ix_papers_check",
            "organization_id",
            "check_at",
            postgresql_where=text("check_at is not null"),
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    requirement_id: Mapped[str | None]
    """Which of the provider's requirements it answers, if any."""
    kind: Mapped[str]
    state: Mapped[str]
    """`waiting` until the provider has it."""
    fault: Mapped[str | None]
    """Why it was refused, a `PaperFault`."""
    comment: Mapped[str]
    """The provider's own words about it."""
    name: Mapped[str]
    """As the file was called; empty for one handed in on the provider's pages."""
    content_type: Mapped[str | None]
    size_bytes: Mapped[int | None]
    sha256: Mapped[str | None]
    """Of the file as it came."""
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    provider_id: Mapped[str | None]
    created_by: Mapped[UUID | None]
    created_by_name: Mapped[str]
    created_at: Mapped[datetime]
    delivered_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    check_at: Mapped[datetime | None]
    """When it is handed over, or tried again; None for never."""
    leased_until: Mapped[datetime | None]
    """Some process is handing it over until then, and no other may; past after an attempt."""


class Wallet(Base):
    """From a wallet's name to its organization: a routing table."""

    __tablename__ = "wallets"

    name: Mapped[str] = mapped_column(primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey(Organization.id))


class ProviderCall(Base):
    """A call of the provider as it came; it is a hint of where to look, never the truth."""

    __tablename__ = "provider_calls"
    __table_args__ = (
        UniqueConstraint("organization_id", "key"),
        CheckConstraint("state in ('new', 'done', 'ignored')", name="state"),
        Index(
            "ix_provider_calls_new",
            "organization_id",
            "received_at",
            postgresql_where=text("state = 'new'"),
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey(Organization.id), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str]
    """The same for a repetition of the same call."""
    category: Mapped[str]
    content_type: Mapped[str]
    query: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    source: Mapped[str]
    received_at: Mapped[datetime]
    state: Mapped[str]
    handled_at: Mapped[datetime | None]


class StrayCall(Base):
    """A call that names no wallet of ours, kept for the operator."""

    __tablename__ = "stray_calls"
    __table_args__ = (
        Index(
            "ix_stray_calls_warnings",
            "received_at",
            postgresql_where=text("kind in ('low_balance', 'low_iban_stock')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    category: Mapped[str]
    kind: Mapped[str]
    """What our reading of it says it is about (`HintKind`)."""
    content_type: Mapped[str]
    query: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    source: Mapped[str]
    received_at: Mapped[datetime]


class UnmatchedTransfer(Base):
    """A transfer that arrived and that nobody awaited; a person says whose it is."""

    __tablename__ = "unmatched_transfers"
    __table_args__ = (
        UniqueConstraint("organization_id", "provider_id"),
        ForeignKeyConstraint(
            ["organization_id", "payment_id"], [Payment.organization_id, Payment.id]
        ),
        Index(
            "ix_unmatched_transfers_waiting",
            "organization_id",
            "id",
            postgresql_where=text("payment_id is null"),
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey(Organization.id), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    provider_id: Mapped[str]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    text: Mapped[str]
    received_at: Mapped[datetime]
    payment_id: Mapped[UUID | None]
    """What it became, once matched."""

    @property
    def amount(self) -> Money:
        """What arrived."""
        return Money(self.amount_minor, self.currency)


class ProviderDifference(Base):
    """A transaction on which the provider and we do not agree; kept for a person, never mended."""

    __tablename__ = "provider_differences"
    __table_args__ = (
        CheckConstraint("kind in ('unknown_here', 'amount_differs', 'missing_there')", name="kind"),
        UniqueConstraint("organization_id", "provider_id", "kind"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey(Organization.id), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    provider_id: Mapped[str]
    ours_minor: Mapped[int | None]
    """What is booked here; None for nothing."""
    theirs_minor: Mapped[int | None]
    """What the provider says; None for nothing."""
    found_at: Mapped[datetime]
