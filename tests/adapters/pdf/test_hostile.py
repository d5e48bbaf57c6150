"""Whatever people type is printed as typed: it is never markup and never aborts."""

import builtins
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader

from app.adapters.pdf_reportlab.legible import clean, legible
from app.documents.printable import DocumentType, Printable, PrintedDisbursement
from app.kernel.money import Money
from tests.adapters.pdf.reading import PRINTER, metadata_of, pages_of, printed, text_of
from tests.factories_printable import CLIENT, ISSUER, a_line, a_printable, a_receipt

MARKUP = ["<b>x", '<img src="/etc/hostname">', "</para><a href='file:///'>", "&amp; & &#60;", "]]>"]
STRANGE = [
    "\x00\x01\x1b",
    "\u202eoculto\u202c",
    "😀👩‍🔧🏴",
    "日本語",
    "שלום",
    "\ud800",
    "e\u0301",
    "Z\u0301\u0302\u0303\u0304" * 50,
    "\u200b\u00ad\ufeff",
    "a\u2028b\u2029c\x85d\ve",
    "x" * 5000,
    "\n" * 500,
    " ",
    "{iban} {0} %s \\N",
]


def filled_with(text: str) -> Printable:
    """Put the text wherever a document holds text."""
    party = replace(
        CLIENT, name=text, trade_name=text, tax_id=text, address=(text, text), email=text
    )
    issuer = replace(ISSUER, name=text, trade_name=text, registry=text, email=text, phone=text)
    return a_printable(
        [a_line(text, unit=text), a_line(f"x\n{text}")],
        type=DocumentType.INVOICE,
        number=text,
        title=text,
        notes=text,
        issuer=issuer,
        client=party,
        iban=text,
        disbursements=[PrintedDisbursement(text, Money(1))],
    )


@pytest.mark.parametrize("text", [*MARKUP, *STRANGE])
def test_anything_prints(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    says = filled_with(text)

    def refuse(*args: object, **kwargs: object) -> None:
        pytest.fail(f"opened {args}, {kwargs}")

    monkeypatch.setattr(builtins, "open", refuse)
    PRINTER.document(says, logo=None, band="draft")
    comment = a_receipt(says=says, name=text, statement=text, comment=text, told_to=text)
    PRINTER.receipt(comment, logo=None)


@pytest.mark.parametrize("text", MARKUP)
def test_markup_is_printed_as_typed(text: str) -> None:
    assert text in text_of(a_printable(client=replace(CLIENT, name=text)))


def test_nothing_in_the_file_can_be_followed_or_run() -> None:
    content = PRINTER.document(filled_with(MARKUP[2]), logo=None, band=None)
    for action in (b"/URI", b"/JavaScript", b"/JS", b"/Launch", b"/Annots"):
        assert action not in content


def test_what_the_font_lacks_is_shown_as_a_box() -> None:
    assert legible("a😀日") == "a□□"
    assert legible("e\u0301\u0300") == "é\u0300"
    assert legible("ק\u05b8") == "□"
    assert legible("\ud800") == "□"


def test_controls_and_overrides_vanish() -> None:
    assert clean("a\u202eb\x00c\u200bd\te\r\nf\u2028g") == "abcd e\nf\ng"


def test_metadata_keeps_what_the_font_lacks() -> None:
    reader = printed(a_printable(title="Motor 😀\nnuevo"))
    assert metadata_of(reader).subject == "Motor 😀 nuevo"


@given(st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_prints(text: str) -> None:
    assert PRINTER.document(filled_with(text), logo=None, band=None).startswith(b"%PDF-")


def test_threads_do_not_disturb_each_other() -> None:
    values = [a_printable([a_line(f"Partida {i} {chr(0xC0 + i)}")]) for i in range(12)]
    expected = [PRINTER.document(says, logo=None, band=None) for says in values]
    with ThreadPoolExecutor(4) as threads:
        made = threads.map(lambda says: PRINTER.document(says, logo=None, band=None), values)
        assert list(made) == expected
    assert "Partida 11 Ë" in pages_of(PdfReader(BytesIO(expected[11])))[0]
