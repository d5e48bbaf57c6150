"""The three faces of the printed page: Source Sans 3, unmodified (OFL-1.1).

All digits, € and − are 497/1000 wide in Regular, so columns align without
OpenType features, which reportlab does not apply.
"""

from functools import cache, lru_cache
from pathlib import Path
from threading import RLock
from typing import Final

from reportlab.pdfbase import pdfmetrics

from app.adapters.pdf_reportlab.embedding import EmbeddedFace

REGULAR: Final = "SourceSans3"
SEMIBOLD: Final = "SourceSans3-Semibold"
ITALIC: Final = "SourceSans3-Italic"

LOCK: Final = RLock()
"""Held while printing: reportlab reads a font's file through one shared cursor."""

_FOLDER = Path(__file__).parent / "fonts"
_FILES = {
    REGULAR: "SourceSans3-Regular.ttf",
    SEMIBOLD: "SourceSans3-Semibold.ttf",
    ITALIC: "SourceSans3-It.ttf",
}


@cache
def _widths(face: str) -> dict[int, float]:
    """Read a face's advance widths by code point, in thousandths of its size."""
    with LOCK:
        font = EmbeddedFace(face, _FOLDER / _FILES[face])
        pdfmetrics.registerFont(font)
        return dict(font.face.charWidths)


def load() -> None:
    """Register every face, once per process."""
    with LOCK:
        for face in _FILES:
            _widths(face)


@lru_cache(maxsize=4096)
def width(text: str, face: str, size: float) -> float:
    """Measure text in points; every character must be in the face."""
    widths = _widths(face)
    return sum(widths[ord(character)] for character in text) * size / 1000


@cache
def glyphs() -> frozenset[int]:
    """Give the code points that every face can draw."""
    return frozenset.intersection(*(frozenset(_widths(face)) for face in _FILES))
