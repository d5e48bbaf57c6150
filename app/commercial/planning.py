"""Making the rows of actions, and moving them (pure)."""

from datetime import datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from app.commercial.models import CommercialAction
from app.commercial.references import Assignee
from app.commercial.reminders import USUAL
from app.commercial.scheduling import due_instant, next_day, recurrence
from app.commercial.schemas import ActionDraft
from app.kernel.actor import Actor
from app.kernel.identifiers import new_id

_REPEATED = (
    "organization_id", "contact_id", "contact_person_id", "document_id", "kind", "subject",
    "description", "due_time", "duration_minutes", "priority", "reminders", "recurrence",
    "recurs_from",
)  # fmt: skip
"""What the next occurrence has of the one before."""


def first_action(
    actor: Actor, contact_id: UUID, draft: ActionDraft, assignee: Assignee, *, at: datetime
) -> CommercialAction:
    """Make an action of what was asked for."""
    asked = draft.reminders
    action = _blank(actor, at=at)
    action.organization_id = actor.organization_id
    action.contact_id = contact_id
    for name in (
        "kind", "subject", "description", "duration_minutes", "contact_person_id",
        "document_id", "priority",
    ):  # fmt: skip
        setattr(action, name, getattr(draft, name))
    action.reminders = USUAL if asked is None else [one.model_dump() for one in asked]
    action.due_on, action.due_time = draft.due_on, as_time(draft.due_time)
    plan_for(action, assignee)
    take_recurrence(action, draft.recurrence)
    return action


def next_occurrence(
    actor: Actor, action: CommercialAction, assignee: Assignee, *, at: datetime
) -> CommercialAction | None:
    """Make the next occurrence of an action done now; None when its rule has ended.

    What was missed meanwhile is not made up for: it is the first day after today.
    """
    if action.recurrence is None or action.recurs_from is None:
        return None
    today = at.astimezone(ZoneInfo(assignee.time_zone)).date()
    day = next_day(action.recurrence, action.recurs_from, after=max(action.occurs_on, today))
    if day is None:
        return None
    following = _blank(actor, at=at)
    for name in _REPEATED:
        setattr(following, name, getattr(action, name))
    following.previous_action_id = action.id
    following.due_on = following.occurs_on = day
    plan_for(following, assignee)
    return following


def plan_for(action: CommercialAction, assignee: Assignee) -> None:
    """Give an action to a salesperson, and say when it is due by their clock."""
    action.assigned_to = assignee.user_id
    action.time_zone = assignee.time_zone
    action.due_at = due_instant(action.due_on, action.due_time, ZoneInfo(assignee.time_zone))


def take_recurrence(action: CommercialAction, rule: str | None) -> None:
    """Let an action recur by a checked rule from its day on, or no more."""
    action.recurrence = recurrence(rule) if rule is not None else None
    action.recurs_from = action.due_on if rule is not None else None
    action.occurs_on = action.due_on


def as_time(hour: str | None) -> time | None:
    """Read an hour such as `10:30`."""
    return time.fromisoformat(hour) if hour is not None else None


def _blank(actor: Actor, *, at: datetime) -> CommercialAction:
    return CommercialAction(
        id=new_id(),
        state="pending",
        reschedule_count=0,
        created_by=actor.id,
        created_by_name=actor.name,
        created_at=at,
        updated_at=at,
    )
