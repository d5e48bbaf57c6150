"""What the client told staff: an answer too, also late, and never over their acceptance."""

from datetime import timedelta

import httpx

from tests.clients import client_behind
from tests.factories import Json, a_quote, a_sent_quote
from tests.fakes import FakeMail, FixedClock
from tests.offices import Office


async def decide(office: Office, document: Json, decision: str, note: str = "") -> httpx.Response:
    body = {"decision": decision, "told_by": "Ana Ruiz", "note": note}
    return await office.api.post(f"/v1/documents/{document['id']}/decisions", json=body)


def refusal_of(answer: httpx.Response) -> tuple[int, str, str, list[str]]:
    told = answer.json()
    return answer.status_code, told["reason"], told["current_status"], told["allowed_actions"]


async def test_a_draft_has_nothing_to_answer_to(office: Office) -> None:
    draft = await a_quote(office)
    answer = await decide(office, draft, "accepted")
    assert refusal_of(answer) == (409, "not_issued", "draft", draft["allowed_actions"])


async def test_an_acceptance_is_undone_with_a_reason_before_it_is_rejected(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, clock: FixedClock
) -> None:
    document, _ = await a_sent_quote(office)
    client = client_behind(anonymous, mail)
    assert (await client.answer("accept")).status_code == 200
    clock.advance(timedelta(minutes=16))
    late = await client.answer("undo")
    assert (late.status_code, late.json()["reason"]) == (409, "undo_window_passed")

    status, reason, current, allowed = refusal_of(await decide(office, document, "rejected"))
    assert (status, reason, current) == (409, "already_accepted", "accepted")
    assert "decide" in allowed
    silent = await decide(office, document, "withdrawn")
    assert [one["pointer"] for one in silent.json()["errors"]] == ["/note"]
    undone = await decide(office, document, "withdrawn", "Se equivocó de presupuesto")
    assert undone.json()["decision"] == "pending"
    assert (await decide(office, document, "rejected")).json()["status"] == "rejected"
    decisions = (await office.api.get(f"/v1/documents/{document['id']}/decisions")).json()["data"]
    assert [(one["decision"], one["actor_kind"], one["channel"]) for one in decisions] == [
        ("accepted", "client", "public_link"),
        ("withdrawn", "staff", "staff_on_behalf"),
        ("rejected", "staff", "staff_on_behalf"),
    ]


async def test_an_expired_quote_is_accepted_by_staff_alone(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, clock: FixedClock
) -> None:
    document, _ = await a_sent_quote(office, valid_until="2026-11-25")
    clock.advance(timedelta(days=3))
    refused = await client_behind(anonymous, mail).answer("accept")
    assert (refused.status_code, refused.json()["reason"]) == (409, "document_expired")
    told = await decide(office, document, "accepted", "Por teléfono")
    assert (told.status_code, told.json()["status"]) == (200, "accepted")
    again = await decide(office, document, "accepted", "Por teléfono")
    assert again.status_code == 200
    decisions = (await office.api.get(f"/v1/documents/{document['id']}/decisions")).json()["data"]
    assert [one["is_current"] for one in decisions] == [True]
