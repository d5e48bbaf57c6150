"""Notes among staff, and the thread shared with the client."""

from datetime import timedelta

import httpx
import pytest

from app.kernel.identifiers import new_id
from tests.clients import Client, client_behind
from tests.factories import Json, a_contact, a_quote, a_sent_quote, an_issued_quote
from tests.fakes import FakeMail, FixedClock
from tests.offices import Office


async def comment(office: Office, contact_id: str, **body: object) -> httpx.Response:
    return await office.api.post(f"/v1/contacts/{contact_id}/comments", json=body)


async def comments_of(office: Office, document_id: str, query: str = "") -> list[Json]:
    answer = await office.api.get(f"/v1/documents/{document_id}/comments{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


async def write(client: Client, name: str, body: str) -> httpx.Response:
    """Write as the client behind a link."""
    nonce = (await client.see())["form_nonce"]
    return await client.api.post(
        f"{client.path}/comments",
        json={"name": name, "body": body, "form_nonce": nonce},
        headers={"Idempotency-Key": str(new_id())},
    )


async def test_a_note_about_a_contact_is_internal(office: Office) -> None:
    contact = await a_contact(office)
    answer = await comment(office, contact["id"], body="  Prefiere empezar en febrero.\r\n")
    assert answer.status_code == 201
    note = answer.json()
    assert "location" not in answer.headers
    assert note == {
        "id": note["id"],
        "contact_id": contact["id"],
        "document_id": None,
        "visibility": "internal",
        "author": {"kind": "user", "id": str(office.user_id), "name": office.actor.name},
        "body": "Prefiere empezar en febrero.",
        "created_at": "2026-11-24T09:00:00.000Z",
    }
    timeline = await office.api.get(f"/v1/contacts/{contact['id']}/timeline?group=comments")
    (entry,) = timeline.json()["data"]
    assert entry["kind"] == "comment.created"
    assert entry["payload"]["comment"] == "Prefiere empezar en febrero."
    assert entry["summary"] == f"{office.actor.name} ha anotado: «Prefiere empezar en febrero.»"
    assert (await office.api.get("/v1/notices")).json()["data"] == []


async def test_the_client_reads_what_is_shared_and_nothing_else(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    document, _ = await a_sent_quote(office)
    contact_id = document["contact"]["id"]
    about = {"document_id": document["id"]}
    await comment(office, contact_id, body="Margen justo", **about)
    shared = await comment(office, contact_id, body="¿Empezamos?", visibility="shared", **about)
    assert shared.status_code == 201
    client = client_behind(anonymous, mail)
    assert (await write(client, "Ana Ruiz", "Sí, el lunes")).status_code in {200, 201}
    thread = (await anonymous.get(f"{client.path}/comments")).text
    assert "¿Empezamos?" in thread
    assert "Sí, el lunes" in thread
    assert "Margen justo" not in thread
    told = await comments_of(office, document["id"])
    assert [(one["visibility"], one["author"]["kind"], one["body"]) for one in told] == [
        ("shared", "client", "Sí, el lunes"),
        ("shared", "user", "¿Empezamos?"),
        ("internal", "user", "Margen justo"),
    ]
    assert told[0]["author"]["name"] == "Ana Ruiz"


async def test_a_client_s_comment_is_flagged_told_and_raises_a_notice(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, clock: FixedClock
) -> None:
    document, _ = await a_sent_quote(office)
    client = client_behind(anonymous, mail)
    clock.advance(timedelta(minutes=4))
    await write(client, "Ana Ruiz", "¿Incluye la hélice?")
    fresh = (await office.api.get(f"/v1/documents/{document['id']}")).json()
    assert "commented" in fresh["badges"]
    assert fresh["decision"] == "pending"
    assert fresh["updated_at"] == "2026-11-24T09:04:00.000Z"
    (notice,) = (await office.api.get("/v1/notices?reviewed=false")).json()["data"]
    assert notice["kind"] == "document.commented"
    assert notice["document_id"] == document["id"]
    assert notice["summary"] == (
        f"Velero Ficticio, S.L.: Ana Ruiz ha comentado el presupuesto {document['number']}: "
        "«¿Incluye la hélice?»"
    )
    events = await office.api.get(f"/v1/documents/{document['id']}/events?group=comments")
    (entry,) = events.json()["data"]
    assert entry["kind"] == "document.commented"
    assert entry["actor"]["kind"] == "client"
    assert entry["payload"]["comment"] == "¿Incluye la hélice?"


async def test_an_answer_s_remark_joins_the_thread_and_is_told_once(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    document, _ = await a_sent_quote(office)
    client = client_behind(anonymous, mail)
    await client.answer("reject", comment="Demasiado caro")
    (told,) = await comments_of(office, document["id"])
    assert (told["body"], told["visibility"]) == ("Demasiado caro", "shared")
    events = (await office.api.get(f"/v1/documents/{document['id']}/events")).json()["data"]
    kinds = [one["kind"] for one in events if one["payload"].get("comment")]
    assert kinds == ["document.rejected"]
    assert (await office.api.get("/v1/notices/count")).json()["total"] == 1


async def test_comments_come_in_pages_newest_first(office: Office) -> None:
    document = await an_issued_quote(office)
    for number in range(5):
        await comment(
            office, document["contact"]["id"], body=f"n{number}", document_id=document["id"]
        )
    path = f"/v1/documents/{document['id']}/comments?limit=3"
    page = (await office.api.get(path)).json()
    rest = (await office.api.get(f"{path}&cursor={page['next_cursor']}")).json()
    bodies = [one["body"] for one in page["data"] + rest["data"]]
    assert bodies == ["n4", "n3", "n2", "n1", "n0"]


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({}, "/body", "missing"),
        ({"body": "  "}, "/body", "too_short"),
        ({"body": "x" * 2001}, "/body", "too_long"),
        ({"body": "a\x00b"}, "/body", "text_control"),
        ({"body": "x", "visibility": "public"}, "/visibility", "literal_error"),
        ({"body": "x", "visibility": "shared"}, "/document_id", "missing"),
        ({"body": "x", "document_id": str(new_id())}, "/document_id", "reference.unknown"),
        ({"body": "x", "pinned": True}, "/pinned", "extra_forbidden"),
    ],
)
async def test_a_wrong_comment_is_refused_and_leaves_nothing(
    office: Office, body: Json, pointer: str, code: str
) -> None:
    contact = await a_contact(office)
    answer = await comment(office, contact["id"], **body)
    assert answer.status_code == 422
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [(pointer, code)]
    timeline = await office.api.get(f"/v1/contacts/{contact['id']}/timeline?group=comments")
    assert timeline.json()["data"] == []


async def test_another_contact_s_document_is_unknown_here(office: Office) -> None:
    document = await an_issued_quote(office)
    other = await a_contact(office)
    answer = await comment(office, other["id"], body="x", document_id=document["id"])
    assert answer.json()["errors"][0]["code"] == "reference.unknown"


async def test_a_draft_has_notes_but_no_thread(office: Office) -> None:
    draft = await a_quote(office)
    contact_id, about = draft["contact"]["id"], {"document_id": draft["id"]}
    assert (await comment(office, contact_id, body="x", **about)).status_code == 201
    answer = await comment(office, contact_id, body="x", visibility="shared", **about)
    assert (answer.status_code, answer.json()["reason"]) == (409, "not_issued")


async def test_comments_are_for_staff_of_the_organization(
    office: Office, rival: Office, anonymous: httpx.AsyncClient
) -> None:
    document = await an_issued_quote(office)
    contact_id = document["contact"]["id"]
    own = await a_contact(rival)
    assert (await comment(rival, contact_id, body="x")).status_code == 404
    crossing = await comment(rival, own["id"], body="x", document_id=document["id"])
    assert crossing.json()["errors"][0]["code"] == "reference.unknown"
    path = f"/v1/documents/{document['id']}/comments"
    assert (await rival.api.get(path)).status_code == 404
    assert (await anonymous.get(path)).status_code == 401
    post = await anonymous.post(f"/v1/contacts/{contact_id}/comments", json={"body": "x"})
    assert post.status_code == 401
