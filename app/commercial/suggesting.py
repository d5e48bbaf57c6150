"""What usually follows from how an action went (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from app.commercial.models import CommercialAction

_USUAL: Mapping[str, tuple[str, int]] = {
    "no_answer": ("call", 2),
    "interested": ("quote_follow_up", 3),
}
"""By outcome: the kind of the next action, and in how many days."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An action that could come next."""

    kind: str
    due_on: date


def suggestion_for(action: CommercialAction) -> Suggestion | None:
    """Suggest what comes after a completed action that nothing follows yet."""
    usual = _USUAL.get(action.outcome or "")
    if usual is None or action.closed_at is None or action.next_action_id is not None:
        return None
    kind, days = usual
    closed_on = action.closed_at.astimezone(ZoneInfo(action.time_zone)).date()
    return Suggestion(kind, closed_on + timedelta(days=days))
