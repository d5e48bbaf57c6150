"""What a client answers, and when."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select

from app.documents.models import Decision
from app.events.models import Event
from app.kernel.identifiers import hash_token
from app.web.openapi import VERSION
from tests.factories import Json
from tests.fakes import FakeMail, FixedClock
from tests.offices import Office
from tests.portal.links import NAME, Shelf, a_shelf


@pytest.fixture
async def shelf(office: Office, mail: FakeMail, anonymous: httpx.AsyncClient) -> Shelf:
    return await a_shelf(office, mail, anonymous)


async def decisions_of(office: Office, shelf: Shelf) -> list[Decision]:
    async with office.container.database.transaction(office.organization_id) as tx:
        rows = await tx.scalars(
            select(Decision)
            .where(
                Decision.organization_id == office.organization_id,
                Decision.document_id == UUID(shelf.document["id"]),
            )
            .order_by(Decision.sequence)
        )
        return list(rows)


async def kinds_of(office: Office, shelf: Shelf) -> list[str]:
    return [one.kind for one in await decisions_of(office, shelf)]


async def status_of(office: Office, shelf: Shelf) -> str:
    return str((await office.api.get(f"/v1/documents/{shelf.document['id']}")).json()["status"])


async def notices_of(office: Office) -> list[Json]:
    return list((await office.api.get("/v1/notices?reviewed=false")).json()["data"])


async def test_accepting_turns_the_document_green(office: Office, shelf: Shelf) -> None:
    answer = await shelf.answer("accept", comment="Empezad en enero.")
    assert answer.status_code == 200, answer.text
    seen = answer.json()
    assert seen["decision"]["decision"] == "accepted"
    assert seen["decision"]["name"] == NAME
    assert seen["decision"]["actor_kind"] == "client"
    assert seen["allowed_actions"] == ["undo", "comment"]
    assert seen["reasons"]["accept"] == "already_accepted"
    assert [one["body"] for one in seen["comments"]] == ["Empezad en enero."]
    assert await status_of(office, shelf) == "accepted"


async def test_the_evidence_says_what_was_accepted_and_keeps_no_token(
    office: Office, shelf: Shelf, clock: FixedClock
) -> None:
    headers = {"User-Agent": "Phone/1", "Accept-Language": "es-ES"}
    shown = await shelf.read()
    answer = await shelf.post("/accept?lang=en", await shelf.form(), **headers)
    assert answer.status_code == 200, answer.text
    (decision,) = await decisions_of(office, shelf)
    evidence = decision.evidence
    token = next(iter(shelf.tokens.values()))
    assert evidence["schema"] == "conforme.decision.2"
    assert evidence["decision"] == "accepted"
    assert evidence["app_version"] == VERSION
    assert evidence["document"] == {
        "id": shelf.document["id"],
        "type": "quote",
        "number": shelf.document["number"],
        "revision": 1,
        "total": {"amount": 10890, "currency": "EUR"},
    }
    assert evidence["pdf_sha256"] == decision.pdf_sha256 == shelf.document["pdf_sha256"]
    assert evidence["sent_to"] == "cliente@velero.example"
    assert evidence["recipient_id"] == shelf.dispatch["recipients"][0]["id"]
    assert evidence["dispatch_id"] == shelf.dispatch["id"]
    assert len(str(evidence["mime_sha256"])) == 64
    assert str(evidence["message_id"]).startswith("<")
    assert evidence["token_sha256_prefix"] == hash_token(token).hex()[:16]
    assert token not in str(evidence)
    assert evidence["page_language"] == "en"
    assert evidence["statement"]["id"] == "accept.quote.en.1"  # type: ignore[index, call-overload]  # JSON
    assert evidence["name_typed"] == NAME
    assert evidence["user_agent"] == "Phone/1"
    assert evidence["accept_language"] == "es-ES"
    assert evidence["decided_at"] == "2026-11-24T09:00:00.000Z"
    assert evidence["time_zone"] == "Europe/Madrid"
    assert shown["statements"]["accept"]["id"] == "accept.quote.es.1"
    assert decision.decided_at == clock.now()
    assert decision.channel == "public_link"


async def test_rejecting_alerts_staff_once_with_the_clients_words(
    office: Office, shelf: Shelf
) -> None:
    answer = await shelf.answer("reject", comment="Demasiado caro <b>\nlo siento")
    assert answer.status_code == 200, answer.text
    assert await status_of(office, shelf) == "rejected"
    (notice,) = await notices_of(office)
    assert notice["kind"] == "document.rejected"
    assert "Demasiado caro <b> lo siento" in notice["summary"]
    assert notice["document_id"] == shelf.document["id"]
    (written,) = answer.json()["comments"]
    assert written["body"] == "Demasiado caro <b>\nlo siento"
    assert written["author_kind"] == "client"


async def test_what_was_rejected_may_be_accepted_and_both_stay(
    office: Office, shelf: Shelf
) -> None:
    await shelf.answer("reject")
    answer = await shelf.answer("accept")
    assert answer.status_code == 200
    assert await kinds_of(office, shelf) == ["rejected", "accepted"]
    assert await status_of(office, shelf) == "accepted"


async def test_what_was_accepted_must_be_taken_back_before_rejecting(
    office: Office, shelf: Shelf
) -> None:
    await shelf.answer("accept")
    refused = await shelf.answer("reject")
    assert refused.status_code == 409
    problem = refused.json()
    assert (problem["code"], problem["reason"]) == ("state_conflict", "already_accepted")
    assert problem["current_status"] == "accepted"
    assert problem["allowed_actions"] == ["undo", "comment"]
    assert (await shelf.answer("undo", statement_accepted=None)).status_code == 422
    nonce = (await shelf.form())["form_nonce"]
    undone = await shelf.post("/undo", {"form_nonce": nonce})
    assert undone.status_code == 200, undone.text
    assert undone.json()["decision"] is None
    assert undone.json()["document"]["decision"] == "pending"
    assert (await shelf.answer("reject")).status_code == 200
    rows = await decisions_of(office, shelf)
    assert [(one.kind, one.actor_name) for one in rows] == [
        ("accepted", NAME),
        ("withdrawn", NAME),
        ("rejected", NAME),
    ]
    kinds = {one["kind"] for one in await notices_of(office)}
    assert kinds == {"document.decision_withdrawn", "document.rejected"}


async def test_the_same_answer_again_adds_nothing(office: Office, shelf: Shelf) -> None:
    form = await shelf.form()
    for _ in range(3):
        assert (await shelf.post("/accept", form)).status_code == 200
    assert await kinds_of(office, shelf) == ["accepted"]
    async with office.container.database.transaction(office.organization_id) as tx:
        count = await tx.scalar(
            select(func.count())
            .select_from(Event)
            .where(
                Event.organization_id == office.organization_id,
                Event.kind == "document.accepted",
            )
        )
    assert count == 1


async def test_undoing_is_possible_for_fifteen_minutes(
    office: Office, shelf: Shelf, clock: FixedClock
) -> None:
    accepted = (await shelf.answer("accept")).json()
    assert accepted["decision"]["undo_until"] == "2026-11-24T09:15:00.000Z"
    clock.advance(timedelta(minutes=15, seconds=1))
    late = await shelf.post("/undo", {"form_nonce": accepted["form_nonce"]})
    assert late.status_code == 409
    assert late.json()["reason"] == "undo_window_passed"
    assert await kinds_of(office, shelf) == ["accepted"]


async def test_undoing_a_rejection_alerts_nobody(office: Office, shelf: Shelf) -> None:
    nonce = (await shelf.answer("reject")).json()["form_nonce"]
    assert (await shelf.post("/undo", {"form_nonce": nonce})).status_code == 200
    assert [one["kind"] for one in await notices_of(office)] == ["document.rejected"]


async def test_nothing_answered_cannot_be_undone(shelf: Shelf) -> None:
    nonce = (await shelf.form())["form_nonce"]
    refused = await shelf.post("/undo", {"form_nonce": nonce})
    assert refused.status_code == 409
    assert refused.json()["reason"] == "nothing_to_undo"


async def test_what_staff_recorded_the_client_cannot_undo(office: Office, shelf: Shelf) -> None:
    body = {"decision": "accepted", "told_by": "Ana Ruiz"}
    path = f"/v1/documents/{shelf.document['id']}/decisions"
    assert (await office.api.post(path, json=body)).status_code == 200
    seen = await shelf.read()
    assert seen["decision"]["actor_kind"] == "staff"
    assert seen["decision"]["undo_until"] is None
    refused = await shelf.post("/undo", {"form_nonce": seen["form_nonce"]})
    assert refused.json()["reason"] == "nothing_to_undo"


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"name": "  "}, "/name", "name.required"),
        ({"statement_accepted": False}, "/statement_accepted", "statement.required"),
    ],
)
async def test_a_form_half_filled_in_decides_nothing(
    office: Office, shelf: Shelf, changes: Json, pointer: str, code: str
) -> None:
    refused = await shelf.answer("accept", **changes)
    assert refused.status_code == 422
    (fault,) = refused.json()["errors"]
    assert (fault["pointer"], fault["code"]) == (pointer, code)
    assert fault["detail"]
    assert await kinds_of(office, shelf) == []


async def test_a_nonce_is_asked_for_and_ages(
    office: Office, mail: FakeMail, shelf: Shelf, clock: FixedClock
) -> None:
    other = await a_shelf(office, mail, shelf.phone)
    foreign = (await other.form())["form_nonce"]
    own = (await shelf.form())["form_nonce"]
    for nonce in ("", "guessed", foreign):
        refused = await shelf.answer("accept", form_nonce=nonce)
        assert refused.status_code == 409
        assert refused.json()["reason"] == "form_nonce_invalid"
        assert "accept" in refused.json()["allowed_actions"]
    clock.advance(timedelta(hours=2, seconds=1))
    assert (await shelf.answer("accept", form_nonce=own)).status_code == 409
    assert await kinds_of(office, shelf) == []
    assert (await shelf.answer("accept")).status_code == 200


async def test_an_expired_quote_says_so_and_takes_no_answer(
    shelf: Shelf, clock: FixedClock
) -> None:
    clock.advance(timedelta(days=45))
    seen = await shelf.read()
    assert seen["document"]["is_expired"]
    assert seen["allowed_actions"] == ["comment"]
    refused = await shelf.answer("accept")
    assert refused.status_code == 409
    assert refused.json()["reason"] == "document_expired"


async def test_a_copy_may_read_and_nothing_else(
    office: Office, mail: FakeMail, anonymous: httpx.AsyncClient
) -> None:
    order = {"to": ["ana@velero.example"], "cc": ["gestor@velero.example"]}
    shelf = await a_shelf(office, mail, anonymous, order)
    seen = await shelf.read("gestor@velero.example")
    assert seen["allowed_actions"] == []
    assert set(seen["reasons"].values()) == {"recipient_read_only"}
    assert seen["form_nonce"] is None
    nonce = (await shelf.form())["form_nonce"]
    body = {"name": NAME, "form_nonce": nonce, "statement_accepted": True}
    path = shelf.path("/accept", address="gestor@velero.example")
    refused = await shelf.phone.post(path, json=body)
    assert refused.status_code == 403
    assert refused.json()["reason"] == "recipient_read_only"
    comment = {"name": NAME, "form_nonce": nonce, "body": "Hola"}
    path = shelf.path("/comments", address="gestor@velero.example")
    assert (await shelf.phone.post(path, json=comment)).status_code == 403
    assert await kinds_of(office, shelf) == []


async def test_an_answer_is_also_a_view(office: Office, shelf: Shelf) -> None:
    await shelf.answer("reject")
    sent = (await office.api.get(f"/v1/dispatches/{shelf.dispatch['id']}")).json()
    (recipient,) = sent["recipients"]
    assert recipient["opened_at"] is not None
    assert recipient["view_count"] == 1
    seen = [one for one in recipient["evidence"] if one["kind"] == "opened"]
    assert [one["verdict"] for one in seen] == ["human"]


async def test_a_refused_answer_leaves_no_trace(office: Office, shelf: Shelf) -> None:
    await shelf.answer("accept", name="")
    sent = (await office.api.get(f"/v1/dispatches/{shelf.dispatch['id']}")).json()
    assert sent["recipients"][0]["opened_at"] is None
