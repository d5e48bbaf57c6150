"""What goes in and out about the audit."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, JsonValue, StringConstraints

from app.web.schemas import Instant, Line, NearInstant, PageQuery, View

Word = Annotated[Line, StringConstraints(min_length=1, max_length=60)]


class AuditQuery(PageQuery):
    """Filters of the audit."""

    action: Word | None = Field(None, description="Only this one.", examples=["api_key.created"])
    actor_id: UUID | None = Field(None, description="What this user or API key did.")
    subject_type: Word | None = Field(
        None, description="Only changes of this kind of thing.", examples=["api_key"]
    )
    subject_id: UUID | None = Field(None, description="Only changes of this one.")
    from_: NearInstant | None = Field(None, alias="from", description="From this instant on.")
    to: NearInstant | None = Field(None, description="Before this instant.")


class ChangeView(View):
    """One field that changed; of a secret, both values are null."""

    field: str = Field(examples=["name"])
    before: JsonValue = Field(examples=["Web"])
    after: JsonValue = Field(examples=["Web de reservas"])


class AuditEntryView(View):
    """One administrative change."""

    id: UUID
    occurred_at: Instant
    actor_kind: str = Field(examples=["user"])
    actor_id: UUID | None
    actor_name: str = Field(examples=["Joan Muestra"])
    action: str = Field(examples=["api_key.created"])
    subject_type: str = Field(examples=["api_key"])
    subject_id: UUID
    changes: list[ChangeView]
    request_id: str | None = Field(
        description="The exchange in which it happened; null for what no request did.",
        examples=["req_0f8fad5bd9cb469fa16570867728950e"],
    )
