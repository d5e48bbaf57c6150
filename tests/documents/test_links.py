"""How long a client's link lives."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents.links import LIFE_MAX, expiry_of
from app.documents.models import Document

MADRID = ZoneInfo("Europe/Madrid")
NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
LEAST = timedelta(days=30)


def expiry(document_type: str, valid_until: date | None, due_date: date | None) -> datetime:
    document = Document(type=document_type, valid_until=valid_until, due_date=due_date)
    return expiry_of(document, MADRID, at=NOW)


@pytest.mark.parametrize(
    ("document_type", "valid_until", "due_date", "end"),
    [
        ("quote", date(2026, 12, 31), None, datetime(2027, 1, 31, tzinfo=MADRID)),
        ("quote", date(2026, 12, 31), date(2026, 12, 1), datetime(2027, 1, 31, tzinfo=MADRID)),
        ("invoice", None, date(2026, 12, 31), datetime(2027, 3, 2, tzinfo=MADRID)),
        ("proforma", date(2026, 11, 25), date(2026, 12, 31), datetime(2027, 3, 2, tzinfo=MADRID)),
        ("quote", None, date(2026, 12, 31), datetime(2027, 3, 2, tzinfo=MADRID)),
        ("delivery_note", None, None, NOW + LIFE_MAX),
        ("quote", date(2026, 1, 1), None, NOW + LEAST),
        ("invoice", None, date(2025, 1, 1), NOW + LEAST),
        ("quote", date(2030, 1, 1), None, NOW + LIFE_MAX),
    ],
)
def test_a_link_outlives_what_its_document_promises(
    document_type: str, valid_until: date | None, due_date: date | None, end: datetime
) -> None:
    assert expiry(document_type, valid_until, due_date) == end


DAYS = st.none() | st.dates(date(2020, 1, 1), date(2040, 1, 1))


@given(st.sampled_from(["quote", "delivery_note", "proforma", "invoice"]), DAYS, DAYS)
def test_a_link_lives_between_30_and_400_days(
    document_type: str, valid_until: date | None, due_date: date | None
) -> None:
    assert NOW + LEAST <= expiry(document_type, valid_until, due_date) <= NOW + LIFE_MAX
