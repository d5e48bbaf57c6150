"""An organization's own words: kept small, tried when they come, and never in the way."""

import re
from collections.abc import Mapping
from datetime import date
from email import message_from_bytes
from email.policy import default

import httpx
import pytest
from sqlalchemy import text

from app.dispatch import placeholders, templates
from app.dispatch.templates import TemplateError
from app.documents.printable import DocumentType
from tests.clients import link_of
from tests.factories import Json, a_quote, an_issued_quote
from tests.factories_printable import a_printable
from tests.fakes import FakeMail
from tests.offices import Office

PATH = "/v1/email-templates"
QUOTE: Json = {
    "document_type": "quote",
    "purpose": "first",
    "language": "es",
    "subject": "{{ document.number }} para {{ client.name }}",
    "body": "Aquí tienes {{ document.the_name }}.\n\n"
    "{% for line in document.lines %}- {{ line.description }}: {{ line.amount }}\n{% endfor %}\n"
    "Un saludo de {{ sender.name }}",
}
VALUES = placeholders.of(a_printable(), "es", "Joan")


def email_text(content: bytes) -> str:
    part = message_from_bytes(content, policy=default).get_body(("plain",))
    assert part is not None
    return str(part.get_content())


async def a_template(office: Office, **changes: object) -> Json:
    answer = await office.api.post(PATH, json={**QUOTE, **changes})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def fault_of(source: str) -> tuple[str, int, str]:
    with pytest.raises(TemplateError) as refused:
        templates.check(source, VALUES)
    return refused.value.code, refused.value.line, refused.value.name


def test_it_prints_what_it_names_and_reads_nothing_into_values() -> None:
    says = a_printable(title="{{ client.name }} <b>{% if %}")
    values = placeholders.of(says, "es", "Joan")
    source = "{{ document.number | downcase }} {{ document.title }} {{ sender.name }}"
    assert templates.render(source, values) == ("p-260041 {{ client.name }} <b>{% if %} Joan")


def test_what_a_document_lacks_is_none() -> None:
    source = (
        "{% if document.due_date %}vence{% else %}vale hasta {{ document.valid_until }}{% endif %}"
    )
    assert templates.render(source, VALUES) == "vale hasta 31 de diciembre de 2026"
    invoice = a_printable(type=DocumentType.INVOICE, due_date=date(2027, 1, 7))
    assert templates.render(source, placeholders.of(invoice, "es", "")) == "vence"


def test_every_name_people_are_told_of_is_there() -> None:
    told = re.findall(r"`([a-z_.]+)`", placeholders.NAMES)
    inner = [
        f"{outer}.{name}"
        for outer, names in VALUES.items()
        if isinstance(names, Mapping)
        for name in names
    ]
    assert [name for name in told if "." in name] == inner
    source = "{% for line in document.lines %}{{ line.description }}{{ line.quantity }}"
    templates.check(source + "{{ line.amount }}{% endfor %}", VALUES)
    assert [name for name in told if "." not in name] == ["description", "quantity", "amount"]


@pytest.mark.parametrize(
    ("source", "code", "line", "name"),
    [
        ("Hola\n{{ client.nombre }}", "template.unknown_name", 2, "client.nombre"),
        ("{% if false %}\n\n{{ nadie }}{% endif %}", "template.unknown_name", 3, "nadie"),
        ("{{ client }}", "template.unknown_name", 1, "client"),
        ("{{ document[client.name] }}", "template.unknown_name", 1, "document[client.name]"),
        ("{{ client.name.__class__ }}", "template.unknown_name", 1, "client.name.__class__"),
        ("{% for x in document.lines %}{{ x.cost }}{% endfor %}", "template.unknown_name", 1, ""),
        ("Hola\n{% if client.name %}", "template.syntax", 2, ""),
        ("{{ client.name", "template.syntax", 1, ""),
        ("a\nb\n{% include 'x' %}", "template.syntax", 3, ""),
        ("{% render 'x' %}", "template.syntax", 1, ""),
        ("{% increment x %}", "template.syntax", 1, ""),
        ("{{ 'a' | replace: '', 'aa' }}", "template.unknown_filter", 1, "replace"),
        ("  {% assign x = 'y' %}", "template.empty", 1, ""),
        ("{% for i in (1..1000000000) %}x{% endfor %}", "template.limit", 1, ""),
        (
            "{% for i in (1..90) %}{% for j in (1..90) %}{% endfor %}{% endfor %}x",
            "template.limit", 1, "",
        ),
        (
            "{% assign x = 'aaaaaaaaaa' %}" + "{% assign x = x | append: x %}" * 60 + "{{ x }}",
            "template.limit", 1, "",
        ),
        ("{% for i in (1..99) %}" + "x" * 999 + "{% endfor %}", "template.limit", 1, ""),
        ("{% if client.name %}" * 40 + "x" + "{% endif %}" * 40, "template.limit", 1, ""),
    ],
)  # fmt: skip
def test_what_cannot_be_filled_in_is_told_with_its_line(
    source: str, code: str, line: int, name: str
) -> None:
    assert fault_of(source) == (code, line, name)


async def test_words_live_from_their_creation_to_ours_again(office: Office) -> None:
    made = await a_template(office)
    path = f"{PATH}/{made['id']}"
    assert {name: made[name] for name in QUOTE} == QUOTE
    twice = await office.api.post(PATH, json=QUOTE)
    assert (twice.status_code, twice.json()["code"]) == (409, "duplicate")
    changed = await office.api.patch(path, json={"subject": "{{ document.number }}"})
    assert changed.json()["version"] == made["version"] + 1
    assert (await office.api.get(path)).json() == changed.json()
    other = await a_template(office, language="en")
    listed = await office.api.get(PATH, params={"language": "en"})
    assert [one["id"] for one in listed.json()["data"]] == [other["id"]]
    assert (await office.api.delete(path)).status_code == 204
    assert (await office.api.get(path)).status_code == 404
    told = (await office.api.get("/v1/audit", params={"subject_id": made["id"]})).json()["data"]
    assert [entry["action"] for entry in reversed(told)] == [
        "email_template.created", "email_template.updated", "email_template.deleted"
    ]  # fmt: skip


async def test_faults_point_at_the_field_and_say_the_line(office: Office) -> None:
    wrong = {"subject": "{{ document.numero }}", "body": "Hola\n\n{% if %}"}
    answers = [
        await office.api.post(PATH, json={**QUOTE, **wrong}),
        await office.api.patch(f"{PATH}/{(await a_template(office))['id']}", json=wrong),
        await office.api.post(f"{PATH}/preview", json={**QUOTE, **wrong}),
    ]
    for answer in answers:
        assert answer.status_code == 422
        assert [(one["pointer"], one["code"], one["params"]["line"])
                for one in answer.json()["errors"]] == [
            ("/subject", "template.unknown_name", 1), ("/body", "template.syntax", 3)
        ]  # fmt: skip
        assert "Línea 3" in answer.json()["errors"][1]["detail"]


async def test_a_preview_shows_the_letter_on_a_made_up_document_or_a_real_one(
    office: Office,
) -> None:
    made_up = (await office.api.post(f"{PATH}/preview", json=QUOTE)).json()
    assert made_up["subject"] == "P-260041 para Velero Ficticio, S.L."
    assert "Limpieza de casco: 90,00\u00a0€" in made_up["body_text"]
    assert "{link}" in made_up["body_html"]
    document = await an_issued_quote(office)
    real = await office.api.post(f"{PATH}/preview", json={**QUOTE, "document_id": document["id"]})
    assert real.json()["subject"].startswith(document["number"])
    ours = {"document_type": "invoice", "language": "en"}
    plain = (await office.api.post(f"{PATH}/preview", json=ours)).json()
    assert plain["subject"] == "Invoice F-260118 from Taller Náutico Ejemplo"


async def test_a_preview_wants_a_document_of_the_type_that_was_issued(office: Office) -> None:
    draft = await a_quote(office)
    body = {**QUOTE, "document_id": draft["id"]}
    answer = await office.api.post(f"{PATH}/preview", json=body)
    assert (answer.status_code, answer.json()["reason"]) == (409, "not_issued")
    other = await office.api.post(f"{PATH}/preview", json={**body, "document_type": "invoice"})
    assert [fault["code"] for fault in other.json()["errors"]] == ["document_type.other"]


async def test_letters_take_them_and_links_stay_each_recipients_own(
    office: Office, mail: FakeMail
) -> None:
    await a_template(office)
    document = await an_issued_quote(office)
    path = f"/v1/documents/{document['id']}/dispatches"
    order = {"to": ["uno@velero.example"], "cc": ["dos@velero.example"]}
    shown = (await office.api.post(f"{path}/preview", json=order)).json()
    assert shown["subject"] == f"{document['number']} para Velero Ficticio, S.L."
    assert shown["body"].endswith("Un saludo de Joan Muestra")
    assert shown["warnings"] == []
    sent = (await office.api.post(path, json=order)).json()
    assert sent["subject"] == shown["subject"]
    await office.deliver()
    assert len({link_of(envelope.content) for envelope in mail.sent}) == 2
    for envelope in mail.sent:
        words = email_text(envelope.content)
        assert "- Limpieza de casco: 90,00\u00a0€\r\n" in words
        assert "{link}" not in words
    resent = await office.api.post(f"{path}/preview", json=order)
    assert resent.json()["subject"].startswith("Reenvío")
    by_hand = await office.api.post(f"{path}/preview", json={**order, "body": "A mano."})
    assert by_hand.json()["body"] == "A mano."


async def test_words_that_fail_never_keep_a_document_from_being_sent(
    office: Office, mail: FakeMail
) -> None:
    template = await a_template(office)
    async with office.container.database.transaction(office.organization_id) as tx:
        broken = text("update email_templates set body = '{{ nobody }}' where id = :id")
        await tx.execute(broken, {"id": template["id"]})
    document = await an_issued_quote(office)
    path = f"/v1/documents/{document['id']}/dispatches"
    shown = (await office.api.post(f"{path}/preview", json={})).json()
    assert shown["warnings"] == ["template_failed"]
    assert shown["subject"] == f"Presupuesto {document['number']} de Taller Náutico Ejemplo"
    assert (await office.api.post(path, json={})).status_code == 201
    await office.deliver()
    assert len(mail.sent) == 1


async def test_who_may_not_write_settings_keeps_no_words(office: Office) -> None:
    key = {"name": "Web", "scopes": ["settings:read", "documents:send"]}
    secret = (await office.api.post("/v1/api-keys", json=key)).json()["secret"]
    bearer = {"Authorization": f"Bearer {secret}"}
    answer: httpx.Response = await office.api.post(PATH, json=QUOTE, headers=bearer)
    assert (answer.status_code, answer.json()["reason"]) == (403, "permission_missing")
    document = await an_issued_quote(office)
    body = {**QUOTE, "document_id": document["id"]}
    read = await office.api.post(f"{PATH}/preview", json=body, headers=bearer)
    assert (read.status_code, read.json()["reason"]) == (403, "permission_missing")
