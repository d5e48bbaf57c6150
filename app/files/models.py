"""Files, and their content in pieces."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from app.contacts.models import Contact
from app.kernel.database import Base


class Purpose(StrEnum):
    """What a file is for."""

    ATTACHMENT = "attachment"
    IMPORT = "import"
    EXPORT = "export"


class File(Base):
    """A file, whose it is, and until when it is kept.

    Attributes:
        media_type: As its content tells, never as it was said.
        contact_id: The contact it hangs on; who sees that one may read it. None for what is
            its maker's alone.
        principal: Who made it.
        expires_at: When it goes; None for one that hangs on something.
    """

    __tablename__ = "files"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "contact_id"], [Contact.organization_id, Contact.id]
        ),
        CheckConstraint("purpose in ('attachment', 'import', 'export')", name="purpose"),
        CheckConstraint("contact_id is null or expires_at is null", name="kept"),
        Index(
            "ix_files_contact",
            "organization_id",
            "contact_id",
            postgresql_where=text("contact_id is not null"),
        ),
        Index(
            "ix_files_expires_at",
            "organization_id",
            "expires_at",
            postgresql_where=text("expires_at is not null"),
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey("organizations.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    purpose: Mapped[str]
    name: Mapped[str]
    media_type: Mapped[str]
    size_bytes: Mapped[int]
    sha256: Mapped[str]
    contact_id: Mapped[UUID | None]
    principal: Mapped[str]
    created_by_name: Mapped[str]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]


class FilePiece(Base):
    """A piece of a file's content; all together, in their order, they are the file."""

    __tablename__ = "file_pieces"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "file_id"], [File.organization_id, File.id], ondelete="CASCADE"
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    file_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
