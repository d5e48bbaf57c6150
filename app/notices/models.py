"""What staff should look at, until somebody has."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base


class Notice(Base):
    """An alert awaiting review; reviewing keeps who and when."""

    __tablename__ = "notices"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "contact_id"], ["contacts.organization_id", "contacts.id"]
        ),
        ForeignKeyConstraint(
            ["organization_id", "document_id"], ["documents.organization_id", "documents.id"]
        ),
        Index("ix_notices_recent", "organization_id", "id"),
        Index(
            "ix_notices_pending",
            "organization_id",
            "id",
            postgresql_where=text("reviewed_at is null"),
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    for_user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
    summary: Mapped[str]
    contact_id: Mapped[UUID | None]
    document_id: Mapped[UUID | None]
    subject_type: Mapped[str]
    subject_id: Mapped[UUID]
    created_at: Mapped[datetime]
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[UUID | None]
    reviewed_by_name: Mapped[str | None]
