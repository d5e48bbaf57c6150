"""Every figure of a document, against the vectors of the invoicing reference (10.5, 10.6)."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.documents import totals
from app.documents.printable import PrintedDisbursement, TaxKind, TaxTreatment
from app.documents.totals import (
    AmountTooLarge,
    Discount,
    DiscountTooLarge,
    Figures,
    Line,
    Taxation,
    spread,
)
from app.kernel.money import Money


def line(
    quantity: str,
    price: str,
    rate: str = "21",
    *,
    surcharge: str | None = None,
    withholding: str | None = None,
    discount: str = "0",
    kind: TaxKind = TaxKind.IVA,
    treatment: TaxTreatment = TaxTreatment.TAXABLE,
    cause: str | None = None,
) -> Line:
    return Line(
        quantity=Decimal(quantity),
        unit_price=Decimal(price),
        discount_percent=Decimal(discount),
        taxation=Taxation(
            kind, treatment, cause, Decimal(rate), Decimal(surcharge) if surcharge else None
        ),
        withholding_rate=Decimal(withholding) if withholding else None,
    )


def exempt(quantity: str, price: str) -> Line:
    return line(quantity, price, "0", treatment=TaxTreatment.EXEMPT, cause="E1")


@pytest.mark.parametrize(
    ("price", "cents"),
    [
        ("1.155", 116),
        ("8.085", 809),
        ("0.125", 13),
        ("2.675", 268),
        ("-0.125", -13),
        ("1.005", 101),
        ("0.005", 1),
        ("14.7126", 1471),
        ("-0.004", 0),
    ],
)
def test_a_net_is_rounded_half_away_from_zero(price: str, cents: int) -> None:
    assert totals.amount_of(line("1", price), "EUR") == Money(cents)


@dataclass(frozen=True)
class Vector:
    """A row of 10.6; taxes are (amount, surcharge) by group, all in cents."""

    lines: tuple[Line, ...]
    bases: tuple[int, ...]
    taxes: tuple[tuple[int, int], ...]
    total: int
    payable: int
    withholding: int = 0
    discount: Discount | None = None


VECTORS = {
    "a": Vector((line("1", "100.00"),), (10000,), ((2100, 0),), 12100, 12100),
    "b": Vector(
        (line("1", "37.76"), line("1", "26.80"), line("1", "5.50")),
        (7006,), ((1471, 0),), 8477, 8477,
    ),
    "c": Vector(
        (line("10", "12.345"), line("3", "7.995", "10"), line("1", "50", "4"), exempt("1", "30")),
        (12345, 2399, 5000, 3000), ((2592, 0), (240, 0), (200, 0), (0, 0)), 25776, 25776,
    ),
    "d": Vector(
        (line("1", "1000", withholding="15"),),
        (100000,), ((21000, 0),), 121000, 106000, withholding=15000,
    ),
    "d2": Vector(
        (line("1", "1000", withholding="7"),),
        (100000,), ((21000, 0),), 121000, 114000, withholding=7000,
    ),
    "e": Vector((line("1", "200", surcharge="5.2"),), (20000,), ((4200, 1040),), 25240, 25240),
    "e2": Vector(
        (
            line("1", "100", surcharge="5.2"),
            line("1", "100", "10", surcharge="1.4"),
            line("1", "100", "4", surcharge="0.5"),
        ),
        (10000,) * 3, ((2100, 520), (1000, 140), (400, 50)), 34210, 34210,
    ),
    "f": Vector(
        tuple(line("1", price, withholding="19") for price in ("33.33", "33.33", "33.34")),
        (10000,), ((2100, 0),), 12100, 10200, withholding=1900,
    ),
    "g": Vector((line("3", "0.333"), line("7", "1.155")), (909,), ((191, 0),), 1100, 1100),
    "h": Vector(
        (line("1", "100"), line("1", "50", "10"), line("1", "33.33", "4")),
        (9455, 4727, 3151), ((1986, 0), (473, 0), (126, 0)), 19918, 19918,
        discount=Discount(is_percent=False, value=Decimal("10.00")),
    ),
    "h2": Vector(
        (line("1", "100"), line("1", "50", "10")),
        (9000, 4500), ((1890, 0), (450, 0)), 15840, 15840,
        discount=Discount(is_percent=True, value=Decimal(10)),
    ),
    "i": Vector(
        (line("1", "500", "0", treatment=TaxTreatment.REVERSE_CHARGE),),
        (50000,), ((0, 0),), 50000, 50000,
    ),
    "j": Vector((line("1", "100", "7", kind=TaxKind.IGIC),), (10000,), ((700, 0),), 10700, 10700),
    "k": Vector((line("-1", "100"),), (-10000,), ((-2100, 0),), -12100, -12100),
}  # fmt: skip


@pytest.mark.parametrize("name", VECTORS)
def test_the_reference_s_invoices(name: str) -> None:
    vector = VECTORS[name]
    figures = totals.of(vector.lines, discount=vector.discount)
    assert tuple(tax.base.amount_minor for tax in figures.taxes) == vector.bases
    assert (
        tuple((tax.amount.amount_minor, tax.surcharge.amount_minor) for tax in figures.taxes)
        == vector.taxes
    )
    assert figures.totals.total == Money(vector.total)
    assert figures.totals.withholding == Money(vector.withholding)
    assert figures.totals.payable == Money(vector.payable)


def test_disbursements_and_advances_stay_outside_the_total() -> None:
    figures = totals.of(
        [line("1", "100")],
        disbursements=[PrintedDisbursement("Tasa portuaria", Money(3500))],
        advances=Money(5000),
    )
    assert figures.totals.total == Money(12100)
    assert figures.totals.payable == Money(12100 + 3500 - 5000)


def test_a_line_s_discount_is_rounded_by_itself() -> None:
    assert totals.amount_of(line("1", "9.99", discount="33.33"), "EUR") == Money(666)


def test_withholding_follows_each_line_s_own_rate() -> None:
    figures = totals.of([line("1", "100", withholding="15"), line("1", "100", withholding="7"),
                         line("1", "100")])  # fmt: skip
    assert [(held.rate, held.amount.amount_minor) for held in figures.withholdings] == [
        (Decimal(7), 700),
        (Decimal(15), 1500),
    ]


def test_a_document_without_lines_is_nothing() -> None:
    figures = totals.of([], discount=Discount(is_percent=False, value=Decimal(5)))
    assert figures.taxes == ()
    assert figures.totals.payable == Money(0)


def test_there_is_nothing_to_discount_where_lines_cancel_out() -> None:
    lines = [line("1", "10"), line("-1", "10")]
    share = Discount(is_percent=True, value=Decimal(5))
    assert totals.of(lines, discount=share).totals.discount == Money(0)
    with pytest.raises(DiscountTooLarge):
        totals.of(lines, discount=Discount(is_percent=False, value=Decimal("0.01")))


@pytest.mark.parametrize(
    "lines",
    [
        [line("1000000", "1000000")],
        [line("-1000000", "1000000")],
        [line("999999999999", "1"), line("1", "1")],
        [line("999999999999", "1")],
    ],
)
def test_more_than_twelve_digits_are_refused(lines: list[Line]) -> None:
    with pytest.raises(AmountTooLarge):
        totals.of(lines)


RATES = st.sampled_from(["0", "4", "5", "10", "21"])
SURCHARGES = st.sampled_from([None, "0.5", "1.4", "5.2"])


@st.composite
def some_lines(draw: st.DrawFn) -> list[Line]:
    amounts = st.decimals(-10_000, 10_000, places=6)
    one = st.builds(
        Line,
        quantity=amounts,
        unit_price=amounts,
        discount_percent=st.decimals(0, 100, places=2),
        taxation=st.builds(
            Taxation,
            kind=st.sampled_from(TaxKind),
            treatment=st.just(TaxTreatment.TAXABLE),
            exemption_cause=st.none(),
            rate=RATES.map(Decimal),
            surcharge_rate=SURCHARGES.map(lambda rate: Decimal(rate) if rate else None),
        ),
        withholding_rate=st.sampled_from([None, Decimal(7), Decimal(15), Decimal(19)]),
    )
    return draw(st.lists(one, min_size=1, max_size=12))


DISCOUNTS = st.one_of(
    st.none(),
    st.builds(Discount, is_percent=st.just(value=True), value=st.decimals(0, 100, places=2)),
    st.builds(Discount, is_percent=st.just(value=False), value=st.decimals(0, 1000, places=2)),
)


def discounted(
    lines: list[Line], discount: Discount | None, *, prices_include_tax: bool = False
) -> Figures:
    """Compute with a discount; a fixed one beyond the lines is refused, then cut to them."""
    whole = sum(amount.amount_minor for amount in totals.of(lines).amounts)
    most = Decimal(max(whole, 0)) / 100
    if discount is not None and not discount.is_percent and discount.value > most:
        with pytest.raises(DiscountTooLarge):
            totals.of(lines, discount=discount, prices_include_tax=prices_include_tax)
        discount = Discount(is_percent=False, value=most)
    return totals.of(lines, discount=discount, prices_include_tax=prices_include_tax)


@given(some_lines(), DISCOUNTS)
def test_every_sum_is_exact(lines: list[Line], discount: Discount | None) -> None:
    figures = discounted(lines, discount)
    told = figures.totals
    nets = sum((net.amount_minor for net in figures.nets), 0)
    assert told.taxable_base.amount_minor == nets - told.discount.amount_minor
    assert told.taxable_base.amount_minor == sum(tax.base.amount_minor for tax in figures.taxes)
    assert told.total == told.taxable_base + told.tax + told.surcharge
    assert told.payable == told.total - told.withholding
    require_integers(figures)


def require_integers(figures: Figures) -> None:
    amounts = [*figures.nets, *(tax.amount for tax in figures.taxes), figures.totals.payable]
    assert all(type(amount.amount_minor) is int for amount in amounts)


@given(some_lines(), st.randoms())
def test_the_order_of_lines_changes_no_sum(lines: list[Line], chance: object) -> None:
    mixed = list(lines)
    chance.shuffle(mixed)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert totals.of(mixed).totals == totals.of(lines).totals


@given(some_lines())
def test_a_tax_differs_from_its_exact_value_by_half_a_cent_at_most(lines: list[Line]) -> None:
    for tax in totals.of(lines).taxes:
        exact = Fraction(tax.base.amount_minor) * Fraction(tax.rate) / 100
        assert abs(tax.amount.amount_minor - exact) <= Fraction(1, 2)


@given(
    st.integers(-(10**14), 10**14),
    st.lists(st.integers(0, 10**14), min_size=1, max_size=30),
)
def test_a_split_is_exact_and_fair(target: int, weights: list[int]) -> None:
    parts = spread(target, weights)
    assert sum(parts) == target
    whole = sum(weights)
    if whole:
        assert all(
            abs(part - Fraction(target * weight, whole)) < 1
            for part, weight in zip(parts, weights, strict=True)
        )


@given(
    st.integers(-(10**6), 10**6), st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=30)
)
def test_a_split_over_weights_of_both_signs_is_exact(target: int, weights: list[int]) -> None:
    assert sum(spread(target, weights)) == target


@pytest.mark.parametrize(
    ("price", "base", "tax"),
    [
        ("121.00", 10000, 2100),
        ("59.97", 4956, 1041),
        ("19.99", 1652, 347),
        ("10.05", 831, 174),
    ],
)
def test_the_tax_of_a_price_that_includes_it_is_the_difference(
    price: str, base: int, tax: int
) -> None:
    figures = totals.of([line("1", price)], prices_include_tax=True)
    (group,) = figures.taxes
    assert (group.base, group.amount) == (Money(base), Money(tax))
    assert figures.totals.total == Money.of(Decimal(price))


def test_a_discount_on_prices_with_tax_is_with_tax() -> None:
    discount = Discount(is_percent=True, value=Decimal(10))
    figures = totals.of([line("1", "121.00")], discount=discount, prices_include_tax=True)
    assert figures.discount == Money(1210)
    assert figures.totals.discount == Money(1000)
    assert (figures.nets, figures.amounts) == ((Money(10000),), (Money(12100),))
    assert figures.totals.total == Money(10890)


def test_a_price_may_include_its_surcharge() -> None:
    figures = totals.of([line("1", "126.20", surcharge="5.2")], prices_include_tax=True)
    (group,) = figures.taxes
    assert (group.base, group.amount, group.surcharge) == (Money(10000), Money(2100), Money(520))


def test_a_correction_by_substitution_is_computed_like_any_other() -> None:
    """Vector k2: what it replaces, 1000.00 and 210.00, is said beside it."""
    figures = totals.of([line("1", "900")])
    assert (figures.totals.taxable_base, figures.totals.tax) == (Money(90000), Money(18900))
    assert figures.totals.total == Money(108900)


@given(some_lines(), DISCOUNTS)
def test_every_sum_is_exact_with_prices_that_include_tax(
    lines: list[Line], discount: Discount | None
) -> None:
    figures = discounted(lines, discount, prices_include_tax=True)
    told = figures.totals
    amounts = sum(amount.amount_minor for amount in figures.amounts)
    assert told.total.amount_minor == amounts - figures.discount.amount_minor
    nets = sum(net.amount_minor for net in figures.nets)
    assert told.taxable_base.amount_minor == nets - told.discount.amount_minor
    assert told.total == told.taxable_base + told.tax + told.surcharge
    require_integers(figures)
