from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.money import Money, round_to_cents

amounts = st.integers(-(10**15), 10**15)


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        ("1.005", "1.01"), ("-1.005", "-1.01"), ("1.004", "1.00"), ("2.5", "2.50"),
        ("0.125", "0.13"), ("-0.001", "0.00"), ("8.085", "8.09"),
    ],
)  # fmt: skip
def test_half_goes_away_from_zero(value: str, rounded: str) -> None:
    assert str(round_to_cents(Decimal(value))) == rounded


@given(amounts)
def test_minor_and_major_units_agree(minor: int) -> None:
    assert Money.of(Money(minor).decimal) == Money(minor)


@given(amounts, amounts)
def test_sums_and_differences(one: int, other: int) -> None:
    assert Money(one) + Money(other) - Money(other) == Money(one)
    assert Money(one) + -Money(one) == Money(0)


def test_currencies_do_not_mix() -> None:
    with pytest.raises(ValueError, match="USD and EUR do not add"):
        Money(1, "USD") + Money(1)
    with pytest.raises(ValueError, match="EUR and USD do not add"):
        Money(1) - Money(1, "USD")
