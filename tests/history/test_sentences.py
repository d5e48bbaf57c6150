"""What an entry says, in the reader's language."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from app.history.sentences import sentence_of
from app.kernel.wording import wording

QUOTE: dict[str, JsonValue] = {
    "type": "quote",
    "number": "P-260001",
    "revision": 1,
    "total": {"amount": 108900, "currency": "EUR"},
}
ANSWER: dict[str, JsonValue] = {**QUOTE, "name": "Ana Ruiz", "channel": "public_link"}
NEWS: dict[str, JsonValue] = {"address": "ana@velero.example", "from": "sent", "to": "bounced"}


@pytest.mark.parametrize(
    ("kind", "payload", "spanish", "english"),
    [
        (
            "document.created", {**QUOTE, "number": None},
            "Marta ha creado un borrador (presupuesto).", "Marta created a draft (quote).",
        ),
        (
            "document.issued", QUOTE,
            "Marta ha emitido el presupuesto P-260001 por 1.089,00\u00a0€.",
            "Marta issued the quote P-260001 for €1,089.00.",
        ),
        (
            "document.rejected", {**ANSWER, "comment": "Demasiado caro"},
            "Ana Ruiz ha rechazado el presupuesto P-260001: «Demasiado caro»",
            "Ana Ruiz declined the quote P-260001: “Demasiado caro”",
        ),
        (
            "document.accepted", {**ANSWER, "comment": None},
            "Ana Ruiz ha aceptado el presupuesto P-260001.",
            "Ana Ruiz accepted the quote P-260001.",
        ),
        (
            "document.accepted",
            {**ANSWER, "channel": "staff_on_behalf", "comment": "Por teléfono"},
            "Marta ha anotado que Ana Ruiz acepta el presupuesto P-260001: «Por teléfono»",
            "Marta noted that Ana Ruiz accepts the quote P-260001: “Por teléfono”",
        ),
        (
            "dispatch.sent", {**QUOTE, "kind": "first", "to": ["a@v.example", "b@v.example"]},
            "Marta ha enviado el presupuesto P-260001 a a@v.example, b@v.example.",
            "Marta sent the quote P-260001 to a@v.example, b@v.example.",
        ),
        (
            "dispatch.sent", {**QUOTE, "kind": "resend", "to": ["a@v.example"]},
            "Marta ha reenviado el presupuesto P-260001 a a@v.example.",
            "Marta sent the quote P-260001 again to a@v.example.",
        ),
        (
            "dispatch.queued", {**QUOTE, "kind": "link", "to": ["a@v.example"]},
            ("Marta ha pedido un enlace nuevo, que saldrá hacia a@v.example:"
            " el presupuesto P-260001."),
            "Marta asked for a new link, to go to a@v.example: the quote P-260001.",
        ),
        (
            "dispatch.sent", {**QUOTE, "kind": "link", "to": ["a@v.example"]},
            ("Enlace nuevo, pedido por el cliente y enviado a a@v.example:"
            " el presupuesto P-260001."),
            "New link, asked for by the client and sent to a@v.example: the quote P-260001.",
        ),
        (
            "dispatch.recipient_state_changed", {**NEWS, "reason": "not_built"},
            "Mensaje a ana@velero.example: devuelto (no se pudo componer el mensaje).",
            "Message to ana@velero.example: returned (the message could not be built).",
        ),
        (
            "dispatch.recipient_state_changed", {**NEWS, "reason": "550 no"},
            "Mensaje a ana@velero.example: devuelto (550 no).",
            "Message to ana@velero.example: returned (550 no).",
        ),
        (
            "contact.updated", {"changes": ["tags", "emails"]},
            "Marta ha cambiado: etiquetas, correos.", "Marta changed: tags, e-mails.",
        ),
        (
            "comment.created", {"visibility": "shared", "comment": "Hola"},
            "Marta ha escrito al cliente: «Hola»", "Marta wrote to the client: “Hola”",
        ),
        ("payment.received", {}, "Marta: payment.received", "Marta: payment.received"),
        ("document.issued", {}, "Marta: document.issued", "Marta: document.issued"),
    ],
)  # fmt: skip
def test_a_sentence_tells_who_did_what(
    kind: str, payload: dict[str, JsonValue], spanish: str, english: str
) -> None:
    assert sentence_of(kind, payload, "Marta", "es") == spanish
    assert sentence_of(kind, payload, "Marta", "en") == english


def test_both_languages_have_the_same_texts() -> None:
    assert set(wording("history", "es").texts) == set(wording("history", "en").texts)


SCALARS = st.none() | st.booleans() | st.integers() | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)
NAMES = st.sampled_from(
    ["type", "number", "total", "name", "comment", "channel", "to", "changes", "reason", "kind"]
)


@given(
    st.sampled_from(sorted(wording("history", "es").texts)),
    st.dictionaries(NAMES, VALUES),
    st.text(max_size=20),
)
def test_no_payload_breaks_a_sentence(kind: str, payload: dict[str, JsonValue], actor: str) -> None:
    assert sentence_of(kind, payload, actor, "es")
