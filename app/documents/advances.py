"""How much of a quote an advance invoice asks for, and under which taxes (pure)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.documents.printable import PrintedTax
from app.documents.totals import Line, Taxation, of, spread, taxation_of
from app.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Share:
    """What is asked for under one tax and one withholding; `gross` is with its tax."""

    taxation: Taxation
    withholding_rate: Decimal | None
    gross: Money


def shares(
    amount: Money,
    lines: Sequence[tuple[Line, Money]],
    taxes: Iterable[PrintedTax],
    asked: Iterable[PrintedTax],
) -> list[Share]:
    """Split an advance over the taxes of a quote, in proportion to what each has left.

    By largest remainder, so that the parts sum to the amount and no tax is ever asked
    for more than it has.

    Args:
        amount: With its taxes; no more than the quote has left.
        lines: The quote's, with their amounts: they tell what is withheld of.
        taxes: The quote's.
        asked: The taxes of its advance invoices so far.
    """
    left = {taxation_of(tax): _gross(tax) for tax in taxes}
    for tax in asked:
        left[taxation_of(tax)] = left.get(taxation_of(tax), 0) - _gross(tax)
    parts = spread(amount.amount_minor, [max(0, one) for one in left.values()])
    found = []
    for taxation, part in zip(left, parts, strict=True):
        weights = _weights(taxation, lines)
        for rate, share in zip(weights, spread(part, list(weights.values())), strict=True):
            if share:
                found.append(Share(taxation, rate, Money(share, amount.currency)))
    return found


def payable(parts: Iterable[Share]) -> Money:
    """Tell what an advance invoice of these shares asks for, once income tax is withheld."""
    lines = [
        Line(Decimal(1), one.gross.decimal, Decimal(0), one.taxation, one.withholding_rate)
        for one in parts
    ]
    return of(lines, prices_include_tax=True).totals.payable


def _gross(tax: PrintedTax) -> int:
    return (tax.base + tax.amount + tax.surcharge).amount_minor


def _weights(taxation: Taxation, lines: Sequence[tuple[Line, Money]]) -> dict[Decimal | None, int]:
    """Give what the lines of a tax amount to, by their withholding."""
    weights: dict[Decimal | None, int] = {}
    for line, amount in lines:
        if line.taxation == taxation:
            rate = line.withholding_rate
            weights[rate] = weights.get(rate, 0) + amount.amount_minor
    return weights or {None: 1}
