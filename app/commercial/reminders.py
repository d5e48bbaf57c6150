"""Verbs: keep the reminders of an action in step with when it is planned."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import JsonValue
from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.commercial.models import ActionReminder, CommercialAction
from app.commercial.scheduling import begin_instant

USUAL: list[JsonValue] = [{"channel": "notice", "minutes_before": 0}]
"""Of an action whose reminders nobody chose."""

_TOLD_BY_US = frozenset({"notice", "email"})
"""The calendar's alarms are its own to sound."""


async def plan(tx: AsyncSession, action: CommercialAction, *, at: datetime) -> None:
    """Put the reminders of an action where they belong; of a closed one, take them away.

    What was told stays told. What would have been told before now is not told any more:
    whoever plans an action for this very day knows of it.
    """
    await tx.execute(
        delete(ActionReminder).where(
            ActionReminder.organization_id == action.organization_id,
            ActionReminder.action_id == action.id,
            ActionReminder.told_at.is_(None),
        )
    )
    if not action.is_open:
        return
    begins_at = begin_instant(action.due_on, action.due_time, ZoneInfo(action.time_zone))
    rows = [
        {
            "organization_id": action.organization_id,
            "action_id": action.id,
            "channel": channel,
            "minutes_before": minutes,
            "due_at": action.due_at,
            "remind_at": begins_at - timedelta(minutes=minutes),
        }
        for channel, minutes in set(asked_for(action))
        if channel in _TOLD_BY_US and begins_at - timedelta(minutes=minutes) > at
    ]
    if rows:
        await tx.execute(insert(ActionReminder).values(rows).on_conflict_do_nothing())


def asked_for(action: CommercialAction) -> Iterator[tuple[str, int]]:
    """Give the channel and the minutes before of every reminder an action asks for (pure)."""
    for reminder in action.reminders if isinstance(action.reminders, list) else ():
        match reminder:
            case {"channel": str(channel), "minutes_before": int(minutes)}:
                yield channel, minutes
