"""The days people work, by region."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.workdays import add_workdays, is_workday, next_workday, region_of

DAYS = st.dates(date(2024, 1, 1), date(2032, 12, 31))


@pytest.mark.parametrize(
    ("country", "postal_code", "region"),
    [
        ("ES", "07001", "ES-IB"), ("ES", "08036", "ES-CT"), ("ES", "28001", "ES-MD"),
        ("ES", "51001", "ES-CE"), ("ES", "99999", "ES"), ("ES", "", "ES"), ("FR", "75001", "FR"),
    ],
)  # fmt: skip
def test_a_postal_code_names_the_region(country: str, postal_code: str, region: str) -> None:
    assert region_of(country, postal_code) == region


def test_every_province_has_a_region() -> None:
    assert all(region_of("ES", f"{code:02}001") != "ES" for code in range(1, 53))


def test_holidays_are_the_regions_own() -> None:
    diada = date(2026, 9, 11)
    assert not is_workday(diada, "ES-CT")
    assert is_workday(diada, "ES-MD")
    assert not is_workday(date(2026, 12, 25), "ES-MD")
    assert not is_workday(date(2026, 11, 28), "ES-MD"), "a Saturday"
    assert is_workday(date(2026, 12, 25), "XX"), "nobody knows the holidays of such a country"


def test_days_of_work_are_counted_over_what_lies_between() -> None:
    friday_before_christmas = date(2026, 12, 18)
    assert add_workdays(friday_before_christmas, 5, "ES-MD") == date(2026, 12, 28)
    assert add_workdays(date(2026, 12, 25), 0, "ES-MD") == date(2026, 12, 28)


@given(DAYS, st.integers(0, 30), st.sampled_from(["ES", "ES-IB", "ES-CT", "FR"]))
def test_the_day_found_is_one_of_work_and_none_is_passed_by(
    day: date, count: int, region: str
) -> None:
    found = add_workdays(day, count, region)
    assert is_workday(found, region)
    passed = sum(is_workday(day + timedelta(n), region) for n in range((found - day).days))
    assert passed == count
    assert next_workday(day, region) <= found
