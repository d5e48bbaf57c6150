"""The client's record in one call."""

from datetime import timedelta

import httpx
from sqlalchemy import event

from tests.clients import client_behind
from tests.commercial.acting import an_action, complete
from tests.factories import Json, a_contact, a_payment, a_quote, a_sent_quote, an_issued_quote
from tests.fakes import FakeMail
from tests.offices import Office

NOTHING = {"amount": 0, "currency": "EUR"}


async def summary_of(office: Office, contact: Json) -> Json:
    answer = await office.api.get(f"/v1/contacts/{contact['id']}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["summary"])


async def test_of_a_new_contact_there_is_nothing_to_tell(office: Office) -> None:
    contact = await a_contact(office)
    assert "summary" not in contact
    assert await summary_of(office, contact) == {
        "balances": dict.fromkeys(("issued", "paid", "due", "overdue", "credit"), NOTHING),
        "document_counts": [],
        "last_dispatch": None,
        "last_view": None,
        "open_actions": 0,
        "overdue_actions": 0,
        "next_action": None,
        "next_action_on": None,
    }
    listed = (await office.api.get("/v1/contacts")).json()["data"]
    assert "summary" not in listed[0]


async def test_balances_are_those_of_issued_invoices(office: Office) -> None:
    contact, other = await a_contact(office), await a_contact(office)
    await an_issued_quote(office, contact, type="invoice", due_date="2026-11-25")
    invoice = await an_issued_quote(office, contact, type="invoice", due_date="2026-12-31")
    await a_quote(office, contact, type="invoice")
    await an_issued_quote(office, contact)
    await an_issued_quote(office, other, type="invoice")
    total = invoice["total"]["amount"]
    await a_payment(office, invoice, 1000)
    office.clock.advance(timedelta(days=2))
    balances = (await summary_of(office, contact))["balances"]
    assert {name: one["amount"] for name, one in balances.items()} == {
        "issued": 2 * total, "paid": 1000, "due": 2 * total - 1000, "overdue": total, "credit": 0,
    }  # fmt: skip
    await a_payment(office, invoice, total)
    balances = (await summary_of(office, contact))["balances"]
    assert (balances["due"]["amount"], balances["credit"]["amount"]) == (total, 1000)


async def test_documents_messages_and_views(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    contact = await a_contact(office)
    await a_quote(office, contact)
    quote, dispatch = await a_sent_quote(office, contact)
    told = await summary_of(office, contact)
    assert told["document_counts"] == [
        {"type": "quote", "status": "draft", "count": 1},
        {"type": "quote", "status": "sent", "count": 1},
    ]
    assert told["last_view"] is None
    assert (told["last_dispatch"]["id"], told["last_dispatch"]["state"]) == (dispatch["id"], "sent")
    office.clock.advance(timedelta(minutes=5))
    await client_behind(anonymous, mail).open()
    told = await summary_of(office, contact)
    assert told["last_dispatch"]["state"] == "opened"
    assert told["last_view"] == {
        "document_id": quote["id"],
        "document_type": "quote",
        "document_number": quote["number"],
        "viewed_at": "2026-11-24T09:05:00.000Z",
        "view_count": 1,
    }


async def test_what_is_to_be_done(office: Office) -> None:
    contact = await a_contact(office)
    late = await an_action(office, contact, due_on="2026-11-25")
    following = await an_action(office, contact, due_on="2026-11-27", due_time="10:00")
    await complete(office, await an_action(office, contact))
    await an_action(office)
    office.clock.advance(timedelta(days=2))
    told = await summary_of(office, contact)
    assert (told["open_actions"], told["overdue_actions"]) == (2, 1)
    assert told["next_action"]["id"] == following["id"]
    assert (told["next_action"]["due_time"], told["next_action_on"]) == ("10:00", "2026-11-27")
    await complete(office, following)
    told = await summary_of(office, contact)
    assert (told["next_action"]["id"], told["next_action_on"]) == (late["id"], "2026-11-25")


async def test_a_key_sees_what_its_scopes_let_it(office: Office) -> None:
    contact = await a_contact(office)
    await an_action(office, contact)
    key = {"name": "Web", "scopes": ["contacts:read"]}
    secret = (await office.api.post("/v1/api-keys", json=key)).json()["secret"]
    bearer = {"Authorization": f"Bearer {secret}"}
    answer = await office.api.get(f"/v1/contacts/{contact['id']}", headers=bearer)
    assert set(answer.json()["summary"].values()) == {None}


async def test_it_takes_as_many_statements_however_much_there_is(office: Office) -> None:
    engine = office.container.database.engine.sync_engine
    contact, statements = await a_contact(office), []

    def note(*told: object) -> None:
        statements.append(told[2])

    async def count() -> int:
        statements.clear()
        event.listen(engine, "before_cursor_execute", note)
        await summary_of(office, contact)
        event.remove(engine, "before_cursor_execute", note)
        return len(statements)

    for _ in range(2):
        await an_action(office, contact)
        await a_sent_quote(office, contact)
    few = await count()
    await an_action(office, contact)
    await a_sent_quote(office, contact)
    assert await count() == few
    assert few <= 20
