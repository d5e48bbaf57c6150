"""When somebody leaves, a colleague takes their contacts over."""

import pytest

from app.contacts import portfolio
from tests.commercial.acting import an_action, complete
from tests.factories import a_contact, a_quote
from tests.offices import Office
from tests.organizations.people import a_colleague


async def test_contacts_move_a_part_at_a_time_and_documents_stay(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portfolio, "AT_ONCE", 2)
    async with (
        a_colleague(office, "salesperson") as (marta, hers),
        a_colleague(office, "salesperson") as (pau, his),
    ):
        contacts = [await a_contact(office, assigned_salesperson_id=marta) for _ in range(3)]
        await a_contact(office, assigned_salesperson_id=str(office.user_id))
        document = await a_quote(office, contacts[0], salesperson_id=marta)
        path, body = f"/v1/users/{marta}/reassign", {"to_user_id": pau}
        first = await office.api.post(path, json=body)
        assert (first.json()["moved_count"], first.json()["left_count"]) == (2, 1)
        second = (await office.api.post(path, json=body)).json()
        assert (second["moved_count"], second["left_count"]) == (1, 0)
        assert (await hers.get("/v1/contacts")).json()["data"] == []
        listed = (await his.get("/v1/contacts")).json()["data"]
        assert {one["id"] for one in listed} == {one["id"] for one in contacts}
        kept = (await hers.get(f"/v1/documents/{document['id']}")).json()
        assert kept["salesperson_id"] == marta
        moved = (await office.api.get(f"/v1/contacts/{contacts[0]['id']}")).json()
        assert moved["version"] == contacts[0]["version"] + 1
        timeline = (await office.api.get(f"/v1/contacts/{contacts[0]['id']}/timeline")).json()
        assert "contact.updated" in {entry["kind"] for entry in timeline["data"]}
        audit = (await office.api.get("/v1/audit", params={"subject_id": marta})).json()["data"]
        assert [entry["action"] for entry in audit] == ["portfolio.reassigned"] * 2


async def test_only_to_an_active_colleague(office: Office, rival: Office) -> None:
    async with a_colleague(office, "salesperson") as (marta, api):
        path = f"/v1/users/{marta}/reassign"
        for to, code in ((marta, "reference.itself"), (str(rival.user_id), "reference.unknown")):
            refused = await office.api.post(path, json={"to_user_id": to})
            assert refused.status_code == 422
            fault = refused.json()["errors"][0]
            assert (fault["pointer"], fault["code"]) == ("/to_user_id", code)
        away = await office.api.post(
            f"/v1/users/{rival.user_id}/reassign", json={"to_user_id": marta}
        )
        assert away.status_code == 404
        assert (await api.post(path, json={"to_user_id": marta})).status_code == 403


async def test_open_actions_move_along_when_asked(office: Office) -> None:
    async with (
        a_colleague(office, "salesperson") as (marta, _),
        a_colleague(office, "salesperson") as (pau, his),
    ):
        contact = await a_contact(office, assigned_salesperson_id=marta)
        pending = await an_action(office, contact, assigned_to=marta)
        await complete(office, await an_action(office, contact, assigned_to=marta))
        await an_action(office, contact)
        path = f"/v1/users/{marta}/reassign"
        stayed = await office.api.post(path, json={"to_user_id": pau})
        assert stayed.json()["moved_action_count"] == 0
        body = {"to_user_id": pau, "with_actions": True}
        moved = await office.api.post(path, json=body)
        assert moved.json() == {
            "moved_count": 0, "left_count": 0, "moved_action_count": 1, "left_action_count": 0,
        }  # fmt: skip
        mine = await his.get("/v1/commercial-actions", params={"assigned_to": "me"})
        assert [one["id"] for one in mine.json()["data"]] == [pending["id"]]
    async with a_colleague(office, "viewer") as (reader, _):
        refused = await office.api.post(path, json={**body, "to_user_id": reader})
        assert refused.json()["errors"][0]["code"] == "assignee.permission"
