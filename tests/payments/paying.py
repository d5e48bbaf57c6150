"""Being paid on line: an organization the provider accepted, and clients who pay."""

import httpx

from app.kernel.identifiers import new_id
from app.payments.accounts import check as check_account
from tests.clients import Client, client_behind
from tests.factories import Json, a_sent_quote
from tests.fakes import FakeMail
from tests.fakes_payments import FakeProvider
from tests.offices import Office

ENROLMENT: Json = {
    "kind": "company",
    "registered_on": "2009-03-02",
    "representative": {
        "first_name": "Ana",
        "last_name": "Ruiz Soler",
        "email": "ana@varaderosol.example",
        "birth_date": "1979-05-14",
        "birth_country": "ES",
        "country": "ES",
        "nationalities": ["ES"],
    },
}


async def account_of(office: Office) -> Json:
    return dict((await office.api.get("/v1/payment-account")).json())


async def enroll(office: Office, provider: FakeProvider) -> str:
    """Have an organization accepted by the provider; give its wallet."""
    answer = await office.api.post("/v1/payment-account", json=ENROLMENT)
    assert answer.status_code == 200, answer.text
    (account,) = [key for key in provider.accounts if key.endswith(wallet_of(office))]
    provider.accept(account.removeprefix("acc-"))
    await refresh_account(office)
    return account.removeprefix("acc-")


def wallet_of(office: Office) -> str:
    return f"CF{office.organization_id.hex[-18:]}".upper()


async def refresh_account(office: Office) -> None:
    desk = office.worker.desk
    assert desk is not None
    await check_account(office.organization_id, desk)


async def a_payer(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, **changes: object
) -> tuple[Json, Client]:
    """Send an invoice, and give it with the client who got it."""
    kind = {"type": "invoice", **changes}
    document, _ = await a_sent_quote(office, None, None, **kind)
    return document, client_behind(anonymous, mail)


async def pay(client: Client, method: str = "card", **more: object) -> httpx.Response:
    nonce = (await client.see())["form_nonce"]
    return await client.api.post(
        f"{client.path}/payments",
        json={"method": method, "form_nonce": nonce, **more},
        headers={"Idempotency-Key": str(new_id())},
    )
