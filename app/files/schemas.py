"""What goes out about files."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.files.models import Purpose
from app.web.schemas import Instant, View, among


class FileView(View):
    """A file, without its content."""

    id: UUID
    purpose: Annotated[str, among(Purpose)] = Field(examples=["attachment"])
    name: str = Field(examples=["fotos-casco.pdf"])
    media_type: str = Field(
        description="As its content tells, never as it was said.", examples=["application/pdf"]
    )
    size_bytes: int = Field(examples=[184_320])
    sha256: str = Field(examples=["9f86d081884c7d65"])
    contact_id: UUID | None = Field(description="The contact it hangs on.", examples=[None])
    created_by_name: str = Field(examples=["Joan Muestra"])
    created_at: Instant
    expires_at: Instant | None = Field(
        description="When it goes; null for one that hangs on something."
    )
