"""A salesperson's open actions as a calendar (iCalendar, RFC 5545; pure)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, timedelta

from icalendar import Alarm, Calendar, Event

from app.commercial.models import CommercialAction
from app.commercial.reminders import asked_for
from app.commercial.scheduling import MORNING

MEDIA_TYPE = "text/calendar"
ASK_AGAIN = timedelta(minutes=30)
"""How often a calendar program may come for news."""

_USUAL_LENGTH = timedelta(minutes=30)
_PRIORITIES = {"high": 1, "normal": 5, "low": 9}
_MIDNIGHT_TO_MORNING = timedelta(hours=MORNING.hour, minutes=MORNING.minute)


@dataclass(frozen=True, slots=True)
class Entry:
    """An action as a calendar tells it."""

    action: CommercialAction
    contact: str
    kind: str


def write(name: str, entries: Iterable[Entry]) -> bytes:
    """Write a calendar.

    Args:
        name: As the calendar program calls it.
        entries: What is in it; what people wrote is escaped.
    """
    calendar = Calendar.new(prodid="-//Conforme//Agenda//ES", name=name, refresh_interval=ASK_AGAIN)
    for entry in entries:
        calendar.add_component(_event(entry))
    content: bytes = calendar.to_ical()
    return content


def _event(entry: Entry) -> Event:
    action = entry.action
    event = Event.new(
        uid=f"{action.id}@conforme",
        stamp=action.updated_at.astimezone(UTC),
        last_modified=action.updated_at.astimezone(UTC),
        sequence=action.version,
        start=action.due_on if action.due_time is None else action.due_at.astimezone(UTC),
        end=_end(action),
        summary=f"{entry.contact}: {action.subject}",
        description=action.description or None,
        categories=[entry.kind],
        priority=_PRIORITIES[action.priority],
    )
    for channel, minutes in asked_for(action):
        if channel == "calendar":
            event.add_component(_alarm(entry, minutes))
    return event


def _end(action: CommercialAction) -> date:
    if action.due_time is None:
        return action.due_on + timedelta(days=1)
    length = timedelta(minutes=action.duration_minutes or 0) or _USUAL_LENGTH
    return (action.due_at + length).astimezone(UTC)


def _alarm(entry: Entry, minutes: int) -> Alarm:
    begins_after = timedelta() if entry.action.due_time else _MIDNIGHT_TO_MORNING
    return Alarm.new_display(entry.action.subject, begins_after - timedelta(minutes=minutes))
