"""Tax rates and the days on which they hold: data, and look-ups (pure).

A rate is chosen by the day of the operation. Sources: AEAT's validation document
15.1 and 15.3 (IVA and its equivalence surcharge; LIVA arts. 90, 91, 161), Canarian
Decree-law 1/2025 and Ley 7/2023 (IGIC, as advisers describe them), the ordinances of
Ceuta and of Melilla (IPSI, as range).
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.documents.printable import TaxKind


@dataclass(frozen=True, slots=True)
class Rate:
    """A rate in per cent, and the days on which it holds, both included.

    Attributes:
        since: None when it held before any day that matters here.
        until: None while it is in force.
    """

    percent: Decimal
    since: date | None = None
    until: date | None = None

    def holds(self, on: date | None) -> bool:
        """Tell whether it is in force on a day; None asks whether it ever was."""
        if on is None:
            return True
        began = self.since is None or self.since <= on
        return began and (self.until is None or on <= self.until)


@dataclass(frozen=True, slots=True)
class SurchargeRate(Rate):
    """An equivalence surcharge, and the rate of IVA it goes with."""

    iva: Decimal = Decimal(0)


def _rates(*percents: str) -> tuple[Rate, ...]:
    return tuple(Rate(Decimal(percent)) for percent in percents)


_FOOD_5 = (date(2022, 7, 1), date(2024, 9, 30))
_FOOD_7_5 = (date(2024, 10, 1), date(2024, 12, 31))
_FOOD_0 = (date(2023, 1, 1), date(2024, 9, 30))

IVA = (
    *_rates("21", "10", "4", "0"),
    Rate(Decimal(5), *_FOOD_5),
    Rate(Decimal("7.5"), *_FOOD_7_5),
    Rate(Decimal(2), *_FOOD_7_5),
)
"""AEAT validations 15.1; LIVA arts. 90 and 91."""

SURCHARGES = (
    SurchargeRate(Decimal("5.2"), iva=Decimal(21)),
    SurchargeRate(Decimal("1.75"), iva=Decimal(21)),
    SurchargeRate(Decimal("1.4"), iva=Decimal(10)),
    SurchargeRate(Decimal("0.5"), iva=Decimal(4)),
    SurchargeRate(Decimal("0.5"), date(2022, 7, 1), date(2022, 12, 31), iva=Decimal(5)),
    SurchargeRate(Decimal("0.62"), date(2023, 1, 1), date(2024, 9, 30), iva=Decimal(5)),
    SurchargeRate(Decimal(1), *_FOOD_7_5, iva=Decimal("7.5")),
    SurchargeRate(Decimal("0.26"), *_FOOD_7_5, iva=Decimal(2)),
    SurchargeRate(Decimal(0), *_FOOD_0, iva=Decimal(0)),
)
"""AEAT validations 15.3; LIVA art. 161. 1.75 is tobacco's."""

IGIC = _rates("0", "3", "5", "7", "9.5", "15", "20", "35")
"""Ley 7/2023 and Decree-law 1/2025 of the Canary Islands; 20 and 35 are tobacco's."""

IPSI_LEAST, IPSI_MOST = Decimal("0.5"), Decimal(10)
"""Ceuta and Melilla set their rates by ordinance between these; zero is allowed, too."""


def is_rate(kind: TaxKind, percent: Decimal, on: date | None = None) -> bool:
    """Tell whether a tax has a rate on a day; without a day, whether it ever had."""
    if kind is TaxKind.IPSI:
        return percent == 0 or IPSI_LEAST <= percent <= IPSI_MOST
    table = IVA if kind is TaxKind.IVA else IGIC
    return any(rate.percent == percent and rate.holds(on) for rate in table)


def is_surcharge(
    kind: TaxKind, percent: Decimal, surcharge: Decimal, on: date | None = None
) -> bool:
    """Tell whether a surcharge goes with a rate on a day; only IVA has surcharges."""
    return kind is TaxKind.IVA and any(
        one.iva == percent and one.percent == surcharge and one.holds(on) for one in SURCHARGES
    )


def surcharge_of(kind: TaxKind, percent: Decimal, on: date) -> Decimal | None:
    """Give the equivalence surcharge that goes with a rate on a day; the first listed counts."""
    if kind is not TaxKind.IVA:
        return None
    return next((one.percent for one in SURCHARGES if one.iva == percent and one.holds(on)), None)
