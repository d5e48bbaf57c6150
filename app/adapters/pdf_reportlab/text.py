"""Styles, and breaking text into lines. Measures are points."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from app.adapters.pdf_reportlab import fonts
from app.adapters.pdf_reportlab.legible import legible
from app.kernel.colors import LIGHT

ELLIPSIS = "…"
_HINGE = re.compile(r"[-/._@:]")


@dataclass(frozen=True, slots=True)
class Style:
    """How text looks: a face, its size and line height, a `#rrggbb` color."""

    size: float
    leading: float
    face: str = fonts.REGULAR
    color: str = LIGHT.ink

    def width(self, text: str) -> float:
        """Measure text that is legible already."""
        return fonts.width(text, self.face, self.size)

    def fitting(self, text: str, width: float) -> "Style":
        """Shrink until a text that must not break fits a width."""
        needed = self.width(text)
        return self if needed <= width else replace(self, size=self.size * width / needed)


BODY = Style(9, 12.5)
STRONG = replace(BODY, face=fonts.SEMIBOLD)
QUIET = replace(BODY, color=LIGHT.ink_2)
SECONDARY = Style(8.5, 12, color=LIGHT.ink_2)
SPOKEN = replace(BODY, face=fonts.ITALIC)
LABEL = Style(8, 11, fonts.SEMIBOLD, LIGHT.ink_2)
NAME = Style(10.5, 13.5, fonts.SEMIBOLD)
ISSUER = Style(10, 13, fonts.SEMIBOLD)
TYPE = Style(18, 21, fonts.SEMIBOLD)
NUMBER = Style(13, 17, fonts.SEMIBOLD)
TOTAL = Style(10.5, 14, fonts.SEMIBOLD)
PAYABLE_LABEL = Style(11, 18, fonts.SEMIBOLD)
PAYABLE = Style(14, 18, fonts.SEMIBOLD)
FOOTER = Style(7.5, 9.5, color=LIGHT.ink_2)
BAND = Style(9, 12.5, fonts.SEMIBOLD, LIGHT.warn)


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of legible text in one style."""

    text: str
    style: Style

    @classmethod
    def of(cls, text: str, style: Style) -> "Span":
        """Make a span of text as typed."""
        return cls(legible(text), style)

    @property
    def width(self) -> float:
        """Its length on the page."""
        return self.style.width(self.text)


@dataclass(frozen=True)
class TextLine:
    """One line of text, ready to be drawn; it holds at least one span."""

    spans: tuple[Span, ...]

    @cached_property
    def leading(self) -> float:
        """The height the line takes."""
        return max(span.style.leading for span in self.spans)

    @cached_property
    def width(self) -> float:
        """The length of the line."""
        return sum(span.width for span in self.spans)


def line(text: str, style: Style) -> TextLine:
    """Make a line that is not broken, of text as typed."""
    return TextLine((Span.of(text.replace("\n", " "), style),))


def wrap(text: str, style: Style, width: float, *, most: int | None = None) -> list[TextLine]:
    """Break text as typed into lines no longer than a width.

    Args:
        text: Its line breaks stay.
        style: Of every line.
        width: In points.
        most: Keep so many lines; the last then ends in an ellipsis.
    """
    lines = wrap_spans([Span.of(text, style)], width)
    if most is None or len(lines) <= most:
        return lines
    kept = lines[: most - 1]
    last = lines[most - 1].spans[0].text
    while last and style.width(last + ELLIPSIS) > width:
        last = last[:-1]
    return [*kept, TextLine((Span(last + ELLIPSIS, style),))]


def wrap_spans(spans: Sequence[Span], width: float) -> list[TextLine]:
    """Break spans that follow each other into lines no longer than a width."""
    return [made for paragraph in _paragraphs(spans) for made in _fill(paragraph, width)]


def _paragraphs(spans: Sequence[Span]) -> Iterator[list[Span]]:
    current: list[Span] = []
    for span in spans:
        first, *others = span.text.split("\n")
        current.append(Span(first, span.style))
        for other in others:
            yield current
            current = [Span(other, span.style)]
    yield current


def _words(spans: Iterable[Span]) -> Iterator[list[Span]]:
    """Split at spaces; spans that touch without a space are one word."""
    word: list[Span] = []
    for span in spans:
        first, *others = span.text.split(" ")
        if first:
            word.append(Span(first, span.style))
        for other in others:
            if word:
                yield word
            word = [Span(other, span.style)] if other else []
    if word:
        yield word


def _fill(paragraph: list[Span], width: float) -> Iterator[TextLine]:
    if len(paragraph) == 1:  # most texts are one span on one line
        text, style = paragraph[0].text, paragraph[0].style
        whole = Span(" ".join(filter(None, text.split(" "))), style)
        if whole.width <= width:
            yield TextLine((whole,))
            return
    placed: list[Span] = []
    used = 0.0
    for word in _words(paragraph):
        for part in _parts(word, width):
            needed = sum(span.width for span in part)
            blank = placed[-1].style.width(" ") if placed else 0.0
            if placed and used + blank + needed > width:
                yield TextLine(tuple(placed))
                placed, used, blank = [], 0.0, 0.0
            if placed:
                placed[-1] = Span(placed[-1].text + " ", placed[-1].style)
            for span in part:
                if placed and placed[-1].style == span.style:
                    placed[-1] = Span(placed[-1].text + span.text, span.style)
                else:
                    placed.append(span)
            used += blank + needed
    yield TextLine(tuple(placed) or (Span("", paragraph[0].style),))


def _parts(word: list[Span], width: float) -> Iterator[list[Span]]:
    """Give a word whole, or in parts when it is longer than a line."""
    if sum(span.width for span in word) <= width:
        yield word
        return
    for span in word:
        rest = span.text
        while rest:
            length = _fitting_length(rest, span.style, width)
            yield [Span(rest[:length], span.style)]
            rest = rest[length:]


def _fitting_length(text: str, style: Style, width: float) -> int:
    """Say how much of a long word goes on a line, preferring to end after a hyphen."""
    used = 0.0
    for length, character in enumerate(text):
        used += style.width(character)
        if used > width:
            hinges = [match.end() for match in _HINGE.finditer(text, length // 2, length)]
            return hinges[-1] if hinges else max(length, 1)
    return len(text)
