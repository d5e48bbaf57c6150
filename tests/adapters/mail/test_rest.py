"""How long a relay that cannot be reached is left alone."""

from datetime import timedelta

import pytest

from app.adapters.mail_rest import Rest
from app.mail.ports import Failure, MailError
from tests.fakes import FixedClock

AWAY = MailError(Failure.TRANSPORT, code=421, text="too busy", host="relay.example")


def left(rest: Rest) -> int | None:
    """Give the seconds it tells to wait; None when it lets a try go ahead."""
    try:
        rest.require_over()
    except MailError as error:
        return error.retry_after_s
    return None


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


def test_rests_double_to_ten_minutes(clock: FixedClock) -> None:
    rest = Rest(clock)
    told = []
    for _ in range(7):
        rest.begin(AWAY)
        told.append(left(rest))
    assert told == [30, 60, 120, 240, 480, 600, 600]


def test_a_rest_ends_at_its_second_and_a_connection_forgets_it(clock: FixedClock) -> None:
    rest = Rest(clock)
    assert left(rest) is None
    rest.begin(AWAY)
    clock.advance(timedelta(seconds=29))
    with pytest.raises(MailError, match="421 too busy") as told:
        rest.require_over()
    assert (told.value.failure, told.value.retry_after_s) == (Failure.TRANSPORT, 1)
    clock.advance(timedelta(seconds=1))
    assert left(rest) is None
    rest.begin(AWAY)
    rest.end()
    assert left(rest) is None
    rest.begin(AWAY)
    assert left(rest) == 30
