"""Draws `docs/gallery.md`: every type of document in every language, as pictures.

`make gallery` runs it; it needs `pdftoppm` (poppler-utils).
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from shutil import which

from PIL import Image, ImageDraw

from app.documents.layout_schemas import LayoutTexts, Look
from app.documents.layouts import laid_out
from app.documents.printable import (
    DocumentType,
    InvoiceKind,
    Printable,
    PrintedCorrection,
    PrintedDisbursement,
    PrintedInstallment,
    PrintedLine,
    PrintedVessel,
)
from app.kernel.languages import DEFAULT_LANGUAGE, LANGUAGES
from app.kernel.money import Money
from app.kernel.wording import wording
from app.portal.statements import statement
from tests.adapters.pdf.reading import PRINTER
from tests.factories_printable import a_line, a_printable, a_receipt

PAGE = Path(__file__).parent.parent / "docs" / "gallery.md"
PICTURES = PAGE.parent / "pictures" / "gallery"
_DOTS_PER_INCH = 90
_HEAD = """# Gallery

What clients get on paper, drawn by `make gallery` from made-up data. Words, figures and dates
follow the language of the document; what people wrote stays as they wrote it, and Spanish legal
mentions stay in front of their translation.
"""

_LINES = {
    "es": (
        "Limpieza de casco\nVarada, hidrolimpieza y calzos",
        "Antifouling, dos manos\nHasta la línea de flotación",
        "Ánodos de zinc",
        "Horas de taller",
    ),
    "en": (
        "Hull cleaning\nHaul-out, pressure wash and props",
        "Antifouling, two coats\nUp to the waterline",
        "Zinc anodes",
        "Workshop hours",
    ),
}
_TEXTS = {
    "es": (
        "Puesta a punto de invierno",
        "Plazo: 10 días laborables desde la varada.",
        "Tasa portuaria",
    ),
    "en": ("Winter maintenance", "Lead time: 10 working days from haul-out.", "Port fee"),
}

_WORDS = {
    "es": ("Gracias por confiar en nosotros.", "Buena proa."),
    "en": ("Thank you for your trust.", "Fair winds."),
}


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture: its file's name, what it shows, and the PDF it is made from."""

    name: str
    title: str
    pdf: bytes


def main() -> None:
    """Draw every picture, and the page that shows them."""
    if which("pdftoppm") is None:
        sys.exit("pdftoppm is missing; it comes with poppler-utils.")
    PICTURES.mkdir(parents=True, exist_ok=True)
    rows = [_HEAD]
    for heading, row in _rows():
        rows.append(_table(heading, row))
        for shown in row:
            _draw(shown)
    PAGE.write_text("\n".join(rows), encoding="utf-8")


def _rows() -> Iterator[tuple[str, list[Shown]]]:
    words = wording("printed", "en")
    for kind in DocumentType:
        yield words(kind.value), [_document(kind, language) for language in LANGUAGES]
    yield words("invoice.simplified"), [_simplified(language) for language in LANGUAGES]
    yield words("invoice.corrective"), [_corrective(language) for language in LANGUAGES]
    yield "Forty lines: the second page", [_long(language) for language in LANGUAGES]
    yield "A layout of the organization's own: a summary", [_summary(one) for one in LANGUAGES]
    translated = PRINTER.translation(
        _says(DocumentType.INVOICE, DEFAULT_LANGUAGE), "en", logo=_logo(), original_sha256="0f" * 32
    )
    draft = PRINTER.document(
        replace(_says(DocumentType.QUOTE, DEFAULT_LANGUAGE), number=None), logo=None, band="draft"
    )
    yield (
        "Marked pages",
        [
            Shown("translation-en", "A Spanish invoice translated", translated),
            Shown("draft-es", "A draft", draft),
        ],
    )
    yield "Receipt of an answer", [_receipt(language) for language in LANGUAGES]


def _document(kind: DocumentType, language: str) -> Shown:
    pdf = PRINTER.document(_says(kind, language), logo=_logo(), band=None)
    return Shown(f"{kind.value}-{language}", _named(kind.value, language), pdf)


def _simplified(language: str) -> Shown:
    line = a_line(_written(language)[2], quantity=Decimal(2), unit_price=Decimal("20.00"))
    says = a_printable(
        [line],
        type=DocumentType.INVOICE,
        invoice_kind=InvoiceKind.SIMPLIFIED,
        prices_include_tax=True,
        language=language,
        due_date=None,
        title="",
    )
    with_tax = replace(line, unit_price=Decimal("24.20"), gross=Money(4840))
    pdf = PRINTER.document(replace(says, lines=(with_tax,)), logo=_logo(), band=None)
    return Shown(f"simplified-{language}", _named("invoice.simplified", language), pdf)


def _corrective(language: str) -> Shown:
    line = a_line(_written(language)[1], quantity=Decimal(-1), unit_price=Decimal("240.00"))
    correction = PrintedCorrection(
        method="differences",
        cause="return",
        code="R1",
        number="F-260118",
        issue_date=date(2026, 11, 24),
        base=Money(0),
        tax=Money(0),
        surcharge=Money(0),
    )
    says = a_printable(
        [line],
        type=DocumentType.INVOICE,
        invoice_kind=InvoiceKind.CORRECTIVE,
        number="FR-260004",
        language=language,
        due_date=None,
        title="",
        iban=None,
        correction=correction,
    )
    pdf = PRINTER.document(says, logo=_logo(), band=None)
    return Shown(f"corrective-{language}", _named("invoice.corrective", language), pdf)


def _long(language: str) -> Shown:
    says = _says(DocumentType.INVOICE, language, times=10)
    pdf = PRINTER.document(says, logo=_logo(), band=None)
    return Shown(f"long-{language}", _named("invoice", language), pdf)


def _summary(language: str) -> Shown:
    intro, closing = _WORDS.get(language, _WORDS[DEFAULT_LANGUAGE])
    words = LayoutTexts(language=language, intro=intro, closing=closing)
    look = Look(lines="summary", logo="right", accent_color="#8a3b12", texts=[words])
    says = laid_out(_says(DocumentType.QUOTE, language), look)
    pdf = PRINTER.document(says, logo=_logo(), band=None)
    return Shown(f"summary-{language}", _named("quote", language), pdf)


def _receipt(language: str) -> Shown:
    says = _says(DocumentType.QUOTE, language)
    receipt = a_receipt(
        says=says, language=language, statement=statement(says, "accept", language).text
    )
    pdf = PRINTER.receipt(receipt, logo=_logo())
    return Shown(f"receipt-{language}", f"Receipt, {language}", pdf)


def _says(kind: DocumentType, language: str, *, times: int = 1) -> Printable:
    title, notes, fee = _TEXTS.get(language, _TEXTS[DEFAULT_LANGUAGE])
    is_quote, is_invoice = kind is DocumentType.QUOTE, kind is DocumentType.INVOICE
    says = a_printable(
        _lines(language) * times,
        type=kind,
        language=language,
        title=title,
        notes=notes,
        disbursements=[PrintedDisbursement(fee, Money(4800))] if is_invoice else [],
        vessel=PrintedVessel("Brisa de Prueba", "7ª PM-1-123-24"),
        deposit_percent=Decimal(30) if is_quote else None,
    )
    payable = says.totals.payable
    half = Money(payable.amount_minor // 2)
    plan = (
        PrintedInstallment(date(2026, 12, 24), half),
        PrintedInstallment(date(2027, 1, 24), payable - half),
    )
    deposit = Money(payable.amount_minor * 3 // 10)
    return replace(
        says,
        deposit=deposit if is_quote else None,
        installments=plan if is_invoice else (),
    )


def _lines(language: str) -> tuple[PrintedLine, ...]:
    hull, paint, anodes, hours = _written(language)
    withheld = Decimal(15)
    return (
        a_line(hull, unit_price=Decimal("395.00"), withholding_rate=withheld),
        a_line(
            paint,
            quantity=Decimal("12.5"),
            unit="l",
            unit_price=Decimal("36.9565"),
            discount_percent=Decimal(10),
            withholding_rate=withheld,
        ),
        a_line(anodes, quantity=Decimal(4), unit_price=Decimal("18.20"), withholding_rate=withheld),
        a_line(hours, quantity=Decimal(6), unit="h", withholding_rate=withheld),
    )


def _written(language: str) -> tuple[str, str, str, str]:
    """Give what a user wrote; in a language without samples, in Spanish."""
    return _LINES.get(language, _LINES[DEFAULT_LANGUAGE])


def _named(key: str, language: str) -> str:
    return wording("printed", language)(key)


def _logo() -> bytes:
    """Draw a sail."""
    image = Image.new("RGB", (420, 140), "white")
    pen = ImageDraw.Draw(image)
    pen.polygon([(70, 10), (70, 110), (10, 110)], fill="#0f5a78")
    pen.polygon([(80, 30), (80, 110), (130, 110)], fill="#5fa8c4")
    pen.rounded_rectangle([10, 116, 130, 130], 7, fill="#0f5a78")
    output = BytesIO()
    image.crop((0, 0, 140, 140)).save(output, "JPEG", quality=92)
    return output.getvalue()


def _draw(shown: Shown) -> None:
    """Turn a PDF's last page into a picture of few colors."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.pdf"
        source.write_bytes(shown.pdf)
        drawn = Path(folder) / "drawn"
        resolution = str(_DOTS_PER_INCH)
        command = ["pdftoppm", "-png", "-r", resolution, str(source), str(drawn)]
        subprocess.run(command, check=True)  # noqa: S603 - no part of it comes from outside
        last = max(Path(folder).glob("drawn*.png"))
        with Image.open(last) as image:
            picture = image.convert("RGB").quantize(64)
            picture.save(PICTURES / f"{shown.name}.png", optimize=True)


def _table(heading: str, row: list[Shown]) -> str:
    """Write pictures side by side."""
    titles = " | ".join(shown.title for shown in row)
    marks = "|".join("---" for _ in row)
    images = " | ".join(f"![{one.title}](pictures/gallery/{one.name}.png)" for one in row)
    return f"## {heading}\n\n| {titles} |\n|{marks}|\n| {images} |\n"


if __name__ == "__main__":
    main()
