"""The sheet: A4, and what every page carries. Measures are points from the top."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from reportlab import rl_config
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from app.adapters.pdf_reportlab import fonts
from app.adapters.pdf_reportlab.flow import Placed
from app.adapters.pdf_reportlab.legible import clean, legible, on_one_line
from app.adapters.pdf_reportlab.pen import MIDDLE, Pen
from app.adapters.pdf_reportlab.text import (
    BAND,
    FOOTER,
    SECONDARY,
    STRONG,
    Span,
    Style,
    TextLine,
    line,
    wrap,
)
from app.kernel.colors import LIGHT
from app.kernel.wording import Wording

rl_config.useA85 = 0  # text-only channels are gone: a fifth fewer bytes, and less work

PAGE_WIDTH, PAGE_HEIGHT = A4
LEFT: Final = 18 * mm
RIGHT: Final = 192 * mm
ASIDE: Final = 136 * mm
"""Where the right-hand column begins: type, number, dates, job."""

BODY_TOP: Final = 22 * mm
BODY_BOTTOM: Final = 273 * mm
BAND_SHIFT: Final = 8 * mm
HAIRLINE: Final = 0.4
STRONG_RULE: Final = 0.9

_RULE_TOP = 9 * mm
_BAND_TOP, _BAND_HEIGHT = 12.5 * mm, 6.5 * mm
_CONTINUED_BASELINE = 16.5 * mm
_FOOT_RULE = 278 * mm
_FOOT_TOP = 279.4 * mm
_FOOT_WIDTH = 120 * mm
_FOOT_LINES = 4


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands around the body of every page.

    Attributes:
        words: The printed words, in the language of the page.
        accent: `#rrggbb` of the rule at the top.
        band: The text of the band, or None.
        issuer: Legal name, for the continuation header and the author.
        about: Type and number, for the continuation header, the footer and the title.
        identity: The footer's left, a text of several lines.
        subject: For the metadata.
    """

    words: Wording
    accent: str
    band: str | None
    issuer: str
    about: str
    identity: str
    subject: str

    @property
    def shift(self) -> float:
        """How far the band moves everything below it."""
        return BAND_SHIFT if self.band else 0.0

    def render(self, pages: Sequence[Sequence[Placed]]) -> bytes:
        """Draw the pages; the same pages give the same bytes."""
        buffer = BytesIO()
        with fonts.LOCK:
            canvas = Canvas(
                buffer,
                pagesize=A4,
                pageCompression=1,
                invariant=1,
                initialFontName=fonts.REGULAR,  # type: ignore[arg-type]  # stub says float
                lang=self.words.language,
            )
            self._describe(canvas)
            pen = Pen(canvas, PAGE_HEIGHT)
            for number, page in enumerate(pages, start=1):
                self._surround(pen, number, len(pages))
                for placed in page:
                    placed.block.draw(pen, placed.top)
                pen.turn()
            canvas.save()
        return buffer.getvalue()

    def _describe(self, canvas: Canvas) -> None:
        canvas.setTitle(on_one_line(clean(f"{self.about} · {self.issuer}")))
        canvas.setAuthor(on_one_line(clean(self.issuer)))
        canvas.setSubject(on_one_line(clean(self.subject)))
        canvas.setCreator("Conforme")
        canvas.setViewerPreference("DisplayDocTitle", "true")

    def _surround(self, pen: Pen, number: int, count: int) -> None:
        pen.bar(LEFT, RIGHT, _RULE_TOP, mm, self.accent)
        if self.band:
            pen.bar(LEFT, RIGHT, _BAND_TOP, _BAND_HEIGHT, LIGHT.warn_bg)
            text = line(self.band, BAND)
            middle = (LEFT + RIGHT - text.width) / 2
            pen.text(middle, _BAND_TOP + (_BAND_HEIGHT - text.leading) / 2, text)
        if number > 1:
            baseline = _CONTINUED_BASELINE + self.shift
            about = _whole(self.about, STRONG)
            pen.text_to(RIGHT, _top_over(baseline, STRONG), about)
            room = RIGHT - LEFT - about.width - 5 * mm
            issuer = wrap(self.issuer, SECONDARY, room, most=1)[0]
            pen.text(LEFT, _top_over(baseline, SECONDARY), issuer)
        self._foot(pen, self.words("page", number=number, count=count))

    def _foot(self, pen: Pen, page: str) -> None:
        pen.rule(LEFT, RIGHT, _FOOT_RULE, weight=HAIRLINE, color=LIGHT.line)
        top = _FOOT_TOP
        for text in wrap(self.identity, FOOTER, _FOOT_WIDTH, most=_FOOT_LINES):
            pen.text(LEFT, top, text)
            top += text.leading
        about = _whole(self.about, FOOTER)
        pen.text_to(RIGHT, _FOOT_TOP, about)
        pen.text_to(RIGHT, _FOOT_TOP + about.leading, line(page, FOOTER))


def _top_over(baseline: float, style: Style) -> float:
    """Give the top of the line box whose text stands on a baseline."""
    return baseline - style.leading / 2 - MIDDLE * style.size


def _whole(text: str, style: Style) -> TextLine:
    """Keep type and number on one line of the right-hand column, smaller if need be."""
    shown = on_one_line(legible(text))
    return TextLine((Span(shown, style.fitting(shown, RIGHT - ASIDE)),))
