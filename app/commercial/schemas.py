"""What goes in and out about commercial actions."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictInt, StringConstraints

from app.commercial.models import CommercialAction
from app.commercial.suggesting import suggestion_for
from app.web.schemas import (
    AnyOf,
    Body,
    CivilDate,
    Instant,
    Line,
    PageQuery,
    Text,
    View,
    among,
    unset,
)


class State(StrEnum):
    """Where an action stands; the first two are open."""

    PENDING = "pending"
    IN_PROGRESS = "in_progress"
    DONE = "done"
    CANCELLED = "cancelled"
    REJECTED = "rejected"


class Outcome(StrEnum):
    """What came of an action."""

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    INTERESTED = "interested"
    NOT_INTERESTED = "not_interested"
    WON = "won"
    LOST = "lost"
    RESCHEDULED = "rescheduled"
    OTHER = "other"


Priority = Literal["low", "normal", "high"]
Channel = Literal["notice", "email", "calendar"]
KIND_PATTERN = r"^[a-z][a-z0-9_]*$"
KindCode = Annotated[Line, StringConstraints(min_length=1, max_length=40, pattern=KIND_PATTERN)]
Subject = Annotated[Line, StringConstraints(min_length=1, max_length=200)]
Description = Annotated[Text, StringConstraints(max_length=5000)]
Note = Annotated[Text, StringConstraints(max_length=2000)]
Day = Annotated[CivilDate, Field(ge=date(2000, 1, 1), le=date(2199, 12, 31))]
Hour = Annotated[Line, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Minutes = Annotated[StrictInt, Field(ge=1, le=10_080)]
RecurrenceRule = Annotated[Line, StringConstraints(min_length=1, max_length=200)]

_DUE_TIME = "In the salesperson's time zone; null for the whole day."
_RECURRENCE = (
    "An RRULE (RFC 5545) of days, weeks, months or years; the next occurrence is born when "
    "this one is completed."
)


class ReminderBody(Body):
    """How long before, and by which way, the salesperson is reminded."""

    channel: Channel = Field(
        description="`calendar`: an alarm in the agenda feed.", examples=["notice"]
    )
    minutes_before: Annotated[StrictInt, Field(ge=0, le=43_200)] = Field(
        description="Before its hour; of the whole day, before nine in the morning.",
        examples=[30],
    )


Reminders = Annotated[list[ReminderBody], Field(max_length=10)]


class NextAction(Body):
    """What is to be done next for the same contact; what is left out is as before."""

    kind: KindCode | None = Field(None, examples=["call"])
    subject: Subject | None = Field(None, examples=["Llamar para confirmar la varada"])
    description: Description = Field("", examples=[""])
    due_on: Day = Field(examples=["2026-12-01"])
    due_time: Hour | None = Field(None, description=_DUE_TIME, examples=["10:30"])
    duration_minutes: Minutes | None = Field(None, examples=[None])
    assigned_to: UUID | None = Field(None, description="The same salesperson when left out.")
    contact_person_id: UUID | None = Field(None, examples=[None])
    document_id: UUID | None = Field(None, examples=[None])
    vessel_id: UUID | None = Field(None, examples=[None])
    priority: Priority = Field("normal", examples=["normal"])
    reminders: Reminders | None = Field(
        None, description="A notice when it is time, unless said otherwise.", examples=[None]
    )
    recurrence: RecurrenceRule | None = Field(None, description=_RECURRENCE, examples=[None])


class ActionDraft(NextAction):
    """A new action: what, when and by whom."""

    kind: KindCode = Field("task", description="Of `GET /v1/action-kinds`.", examples=["call"])
    subject: Subject = Field(examples=["Llamar para saber si aceptan el presupuesto"])
    assigned_to: UUID = Field(description="An active colleague who may write commercial actions.")


class ActionChanges(Body):
    """Changes of an open action; what is left out is left alone."""

    kind: KindCode = unset()
    subject: Subject = unset()
    description: Description = unset()
    due_on: Day = unset()
    due_time: Hour | None = Field(None, description=_DUE_TIME, examples=["12:00"])
    duration_minutes: Minutes | None = Field(None, examples=[30])
    contact_person_id: UUID | None = Field(None, examples=[None])
    document_id: UUID | None = Field(None, examples=[None])
    priority: Priority = unset()
    reminders: Reminders = unset()
    recurrence: RecurrenceRule | None = Field(None, description=_RECURRENCE, examples=[None])
    state: Literal["pending", "in_progress"] = unset()


class ActionReassign(Body):
    """Who is to do it instead."""

    assigned_to: UUID


class ActionComplete(Body):
    """What came of it, and what is next."""

    outcome: Outcome = Field(examples=["reached"])
    note: Note = Field("", examples=["Lo hablan el lunes en la junta."])
    next_action: NextAction | None = Field(
        None, description="Created in the same step, and chained to this one."
    )


class ActionCancel(Body):
    """Why it will not be done."""

    reason: Note = Field("", examples=["El cliente ya ha contestado."])
    state: Literal["cancelled", "rejected"] = Field(
        "cancelled",
        description="`rejected`: the salesperson will not do it.",
        examples=["cancelled"],
    )


class ReminderView(View):
    """A reminder of an action."""

    channel: Channel
    minutes_before: int = Field(examples=[30])


class SuggestionView(View):
    """What usually follows such an outcome; nothing is created by itself."""

    kind: str = Field(examples=["call"])
    due_on: CivilDate


_COLUMNS = frozenset(CommercialAction.__table__.columns.keys())


@dataclass(frozen=True, slots=True)
class Shown:
    """An action with the names a reader wants beside it."""

    action: CommercialAction
    contact_name: str
    assignee_name: str


class ActionView(View):
    """A commercial action."""

    id: UUID
    contact_id: UUID
    contact_name: str = Field(examples=["Varadero Sol, S.L."])
    contact_person_id: UUID | None
    document_id: UUID | None
    vessel_id: UUID | None
    kind: str = Field(examples=["call"])
    subject: str = Field(examples=["Llamar para saber si aceptan el presupuesto"])
    description: str = Field(examples=[""])
    due_on: CivilDate = Field(examples=["2026-12-01"])
    due_time: str | None = Field(description=_DUE_TIME, examples=["10:30"])
    duration_minutes: int | None = Field(examples=[None])
    time_zone: str = Field(
        description="In which day and hour are meant.", examples=["Europe/Madrid"]
    )
    due_at: Instant = Field(description="From then on it is overdue; the end of a whole day.")
    is_overdue: bool
    assigned_to: UUID
    assigned_to_name: str = Field(examples=["Marta Ejemplo"])
    priority: Priority
    reminders: list[ReminderView]
    recurrence: str | None = Field(description=_RECURRENCE, examples=[None])
    state: Annotated[str, among(State)] = Field(examples=["pending"])
    outcome: Annotated[str, among(Outcome)] | None = Field(examples=[None])
    note: str | None = Field(description="What came of it, or why not.", examples=[None])
    closed_at: Instant | None = Field(examples=[None])
    closed_by: UUID | None = Field(examples=[None])
    closed_by_name: str | None = Field(examples=[None])
    reschedule_count: int = Field(examples=[0])
    previous_action_id: UUID | None = Field(description="What it follows from.")
    next_action_id: UUID | None = Field(description="What was decided when it was completed.")
    next_occurrence_id: UUID | None = Field(description="The next by its `recurrence`.")
    suggestion: SuggestionView | None = Field(
        description="What usually follows its outcome, while nothing does."
    )
    created_by: UUID | None
    created_by_name: str = Field(examples=["Joan Muestra"])
    created_at: Instant
    updated_at: Instant
    version: int = Field(description="What If-Match takes.", examples=[1])

    @classmethod
    def of(cls, shown: Shown, *, at: Instant) -> "ActionView":
        """From the row and the names beside it, as things stand at an instant."""
        action = shown.action
        told = {name: getattr(action, name) for name in cls.model_fields.keys() & _COLUMNS}
        beside: dict[str, object] = {
            "contact_name": shown.contact_name,
            "assigned_to_name": shown.assignee_name,
            "vessel_id": None,
            "due_time": action.due_time.strftime("%H:%M") if action.due_time else None,
            "is_overdue": action.is_overdue(at),
            "suggestion": suggestion_for(action),
        }
        return cls.model_validate(told | beside)


Sort = Literal["due_at", "-due_at"]


class ActionFilters(PageQuery):
    """Filters of a contact's actions."""

    state: Annotated[str, AnyOf(State)] | None = Field(
        None, max_length=100, description="A comma means any of.", examples=["pending,in_progress"]
    )
    overdue: bool | None = Field(None, description="Only those that should have been done, or not.")
    due_from: CivilDate | None = Field(None, description="From this day on.")
    due_to: CivilDate | None = Field(None, description="To this day.")
    kind: str | None = Field(
        None, max_length=40, pattern=KIND_PATTERN, description="Only of this kind."
    )
    document_id: UUID | None = Field(None, description="Only about this document.")


class ContactActionQuery(ActionFilters):
    """A contact's actions (COMERCIAL)."""

    sort: Sort = Field("-due_at", description="By when they are due.")


class ActionQuery(ActionFilters):
    """Actions of every contact: my day, the calendar, a salesperson's."""

    assigned_to: Literal["me"] | UUID | None = Field(
        None, description="`me`, or a user's id.", examples=["me"]
    )
    contact_id: UUID | None = Field(None, description="Only for this contact.")
    sort: Sort = Field("due_at", description="By when they are due.")
