"""From a deposit paid on the phone to the invoice of the rest."""

import httpx

from app.payments.movements import MoneyInState
from tests.clients import client_behind
from tests.documents.test_converting import by_rate, convert, issue
from tests.fakes import FakeMail
from tests.fakes_payments import FakeProvider
from tests.invariants.checking import violations
from tests.offices import Office
from tests.payments.paying import a_payer, enroll, fresh, hear, pay


async def test_13_a_deposit_accepts_the_quote_and_drafts_its_advance_invoice(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    wallet = await enroll(office, provider)
    quote, client = await a_payer(office, anonymous, mail, type="quote", deposit_percent="30.00")
    deposit = {"amount": 3267, "currency": "EUR"}
    assert (await pay(client, amount=deposit)).status_code == 201
    paid = provider.move(provider.orders[-1].reference, MoneyInState.SUCCEEDED)
    await hear(office, anonymous, wallet, paid.transaction_id)

    quote = await fresh(office, quote)
    assert (quote["decision"], quote["payment_state"]) == ("accepted", "partially_paid")
    decisions = (await office.api.get(f"/v1/documents/{quote['id']}/decisions")).json()["data"]
    assert [(one["actor_kind"], one["channel"]) for one in decisions] == [("payment", "payment")]
    (link,) = quote["links"]
    assert (link["kind"], link["issue_state"], link["total"]) == ("advance_of", "draft", deposit)
    notices = (await office.api.get("/v1/notices?reviewed=false")).json()["data"]
    assert [one["kind"] for one in notices].count("payment.received") == 1

    advance = await issue(office, await fresh(office, link))
    assert (advance["payment_state"], advance["amount_due"]["amount"]) == ("paid", 0)
    pdf = await office.api.get(f"/v1/documents/{advance['id']}/pdf")
    assert pdf.status_code == 200
    rest = await issue(office, await convert(office, quote, to="invoice"))
    assert rest["amount_due"]["amount"] == quote["amount_due"]["amount"]
    assert by_rate([advance, rest]) == by_rate([quote])

    sent = await office.api.post(
        f"/v1/documents/{rest['id']}/dispatches", json={}, headers={"Idempotency-Key": "rest"}
    )
    assert sent.status_code == 201, sent.text
    await office.deliver()
    assert (await client.see())["reasons"]["pay"] == "document_converted"
    assert (await pay(client_behind(anonymous, mail))).status_code == 201
    paid = provider.move(provider.orders[-1].reference, MoneyInState.SUCCEEDED)
    await hear(office, anonymous, wallet, paid.transaction_id, minute=9)
    assert (await fresh(office, rest))["payment_state"] == "paid"
    assert await violations(office) == []
