"""Making other people's text fit for a header, a letter or a file name."""

import re
import unicodedata

from app.kernel.text import BIDI_CONTROLS

_LINE_ENDS = re.compile(r"\r\n|[\r\n\v\f\x85\u2028\u2029]")
_FORBIDDEN_IN_FILES = re.compile(r'[/\\:"<>|?*\s]+')
_FILE_NAME_BYTES_MAX = 100


def header_text(text: str, length_max: int) -> str:
    """Put text on one line for a header or a heading, cut to `length_max` characters.

    White space collapses, control characters and the marks that reorder text go
    away, and `=?` is parted so that nothing passes for an encoded word.
    """
    visible = " ".join(_visible(" ".join(text.split())).split())
    return visible.replace("=?", "= ?")[:length_max].strip()


def block_text(text: str) -> str:
    """Keep the lines of a text and drop what cannot be seen; lines end in LF."""
    lines = _LINE_ENDS.sub("\n", text).replace("\t", " ").split("\n")
    return "\n".join(map(_visible, lines))


def file_name_text(name: str) -> str:
    """Make a name safe on every system: no separators, at most 100 bytes, never empty."""
    safe = _FORBIDDEN_IN_FILES.sub("-", _visible(unicodedata.normalize("NFC", name)))
    stem, dot, extension = safe.strip("-. ").rpartition(".")
    if not stem:
        stem, dot, extension = extension or "document", "", ""
    ending = f"{dot}{extension}"[:10]
    room = _FILE_NAME_BYTES_MAX - len(ending.encode())
    return stem.encode()[:room].decode(errors="ignore") + ending


def _visible(text: str) -> str:
    if text.isprintable():  # none of the categories below, and nearly every text
        return text
    return "".join(c for c in text if not _is_invisible(c))


def _is_invisible(character: str) -> bool:
    """Control characters, lone surrogates, line separators and bidirectional overrides."""
    category = unicodedata.category(character)
    return category in {"Cc", "Cs", "Zl", "Zp"} or character in BIDI_CONTROLS
