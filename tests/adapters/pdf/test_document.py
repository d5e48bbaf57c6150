"""What each document says on paper, in both languages."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from io import BytesIO

import pytest
from PIL import Image

from app.documents import totals
from app.documents.printable import (
    DocumentType,
    InvoiceKind,
    PrintedDisbursement,
    PrintedVessel,
    TaxKind,
    TaxTreatment,
)
from app.kernel.money import Money
from tests.adapters.pdf.reading import (
    PRINTER,
    fonts_of,
    language_of,
    metadata_of,
    pages_of,
    printed,
    text_of,
)
from tests.factories_printable import CLIENT, ISSUER, a_line, a_printable

INVOICE = DocumentType.INVOICE


@pytest.mark.parametrize(
    ("kind", "language", "expected"),
    [
        ("quote", "es", ["Presupuesto", "P-260041", "versión 1", "Válido hasta", "31/12/2026"]),
        ("quote", "en", ["Quote", "version 1", "Valid until", "31 Dec 2026", "Item", "Disc."]),
        ("delivery_note", "es", ["Albarán", "Recibido conforme:", "albarán no es una factura"]),
        ("delivery_note", "en", ["Delivery note", "Received in good order:", "not an invoice"]),
        ("proforma", "es", ["Factura proforma", "Documento sin validez fiscal", "Transferencia"]),
        ("proforma", "en", ["Proforma invoice", "no es una factura", "not an invoice"]),
        ("invoice", "es", ["Factura", "Vencimiento", "Total factura", "Total a pagar", "NIF"]),
        ("invoice", "en", ["Invoice", "Due date", "Invoice total", "Amount payable", "VAT"]),
    ],
)
def test_each_type_speaks_its_language(kind: str, language: str, expected: list[str]) -> None:
    text = text_of(a_printable(type=DocumentType(kind), language=language))
    assert [words for words in expected if words not in text] == []


def test_figures_are_the_stored_ones() -> None:
    text = text_of(a_printable())
    for figure in ("395,00 €", "415,80 €", "IVA 21 %", "170,27 €", "0,72 €", "988,99 €"):
        assert figure in text
    english = text_of(a_printable(language="en"))
    for figure in ("€395.00", "€415.80", "VAT 21%", "€170.27", "€0.72", "€988.99"):
        assert figure in english


def test_the_discount_column_is_printed_only_when_a_line_has_one() -> None:
    assert "Dto." in text_of(a_printable())
    assert "Dto." not in text_of(a_printable([a_line()]))


def test_an_invoice_prints_both_totals_and_everything_between() -> None:
    says = a_printable(
        [a_line(unit_price=Decimal(1000), withholding_rate=Decimal(15))],
        type=INVOICE,
        disbursements=[PrintedDisbursement("Tasa portuaria", Money(4800))],
        advances=Money(10000),
    )
    text = text_of(says)
    for words in (
        "Total factura",
        "1.210,00 €",
        "Retención IRPF 15 %",
        "−150,00 €",
        "Suplidos (Tasa portuaria)",
        "48,00 €",
        "Anticipo",
        "−100,00 €",
        "Total a pagar",
        "1.008,00 €",
        "art. 78.Tres.3.º LIVA",
    ):
        assert words in text


def test_withholding_of_a_part_names_its_base() -> None:
    lines = [a_line(withholding_rate=Decimal(15)), a_line()]
    text = text_of(a_printable(lines, type=INVOICE))
    assert "Retención IRPF 15 % de" in text


def test_many_deductions_are_summed_and_listed_below() -> None:
    items = [PrintedDisbursement(f"Tasa {i}", Money(100)) for i in range(40)]
    lines = [a_line(withholding_rate=Decimal(rate)) for rate in range(1, 8)]
    says = a_printable(lines, type=INVOICE, disbursements=items)
    text = text_of(says)
    assert "Retenciones IRPF" in text
    assert "Tasa 39: 1,00 €" in text


def test_each_tax_treatment_is_shown_apart_and_mentioned() -> None:
    says = a_printable(
        [
            a_line(surcharge_rate=Decimal("5.2")),
            a_line(tax_treatment=TaxTreatment.EXEMPT, exemption_cause="E1", tax_rate=Decimal(0)),
            a_line(tax_treatment=TaxTreatment.EXEMPT, exemption_cause="E5", tax_rate=Decimal(0)),
            a_line(tax_treatment=TaxTreatment.EXEMPT, exemption_cause="E6", tax_rate=Decimal(0)),
            a_line(tax_treatment=TaxTreatment.REVERSE_CHARGE, tax_rate=Decimal(0)),
            a_line(tax_treatment=TaxTreatment.NOT_SUBJECT, exemption_cause="N1"),
            a_line(tax_treatment=TaxTreatment.NOT_SUBJECT, exemption_cause="N2"),
            a_line(tax_kind=TaxKind.IGIC, tax_rate=Decimal(7)),
            a_line(tax_kind=TaxKind.IGIC, tax_treatment=TaxTreatment.EXEMPT, exemption_cause="E1"),
        ],
        type=INVOICE,
        language="en",
    )
    text = " ".join(text_of(says).split())
    for words in (
        "Surcharge 5.2%",
        "Equivalence surcharge",
        "IGIC 7%",
        "Rev. ch.",
        "Not subj.",
        "Operación exenta de IVA según el artículo 20 de la Ley 37/1992.",
        "exempt from VAT under article 20",
        "Entrega intracomunitaria exenta de IVA según el artículo 25 de la Ley 37/1992.",
        "Operación exenta de IVA. Supply exempt from VAT.",
        "Operación exenta de IGIC. Supply exempt from IGIC.",
        "Inversión del sujeto pasivo. Reverse charge",
        "Operación no sujeta a IVA. Supply not subject to VAT.",
        "por las reglas de localización.",
    ):
        assert words in text


def test_an_exempt_document_prints_no_tax_amount() -> None:
    line = a_line(tax_treatment=TaxTreatment.EXEMPT, exemption_cause="E1", tax_rate=Decimal(0))
    text = text_of(a_printable([line], type=INVOICE))
    assert "—" in text
    assert "0,00 €" not in text.replace("45,00 €", "")


def test_a_document_discount_is_shown() -> None:
    says = a_printable(discount=totals.Discount(is_percent=True, value=Decimal(10)))
    assert "−81,80 €" in text_of(says)


def test_many_tax_groups_still_end_in_totals() -> None:
    lines = [a_line(tax_rate=Decimal(rate)) for rate in range(1, 61)]
    pages = pages_of(printed(a_printable(lines)))
    assert "IVA 60 %" in pages[-1]
    assert "Total" in pages[-1]


def test_delivery_note_without_prices_has_two_columns() -> None:
    free = [a_line(unit_price=Decimal(0))]
    text = text_of(a_printable(free, type=DocumentType.DELIVERY_NOTE))
    assert "Cantidad" in text
    assert "Precio" not in text
    assert "Total" not in text


def test_quote_says_deposit_and_offers_a_box_to_sign() -> None:
    says = a_printable(deposit_percent=Decimal(30), deposit=Money(29670), notes="Sin prisas.")
    text = text_of(says)
    assert "296,70 €" in text
    assert "Acepto este presupuesto (si respondes en papel):" in text
    assert "Sin prisas." in text


def test_payment_names_account_and_number() -> None:
    text = " ".join(text_of(a_printable(type=INVOICE)).split())
    assert "Transferencia a ES91 2100 0418 4502 0005 1332, concepto F-260118" in text
    assert "ES91" not in text_of(a_printable(type=INVOICE, iban=None))


def test_operation_date_is_printed_only_when_it_differs() -> None:
    same = a_printable(type=INVOICE, operation_date=date(2026, 11, 24))
    other = a_printable(type=INVOICE, operation_date=date(2026, 11, 20))
    assert "Operación" not in text_of(same)
    assert "20/11/2026" in text_of(other)


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        (InvoiceKind.ADVANCE, "Factura de anticipo"),
        (InvoiceKind.CORRECTIVE, "Factura rectificativa"),
        (InvoiceKind.SIMPLIFIED, "Factura simplificada"),
    ],
)
def test_kinds_of_invoice_have_their_title(kind: InvoiceKind, title: str) -> None:
    says = a_printable(type=INVOICE, invoice_kind=kind)
    assert title in text_of(says)
    assert metadata_of(printed(says)).title == f"{title} F-260118 · {ISSUER.name}"


def test_parties_are_identified_and_the_registry_stands_below() -> None:
    client = replace(CLIENT, trade_name="La Vela")
    text = text_of(a_printable(client=client))
    for words in ("NIF B00000000", "NIF B00000001", "La Vela", "hoja PM-0", "07012 Palma"):
        assert words in text


def test_a_later_version_is_named_on_every_type() -> None:
    assert "versión 2" in text_of(a_printable(type=INVOICE, revision=2))
    assert "versión" not in text_of(a_printable(type=INVOICE))


def test_a_later_version_has_its_own_day_and_the_vessel_its_registration() -> None:
    boat = PrintedVessel("Brisa de Prueba", "7ª-PM-0-000-00")
    text = text_of(a_printable(revision=2, revised_on=date(2026, 12, 1), vessel=boat))
    for told in ("24/11/2026", "Versión del", "01/12/2026", "Brisa de Prueba",
                 "Matrícula 7ª-PM-0-000-00"):  # fmt: skip
        assert told in text
    unregistered = replace(boat, registration_number=None)
    text = text_of(a_printable(title="", vessel=unregistered, language="en"))
    assert "Brisa de Prueba" in text
    assert "Registration" not in text


@pytest.mark.parametrize(
    ("band", "language", "words"),
    [
        ("draft", "es", "BORRADOR"),
        ("draft", "en", "DRAFT"),
        ("duplicate", "es", "DUPLICADO"),
        ("duplicate", "en", "DUPLICADO"),
    ],
)
def test_the_band_stands_on_every_page(band: str, language: str, words: str) -> None:
    says = a_printable([a_line()] * 60, language=language)
    pages = pages_of(printed(says, band=band))
    assert len(pages) > 1
    assert all(words in page for page in pages)


def test_a_draft_has_no_number_yet() -> None:
    says = a_printable(number=None, issue_date=None, type=INVOICE)
    text = text_of(says, band="draft")
    assert "Sin número todavía" in text
    assert "None" not in text


def test_the_same_value_gives_the_same_bytes() -> None:
    says = a_printable()
    picture = a_logo("PNG")
    one = PRINTER.document(says, logo=picture, band=None)
    assert one == PRINTER.document(says, logo=picture, band=None)


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_the_logo_is_printed(form: str) -> None:
    reader = printed(a_printable(), logo=a_logo(form))
    assert len(reader.pages[0].images) == 1


@pytest.mark.parametrize("logo", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\nbroken", b"\xff\xd8\xff"])
def test_a_broken_logo_is_left_out(logo: bytes) -> None:
    assert len(printed(a_printable(), logo=logo).pages[0].images) == 0


def test_metadata_language_and_embedded_fonts() -> None:
    reader = printed(a_printable(language="en"))
    assert metadata_of(reader).title == f"Quote P-260041 · {ISSUER.name}"
    assert metadata_of(reader).author == ISSUER.name
    assert metadata_of(reader).subject == "Puesta a punto de invierno"
    assert language_of(reader) == "en"
    assert fonts_of(reader) == {"SourceSans3-Regular", "SourceSans3-Semibold"}


def test_accents_and_signs_can_be_read_back() -> None:
    line = a_line("Ñandú, àéíòúüç ŀl ªº · 5 m² – «así» €")
    assert "Ñandú, àéíòúüç ŀl ªº · 5 m² – «así» €" in text_of(a_printable([line]))


def a_logo(form: str) -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (300, 120), "#0f5a78").save(buffer, form)
    return buffer.getvalue()


def test_prices_with_tax_are_printed_as_such_and_a_simplified_invoice_says_so() -> None:
    line = a_line(unit_price=Decimal("121.00"), net=Money(10000), gross=Money(12100))
    says = a_printable(
        [line],
        type=INVOICE,
        invoice_kind=InvoiceKind.SIMPLIFIED,
        prices_include_tax=True,
    )
    text = text_of(says)
    assert "Factura simplificada (art. 4 del Real Decreto 1619/2012)." in text
    assert "Precio (imp. incl.)" in text
    assert "121,00" in text
