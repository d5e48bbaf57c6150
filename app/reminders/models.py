"""Policies of reminding, and what was decided of every step of every document."""

from datetime import date, datetime, time
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.dispatch.models import Dispatch
from app.documents.models import Document
from app.kernel.database import Base
from app.organizations.models import Organization


class ReminderPolicy(Base):
    """When to remind of one type of document; each type has one in force at most."""

    __tablename__ = "reminder_policies"
    __table_args__ = (
        CheckConstraint("document_type in ('quote', 'proforma', 'invoice')", name="document_type"),
        CheckConstraint("status in ('active', 'paused')", name="status"),
        CheckConstraint("send_from < send_until", name="hours"),
        Index(
            "uq_reminder_policies_active",
            "organization_id",
            "document_type",
            unique=True,
            postgresql_where=text("status = 'active'"),
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey(Organization.id), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    document_type: Mapped[str]
    steps: Mapped[JsonValue] = mapped_column(nullable=False)
    """Days after the deadline, negative before it, in order."""
    attach_pdf: Mapped[bool]
    send_from: Mapped[time]
    send_until: Mapped[time]
    """Between which hours of a day of work, by the organization's clock."""
    status: Mapped[str]
    active_since: Mapped[date | None]
    """Steps due before the day it came into force are none."""
    created_at: Mapped[datetime]
    version: Mapped[int]


class Reminder(Base):
    """What became of one step of one document, decided once."""

    __tablename__ = "reminders"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "document_id"], [Document.organization_id, Document.id]
        ),
        ForeignKeyConstraint(
            ["organization_id", "dispatch_id"], [Dispatch.organization_id, Dispatch.id]
        ),
        CheckConstraint("(dispatch_id is null) = (reason is not null)", name="reason"),
        Index("ix_reminders_contact", "organization_id", "contact_id", "decided_on"),
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    document_id: Mapped[UUID] = mapped_column(primary_key=True)
    deadline: Mapped[date] = mapped_column(primary_key=True)
    """The day it is about: a quote that is extended begins anew."""
    offset_days: Mapped[int] = mapped_column(primary_key=True)
    contact_id: Mapped[UUID]
    policy_id: Mapped[UUID]
    """Opaque: a policy may be deleted, what it did stays."""
    dispatch_id: Mapped[UUID | None]
    reason: Mapped[str | None]
    """Why nothing was sent."""
    decided_on: Mapped[date]
    """The day in the organization's zone."""
    decided_at: Mapped[datetime]
