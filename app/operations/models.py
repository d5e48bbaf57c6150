"""Operations: work that takes longer than an answer may, and how far it has come."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base


class OperationKind(StrEnum):
    """What can take long."""

    EXPORT = "export"
    IMPORT = "import"
    BULK_DISPATCH = "bulk_dispatch"


class OperationState(StrEnum):
    """Where an operation stands; the last three are final."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = (OperationState.SUCCEEDED, OperationState.FAILED, OperationState.CANCELLED)
_UNDER_WAY = "state in ('queued', 'running')"


class Operation(Base):
    """One piece of long work, the row being the truth and its lease the only one.

    Attributes:
        parameters: What was asked for; the work reads nothing else.
        total: Rows there are to do; None until that is known.
        done: Rows looked at, those that failed among them.
        failed: Rows that could not be done.
        counts: What came of the rows, by the work's own words.
        reason: Why it failed, one of the published reasons.
        file_id: What it made, to be downloaded.
        principal: Who asked, and whose it is to read.
        attempt: Which run of the work this is; an earlier one that comes back is too late.
        leased_until: Until when the present run is waited for; None before the first.
    """

    __tablename__ = "operations"
    __table_args__ = (
        CheckConstraint(
            "state in ('queued', 'running', 'succeeded', 'failed', 'cancelled')", name="state"
        ),
        CheckConstraint("(state in ('queued', 'running')) = (ended_at is null)", name="ended"),
        CheckConstraint("(state = 'failed') = (reason is not null)", name="reason"),
        CheckConstraint("failed <= done", name="progress"),
        Index("ix_operations_principal", "organization_id", "principal", "id"),
        Index(
            "ix_operations_under_way", "organization_id", "id", postgresql_where=text(_UNDER_WAY)
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    state: Mapped[str]
    parameters: Mapped[dict[str, JsonValue]]
    total: Mapped[int | None]
    done: Mapped[int]
    failed: Mapped[int]
    counts: Mapped[dict[str, JsonValue]]
    reason: Mapped[str | None]
    file_id: Mapped[UUID | None]
    principal: Mapped[str]
    created_by: Mapped[UUID | None]
    created_by_name: Mapped[str]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    cancel_asked_at: Mapped[datetime | None]
    attempt: Mapped[int]
    leased_until: Mapped[datetime | None]

    @property
    def is_over(self) -> bool:
        """Whether nothing more becomes of it."""
        return self.state in ENDED


class OperationItem(Base):
    """One of the things an operation is to do, and what came of it.

    Attributes:
        subject_id: What it is about, such as a document.
        result_id: What came of it, such as a dispatch.
        reason: Why it could not be done: a published reason, or a fault's code.
    """

    __tablename__ = "operation_items"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "operation_id"],
            ["operations.organization_id", "operations.id"],
            ondelete="CASCADE",
        ),
        CheckConstraint("state in ('pending', 'done', 'failed')", name="state"),
        CheckConstraint("(state = 'failed') = (reason is not null)", name="reason"),
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    operation_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    subject_id: Mapped[UUID]
    state: Mapped[str]
    result_id: Mapped[UUID | None]
    reason: Mapped[str | None]
