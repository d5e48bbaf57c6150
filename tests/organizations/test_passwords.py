"""A new password: by mail for who forgot the old one, or by who knows it."""

from datetime import timedelta

import httpx
from sqlalchemy import text

from app.organizations.mailing import SendPasswordReset
from tests.fakes import FakeMail
from tests.offices import PASSWORD, Office
from tests.organizations.people import (
    do_jobs,
    mailed_token,
    sign_in,
)

ASK = "/v1/auth/password-reset"
CONFIRM = f"{ASK}/confirm"
NEW = "otra frase, también larga"


async def queued(office: Office) -> int:
    async with office.worker.database.transaction() as tx:
        query = text("select count(*) from pgqueuer where entrypoint = :name")
        return int(await tx.scalar(query, {"name": SendPasswordReset.name}) or 0)


async def a_token(office: Office, anonymous: httpx.AsyncClient, mail: FakeMail) -> str:
    assert (await anonymous.post(ASK, json={"email": office.email})).status_code == 204
    assert await do_jobs(office, SendPasswordReset) == 1
    assert mail.sent[-1].recipient == office.email
    return mailed_token(mail)


async def test_the_mails_link_sets_a_password_once_and_ends_sessions(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    token = await a_token(office, anonymous, mail)
    body = {"token": token, "password": NEW}
    assert (await anonymous.post(CONFIRM, json=body)).status_code == 204
    assert (await office.api.get("/v1/me")).status_code == 401
    assert (await sign_in(anonymous, office.email)).status_code == 401
    tokens = (await sign_in(anonymous, office.email, NEW)).json()
    assert (await anonymous.post(CONFIRM, json=body)).status_code == 404
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    entry = (await anonymous.get("/v1/audit", headers=bearer)).json()["data"][0]
    assert (entry["action"], entry["subject_id"]) == ("password.reset", str(office.user_id))


async def test_an_unknown_address_is_answered_and_worked_for_alike(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    before = await queued(office)
    known = await anonymous.post(ASK, json={"email": office.email})
    nobody = await anonymous.post(ASK, json={"email": "nadie@taller.example"})
    assert (known.status_code, known.content) == (nobody.status_code, nobody.content)
    assert await queued(office) == before + 2
    assert await do_jobs(office, SendPasswordReset, everyones=True) >= 2
    assert [envelope.recipient for envelope in mail.sent] == [office.email]


async def test_only_the_last_link_works_and_for_an_hour(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    first = await a_token(office, anonymous, mail)
    last = await a_token(office, anonymous, mail)
    body = {"token": first, "password": NEW}
    assert (await anonymous.post(CONFIRM, json=body)).status_code == 404
    office.clock.advance(timedelta(hours=1))
    late = await anonymous.post(CONFIRM, json={"token": last, "password": NEW})
    assert (late.status_code, late.json()["code"]) == (410, "link_expired")


async def test_an_invitations_token_resets_nothing(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    token = await a_token(office, anonymous, mail)
    answer = await anonymous.post(f"/v1/invitations/{token}/accept", json={"password": NEW})
    assert answer.status_code == 404


async def test_who_knows_the_password_changes_it_and_stays_signed_in(
    office: Office, anonymous: httpx.AsyncClient
) -> None:
    other = (await sign_in(anonymous, office.email)).json()["access_token"]
    body = {"current_password": "no es esta", "new_password": NEW}
    refused = await office.api.post("/v1/auth/password", json=body)
    assert (refused.status_code, refused.json()["reason"]) == (401, "credentials_wrong")
    body["current_password"] = PASSWORD
    assert (await office.api.post("/v1/auth/password", json=body)).status_code == 204
    assert (await office.api.get("/v1/me")).status_code == 200
    ended = await anonymous.get("/v1/me", headers={"Authorization": f"Bearer {other}"})
    assert ended.status_code == 401
    assert (await sign_in(anonymous, office.email, NEW)).status_code == 200


async def test_a_short_password_is_refused(office: Office) -> None:
    body = {"current_password": PASSWORD, "new_password": "corta"}
    refused = await office.api.post("/v1/auth/password", json=body)
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/new_password")
