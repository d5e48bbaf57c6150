"""The main job as its users live it."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx

from tests.clients import client_behind
from tests.factories import CONTACT, LINE, a_contact, a_quote, a_sent_quote, an_issued_quote
from tests.fakes import FakeMail, FixedClock
from tests.offices import Office


async def status_of(office: Office, document_id: str) -> tuple[str, str]:
    document = (await office.api.get(f"/v1/documents/{document_id}")).json()
    return document["status"], document["status_color"]


async def kinds_of(office: Office, contact_id: str) -> list[str]:
    answer = await office.api.get(f"/v1/contacts/{contact_id}/timeline?raw=true&limit=100")
    return [entry["kind"] for entry in answer.json()["data"]]


async def test_01_a_draft_is_not_sent_and_nothing_is_queued(office: Office) -> None:
    draft = await a_quote(office)
    answer = await office.api.post(f"/v1/documents/{draft['id']}/dispatches", json={})
    assert (answer.status_code, answer.json()["reason"]) == (409, "not_issued")
    assert answer.json()["allowed_actions"] == [
        "edit", "delete", "issue", "copy", "change_contact",
    ]  # fmt: skip
    assert await office.deliver() == 0
    assert (await office.api.get("/v1/dispatches")).json()["data"] == []


async def test_02_a_sent_quote_shows_as_sent_with_one_card_in_the_history(
    office: Office,
) -> None:
    order = {"to": ["ana@velero.example"], "cc": ["gestor@velero.example"]}
    document, dispatch = await a_sent_quote(office, order=order)
    listed = (await office.api.get(f"/v1/documents?contact_id={document['contact']['id']}")).json()
    assert [(one["number"], one["status"], one["status_label"]) for one in listed["data"]] == [
        (document["number"], "sent", "Enviado")
    ]
    assert [one["kind"] for one in dispatch["recipients"]] == ["to", "cc"]
    timeline = await office.api.get(f"/v1/contacts/{document['contact']['id']}/timeline")
    cards = [one for one in timeline.json()["data"] if one["group"] == "messages"]
    assert len(cards) == 1
    assert document["number"] in cards[0]["summary"]


async def test_04_a_scanner_changes_nothing(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, clock: FixedClock
) -> None:
    document, dispatch = await a_sent_quote(office)
    client = client_behind(anonymous, mail)
    clock.advance(timedelta(seconds=3))
    await client.see()
    await anonymous.head(client.path)
    await anonymous.get(f"/d/{client.token}")
    await anonymous.get(f"/d/{client.token}/accept")
    assert (await status_of(office, document["id"]))[0] == "sent"
    seen = (await office.api.get(f"/v1/dispatches/{dispatch['id']}")).json()["recipients"][0]
    assert seen["view_count"] == 0
    assert {one["verdict"] for one in seen["evidence"]} == {"machine"}


async def test_05_a_copy_that_is_opened_is_told_and_moves_nothing(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    order = {"to": ["ana@velero.example"], "cc": ["gestor@velero.example"]}
    document, _ = await a_sent_quote(office, order=order)
    copy = client_behind(anonymous, mail, "gestor@velero.example")
    assert (await copy.open()).status_code == 204
    assert (await status_of(office, document["id"]))[0] == "sent"
    assert "document.viewed" in await kinds_of(office, document["contact"]["id"])
    refused = await anonymous.post(
        f"{copy.path}/accept",
        json={"name": "X", "statement_accepted": True, "form_nonce": "x" * 20},
    )
    assert (refused.status_code, refused.json()["reason"]) == (403, "recipient_read_only")
    assert (await client_behind(anonymous, mail, "ana@velero.example").open()).status_code == 204
    assert await status_of(office, document["id"]) == ("opened", "amber")


async def test_06_and_07_rejected_with_a_remark_then_accepted(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    document, _ = await a_sent_quote(office)
    client = client_behind(anonymous, mail)
    rejected = await client.answer("reject", comment="Demasiado caro")
    assert rejected.status_code == 200
    assert await status_of(office, document["id"]) == ("rejected", "red")

    (notice,) = (await office.api.get("/v1/notices?reviewed=false")).json()["data"]
    assert notice["kind"] == "document.rejected"
    assert "Demasiado caro" in notice["summary"]
    comments = (await office.api.get(f"/v1/documents/{document['id']}/comments")).json()["data"]
    assert [one["body"] for one in comments] == ["Demasiado caro"]
    reviewed = await office.api.post(f"/v1/notices/{notice['id']}/review")
    assert reviewed.json()["reviewed_by"] == str(office.user_id)
    assert reviewed.json()["reviewed_at"] is not None
    assert (await office.api.get("/v1/notices?reviewed=false")).json()["data"] == []

    accepted = await client.answer("accept")
    assert accepted.status_code == 200
    assert await status_of(office, document["id"]) == ("accepted", "green")
    decisions = (await office.api.get(f"/v1/documents/{document['id']}/decisions")).json()["data"]
    assert [(one["decision"], one["is_current"]) for one in decisions] == [
        ("rejected", False), ("accepted", True)
    ]  # fmt: skip
    kinds = await kinds_of(office, document["contact"]["id"])
    assert kinds.index("document.accepted") < kinds.index("document.rejected")


async def test_17_roles_are_asked_for(office: Office) -> None:
    nobody = await office.api.post("/v1/contacts", json={**CONTACT, "roles": []})
    assert nobody.status_code == 422
    assert nobody.json()["errors"][0]["pointer"] == "/roles"
    supplier = await a_contact(office, roles=["supplier"])
    draft = await a_quote(office, supplier)
    answer = await office.api.post(f"/v1/documents/{draft['id']}/issue")
    assert (answer.status_code, answer.json()["reason"]) == (422, "role_client_required")


async def test_18_a_wrong_control_letter_is_named(office: Office) -> None:
    answer = await office.api.post("/v1/contacts", json={**CONTACT, "tax_id": "12345678A"})
    assert (answer.status_code, answer.json()["reason"]) == (422, "tax_id_checksum")
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [
        ("/tax_id", "tax_id.checksum")
    ]
    for valid in ("12345678Z", "X1234567L", "K1234567L", "Q2818002D", "ES-B83534750"):
        answer = await office.api.post(
            "/v1/contacts", json={**CONTACT, "tax_id": valid, "allow_duplicate": True}
        )
        assert answer.status_code == 201, valid


async def test_22_nothing_of_one_organization_is_reachable_from_another(
    office: Office, rival: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    document, dispatch = await a_sent_quote(office)
    contact_id = document["contact"]["id"]
    client = client_behind(anonymous, mail)
    await client.answer("reject", comment="No")
    for path in (
        f"/v1/contacts/{contact_id}",
        f"/v1/contacts/{contact_id}/timeline",
        f"/v1/documents/{document['id']}",
        f"/v1/documents/{document['id']}/pdf",
        f"/v1/documents/{document['id']}/decisions",
        f"/v1/documents/{document['id']}/comments",
        f"/v1/dispatches/{dispatch['id']}",
    ):
        assert (await rival.api.get(path)).status_code == 404, path
        assert (await office.api.get(path)).status_code == 200, path
    for path in (
        f"/v1/documents?contact_id={contact_id}", "/v1/documents", "/v1/contacts?q=velero",
        "/v1/dispatches", "/v1/notices",
    ):  # fmt: skip
        assert (await rival.api.get(path)).json()["data"] == [], path
    theirs = await a_contact(rival)
    crossing = await rival.api.post(
        "/v1/documents", json={"type": "quote", "contact_id": contact_id, "lines": [LINE]}
    )
    assert crossing.json()["errors"][0]["code"] == "reference.unknown"
    assert theirs["tax_id"] == CONTACT["tax_id"]


async def test_25_numbers_go_on_or_start_over_with_the_year(
    office: Office, clock: FixedClock
) -> None:
    series = await office.api.post(
        "/v1/number-series",
        json={"type": "quote", "name": "Continua", "pattern": "C-[yy]%%%%",
              "reset_policy": "never"},
    )  # fmt: skip
    contact = await a_contact(office)

    async def numbers(**changes: object) -> str:
        return str((await an_issued_quote(office, contact, **changes))["number"])

    continuous = {"series_id": series.json()["id"]}
    clock.set(datetime(2026, 12, 31, 22, 59, tzinfo=UTC))  # 23:59 in Madrid
    assert [await numbers(), await numbers()] == ["P-260001", "P-260002"]
    assert await numbers(**continuous) == "C-260001"
    clock.advance(timedelta(minutes=2))
    assert await numbers() == "P-270001"
    assert await numbers(**continuous) == "C-270002"


async def test_25_fifty_at_once_leave_no_gap_and_no_double(office: Office) -> None:
    contact = await a_contact(office)
    drafts = [await a_quote(office, contact) for _ in range(50)]

    async def issue(draft_id: str) -> httpx.Response:
        return await office.api.post(f"/v1/documents/{draft_id}/issue")

    gate = asyncio.Semaphore(8)  # the pool holds ten connections

    async def issue_in_turn(draft_id: str) -> httpx.Response:
        async with gate:
            return await issue(draft_id)

    answers = await asyncio.gather(*(issue_in_turn(draft["id"]) for draft in drafts))
    assert {answer.status_code for answer in answers} == {200}
    numbers = sorted(answer.json()["number"] for answer in answers)
    assert numbers == [f"P-26{counter:04}" for counter in range(1, 51)]


async def test_a_copy_that_asks_for_a_new_link_stays_a_copy(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    order = {"to": ["ana@velero.example"], "cc": ["gestor@velero.example"]}
    await a_sent_quote(office, order=order)
    copy = client_behind(anonymous, mail, "gestor@velero.example")
    assert (await anonymous.post(f"{copy.path}/renewals")).status_code == 202
    await office.deliver()
    renewed = client_behind(anonymous, mail, "gestor@velero.example")
    assert renewed.token != copy.token
    assert (await renewed.see())["allowed_actions"] == []


async def test_only_the_one_who_answered_takes_it_back_and_twice_is_once(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    order = {"to": ["ana@velero.example", "bea@velero.example"]}
    document, _ = await a_sent_quote(office, order=order)
    ana = client_behind(anonymous, mail, "ana@velero.example")
    bea = client_behind(anonymous, mail, "bea@velero.example")
    assert (await ana.answer("accept")).status_code == 200
    assert (await bea.answer("undo")).status_code == 409
    assert (await status_of(office, document["id"]))[0] == "accepted"
    assert (await ana.answer("undo")).status_code == 200
    assert (await ana.answer("undo")).status_code == 200
    decisions = (await office.api.get(f"/v1/documents/{document['id']}/decisions")).json()["data"]
    assert [(one["decision"], one["actor_name"]) for one in decisions] == [
        ("accepted", "Ana Ruiz"), ("withdrawn", "Ana Ruiz")
    ]  # fmt: skip


async def test_a_draft_with_a_note_is_deleted_and_the_note_stays(office: Office) -> None:
    draft = await a_quote(office)
    contact_id = draft["contact"]["id"]
    note = {"body": "Ojo con el precio", "document_id": draft["id"]}
    assert (await office.api.post(f"/v1/contacts/{contact_id}/comments", json=note)).is_success
    assert (await office.api.delete(f"/v1/documents/{draft['id']}")).status_code == 204
    timeline = await office.api.get(f"/v1/contacts/{contact_id}/timeline?group=comments")
    assert timeline.json()["data"]
