"""Dispatches, their recipients (which are the outbox), attempts and evidence."""

from collections.abc import Mapping
from datetime import datetime
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
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.contacts.models import Contact
from app.documents.links import Rights
from app.documents.models import DocumentRevision
from app.kernel.database import Base
from app.kernel.languages import is_tag
from app.organizations.models import Organization

RANKS: Mapping[str, int] = {
    "queued": 0,
    "held": 5,
    "uncertain": 15,
    "deferred": 20,
    "sent": 30,
    "delivered": 40,
    "failed": 50,
    "bounced": 60,
    "complained": 65,
    "cancelled": 70,
}
"""Higher wins; `opened` is a time, not a rank."""

EMAIL = "email"
"""The channel of what the worker sends; on every other one a person hands the link over."""

LINK = "link"
"""The kind of a message with a new link, which the client asked for: nobody sent the document
again."""

RECEIPT = "receipt"
"""The kind of a message that confirms a payment."""

REMINDER = "reminder"
"""The kind of a message that reminds of a document sent before."""

NOT_SENDINGS = frozenset({LINK, RECEIPT, REMINDER})
"""Kinds of message that do not send the document again."""


class Dispatch(Base):
    """One act of sending one frozen revision."""

    __tablename__ = "dispatches"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "document_id", "revision"],
            [
                DocumentRevision.organization_id,
                DocumentRevision.document_id,
                DocumentRevision.number,
            ],
        ),
        ForeignKeyConstraint(
            ["organization_id", "contact_id"], [Contact.organization_id, Contact.id]
        ),
        CheckConstraint("kind in ('first', 'resend', 'reminder', 'receipt', 'link')", name="kind"),
        CheckConstraint(
            "channel in ('email', 'link', 'whatsapp', 'sms', 'manual')", name="channel"
        ),
        CheckConstraint(
            "(kind = 'receipt') = (payment_id is not null)"
            " and (kind = 'receipt') = (paid is not null)",
            name="receipt",
        ),
        UniqueConstraint("organization_id", "payment_id"),
        Index("ix_dispatches_document", "organization_id", "document_id", "id"),
        Index("ix_dispatches_contact", "organization_id", "contact_id", "id"),
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    document_id: Mapped[UUID]
    revision: Mapped[int]
    contact_id: Mapped[UUID]
    kind: Mapped[str]
    channel: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    """The words staff wrote or accepted; the letter around them is ours."""
    body_text: Mapped[str]
    """The whole letter as staff may read it, `{link}` in the place of every link."""
    body_html: Mapped[str]
    language: Mapped[str]
    attach_pdf: Mapped[bool]
    reply_to: Mapped[str | None]
    send_at: Mapped[datetime | None]
    created_by: Mapped[UUID | None]
    created_by_name: Mapped[str]
    created_at: Mapped[datetime]
    cancelled_at: Mapped[datetime | None]
    payment_id: Mapped[UUID | None]
    """Whose receipt it is, each payment's once; payments are no part that this one may know."""
    paid: Mapped[dict[str, JsonValue] | None]
    """What the receipt says of the payment."""

    recipients: Mapped[list["Recipient"]] = relationship(
        back_populates="dispatch", order_by="Recipient.position", lazy="raise"
    )


class Recipient(Base):
    """One address, one message, one link; the row is the truth, a job its wake-up.

    Three axes are kept apart: `queue_state` is ours, `state` is what mail systems
    say and only rises in rank, `opened_at` is evidence of a person.
    """

    __tablename__ = "dispatch_recipients"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "dispatch_id"], ["dispatches.organization_id", "dispatches.id"]
        ),
        UniqueConstraint("organization_id", "dispatch_id", "address"),
        UniqueConstraint("organization_id", "message_id"),
        CheckConstraint("kind in ('to', 'cc')", name="kind"),
        CheckConstraint(
            "queue_state in ('ready', 'leased', 'done', 'dead', 'cancelled')", name="queue_state"
        ),
        Index(
            "ix_dispatch_recipients_due",
            "next_attempt_at",
            postgresql_where=text("queue_state in ('ready', 'leased')"),
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    dispatch_id: Mapped[UUID]
    position: Mapped[int]
    address: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    can_decide: Mapped[bool]
    can_pay: Mapped[bool]
    """What their links let them do: a contact person as the contact's record says."""
    message_id: Mapped[str]
    sealed_token: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The link's token, encrypted, until the message is built."""
    sealed_mime: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The message, encrypted; sent byte-identical on every attempt, dropped after."""
    mime_sha256: Mapped[str | None]

    queue_state: Mapped[str]
    attempts: Mapped[int]
    uncertain_count: Mapped[int]
    next_attempt_at: Mapped[datetime]
    deadline_at: Mapped[datetime]
    lease_owner: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    data_started_at: Mapped[datetime | None]
    """Set just before the bytes leave: a crash after it leaves doubt, before it none."""
    lost_leases: Mapped[int]
    """How often a worker was gone before any byte left; a message may kill it each time."""

    state: Mapped[str]
    state_rank: Mapped[int]
    state_at: Mapped[datetime]
    queued_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    opened_at: Mapped[datetime | None]
    last_viewed_at: Mapped[datetime | None]
    view_count: Mapped[int]
    last_error: Mapped[str | None]
    last_code: Mapped[int | None]

    dispatch: Mapped[Dispatch] = relationship(back_populates="recipients", lazy="raise")

    @property
    def delivery_state(self) -> str:
        """What is shown of the message."""
        return shown_state(self.state, self.opened_at)

    @property
    def rights(self) -> Rights:
        """What this addressee may do behind a link."""
        return Rights(can_decide=self.can_decide, can_pay=self.can_pay)

    def become(self, state: str, *, at: datetime) -> bool:
        """Take a state of higher rank; tell whether it changed.

        The same state heard of again keeps the earliest time; a lower one changes
        nothing, so the order in which news arrives does not matter.
        """
        rank = RANKS[state]
        if rank < self.state_rank or (rank == self.state_rank and state == self.state):
            return False
        self.state, self.state_rank, self.state_at = state, rank, at
        return True


def shown_state(state: str, opened_at: datetime | None) -> str:
    """Tell what is shown of a message: a person's visit says more than any mail system."""
    return "opened" if opened_at is not None else state


class Attempt(Base):
    """One talk with the relay and how it ended."""

    __tablename__ = "dispatch_attempts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "recipient_id"],
            ["dispatch_recipients.organization_id", "dispatch_recipients.id"],
        ),
        Index("ix_dispatch_attempts_recipient", "organization_id", "recipient_id", "id"),
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    recipient_id: Mapped[UUID]
    at: Mapped[datetime]
    outcome: Mapped[str]
    code: Mapped[int | None]
    text: Mapped[str]
    host: Mapped[str]
    is_encrypted: Mapped[bool | None]
    duration_ms: Mapped[int]


class Evidence(Base):
    """One raw signal about a message or a link, with our reading of it."""

    __tablename__ = "dispatch_evidence"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "recipient_id"],
            ["dispatch_recipients.organization_id", "dispatch_recipients.id"],
        ),
        CheckConstraint("verdict in ('human', 'machine', 'unknown')", name="verdict"),
        Index("ix_dispatch_evidence_recipient", "organization_id", "recipient_id", "id"),
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    recipient_id: Mapped[UUID]
    kind: Mapped[str]
    occurred_at: Mapped[datetime]
    source: Mapped[str]
    verdict: Mapped[str]
    explanation: Mapped[str]
    signals: Mapped[dict[str, JsonValue]]


class EmailTemplate(Base):
    """An organization's own words for one type of document, purpose and language."""

    __tablename__ = "email_templates"
    __table_args__ = (
        CheckConstraint(
            "document_type in ('quote', 'delivery_note', 'proforma', 'invoice')",
            name="document_type",
        ),
        CheckConstraint("purpose in ('first', 'resend', 'revision', 'reminder')", name="purpose"),
        CheckConstraint(is_tag("language"), name="language"),
        UniqueConstraint(
            "organization_id",
            "document_type",
            "purpose",
            "language",
            name="uq_email_templates_words",
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey(Organization.id), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    document_type: Mapped[str]
    purpose: Mapped[str]
    language: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int]
