"""HISTORIAL: what happened with a contact, newest first."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from app.events.record import Fact, Group, record
from app.kernel.identifiers import new_id
from app.mail.ports import Failure, MailError
from tests.clients import client_behind
from tests.factories import Json, a_contact, a_quote, a_sent_quote, an_issued_quote
from tests.fakes import FakeMail, FixedClock
from tests.offices import Office


async def timeline(office: Office, contact_id: str, query: str = "") -> list[Json]:
    answer = await office.api.get(f"/v1/contacts/{contact_id}/timeline?limit=100&{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


def kinds(entries: list[Json]) -> list[str]:
    return [entry["kind"] for entry in entries]


def refuse_next(mail: FakeMail) -> None:
    """Let the relay refuse the next message for good."""
    failure = Failure.NO_SUCH_ADDRESS
    mail.failures.append(MailError(failure, code=550, text="no such user", host="mx"))


async def test_the_whole_story_is_told_newest_first(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, clock: FixedClock
) -> None:
    document, dispatch = await a_sent_quote(office)
    contact_id = document["contact"]["id"]
    client = client_behind(anonymous, mail)
    clock.advance(timedelta(minutes=1))
    await client.open()
    clock.advance(timedelta(minutes=1))
    await client.answer("reject", comment="Demasiado caro")
    entries = await timeline(office, contact_id)
    assert kinds(entries) == [
        "document.rejected", "document.viewed", "dispatch.sent", "document.issued",
        "document.created", "contact.created",
    ]  # fmt: skip
    rejected = entries[0]
    assert rejected["actor"]["kind"] == "client"
    assert rejected["occurred_at"] == "2026-11-24T09:02:00.000Z"
    assert rejected["payload"]["comment"] == "Demasiado caro"
    assert rejected["summary"] == (
        f"Ana Ruiz ha rechazado el presupuesto {document['number']}: «Demasiado caro»"
    )
    assert {entry["contact_id"] for entry in entries} == {contact_id}
    assert set(rejected) == {
        "id", "occurred_at", "recorded_at", "kind", "group", "actor", "contact_id",
        "document_id", "vessel_id", "summary", "payload",
    }  # fmt: skip
    card = entries[2]
    assert card["payload"]["dispatch_id"] == dispatch["id"]
    assert (card["payload"]["decision"], card["payload"]["decision_comment"]) == (
        "rejected", "Demasiado caro"
    )  # fmt: skip


async def test_a_dispatch_is_one_card_with_its_recipients_present_states(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    order = {"to": ["ana@velero.example"], "cc": ["gestor@velero.example"]}
    document, dispatch = await a_sent_quote(office, order=order)
    await client_behind(anonymous, mail, "ana@velero.example").open()
    (card,) = await timeline(office, document["contact"]["id"], "group=messages")
    assert card["kind"] == "dispatch.sent"
    assert card["summary"] == (
        f"{office.actor.name} ha enviado el presupuesto {document['number']} a ana@velero.example."
    )
    payload = card["payload"]
    expected = {
        "dispatch_id": dispatch["id"], "subject": dispatch["subject"], "type": "quote",
        "number": document["number"], "revision": 1, "total": document["total"],
        "attach_pdf": True, "language": "es", "channel": "email", "kind": "first",
        "sender": office.actor.name, "decision": "pending", "decision_comment": None,
        "payment_state": document["payment_state"],
    }  # fmt: skip
    assert {name: payload[name] for name in expected} == expected
    states = [
        (one["address"], one["kind"], one["delivery_state"], one["view_count"])
        for one in payload["recipients"]
    ]
    assert states == [
        ("ana@velero.example", "to", "opened", 1),
        ("gestor@velero.example", "cc", "sent", 0),
    ]
    assert payload["recipients"][0]["sent_at"] == "2026-11-24T09:00:00.000Z"


async def test_before_the_relay_took_it_the_card_says_queued(office: Office) -> None:
    document = await an_issued_quote(office)
    await office.api.post(f"/v1/documents/{document['id']}/dispatches", json={})
    (card,) = await timeline(office, document["contact"]["id"], "group=messages")
    assert card["kind"] == "dispatch.queued"
    assert [one["delivery_state"] for one in card["payload"]["recipients"]] == ["queued"]


async def test_raw_gives_every_entry_as_it_was_recorded(office: Office) -> None:
    document, _ = await a_sent_quote(office)
    entries = await timeline(office, document["contact"]["id"], "group=messages&raw=true")
    assert sorted(kinds(entries)) == [
        "dispatch.queued", "dispatch.recipient_state_changed", "dispatch.sent",
    ]  # fmt: skip
    assert all("recipients" not in entry["payload"] for entry in entries)


async def test_a_kind_asked_for_by_name_is_given(office: Office) -> None:
    document, _ = await a_sent_quote(office)
    entries = await timeline(
        office, document["contact"]["id"], "kind=dispatch.recipient_state_changed,dispatch.queued"
    )
    assert sorted(kinds(entries)) == ["dispatch.queued", "dispatch.recipient_state_changed"]


async def test_each_dispatch_has_its_own_card(office: Office) -> None:
    document, dispatch = await a_sent_quote(office)
    resent = await office.api.post(f"/v1/dispatches/{dispatch['id']}/resend")
    assert resent.status_code == 201
    first = await timeline(office, document["contact"]["id"], "group=messages")
    assert kinds(first) == ["dispatch.queued", "dispatch.sent"]
    await office.deliver()
    cards = await timeline(office, document["contact"]["id"], "group=messages")
    assert [card["payload"]["kind"] for card in cards] == ["resend", "first"]
    assert " ha reenviado " in cards[0]["summary"]


async def test_only_failures_shows_what_did_not_arrive(office: Office, mail: FakeMail) -> None:
    document, _ = await a_sent_quote(office)
    contact_id = document["contact"]["id"]
    assert await timeline(office, contact_id, "only_failures=true") == []
    refuse_next(mail)
    order = {"to": ["nadie@velero.example"]}
    await office.api.post(f"/v1/documents/{document['id']}/dispatches", json=order)
    await office.deliver()
    (card,) = await timeline(office, contact_id, "only_failures=true")
    assert [one["delivery_state"] for one in card["payload"]["recipients"]] == ["bounced"]
    raw = await timeline(office, contact_id, "only_failures=true&raw=true")
    assert "dispatch.recipient_state_changed" in kinds(raw)
    (notice,) = (await office.api.get("/v1/notices")).json()["data"]
    assert notice["kind"] == "dispatch.recipient_state_changed"
    assert "nadie@velero.example" in notice["summary"]


async def stay_signed_in(office: Office) -> None:
    """Go on with an API key, which outlives the ten minutes of an access token."""
    body = {"name": "ERP", "scopes": sorted(office.actor.permissions)}
    answer = await office.api.post("/v1/api-keys", json=body)
    office.api.headers["Authorization"] = f"Bearer {answer.json()['secret']}"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("group=changes", ["contact.created"]),
        ("group=comments,changes", ["comment.created", "contact.created"]),
        ("kind=document.issued", ["document.issued"]),
        ("from=2026-11-26", ["comment.created"]),
        ("from=2026-11-26T09:00:00Z", ["comment.created"]),
        ("from=2026-11-26T09:00:00.000001Z", []),
        ("to=2026-11-24", ["document.created", "contact.created"]),
        ("to=2026-11-24T09:00:00Z", []),
        ("from=2026-11-25&to=2026-11-25", ["document.issued"]),
        ("to=2026-11-26T10:30:00%2B01:00&group=comments", ["comment.created"]),
    ],
)
async def test_filters(office: Office, clock: FixedClock, query: str, expected: list[str]) -> None:
    await stay_signed_in(office)
    contact = await a_contact(office)
    draft = await a_quote(office, contact)
    clock.advance(timedelta(days=1))
    await office.api.post(f"/v1/documents/{draft['id']}/issue")
    clock.advance(timedelta(days=1))
    await office.api.post(f"/v1/contacts/{contact['id']}/comments", json={"body": "x"})
    assert kinds(await timeline(office, contact["id"], query)) == expected


async def test_a_day_is_one_of_the_organization_s_zone(office: Office, clock: FixedClock) -> None:
    await stay_signed_in(office)
    clock.advance(timedelta(hours=14, minutes=30))  # 23:30 UTC is the 25th in Madrid
    contact = await a_contact(office)
    assert kinds(await timeline(office, contact["id"], "from=2026-11-25")) == ["contact.created"]
    assert await timeline(office, contact["id"], "to=2026-11-24") == []


async def test_a_user_s_doings_hold_what_the_worker_sent_for_them(
    office: Office, rival: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    document, _ = await a_sent_quote(office)
    await client_behind(anonymous, mail).answer("accept")
    contact_id = document["contact"]["id"]
    mine = await timeline(office, contact_id, f"user_id={office.user_id}")
    assert kinds(mine) == [
        "dispatch.sent", "document.issued", "document.created", "contact.created",
    ]  # fmt: skip
    raw = await timeline(office, contact_id, f"user_id={office.user_id}&raw=true")
    assert kinds(raw) == [
        "dispatch.queued", "document.issued", "document.created", "contact.created",
    ]  # fmt: skip
    assert await timeline(office, contact_id, f"user_id={rival.user_id}") == []


async def test_one_document_s_part_of_a_contact_s_history(office: Office) -> None:
    contact = await a_contact(office)
    document = await an_issued_quote(office, contact)
    await an_issued_quote(office, contact, type="invoice")
    wanted = ["document.issued", "document.created"]
    part = await timeline(office, contact["id"], f"document_id={document['id']}")
    assert kinds(part) == wanted
    events = await office.api.get(f"/v1/documents/{document['id']}/events")
    assert events.json()["data"] == part


async def test_pages_hold_every_entry_once_though_instants_are_equal(office: Office) -> None:
    contact = await a_contact(office)
    for number in range(7):
        body = {"body": f"n{number}"}
        await office.api.post(f"/v1/contacts/{contact['id']}/comments", json=body)
    path = f"/v1/contacts/{contact['id']}/timeline?limit=3&group=comments"
    page = (await office.api.get(path)).json()
    told = page["data"]
    while page["has_more"]:
        page = (await office.api.get(f"{path}&cursor={page['next_cursor']}")).json()
        told += page["data"]
    words = [entry["payload"]["comment"] for entry in told]
    assert words == [f"n{number}" for number in reversed(range(7))]
    assert page["next_cursor"] is None


async def test_a_sentence_is_in_the_reader_s_language(office: Office) -> None:
    document = await an_issued_quote(office)
    path = f"/v1/documents/{document['id']}/events?kind=document.issued"
    answer = await office.api.get(path, headers={"Accept-Language": "en"})
    (entry,) = answer.json()["data"]
    assert entry["summary"] == f"Joan Muestra issued the quote {document['number']} for €108.90."


async def test_a_fact_without_a_text_is_told_all_the_same(office: Office) -> None:
    contact = await a_contact(office)
    fact = Fact(
        kind="vessel.linked",
        group=Group.CHANGES,
        subject_type="vessel",
        subject_id=new_id(),
        contact_id=UUID(contact["id"]),
    )
    async with office.container.database.transaction(office.organization_id) as tx:
        await record(tx, office.actor, fact, at=office.container.clock.now())
    entry, _ = await timeline(office, contact["id"])
    assert entry["summary"] == "Joan Muestra: vessel.linked"


async def test_what_was_sent_to_a_contact_and_nothing_else(
    office: Office, rival: Office, anonymous: httpx.AsyncClient
) -> None:
    document, dispatch = await a_sent_quote(office)
    await a_sent_quote(office)
    path = f"/v1/contacts/{document['contact']['id']}/dispatches"
    assert (await office.api.get(path)).json()["data"] == [dispatch]
    assert (await rival.api.get(path)).status_code == 404
    assert (await anonymous.get(path)).status_code == 401


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("group=mensajes", "group", "enum"),
        ("kind=a%20b", "kind", "enum"),
        ("from=ayer", "from", "moment_pattern"),
        ("from=2026-02-30", "from", "moment_pattern"),
        ("from=2026-11-24T09:00:00", "from", "moment_pattern"),
        ("to=0001-01-01", "to", "moment_pattern"),
        ("to=9999-12-31T23:59:59-14:00", "to", "moment_pattern"),
        ("from_=2026-11-24", "from_", "extra_forbidden"),
        ("user_id=1", "user_id", "uuid_parsing"),
        ("raw=quizá", "raw", "bool_parsing"),
    ],
)
async def test_a_wrong_filter_is_named(office: Office, query: str, pointer: str, code: str) -> None:
    contact = await a_contact(office)
    answer = await office.api.get(f"/v1/contacts/{contact['id']}/timeline?{query}")
    assert answer.status_code == 422
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [(pointer, code)]


async def test_a_cursor_of_other_filters_is_refused(office: Office) -> None:
    contact = await a_contact(office)
    await a_quote(office, contact)
    path = f"/v1/contacts/{contact['id']}/timeline?limit=1"
    cursor = (await office.api.get(path)).json()["next_cursor"]
    answer = await office.api.get(f"{path}&raw=true&cursor={cursor}")
    assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")


async def test_history_is_for_staff_of_the_organization(
    office: Office, rival: Office, anonymous: httpx.AsyncClient
) -> None:
    document = await an_issued_quote(office)
    body = {"name": "Lector", "scopes": ["documents:read"]}
    secret = (await office.api.post("/v1/api-keys", json=body)).json()["secret"]
    without = {"Authorization": f"Bearer {secret}"}
    for path in (
        f"/v1/contacts/{document['contact']['id']}/timeline",
        f"/v1/documents/{document['id']}/events",
    ):
        assert (await office.api.get(path)).status_code == 200
        assert (await rival.api.get(path)).status_code == 404
        assert (await anonymous.get(path)).status_code == 401
        assert (await anonymous.get(path, headers=without)).status_code == 403
