"""Inviting somebody: the mail, the one use of its link, the two kinds of account."""

from datetime import timedelta

import httpx
import pytest
from sqlalchemy import text

from app.mail.ports import Failure, MailError
from app.organizations.mailing import SendInvitation
from app.worker import handlers_of
from tests.factories import Json
from tests.fakes import FakeMail
from tests.offices import PASSWORD, Office
from tests.organizations.people import (
    a_colleague,
    do_jobs,
    mailed_text,
    mailed_token,
    role_id,
    sign_in,
)


async def an_invitation(office: Office, email: str, **changes: object) -> Json:
    body = {"email": email, "name": "Marta", "access_role_id": await role_id(office, "salesperson")}
    answer = await office.api.post("/v1/invitations", json={**body, **changes})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def accept(api: httpx.AsyncClient, token: str, password: str = PASSWORD) -> httpx.Response:
    return await api.post(f"/v1/invitations/{token}/accept", json={"password": password})


@pytest.fixture
def email(office: Office) -> str:
    return f"marta-{office.organization_id}@taller.example"


async def test_who_is_invited_chooses_a_password_and_belongs(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, email: str
) -> None:
    invitation = await an_invitation(office, email.upper(), team="Palma")
    assert (invitation["status"], invitation["mail_state"]) == ("pending", "queued")
    assert await do_jobs(office, SendInvitation) == 1
    assert mail.sent[-1].recipient == email
    shown = (await office.api.get(f"/v1/invitations/{invitation['id']}")).json()
    assert shown["mail_state"] == "sent"
    token = mailed_token(mail)
    assert token not in str(shown)
    answer = await accept(anonymous, token)
    assert answer.status_code == 200, answer.text
    assert answer.json()["organization_id"] == str(office.organization_id)
    tokens = (await sign_in(anonymous, email)).json()
    me = await anonymous.get(
        "/v1/me", headers={"Authorization": f"Bearer {tokens['access_token']}"}
    )
    held = me.json()["memberships"][0]
    assert (held["role"], held["team"], held["visibility"]) == ("salesperson", "Palma", "own")
    again = await accept(anonymous, token, "otra frase larga")
    assert again.status_code == 404
    assert again.json()["instance"] == ""
    told = (await office.api.get("/v1/audit")).json()["data"]
    assert [one["action"] for one in told] == ["invitation.accepted", "invitation.created"]


async def test_the_database_never_holds_the_secret(
    office: Office, mail: FakeMail, email: str
) -> None:
    await an_invitation(office, email)
    await do_jobs(office, SendInvitation)
    async with office.worker.database.transaction(office.organization_id) as tx:
        for table in ("invitations", "mailed_tokens", "pgqueuer", "audit_entries"):
            rows = await tx.scalars(text(f"select t::text from {table} t"))  # noqa: S608 - our names
            assert not [row for row in rows if mailed_token(mail) in row], table


async def test_an_account_there_is_joins_with_its_own_password(
    office: Office, rival: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    await an_invitation(office, rival.email)
    await do_jobs(office, SendInvitation)
    token = mailed_token(mail)
    refused = await accept(anonymous, token, "una que no es la suya")
    assert (refused.status_code, refused.json()["reason"]) == (401, "account_exists")
    assert (await accept(anonymous, token)).status_code == 200
    chosen = {"Organization-Id": str(office.organization_id)}
    held = (await rival.api.get("/v1/me", headers=chosen)).json()["memberships"]
    assert {one["role"] for one in held} == {"admin", "salesperson"}


async def test_a_try_that_failed_leaves_only_the_last_link(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, email: str
) -> None:
    await an_invitation(office, email)
    await do_jobs(office, SendInvitation)
    first = mailed_token(mail)
    invitation = (await office.api.get("/v1/invitations")).json()["data"][0]
    again = await office.api.post(f"/v1/invitations/{invitation['id']}/resend")
    assert (again.status_code, again.json()["mail_state"]) == (200, "queued")
    temporary = MailError(Failure.TEMPORARY, code=451, text="later", host="relay.example")
    mail.failures = [temporary]
    with pytest.raises(MailError):
        await do_jobs(office, SendInvitation)
    again = await office.api.post(f"/v1/invitations/{invitation['id']}/resend")
    assert await do_jobs(office, SendInvitation) == 1
    assert (await accept(anonymous, first)).status_code == 404
    assert (await accept(anonymous, mailed_token(mail))).status_code == 200


async def test_an_address_that_is_refused_for_good_is_told(
    office: Office, mail: FakeMail, email: str
) -> None:
    invitation = await an_invitation(office, email)
    unknown = MailError(Failure.NO_SUCH_ADDRESS, code=550, text="no such user", host="relay")
    mail.failures = [unknown]
    await do_jobs(office, SendInvitation)
    shown = await office.api.get(f"/v1/invitations/{invitation['id']}")
    assert shown.json()["mail_state"] == "failed"


async def test_it_is_sent_once(office: Office, mail: FakeMail, email: str) -> None:
    invitation = await an_invitation(office, email)
    await do_jobs(office, SendInvitation)
    job = SendInvitation(office.organization_id, invitation["id"])
    await handlers_of(office.worker)[SendInvitation](job)
    assert len(mail.sent) == 1


async def test_after_seven_days_the_link_is_gone(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, email: str
) -> None:
    invitation = await an_invitation(office, email)
    await do_jobs(office, SendInvitation)
    office.clock.advance(timedelta(days=7))
    answer = await accept(anonymous, mailed_token(mail))
    assert (answer.status_code, answer.json()["code"]) == (410, "link_expired")
    shown = await office.api.get(f"/v1/invitations/{invitation['id']}")
    assert shown.json()["status"] == "expired"


async def test_what_is_withdrawn_opens_nothing(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, email: str
) -> None:
    invitation = await an_invitation(office, email)
    await do_jobs(office, SendInvitation)
    path = f"/v1/invitations/{invitation['id']}"
    assert (await office.api.delete(path)).status_code == 204
    assert (await accept(anonymous, mailed_token(mail))).status_code == 404
    assert (await office.api.get(path)).json()["status"] == "revoked"
    assert (await office.api.post(f"{path}/resend")).json()["reason"] == "invitation_closed"


async def test_members_and_the_invited_are_not_invited(office: Office, email: str) -> None:
    await an_invitation(office, email)
    viewer = await role_id(office, "viewer")
    for address, reason in ((office.email, "already_member"), (email, "already_invited")):
        body = {"email": address, "name": "Marta", "access_role_id": viewer}
        answer = await office.api.post("/v1/invitations", json=body)
        assert (answer.status_code, answer.json()["reason"]) == (409, reason)


async def test_nobody_invites_to_more_than_they_hold(office: Office, email: str) -> None:
    async with a_colleague(office, "manager") as (_, api):
        role = {"access_role_id": await role_id(office, "admin")}
        body = {"email": email, "name": "Marta", **role}
        assert (await api.post("/v1/invitations", json=body)).status_code == 403


async def test_hostile_names_are_words_in_the_letter(
    office: Office, mail: FakeMail, email: str
) -> None:
    name = '<img src=x onerror="alert(1)">{{ 7*7 }}'
    await an_invitation(office, email, name=name)
    await do_jobs(office, SendInvitation)
    html = mailed_text(mail, "html")
    assert "<img src=x" not in html
    assert "&lt;img src=x" in html
    assert name in mailed_text(mail)
    assert b"Auto-Submitted: auto-generated" in mail.sent[-1].content
