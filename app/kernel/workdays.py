"""The days people work in a region of Spain, or another country (pure)."""

from datetime import date, timedelta
from functools import cache

import holidays

_SATURDAY = 5
_ONE = timedelta(days=1)

_REGIONS = {
    "AN": "04 11 14 18 21 23 29 41", "AR": "22 44 50", "AS": "33", "IB": "07", "CN": "35 38",
    "CB": "39", "CL": "05 09 24 34 37 40 42 47 49", "CM": "02 13 16 19 45", "CT": "08 17 25 43",
    "EX": "06 10", "GA": "15 27 32 36", "MD": "28", "MC": "30", "NC": "31", "PV": "01 20 48",
    "RI": "26", "VC": "03 12 46", "CE": "51", "ML": "52",
}  # fmt: skip
"""Which provinces, by the first two digits of their postal codes, make a region."""

_REGION_OF = {prefix: code for code, text in _REGIONS.items() for prefix in text.split()}


def region_of(country: str, postal_code: str) -> str:
    """Name the calendar of a place: `ES-IB` in Palma, else the country's own."""
    region = _REGION_OF.get(postal_code[:2]) if country == "ES" else None
    return country if region is None else f"{country}-{region}"


def is_workday(day: date, region: str) -> bool:
    """Tell whether a day is neither of a weekend nor a holiday of a region."""
    return day.weekday() < _SATURDAY and day not in _calendar(region, day.year)


def next_workday(day: date, region: str) -> date:
    """Give a day itself if people work on it, else the first one after it."""
    while not is_workday(day, region):
        day += _ONE
    return day


def add_workdays(day: date, count: int, region: str) -> date:
    """Count so many days of work from a day on; with none, the day or the next one."""
    found = next_workday(day, region)
    for _ in range(count):
        found = next_workday(found + _ONE, region)
    return found


@cache
def _calendar(region: str, year: int) -> frozenset[date]:
    """List the holidays of a region's year; a country nobody knows has none."""
    country, _, subdivision = region.partition("-")
    try:
        found = holidays.country_holidays(country, subdiv=subdivision or None, years=year)
    except NotImplementedError:
        return frozenset()
    return frozenset(found)
