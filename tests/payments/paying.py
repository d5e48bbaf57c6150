"""Being paid on line: an organization the provider accepted, and clients who pay."""

from datetime import timedelta
from urllib.parse import quote, urlencode

import httpx

from app.kernel.identifiers import new_id
from app.payments.accounts import check as check_account
from app.payments.movements import MoneyInState
from app.payments.tasks import CheckPayment, HandleCall
from app.worker import schedules_of
from tests.clients import Client, client_behind
from tests.factories import Json, a_sent_quote
from tests.fakes import FakeMail
from tests.fakes_payments import FakeProvider
from tests.jobs_done import do_jobs
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


async def fresh(office: Office, document: Json) -> Json:
    return dict((await office.api.get(f"/v1/documents/{document['id']}")).json())


async def payments_of(office: Office, document: Json) -> list[Json]:
    answer = await office.api.get(f"/v1/documents/{document['id']}/payments")
    return list(answer.json()["data"])


async def sweep_payments(office: Office) -> None:
    """Let a minute pass, as no call of the provider came."""
    office.clock.advance(timedelta(minutes=1))
    (look,) = [one for one in schedules_of(office.worker) if one.name == "payments.sweep"]
    await look.sweep()
    await do_jobs(office, CheckPayment)


async def hear(
    office: Office,
    anonymous: httpx.AsyncClient,
    wallet: str,
    transaction_id: str,
    *,
    minute: int = 5,
    category: str = "10",
) -> None:
    """Let the provider call about money, twice, and the worker look."""
    fields = {
        "NotifCategory": category,
        "NotifDate": f"2026-11-24T11:{minute:02}:09.120",
        "IntId": "913",
        "ExtId": wallet,
        "IdTransaction": transaction_id,
        "Amount": "999999.00",
        "Status": "0",
    }
    path = hook_of(office)
    assert (await anonymous.post(path, data=fields)).status_code == 200
    assert (await anonymous.get(f"{path}?{urlencode(fields)}")).status_code == 200
    await do_jobs(office, HandleCall)


def hook_of(office: Office) -> str:
    """Give the address that the provider calls."""
    secret = office.container.settings.lemonway_hook_secret
    assert secret is not None
    return f"/hooks/lemonway/{quote(secret.get_secret_value())}"


async def a_paid_invoice(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> tuple[Json, Json]:
    """Have an invoice paid by card; give it and its payment."""
    if not provider.accounts:
        await enroll(office, provider)
    document, client = await a_payer(office, anonymous, mail)
    assert (await pay(client)).status_code == 201
    provider.move(provider.orders[-1].reference, MoneyInState.SUCCEEDED)
    await sweep_payments(office)
    (payment,) = await payments_of(office, document)
    assert payment["state"] == "succeeded"
    return document, payment
