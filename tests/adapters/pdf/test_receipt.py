"""What a client takes home after deciding."""

from io import BytesIO

from pypdf import PdfReader

from app.documents.printable import DocumentType
from app.documents.receipt import Receipt
from tests.adapters.pdf.reading import PRINTER, pages_of
from tests.factories_printable import a_printable, a_receipt


def text_of(receipt: Receipt) -> str:
    content = PRINTER.receipt(receipt, logo=None)
    return "\n".join(pages_of(PdfReader(BytesIO(content))))


def test_acceptance_in_spanish() -> None:
    text = text_of(a_receipt(comment="Empezad en enero."))
    for words in (
        "Justificante de",
        "aceptación",
        "Presupuesto P-260041",
        "988,99 €",
        "Aceptado",
        "María Ejemplo Prueba",
        "Fecha y hora (Madrid)",
        "24 de noviembre de 2026, 10:12:33",
        "Fecha y hora (UTC)",
        "24 de noviembre de 2026, 09:12:33",
        "He leído el presupuesto P-260041, versión 1, y lo acepto.",
        "Empezad en enero.",
    ):
        assert words in text


def test_rejection_recorded_by_staff_in_english() -> None:
    says = a_printable(type=DocumentType.PROFORMA)
    receipt = a_receipt(
        says=says, language="en", kind="rejected", statement=None, told_to="Ana Oficina"
    )
    text = text_of(receipt)
    for words in (
        "Receipt of rejection",
        "Proforma invoice PF-260012",
        "Declined",
        "Recorded by",
        "Ana Oficina",
        "on their behalf",
        "24 November 2026, 09:12:33",
    ):
        assert words in text
    assert "Statement" not in text


def test_gender_follows_the_document() -> None:
    receipt = a_receipt(says=a_printable(type=DocumentType.INVOICE))
    assert "Aceptada" in text_of(receipt)


def test_the_fingerprint_stands_in_groups_of_eight() -> None:
    sha256 = "".join(f"{i:02x}" for i in range(32))
    words = text_of(a_receipt(pdf_sha256=sha256)).split()
    start = words.index(sha256[:8])
    assert words[start : start + 8] == [sha256[i : i + 8] for i in range(0, 64, 8)]


def test_it_never_calls_itself_an_advanced_signature() -> None:
    for language in ("es", "en"):
        for kind in ("accepted", "rejected"):
            text = text_of(a_receipt(language=language, kind=kind)).casefold()
            assert "firma" not in text
            assert "signature" not in text


def test_the_same_receipt_gives_the_same_bytes() -> None:
    receipt = a_receipt()
    assert PRINTER.receipt(receipt, logo=None) == PRINTER.receipt(receipt, logo=None)


def test_a_long_comment_goes_on_over_pages() -> None:
    comment = "\n".join(f"línea {i}" for i in range(150))
    assert "línea 149" in text_of(a_receipt(comment=comment))
