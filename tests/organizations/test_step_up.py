"""Sensitive changes want a recent proof of who the user is."""

from datetime import timedelta

import httpx

from app.kernel.actor import Permission
from tests.offices import PASSWORD, Office
from tests.organizations.people import sign_in

KEY = {"name": "Web", "scopes": ["contacts:read"]}


async def refused(office: Office, **headers: str) -> bool:
    answer = await office.api.post("/v1/api-keys", json=KEY, headers=headers)
    if answer.status_code == 201:
        return False
    assert (answer.status_code, answer.json()["reason"]) == (403, "recent_sign_in_required")
    return True


async def test_a_sign_in_opens_sensitive_changes_for_five_minutes(office: Office) -> None:
    assert not await refused(office)
    office.clock.advance(timedelta(minutes=5))
    assert await refused(office)


async def test_stepping_up_opens_them_again(office: Office) -> None:
    office.clock.advance(timedelta(hours=1))
    answer = await office.api.post("/v1/auth/step-up", json={"password": PASSWORD})
    assert (answer.status_code, answer.json()) == (
        200, {"recent_until": "2026-11-24T10:05:00.000Z"},
    )  # fmt: skip
    assert not await refused(office)


async def test_another_password_opens_nothing(office: Office) -> None:
    office.clock.advance(timedelta(hours=1))
    answer = await office.api.post("/v1/auth/step-up", json={"password": "another phrase"})
    assert (answer.status_code, answer.json()["reason"]) == (401, "credentials_wrong")
    assert await refused(office)


async def test_refreshing_tokens_proves_nothing(
    office: Office, anonymous: httpx.AsyncClient
) -> None:
    tokens = (await sign_in(anonymous, office.email)).json()
    office.clock.advance(timedelta(minutes=6))
    body = {"refresh_token": tokens["refresh_token"]}
    fresh = (await anonymous.post("/v1/auth/refresh", json=body)).json()
    assert await refused(office, Authorization=f"Bearer {fresh['access_token']}")


async def test_stepping_up_is_one_sessions_own(
    office: Office, anonymous: httpx.AsyncClient
) -> None:
    office.clock.advance(timedelta(minutes=6))
    await sign_in(anonymous, office.email)
    assert await refused(office)


async def test_an_api_key_never_makes_another(office: Office) -> None:
    key = {"name": "Web", "scopes": [permission.value for permission in Permission]}
    secret = (await office.api.post("/v1/api-keys", json=key)).json()["secret"]
    bearer = f"Bearer {secret}"
    assert await refused(office, Authorization=bearer)
    answer = await office.api.post(
        "/v1/auth/step-up", json={"password": PASSWORD}, headers={"Authorization": bearer}
    )
    assert (answer.status_code, answer.json()["reason"]) == (403, "recent_sign_in_required")
