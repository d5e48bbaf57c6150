"""Which step is due, as a property: each once, of what was missed the last."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from app.reminders.rules import due_step, next_step

DEADLINE = date(2026, 12, 31)
STEPS = st.lists(st.integers(-30, 60), min_size=1, max_size=6, unique=True)


@given(STEPS, st.sets(st.integers(0, 120), max_size=40), st.integers(-40, 40))
def test_each_step_is_decided_once_however_often_and_whenever_it_is_looked(
    steps: list[int], looks: set[int], since_offset: int
) -> None:
    """A round on any set of days: daily, now and then, or after a long pause."""
    since = DEADLINE + timedelta(days=since_offset)
    decided: list[int] = []
    sent: list[int] = []
    for look in sorted(looks):
        today = DEADLINE + timedelta(days=look - 40)
        for _ in range(3):  # looked at more than once a day
            found = due_step(steps, DEADLINE, decided, today, since)
            if found is None:
                break
            assert all(step < found.offset_days for step in found.missed)
            decided += [*found.missed, found.offset_days]
            sent.append(found.offset_days)
    assert len(decided) == len(set(decided))
    assert sent == sorted(sent)
    last = DEADLINE + timedelta(days=max(looks, default=-1000) - 40)
    counted = {step for step in steps if since <= DEADLINE + timedelta(days=step) <= last}
    assert set(decided) == counted


@given(STEPS, st.integers(-40, 70))
def test_what_is_to_come_is_never_before_today(steps: list[int], today_offset: int) -> None:
    today = DEADLINE + timedelta(days=today_offset)
    found = next_step(steps, DEADLINE, (), today, date.min)
    assert found is not None
    assert found >= today
