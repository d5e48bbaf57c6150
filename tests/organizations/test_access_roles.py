"""The roles an organization begins with, and those it makes itself."""

import pytest

from app.kernel.actor import Permission
from tests.factories import Json
from tests.offices import Office
from tests.organizations.people import a_colleague, role_id

ROLE: Json = {"name": "Taller", "permissions": ["contacts:read"], "visibility": "own"}


async def a_role(office: Office, **changes: object) -> Json:
    answer = await office.api.post("/v1/access-roles", json={**ROLE, **changes})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_an_organization_begins_with_five(office: Office) -> None:
    roles = (await office.api.get("/v1/access-roles")).json()["data"]
    told = {one["template"]: (one["visibility"], one["holder_count"]) for one in roles}
    assert told == {
        "admin": ("all", 1),
        "manager": ("all", 0),
        "administrative": ("all", 0),
        "salesperson": ("own", 0),
        "viewer": ("all", 0),
    }
    admin = next(one for one in roles if one["template"] == "admin")
    assert set(admin["permissions"]) == {permission.value for permission in Permission}


async def test_a_role_of_its_own_decides_at_once(office: Office) -> None:
    role = await a_role(office)
    path = f"/v1/access-roles/{role['id']}"
    async with a_colleague(office, role["id"]) as (_, api):
        me = (await api.get("/v1/me")).json()
        assert me["permissions"] == ["contacts:read"]
        assert me["memberships"][0]["role"] == "custom"
        assert (await api.get("/v1/documents")).status_code == 403
        wider = {"permissions": ["contacts:read", "documents:read"], "visibility": "all"}
        changed = await office.api.patch(path, json=wider)
        assert (changed.status_code, changed.json()["version"]) == (200, 2)
        assert (await api.get("/v1/documents")).status_code == 200
        used = await office.api.delete(path)
        assert (used.status_code, used.json()["reason"]) == (409, "role_in_use")
    told = (await office.api.get("/v1/audit", params={"subject_id": role["id"]})).json()["data"]
    assert [one["action"] for one in told] == ["access_role.changed", "access_role.created"]


async def test_an_offered_role_stays_until_the_offer_is_withdrawn(office: Office) -> None:
    role = await a_role(office)
    body = {"email": "marta@taller.example", "name": "Marta", "access_role_id": role["id"]}
    invitation = (await office.api.post("/v1/invitations", json=body)).json()
    path = f"/v1/access-roles/{role['id']}"
    assert (await office.api.delete(path)).json()["reason"] == "role_in_use"
    offer = f"/v1/invitations/{invitation['id']}"
    assert (await office.api.delete(offer)).status_code == 204
    assert (await office.api.delete(path)).status_code == 204
    assert (await office.api.get(path)).status_code == 404
    assert (await office.api.get(offer)).json()["access_role"] is None


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_the_admin_role_is_fixed(office: Office, method: str) -> None:
    path = f"/v1/access-roles/{await role_id(office, 'admin')}"
    body = {"name": "Dueño"} if method == "PATCH" else None
    refused = await office.api.request(method, path, json=body)
    assert (refused.status_code, refused.json()["reason"]) == (409, "role_fixed")


async def test_two_roles_have_two_names(office: Office) -> None:
    await a_role(office)
    again = await office.api.post("/v1/access-roles", json=ROLE)
    assert (again.status_code, again.json()["code"]) == (409, "duplicate")


@pytest.mark.parametrize(
    "beyond", [{"permissions": ["documents:send"]}, {"visibility": "all"}, {"visibility": "team"}]
)
async def test_nobody_defines_more_than_they_hold(office: Office, beyond: Json) -> None:
    held = ["users:read", "users:write", "contacts:read"]
    own = await a_role(office, name="Personal", permissions=held)
    small = await a_role(office)
    async with a_colleague(office, own["id"]) as (_, api):
        refused = await api.post("/v1/access-roles", json={**ROLE, "name": "Más", **beyond})
        assert (refused.status_code, refused.json()["reason"]) == (403, "permission_missing")
        widened = await api.patch(f"/v1/access-roles/{small['id']}", json=beyond)
        assert widened.status_code == 403
        within = await api.patch(f"/v1/access-roles/{small['id']}", json={"name": "Menos"})
        assert within.status_code == 200
        manager = await role_id(office, "manager")
        cut = await api.patch(f"/v1/access-roles/{manager}", json={"permissions": []})
        assert cut.status_code == 403
