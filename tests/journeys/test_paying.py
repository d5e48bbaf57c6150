"""Being paid as organizations and their clients live it."""

from dataclasses import dataclass

import httpx
import pytest

from app.kernel.money import Money
from app.payments.movements import MoneyInState, MoneyOutKind
from app.payments.tasks import SendReceipt
from tests.clients import Client
from tests.factories import Json
from tests.fakes import FakeMail, FixedClock
from tests.fakes_payments import FakeProvider
from tests.invariants.checking import violations
from tests.jobs_done import do_jobs
from tests.offices import Office
from tests.payments.paying import a_payer, enroll, fresh, hear, pay, payments_of

PLAN = [
    {"due_date": "2026-11-30", "amount": "400.00"},
    {"due_date": "2026-12-24", "amount": "600.00"},
]


@dataclass
class Sale:
    """An invoice of 1,000 € in two installments, and its client."""

    document: Json
    client: Client
    wallet: str


@pytest.fixture
async def sale(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> Sale:
    wallet = await enroll(office, provider)
    line = {"description": "Varada", "quantity": "1", "unit_price": "826.45", "tax_rate": "21.00"}
    document, client = await a_payer(office, anonymous, mail, lines=[line], installments=PLAN)
    assert document["amount_payable"]["amount"] == 100_000
    return Sale(document, client, wallet)


async def pay_400_by_card(
    office: Office, anonymous: httpx.AsyncClient, provider: FakeProvider, sale: Sale
) -> str:
    """Pay the first installment by card, the provider calling six times; give the transaction."""
    begun = await pay(sale.client, amount={"amount": 40_000})
    assert begun.status_code == 201, begun.text
    paid = provider.move(provider.orders[-1].reference, MoneyInState.SUCCEEDED)
    for minute in (5, 6, 7):
        await hear(office, anonymous, sale.wallet, paid.transaction_id, minute=minute)
    return paid.transaction_id


async def standing(office: Office, sale: Sale) -> tuple[str, int, bool]:
    """Tell the state of payment, what was paid, and whether it is late."""
    shown = await fresh(office, sale.document)
    is_late = "overdue" in shown["badges"]
    return shown["payment_state"], shown["amount_paid"]["amount"], is_late


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


async def test_10_a_card_and_a_transfer_pay_an_invoice_that_was_late_between(
    office: Office,
    anonymous: httpx.AsyncClient,
    mail: FakeMail,
    provider: FakeProvider,
    clock: FixedClock,
    sale: Sale,
) -> None:
    clock.set(clock.now().replace(month=12, day=1))
    assert await standing(office, sale) == ("unpaid", 0, True)
    page = (await anonymous.get(f"/d/{sale.client.token}")).text
    assert "Pagar plazo de 400,00\u00a0€" in page
    page = (await anonymous.get(f"/d/{sale.client.token}/pay")).text
    assert "Plazo 1 de 2 (vence el 30 de noviembre de 2026)" in page
    assert 'name="amount" value="40000" checked' in page
    await pay_400_by_card(office, anonymous, provider, sale)
    assert await standing(office, sale) == ("partially_paid", 40_000, False)

    clock.set(clock.now().replace(day=25))
    assert await standing(office, sale) == ("partially_paid", 40_000, True)
    told = (await pay(sale.client, "bank_transfer")).json()["transfer_instructions"]
    assert told["amount"]["amount"] == 60_000
    wired = provider.wire(sale.wallet, Money(60_000), f"pago {told['reference'].lower()}")
    for minute in (8, 9):
        await hear(office, anonymous, sale.wallet, wired.transaction_id, minute=minute)
    assert await standing(office, sale) == ("paid", 100_000, False)
    payments = await payments_of(office, sale.document)
    assert [(one["method"], one["installment_no"]) for one in payments] == [
        ("bank_transfer", 2),
        ("card", 1),
    ]

    before = len(mail.sent)
    await do_jobs(office, SendReceipt)
    await office.deliver()
    assert len(mail.sent) - before == 2
    assert await violations(office) == []


async def test_11_a_chargeback_opens_the_debt_again_and_keeps_the_payment(
    office: Office, anonymous: httpx.AsyncClient, provider: FakeProvider, sale: Sale
) -> None:
    transaction_id = await pay_400_by_card(office, anonymous, provider, sale)
    noted = {"method": "bank_transfer", "amount": {"amount": 60_000}}
    path = f"/v1/documents/{sale.document['id']}"
    assert (await office.api.post(f"{path}/payments", json=noted)).status_code == 201
    assert await standing(office, sale) == ("paid", 100_000, False)

    gone = provider.take_back(transaction_id, Money(40_000), kind=MoneyOutKind.CHARGEBACK)
    for minute in (10, 11):
        await hear(
            office, anonymous, sale.wallet, gone.transaction_id, category="14", minute=minute
        )
    assert await standing(office, sale) == ("partially_paid", 60_000, False)
    card = (await payments_of(office, sale.document))[1]
    assert (card["state"], card["review_reason"]) == ("succeeded", "charged_back")
    assert card["amount"]["amount"] == 40_000
    notices = (await office.api.get("/v1/notices")).json()["data"]
    (notice,) = [one for one in notices if one["kind"] == "payment.charged_back"]
    assert "400,00" in notice["summary"]
    assert await violations(office) == []
