"""When an action is due, reminded of, and due again (pure)."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr

from app.kernel.findings import Refused

MORNING = time(9)
"""When the day of an action without an hour begins, for reminders."""

_DAY = "(MO|TU|WE|TH|FR|SA|SU)"
_COMMON = {
    "INTERVAL": re.compile(r"[1-9]\d?"),
    "COUNT": re.compile(r"[1-9]\d{0,2}"),
    "UNTIL": re.compile(r"20\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])"),
    "WKST": re.compile(_DAY),
}
_BY_FREQUENCY: Mapping[str, Mapping[str, re.Pattern[str]]] = {
    "DAILY": _COMMON,
    "WEEKLY": _COMMON | {"BYDAY": re.compile(f"{_DAY}(,{_DAY}){{0,6}}")},
    "MONTHLY": _COMMON
    | {
        "BYDAY": re.compile(f"([1-4]|-1)?{_DAY}(,([1-4]|-1)?{_DAY}){{0,6}}"),
        "BYMONTHDAY": re.compile(r"(-1|[1-9]|[12]\d|3[01])(,(-1|[1-9]|[12]\d|3[01])){0,9}"),
        "BYSETPOS": re.compile(r"-?1"),
    },
    "YEARLY": _COMMON,
}
"""What a rule may say: whatever it does say, a day that fits is near."""


def due_instant(day: date, hour: time | None, zone: ZoneInfo) -> datetime:
    """Give the instant from which on an action is overdue: its hour, or its day's end."""
    if hour is not None:
        return datetime.combine(day, hour, zone).astimezone(UTC)
    return datetime.combine(day + timedelta(days=1), time(), zone).astimezone(UTC)


def begin_instant(day: date, hour: time | None, zone: ZoneInfo) -> datetime:
    """Give the instant that reminders are counted back from: its hour, or the morning."""
    return datetime.combine(day, hour or MORNING, zone).astimezone(UTC)


def recurrence(text: str) -> str:
    """Check a recurrence and give it as stored, in capitals and without `RRULE:`.

    Source:
        RFC 5545 §3.3.10, as far as calendars offer it: every so many days, weeks, months
        or years, on days of the week or the month, a number of times or until a day.

    Raises:
        Refused: `recurrence.format`: it is no rule, or says what is not supported.
    """
    rule = text.upper().removeprefix("RRULE:")
    parts = [part.partition("=") for part in rule.split(";")]
    said = {name: value for name, _, value in parts}
    allowed = _BY_FREQUENCY.get(said.pop("FREQ", ""), {})
    is_known = all(name in allowed and allowed[name].fullmatch(said[name]) for name in said)
    is_ambiguous = {"COUNT", "UNTIL"} <= said.keys() or {"BYDAY", "BYMONTHDAY"} <= said.keys()
    is_loose = "BYSETPOS" in said and "BYDAY" not in said
    if not allowed or not is_known or len(said) + 1 != len(parts) or is_ambiguous or is_loose:
        raise Refused("recurrence.format")
    try:
        rrulestr(rule, dtstart=datetime(2026, 1, 1))  # noqa: DTZ001 - a day without a zone
    except ValueError:  # such as a 31st of February to end on
        raise Refused("recurrence.format") from None
    return rule


def next_day(rule: str, first: date, *, after: date) -> date | None:
    """Give the next day of a rule after a day; None when it has come to its end.

    Args:
        rule: From `recurrence`.
        first: The rule's first day, which a number of times is counted from.
        after: The day of the occurrence before, or today when that was long ago.
    """
    days = rrulestr(rule, dtstart=datetime.combine(first, time()))
    found = days.after(datetime.combine(after, time()))
    return found.date() if found is not None else None
