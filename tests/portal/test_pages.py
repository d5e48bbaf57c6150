"""What a client sees in each state: pills, panels, actions, figures, texts."""

import re
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from app.dispatch.models import Recipient
from app.documents.differing import difference
from app.documents.printable import (
    DocumentType,
    InvoiceKind,
    PrintedDisbursement,
    TaxKind,
    TaxTreatment,
)
from app.documents.totals import Discount
from app.kernel.money import Money
from app.kernel.wording import LOCALES, wording
from app.portal import confirming, figures, frames, markup, pages, panels
from app.portal.confirming import ConfirmPage, Typed
from app.portal.pages import CommentForm, DocumentPage
from app.portal.reading import Shared
from app.portal.statements import statement
from tests.factories_printable import a_line, a_printable
from tests.fakes import START
from tests.portal.shared_values import (
    LINES,
    PATHS,
    a_comment,
    a_decision,
    a_shared,
    says,
    with_client,
)

AT = START + timedelta(hours=2, minutes=32)
LATER = datetime(2027, 1, 10, 9, tzinfo=UTC)
QUOTE, NOTE = DocumentType.QUOTE, DocumentType.DELIVERY_NOTE
PROFORMA, INVOICE = DocumentType.PROFORMA, DocumentType.INVOICE


def page_of(shared: Shared, language: str = "es", **options: object) -> DocumentPage:
    return pages.document_page(shared, PATHS, language, nonce="n", **options)  # type: ignore[arg-type]


def pills(shared: Shared, language: str = "es") -> list[tuple[str, str]]:
    return [(pill.tone, pill.text) for pill in page_of(shared, language).pills]


def actions(shared: Shared) -> list[tuple[str, bool]]:
    return [(action.label, action.is_primary) for action in page_of(shared).actions]


def confirm_of(shared: Shared, action: str, language: str = "es", **options: object) -> ConfirmPage:
    return confirming.confirm_page(
        shared,
        PATHS,
        language,
        action=action,
        statement=statement(shared.says, action, language).text,
        nonce="n",
        **options,  # type: ignore[arg-type]
    )


# Catalogues


def test_both_languages_have_the_same_texts_and_placeholders() -> None:
    spanish, english = wording("pages", "es").texts, wording("pages", "en").texts
    assert spanish.keys() == english.keys()
    tags = re.compile(r"<[^>]+>")
    for key, text in spanish.items():
        assert sorted(tags.findall(text)) == sorted(tags.findall(english[key])), key


def test_no_key_stands_twice() -> None:
    for language in ("es", "en"):
        source = (LOCALES / language / "pages.po").read_text()
        assert max(Counter(re.findall(r'^msgid "(.+)"$', source, re.MULTILINE)).values()) == 1


def test_texts_keep_the_tone() -> None:
    for text in wording("pages", "es").texts.values():
        assert "!" not in text
        assert not re.search(r"\b(usted|su documento|token)\b", text)


# States


@pytest.mark.parametrize(
    ("kind", "spanish", "english"),
    [
        (QUOTE, ("info", "Pendiente de tu respuesta"), ("info", "Awaiting your reply")),
        (NOTE, ("info", "Pendiente de tu respuesta"), ("info", "Awaiting your reply")),
        (PROFORMA, ("info", "Pendiente de pago"), ("info", "Payment due")),
        (INVOICE, ("info", "Pendiente de pago"), ("info", "Payment due")),
    ],
)
def test_an_open_document(
    kind: DocumentType, spanish: tuple[str, str], english: tuple[str, str]
) -> None:
    shared = a_shared(says(type=kind))
    assert pills(shared) == [spanish]
    assert pills(shared, "en") == [english]
    assert page_of(shared).panel is None


@pytest.mark.parametrize(
    ("kind", "accepted", "rejected"),
    [(QUOTE, "Aceptado", "Rechazado"), (PROFORMA, "Aceptada", "Rechazada")],
)
def test_adjectives_agree(kind: DocumentType, accepted: str, rejected: str) -> None:
    yes = a_shared(says(type=kind), decision=a_decision("accepted", at=AT))
    no = a_shared(says(type=kind), decision=a_decision("rejected", at=AT))
    assert pills(yes)[0] == ("ok", accepted)
    assert pills(no)[0] == ("no", rejected)
    assert pills(no, "en")[0] == ("no", "Declined")


def test_the_first_state_that_holds_is_shown() -> None:
    accepted = a_decision("accepted", at=AT)
    assert pills(a_shared(issue_state="voided", decision=accepted)) == [("mute", "Anulado")]
    assert pills(a_shared(issue_state="voided", newer=2)) == [("mute", "Anulado")]
    assert pills(a_shared(newer=2, decision=accepted)) == [("mute", "Sustituido")]
    assert pills(a_shared(issue_state="superseded")) == [("mute", "Sustituido")]
    assert pills(a_shared(at=LATER)) == [("warn", "Caducado")]
    rejected = a_decision("rejected", at=AT)
    assert pills(a_shared(at=LATER, decision=rejected)) == [("warn", "Caducado")]
    assert pills(a_shared(at=LATER, decision=accepted)) == [("ok", "Aceptado")]
    assert pills(a_shared(decision=a_decision("withdrawn", at=AT)))[0][0] == "info"


@pytest.mark.parametrize(
    ("state", "paid", "pill"),
    [
        ("paid", 200297, ("ok", "Pagada")),
        ("overpaid", 200397, ("ok", "Pagada")),
        ("partially_paid", 80000, ("warn", "Pago parcial")),
        ("processing", 0, ("info", "Pago en curso")),
    ],
)
def test_payment_is_a_state_of_its_own(state: str, paid: int, pill: tuple[str, str]) -> None:
    invoice = says(type=INVOICE)
    assert pills(a_shared(invoice, payment_state=state, paid_minor=paid)) == [pill]
    accepted = a_decision("accepted", at=AT)
    shared = a_shared(invoice, payment_state=state, paid_minor=paid, decision=accepted)
    assert pills(shared) == [("ok", "Aceptada"), pill]


def test_an_invoice_is_overdue_after_its_day() -> None:
    last = datetime(2026, 12, 24, 22, 59, tzinfo=UTC)
    assert pills(a_shared(says(type=INVOICE), at=last)) == [("info", "Pendiente de pago")]
    after = last + timedelta(minutes=2)
    assert pills(a_shared(says(type=INVOICE), at=after)) == [("warn", "Vencida")]


def test_a_voided_invoice_asks_for_no_payment() -> None:
    assert pills(a_shared(says(type=INVOICE), issue_state="voided")) == [("mute", "Anulada")]


def test_an_invoice_of_nothing_awaits_an_answer() -> None:
    free = a_printable([a_line(unit_price=Decimal(0))], type=INVOICE)
    assert pills(a_shared(free)) == [("info", "Pendiente de tu respuesta")]


# Panels


def test_an_acceptance_says_who_when_and_how_to_undo() -> None:
    panel = page_of(a_shared(decision=a_decision("accepted", at=AT))).panel
    assert panel is not None
    assert "Has aceptado el presupuesto" in panel.heading
    assert panel.paragraphs == (
        "Ana Ejemplo, 24 de noviembre de 2026, 12:32 (hora de Madrid).",
        "¿Ha sido un error? Puedes deshacerlo hasta las <strong>12:47</strong>.",
    )
    assert [(offer.target, offer.posts) for offer in panel.offers] == [
        ("undo", True),
        ("receipt", False),
    ]


def test_nothing_is_said_of_a_receipt_by_mail() -> None:
    for language in ("es", "en"):
        shared = a_shared(decision=a_decision("accepted", at=AT))
        text = markup.render(page_of(shared, language))
        assert "justificante a" not in text
        assert "e-mailed" not in text


def test_after_the_window_only_the_receipt_is_left() -> None:
    decision = a_decision("accepted", at=AT)
    panel = page_of(a_shared(decision=decision, at=AT + timedelta(minutes=16))).panel
    assert panel is not None
    assert len(panel.paragraphs) == 1
    assert [offer.target for offer in panel.offers] == ["receipt"]


def test_a_rejection_leaves_the_door_open() -> None:
    panel = page_of(a_shared(decision=a_decision("rejected", at=AT))).panel
    assert panel is not None
    assert panel.tone == "no"
    text = " ".join(panel.paragraphs)
    assert "Taller Náutico Ejemplo ya lo sabe." in text
    assert "puedes aceptar el presupuesto hasta el 31 de diciembre de 2026" in text
    assert "hasta las <strong>12:47</strong>" in text
    note = page_of(a_shared(says(type=NOTE), decision=a_decision("rejected", at=AT))).panel
    assert note is not None
    assert "puedes aceptar el albarán." in " ".join(note.paragraphs)


def test_what_staff_recorded_is_said_so() -> None:
    decision = a_decision("accepted", at=AT, actor_kind="user", actor_name="Ana")
    panel = page_of(a_shared(decision=decision)).panel
    assert panel is not None
    assert panel.heading == "Taller Náutico Ejemplo ha registrado tu aceptación"
    assert panel.paragraphs == ("Comunicada por Ana el 24 de noviembre de 2026.",)
    assert panel.offers == ()


def test_the_holder_of_another_link_is_told_who_answered() -> None:
    decision = a_decision("accepted", at=AT, actor_id=a_decision("accepted", at=AT).id)
    panel = page_of(a_shared(decision=decision)).panel
    assert panel is not None
    assert str(panel.heading).startswith("Ana Ejemplo ha aceptado")
    copy = page_of(a_shared(decision=decision, can_decide=False)).panel
    assert copy is not None
    assert copy.offers == ()


def test_an_expired_quote_offers_to_ask_for_a_new_one() -> None:
    page = page_of(a_shared(at=LATER, payments=True))
    assert page.panel is not None
    assert page.panel.heading == "Este presupuesto caducó el 31 de diciembre de 2026"
    assert [(offer.target, offer.action) for offer in page.panel.offers] == [
        ("comments", "renewal")
    ]
    assert page.actions == ()
    assert not page.asks
    requested = page_of(a_shared(at=LATER), done="renewal").panel
    assert requested is not None
    assert requested.heading == "Petición enviada"


def test_replaced_and_voided_documents_say_so() -> None:
    replaced = page_of(a_shared(newer=3)).panel
    assert replaced is not None
    assert "la versión 3" in replaced.paragraphs[0]
    voided = page_of(a_shared(issue_state="voided")).panel
    assert voided is not None
    assert voided.heading == "Taller Náutico Ejemplo ha anulado este documento"


def test_taking_back_is_confirmed_only_while_it_is_true() -> None:
    withdrawn = a_shared(decision=a_decision("withdrawn", at=AT))
    panel = page_of(withdrawn, done="undo").panel
    assert panel is not None
    assert panel.paragraphs == ("El presupuesto vuelve a estar pendiente de tu respuesta.",)
    accepted = page_of(a_shared(decision=a_decision("accepted", at=AT)), done="undo").panel
    assert accepted is not None
    assert "Has aceptado" in accepted.heading


@pytest.mark.parametrize(
    ("reason", "text"),
    [
        ("already_accepted", "Ya está aceptado por Ana Ejemplo el 24 de noviembre de 2026"),
        ("undo_window_passed", "Han pasado los 15 minutos"),
        ("nothing_to_undo", "No hay ninguna respuesta tuya"),
        ("not_current_revision", "El documento cambió mientras lo leías"),
        ("recipient_read_only", "en copia"),
        ("busy", "No se ha podido guardar tu respuesta"),
        (None, "No se ha podido guardar tu respuesta"),
    ],
)
def test_refusals_are_explained(reason: str | None, text: str) -> None:
    shared = a_shared(decision=a_decision("accepted", at=AT))
    panel = panels.refusal_panel(reason, shared, "es")
    assert text in panel.paragraphs[0]
    assert panel.is_alert


def test_a_refusal_agrees_with_the_document() -> None:
    shared = a_shared(says(type=INVOICE), decision=a_decision("accepted", at=AT))
    assert "aceptada" in panels.refusal_panel("already_accepted", shared, "es").paragraphs[0]


def test_names_cannot_break_out_of_a_panel() -> None:
    decision = a_decision("accepted", at=AT, actor_name="<script>x</script>")
    panel = page_of(a_shared(decision=decision)).panel
    assert panel is not None
    assert "<script>" not in panel.paragraphs[0]


# Actions


def test_one_action_is_primary_and_the_rest_are_outlined() -> None:
    assert actions(a_shared()) == [("Aceptar presupuesto", True), ("Rechazar", False)]
    assert actions(a_shared(payments=True)) == [
        ("Aceptar presupuesto", True),
        ("Rechazar", False),
        ("Pagar reserva", False),
    ]
    invoice = says(type=INVOICE)
    assert actions(a_shared(invoice, payments=True)) == [
        ("Pagar 2.002,97\u00a0€", True),
        ("Aceptar", False),
        ("Rechazar", False),
    ]
    assert actions(a_shared(invoice)) == [("Aceptar factura", True), ("Rechazar", False)]


def test_what_was_answered_changes_what_is_next() -> None:
    accepted = a_decision("accepted", at=AT)
    rejected = a_decision("rejected", at=AT)
    assert actions(a_shared(decision=accepted)) == []
    assert actions(a_shared(decision=accepted, payments=True)) == [
        ("Pagar reserva de 600,89\u00a0€", True)
    ]
    assert actions(a_shared(decision=rejected)) == [("Aceptar presupuesto", True)]
    invoice = a_shared(says(type=INVOICE), decision=rejected, payments=True)
    assert actions(invoice)[0] == ("Aceptar factura", True)


def test_the_rest_is_paid_after_a_part() -> None:
    shared = a_shared(payments=True, payment_state="partially_paid", paid_minor=60089)
    assert ("Pagar 1.402,08\u00a0€", False) in actions(shared)


def test_a_copy_has_no_actions_and_is_told_why() -> None:
    page = page_of(a_shared(can_decide=False, payments=True))
    assert page.actions == ()
    assert page.is_copy
    assert page.comment_form is None
    assert page.pills[0].text == "Pendiente de respuesta"
    assert wording("pages", "es")("copy") in markup.render(page)


# Figures


def test_the_figure_at_the_top() -> None:
    assert page_of(a_shared()).amount == figures.Amount("Total", "2.002,97\u00a0€", "IVA incluido")
    invoice = says(type=INVOICE)
    assert page_of(a_shared(invoice), "en").amount == figures.Amount(
        "Amount due", "€2,002.97", "VAT included"
    )
    part = a_shared(invoice, payment_state="partially_paid", paid_minor=80000)
    assert page_of(part).amount == figures.Amount(
        "Pendiente",
        "1.202,97\u00a0€",
        "de 2.002,97\u00a0€; ya has pagado 800,00\u00a0€",
    )
    paid = a_shared(invoice, payment_state="paid", paid_minor=200297)
    assert page_of(paid).amount == figures.Amount("Pagado", "2.002,97\u00a0€", "")
    replaced = a_shared(invoice, payment_state="paid", paid_minor=200297, newer=2)
    assert page_of(replaced).amount == figures.Amount(
        "Total a pagar", "2.002,97\u00a0€", "IVA incluido"
    )


def test_the_note_names_the_taxes_there_are() -> None:
    igic = a_printable([a_line(tax_kind=TaxKind.IGIC, tax_rate=Decimal(7))])
    assert figures.tax_note(igic, "es") == "IGIC incluido"
    mixed = a_printable([a_line(), a_line(tax_kind=TaxKind.IGIC, tax_rate=Decimal(7))])
    assert figures.tax_note(mixed, "en") == "taxes included"
    assert figures.tax_column(mixed, "es") == "Impuesto"
    untaxed = a_printable([a_line(tax_rate=Decimal(0))])
    assert figures.tax_note(untaxed, "es") == ""


def test_lines_are_told_in_full() -> None:
    line = figures.lines_of(says(), "es")[2]
    assert line == figures.Line(
        title="Imprimación epoxi y antifouling autopulimentable",
        detail="Dos manos · descuento 10\u00a0%",
        quantity="12\u00a0l",
        price="38,50\u00a0€",
        tax_name="IVA",
        tax_rate="21\u00a0%",
        net="415,80\u00a0€",
    )


def test_a_line_without_unit_or_tax() -> None:
    printable = a_printable(
        [
            a_line(tax_treatment=TaxTreatment.EXEMPT, tax_rate=Decimal(0), exemption_cause="E1"),
            a_line(surcharge_rate=Decimal("5.2")),
        ]
    )
    exempt, surcharged = figures.lines_of(printable, "es")
    assert (exempt.quantity, exempt.tax_rate) == ("1", "exento")
    assert surcharged.tax_rate == "21\u00a0% + 5,2\u00a0%"


def test_the_sums_add_up_to_what_is_paid() -> None:
    printable = a_printable(
        [a_line(unit_price=Decimal(100), withholding_rate=Decimal(15))],
        disbursements=[PrintedDisbursement("Tasa de puerto", Money(1000))],
        advances=Money(2000),
        type=INVOICE,
    )
    rows = [(row.label, row.figure, row.is_total) for row in figures.sums_of(printable, "es")]
    assert rows == [
        ("Base imponible", "100,00\u00a0€", False),
        ("IVA 21\u00a0% de 100,00\u00a0€", "21,00\u00a0€", False),
        ("Total", "121,00\u00a0€", True),
        ("Retención IRPF 15\u00a0% de 100,00\u00a0€", "−15,00\u00a0€", False),
        ("Suplido: Tasa de puerto", "10,00\u00a0€", False),
        ("Anticipos", "−20,00\u00a0€", False),
        ("Total a pagar", "96,00\u00a0€", True),
    ]


def test_sums_show_discount_surcharge_and_exemption() -> None:
    printable = a_printable(
        [
            a_line(unit_price=Decimal(100), surcharge_rate=Decimal("5.2")),
            a_line(
                unit_price=Decimal(100),
                tax_treatment=TaxTreatment.EXEMPT,
                tax_rate=Decimal(0),
                exemption_cause="E1",
            ),
        ],
        discount=Discount(is_percent=True, value=Decimal(10)),
    )
    rows = figures.sums_of(printable, "es")
    assert rows[4].figure == "—"
    assert [row.label for row in rows] == [
        "Descuento",
        "Base imponible",
        "IVA 21\u00a0% de 90,00\u00a0€",
        "Recargo de equivalencia 5,2\u00a0% de 90,00\u00a0€",
        "IVA: exento, 90,00\u00a0€",
        "Total",
    ]
    spanish, english = (page_of(a_shared(printable), one).mentions for one in ("es", "en"))
    assert spanish == ("Operación exenta de IVA según el artículo 20 de la Ley 37/1992.",)
    assert english[0].startswith(spanish[0])
    assert english[0].endswith("article 20 of Spanish Law 37/1992.")


def test_a_delivery_note_without_prices_shows_none() -> None:
    bare = a_printable([a_line("Ánodos", unit_price=Decimal(0), quantity=Decimal(4))], type=NOTE)
    page = page_of(a_shared(bare))
    assert page.amount is None
    assert page.sums == ()
    assert page.mentions == ("Este albarán no es una factura.",)
    text = markup.render(page)
    assert "€" not in text
    assert "Precio" not in text
    assert "€" not in markup.render(confirm_of(a_shared(bare), "reject"))
    assert figures.shows_prices(a_printable(LINES, type=NOTE))


# The rest of the page


def test_facts_follow_the_type() -> None:
    quote = [(row.label, row.value) for row in page_of(a_shared()).facts]
    assert quote == [
        ("Para", "Velero Ficticio, S.L."),
        ("Fecha", "24 de noviembre de 2026"),
        ("Válido hasta", "31 de diciembre de 2026"),
        ("Reserva", "600,89\u00a0€ (30\u00a0%) al aceptar"),
    ]
    invoice = says(type=INVOICE, operation_date=datetime(2026, 11, 20, tzinfo=UTC).date())
    labels = [row.label for row in page_of(a_shared(invoice), "en").facts]
    assert labels == ["For", "Date", "Supply date", "Due date"]


def test_the_account_stands_in_fours() -> None:
    assert page_of(a_shared(says(type=INVOICE))).account == "ES91 2100 0418 4502 0005 1332"
    assert page_of(a_shared()).account == ""


@pytest.mark.parametrize(
    ("kind", "noun"),
    [
        (InvoiceKind.ADVANCE, "Factura de anticipo"),
        (InvoiceKind.CORRECTIVE, "Factura rectificativa"),
        (InvoiceKind.SIMPLIFIED, "Factura simplificada"),
        (InvoiceKind.STANDARD, "Factura"),
    ],
)
def test_invoices_are_called_by_their_kind(kind: InvoiceKind, noun: str) -> None:
    page = page_of(a_shared(says(type=INVOICE, invoice_kind=kind)))
    assert page.frame.title == f"{noun} F-260118 · Taller Náutico Ejemplo"


def test_the_thread_tells_own_words_from_others() -> None:
    rejection = a_decision("rejected", at=AT, comment="Muy caro")
    other = a_decision("rejected", at=AT).id
    page = page_of(
        a_shared(
            decision=rejection,
            thread=[
                a_comment("Muy caro", at=AT),
                a_comment("¿Y ahora?", at=AT + timedelta(hours=1), by="user", name="Joan"),
                a_comment("Gracias", at=AT + timedelta(hours=2), author_id=other, name="Luis"),
            ],
        )
    )
    assert [(entry.author, entry.is_own, entry.pill is not None) for entry in page.thread] == [
        ("Tú", True, True),
        ("Joan, Taller Náutico Ejemplo", False, False),
        ("Luis", False, False),
    ]
    assert page.thread[0].when == "24 de noviembre de 2026, 12:32"


def test_texts_of_the_document_keep_their_language() -> None:
    page = page_of(a_shared(), "en")
    assert page.foreign == "es"
    assert '<p class="subject" lang="es">' in markup.render(page)
    assert page_of(a_shared()).foreign == ""


def test_everything_written_by_people_is_escaped() -> None:
    nasty = '<img src=x onerror="a()">'
    printable = with_client(says(title=nasty, notes=nasty), name=nasty)
    shared = a_shared(printable, thread=[a_comment(nasty, at=AT, author_id=None, name=nasty)])
    for text in (
        markup.render(page_of(shared, comment=CommentForm("n", nasty, nasty))),
        markup.render(confirm_of(shared, "accept", typed=Typed(nasty, nasty))),
    ):
        assert "<img" not in text
        assert "&lt;img" in text


def test_pages_are_small() -> None:
    assert len(markup.render(page_of(a_shared(payments=True))).encode()) < 18_000
    assert len(asset_names()) == 3


def asset_names() -> list[str]:
    return [path.name for path in markup.STATIC.iterdir()]


def test_the_theme_and_the_logo_follow_the_document() -> None:
    printable = says(accent_color="#F5C400", logo_sha256="0" * 64)
    frame = page_of(a_shared(printable)).frame
    assert frame.theme == "f5c400"
    assert frame.logo == PATHS("logo")
    assert page_of(a_shared()).frame.logo is None


def test_paths_carry_a_chosen_language() -> None:
    chosen = frames.Paths("t", "en")
    assert chosen() == "/d/t?lang=en"
    assert chosen("accept") == "/d/t/accept?lang=en"
    assert chosen(done="undo") == "/d/t?done=undo&lang=en"
    assert frames.Paths("t")("pdf") == "/d/t/pdf"


# Confirm pages


def test_nothing_is_filled_in_beforehand() -> None:
    for action in ("accept", "reject"):
        text = markup.render(confirm_of(a_shared(), action))
        assert 'name="name" value=""' in text
        assert "checked" not in text
        assert 'autocomplete="name"' in text


@pytest.mark.parametrize(
    ("kind", "heading", "button", "intro"),
    [
        (QUOTE, "Rechazar el presupuesto", "Rechazar presupuesto", "presupuesto sea válido"),
        (NOTE, "Rechazar el albarán", "Rechazar albarán", "siga abierto"),
        (PROFORMA, "Rechazar la factura proforma", "Rechazar factura proforma", "aceptarla"),
        (INVOICE, "Rechazar la factura", "Rechazar factura", "no anula la factura"),
    ],
)
def test_rejecting_says_what_it_means(
    kind: DocumentType, heading: str, button: str, intro: str
) -> None:
    page = confirm_of(a_shared(says(type=kind)), "reject")
    assert (page.heading, page.button) == (heading, button)
    assert intro in page.intro


def test_errors_come_in_the_order_of_the_form() -> None:
    pointers = {"/name": "a", "/statement_accepted": "b", "/comment": "c"}
    typed = Typed(comment="x" * 2_001)
    accept = confirm_of(a_shared(), "accept", typed=typed, pointers=pointers)
    assert list(accept.errors) == ["name", "statement", "comment"]
    reject = confirm_of(a_shared(), "reject", "en", typed=typed, pointers=pointers)
    assert list(reject.errors) == ["comment", "name", "statement"]
    assert reject.errors["comment"] == "2,000 characters at most: 1 too many"
    assert reject.frame.title.startswith("Error: ")


def test_a_name_that_is_too_long_is_told_apart() -> None:
    typed = Typed(name="x" * 300)
    page = confirm_of(a_shared(), "accept", typed=typed, pointers={"/name": "name.too_long"})
    assert page.errors == {"name": "Escribe un nombre más corto"}


def test_the_number_in_the_statement_never_breaks() -> None:
    page = confirm_of(a_shared(), "accept")
    assert '<span class="number">P-260041</span>' in page.statement
    nameless = a_shared(replace(says(), number=None))
    assert "<span" not in confirm_of(nameless, "accept").statement


def test_who_was_sent_the_new_version_is_led_to_it() -> None:
    alone = page_of(a_shared(newer=2))
    assert alone.panel is not None
    assert alone.panel.offers == ()
    successor = Recipient(queued_at=AT, address="ana@velero.example")
    led = page_of(replace(a_shared(newer=2), successor=successor))
    assert led.panel is not None
    assert [(one.target, one.posts, one.label) for one in led.panel.offers] == [
        ("latest", True, "Ver la versión 2")
    ]
    assert "envió la versión 2 el 24 de noviembre de 2026" in led.panel.paragraphs[0]


def test_a_later_version_tells_what_is_different() -> None:
    before, after = says(), says(revision=2, title="Otro trabajo")
    shared = replace(a_shared(after), changes=difference(before, after))
    page = page_of(shared)
    assert page.changed_since == 1
    assert page.changes == (f"Trabajo: {before.title} → Otro trabajo",)
    assert page_of(a_shared(after)).changes == ()
