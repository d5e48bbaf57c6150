"""How figures and dates are written for a reader, as the catalogue `formats` of the language says.

Spanish writes a no-break space before the sign and the true minus; English puts the
currency first.
"""

from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel.dates import format_date as babel_date
from babel.numbers import format_currency, format_decimal

from app.kernel.money import Money
from app.kernel.wording import wording

NO_BREAK_SPACE = "\u00a0"
MINUS = "\u2212"


def _format(language: str, key: str) -> str:
    """Give a format of a language: a locale of CLDR or one of its patterns."""
    return wording("formats", language).texts[key]


@lru_cache(maxsize=1024)
def money(value: Money, language: str) -> str:
    """Write an amount: `1.234,56 €` or `€1,234.56`."""
    text = format_currency(value.decimal, value.currency, locale=_format(language, "locale"))
    return text.replace("-", MINUS)


@lru_cache(maxsize=1024)
def quantity(value: Decimal, language: str) -> str:
    """Write a quantity without superfluous zeros, at most six decimals."""
    text = format_decimal(value, format="#,##0.######", locale=_format(language, "locale"))
    return text.replace("-", MINUS)


@lru_cache(maxsize=1024)
def unit_price(value: Decimal, currency: str, language: str) -> str:
    """Write a unit price with two to six decimals."""
    text = format_currency(
        value,
        currency,
        format=_format(language, "unit_price"),
        locale=_format(language, "locale"),
        currency_digits=False,
    )
    return text.replace(" ", NO_BREAK_SPACE).replace("-", MINUS)


def percent(value: Decimal, language: str) -> str:
    """Write a rate given in per cent: `21 %` or `21%`."""
    return wording("formats", language)("percent", rate=quantity(value, language))


def long_date(value: date, language: str) -> str:
    """Write a date in words: `24 de noviembre de 2026` or `24 November 2026`."""
    return babel_date(value, "long", locale=_format(language, "locale"))


def short_date(value: date, language: str) -> str:
    """Write a date for tables and the PDF: `24/11/2026` or `24 Nov 2026`."""
    return babel_date(value, _format(language, "short_date"), locale=_format(language, "locale"))


def clock_time(value: datetime, zone: ZoneInfo) -> str:
    """Write the time of day in a zone, 24 hours: `09:12`."""
    return value.astimezone(zone).strftime("%H:%M")


def zone_city(zone: ZoneInfo) -> str:
    """Name a zone's city, as a reader would: `Madrid` for `Europe/Madrid`."""
    return zone.key.rsplit("/", 1)[-1].replace("_", " ")
