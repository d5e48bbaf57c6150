"""The ends of a span of time in a filter: a day in the organization's zone, or an instant."""

import re
from datetime import date, datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_YEARS = range(1900, 3000)


def _moment(value: object) -> object:
    """Read a day or an instant with its zone; years no history has are refused."""
    try:
        text = str(value)
        moment = date.fromisoformat(text) if _DAY.fullmatch(text) else datetime.fromisoformat(text)
    except ValueError:
        moment = None
    is_naive = isinstance(moment, datetime) and moment.tzinfo is None
    if moment is None or is_naive or moment.year not in _YEARS:
        raise PydanticCustomError("moment_pattern", "Expected a day or an instant with its zone.")
    return moment


Moment = Annotated[
    date | datetime,
    BeforeValidator(_moment),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "format": "date"},
                {"type": "string", "format": "date-time"},
            ]
        }
    ),
]
"""A day in the organization's zone, or an instant."""


def start_of(moment: Moment, zone: ZoneInfo) -> datetime:
    """Give the first instant of a span that begins so."""
    return moment if isinstance(moment, datetime) else datetime.combine(moment, time(), zone)


def end_of(moment: Moment, zone: ZoneInfo) -> datetime:
    """Give the instant before which a span ends; a day belongs to it whole."""
    if isinstance(moment, datetime):
        return moment
    return datetime.combine(moment + timedelta(days=1), time(), zone)
