"""Lines, taxes and withholdings → amounts (pure).

The rule is the invoicing reference's §2.6: round at two points only, the net of a
line and the tax of a group, half away from zero; tax is computed once per group.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.documents.printable import (
    PrintedDisbursement,
    PrintedTax,
    PrintedTotals,
    PrintedWithholding,
    TaxKind,
    TaxTreatment,
)
from app.kernel.money import Money

AMOUNT_MINOR_MAX = 99_999_999_999_999
"""AEAT takes at most 12 integer digits; so do we, anywhere."""

_HUNDRED = Decimal(100)


class AmountTooLarge(ValueError):
    """An amount has more than 12 integer digits."""


@dataclass(frozen=True, slots=True)
class Taxation:
    """How a line is taxed; lines with equal taxation share a group.

    Attributes:
        rate: Per cent; zero unless `treatment` is taxable.
        surcharge_rate: Equivalence surcharge in per cent, or None.
    """

    kind: TaxKind
    treatment: TaxTreatment
    exemption_cause: str | None
    rate: Decimal
    surcharge_rate: Decimal | None


@dataclass(frozen=True, slots=True)
class Line:
    """What the arithmetic needs of a line; rates and discount in per cent."""

    quantity: Decimal
    unit_price: Decimal
    discount_percent: Decimal
    taxation: Taxation
    withholding_rate: Decimal | None


@dataclass(frozen=True, slots=True)
class Discount:
    """A discount on the whole document.

    Attributes:
        is_percent: Whether `value` is per cent or an amount in major units.
    """

    is_percent: bool
    value: Decimal


@dataclass(frozen=True, slots=True)
class Figures:
    """The result: nets in the order of the lines, groups in order of appearance."""

    nets: tuple[Money, ...]
    taxes: tuple[PrintedTax, ...]
    withholdings: tuple[PrintedWithholding, ...]
    totals: PrintedTotals


def of(
    lines: Sequence[Line],
    *,
    currency: str = "EUR",
    discount: Discount | None = None,
    disbursements: Sequence[PrintedDisbursement] = (),
    advances: Money | None = None,
) -> Figures:
    """Compute every figure of a document.

    Raises:
        AmountTooLarge: A net or a total has more than 12 integer digits.
    """
    nets = [net_of(line, currency) for line in lines]
    shares = _discount_shares(lines, nets, discount, currency)
    taxes = _taxes(lines, nets, shares, currency)
    withholdings = _withholdings(lines, nets, shares, currency)
    zero = Money(0, currency)
    base = sum((tax.base for tax in taxes), zero)
    tax_total = sum((tax.amount for tax in taxes), zero)
    surcharge = sum((tax.surcharge for tax in taxes), zero)
    total = _bounded(base + tax_total + surcharge)
    withheld = sum((withholding.amount for withholding in withholdings), zero)
    disbursed = sum((item.amount for item in disbursements), zero)
    advanced = advances or zero
    totals = PrintedTotals(
        discount=sum(shares, zero),
        taxable_base=base,
        tax=tax_total,
        surcharge=surcharge,
        total=total,
        withholding=withheld,
        disbursements=_bounded(disbursed),
        advances=advanced,
        payable=_bounded(total - withheld + disbursed - advanced),
    )
    return Figures(tuple(nets), taxes, withholdings, totals)


def net_of(line: Line, currency: str) -> Money:
    """Net of a line: gross rounded to cents, less its discount rounded to cents.

    Raises:
        AmountTooLarge: The gross has more than 12 integer digits.
    """
    gross = line.quantity * line.unit_price
    if abs(gross) * _HUNDRED > AMOUNT_MINOR_MAX:
        raise AmountTooLarge
    discount = Money.of(gross * line.discount_percent / _HUNDRED, currency)
    return Money.of(gross, currency) - discount


def _bounded(money: Money) -> Money:
    if abs(money.amount_minor) > AMOUNT_MINOR_MAX:
        raise AmountTooLarge
    return money


def _discount_shares(
    lines: Sequence[Line], nets: Sequence[Money], discount: Discount | None, currency: str
) -> list[Money]:
    """Each line's part of the document's discount: first by group, then inside it."""
    whole = sum(net.amount_minor for net in nets)
    if discount is None or whole == 0:
        return [Money(0, currency)] * len(nets)
    value = Money(whole, currency).decimal * discount.value / _HUNDRED
    target = Money.of(value if discount.is_percent else discount.value, currency).amount_minor
    members: dict[Taxation, list[int]] = {}
    for index, line in enumerate(lines):
        members.setdefault(line.taxation, []).append(index)
    groups = list(members.values())
    bases = [sum(nets[index].amount_minor for index in group) for group in groups]
    shares = [0] * len(nets)
    for group, share in zip(groups, spread(target, bases), strict=True):
        weights = [nets[index].amount_minor for index in group]
        for index, part in zip(group, spread(share, weights), strict=True):
            shares[index] = part
    return [Money(share, currency) for share in shares]


def spread(target: int, weights: Sequence[int]) -> list[int]:
    """Split an integer in proportion to weights, by largest remainder; the sum is exact.

    Weights that sum to zero leave everything to the first.
    """
    whole = sum(weights)
    if whole == 0:
        return [target] + [0] * (len(weights) - 1)
    products = [target * weight for weight in weights]
    parts = [product // whole for product in products]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-abs(products[i] % whole), i))
    for index in by_remainder[: target - sum(parts)]:
        parts[index] += 1
    return parts


def _taxes(
    lines: Sequence[Line], nets: Sequence[Money], shares: Sequence[Money], currency: str
) -> tuple[PrintedTax, ...]:
    bases: dict[Taxation, Money] = {}
    for line, net, share in zip(lines, nets, shares, strict=True):
        bases[line.taxation] = bases.get(line.taxation, Money(0, currency)) + net - share
    return tuple(
        PrintedTax(
            kind=taxation.kind,
            treatment=taxation.treatment,
            exemption_cause=taxation.exemption_cause,
            rate=taxation.rate,
            surcharge_rate=taxation.surcharge_rate,
            base=_bounded(base),
            amount=_part(base, taxation.rate),
            surcharge=_part(base, taxation.surcharge_rate or Decimal(0)),
        )
        for taxation, base in bases.items()
    )


def _withholdings(
    lines: Sequence[Line], nets: Sequence[Money], shares: Sequence[Money], currency: str
) -> tuple[PrintedWithholding, ...]:
    bases: dict[Decimal, Money] = {}
    for line, net, share in zip(lines, nets, shares, strict=True):
        if line.withholding_rate:
            rate = line.withholding_rate
            bases[rate] = bases.get(rate, Money(0, currency)) + net - share
    return tuple(
        PrintedWithholding(rate, base, _part(base, rate)) for rate, base in sorted(bases.items())
    )


def _part(base: Money, rate: Decimal) -> Money:
    return Money.of(base.decimal * rate / _HUNDRED, base.currency)
