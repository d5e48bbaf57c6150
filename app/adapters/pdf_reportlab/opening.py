"""The head of the first page: logo and issuer, type and dates, client and job."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO

from PIL import Image
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfdoc import PDFImageXObject

from app.adapters.pdf_reportlab.flow import Lines, Painted
from app.adapters.pdf_reportlab.legible import legible, on_one_line
from app.adapters.pdf_reportlab.pen import Pen
from app.adapters.pdf_reportlab.sheet import ASIDE, LEFT, RIGHT
from app.adapters.pdf_reportlab.text import (
    BODY,
    ISSUER,
    LABEL,
    NAME,
    NUMBER,
    QUIET,
    SECONDARY,
    STRONG,
    TYPE,
    Span,
    Style,
    TextLine,
    line,
    wrap,
    wrap_spans,
)
from app.documents.printable import Party
from app.kernel.wording import Wording

_TOP = 13 * mm
_NAME = "logo"
_LOGO_TOP = 14 * mm
_LOGO_HEIGHT, _LOGO_WIDTH = 14 * mm, 50 * mm
_ISSUER_WIDTH = 100 * mm
_CLIENT_WIDTH = 92 * mm
_ASIDE_WIDTH = RIGHT - ASIDE
_FACT_LABEL = 23 * mm
_FACT_LEADING = 14.5
_LINES_MOST = 8
"""Names and addresses are cut here, so that the first page always has room for lines."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A pair below the number, such as a date.

    Attributes:
        is_key: Set in semibold: the date the reader has to keep.
    """

    label: str
    value: str
    is_key: bool = False


@dataclass(frozen=True, slots=True)
class Opening:
    """What the first page opens with.

    Attributes:
        number: Document number; None on a draft's preview.
        version: Follows the number, such as "versión 1"; may be empty.
        warning: Stands under the number, such as that a proforma is no invoice.
        job: What the document is about; may be empty.
        vessel: Which boat it is about, line by line; may be empty.
        accent_text: The color of the number.
    """

    words: Wording
    type_name: str
    number: str | None
    version: str
    warning: str
    facts: Sequence[Fact]
    issuer: Party
    client: Party
    job: str
    vessel: Sequence[str]
    accent_text: str
    logo: bytes | None
    is_logo_right: bool = False

    def block(self, shift: float) -> Painted:
        """Lay it out from the top of the page, `shift` lower when there is a band."""
        marks: list[tuple[Lines, float]] = []
        picture = picture_of(self.logo)
        below = (_LOGO_TOP + picture.height + 3 * mm if picture else _TOP) + shift
        beside = _TOP + shift
        top, aside_top = (beside, below) if self.is_logo_right else (below, beside)
        issuer = Lines(LEFT, self._issuer())
        marks.append((issuer, top))
        aside = Lines(ASIDE, self._aside())
        marks.append((aside, aside_top))
        facts_top = aside_top + aside.height + 2.7 * mm
        for index, fact in enumerate(self.facts):
            marks.extend(_fact(fact, facts_top + index * _FACT_LEADING))
        bottom = max(top + issuer.height, facts_top + len(self.facts) * _FACT_LEADING)
        parties_top = bottom + 7 * mm
        client = Lines(LEFT, self._client())
        job = Lines(ASIDE, self._job())
        marks += [(client, parties_top), (job, parties_top)]

        def draw(pen: Pen, offset: float) -> None:
            if picture:
                x = ASIDE if self.is_logo_right else LEFT
                at = offset + _LOGO_TOP + shift
                pen.image(picture.image, x, at, picture.width, picture.height)
            for lines, at in marks:
                lines.draw(pen, offset + at)

        return Painted(parties_top + max(client.height, job.height), draw)

    def _issuer(self) -> list[TextLine]:
        party = self.issuer
        reach = " · ".join(part for part in (party.email, party.phone) if part)
        texts = [_other_name(party), self._tax_id(party), _joined(party.address), reach]
        return [
            *wrap(party.name, ISSUER, _ISSUER_WIDTH, most=_LINES_MOST),
            *_each(texts, SECONDARY, _ISSUER_WIDTH),
        ]

    def _aside(self) -> list[TextLine]:
        number = on_one_line(legible(self.number or self.words("number.none")))
        style = Style(NUMBER.size, NUMBER.leading, NUMBER.face, self.accent_text)
        spans = [Span(number, style.fitting(number, _ASIDE_WIDTH))]
        if self.version:
            spans.append(Span.of(f" {self.version}", QUIET))
        return [
            *wrap(self.type_name, TYPE, _ASIDE_WIDTH),
            *wrap_spans(spans, _ASIDE_WIDTH),
            *_each([self.warning], Style(8.5, 13, LABEL.face, LABEL.color), _ASIDE_WIDTH),
        ]

    def _client(self) -> list[TextLine]:
        party = self.client
        texts = [_other_name(party), self._tax_id(party), _joined(party.address)]
        return [
            line(self.words("client"), LABEL),
            *wrap(party.name, NAME, _CLIENT_WIDTH, most=_LINES_MOST),
            *_each(texts, BODY, _CLIENT_WIDTH),
        ]

    def _job(self) -> list[TextLine]:
        if not self.job.strip() and not self.vessel:
            return []
        title = wrap(self.job, NAME, _ASIDE_WIDTH, most=_LINES_MOST) if self.job.strip() else []
        return [
            line(self.words("job"), LABEL),
            *title,
            *_each(self.vessel, BODY, _ASIDE_WIDTH),
        ]

    def _tax_id(self, party: Party) -> str:
        return self.words("tax_id", tax_id=party.tax_id) if party.tax_id else ""


def _fact(fact: Fact, top: float) -> list[tuple[Lines, float]]:
    value_x = ASIDE + _FACT_LABEL
    style = STRONG if fact.is_key else BODY
    text = on_one_line(legible(fact.value))
    value = TextLine((Span(text, style.fitting(text, RIGHT - value_x)),))
    return [(Lines(ASIDE, [line(fact.label, QUIET)]), top), (Lines(value_x, [value]), top)]


def _each(texts: Sequence[str], style: Style, width: float) -> list[TextLine]:
    """Wrap each text that is not empty, below the one before."""
    return [
        made
        for text in texts
        if text.strip()
        for made in wrap(on_one_line(text), style, width, most=_LINES_MOST)
    ]


def _joined(address: Sequence[str]) -> str:
    return ", ".join(part.strip() for part in address if part.strip())


def _other_name(party: Party) -> str:
    """Give the trade name when the legal name does not say it already."""
    trade = (party.trade_name or "").strip()
    return "" if trade.casefold() in party.name.casefold() else trade


@dataclass(frozen=True, slots=True)
class Picture:
    """A logo as a file holds it, scaled into its place; points."""

    image: PDFImageXObject
    width: float
    height: float


@lru_cache(maxsize=64)
def picture_of(logo: bytes | None) -> Picture | None:
    """Read a JPEG or PNG, once; what cannot be read is left out rather than failing the page."""
    if logo is None:
        return None
    try:
        with Image.open(BytesIO(logo), formats=("JPEG", "PNG")) as pixels:
            pixels.load()
        reader = ImageReader(BytesIO(logo))
        image = PDFImageXObject(_NAME, reader, mask="auto")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    across, down = reader.getSize()
    scale = min(_LOGO_WIDTH / across, _LOGO_HEIGHT / down)
    return Picture(image, across * scale, down * scale)
