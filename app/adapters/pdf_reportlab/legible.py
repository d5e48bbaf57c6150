"""Text as it may be drawn: whatever people typed, it prints and never aborts.

Nothing here is markup: text is measured and drawn, never parsed, so a customer
called `<img src="…">` is printed by that name and opens no file.
"""

import re
import unicodedata
from functools import lru_cache

from app.adapters.pdf_reportlab import fonts

MISSING = "□"
"""Stands visibly for what the font lacks, such as emoji and Chinese."""

_BREAKS = re.compile("\r\n|[\r\v\f\x85\u2028\u2029]")
_BLANKS = re.compile("[\t\u2000-\u200a\u205f\u3000\u1680]")
_INVISIBLE = frozenset({"Cc", "Cf"})
_MARKS = frozenset({"Mn", "Me"})


def clean(text: str) -> str:
    """Drop controls and direction overrides, for metadata; line breaks become line feeds."""
    text = _BREAKS.sub("\n", unicodedata.normalize("NFC", text))
    text = _BLANKS.sub(" ", text)
    kept = (c for c in text if c == "\n" or unicodedata.category(c) not in _INVISIBLE)
    return "".join(MISSING if unicodedata.category(c) == "Cs" else c for c in kept)


@lru_cache(maxsize=4096)
def legible(text: str) -> str:
    """Give text the faces can draw; what they lack becomes a box, lone marks vanish."""
    if text.isascii() and text.isprintable():
        return text
    drawable = fonts.glyphs()
    return "".join(
        c if c == "\n" or ord(c) in drawable else MISSING
        for c in clean(text)
        if c == "\n" or ord(c) in drawable or unicodedata.category(c) not in _MARKS
    )


def on_one_line(text: str) -> str:
    """Join the lines of a text that is meant to be one."""
    return " ".join(text.split("\n")).strip()
