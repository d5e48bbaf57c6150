"""What stands below the table: labelled texts and the box to sign on paper."""

from collections.abc import Sequence

from reportlab.lib.units import mm

from app.adapters.pdf_reportlab.flow import Lines, Painted, Stack
from app.adapters.pdf_reportlab.pen import Pen
from app.adapters.pdf_reportlab.sheet import HAIRLINE, LEFT, RIGHT
from app.adapters.pdf_reportlab.text import (
    BODY,
    LABEL,
    STRONG,
    Span,
    Style,
    TextLine,
    line,
    wrap,
    wrap_spans,
)
from app.kernel.colors import LIGHT
from app.kernel.wording import Wording

WIDTH = RIGHT - LEFT
BLOCK_GAP = 3.5 * mm
_BOX_HEIGHT = 24 * mm
_BOX_GAP = 2.2 * mm
_CELL_INSET = 3 * mm
_FRAME = 0.6


def labelled(label: str, lines: Sequence[TextLine]) -> Lines:
    """Put lines under their label; a page break leaves the label two of them."""
    return Lines(LEFT, [line(label, LABEL), *lines])


def paragraph(label: str, text: str, style: Style = BODY) -> Lines:
    """Put a text as typed under its label."""
    return labelled(label, wrap(text.strip(), style, WIDTH))


def sentence(words: Wording, key: str, **values: str) -> list[TextLine]:
    """Say a sentence of the catalogue with its values in semibold."""
    marked = words(key, **{name: f"\0{name}\0" for name in values})
    spans = [
        Span.of(values[part], STRONG) if index % 2 else Span.of(part, BODY)
        for index, part in enumerate(marked.split("\0"))
    ]
    return wrap_spans(spans, WIDTH)


def signature_box(caption: str, cells: Sequence[str]) -> Stack:
    """Make a caption and a framed row of cells to fill in by hand."""
    width = WIDTH / len(cells)

    def draw(pen: Pen, top: float) -> None:
        bottom = top + _BOX_HEIGHT
        for index, cell in enumerate(cells):
            x = LEFT + index * width
            pen.text(x + _CELL_INSET, top + 1.8 * mm, line(cell, LABEL))
            if index:
                pen.stroke(x, top, x, bottom, weight=HAIRLINE, color=LIGHT.line)
        for y in (top, bottom):
            pen.rule(LEFT, RIGHT, y, weight=_FRAME, color=LIGHT.ink_2)
        for x in (LEFT, RIGHT):
            pen.stroke(x, top, x, bottom, weight=_FRAME, color=LIGHT.ink_2)

    caption_lines = Lines(LEFT, [line(caption, BODY)])
    return Stack((caption_lines, Painted(_BOX_HEIGHT, draw)), _BOX_GAP)
