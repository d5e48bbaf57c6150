"""Papers are told by their content; what could harm a reader is refused."""

from collections.abc import Callable
from io import BytesIO

import pytest
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from app.kernel.findings import Refused
from app.payments.enrolment import PaperKind
from app.payments.inspecting import inspect


def a_pdf(pages: int = 1, change: Callable[[PdfWriter], object] | None = None) -> bytes:
    writer = PdfWriter()
    for _ in range(pages):
        writer.add_blank_page(200, 200)
    if change is not None:
        change(writer)
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def a_picture(kind: str = "PNG", size: tuple[int, int] = (40, 30), **more: object) -> bytes:
    output = BytesIO()
    Image.new("RGB", size, "#aabbcc").save(output, kind, **more)
    return output.getvalue()


def _launches(writer: PdfWriter) -> None:
    """Hide an action behind references, as an attacker would."""
    word = writer._add_object(NameObject("/Launch"))  # noqa: SLF001 - pypdf has no other way
    action = DictionaryObject({NameObject("/S"): word, NameObject("/F"): TextStringObject("x")})
    writer.root_object[NameObject("/OpenAction")] = writer._add_object(action)  # noqa: SLF001


def _runs(writer: PdfWriter) -> None:
    script = {NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): _ALERT}
    writer.root_object[NameObject("/OpenAction")] = DictionaryObject(script)


_ALERT = TextStringObject("app.alert(1)")


def test_a_pdf_goes_on_as_it_is() -> None:
    content = a_pdf(50)
    taken = inspect(PaperKind.COMPANY_REGISTRY, content)
    assert (taken.content_type, taken.content) == ("application/pdf", content)


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_picture_is_drawn_anew(kind: str) -> None:
    secret = b"<script>alert(1)</script>"
    exif = Image.Exif()
    exif[0x010E] = "Carrer de Sol 4"
    taken = inspect(PaperKind.IDENTITY_CARD, a_picture(kind, exif=exif) + secret)
    assert (taken.content_type, taken.extension) == ("image/jpeg", ".jpg")
    image = Image.open(BytesIO(taken.content))
    assert (image.size, dict(image.getexif())) == ((40, 30), {})
    assert secret not in taken.content
    assert b"Carrer" not in taken.content


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "paper.format"),
        (b"GIF89a" + b"\0" * 40, "paper.format"),
        (b"MZ" + a_pdf(), "paper.format"),
        (a_picture()[:-30], "paper.format"),
        (b"%PDF-1.7\nnothing", "paper.format"),
        (a_pdf()[:-60] + b"%%EOF", "paper.format"),
        (a_picture(size=(9_000, 6_000)), "paper.too_large"),
        (a_pdf() + b"\0" * 10_000_000, "paper.too_large"),
        (a_pdf(51), "paper.pages"),
        (a_pdf(1, lambda one: one.encrypt("secret")), "paper.encrypted"),
        (a_pdf(1, _runs), "paper.active"),
        (a_pdf(1, lambda one: one.add_attachment("x.exe", b"MZ")), "paper.active"),
        (a_pdf(1, _launches), "paper.active"),
        (a_pdf() + b"PK\x05\x06" + b"\0" * 18, "paper.mixed"),
        (a_pdf() + b"<p>hello", "paper.mixed"),
        (a_pdf().replace(b"%PDF-1.3\n", b"%PDF-1.3\n%<HTML>\n"), "paper.mixed"),
    ],
)
def test_what_is_no_plain_paper_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(Refused) as refused:
        inspect(PaperKind.OTHER, content)
    assert refused.value.code == code


def test_an_identity_paper_has_two_sides() -> None:
    assert inspect(PaperKind.PASSPORT, a_pdf(2))
    with pytest.raises(Refused, match="pages"):
        inspect(PaperKind.PASSPORT, a_pdf(3))
