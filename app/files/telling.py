"""What a file is, told by its content, and what it may be called (pure)."""

from pathlib import PurePath
from typing import Final

from app.kernel.text import seen

PLAIN, CSV, XLSX = (
    "text/plain",
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
)
UNKNOWN = "application/octet-stream"
NAME_LENGTH_MAX = 150

_STARTS: Final = {
    b"%PDF-": "application/pdf",
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
}
_ZIP = b"PK\x03\x04"
_SHEET = b"xl/workbook.xml"


def media_type_of(name: str, content: bytes) -> str:
    """Tell the media type; a name counts only where the content leaves it open."""
    for start, media_type in _STARTS.items():
        if content.startswith(start):
            return media_type
    if content.startswith(_ZIP):
        return XLSX if _SHEET in content else UNKNOWN
    if b"\x00" in content:
        return UNKNOWN
    return CSV if name.lower().endswith(".csv") else PLAIN


def plain_name(given: str) -> str:
    """Give a file's name without its folders and without what hides or reorders."""
    last = given.replace("\\", "/").rsplit("/", 1)[-1]
    shown = "".join(char for char in seen(last) if char.isprintable()).strip(". ")
    path = PurePath(shown or "file")
    extension = path.suffix[:20]
    return path.stem[: NAME_LENGTH_MAX - len(extension)] + extension
