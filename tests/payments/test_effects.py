"""What money brings about: an acceptance, one draft of an invoice, and nothing asked for twice."""

import asyncio
from uuid import UUID

import httpx
import pytest
from sqlalchemy.exc import IntegrityError

from app.documents.models import DocumentLink
from app.payments.movements import MoneyInState
from app.payments.tasks import CheckPayment
from app.worker import handlers_of
from tests.documents.test_converting import convert, issue, links_of
from tests.factories import LINE, Json, a_payment, an_issued_quote
from tests.fakes import FakeMail
from tests.fakes_payments import FakeProvider
from tests.invariants.checking import violations
from tests.offices import Office
from tests.payments.paying import a_payer, enroll, fresh, hear, pay, payments_of, sweep_payments

TOTAL = 10890


async def drafts_of(office: Office, document: Json) -> list[Json]:
    """Read the drafts that came out of a document."""
    related = (await fresh(office, document))["links"]
    found = [await fresh(office, one) for one in related if one["direction"] == "result"]
    return [one for one in found if one["issue_state"] == "draft"]


async def test_a_deposit_in_cash_accepts_the_quote_and_its_invoice_asks_for_nothing(
    office: Office,
) -> None:
    quote = await an_issued_quote(office)
    payment = await a_payment(office, quote, 3000)
    (draft,) = await drafts_of(office, quote)
    assert (draft["invoice_kind"], draft["total"]["amount"]) == ("advance", 3000)
    assert (draft["advances"]["amount"], draft["amount_due"]["amount"]) == (3000, 0)
    assert draft["operation_date"] == "2026-11-24"
    told = await fresh(office, quote)
    assert (told["decision"], told["payment_state"]) == ("accepted", "partially_paid")
    assert "converted" not in told["badges"]
    invoice = await issue(office, draft)
    assert (invoice["payment_state"], invoice["badges"]) == ("paid", ["paid"])
    assert (invoice["amount_payable"]["amount"], invoice["due_date"]) == (0, None)
    assert invoice["pay_reasons"][-1] == "nothing_due"

    rest = await issue(office, await convert(office, quote, to="invoice"))
    assert rest["amount_payable"]["amount"] == TOTAL - 3000
    assert rest["advances"]["amount"] == 0
    late = await office.api.post(
        f"/v1/documents/{quote['id']}/payments", json={"method": "cash", "amount": {"amount": 1}}
    )
    assert (late.status_code, late.json()["reason"]) == (409, "document_converted")

    path = f"/v1/payments/{payment['id']}/refunds"
    back = await office.api.post(path, json={}, headers={"Idempotency-Key": "back"})
    assert back.status_code == 201, back.text
    (flagged,) = await payments_of(office, quote)
    assert (flagged["needs_review"], flagged["review_reason"]) == (True, "invoiced_money_returned")
    assert (await fresh(office, invoice))["payment_state"] == "paid"
    assert await violations(office) == []


async def test_a_quote_paid_bit_by_bit_is_invoiced_bit_by_bit(office: Office) -> None:
    lines = [{**LINE, "withholding_rate": "15"}, {**LINE, "tax_rate": "10", "unit_price": "7.77"}]
    costs = [{"description": "Tasa", "amount": "12.00"}]
    quote = await an_issued_quote(office, lines=lines, disbursements=costs)
    for amount in (1111, 2222):
        await a_payment(office, quote, amount)
        draft = (await drafts_of(office, quote))[-1]
        assert draft["amount_payable"]["amount"] == 0
        assert 0 <= amount - draft["advances"]["amount"] <= 1
    await a_payment(office, quote, (await fresh(office, quote))["amount_due"]["amount"])
    advances = [await issue(office, draft) for draft in await drafts_of(office, quote)]
    assert len(advances) == 3
    assert sum(one["total"]["amount"] for one in advances) <= quote["total"]["amount"]
    rest = await issue(office, await convert(office, quote, to="invoice"))
    assert (rest["amount_payable"]["amount"], rest["payment_state"]) == (0, "paid")
    assert (
        sum(one["advances"]["amount"] for one in (*advances, rest))
        == (quote["amount_payable"]["amount"])
    )


async def test_a_delivery_within_the_union_is_not_invoiced_in_advance(office: Office) -> None:
    line = {**LINE, "tax_treatment": "exempt", "exemption_cause": "E5"}
    quote = await an_issued_quote(office, lines=[line])
    await a_payment(office, quote, 3000)
    assert await drafts_of(office, quote) == []
    assert (await convert(office, quote, to="invoice"))["advances"]["amount"] == 3000


async def test_money_given_back_before_the_invoice_is_asked_for_when_it_is_issued(
    office: Office,
) -> None:
    quote = await an_issued_quote(office)
    payment = await a_payment(office, quote, 3000)
    path = f"/v1/payments/{payment['id']}/refunds"
    part = {"amount": {"amount": 1000}}
    await office.api.post(path, json=part, headers={"Idempotency-Key": "part"})
    (draft,) = await drafts_of(office, quote)
    assert draft["amount_due"]["amount"] == 1000
    assert "document_converted" in (await fresh(office, quote))["pay_reasons"]
    assert (await payments_of(office, quote))[0]["needs_review"] is False
    assert (await issue(office, draft))["amount_due"]["amount"] == 1000


async def test_a_proforma_paid_by_card_drafts_its_invoice_once_however_often_it_is_told(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    wallet = await enroll(office, provider)
    proforma, client = await a_payer(office, anonymous, mail, type="proforma")
    assert (await pay(client)).status_code == 201
    order = provider.orders[-1]
    moved = provider.move(order.reference, MoneyInState.SUCCEEDED)
    (begun,) = await payments_of(office, proforma)
    check = handlers_of(office.worker)[CheckPayment]
    job = CheckPayment(office.organization_id, UUID(begun["id"]))
    await asyncio.gather(*(check(job) for _ in range(4)))
    await hear(office, anonymous, wallet, moved.transaction_id)
    await sweep_payments(office)
    (draft,) = await drafts_of(office, proforma)
    assert links_of(await fresh(office, proforma)) == [("converted", "result", draft["id"])]
    assert (draft["invoice_kind"], draft["total"]) == ("standard", proforma["total"])
    notices = (await office.api.get("/v1/notices")).json()["data"]
    (told,) = [one["summary"] for one in notices if one["kind"] == "payment.received"]
    assert "borrador" in told
    assert (await issue(office, draft))["payment_state"] == "paid"
    seen = await client.see()
    assert seen["reasons"]["pay"] == "document_converted"
    assert await violations(office) == []


async def test_a_draft_that_staff_threw_away_does_not_come_again(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    await enroll(office, provider)
    proforma, client = await a_payer(office, anonymous, mail, type="proforma")
    await pay(client)
    provider.move(provider.orders[-1].reference, MoneyInState.SUCCEEDED)
    await sweep_payments(office)
    (draft,) = await drafts_of(office, proforma)
    await office.api.delete(f"/v1/documents/{draft['id']}")
    await sweep_payments(office)
    assert await drafts_of(office, proforma) == []
    again = await convert(office, proforma, to="invoice")
    assert (again["advances"], again["amount_due"]["amount"]) == (proforma["total"], 0)


async def test_the_database_lets_a_payment_bring_about_one_draft(office: Office) -> None:
    quote, other = await an_issued_quote(office), await an_issued_quote(office)
    payment = await a_payment(office, quote, 3000)
    link = DocumentLink(
        organization_id=office.organization_id,
        source_id=UUID(quote["id"]),
        target_id=UUID(other["id"]),
        kind="advance_of",
        payment_id=UUID(payment["id"]),
        created_at=office.clock.now(),
    )
    with pytest.raises(IntegrityError, match="uq_document_links_organization_id_payment_id"):
        async with office.worker.database.transaction(office.organization_id) as tx:
            tx.add(link)
