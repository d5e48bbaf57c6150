"""What goes in and out about reminders to clients."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictBool, StringConstraints

from app.reminders.models import ReminderPolicy
from app.web.schemas import Body, Instant, Line, PageQuery, View, unset

Name = Annotated[Line, StringConstraints(min_length=1, max_length=80)]
Steps = Annotated[
    list[Annotated[int, Field(strict=True, ge=-90, le=365)]],
    Field(min_length=1, max_length=12, examples=[[-3, 1, 15]]),
]
Hour = Annotated[
    Line, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$"), Field(examples=["09:00"])
]
Status = Literal["active", "paused"]
_STEPS = (
    "Days counted from the deadline: a quote's `valid_until`, where they are negative or 0, or the "
    "due date of an invoice or a proforma. Each once."
)
_HOURS = "By the organization's clock, on a day of work of its region."


class PolicyCreate(Body):
    """When to remind of one type of document."""

    name: Name = Field(examples=["Vencimientos"])
    document_type: Literal["quote", "proforma", "invoice"] = Field(examples=["invoice"])
    steps: Steps = Field(description=_STEPS, examples=[[-3, 1, 15]])
    attach_pdf: StrictBool = Field(default=False, examples=[False])
    send_from: Hour = Field("09:00", description=_HOURS, examples=["09:00"])
    send_until: Hour = Field("19:00", description=_HOURS, examples=["19:00"])
    status: Status = Field("active", examples=["active"])


class PolicyChanges(Body):
    """Changes; what is left out is left alone. What was sent stays sent."""

    name: Name = unset()
    steps: Steps = unset()
    attach_pdf: StrictBool = unset()
    send_from: Hour = unset()
    send_until: Hour = unset()
    status: Status = unset()


class PolicyView(View):
    """A policy of reminding."""

    id: UUID
    name: str = Field(examples=["Vencimientos"])
    document_type: str = Field(examples=["invoice"])
    steps: list[int] = Field(description=_STEPS, examples=[[-3, 1, 15]])
    attach_pdf: bool
    send_from: str = Field(examples=["09:00"])
    send_until: str = Field(examples=["19:00"])
    status: Status = Field(description="One policy of each type is active at most.")
    active_since: date | None = Field(description="Steps due before this day are none.")
    created_at: Instant
    version: int = Field(description="What If-Match takes.", examples=[1])

    @classmethod
    def of(cls, policy: ReminderPolicy) -> "PolicyView":
        """From the row."""
        values = {name: getattr(policy, name) for name in cls.model_fields}
        for name in ("send_from", "send_until"):
            values[name] = f"{values[name]:%H:%M}"
        return cls.model_validate(values)


class PolicyQuery(PageQuery):
    """Filters of the policies."""

    document_type: Literal["quote", "proforma", "invoice"] | None = Field(
        None, description="Only those of this type."
    )
