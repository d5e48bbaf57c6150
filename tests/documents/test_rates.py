"""Rates hold on their days only (the invoicing reference, 2.2)."""

from datetime import date
from decimal import Decimal

import pytest

from app.documents.printable import TaxKind
from app.documents.rates import is_rate, is_surcharge

IVA, IGIC, IPSI = TaxKind.IVA, TaxKind.IGIC, TaxKind.IPSI


@pytest.mark.parametrize(
    ("kind", "rate", "on", "expected"),
    [
        (IVA, "21", date(2026, 11, 24), True),
        (IVA, "5", date(2022, 6, 30), False),
        (IVA, "5", date(2022, 7, 1), True),
        (IVA, "5", date(2024, 9, 30), True),
        (IVA, "5", date(2024, 10, 1), False),
        (IVA, "7.5", date(2024, 12, 31), True),
        (IVA, "2", date(2025, 1, 1), False),
        (IVA, "7", date(2026, 1, 1), False),
        (IVA, "5", None, True),
        (IGIC, "7", date(2026, 1, 1), True),
        (IGIC, "9.5", None, True),
        (IGIC, "21", None, False),
        (IPSI, "0.5", None, True),
        (IPSI, "10", None, True),
        (IPSI, "10.5", None, False),
        (IPSI, "0.4", None, False),
    ],
)
def test_a_rate_holds_on_its_days(
    kind: TaxKind,
    rate: str,
    on: date | None,
    expected: bool,  # noqa: FBT001 - a table's column
) -> None:
    assert is_rate(kind, Decimal(rate), on) is expected


@pytest.mark.parametrize(
    ("kind", "rate", "surcharge", "on", "expected"),
    [
        (IVA, "21", "5.2", date(2026, 1, 1), True),
        (IVA, "21", "1.75", date(2026, 1, 1), True),
        (IVA, "21", "1.4", date(2026, 1, 1), False),
        (IVA, "5", "0.5", date(2022, 12, 31), True),
        (IVA, "5", "0.5", date(2023, 1, 1), False),
        (IVA, "5", "0.62", date(2023, 1, 1), True),
        (IVA, "7.5", "1", date(2024, 10, 1), True),
        (IVA, "2", "0.26", date(2024, 12, 31), True),
        (IVA, "0", "0", date(2024, 9, 30), True),
        (IGIC, "7", "5.2", None, False),
    ],
)
def test_a_surcharge_goes_with_its_rate(
    kind: TaxKind,
    rate: str,
    surcharge: str,
    on: date | None,
    expected: bool,  # noqa: FBT001 - same
) -> None:
    assert is_surcharge(kind, Decimal(rate), Decimal(surcharge), on) is expected
