"""Who belongs to an organization, and what changing that does."""

import asyncio
from datetime import timedelta

import httpx

from tests.offices import Office
from tests.organizations.people import a_colleague, role_id

KEY = {"name": "Web", "scopes": ["contacts:read"]}


async def test_people_are_listed_with_their_role(office: Office) -> None:
    async with a_colleague(office, "salesperson", team="Palma") as (user_id, _):
        people = (await office.api.get("/v1/users")).json()["data"]
        assert people[0]["email"] == office.email
        told = next(one for one in people if one["id"] == user_id)
        assert (told["name"], told["team"], told["status"]) == ("Marta Ejemplo", "Palma", "active")
        assert told["access_role"]["name"] == "Comercial"
        assert (await office.api.get(f"/v1/users/{user_id}")).json() == told
        inactive = await office.api.get("/v1/users", params={"status": "inactive"})
        assert inactive.json()["data"] == []


async def test_a_new_role_counts_at_once_and_is_audited(office: Office) -> None:
    async with a_colleague(office, "viewer") as (user_id, api):
        assert (await api.post("/v1/contacts", json={})).status_code == 403
        body = {"access_role_id": await role_id(office, "administrative"), "team": "Ibiza"}
        changed = await office.api.patch(f"/v1/users/{user_id}", json=body)
        assert (changed.status_code, changed.json()["version"]) == (200, 2)
        assert (await api.post("/v1/contacts", json={})).status_code == 422
    entry = (await office.api.get("/v1/audit", params={"action": "user.changed"})).json()["data"][0]
    assert entry["subject_id"] == user_id
    assert {one["field"] for one in entry["changes"]} == {"access_role_id", "team"}


async def test_a_role_wants_a_recent_sign_in_and_a_name_does_not(office: Office) -> None:
    async with a_colleague(office, "viewer") as (user_id, _):
        office.clock.advance(timedelta(minutes=6))
        body = {"access_role_id": await role_id(office, "manager")}
        refused = await office.api.patch(f"/v1/users/{user_id}", json=body)
        assert (refused.status_code, refused.json()["reason"]) == (403, "recent_sign_in_required")
        named = await office.api.patch(f"/v1/users/{user_id}", json={"name": "Marta Prueba"})
        assert named.json()["name"] == "Marta Prueba"


async def test_deactivating_ends_sessions_and_keys(office: Office, rival: Office) -> None:
    async with a_colleague(office, "admin") as (user_id, api):
        secret = (await api.post("/v1/api-keys", json=KEY)).json()["secret"]
        by_key = {"Authorization": f"Bearer {secret}"}
        assert (await rival.api.get("/v1/contacts", headers=by_key)).status_code == 200
        done = await office.api.patch(f"/v1/users/{user_id}", json={"status": "inactive"})
        assert done.json()["status"] == "inactive"
        assert (await api.get("/v1/me")).status_code == 401
        assert (await rival.api.get("/v1/contacts", headers=by_key)).status_code == 401
        contact = {"party_kind": "individual", "first_name": "Ana", "roles": ["client"]}
        assigned = await office.api.post(
            "/v1/contacts", json={**contact, "assigned_salesperson_id": user_id}
        )
        assert assigned.status_code == 422
        back = await office.api.patch(f"/v1/users/{user_id}", json={"status": "active"})
        assert back.json()["status"] == "active"
        assert (await api.get("/v1/me")).status_code == 401, "the old sessions stay closed"


async def test_the_last_admin_stays_one(office: Office) -> None:
    path = f"/v1/users/{office.user_id}"
    for body in ({"status": "inactive"}, {"access_role_id": await role_id(office, "viewer")}):
        refused = await office.api.patch(path, json=body)
        assert (refused.status_code, refused.json()["reason"]) == (409, "last_admin")


async def test_of_two_admins_who_demote_each_other_one_stays(office: Office) -> None:
    async with a_colleague(office, "admin") as (user_id, api):
        body = {"access_role_id": await role_id(office, "viewer")}
        answers = await asyncio.gather(
            office.api.patch(f"/v1/users/{user_id}", json=body),
            api.patch(f"/v1/users/{office.user_id}", json=body),
        )
        assert sorted(answer.status_code for answer in answers) in ([200, 403], [200, 409])


async def test_nobody_gives_or_takes_more_than_they_hold(office: Office) -> None:
    key = {"name": "Web", "scopes": ["users:read", "users:write"]}
    secret = (await office.api.post("/v1/api-keys", json=key)).json()["secret"]
    bearer = {"Authorization": f"Bearer {secret}"}
    async with a_colleague(office, "viewer") as (user_id, _):
        body = {"access_role_id": await role_id(office, "admin")}
        refused = await office.api.patch(f"/v1/users/{user_id}", json=body, headers=bearer)
        assert refused.status_code == 403
        named = await office.api.patch(f"/v1/users/{user_id}", json={"team": "X"}, headers=bearer)
        assert named.status_code == 200


async def test_a_role_that_is_not_there_is_named(office: Office, rival: Office) -> None:
    async with a_colleague(office, "viewer") as (user_id, _):
        body = {"access_role_id": await role_id(rival, "viewer")}
        refused = await office.api.patch(f"/v1/users/{user_id}", json=body)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["pointer"] == "/access_role_id"


async def test_only_who_may_sees_and_changes_people(
    office: Office, anonymous: httpx.AsyncClient
) -> None:
    async with a_colleague(office, "salesperson") as (user_id, api):
        assert (await api.get("/v1/users")).status_code == 403
        assert (await api.patch(f"/v1/users/{user_id}", json={"name": "Yo"})).status_code == 403
    assert (await anonymous.get("/v1/users")).status_code == 401
