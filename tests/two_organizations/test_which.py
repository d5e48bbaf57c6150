"""A user of several organizations says which; nobody enters one that is not theirs."""

from uuid import UUID

import httpx

from app.kernel.identifiers import new_id
from app.organizations.models import Membership
from tests.factories import a_contact
from tests.offices import Office
from tests.organizations.people import role_id


async def join(office: Office, other: Office) -> None:
    """Make the admin of one office an admin of another, too."""
    membership = Membership(
        user_id=office.user_id,
        organization_id=other.organization_id,
        name="Joan Muestra",
        access_role_id=UUID(await role_id(other, "admin")),
        status="active",
        created_at=office.clock.now(),
        version=1,
    )
    async with office.container.database.transaction() as tx:
        tx.add(membership)


async def in_(
    office: Office, organization_id: object, path: str = "/v1/contacts"
) -> httpx.Response:
    return await office.api.get(path, headers={"Organization-Id": str(organization_id)})


async def test_whoever_belongs_to_several_says_which(office: Office, rival: Office) -> None:
    await join(office, rival)
    await a_contact(rival)
    answer = await office.api.get("/v1/contacts", headers={"Accept-Language": "en"})
    assert answer.status_code == 400
    told = answer.json()
    assert (told["code"], told["reason"]) == ("malformed_request", "organization_required")
    assert told["errors"][0]["pointer"] == "Organization-Id"
    assert "Organization-Id" in told["detail"]
    assert (await in_(office, office.organization_id)).json()["data"] == []
    assert len((await in_(office, rival.organization_id)).json()["data"]) == 1


async def test_a_foreign_organization_is_as_unknown_as_none(office: Office, rival: Office) -> None:
    made = await office.api.post("/v1/api-keys", json={"name": "Web", "scopes": ["contacts:read"]})
    key = {"Authorization": f"Bearer {made.json()['secret']}"}
    for credentials in ({}, key):
        answers = [
            await office.api.get("/v1/contacts", headers={"Organization-Id": named, **credentials})
            for named in (str(rival.organization_id), str(new_id()))
        ]
        assert [answer.status_code for answer in answers] == [404, 404]
        foreign, unknown = ({**answer.json(), "request_id": ""} for answer in answers)
        assert foreign == unknown
        assert foreign["code"] == "not_found"
        # Not theirs comes before not allowed.
        named = {"Organization-Id": str(rival.organization_id), **credentials}
        assert (await office.api.get("/v1/api-keys", headers=named)).status_code == 404


async def test_a_cursor_goes_on_in_its_organization_alone(office: Office, rival: Office) -> None:
    await join(office, rival)
    for one in (office, rival):
        for name in ("Ana", "Berta"):
            named = {"Organization-Id": str(one.organization_id)}
            draft = {"party_kind": "legal_entity", "legal_name": name, "roles": ["client"]}
            made = await office.api.post("/v1/contacts", json=draft, headers=named)
            assert made.status_code == 201, made.text
    first = (await in_(office, office.organization_id, "/v1/contacts?limit=1")).json()
    path = f"/v1/contacts?limit=1&cursor={first['next_cursor']}"
    answer = await in_(office, rival.organization_id, path)
    assert answer.status_code == 400
    assert answer.json()["code"] == "cursor_invalid"
    rest = (await in_(office, office.organization_id, path)).json()
    assert [row["display_name"] for row in rest["data"]] == ["Berta"]
