"""A second factor: turning it on, signing in with it, losing it, taking it off."""

import asyncio
from base64 import b32decode
from datetime import timedelta

import httpx
from sqlalchemy import text

from app.organizations import totp
from tests.factories import Json
from tests.offices import PASSWORD, Office

TOTP = "/v1/me/totp"


def code_of(office: Office, secret: str) -> str:
    return totp.code_at(b32decode(secret), office.clock.now())


async def turn_on(office: Office) -> tuple[str, list[str]]:
    """Turn the admin's second factor on; give the secret and the recovery codes."""
    secret = str((await office.api.post(TOTP)).json()["secret"])
    body = {"code": code_of(office, secret)}
    confirmed = await office.api.post(f"{TOTP}/confirm", json=body)
    assert confirmed.status_code == 200, confirmed.text
    office.clock.advance(timedelta(seconds=30))
    return secret, list(confirmed.json()["recovery_codes"])


async def log_in(api: httpx.AsyncClient, office: Office, code: str | None = None) -> httpx.Response:
    body: Json = {"email": office.email, "password": PASSWORD}
    if code is not None:
        body["totp_code"] = code
    return await api.post("/v1/auth/login", json=body)


async def reason_of(answer: httpx.Response) -> tuple[int, str, str]:
    told = answer.json()
    return answer.status_code, told["code"], told["reason"]


async def test_it_is_asked_for_once_a_code_was_confirmed(
    office: Office, anonymous: httpx.AsyncClient
) -> None:
    assert (await office.api.get(TOTP)).json()["status"] == "off"
    begun = (await office.api.post(TOTP)).json()
    assert begun["otpauth_uri"].startswith("otpauth://totp/Conforme:")
    assert (await office.api.get(TOTP)).json()["status"] == "pending"
    assert (await log_in(anonymous, office)).status_code == 200
    wrong = await office.api.post(f"{TOTP}/confirm", json={"code": "000000"})
    assert wrong.status_code == 422
    secret, codes = await turn_on(office)
    assert begun["secret"] != secret
    assert len(codes) == 10
    missing = await reason_of(await log_in(anonymous, office))
    assert missing == (401, "mfa_required", "second_factor_required")
    assert (await log_in(anonymous, office, code_of(office, secret))).status_code == 200
    told = (await office.api.get("/v1/audit")).json()["data"]
    assert told[0]["action"] == "second_factor.turned_on"


async def test_a_code_works_once_even_for_two_at_once(
    office: Office, anonymous: httpx.AsyncClient
) -> None:
    secret, _ = await turn_on(office)
    code = code_of(office, secret)
    answers = await asyncio.gather(*(log_in(anonymous, office, code) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [200, 401]
    again = await reason_of(await log_in(anonymous, office, code))
    assert again == (401, "mfa_required", "second_factor_wrong")
    office.clock.advance(timedelta(seconds=30))
    assert (await log_in(anonymous, office, code_of(office, secret))).status_code == 200


async def test_a_recovery_code_opens_once(office: Office, anonymous: httpx.AsyncClient) -> None:
    _, codes = await turn_on(office)
    assert (await log_in(anonymous, office, codes[0].lower())).status_code == 200
    assert (await log_in(anonymous, office, codes[0])).status_code == 401
    assert (await office.api.get(TOTP)).json()["recovery_codes_left"] == 9
    told = (await office.api.get("/v1/audit")).json()["data"]
    assert told[0]["action"] == "second_factor.recovered"


async def test_stepping_up_and_taking_it_off_want_it_too(
    office: Office, anonymous: httpx.AsyncClient
) -> None:
    secret, _ = await turn_on(office)
    office.clock.advance(timedelta(minutes=6))
    refused = await office.api.delete(TOTP)
    assert (refused.status_code, refused.json()["reason"]) == (403, "recent_sign_in_required")
    body = {"password": PASSWORD}
    bare = await reason_of(await office.api.post("/v1/auth/step-up", json=body))
    assert bare == (401, "mfa_required", "second_factor_required")
    body["totp_code"] = code_of(office, secret)
    assert (await office.api.post("/v1/auth/step-up", json=body)).status_code == 200
    stale = await office.api.delete(TOTP, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert (await office.api.delete(TOTP)).status_code == 204
    assert (await log_in(anonymous, office)).status_code == 200
    assert (await office.api.delete(TOTP)).status_code == 404
    told = (await office.api.get("/v1/audit")).json()["data"]
    assert told[0]["action"] == "second_factor.turned_off"


async def test_it_is_not_begun_again_while_it_is_on(office: Office) -> None:
    secret, _ = await turn_on(office)
    for path, body in ((TOTP, None), (f"{TOTP}/confirm", {"code": code_of(office, secret)})):
        refused = await office.api.post(path, json=body)
        assert (refused.status_code, refused.json()["reason"]) == (409, "second_factor_on")


async def test_secrets_rest_sealed_and_no_reply_is_repeated_with_them(office: Office) -> None:
    key = {"Idempotency-Key": "begin-once"}
    begun = (await office.api.post(TOTP, headers=key)).json()
    repeated = await office.api.post(TOTP, headers=key)
    assert repeated.headers["idempotency-replayed"] == "true"
    assert repeated.json() == {"secret": None, "otpauth_uri": None}
    secret = b32decode(begun["secret"])
    async with office.container.database.transaction(office.organization_id) as tx:
        for table in ("second_factors", "idempotent_replies", "audit_entries"):
            rows = await tx.scalars(text(f"select t::text from {table} t"))  # noqa: S608 - our names
            for row in rows:
                assert begun["secret"] not in row, table
                assert secret.hex() not in row, table


async def test_an_api_key_has_none(office: Office) -> None:
    key = {"name": "Web", "scopes": ["contacts:read"]}
    made = (await office.api.post("/v1/api-keys", json=key)).json()
    bearer = {"Authorization": f"Bearer {made['secret']}"}
    assert (await office.api.get(TOTP, headers=bearer)).json()["status"] == "off"
    refused = await office.api.post(TOTP, headers=bearer)
    assert (refused.status_code, refused.json()["reason"]) == (403, "recent_sign_in_required")
