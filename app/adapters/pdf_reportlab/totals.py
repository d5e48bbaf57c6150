"""The foot of the table: taxes by group on the left, the sums on the right."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reportlab.lib.units import mm

from app.adapters.pdf_reportlab import taxes
from app.adapters.pdf_reportlab.flow import Block, Painted
from app.adapters.pdf_reportlab.pen import Pen
from app.adapters.pdf_reportlab.sheet import HAIRLINE, LEFT, RIGHT, STRONG_RULE
from app.adapters.pdf_reportlab.text import (
    BODY,
    LABEL,
    PAYABLE,
    PAYABLE_LABEL,
    TOTAL,
    Style,
    line,
    wrap,
)
from app.documents.printable import DocumentType, Printable
from app.kernel import formats
from app.kernel.colors import LIGHT
from app.kernel.money import Money
from app.kernel.wording import Wording

ITEMISED_MOST = 4
"""More disbursements or withholdings than these are summed into one row each."""

_SUMS_LEFT = 114 * mm
_LABEL_WIDTH = 42 * mm
_TAX_WIDTH, _BASE_RIGHT, _TAX_RIGHT = 26 * mm, LEFT + 54 * mm, LEFT + 80 * mm
_PAD = 0.75 * mm
_TOTAL_PAD = 1.4 * mm
_PAYABLE_PAD = 1.9 * mm
_GAP = 3.5 * mm
_NONE = "—"


@dataclass(frozen=True, slots=True)
class Sum:
    """A row of the sums."""

    label: str
    amount: Money
    label_style: Style = BODY
    style: Style = BODY
    pad: float = _PAD
    ruled: bool = False


def totals_of(says: Printable, words: Wording, breakdown: Block | None) -> Painted:
    """Lay out both halves; the block never splits.

    Args:
        says: The document.
        words: The printed words in its language.
        breakdown: The left half, or None when it stands above as a table.
    """
    right = _painted_sums(list(_sums(says, words)), words.language)
    tallest = max(breakdown.height if breakdown else 0.0, right.height)

    def draw(pen: Pen, top: float) -> None:
        pen.rule(LEFT, RIGHT, top, weight=STRONG_RULE, color=LIGHT.ink)
        if breakdown:
            breakdown.draw(pen, top + _GAP)
        right.draw(pen, top + _GAP - _PAD)

    return Painted(_GAP + tallest + _PAYABLE_PAD, draw)


def breakdown_of(says: Printable, words: Wording) -> tuple[Block, list[Block]]:
    """Lay out the head and the rows of the taxes by group (ROF art. 6.2)."""
    rows: list[Block] = []
    for tax in says.taxes:
        base = formats.money(tax.base, words.language)
        untaxed = tax.treatment in taxes.UNTAXED
        amount = _NONE if untaxed else formats.money(tax.amount, words.language)
        rows.append(_tax_row(taxes.group_label(tax, words), base, amount))
        if tax.surcharge_rate:
            rate = formats.percent(tax.surcharge_rate, words.language)
            surcharge = formats.money(tax.surcharge, words.language)
            rows.append(_tax_row(words("group.surcharge", rate=rate), base, surcharge))
    height = LABEL.leading + 1.2 * mm

    def draw(pen: Pen, top: float) -> None:
        pen.text(LEFT, top, line(words("breakdown.tax"), LABEL))
        pen.text_to(_BASE_RIGHT, top, line(words("breakdown.base"), LABEL))
        pen.text_to(_TAX_RIGHT, top, line(words("breakdown.amount"), LABEL))
        pen.rule(LEFT, _TAX_RIGHT, top + height, weight=HAIRLINE, color=LIGHT.line)

    return Painted(height, draw), rows


def _tax_row(label: str, base: str, amount: str) -> Painted:
    lines = wrap(label, BODY, _TAX_WIDTH, most=3)

    def draw(pen: Pen, top: float) -> None:
        top += _PAD
        _figure(pen, _BASE_RIGHT, top, base, BODY, 27 * mm)
        _figure(pen, _TAX_RIGHT, top, amount, BODY, 25 * mm)
        for text in lines:
            pen.text(LEFT, top, text)
            top += text.leading

    return Painted(sum(text.leading for text in lines) + 2 * _PAD, draw)


def _sums(says: Printable, words: Wording) -> Iterator[Sum]:
    totals = says.totals
    if totals.discount.amount_minor:
        yield Sum(words("sum.discount"), -totals.discount)
    yield Sum(words("sum.base"), totals.taxable_base)
    taxed = [tax.kind for tax in says.taxes if tax.treatment not in taxes.UNTAXED]
    if taxed:
        yield Sum(taxes.tax_name(taxed, words), totals.tax)
    if any(tax.surcharge_rate for tax in says.taxes):
        yield Sum(words("sum.surcharge"), totals.surcharge)
    after = [*_withholdings(says, words), *_disbursements(says, words)]
    if totals.advances.amount_minor:
        after.append(Sum(words("sum.advance"), -totals.advances))
    is_invoice = says.type is DocumentType.INVOICE
    total = words("sum.invoice_total" if is_invoice else "sum.total")
    if not after and not is_invoice:
        yield _large(total, totals.total)
        return
    yield Sum(total, totals.total, TOTAL, TOTAL, _TOTAL_PAD, ruled=True)
    yield from after
    yield _large(words("sum.payable"), totals.payable)


def _withholdings(says: Printable, words: Wording) -> Iterator[Sum]:
    if len(says.withholdings) > ITEMISED_MOST:
        yield Sum(words("sum.withholdings"), -says.totals.withholding)
        return
    for item in says.withholdings:
        rate = formats.percent(item.rate, words.language)
        if item.base == says.totals.taxable_base:
            label = words("sum.withholding", rate=rate)
        else:
            base = formats.money(item.base, words.language)
            label = words("sum.withholding_on", rate=rate, base=base)
        yield Sum(label, -item.amount)


def _disbursements(says: Printable, words: Wording) -> Iterator[Sum]:
    if len(says.disbursements) > ITEMISED_MOST:
        yield Sum(words("sum.disbursements"), says.totals.disbursements)
        return
    for item in says.disbursements:
        what = item.description.strip()
        yield Sum(words("sum.disbursement", what=what), item.amount)


def _large(label: str, amount: Money) -> Sum:
    return Sum(label, amount, PAYABLE_LABEL, PAYABLE, _PAYABLE_PAD, ruled=True)


def _painted_sums(sums: Sequence[Sum], language: str) -> Painted:
    labels = [wrap(row.label, row.label_style, _LABEL_WIDTH, most=3) for row in sums]
    heights = [
        sum(text.leading for text in lines) + 2 * row.pad
        for lines, row in zip(labels, sums, strict=True)
    ]

    def draw(pen: Pen, top: float) -> None:
        for row, lines, height in zip(sums, labels, heights, strict=True):
            if row.ruled:
                pen.rule(_SUMS_LEFT, RIGHT, top, weight=STRONG_RULE, color=LIGHT.ink)
            y = top + row.pad
            room = RIGHT - _SUMS_LEFT - max(text.width for text in lines) - 2 * mm
            _figure(pen, RIGHT, y, formats.money(row.amount, language), row.style, room)
            for text in lines:
                pen.text(_SUMS_LEFT, y, text)
                y += text.leading
            top += height

    return Painted(sum(heights), draw)


def _figure(pen: Pen, right: float, top: float, text: str, style: Style, room: float) -> None:
    """Draw a figure that ends at `right`, smaller when it is too long for its room."""
    pen.text_to(right, top, line(text, style.fitting(text, room)))
