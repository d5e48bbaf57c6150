"""A paper as it came, told by its content alone and made safe to hand on (pure).

Neither its name nor its declared type counts. A picture is drawn anew, so only its
pixels go on: neither what is hidden behind them nor where the photograph was taken. A
PDF goes on as it is, for it may be signed; so one that does things, carries files, or is
something else at the same time is refused.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps
from pypdf import PdfReader
from pypdf.errors import LimitReachedError, PyPdfError
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NullObject,
    PdfObject,
)

from app.kernel.findings import Refused
from app.payments.enrolment import PaperKind

BYTES_MAX = 10_000_000
"""The provider takes no more; above 4 MB its people read the paper, not its machine."""

PIXELS_MAX = 50_000_000
"""What telephones photograph; decoded, it takes some 150 MB for a moment."""

PAGES_MAX: Final = 50
IDENTITY_PAGES_MAX: Final = 2
"""The provider's limit for an identity paper: its two sides."""

_IDENTITY = {
    PaperKind.IDENTITY_CARD,
    PaperKind.PASSPORT,
    PaperKind.FOREIGN_PASSPORT,
    PaperKind.RESIDENCE_PERMIT,
}
_PDF, _PNG, _JPEG = b"%PDF-", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
_END_OF_PDF = b"%%EOF"
_END_OF_ZIP = b"PK\x05\x06"
_ZIP_TAIL_BYTES = 66_000
_PAGE_STARTS = (b"<html", b"<script", b"<!doctype")
_HEAD_BYTES = 1_024
_OBJECTS_MAX = 50_000
_ACTIVE_KEYS = {
    "/JS", "/JavaScript", "/AA", "/XFA", "/EmbeddedFile", "/EmbeddedFiles", "/EF", "/RichMedia",
}  # fmt: skip
_ACTIVE_ACTIONS = {
    "/JavaScript", "/Launch", "/ImportData", "/SubmitForm", "/GoToE", "/GoToR", "/Rendition",
    "/RichMediaExecute",
}  # fmt: skip
_QUALITY = 90
_BROKEN = (PyPdfError, ValueError, LookupError, TypeError, AttributeError, OSError, RecursionError)
"""What reading a file that is not whole may raise."""


@dataclass(frozen=True, slots=True)
class Inspected:
    """A paper that may be handed on.

    Attributes:
        content_type: `application/pdf` or `image/jpeg`.
        extension: That of its kind, with the dot.
    """

    content_type: str
    extension: str
    content: bytes


def inspect(kind: PaperKind, content: bytes) -> Inspected:
    """Open a paper and give what may be handed on; the same content gives the same bytes.

    Raises:
        Refused: `paper.format` for anything but a whole PDF, PNG or JPEG,
            `paper.too_large` for one of too many bytes or pixels, `paper.pages` for too
            many or none, `paper.encrypted`, `paper.active` for one that acts or carries
            files, `paper.mixed` for a PDF that is something else too.
    """
    if len(content) > BYTES_MAX:
        raise Refused("paper.too_large")
    if content.startswith(_PDF):
        _require_harmless(kind, content)
        return Inspected("application/pdf", ".pdf", content)
    if content.startswith((_PNG, _JPEG)):
        return Inspected("image/jpeg", ".jpg", _drawn(content))
    raise Refused("paper.format")


def _drawn(content: bytes) -> bytes:
    try:
        image = Image.open(BytesIO(content), formats=("PNG", "JPEG"))
        _require_small(image)
        picture = ImageOps.exif_transpose(image).convert("RGB")
        output = BytesIO()
        picture.save(output, "JPEG", quality=_QUALITY)
    except Refused:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused("paper.too_large") from None
    except (OSError, ValueError, SyntaxError):
        raise Refused("paper.format") from None
    return output.getvalue()


def _require_small(image: Image.Image) -> None:
    if image.width * image.height > PIXELS_MAX:
        raise Refused("paper.too_large")


def _require_harmless(kind: PaperKind, content: bytes) -> None:
    if _is_something_else(content):
        raise Refused("paper.mixed")
    try:
        pages = _still_pages(PdfReader(BytesIO(content), strict=False))
    except Refused:
        raise
    except LimitReachedError:
        raise Refused("paper.too_large") from None
    except _BROKEN:
        raise Refused("paper.format") from None
    if not 0 < pages <= (IDENTITY_PAGES_MAX if kind in _IDENTITY else PAGES_MAX):
        raise Refused("paper.pages")


def _still_pages(reader: PdfReader) -> int:
    """Count the pages of a PDF in which nothing acts."""
    if reader.is_encrypted:
        raise Refused("paper.encrypted")
    for one in _reachable(reader):
        _require_still(one)
    return len(reader.pages)


def _is_something_else(content: bytes) -> bool:
    """Tell whether other programs would take the file for a page, an archive or more."""
    head = content[:_HEAD_BYTES].lower()
    _, end, behind = content.rpartition(_END_OF_PDF)
    return (
        any(start in head for start in _PAGE_STARTS)
        or _END_OF_ZIP in content[-_ZIP_TAIL_BYTES:]
        or (bool(end) and bool(behind.strip(b"\r\n\t \0")))
    )


def _reachable(reader: PdfReader) -> Iterator[PdfObject]:
    """Give every object a viewer can come to, each once; no stream is unpacked.

    Raises:
        Refused: There are too many.
    """
    waiting: list[PdfObject] = [reader.trailer]
    seen: set[tuple[int, int]] = set()
    count = 0
    while waiting:
        one = waiting.pop()
        count += 1
        if count > _OBJECTS_MAX:
            raise Refused("paper.too_large")
        if isinstance(one, IndirectObject):
            if (one.idnum, one.generation) in seen:
                continue
            seen.add((one.idnum, one.generation))
            waiting.append(one.get_object() or NullObject())
            continue
        yield one
        if isinstance(one, DictionaryObject):
            waiting += one.values()
        elif isinstance(one, ArrayObject):
            waiting += one


def _require_still(one: PdfObject) -> None:
    """Refuse what runs, opens, sends or carries something."""
    if not isinstance(one, DictionaryObject):
        return
    words = {name: str(one[name]) for name in ("/S", "/Type") if name in one}
    if (
        one.keys() & _ACTIVE_KEYS
        or words.get("/S") in _ACTIVE_ACTIONS
        or words.get("/Type") == "/Filespec"
    ):
        raise Refused("paper.active")
