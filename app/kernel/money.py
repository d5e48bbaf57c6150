"""Money in minor units, and the one rounding rule of the house."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Self

CENT = Decimal("0.01")


def round_to_cents(value: Decimal) -> Decimal:
    """Round half away from zero to two decimals; negative zero becomes zero.

    Half away from zero is how Spanish invoices are rounded; half-even would differ by cents.
    """
    rounded = value.quantize(CENT, ROUND_HALF_UP)
    return rounded or Decimal("0.00")


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount of one currency.

    Attributes:
        amount_minor: Integer minor units (cents for EUR).
        currency: ISO 4217 code; every currency we accept has two decimals.
    """

    amount_minor: int
    currency: str = "EUR"

    @classmethod
    def of(cls, value: Decimal, currency: str = "EUR") -> Self:
        """From a decimal of major units, rounded half away from zero to cents."""
        return cls(int(round_to_cents(value) * 100), currency)

    @property
    def decimal(self) -> Decimal:
        """Major units with two decimals."""
        return (Decimal(self.amount_minor) / 100).quantize(CENT)

    def __add__(self, other: "Money") -> "Money":
        self._require_same_currency(other)
        return Money(self.amount_minor + other.amount_minor, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        self._require_same_currency(other)
        return Money(self.amount_minor - other.amount_minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount_minor, self.currency)

    def _require_same_currency(self, other: "Money") -> None:
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} do not add")
