"""What a caller has is not sent again; what moved without its version is."""

from datetime import timedelta

import pytest

from tests.factories import a_quote, an_issued_quote
from tests.fakes import FixedClock
from tests.offices import Office


async def paths_of(office: Office) -> list[str]:
    series = (await office.api.get("/v1/number-series")).json()["data"][0]
    return [
        "/v1/organization",
        f"/v1/documents/{(await a_quote(office))['id']}",
        f"/v1/number-series/{series['id']}",
    ]


async def test_the_version_a_caller_has_is_not_sent_again(office: Office) -> None:
    for path in await paths_of(office):
        whole = await office.api.get(path)
        etag = whole.headers["etag"]
        for known in (etag, f"W/{etag}", "*", f'"other", {etag}'):
            answer = await office.api.get(path, headers={"If-None-Match": known})
            assert answer.status_code == 304, path
            assert answer.content == b""
            assert answer.headers["etag"] == etag
            assert "content-type" not in answer.headers
            assert answer.headers["vary"] == whole.headers["vary"] == "Accept-Language"
        for other in ('"999999"', "7", ""):
            answer = await office.api.get(path, headers={"If-None-Match": other})
            assert answer.status_code == 200, path
            assert answer.content == whole.content


async def test_a_change_is_sent(office: Office) -> None:
    path = "/v1/organization"
    known = {"If-None-Match": (await office.api.get(path)).headers["etag"]}
    assert (await office.api.get(path, headers=known)).status_code == 304
    await office.api.patch(path, json={"footer": "Cerrado en marzo"})
    answer = await office.api.get(path, headers=known)
    assert answer.status_code == 200
    assert answer.json()["footer"] == "Cerrado en marzo"


@pytest.mark.parametrize("moved", ["day", "contact"])
async def test_what_moved_without_its_version_is_sent(
    office: Office, clock: FixedClock, moved: str
) -> None:
    quote = await an_issued_quote(office)
    path = f"/v1/documents/{quote['id']}"
    known = {"If-None-Match": (await office.api.get(path)).headers["etag"]}
    assert (await office.api.get(path, headers=known)).status_code == 304
    clock.advance(timedelta(days=1))
    assert (await office.api.get(path, headers=known)).status_code == 304
    if moved == "day":
        clock.advance(timedelta(days=60))
    else:
        name = {"legal_name": "Otro Nombre, S.L."}
        renamed = await office.api.patch(f"/v1/contacts/{quote['contact']['id']}", json=name)
        assert renamed.status_code == 200, renamed.text
    answer = await office.api.get(path, headers=known)
    assert answer.status_code == 200
    assert answer.headers["etag"] == known["If-None-Match"]
    told = answer.json()
    assert ("expired" in told["badges"]) == (moved == "day")
    assert (told["contact"]["display_name"] == "Otro Nombre, S.L.") == (moved == "contact")


async def test_what_shows_more_than_its_version_is_always_sent(office: Office) -> None:
    """A key tells when it was last used, a person the name of their role, and so on."""
    key = {"name": "Web", "scopes": ["settings:read"]}
    made = (await office.api.post("/v1/api-keys", json=key)).json()
    path = f"/v1/api-keys/{made['id']}"
    known = {"If-None-Match": (await office.api.get(path)).headers["etag"]}
    used = {"Authorization": f"Bearer {made['secret']}"}
    assert (await office.api.get("/v1/organization", headers=used)).status_code == 200
    answer = await office.api.get(path, headers=known)
    assert answer.status_code == 200
    assert answer.json()["last_used_at"] is not None
    paths = office.app.openapi()["paths"]
    told = {
        path
        for path, item in paths.items()
        if "304" in item.get("get", {"responses": ()})["responses"]
    }
    for resource in (
        "users/{user_id}", "invitations/{invitation_id}", "payments/{payment_id}",
        "contacts/{contact_id}", "commercial-actions/{action_id}",
    ):  # fmt: skip
        assert f"/v1/{resource}" in paths
        assert f"/v1/{resource}" not in told
    assert {"/v1/organization", "/v1/documents/{document_id}"} <= told
