"""Clients are reminded once of each step, at the right hour, and never for nothing."""

import asyncio
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import httpx
import pytest

from app.dispatch.promising import Sender
from app.reminders import rounds
from tests.clients import client_behind
from tests.factories import Json, a_contact, a_payment, a_sent_quote, an_issued_quote
from tests.fakes import FakeMail, FixedClock
from tests.offices import Office

MONDAY = datetime(2026, 11, 30, 10, 0, tzinfo=UTC)
"""A day of work in Palma, within the hours."""


@pytest.fixture(autouse=True)
def _on_monday(clock: FixedClock) -> None:
    clock.set(MONDAY)


async def a_policy(office: Office, **changes: object) -> Json:
    body = {"name": "Avisos", "document_type": "invoice", "steps": [-3, 1, 15], **changes}
    answer = await office.api.post("/v1/reminder-policies", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def a_sent_invoice(office: Office, contact: Json | None = None, **changes: object) -> Json:
    body: Json = {"type": "invoice", "due_date": "2026-12-03", **changes}
    return (await a_sent_quote(office, contact, **body))[0]


async def round_of(office: Office) -> None:
    """Let the round go through the organization."""
    sender = Sender(office.worker.vault, "example.org")
    at = office.clock.now()
    await rounds.sweep_one(office.worker.database, office.organization_id, sender, at=at)


async def told(office: Office, document: Json) -> list[tuple[str, int, str | None]]:
    """Read what history tells of reminders, oldest first."""
    path = f"/v1/documents/{document['id']}/events?kind=reminder.sent,reminder.skipped"
    entries = (await office.api.get(path)).json()["data"]
    return [
        (one["kind"], one["payload"]["offset_days"], one["payload"]["reason"])
        for one in reversed(entries)
    ]


async def test_an_invoice_is_reminded_of_before_it_is_due(office: Office, mail: FakeMail) -> None:
    await a_policy(office)
    invoice = await a_sent_invoice(office)
    await a_payment(office, invoice, 890)
    before = len(mail.sent)
    await round_of(office)
    await round_of(office)
    await office.deliver()
    (message,) = mail.sent[before:]
    letter = message_from_bytes(message.content, policy=default)
    assert (
        letter["Subject"]
        == f"Recordatorio: la factura {invoice['number']} vence el 3 de diciembre de 2026"
    )
    assert letter["Auto-Submitted"] == "auto-generated"
    plain = letter.get_body(("plain",))
    assert plain is not None
    assert "100,00" in plain.get_content(), "what is left, not what it was"
    assert await told(office, invoice) == [("reminder.sent", -3, None)]
    shown = (await office.api.get(f"/v1/documents/{invoice['id']}")).json()
    assert "resent" not in shown["badges"]
    dispatches = (await office.api.get(f"/v1/dispatches?document_id={invoice['id']}")).json()
    assert [one["kind"] for one in dispatches["data"]] == ["reminder", "first"]
    timeline = f"/v1/contacts/{invoice['contact']['id']}/timeline"
    summaries = [one["summary"] for one in (await office.api.get(timeline)).json()["data"]]
    assert f"Recordatorio enviado de la factura {invoice['number']}." in summaries


async def test_in_english_to_whom_it_was_sent_after_the_day(
    office: Office, mail: FakeMail, clock: FixedClock
) -> None:
    await a_policy(office, steps=[1])
    contact = await a_contact(office, language="en")
    invoice = await a_sent_invoice(office, contact, order={"to": ["ana@otra.example"], "cc": []})
    clock.set(datetime(2026, 12, 4, 10, tzinfo=UTC))
    before = len(mail.sent)
    await round_of(office)
    await office.deliver()
    (message,) = mail.sent[before:]
    assert message.recipient == "ana@otra.example"
    letter = message_from_bytes(message.content, policy=default)
    assert letter["Subject"] == f"Reminder: invoice {invoice['number']} was due on 3 December 2026"


@pytest.mark.parametrize(
    "at",
    [
        datetime(2026, 11, 30, 7, 59, tzinfo=UTC),  # 8:59 in Palma
        datetime(2026, 11, 30, 18, 0, tzinfo=UTC),  # 19:00
        datetime(2026, 12, 5, 10, tzinfo=UTC),  # a Saturday
        datetime(2026, 12, 8, 10, tzinfo=UTC),  # a holiday
    ],
)
async def test_outside_the_hours_of_work_it_waits(
    office: Office, clock: FixedClock, at: datetime
) -> None:
    await a_policy(office, steps=[-10, 1])
    invoice = await a_sent_invoice(office, due_date="2026-12-10")
    clock.set(at)
    await round_of(office)
    assert await told(office, invoice) == []
    clock.set(datetime(2026, 12, 9, 10, tzinfo=UTC))
    await round_of(office)
    assert await told(office, invoice) == [("reminder.sent", -10, None)]


async def test_after_days_down_only_the_last_of_what_was_missed_is_sent(
    office: Office, mail: FakeMail, clock: FixedClock
) -> None:
    await a_policy(office)
    invoice = await a_sent_invoice(office)
    clock.set(datetime(2026, 12, 21, 10, tzinfo=UTC))
    before = len(mail.sent)
    for _ in range(3):
        await round_of(office)
    await office.deliver()
    assert len(mail.sent) == before + 1
    assert await told(office, invoice) == [
        ("reminder.skipped", -3, "later_step"),
        ("reminder.skipped", 1, "later_step"),
        ("reminder.sent", 15, None),
    ]


async def test_a_client_is_reminded_of_one_thing_a_day_the_most_urgent_first(
    office: Office, clock: FixedClock
) -> None:
    await a_policy(office, steps=[-2, -1])
    contact = await a_contact(office)
    later = await a_sent_invoice(office, contact, due_date="2026-12-02")
    sooner = await a_sent_invoice(office, contact, due_date="2026-12-01")
    await asyncio.gather(round_of(office), round_of(office))
    assert [len(await told(office, one)) for one in (sooner, later)] == [1, 0]
    clock.advance(timedelta(days=1))
    await round_of(office)
    assert len(await told(office, sooner)) == 1
    assert await told(office, later) == [
        ("reminder.skipped", -2, "later_step"), ("reminder.sent", -1, None),
    ]  # fmt: skip


async def test_two_rounds_at_once_remind_once(office: Office, mail: FakeMail) -> None:
    await a_policy(office)
    invoice = await a_sent_invoice(office)
    before = len(mail.sent)
    await asyncio.gather(*(round_of(office) for _ in range(4)))
    await office.deliver()
    assert len(mail.sent) == before + 1
    assert len(await told(office, invoice)) == 1


async def paid(office: Office, document: Json, _: httpx.AsyncClient, __: FakeMail) -> None:
    await a_payment(office, document, document["amount_due"]["amount"])


async def replied(
    office: Office, document: Json, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    del document
    office.clock.advance(timedelta(minutes=1))
    client = client_behind(anonymous, mail)
    nonce = (await client.see())["form_nonce"]
    said = {"name": "Ana", "body": "Pago el lunes.", "form_nonce": nonce}
    assert (await anonymous.post(f"{client.path}/comments", json=said)).status_code == 201


async def archived(office: Office, document: Json, _: httpx.AsyncClient, __: FakeMail) -> None:
    path = f"/v1/contacts/{document['contact']['id']}"
    assert (await office.api.delete(path)).status_code == 204


@pytest.mark.parametrize(
    ("happens", "reason"),
    [(paid, "nothing_due"), (replied, "replied"), (archived, "contact_inactive")],
)
async def test_never_after_a_payment_or_a_reply_and_history_says_why(
    office: Office, mail: FakeMail, anonymous: httpx.AsyncClient, happens: object, reason: str
) -> None:
    await a_policy(office)
    invoice = await a_sent_invoice(office)
    await happens(office, invoice, anonymous, mail)  # type: ignore[operator]  # one of the three above
    before = len(mail.sent)
    await round_of(office)
    await office.deliver()
    assert len(mail.sent) == before
    assert await told(office, invoice) == [("reminder.skipped", -3, reason)]


async def test_never_after_an_answer(
    office: Office, mail: FakeMail, anonymous: httpx.AsyncClient
) -> None:
    await a_policy(office, document_type="quote", steps=[-3, 0])
    quote, _ = await a_sent_quote(office, valid_until="2026-12-03")
    await round_of(office)
    assert await told(office, quote) == [("reminder.sent", -3, None)]
    await client_behind(anonymous, mail).answer("reject", comment="No")
    office.clock.set(datetime(2026, 12, 3, 10, tzinfo=UTC))
    await round_of(office)
    assert (await told(office, quote))[1:] == [("reminder.skipped", 0, "answered")]


async def test_what_was_never_sent_is_not_reminded_of(office: Office) -> None:
    await a_policy(office)
    invoice = await an_issued_quote(office, type="invoice", due_date="2026-12-03")
    await round_of(office)
    assert await told(office, invoice) == [("reminder.skipped", -3, "not_sent")]


async def test_what_was_long_ago_is_not_reminded_of(office: Office, clock: FixedClock) -> None:
    invoice = await a_sent_invoice(office)
    clock.set(datetime(2026, 12, 21, 10, tzinfo=UTC))
    await a_policy(office, steps=[-3, 1, 30])
    await round_of(office)
    assert await told(office, invoice) == []
    explained = (await office.api.get(f"/v1/documents/{invoice['id']}/explain")).json()
    coming = [(one["kind"], one["on"]) for one in explained["next_events"]]
    assert coming == [("reminder.sent", "2027-01-04")], "the day after a weekend"


async def test_a_paused_policy_reminds_nobody(office: Office) -> None:
    policy = await a_policy(office)
    invoice = await a_sent_invoice(office)
    path = f"/v1/reminder-policies/{policy['id']}"
    paused = await office.api.patch(path, json={"status": "paused"})
    assert (paused.json()["status"], paused.json()["active_since"]) == ("paused", None)
    await round_of(office)
    assert await told(office, invoice) == []
    assert (await office.api.delete(path)).status_code == 204
    assert (await office.api.get("/v1/reminder-policies")).json()["data"] == []


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"steps": [1, 1]}, "/steps/1", "reference.repeated"),
        ({"document_type": "quote", "steps": [-1, 2]}, "/steps/1", "reminder.after_expiry"),
        ({"send_from": "19:00", "send_until": "09:00"}, "/send_until", "hours.order"),
        ({"send_from": "24:00"}, "/send_from", "string_pattern_mismatch"),
        ({"steps": []}, "/steps", "too_short"),
    ],
)
async def test_what_makes_no_sense_is_named(
    office: Office, changes: Json, pointer: str, code: str
) -> None:
    body = {"name": "Avisos", "document_type": "invoice", "steps": [-3], **changes}
    answer = await office.api.post("/v1/reminder-policies", json=body)
    assert answer.status_code == 422
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [(pointer, code)]


async def test_one_policy_of_a_type_is_in_force(office: Office) -> None:
    await a_policy(office)
    body = {"name": "Otra", "document_type": "invoice", "steps": [2]}
    second = await office.api.post("/v1/reminder-policies", json=body)
    assert (second.status_code, second.json()["reason"]) == (409, "policy_active")
    await a_policy(office, name="Otra", status="paused")


async def test_the_organizations_own_words_are_used(office: Office, mail: FakeMail) -> None:
    template = {
        "document_type": "invoice",
        "purpose": "reminder",
        "language": "es",
        "subject": "¿Te acuerdas de {{ document.number }}?",
        "body": "Queda pendiente.",
    }
    assert (await office.api.post("/v1/email-templates", json=template)).status_code == 201
    await a_policy(office)
    invoice = await a_sent_invoice(office)
    await round_of(office)
    await office.deliver()
    letter = message_from_bytes(mail.sent[-1].content, policy=default)
    assert letter["Subject"] == f"¿Te acuerdas de {invoice['number']}?"
