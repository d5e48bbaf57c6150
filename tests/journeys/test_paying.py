"""Being paid as organizations and their clients live it."""

import httpx

from app.payments.movements import MoneyInState
from tests.clients import Client
from tests.factories import Json
from tests.fakes import FakeMail
from tests.fakes_payments import FakeProvider
from tests.offices import Office
from tests.payments.paying import (
    a_payer,
    enroll,
    fresh,
    hear,
    pay,
)

WHOLE, PART = 100_000, 40_000
LINE = {
    "description": "Varada",
    "quantity": "1",
    "unit": "ud",
    "unit_price": "1000",
    "tax_rate": "0",
}


async def an_invoice_of_1000(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> tuple[Json, Client]:
    line = {**LINE, "tax_treatment": "exempt", "exemption_cause": "E1"}
    return await a_payer(office, anonymous, mail, lines=[line], due_date="2026-12-24")


async def pay_400_by_card(
    office: Office,
    anonymous: httpx.AsyncClient,
    provider: FakeProvider,
    wallet: str,
    client: Client,
) -> str:
    """Pay a part by card, the provider calling three times; give the transaction."""
    begun = await pay(client, amount={"amount": PART})
    assert begun.status_code == 201, begun.text
    paid = provider.move(provider.orders[-1].reference, MoneyInState.SUCCEEDED)
    for minute in (5, 6, 7):
        await hear(office, anonymous, wallet, paid.transaction_id, minute=minute)
    return paid.transaction_id


async def test_09_pagar_comes_with_the_acceptance_of_the_organization(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    document, client = await a_payer(office, anonymous, mail)
    assert document["can_pay"] is False
    refused = await pay(client)
    assert (refused.status_code, refused.json()["reason"]) == (409, "payments_not_enabled")
    await enroll(office, provider)
    assert (await fresh(office, document))["can_pay"] is True
    assert "pay" in (await client.see())["allowed_actions"]
