"""Commercial actions and their kinds; what reminds of them, and shows them in a calendar."""

from datetime import date, datetime, time
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
from app.kernel.database import Base
from app.organizations.models import Organization, User

OPEN = ("pending", "in_progress")
"""States of what is still to be done."""

_IS_OPEN = "state in ('pending', 'in_progress')"


class ActionKind(Base):
    """What an organization calls a sort of action; actions name it by its code."""

    __tablename__ = "action_kinds"
    __table_args__ = (
        UniqueConstraint("organization_id", "code"),
        CheckConstraint("color ~ '^#[0-9a-f]{6}$'", name="color"),
        CheckConstraint("status in ('active', 'archived')", name="status"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey(Organization.id), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    name: Mapped[str]
    color: Mapped[str]
    status: Mapped[str]
    created_at: Mapped[datetime]
    version: Mapped[int]


class CommercialAction(Base):
    """Something to do for a contact, on a day, by a salesperson.

    The day and the hour are meant in `time_zone`, the salesperson's when it was planned;
    `due_at` is the instant they come to, from which on it is overdue.
    """

    __tablename__ = "commercial_actions"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "contact_id"], [Contact.organization_id, Contact.id]
        ),
        ForeignKeyConstraint(
            ["organization_id", "contact_person_id"],
            ["contact_persons.organization_id", "contact_persons.id"],
            ondelete="SET NULL (contact_person_id)",
        ),
        ForeignKeyConstraint(
            ["organization_id", "document_id"],
            ["documents.organization_id", "documents.id"],
            ondelete="SET NULL (document_id)",  # a draft that is deleted leaves its actions behind
        ),
        ForeignKeyConstraint(
            ["organization_id", "kind"], [ActionKind.organization_id, ActionKind.code]
        ),
        CheckConstraint("priority in ('low', 'normal', 'high')", name="priority"),
        CheckConstraint(
            "state in ('pending', 'in_progress', 'done', 'cancelled', 'rejected')", name="state"
        ),
        CheckConstraint(
            "outcome in ('reached', 'no_answer', 'interested', 'not_interested', 'won', 'lost', "
            "'rescheduled', 'other')",
            name="outcome",
        ),
        CheckConstraint("(state = 'done') = (outcome is not null)", name="done"),
        CheckConstraint(f"({_IS_OPEN}) = (closed_at is null)", name="closed"),
        CheckConstraint("duration_minutes > 0", name="duration"),
        CheckConstraint("(recurrence is null) = (recurs_from is null)", name="recurrence"),
        Index("ix_commercial_actions_due", "organization_id", "due_at", "id"),
        Index("ix_commercial_actions_contact", "organization_id", "contact_id", "due_at", "id"),
        Index("ix_commercial_actions_assigned", "organization_id", "assigned_to", "due_at", "id"),
        Index(
            "ix_commercial_actions_open",
            "organization_id",
            "due_at",
            postgresql_where=text(f"{_IS_OPEN} and overdue_told_at is null"),
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey(Organization.id), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[UUID]
    contact_person_id: Mapped[UUID | None]
    document_id: Mapped[UUID | None]
    kind: Mapped[str]
    subject: Mapped[str]
    description: Mapped[str]
    due_on: Mapped[date]
    due_time: Mapped[time | None]
    """None for the whole day."""
    duration_minutes: Mapped[int | None]
    time_zone: Mapped[str]
    due_at: Mapped[datetime]
    assigned_to: Mapped[UUID] = mapped_column(ForeignKey(User.id))
    priority: Mapped[str]
    reminders: Mapped[JsonValue] = mapped_column(nullable=False)
    """As asked for: `channel` and `minutes_before`; those to be told are rows of their own."""
    recurrence: Mapped[str | None]
    """An RRULE (RFC 5545); the next occurrence is born when this one is completed."""
    recurs_from: Mapped[date | None]
    """The first day of the rule."""
    occurs_on: Mapped[date]
    """Its day by the rule, wherever it was moved to."""

    state: Mapped[str]
    outcome: Mapped[str | None]
    note: Mapped[str | None]
    """What came of it, or why it is not done."""
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[UUID | None]
    closed_by_name: Mapped[str | None]
    reschedule_count: Mapped[int]
    overdue_told_at: Mapped[datetime | None]
    previous_action_id: Mapped[UUID | None]
    next_action_id: Mapped[UUID | None]
    next_occurrence_id: Mapped[UUID | None]

    created_by: Mapped[UUID | None]
    created_by_name: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 - SQLAlchemy's own form

    @property
    def is_open(self) -> bool:
        """Whether it is still to be done."""
        return self.state in OPEN

    def is_overdue(self, at: datetime) -> bool:
        """Tell whether it should have been done."""
        return self.is_open and self.due_at <= at


class ActionReminder(Base):
    """A reminder to be told once, of an action as it was planned then.

    The due instant is part of the key: an action that is moved is reminded of anew, one
    that is moved back is not reminded of twice.
    """

    __tablename__ = "action_reminders"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "action_id"],
            [CommercialAction.organization_id, CommercialAction.id],
        ),
        CheckConstraint("channel in ('notice', 'email')", name="channel"),
        Index(
            "ix_action_reminders_waiting",
            "organization_id",
            "remind_at",
            postgresql_where=text("told_at is null"),
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    action_id: Mapped[UUID] = mapped_column(primary_key=True)
    channel: Mapped[str] = mapped_column(primary_key=True)
    minutes_before: Mapped[int] = mapped_column(primary_key=True)
    due_at: Mapped[datetime] = mapped_column(primary_key=True)
    remind_at: Mapped[datetime]
    told_at: Mapped[datetime | None]


class AgendaLetter(Base):
    """A letter to a salesperson about their actions: of one to be reminded of, or of a day.

    The row is written before the letter, and its unique keys make it the only one. Once its
    bytes may have left it is not sent again: two reminders are worse than a lost one, since
    the notice stands in any case.
    """

    __tablename__ = "agenda_letters"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "action_id"],
            [CommercialAction.organization_id, CommercialAction.id],
        ),
        CheckConstraint(
            "num_nulls(action_id, minutes_before, due_at) in (0, 3)"
            " and (action_id is null) = (day is not null)",
            name="about",
        ),
        UniqueConstraint("organization_id", "action_id", "minutes_before", "due_at"),
        UniqueConstraint("organization_id", "user_id", "day"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey(Organization.id), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id))
    action_id: Mapped[UUID | None]
    minutes_before: Mapped[int | None]
    due_at: Mapped[datetime | None]
    day: Mapped[date | None]
    """Of a morning's letter: the salesperson's day."""
    created_at: Mapped[datetime]
    left_at: Mapped[datetime | None]
    """Its bytes may be gone from then on."""
    sent_at: Mapped[datetime | None]
    failure: Mapped[str | None]
    """Why it was not sent, or nobody knows; nothing more comes of it."""


class AgendaFeed(Base):
    """From the hash of a feed's secret to whose calendar it shows; one per user here."""

    __tablename__ = "agenda_feeds"
    __table_args__ = (UniqueConstraint("organization_id", "user_id"),)

    token_hash: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    organization_id: Mapped[UUID] = mapped_column(ForeignKey(Organization.id))
    user_id: Mapped[UUID] = mapped_column(ForeignKey(User.id))
    created_at: Mapped[datetime]
    version: Mapped[int]
