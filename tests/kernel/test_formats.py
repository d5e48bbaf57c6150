from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from app.kernel import formats
from app.kernel.money import Money


def test_money() -> None:
    assert formats.money(Money(123456), "es") == "1.234,56\u00a0€"
    assert formats.money(Money(123456), "en") == "€1,234.56"
    assert formats.money(Money(-100), "es") == "\u22121,00\u00a0€"
    assert formats.money(Money(-100), "en") == "\u2212€1.00"


def test_quantities_prices_and_rates() -> None:
    assert formats.quantity(Decimal("2.500000"), "es") == "2,5"
    assert formats.quantity(Decimal(1234), "en") == "1,234"
    assert formats.unit_price(Decimal("0.333333"), "EUR", "es") == "0,333333\u00a0€"
    assert formats.unit_price(Decimal(45), "EUR", "en") == "€45.00"
    assert formats.percent(Decimal("21.00"), "es") == "21\u00a0%"
    assert formats.percent(Decimal("5.20"), "en") == "5.2%"


def test_dates() -> None:
    day = date(2026, 11, 24)
    assert formats.long_date(day, "es") == "24 de noviembre de 2026"
    assert formats.long_date(day, "en") == "24 November 2026"
    assert formats.short_date(day, "es") == "24/11/2026"
    assert formats.short_date(day, "en") == "24 Nov 2026"


def test_times_are_of_a_place() -> None:
    madrid = ZoneInfo("Europe/Madrid")
    assert formats.clock_time(datetime(2026, 11, 24, 9, 12, tzinfo=UTC), madrid) == "10:12"
    assert formats.clock_time(datetime(2026, 7, 1, 9, 12, tzinfo=UTC), madrid) == "11:12"
    assert formats.zone_city(ZoneInfo("Atlantic/Canary")) == "Canary"
    assert formats.zone_city(ZoneInfo("America/Buenos_Aires")) == "Buenos Aires"
