"""What can happen to a commercial action, as history tells it."""

from pydantic import JsonValue

from app.commercial.models import CommercialAction
from app.events.record import Fact, Group


def created(action: CommercialAction, assignee: str) -> Fact:
    """Somebody is to do something, on a day."""
    return _fact("action.created", action, {"salesperson": assignee, **when(action)})


def assigned(action: CommercialAction, assignee: str) -> Fact:
    """Somebody else is to do it."""
    return _fact("action.assigned", action, {"salesperson": assignee, **when(action)})


def rescheduled(action: CommercialAction, before: dict[str, JsonValue]) -> Fact:
    """It was moved to another day or hour.

    Args:
        action: As it is planned now.
        before: From `when`, of how it was planned.
    """
    moved = {f"previous_{name}": value for name, value in before.items()}
    return _fact("action.rescheduled", action, {**when(action), **moved})


def completed(action: CommercialAction) -> Fact:
    """It was done; with what came of it."""
    payload: dict[str, JsonValue] = {
        "outcome": action.outcome,
        "comment": action.note,
        "next_action_id": str(action.next_action_id) if action.next_action_id else None,
    }
    return _fact("action.completed", action, payload)


def cancelled(action: CommercialAction) -> Fact:
    """It will not be done; `rejected` says that the salesperson would not."""
    return _fact("action.cancelled", action, {"state": action.state, "comment": action.note})


def overdue(action: CommercialAction, assignee: str) -> Fact:
    """Its time passed, and it is not done."""
    return _fact("action.overdue", action, {"salesperson": assignee, **when(action)})


def when(action: CommercialAction) -> dict[str, JsonValue]:
    """Tell for when it is planned."""
    hour = action.due_time.strftime("%H:%M") if action.due_time else None
    return {"due_on": action.due_on.isoformat(), "due_time": hour}


def _fact(kind: str, action: CommercialAction, payload: dict[str, JsonValue]) -> Fact:
    return Fact(
        kind=kind,
        group=Group.COMMERCIAL,
        subject_type="action",
        subject_id=action.id,
        contact_id=action.contact_id,
        document_id=action.document_id,
        payload={"action_kind": action.kind, "subject": action.subject, **payload},
    )
