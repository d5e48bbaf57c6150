"""What a client paid too much is theirs: it pays another document, or goes back, and only once."""

import asyncio
from uuid import UUID

import httpx

from app.kernel.money import Money
from app.payments.client_credit import credit_of
from app.payments.movements import MoneyOutKind
from tests.factories import Json, a_contact, a_payment, an_issued_quote
from tests.fakes_payments import FakeProvider
from tests.invariants.checking import violations
from tests.offices import Office
from tests.payments.paying import enroll, fresh, hear

PAYABLE = 10890


async def two_invoices(office: Office, excess_minor: int) -> tuple[Json, Json]:
    """Have a client pay one invoice too much, and owe another."""
    contact = await a_contact(office)
    first = await an_issued_quote(office, contact, type="invoice")
    second = await an_issued_quote(office, contact, type="invoice")
    await a_payment(office, first, PAYABLE + excess_minor)
    return first, second


async def spend(office: Office, document: Json, amount_minor: int) -> httpx.Response:
    body = {"method": "credit", "amount": {"amount": amount_minor}}
    return await office.api.post(f"/v1/documents/{document['id']}/payments", json=body)


async def give_back(office: Office, payment: Json, **body: object) -> httpx.Response:
    return await office.api.post(f"/v1/payments/{payment['id']}/refunds", json=body)


async def credit(office: Office, document: Json) -> int:
    async with office.container.database.transaction(office.organization_id) as tx:
        held = await credit_of(tx, office.organization_id, UUID(document["contact"]["id"]))
    return held.amount_minor


async def due(office: Office, document: Json) -> int:
    return int((await fresh(office, document))["amount_due"]["amount"])


async def test_credit_pays_another_document_and_comes_back_from_it(office: Office) -> None:
    first, second = await two_invoices(office, 500)
    assert (await credit(office, first), await due(office, first)) == (500, -500)
    too_much = await spend(office, second, 501)
    assert (too_much.status_code, too_much.json()["errors"][0]["pointer"]) == (
        422,
        "/amount/amount",
    )
    spent = await spend(office, second, 300)
    assert (spent.status_code, spent.json()["method"]) == (201, "credit")
    assert (await credit(office, first), await due(office, first)) == (200, -200)
    assert await due(office, second) == PAYABLE - 300
    assert await violations(office) == []

    back = await give_back(office, spent.json(), amount={"amount": 100})
    assert (back.status_code, back.json()["state"]) == (201, "succeeded")
    assert (await credit(office, first), await due(office, second)) == (300, PAYABLE - 200)
    assert await violations(office) == []


async def test_what_paid_another_document_is_not_given_back_as_well(office: Office) -> None:
    first, second = await two_invoices(office, 500)
    assert (await spend(office, second, 400)).status_code == 201
    (payment,) = (await office.api.get(f"/v1/documents/{first['id']}/payments")).json()["data"]
    refused = await give_back(office, payment, amount={"amount": PAYABLE + 101})
    assert refused.status_code == 422
    given = await give_back(office, payment)
    assert given.json()["amount"]["amount"] == PAYABLE + 100
    assert (await credit(office, first), await due(office, first)) == (0, PAYABLE)
    assert (await fresh(office, first))["payment_state"] == "refunded"
    assert await violations(office) == []


async def test_credit_is_of_one_client_and_pays_no_more_than_is_due(office: Office) -> None:
    _, second = await two_invoices(office, PAYABLE + 1000)
    another = await an_issued_quote(office, type="invoice")
    for document, amount_minor in ((another, 1), (second, PAYABLE + 1)):
        answer = await spend(office, document, amount_minor)
        assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert (await spend(office, second, PAYABLE)).status_code == 201
    assert (await fresh(office, second))["payment_state"] == "paid"


async def test_the_same_credit_is_spent_once(office: Office) -> None:
    first, second = await two_invoices(office, 500)
    contact = {"id": first["contact"]["id"]}
    third = await an_issued_quote(office, contact, type="invoice")
    both = await asyncio.gather(*(spend(office, one, 500) for one in (second, third)))
    assert sorted(one.status_code for one in both) == [201, 422]
    assert await credit(office, first) == 0
    assert await violations(office) == []


async def test_money_that_left_after_its_credit_was_spent_is_a_loss(
    office: Office, anonymous: httpx.AsyncClient, provider: FakeProvider
) -> None:
    contact = await a_contact(office)
    first = await an_issued_quote(office, contact, type="invoice")
    second = await an_issued_quote(office, contact, type="invoice")
    wallet = await enroll(office, provider)
    wired = provider.wire(wallet, Money(PAYABLE + 500), "gracias")
    await hear(office, anonymous, wallet, wired.transaction_id)
    (waiting,) = (await office.api.get("/v1/unmatched-transfers")).json()["data"]
    path = f"/v1/unmatched-transfers/{waiting['id']}/match"
    assert (await office.api.post(path, json={"document_id": first["id"]})).status_code == 200
    assert (await spend(office, second, 500)).status_code == 201

    whole = Money(PAYABLE + 500)
    gone = provider.take_back(wired.transaction_id, whole, kind=MoneyOutKind.CHARGEBACK)
    await hear(office, anonymous, wallet, gone.transaction_id, category="14")
    assert (await due(office, first), await due(office, second)) == (PAYABLE, PAYABLE - 500)
    assert await credit(office, first) == 0
    assert await violations(office) == []
