"""The table of lines: columns as wide as their figures need, rows that may break."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from reportlab.lib.units import mm

from app.adapters.pdf_reportlab import taxes
from app.adapters.pdf_reportlab.flow import Block, Lines, Painted, lines_fitting
from app.adapters.pdf_reportlab.pen import Pen
from app.adapters.pdf_reportlab.sheet import HAIRLINE, LEFT, RIGHT, STRONG_RULE
from app.adapters.pdf_reportlab.text import (
    BODY,
    LABEL,
    QUIET,
    SECONDARY,
    Style,
    TextLine,
    line,
    wrap,
)
from app.documents.printable import DocumentType, Layout, Printable, PrintedLine
from app.kernel import formats
from app.kernel.colors import LIGHT
from app.kernel.wording import Wording

_PADDING = 3 * mm
_CONCEPT_LEAST = 60 * mm
_ROW_TOP, _ROW_BOTTOM = 1.7 * mm, 1.9 * mm
_HEAD_GAP = 1.5 * mm
_UNIT_LINES = 3


@dataclass(frozen=True, slots=True)
class Column:
    """A column of figures, which end at its right edge; layouts know it by its name."""

    name: str
    title: str
    width: float
    style: Style
    text: Callable[[PrintedLine], str]
    wraps: bool = False


@dataclass(frozen=True)
class Row:
    """A line of the document: concept and details, figures beside the first line."""

    concept: Sequence[TextLine]
    figures: Sequence[tuple[float, Sequence[TextLine]]]
    ruled: bool

    @cached_property
    def height(self) -> float:
        """The taller of text and figures, with its padding."""
        tallest = max(_height(lines) for lines in (self.concept, *(f for _, f in self.figures)))
        return _ROW_TOP + tallest + _ROW_BOTTOM

    def draw(self, pen: Pen, top: float) -> None:
        """Draw the texts and the hairline below."""
        if self.ruled:
            pen.rule(LEFT, RIGHT, top + self.height, weight=HAIRLINE, color=LIGHT.line)
        top += _ROW_TOP
        Lines(LEFT, self.concept).draw(pen, top)
        for right, lines in self.figures:
            for index, text in enumerate(lines):
                pen.text_to(right, top + index * text.leading, text)

    def split(self, room: float) -> "tuple[Row, Row] | None":
        """Cut between two lines of the concept; the figures stay with the first."""
        fitting = lines_fitting(self.concept, room - _ROW_TOP - _ROW_BOTTOM)
        if fitting == 0:
            return None
        head = Row(self.concept[:fitting], self.figures, ruled=False)
        return head, Row(self.concept[fitting:], (), ruled=self.ruled)


def is_priced(says: Printable) -> bool:
    """Say whether to print prices: a delivery note without any prints none."""
    return says.type is not DocumentType.DELIVERY_NOTE or any(
        line.unit_price for line in says.lines
    )


def table_of(says: Printable, words: Wording) -> tuple[Block, list[Row]]:
    """Lay out the head and the rows."""
    columns = _fitted(_shown(_columns(says, words), says.layout), says.lines)
    concept_width = RIGHT - LEFT - sum(column.width for column in columns)
    is_summary = says.layout is not None and says.layout.is_summary
    rows = [_row(item, columns, concept_width, details=not is_summary) for item in says.lines]
    if rows:
        rows[-1] = replace(rows[-1], ruled=False)
    return _head(columns, words), rows


def _columns(says: Printable, words: Wording) -> list[Column]:
    language = words.language
    several = len({item.tax_kind for item in says.lines}) > 1

    def quantity(item: PrintedLine) -> str:
        return f"{formats.quantity(item.quantity, language)} {item.unit}".strip()

    def price(item: PrintedLine) -> str:
        return formats.unit_price(item.unit_price, says.currency, language)

    def discount(item: PrintedLine) -> str:
        percent = item.discount_percent
        return formats.percent(percent, language) if percent else ""

    def tax(item: PrintedLine) -> str:
        return taxes.cell(item, words, named=several)

    def amount(item: PrintedLine) -> str:
        return formats.money(item.amount, language)

    columns = [Column("quantity", words("column.quantity"), 22 * mm, QUIET, quantity, wraps=True)]
    if not is_priced(says):
        return columns
    priced = "column.price_with_tax" if says.prices_include_tax else "column.price"
    columns.append(Column("unit_price", words(priced), 22 * mm, QUIET, price))
    if any(item.discount_percent != Decimal(0) for item in says.lines):
        columns.append(Column("discount", words("column.discount"), 13 * mm, QUIET, discount))
    columns.append(Column("tax", taxes.column_title(says.lines, words), 13 * mm, QUIET, tax))
    columns.append(Column("amount", words("column.amount"), 24 * mm, BODY, amount))
    return columns


def _shown(columns: Sequence[Column], layout: Layout | None) -> list[Column]:
    """Leave out what a layout does; amounts are always shown."""
    return [
        column for column in columns if layout is None or column.name in (*layout.columns, "amount")
    ]


def _fitted(columns: Sequence[Column], lines: Sequence[PrintedLine]) -> list[Column]:
    """Widen columns for long figures; shrink the figures when that leaves no concept."""
    fitted = []
    for column in columns:
        texts = [column.title, *(column.text(item) for item in lines)]
        if column.wraps:
            texts = [text.split(" ")[0] for text in texts]
        widest = max(line(text, column.style).width for text in texts)
        fitted.append(replace(column, width=max(column.width, widest + _PADDING)))
    wide = sum(column.width for column in fitted)
    shrink = (RIGHT - LEFT - _CONCEPT_LEAST) / wide if wide else 1.0
    if shrink >= 1:
        return fitted
    return [
        replace(
            column,
            width=column.width * shrink,
            style=replace(column.style, size=column.style.size * shrink),
        )
        for column in fitted
    ]


def _head(columns: Sequence[Column], words: Wording) -> Painted:
    height = LABEL.leading + _HEAD_GAP

    def draw(pen: Pen, top: float) -> None:
        pen.text(LEFT, top, line(words("column.concept"), LABEL))
        for column, right in _edges(columns):
            pen.text_to(right, top, line(column.title, LABEL))
        pen.rule(LEFT, RIGHT, top + height, weight=STRONG_RULE, color=LIGHT.ink)

    return Painted(height, draw)


def _row(
    item: PrintedLine, columns: Sequence[Column], concept_width: float, *, details: bool
) -> Row:
    concept, _, rest = item.description.strip().partition("\n")
    texts = wrap(concept, BODY, concept_width)
    if details and rest.strip():
        texts += wrap(rest.strip(), SECONDARY, concept_width)
    figures = []
    for column, right in _edges(columns):
        text = column.text(item)
        if column.wraps:
            lines = wrap(text, column.style, column.width - _PADDING, most=_UNIT_LINES)
        else:
            lines = [line(text, column.style)]
        figures.append((right, lines))
    return Row(texts, figures, ruled=True)


def _edges(columns: Sequence[Column]) -> list[tuple[Column, float]]:
    """Pair each column with its right edge."""
    edges = []
    right = RIGHT
    for column in reversed(columns):
        edges.append((column, right))
        right -= column.width
    return edges[::-1]


def _height(lines: Sequence[TextLine]) -> float:
    return sum(text.leading for text in lines)
