"""Who sees some rows only finds nothing of the others: not in lists, by id, or by a change."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from app.kernel.actor import Permission
from tests.factories import CONTACT, Json, a_contact, a_quote, an_issued_quote
from tests.fakes import FakeMail
from tests.offices import Office
from tests.organizations.people import a_colleague
from tests.two_organizations.test_sweep import (
    World,
    a_world,
    body_of,
    filled,
    names_in,
    operations_of,
)

ADMINISTRATIVE = {
    "user_id", "api_key_id", "series_id", "invitation_id", "access_role_id",
    "email_template_id", "issuer_profile_id", "layout_id", "action_kind_id", "paper_id",
    "payout_account_id", "payout_id", "operation_id", "file_id", "policy_id",
}  # fmt: skip
"""Ids of what belongs to the organization, or to whoever made it, and to no salesperson."""

Person = tuple[str, httpx.AsyncClient]


async def a_role(office: Office, visibility: str) -> str:
    """Define a role that may do everything, to what it sees."""
    every = [permission.value for permission in Permission]
    body = {"name": f"Todo, {visibility}", "permissions": every, "visibility": visibility}
    answer = await office.api.post("/v1/access-roles", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


@pytest.fixture
async def marta(office: Office) -> AsyncIterator[Person]:
    """A salesperson who may do everything to what is hers."""
    async with a_colleague(office, await a_role(office, "own"), team="Palma") as person:
        yield person


@pytest.fixture
async def theirs(office: Office, anonymous: httpx.AsyncClient, mail: FakeMail) -> World:
    """Something of every kind, of another salesperson's contact."""
    world = await a_world(office, anonymous, mail)
    contact = world.ids["contact_id"][0]
    body = {"assigned_salesperson_id": str(office.user_id)}
    assert (await office.api.patch(f"/v1/contacts/{contact}", json=body)).status_code == 200
    return world


def rows_of(world: World) -> set[str]:
    return {
        one for name, several in world.ids.items() if name not in ADMINISTRATIVE for one in several
    }


def swept(world: World) -> list[tuple[str, str, dict[str, Any]]]:
    """Give every operation on a row that belongs to a salesperson, filled in."""
    return [
        (method, address, operation)
        for method, path, operation in operations_of(world.office)
        if names_in(path) and not ADMINISTRATIVE & set(names_in(path))
        for address in filled(path, world)
    ]


async def test_no_operation_opens_anothers(theirs: World, marta: Person) -> None:
    _, api = marta
    operations = swept(theirs)
    assert len(operations) > 25
    for method, address, operation in operations:
        answer = await api.request(method, address, json=body_of(operation))
        told = f"{method} {address}: {answer.status_code} {answer.text}"
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), told


async def test_no_list_or_count_shows_anothers(theirs: World, marta: Person) -> None:
    _, api = marta
    contact, names = theirs.ids["contact_id"][0], []
    for method, path, operation in operations_of(theirs.office):
        if method != "GET" or names_in(path):
            continue
        answer = await api.get(path)
        assert answer.status_code in {200, 404}, f"{path}: {answer.text}"
        names += [f"{path}: {one}" for one in rows_of(theirs) if one in answer.text]
        for parameter in operation.get("parameters", ()):
            if parameter["name"] == "contact_id":
                narrowed = (await api.get(path, params={"contact_id": contact})).json()
                assert not narrowed.get("data"), path
                assert not narrowed.get("total"), path
    assert names == []
    told = (await api.get("/v1/notices/count")).json()["by_kind"]
    assert {kind.partition(".")[0] for kind in told} <= {"payment_account", "payout_account"}
    assert (await api.get("/v1/documents/count")).json()["total"] == 0
    found = await api.get("/v1/contacts", params={"q": CONTACT["legal_name"]})
    assert found.json()["data"] == []


async def test_the_same_opens_for_its_own_salesperson(theirs: World, marta: Person) -> None:
    """Without this the sweep could pass on addresses that nobody can open."""
    user_id, api = marta
    contact = theirs.ids["contact_id"][0]
    body = {"assigned_salesperson_id": user_id}
    moved = await theirs.office.api.patch(f"/v1/contacts/{contact}", json=body)
    assert moved.status_code == 200
    for method, address, _ in swept(theirs):
        if method == "GET":
            answer = await api.get(address)
            assert answer.status_code != 404, f"{address}: {answer.text}"
    assert (await api.get("/v1/notices/count")).json()["total"] > 0


async def test_a_team_sees_what_is_its_members(office: Office, marta: Person) -> None:
    user_id, _ = marta
    hers = await a_contact(office, assigned_salesperson_id=user_id)
    role = await a_role(office, "team")
    seen = {}
    for team in ("Palma", "Ibiza", None):
        async with a_colleague(office, role, team=team) as (_, api):
            seen[team] = (await api.get(f"/v1/contacts/{hers['id']}")).status_code
            listed = (await api.get("/v1/contacts")).json()["data"]
            assert [one["id"] for one in listed] == ([hers["id"]] if team == "Palma" else [])
    assert seen == {"Palma": 200, "Ibiza": 404, None: 404}


async def test_a_document_of_ones_own_opens_though_its_contact_does_not(
    office: Office, marta: Person
) -> None:
    user_id, api = marta
    contact = await a_contact(office)
    draft = await a_quote(office, contact, salesperson_id=user_id)
    path = f"/v1/documents/{draft['id']}"
    assert (await api.get(path)).status_code == 200
    assert (await api.post(f"{path}/issue")).status_code == 200
    assert (await api.get(f"{path}/pdf")).status_code == 200
    assert (await api.post(f"{path}/dispatches", json={})).status_code == 201
    assert [one["id"] for one in (await api.get("/v1/documents")).json()["data"]] == [draft["id"]]
    assert (await api.get(f"/v1/contacts/{contact['id']}")).status_code == 404


async def test_what_one_enters_is_ones_own_and_stays(office: Office, marta: Person) -> None:
    user_id, api = marta
    made = await api.post("/v1/contacts", json=CONTACT)
    assert (made.status_code, made.json()["assigned_salesperson_id"]) == (201, user_id)
    path = f"/v1/contacts/{made.json()['id']}"
    for owner in (str(office.user_id), None):
        refused = await api.patch(path, json={"assigned_salesperson_id": owner})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "/assigned_salesperson_id"
    quote = {"type": "quote", "contact_id": made.json()["id"], "title": "Antifouling"}
    assert (await api.post("/v1/documents", json=quote)).status_code == 201


async def test_a_tax_id_in_use_names_nobody_one_does_not_see(office: Office, marta: Person) -> None:
    _, api = marta
    theirs = (await office.api.post("/v1/contacts", json=CONTACT)).json()
    refused = await api.post("/v1/contacts", json=CONTACT)
    assert (refused.status_code, refused.json()["code"]) == (409, "duplicate")
    assert theirs["id"] not in refused.text


async def test_a_contact_one_does_not_see_is_none_to_write_for(
    office: Office, marta: Person
) -> None:
    _, api = marta
    theirs: Json = await a_contact(office)
    for method, address, body in (
        ("POST", "/v1/documents", {"type": "quote", "contact_id": theirs["id"], "title": "X"}),
        ("POST", "/v1/contacts", {**CONTACT, "tax_id": None, "parent_contact_id": theirs["id"]}),
        ("POST", "/v1/vessels", {"name": "Brisa", "owner_id": theirs["id"]}),
    ):
        refused = await api.request(method, address, json=body)
        assert refused.status_code == 422, refused.text
        assert refused.json()["errors"][0]["code"] == "reference.unknown"


async def test_a_vessel_of_nobody_is_entered_by_who_sees_all(marta: Person) -> None:
    """Nobody else would see it again."""
    _, api = marta
    refused = await api.post("/v1/vessels", json={"name": "Brisa"})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["pointer"] == "/owner_id"


async def test_who_sees_some_rows_makes_no_key_that_sees_all(marta: Person) -> None:
    _, api = marta
    refused = await api.post("/v1/api-keys", json={"name": "Web", "scopes": ["contacts:read"]})
    assert (refused.status_code, refused.json()["reason"]) == (403, "permission_missing")


async def test_the_clients_answer_reaches_its_salesperson(office: Office, marta: Person) -> None:
    user_id, api = marta
    contact = await a_contact(office, assigned_salesperson_id=user_id)
    document = await an_issued_quote(office, contact)
    decision = {"decision": "accepted", "told_by": "Ana", "note": "Por teléfono"}
    told = await api.post(f"/v1/documents/{document['id']}/decisions", json=decision)
    assert told.status_code in {200, 201}
    timeline = await api.get(f"/v1/contacts/{contact['id']}/timeline")
    assert "document.accepted" in timeline.text
