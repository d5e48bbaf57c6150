"""The table of layouts: how an organization wants a type of document to look."""

from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from app.kernel.database import Base
from app.organizations.models import Organization


class DocumentLayout(Base):
    """A look of one type of document; what is issued keeps its own copy of what it says."""

    __tablename__ = "document_layouts"
    __table_args__ = (
        CheckConstraint("type in ('quote', 'delivery_note', 'proforma', 'invoice')", name="type"),
        CheckConstraint("status in ('active', 'archived')", name="status"),
        CheckConstraint("status = 'active' or not is_default", name="default"),
        UniqueConstraint("organization_id", "type", "name"),
        Index(
            "uq_document_layouts_default",
            "organization_id",
            "type",
            unique=True,
            postgresql_where=text("is_default"),
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey(Organization.id), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    type: Mapped[str]
    name: Mapped[str]
    look: Mapped[JsonValue] = mapped_column(JSONB, nullable=False)
    """As `layout_schemas.Look` takes it."""
    is_default: Mapped[bool]
    status: Mapped[str]
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()
