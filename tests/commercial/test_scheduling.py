"""When an action is due and due again."""

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.commercial.scheduling import begin_instant, due_instant, next_day, recurrence
from app.kernel.findings import Refused

MADRID = ZoneInfo("Europe/Madrid")
START = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("FREQ=DAILY", [date(2026, 11, 25), date(2026, 11, 26)]),
        ("rrule:freq=weekly;byday=mo,th", [date(2026, 11, 26), date(2026, 11, 30)]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", [date(2026, 11, 30), date(2026, 12, 31)]),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1", [date(2026, 12, 1), date(2027, 1, 1)]),
        ("FREQ=MONTHLY;BYDAY=-1FR", [date(2026, 11, 27), date(2026, 12, 25)]),
        ("FREQ=YEARLY;INTERVAL=2", [date(2028, 11, 24), date(2030, 11, 24)]),
        ("FREQ=DAILY;COUNT=2", [date(2026, 11, 25), None]),
        ("FREQ=WEEKLY;UNTIL=20261201", [date(2026, 12, 1), None]),
    ],
)
def test_a_rule_says_the_next_day(rule: str, days: list[date | None]) -> None:
    checked, day, found = recurrence(rule), START, []
    for _ in days:
        following = next_day(checked, START, after=day)
        found.append(following)
        day = following or day
    assert found == days


@pytest.mark.parametrize(
    "rule",
    [
        "", "DAILY", "FREQ=HOURLY", "FREQ=DAILY;FREQ=WEEKLY", "FREQ=DAILY;BYMONTH=2",
        "FREQ=WEEKLY;BYDAY=XX", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;COUNT=2;UNTIL=20270101", "FREQ=DAILY;UNTIL=20270231", "FREQ=DAILY;",
        "FREQ=MONTHLY;BYDAY=MO;BYMONTHDAY=1", "FREQ=MONTHLY;BYSETPOS=1",
        "FREQ=DAILY\nDTSTART:20260101", "FREQ=DAILY;INTERVAL=١",
    ],
)  # fmt: skip
def test_what_is_no_rule_of_ours_is_refused(rule: str) -> None:
    with pytest.raises(Refused):
        recurrence(rule)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(
        ["DAILY", "WEEKLY", "WEEKLY;BYDAY=SU", "MONTHLY", "MONTHLY;BYMONTHDAY=31", "YEARLY"]
    ),
    st.integers(1, 99),
    st.dates(date(2020, 1, 1), date(2040, 1, 1)),
)
def test_the_next_day_is_later_and_every_day_after_it_too(
    frequency: str, interval: int, first: date
) -> None:
    rule = recurrence(f"FREQ={frequency};INTERVAL={interval}")
    following = next_day(rule, first, after=first)
    if following is not None:
        assert following > first
        assert next_day(rule, first, after=following) != following


@pytest.mark.parametrize(
    ("day", "hour", "begins", "due"),
    [
        (START, None, datetime(2026, 11, 24, 8, tzinfo=UTC),
         datetime(2026, 11, 24, 23, tzinfo=UTC)),
        (START, time(10, 30), datetime(2026, 11, 24, 9, 30, tzinfo=UTC),
         datetime(2026, 11, 24, 9, 30, tzinfo=UTC)),
        # The day the clocks go forward has 23 hours, and no half past two.
        (date(2026, 3, 29), None, datetime(2026, 3, 29, 7, tzinfo=UTC),
         datetime(2026, 3, 29, 22, tzinfo=UTC)),
        (date(2026, 3, 29), time(2, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC),
         datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_days_and_hours_are_meant_in_a_zone(
    day: date, hour: time | None, begins: datetime, due: datetime
) -> None:
    assert begin_instant(day, hour, MADRID) == begins
    assert due_instant(day, hour, MADRID) == due
