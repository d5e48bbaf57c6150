"""The append-only record of what happened."""

from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base


class Event(Base):
    """One fact; never updated but for its place in the hash chain, never deleted.

    `position`, `previous_hash` and `hash` are filled in after commit by one
    sequencing job, so no write waits for a chain.
    """

    __tablename__ = "events"
    __table_args__ = (
        UniqueConstraint("organization_id", "position"),
        Index("ix_events_contact", "organization_id", "contact_id", "occurred_at", "id"),
        Index("ix_events_document", "organization_id", "document_id", "occurred_at", "id"),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    group: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    actor_kind: Mapped[str]
    actor_id: Mapped[UUID | None]
    actor_name: Mapped[str]
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    contact_id: Mapped[UUID | None]
    document_id: Mapped[UUID | None]
    vessel_id: Mapped[UUID | None]
    visibility: Mapped[str]
    payload: Mapped[dict[str, JsonValue]]
    position: Mapped[int | None]
    previous_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    hash: Mapped[bytes | None] = mapped_column(LargeBinary)
