"""The one rule for characters nobody sees (pure).

Names, subjects and texts are taken from strangers and shown to others: a mark that
reorders what stands beside it, or a text that looks empty and is not, can only deceive.
"""

import unicodedata

BIDI_CONTROLS = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)
"""Unicode's explicit directional formatting characters (UAX #9)."""

_WITHOUT_WIDTH = frozenset("\u00ad\u200b\u2060\u2061\u2062\u2063\u2064\ufeff\ufff9\ufffa\ufffb")
_SEPARATORS = {0x2028: "\n", 0x2029: "\n"}
_DROPPED = dict.fromkeys(map(ord, BIDI_CONTROLS | _WITHOUT_WIDTH)) | _SEPARATORS

_FILLERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u200c\u200d\u2800\u3164\uffa0")
"""Joiners and blanks: part of a word or an emoji, nothing by themselves."""

_VARIATIONS = (range(0x180B, 0x1810), range(0xFE00, 0xFE10), range(0xE0000, 0xE1000))


def seen(text: str) -> str:
    """Give what a reader sees of a text, composed (NFC) and trimmed.

    Marks of direction and characters without width go away, Unicode's own line
    separators become line ends; a text of which nothing is seen is empty. Joiners stay
    inside a text: emoji, Persian and Indic words are made with them.
    """
    kept = unicodedata.normalize("NFC", text.translate(_DROPPED)).strip()
    return kept if any(map(_is_seen, kept)) else ""


def _is_seen(character: str) -> bool:
    is_variation = any(ord(character) in block for block in _VARIATIONS)
    return not (character.isspace() or character in _FILLERS or is_variation)
