"""The letter in every type, kind and language, and against hostile words."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from email import message_from_bytes
from email.policy import SMTP
from html.parser import HTMLParser
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st
from typing_extensions import override

from app.dispatch import letters
from app.dispatch.letters import (
    Letter,
    LetterKind,
    LetterOrder,
    attachment_name,
    compose,
    receipt_name,
)
from app.dispatch.paid import Paid
from app.documents.printable import (
    DocumentType,
    InvoiceKind,
    Party,
    Printable,
    PrintedLine,
    PrintedTax,
    PrintedTotals,
    TaxKind,
    TaxTreatment,
)
from app.kernel.identifiers import new_id
from app.kernel.money import Money
from app.kernel.wording import LOCALES
from app.mail.message import Attachment, Mailbox, OutgoingMessage, build, message_id

GOLDEN_RECEIPT = Path(__file__).parent / "receipt.eml"
NONE = Money(0)
LINK = "https://docs.taller.example/d/" + "k3Jw" * 10 + "9Qe"
LINE = PrintedLine(
    description="Limpieza de casco",
    quantity=Decimal(1),
    unit="ud",
    unit_price=Decimal("1655.35"),
    discount_percent=Decimal(0),
    tax_kind=TaxKind.IVA,
    tax_rate=Decimal(21),
    tax_treatment=TaxTreatment.TAXABLE,
    exemption_cause=None,
    surcharge_rate=None,
    withholding_rate=None,
    net=Money(165535),
)
TAX = PrintedTax(
    kind=TaxKind.IVA,
    treatment=TaxTreatment.TAXABLE,
    exemption_cause=None,
    rate=Decimal(21),
    surcharge_rate=None,
    base=Money(165535),
    amount=Money(34762),
    surcharge=NONE,
)
TOTALS = PrintedTotals(
    discount=NONE,
    taxable_base=Money(165535),
    tax=Money(34762),
    surcharge=NONE,
    total=Money(200297),
    withholding=NONE,
    disbursements=NONE,
    advances=NONE,
    payable=Money(200297),
)
QUOTE = Printable(
    type=DocumentType.QUOTE,
    invoice_kind=None,
    number="P-260041",
    revision=1,
    language="es",
    issue_date=date(2026, 11, 24),
    operation_date=None,
    valid_until=date(2026, 12, 31),
    due_date=None,
    title="Puesta a punto de invierno",
    notes="",
    issuer=Party(
        name="Taller Náutico Ejemplo, S.L.",
        trade_name="Taller Náutico Ejemplo",
        tax_id="B00000000",
        address=("Muelle de Muestra 3", "07001 Palma, Illes Balears"),
        email="hola@taller.example",
        phone=None,
        is_company=True,
        registry="R.M. de Mallorca, hoja PM-1",
    ),
    client=Party(
        name="Ana Ejemplo",
        trade_name=None,
        tax_id=None,
        address=(),
        email=None,
        phone=None,
        is_company=False,
    ),
    lines=(LINE,),
    taxes=(TAX,),
    withholdings=(),
    disbursements=(),
    totals=TOTALS,
    deposit_percent=None,
    deposit=None,
    iban=None,
    accent_color="#0f5a78",
    logo_sha256=None,
    time_zone="Europe/Madrid",
)
NOTE = replace(QUOTE, type=DocumentType.DELIVERY_NOTE, number="A-260007", valid_until=None)
PROFORMA = replace(
    QUOTE,
    type=DocumentType.PROFORMA,
    number="PF-260003",
    valid_until=None,
    due_date=date(2026, 12, 24),
)
INVOICE = replace(
    PROFORMA, type=DocumentType.INVOICE, number="F-260118", invoice_kind=InvoiceKind.STANDARD
)
ADVANCE = replace(INVOICE, invoice_kind=InvoiceKind.ADVANCE)
ORDER = LetterOrder(
    says=QUOTE,
    kind=LetterKind.FIRST,
    language="es",
    sender_name="Joan Muestra",
    to_name="Ana Ejemplo",
    address="ana@velero.example",
    is_copy=False,
    can_decide=True,
    can_pay=True,
    attach_pdf=True,
    link=LINK,
)
RECEIPT = replace(
    ORDER,
    says=INVOICE,
    kind=LetterKind.RECEIPT,
    paid=Paid(
        amount_minor=80000,
        due_minor=120297,
        currency="EUR",
        method="bank_transfer",
        paid_at=datetime(2026, 11, 24, 23, 30, tzinfo=UTC),
        code="70001",
    ),
)
CONFIRM_PAGES = [f"{LINK}/accept", f"{LINK}/reject", f"{LINK}/pay"]

each_type = pytest.mark.parametrize(
    "says", [QUOTE, NOTE, PROFORMA, INVOICE], ids=lambda says: str(says.type)
)
each_kind = pytest.mark.parametrize(
    "kind", [kind for kind in LetterKind if kind is not LetterKind.RECEIPT]
)
each_language = pytest.mark.parametrize("language", ["es", "en"])


class Reader(HTMLParser):
    """What a mail program finds in a letter."""

    def __init__(self, letter: Letter) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[tuple[str, str]] = []
        self.buttons: list[tuple[str, str]] = []
        self.sources: list[str] = []
        self.words = ""
        self._href: str | None = None
        self._button: str | None = None
        self.feed(letter.html)
        self.close()

    @override
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        given = {name: value or "" for name, value in attrs}
        assert not [name for name in given if name.startswith("on")]
        if tag == "td":
            self._button = given.get("class") if given.get("class") in {"lead", "more"} else None
        if tag == "a":
            self._href = given["href"]
        if "src" in given:
            self.sources.append(given["src"])

    @override
    def handle_endtag(self, tag: str) -> None:
        self.tags.append(f"/{tag}")
        if tag == "a":
            self._href = None
        if tag == "td":
            self._button = None

    @override
    def handle_data(self, data: str) -> None:
        if "style" in self.tags and "/style" not in self.tags:
            return
        self.words += data
        if self._href is None:
            return
        self.links.append((data, self._href))
        if self._button:
            self.buttons.append((data, self._button))


@each_type
@each_kind
@each_language
def test_one_row_of_buttons_leads_to_the_confirm_pages(
    says: Printable, kind: LetterKind, language: str
) -> None:
    letter = compose(replace(ORDER, says=says, kind=kind, language=language))
    read = Reader(letter)
    labels = {"es": ["ACEPTAR", "RECHAZAR", "PAGAR"], "en": ["ACCEPT", "DECLINE", "PAY"]}
    assert read.links[:3] == list(zip(labels[language], CONFIRM_PAGES, strict=True))
    assert [text for text, _ in read.buttons] == labels[language]
    assert letter.html.count('class="row"') == 1
    assert read.links[3][1] == LINK
    assert read.links[4] == (LINK, LINK)
    for label, url in zip(labels[language], CONFIRM_PAGES, strict=True):
        assert f"{label}:\n{url}\n" in letter.text


@each_type
def test_pay_is_left_out_when_the_organization_cannot_be_paid(says: Printable) -> None:
    read = Reader(compose(replace(ORDER, says=says, can_pay=False)))
    assert [text for text, _ in read.buttons] == ["ACEPTAR", "RECHAZAR"]
    nothing_due = replace(says, totals=replace(TOTALS, payable=NONE))
    read = Reader(compose(replace(ORDER, says=nothing_due)))
    assert [text for text, _ in read.buttons] == ["ACEPTAR", "RECHAZAR"]


@pytest.mark.parametrize(
    ("says", "can_pay", "lead"),
    [
        (QUOTE, True, "ACEPTAR"),
        (NOTE, True, "ACEPTAR"),
        (PROFORMA, True, "PAGAR"),
        (INVOICE, True, "PAGAR"),
        (INVOICE, False, "ACEPTAR"),
    ],
)
def test_exactly_one_button_is_filled(says: Printable, can_pay: bool, lead: str) -> None:  # noqa: FBT001
    read = Reader(compose(replace(ORDER, says=says, can_pay=can_pay)))
    assert [text for text, look in read.buttons if look == "lead"] == [lead]


@each_type
@each_language
def test_a_copy_can_be_read_and_nothing_else(says: Printable, language: str) -> None:
    letter = compose(replace(ORDER, says=says, language=language, is_copy=True))
    read = Reader(letter)
    assert {url for _, url in read.links} == {LINK}
    assert len(read.buttons) == 1
    sentence = {"es": "Recibes este documento en copia", "en": "You received a copy of this"}
    assert sentence[language] in read.words
    assert sentence[language] in letter.text
    assert "/accept" not in letter.html + letter.text


def test_a_copy_does_not_invite_to_answer_unless_staff_wrote_so() -> None:
    invitation = compose(ORDER).body
    for body in (None, invitation):
        copy = compose(replace(ORDER, is_copy=True, body=body))
        assert copy.body == "Te enviamos una copia del presupuesto P-260041."
    assert compose(replace(ORDER, is_copy=True, body="Mira esto.")).body == "Mira esto."


@pytest.mark.parametrize(
    ("dispatch_kind", "revision", "kind"),
    [
        ("first", 1, "first"),
        ("first", 2, "revision"),
        ("resend", 1, "resend"),
        ("resend", 2, "resend"),
        ("link", 2, "link"),
        ("receipt", 2, "receipt"),
    ],
)
def test_the_kind_of_letter_follows_dispatch_and_revision(
    dispatch_kind: str, revision: int, kind: str
) -> None:
    assert LetterKind.of(dispatch_kind, revision) == kind


def test_the_letter_says_what_the_design_says() -> None:
    letter = compose(ORDER)
    assert letter.subject == "Presupuesto P-260041 de Taller Náutico Ejemplo"
    assert letter.body == (
        "Te enviamos el presupuesto «Puesta a punto de invierno». Puedes aceptarlo, "
        "rechazarlo o preguntarnos desde el móvil, sin registrarte."
    )
    assert (
        letter.text
        == f"""\
Presupuesto P-260041

Hola, Ana:

Te enviamos el presupuesto «Puesta a punto de invierno». Puedes
aceptarlo, rechazarlo o preguntarnos desde el móvil, sin registrarte.

Total, IVA incluido: 2.002,97\u00a0€
Concepto: Puesta a punto de invierno
Válido hasta: 31 de diciembre de 2026
Adjunto: Presupuesto-P-260041.pdf

ACEPTAR:
{LINK}/accept

RECHAZAR:
{LINK}/reject

PAGAR:
{LINK}/pay

Ver el documento:
{LINK}

Un saludo,
Joan Muestra
Responde a este correo para hablar con nosotros.
--
Taller Náutico Ejemplo, S.L. · NIF B00000000
Muelle de Muestra 3, 07001 Palma, Illes Balears
R.M. de Mallorca, hoja PM-1
Este mensaje va dirigido a ana@velero.example. El enlace es personal: no
lo reenvíes.
"""
    )


def test_a_receipt_says_what_was_paid_and_asks_for_nothing() -> None:
    letter = compose(RECEIPT)
    assert letter.subject == "Recibo: 800,00 € de la factura F-260118"
    assert (
        letter.text
        == f"""\
Recibo de la factura F-260118

Hola, Ana:

Hemos recibido tu pago. Gracias.

Pagado: 800,00\u00a0€
Concepto: Puesta a punto de invierno
Fecha: 25 de noviembre de 2026
Forma de pago: Transferencia
Queda por pagar: 1.202,97\u00a0€
Adjunto: Recibo-F-260118.pdf

Ver el documento:
{LINK}

Un saludo,
Taller Náutico Ejemplo
Responde a este correo para hablar con nosotros.
--
Taller Náutico Ejemplo, S.L. · NIF B00000000
Muelle de Muestra 3, 07001 Palma, Illes Balears
R.M. de Mallorca, hoja PM-1
Este mensaje va dirigido a ana@velero.example. El enlace es personal: no
lo reenvíes.
"""
    )
    assert Reader(letter).buttons == [("Ver el documento", "lead")]


@pytest.mark.parametrize(
    "method", ["card", "pay_by_bank", "bank_transfer", "cash", "card_terminal"]
)
@each_language
def test_a_receipt_names_the_method_and_no_rest_when_all_is_paid(
    method: str, language: str
) -> None:
    assert RECEIPT.paid is not None
    paid = replace(RECEIPT.paid, method=method, due_minor=0)
    letter = compose(replace(RECEIPT, paid=paid, language=language))
    rest = {"es": "Queda por pagar", "en": "Still to pay"}[language]
    assert rest not in letter.text
    found = re.search(r"mso-hide:all\">([^<&]+)&#8199;", letter.html)
    assert found
    assert 40 <= len(found[1]) <= 90
    assert Paid.from_json(paid.to_json()) == paid


def test_the_bytes_of_a_receipt_are_those_agreed() -> None:
    """A change here changes what clients and their filters see: look at it, then copy it."""
    letter = compose(RECEIPT)
    content = build(
        OutgoingMessage(
            message_id="<receipt@taller.example>",
            sent_at=datetime(2026, 11, 25, 9, 0, tzinfo=UTC),
            sender=Mailbox(address="documentos@taller.example", name="Taller Náutico Ejemplo"),
            to=Mailbox(address="ana@velero.example", name="Ana Ejemplo"),
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            is_automatic=True,
            attachment=Attachment(name=receipt_name(INVOICE, "es"), content=b"%PDF-1.7\n"),
        )
    )
    assert content == GOLDEN_RECEIPT.read_bytes()


def test_an_english_letter_may_carry_a_spanish_document() -> None:
    letter = compose(replace(ORDER, says=INVOICE, language="en"))
    assert '<html lang="en">' in letter.html
    assert letter.subject == "Invoice F-260118 from Taller Náutico Ejemplo"
    assert letter.body == "Here is your invoice. You can view and pay it online."
    for said in ("Hello Ana,", "Amount due: €2,002.97", "Due date: 24 December 2026"):
        assert said in letter.text
    assert "Attachment: Invoice-F-260118.pdf" in letter.text


@each_type
@each_language
def test_html_and_text_say_the_same(says: Printable, language: str) -> None:
    letter = compose(replace(ORDER, says=says, language=language))
    words = " ".join(Reader(letter).words.split())
    labels = re.compile(r"^[^:]{1,20}: ?(?=\S)")
    for line in letter.text.split("\n"):
        said = labels.sub("", line) if ": " in line else line.removesuffix(":")
        if said and said != "--" and "/d/" not in said:
            assert " ".join(said.split()) in words


@pytest.mark.parametrize(
    ("kind", "subject", "body"),
    [
        (
            LetterKind.RESEND,
            "Reenvío: factura F-260118 de Taller Náutico Ejemplo",
            "Te volvemos a enviar la factura, sin cambios.",
        ),
        (
            LetterKind.REVISION,
            "Nueva versión de la factura F-260118",
            "Hemos actualizado la factura. Esta versión sustituye a la anterior.",
        ),
        (
            LetterKind.LINK,
            "Tu enlace nuevo: factura F-260118",
            "Nos has pedido un enlace nuevo para ver la factura. Sustituye al anterior.",
        ),
    ],
)
def test_sending_again_says_so(kind: LetterKind, subject: str, body: str) -> None:
    letter = compose(replace(ORDER, says=replace(INVOICE, revision=2), kind=kind))
    assert (letter.subject, letter.body) == (subject, body)
    assert "Versión: 2" in letter.text


@each_language
@pytest.mark.parametrize("is_copy", [False, True])
def test_a_new_link_is_signed_by_the_organization(language: str, is_copy: bool) -> None:  # noqa: FBT001
    order = replace(ORDER, kind=LetterKind.LINK, language=language, is_copy=is_copy)
    letter = compose(order)
    assert "Joan Muestra" not in letter.text
    closing = {"es": "Un saludo,", "en": "Kind regards,"}
    assert f"{closing[language]}\nTaller Náutico Ejemplo\n" in letter.text
    said = {"es": "Nos has pedido un enlace nuevo", "en": "You asked us for a new link"}
    assert letter.body.startswith(said[language])


@each_type
@each_kind
@each_language
def test_the_preheader_is_a_sentence_of_40_to_90_characters(
    says: Printable, kind: LetterKind, language: str
) -> None:
    says = replace(says, revision=2 if kind is LetterKind.REVISION else 1)
    html = compose(replace(ORDER, says=says, kind=kind, language=language)).html
    found = re.search(r"mso-hide:all\">([^<&]+)&#8199;", html)
    assert found
    assert 40 <= len(found[1]) <= 90


@pytest.mark.parametrize(
    ("name", "greeting"),
    [
        ("Ana Ejemplo", "Hola, Ana:"),
        ("  María\r\nJosé ", "Hola, María:"),
        ("Sra. Ruiz", "Hola, Sra. Ruiz:"),
        ("Ruiz, Ana", "Hola, Ruiz, Ana:"),
        (" \n", "Hola:"),
    ],
)
def test_the_greeting_fits_the_name(name: str, greeting: str) -> None:
    assert f"\n{greeting}\n" in compose(replace(ORDER, to_name=name)).text


@pytest.mark.parametrize(
    ("taxes", "label"),
    [
        ((), "Total: "),
        ((replace(TAX, treatment=TaxTreatment.EXEMPT, amount=NONE),), "Total: "),
        ((replace(TAX, kind=TaxKind.IGIC),), "Total, IGIC incluido: "),
        ((TAX, replace(TAX, rate=Decimal(10))), "Total, IVA incluido: "),
        ((TAX, replace(TAX, kind=TaxKind.IPSI)), "Total, impuestos incluidos: "),
    ],
)
def test_the_total_names_its_taxes(taxes: tuple[PrintedTax, ...], label: str) -> None:
    assert label in compose(replace(ORDER, says=replace(QUOTE, taxes=taxes))).text


def test_a_delivery_note_may_have_no_prices() -> None:
    bare = replace(NOTE, lines=(replace(LINE, unit_price=Decimal(0)),))
    letter = compose(replace(ORDER, says=bare))
    assert "€" not in letter.text + letter.html
    assert "Albarán A-260007 de Taller Náutico Ejemplo. Puedes" in letter.html
    nothing = replace(bare, title="")
    assert 'class="box"' not in compose(replace(ORDER, says=nothing, attach_pdf=False)).html


def test_an_invoice_names_what_is_to_be_paid_and_a_refund_the_total() -> None:
    withheld = replace(INVOICE, totals=replace(TOTALS, payable=Money(150000)))
    assert "Total a pagar: 1.500,00" in compose(replace(ORDER, says=withheld)).text
    minus = replace(TOTALS, total=Money(-10000), payable=Money(-10000))
    corrective = replace(INVOICE, invoice_kind=InvoiceKind.CORRECTIVE, totals=minus)
    letter = compose(replace(ORDER, says=corrective))
    assert letter.subject.startswith("Factura rectificativa F-260118")
    assert "Total, IVA incluido: −100,00" in letter.text
    assert "PAGAR" not in letter.text


def test_a_deposit_is_among_the_facts() -> None:
    says = replace(QUOTE, deposit=Money(60089), deposit_percent=Decimal(30))
    assert "Reserva: 600,89\u00a0€ (30\u00a0%)" in compose(replace(ORDER, says=says)).text


def test_staffs_own_words_replace_the_defaults() -> None:
    own = "Buenos días:\r\nva lo hablado.\r\n \r\n\r\nY {link}, {0}, {{ 7*7 }}, {% if %}"
    letter = compose(replace(ORDER, subject="Lo  hablado\r\nBcc: x@y.example", body=own))
    assert letter.subject == "Lo hablado Bcc: x@y.example"
    assert letter.body.startswith("Buenos días:\nva lo hablado.\n")
    assert "va lo hablado.\n\nY {link}, {0}, {{ 7*7 }}, {% if %}\n" in letter.text.replace(
        " \n\n", "\n"
    )
    assert "Buenos días:<br>va lo hablado.</p>" in letter.html
    assert "Y {link}, {0}, {{ 7*7 }}, {% if %}</p>" in letter.html
    assert "Te enviamos" not in letter.text + letter.html
    blank = compose(replace(ORDER, subject=" ", body=" \n "))
    assert blank == compose(ORDER)


def test_staff_see_a_placeholder_and_no_link() -> None:
    letter = compose(replace(ORDER, link=letters.LINK, sender_name=""))
    assert {url for _, url in Reader(letter).links} == {
        "{link}",
        "{link}/accept",
        "{link}/reject",
        "{link}/pay",
    }
    assert "ACEPTAR:\n{link}/accept\n" in letter.text
    assert "Un saludo,\nTaller Náutico Ejemplo\n" in letter.text


def test_the_logo_is_shown_when_there_is_one() -> None:
    assert Reader(compose(replace(ORDER, has_logo=True))).sources == ["cid:logo"]
    assert Reader(compose(ORDER)).sources == []


def test_dark_mode_has_its_own_readable_colors() -> None:
    html = compose(replace(ORDER, says=replace(QUOTE, accent_color="#f5c400"))).html
    assert "prefers-color-scheme:dark" in html
    assert "[data-ogsc] .lead{background:#f5c400!important" in html
    assert 'class="link" href="' + LINK + '" style="color:#7a6200' in html


def test_a_letter_is_small_and_plain() -> None:
    heavy = replace(QUOTE, deposit=Money(1), deposit_percent=Decimal(30), revision=3)
    letter = compose(replace(ORDER, says=heavy, has_logo=True))
    assert len(letter.html.encode()) < 15_000
    assert "<script" not in letter.html
    outside = re.findall(r"(?:https?:)?//[^\s\"'<]+", letter.html)
    assert {url for url in outside if not url.startswith(LINK)} == set()
    assert letter.html.count('role="presentation"') >= letter.html.count("<table role")


@pytest.mark.parametrize(
    ("says", "language", "name"),
    [
        (QUOTE, "es", "Presupuesto-P-260041.pdf"),
        (NOTE, "en", "Delivery-note-A-260007.pdf"),
        (ADVANCE, "es", "Factura-de-anticipo-F-260118.pdf"),
        (replace(QUOTE, number="../P/1\r\n"), "es", "Presupuesto-..-P-1.pdf"),
    ],
)
def test_the_file_is_named_for_its_reader(says: Printable, language: str, name: str) -> None:
    assert attachment_name(says, language) == name


anything = st.text(max_size=120) | st.sampled_from(
    ["</td></table><script>x</script>", '"><img src=x onerror=x>', "{link}", "{0.__class__}",
     "{{ 7*7 }}", "%(x)s", "\u202egpj.exe", "a\r\nBcc: b@c.example", "=?UTF-8?Q?x?=", "&amp;&lt;"]
)  # fmt: skip
SHAPE = Reader(compose(ORDER)).tags


@given(title=anything, name=anything, sender=anything, issuer=anything, number=anything)
def test_no_name_or_title_changes_the_markup(
    title: str, name: str, sender: str, issuer: str, number: str
) -> None:
    says = replace(
        QUOTE,
        title=f"x{title}",
        number=f"x{number}",
        issuer=replace(QUOTE.issuer, trade_name=f"x{issuer}", name=f"x{issuer}"),
    )
    letter = compose(replace(ORDER, says=says, to_name=name, sender_name=sender))
    read = Reader(letter)
    assert read.tags == SHAPE
    assert [url for _, url in read.links] == [*CONFIRM_PAGES, LINK, LINK]
    assert "\n" not in letter.subject
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]", letter.text)


@given(body=anything, subject=anything)
def test_no_words_of_staff_change_the_markup(body: str, subject: str) -> None:
    letter = compose(replace(ORDER, body=f"x{body}", subject=f"x{subject}"))
    read = Reader(letter)
    assert set(read.tags) <= set(SHAPE) | {"br"}
    assert [url for _, url in read.links] == [*CONFIRM_PAGES, LINK, LINK]
    assert letter.text.count(LINK) == 4
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f]", letter.text)


@given(body=st.text(st.sampled_from("ab cñ-.\n"), max_size=600))
def test_the_text_keeps_to_72_columns(body: str) -> None:
    text = compose(replace(ORDER, body=body)).text
    lines = [line for line in text.split("\n") if " " in line]
    assert max(map(len, lines)) <= 72 or any(
        len(word) > 72 for line in lines for word in line.split()
    )


def test_the_letter_travels_as_a_message() -> None:
    letter = compose(replace(ORDER, has_logo=True))
    content = build(
        OutgoingMessage(
            message_id=message_id(new_id(), "mail.example"),
            sent_at=datetime(2026, 11, 24, 9, tzinfo=UTC),
            sender=Mailbox(address="docs@mail.example", name="Taller Náutico Ejemplo"),
            to=Mailbox(address="ana@velero.example"),
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            logo=b"\x89PNG",
            attachment=Attachment(name=attachment_name(QUOTE, "es"), content=b"%PDF"),
        )
    )
    parsed = message_from_bytes(content, policy=SMTP)
    assert parsed["Subject"] == letter.subject
    html, text = parsed.get_body(("html",)), parsed.get_body(("plain",))
    assert html
    assert text
    assert html.get_content().replace("\r\n", "\n").rstrip() == letter.html.rstrip()
    assert text.get_content().replace("\r\n", "\n").rstrip() == letter.text.rstrip()


def test_both_catalogues_hold_the_same_texts() -> None:
    texts = {}
    for language in ("es", "en"):
        with (LOCALES / language / "letters.po").open("rb") as file:
            texts[language] = {str(entry.id): str(entry.string) for entry in read_po(file)}
    assert texts["es"].keys() == texts["en"].keys()
    for key, text in texts["es"].items():
        if key:
            assert text
            assert texts["en"][key]


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(FileNotFoundError):
        compose(replace(ORDER, language="xx"))
