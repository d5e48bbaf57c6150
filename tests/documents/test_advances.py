"""Advance invoices and the invoice of the rest have together exactly the taxes of the whole."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from app.documents import advances
from app.documents.advances import Share
from app.documents.deductions import Deduction
from app.documents.printable import PrintedTax, TaxKind, TaxTreatment
from app.documents.totals import Discount, Figures, Line, Taxation, of, taxation_of
from app.kernel.money import Money

TAXATIONS = [
    Taxation(TaxKind.IVA, TaxTreatment.TAXABLE, None, Decimal(21), None),
    Taxation(TaxKind.IVA, TaxTreatment.TAXABLE, None, Decimal(21), Decimal("5.2")),
    Taxation(TaxKind.IVA, TaxTreatment.TAXABLE, None, Decimal(10), None),
    Taxation(TaxKind.IVA, TaxTreatment.TAXABLE, None, Decimal(4), None),
    Taxation(TaxKind.IVA, TaxTreatment.EXEMPT, "E1", Decimal(0), None),
]

a_line = st.builds(
    Line,
    quantity=st.decimals("0.01", "9", places=2),
    unit_price=st.decimals("0.01", "900", places=2),
    discount_percent=st.sampled_from([Decimal(0), Decimal("7.5")]),
    taxation=st.sampled_from(TAXATIONS),
    withholding_rate=st.sampled_from([None, None, Decimal(15)]),
)
a_discount = st.none() | st.builds(Discount, st.just(value=True), st.decimals("0", "60", places=2))


def invoiced(shares: Sequence[Share]) -> Figures:
    return of(
        [
            Line(Decimal(1), one.gross.decimal, Decimal(0), one.taxation, one.withholding_rate)
            for one in shares
        ],
        prices_include_tax=True,
    )


def deducted(figures: Figures) -> Deduction:
    day = date(2026, 11, 24)
    return Deduction(UUID(int=1), "F-1", day, figures.taxes, figures.withholdings)


def summed(several: Sequence[Figures]) -> dict[Taxation, tuple[int, int, int]]:
    sums: dict[Taxation, list[int]] = defaultdict(lambda: [0, 0, 0])
    for tax in (tax for figures in several for tax in figures.taxes):
        for place, money in enumerate((tax.base, tax.amount, tax.surcharge)):
            sums[taxation_of(tax)][place] += money.amount_minor
    return {taxation: (one[0], one[1], one[2]) for taxation, one in sums.items() if any(one)}


def has_cents(tax: PrintedTax) -> bool:
    """Tell whether no cent of a tax can have gone into its base."""
    has_tax = tax.amount.amount_minor != 0 or tax.rate == 0
    return has_tax and (tax.surcharge.amount_minor != 0 or tax.surcharge_rate is None)


@settings(max_examples=150, deadline=None)
@given(
    lines=st.lists(a_line, min_size=1, max_size=6),
    discount=a_discount,
    prices_include_tax=st.booleans(),
    parts=st.lists(st.integers(1, 100), max_size=4),
)
def test_advances_and_the_rest_are_the_whole_tax_by_tax(
    lines: list[Line],
    discount: Discount | None,
    prices_include_tax: bool,  # noqa: FBT001 - drawn
    parts: list[int],
) -> None:
    whole = of(lines, discount=discount, prices_include_tax=prices_include_tax)
    amounts = list(zip(lines, whole.amounts, strict=True))
    asked: list[Figures] = []
    left = whole.totals.total
    for part in parts:
        amount = Money(left.amount_minor * part // 100)
        taxes: list[PrintedTax] = [tax for one in asked for tax in one.taxes]
        shares = advances.shares(amount, amounts, whole.taxes, taxes)
        assert all(one.gross.amount_minor > 0 for one in shares)
        figures = invoiced(shares)
        assert figures.totals.total == amount
        assert advances.payable(shares) == figures.totals.payable
        asked.append(figures)
        left -= amount
    deductions = [deducted(one) for one in asked]
    rest = of(
        lines, discount=discount, prices_include_tax=prices_include_tax, deductions=deductions
    )
    assert rest.totals.total == left
    together, alone = summed([*asked, rest]), summed([whole])
    for tax in rest.taxes:
        taxation = taxation_of(tax)
        assert (tax.base + tax.amount + tax.surcharge).amount_minor >= 0
        assert tax.base.amount_minor * tax.amount.amount_minor >= 0
        assert sum(together.get(taxation, ())) == sum(alone.get(taxation, ()))
        if has_cents(tax):
            assert together.get(taxation) == alone.get(taxation)
    held = [one.totals.withholding.amount_minor for one in (*asked, rest)]
    assert sum(held) == whole.totals.withholding.amount_minor
