"""What goes in and out about notices."""

from uuid import UUID

from pydantic import Field

from app.notices.models import Notice
from app.web.schemas import Instant, PageQuery, View


class NoticeView(View):
    """An alert for staff."""

    id: UUID
    kind: str = Field(description="The event's kind.", examples=["document.rejected"])
    for_user_id: UUID | None = Field(
        description="Null means everyone with the permission.", examples=[None]
    )
    summary: str = Field(
        description="One line in the organization's language.",
        examples=[
            "Varadero Sol, S.L.: Ana Ruiz ha rechazado el presupuesto P-260041: «Demasiado caro»"
        ],
    )
    contact_id: UUID | None
    document_id: UUID | None
    subject_type: str = Field(examples=["decision"])
    subject_id: UUID
    created_at: Instant
    reviewed_at: Instant | None = Field(examples=[None])
    reviewed_by: UUID | None = Field(examples=[None])
    reviewed_by_name: str | None = Field(examples=[None])

    @classmethod
    def of(cls, notice: Notice) -> "NoticeView":
        """From the row."""
        return cls.model_validate(notice)


class NoticeQuery(PageQuery):
    """Filters of the list of notices."""

    reviewed: bool | None = Field(
        None, description="`false` for those that await review; all when left out."
    )


class NoticeCount(View):
    """How many notices await review."""

    by_kind: dict[str, int] = Field(examples=[{"document.commented": 1, "document.rejected": 2}])
    total: int = Field(examples=[3])
