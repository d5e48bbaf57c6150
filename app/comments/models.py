"""What people wrote, to each other or to the client."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base


class Comment(Base):
    """One comment: internal to staff, or in a document's thread shared with the client."""

    __tablename__ = "comments"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "contact_id"], ["contacts.organization_id", "contacts.id"]
        ),
        ForeignKeyConstraint(
            ["organization_id", "document_id"],
            ["documents.organization_id", "documents.id"],
            ondelete="SET NULL (document_id)",  # a draft that is deleted leaves its notes behind
        ),
        CheckConstraint("visibility in ('internal', 'shared')", name="visibility"),
        CheckConstraint("author_kind in ('user', 'integration', 'client')", name="author_kind"),
        CheckConstraint("visibility = 'internal' or document_id is not null", name="thread"),
        CheckConstraint("author_kind <> 'client' or visibility = 'shared'", name="client"),
        Index("ix_comments_contact", "organization_id", "contact_id", "id"),
        Index("ix_comments_document", "organization_id", "document_id", "id"),
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    contact_id: Mapped[UUID]
    document_id: Mapped[UUID | None]
    visibility: Mapped[str]
    author_kind: Mapped[str]
    author_id: Mapped[UUID | None]
    author_name: Mapped[str]
    body: Mapped[str]
    created_at: Mapped[datetime]
