from dataclasses import replace

import pytest

from app.documents.printable import DocumentType, TaxKind
from app.kernel.wording import wording
from app.portal.statements import PRESENT, statement
from tests.factories_printable import CLIENT, a_line, a_printable

QUOTE = a_printable([a_line(quantity=2)])


def test_a_company_accepts_a_quote_in_spanish() -> None:
    shown = statement(QUOTE, "accept", "es")
    assert shown.id == "accept.quote.es.1"
    assert shown.text == (
        f"He leído el presupuesto {QUOTE.number} (versión 1) y lo acepto por 108,90\u00a0€, "
        "IVA incluido, en nombre de Velero Ficticio, S.L. o con su autorización."
    )


def test_a_person_accepts_a_quote_in_english() -> None:
    person = replace(CLIENT, name="Ana Ruiz", is_company=False)
    shown = statement(replace(QUOTE, client=person), "accept", "en")
    assert shown.id == "accept.quote.en.1"
    assert shown.text == (
        f"I have read quote {QUOTE.number} (version 1) and accept it for €108.90, VAT included, "
        "on my own behalf or with the authorization of Ana Ruiz."
    )


@pytest.mark.parametrize(
    ("kind", "starts"),
    [
        (DocumentType.QUOTE, "Rechazo el presupuesto"),
        (DocumentType.DELIVERY_NOTE, "Rechazo el albarán"),
        (DocumentType.PROFORMA, "Rechazo la factura proforma"),
        (DocumentType.INVOICE, "No estoy conforme con la factura"),
    ],
)
def test_rejecting_names_the_document(kind: DocumentType, starts: str) -> None:
    shown = statement(replace(QUOTE, type=kind), "reject", "es")
    assert shown.text.startswith(f"{starts} {QUOTE.number}")
    name = "reject.invoice" if kind == DocumentType.INVOICE else "reject.document"
    assert shown.id == f"{name}.es.1"


def test_each_type_has_its_acceptance() -> None:
    said = {kind: statement(replace(QUOTE, type=kind), "accept", "es") for kind in DocumentType}
    assert {one.id for one in said.values()} == {f"accept.{kind}.es.1" for kind in DocumentType}
    assert "108,90" not in said[DocumentType.DELIVERY_NOTE].text
    assert "por adelantado" in said[DocumentType.PROFORMA].text


def test_the_tax_is_named_only_when_there_is_one() -> None:
    free = a_printable([a_line(tax_rate=0)])
    assert "incluido" not in statement(free, "accept", "es").text
    canary = a_printable([a_line(tax_kind=TaxKind.IGIC, tax_rate=7)])
    assert ", IGIC incluido, " in statement(canary, "accept", "es").text
    mixed = a_printable([a_line(), a_line(tax_kind=TaxKind.IGIC, tax_rate=7)])
    assert ", impuestos incluidos, " in statement(mixed, "accept", "es").text
    assert ", taxes included, " in statement(mixed, "accept", "en").text


def test_braces_in_a_name_are_only_text() -> None:
    odd = replace(QUOTE, client=replace(CLIENT, name="{total} <b>"))
    assert "{total} <b>" in statement(odd, "accept", "es").text


def test_every_statement_in_use_is_in_both_catalogues() -> None:
    for name, version in PRESENT.items():
        for language in ("es", "en"):
            assert f"{name}.{version}" in wording("statements", language)
