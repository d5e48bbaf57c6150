"""Lines, taxes and withholdings → amounts (pure).

Rounding happens at two points only, the net of a line and the tax of a group, half
away from zero; tax is computed once per group.
Prices that include the tax are summed with it: the base of a group is then its gross
divided by one plus its rates, and the tax is what is left of the gross.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from app.documents.deductions import Deduction
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
_PRICE_STEP = Decimal("0.000001")


class AmountTooLarge(ValueError):
    """An amount has more than 12 integer digits."""


class DiscountTooLarge(ValueError):
    """A fixed discount is more than there is to discount."""


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
    """What the arithmetic needs of a line; rates and discount in per cent.

    Attributes:
        unit_price: With or without the tax, as the whole document's prices are.
    """

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
    """The result: nets in the order of the lines, groups in order of appearance.

    Attributes:
        nets: Of each line, without tax, before the document's discount.
        amounts: Of each line as it was priced: the net, or the gross with its tax.
        discount: The document's, as the lines were priced.
    """

    nets: tuple[Money, ...]
    amounts: tuple[Money, ...]
    discount: Money
    taxes: tuple[PrintedTax, ...]
    withholdings: tuple[PrintedWithholding, ...]
    totals: PrintedTotals


def of(
    lines: Sequence[Line],
    *,
    currency: str = "EUR",
    discount: Discount | None = None,
    prices_include_tax: bool = False,
    disbursements: Sequence[PrintedDisbursement] = (),
    deductions: Sequence[Deduction] = (),
    advances: Money | None = None,
) -> Figures:
    """Compute every figure of a document.

    What advance invoices asked for is taken off with the very tax they had, so that all
    together have exactly the sum of the whole under each tax. Money taken in advance is
    counted up to what there is to pay.

    Raises:
        AmountTooLarge: A net or a total has more than 12 integer digits.
        DiscountTooLarge: A fixed discount exceeds the sum of the lines.
    """
    zero = Money(0, currency)
    amounts = [amount_of(line, currency) for line in lines]
    shares = _discount_shares(lines, amounts, discount, currency)
    left = [amount - share for amount, share in zip(amounts, shares, strict=True)]
    full = _taxes(lines, left, currency, prices_include_tax=prices_include_tax)
    nets, bases = amounts, left
    if prices_include_tax:
        nets, bases = _without_tax(lines, amounts), _without_tax(lines, left)
    taxes = _taxes_left(full, deductions)
    withholdings = _withholdings_left(_withholdings(lines, bases, currency), deductions)
    base = sum((tax.base for tax in taxes), zero)
    tax_total = sum((tax.amount for tax in taxes), zero)
    surcharge = sum((tax.surcharge for tax in taxes), zero)
    total = base + tax_total + surcharge
    withheld = sum((withholding.amount for withholding in withholdings), zero)
    disbursed = sum((item.amount for item in disbursements), zero)
    payable = total - withheld + disbursed
    advanced = min(advances or zero, max(payable, zero))
    totals = PrintedTotals(
        discount=_bounded(sum(nets, zero) - sum((tax.base for tax in full), zero)),
        taxable_base=_bounded(base),
        tax=_bounded(tax_total),
        surcharge=_bounded(surcharge),
        total=_bounded(total),
        withholding=_bounded(withheld),
        disbursements=_bounded(disbursed),
        advances=_bounded(advanced),
        payable=_bounded(payable - advanced),
    )
    return Figures(
        nets=tuple(nets),
        amounts=tuple(amounts),
        discount=sum(shares, zero),
        taxes=taxes,
        withholdings=withholdings,
        totals=totals,
    )


def amount_of(line: Line, currency: str) -> Money:
    """Amount of a line: price times quantity in cents, less its discount in cents.

    Raises:
        AmountTooLarge: The product has more than 12 integer digits.
    """
    product = line.quantity * line.unit_price
    if abs(product) * _HUNDRED > AMOUNT_MINOR_MAX:
        raise AmountTooLarge
    discount = Money.of(product * line.discount_percent / _HUNDRED, currency)
    return Money.of(product, currency) - discount


def price_without_tax(line: Line) -> Decimal:
    """Give the unit price of a line whose price includes the tax, to six decimals."""
    price = line.unit_price / _with_tax(line.taxation)
    return price.quantize(_PRICE_STEP, ROUND_HALF_UP)


def _with_tax(taxation: Taxation) -> Decimal:
    """What a base is multiplied by to become gross."""
    return 1 + (taxation.rate + (taxation.surcharge_rate or 0)) / _HUNDRED


def _by_taxation(lines: Sequence[Line]) -> dict[Taxation, list[int]]:
    """Which lines share a group."""
    members: dict[Taxation, list[int]] = {}
    for index, line in enumerate(lines):
        members.setdefault(line.taxation, []).append(index)
    return members


def _without_tax(lines: Sequence[Line], grosses: Sequence[Money]) -> list[Money]:
    """Each line's part of the base of its group, in proportion to its gross."""
    bases = list(grosses)
    for taxation, group in _by_taxation(lines).items():
        weights = [grosses[index].amount_minor for index in group]
        currency = grosses[group[0]].currency
        base = _base(Money(sum(weights), currency), taxation)
        for index, part in zip(group, spread(base.amount_minor, weights), strict=True):
            bases[index] = Money(part, currency)
    return bases


def _base(gross: Money, taxation: Taxation) -> Money:
    return Money.of(gross.decimal / _with_tax(taxation), gross.currency)


def _bounded(money: Money) -> Money:
    if abs(money.amount_minor) > AMOUNT_MINOR_MAX:
        raise AmountTooLarge
    return money


def _discount_shares(
    lines: Sequence[Line], nets: Sequence[Money], discount: Discount | None, currency: str
) -> list[Money]:
    """Each line's part of the document's discount: first by group, then inside it."""
    whole = sum(net.amount_minor for net in nets)
    if discount is None or not lines:
        return [Money(0, currency)] * len(nets)
    value = Money(whole, currency).decimal * discount.value / _HUNDRED
    target = Money.of(value if discount.is_percent else discount.value, currency).amount_minor
    if not discount.is_percent and target > max(whole, 0):
        raise DiscountTooLarge
    groups = list(_by_taxation(lines).values())
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
    lines: Sequence[Line], amounts: Sequence[Money], currency: str, *, prices_include_tax: bool
) -> tuple[PrintedTax, ...]:
    zero = Money(0, currency)
    return tuple(
        _tax(
            taxation,
            sum((amounts[index] for index in group), zero),
            prices_include_tax=prices_include_tax,
        )
        for taxation, group in _by_taxation(lines).items()
    )


def _tax(taxation: Taxation, sum_of_lines: Money, *, prices_include_tax: bool) -> PrintedTax:
    base = _base(sum_of_lines, taxation) if prices_include_tax else sum_of_lines
    surcharge = _part(base, taxation.surcharge_rate or Decimal(0))
    amount = _part(base, taxation.rate)
    if prices_include_tax:
        amount = sum_of_lines - base - surcharge
    return PrintedTax(
        kind=taxation.kind,
        treatment=taxation.treatment,
        exemption_cause=taxation.exemption_cause,
        rate=taxation.rate,
        surcharge_rate=taxation.surcharge_rate,
        base=_bounded(base),
        amount=_bounded(amount),
        surcharge=_bounded(surcharge),
    )


def _withholdings(
    lines: Sequence[Line], bases: Sequence[Money], currency: str
) -> tuple[PrintedWithholding, ...]:
    by_rate: dict[Decimal, Money] = {}
    for line, base in zip(lines, bases, strict=True):
        if line.withholding_rate:
            rate = line.withholding_rate
            by_rate[rate] = by_rate.get(rate, Money(0, currency)) + base
    return tuple(
        PrintedWithholding(rate, _bounded(base), _part(base, rate))
        for rate, base in sorted(by_rate.items())
    )


def _taxes_left(
    taxes: tuple[PrintedTax, ...], deductions: Sequence[Deduction]
) -> tuple[PrintedTax, ...]:
    """Take what was asked for in advance off each group."""
    if not deductions:
        return taxes
    left = {taxation_of(tax): tax for tax in taxes}
    for tax in (tax for deduction in deductions for tax in deduction.taxes):
        zero = Money(0, tax.base.currency)
        none = replace(tax, base=zero, amount=zero, surcharge=zero)
        key = taxation_of(tax)
        held = left.get(key, none)
        left[key] = replace(
            held,
            base=held.base - tax.base,
            amount=held.amount - tax.amount,
            surcharge=held.surcharge - tax.surcharge,
        )
    return tuple(_of_one_sign(tax) for tax in left.values())


def _of_one_sign(tax: PrintedTax) -> PrintedTax:
    """Let a cent of tax below nothing go into the base: both have one sign (AEAT error 1142).

    Advances of nearly the whole can leave a base of a cent and a tax of minus one.
    """
    zero = Money(0, tax.base.currency)
    if tax.base.amount_minor * tax.surcharge.amount_minor < 0:
        tax = replace(tax, base=tax.base + tax.surcharge, surcharge=zero)
    if tax.base.amount_minor * tax.amount.amount_minor < 0:
        tax = replace(tax, base=tax.base + tax.amount, amount=zero)
    return tax


def _withholdings_left(
    withholdings: tuple[PrintedWithholding, ...], deductions: Iterable[Deduction]
) -> tuple[PrintedWithholding, ...]:
    """Take what advance invoices withheld off each rate."""
    left = {one.rate: one for one in withholdings}
    for one in (one for deduction in deductions for one in deduction.withholdings):
        zero = Money(0, one.base.currency)
        held = left.get(one.rate, PrintedWithholding(one.rate, zero, zero))
        left[one.rate] = replace(held, base=held.base - one.base, amount=held.amount - one.amount)
    return tuple(left[rate] for rate in sorted(left))


def taxation_of(tax: PrintedTax) -> Taxation:
    """Tell which lines a group is of."""
    return Taxation(tax.kind, tax.treatment, tax.exemption_cause, tax.rate, tax.surcharge_rate)


def _part(base: Money, rate: Decimal) -> Money:
    return Money.of(base.decimal * rate / _HUNDRED, base.currency)
