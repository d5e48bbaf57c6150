"""What a receipt by mail says of a payment, kept as it was when it was promised."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Self

from pydantic import JsonValue

from app.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment whose money is there.

    Attributes:
        amount_minor: What was paid, in minor units.
        due_minor: What is still due after it; zero or less for nothing.
        method: `card`, `pay_by_bank`, `bank_transfer`, `cash` or `card_terminal`.
        paid_at: When the money was there, UTC.
        code: What the payment is known by, to find it again.
    """

    amount_minor: int
    due_minor: int
    currency: str
    method: str
    paid_at: datetime
    code: str

    @property
    def amount(self) -> Money:
        """What was paid."""
        return Money(self.amount_minor, self.currency)

    @property
    def due(self) -> Money | None:
        """What is still due; None for nothing."""
        return Money(self.due_minor, self.currency) if self.due_minor > 0 else None

    def to_json(self) -> dict[str, JsonValue]:
        """Write it down."""
        return {**asdict(self), "paid_at": self.paid_at.isoformat()}

    @classmethod
    def from_json(cls, values: dict[str, JsonValue]) -> Self:
        """Read what `to_json` wrote."""
        paid_at = datetime.fromisoformat(str(values["paid_at"]))
        return cls(**{**values, "paid_at": paid_at})  # type: ignore[arg-type]  # as written above
