"""Card payments that the payer's bank takes back: booked once, however often it is told."""

import httpx
import pytest

from app.kernel.money import Money
from app.payments.movements import MoneyInState, MoneyOut, MoneyOutKind
from app.payments.tasks import CompareMovements, SendRefund
from app.worker import handlers_of, schedules_of
from tests.factories import Json, a_payment
from tests.fakes import FakeMail
from tests.fakes_payments import FakeProvider
from tests.invariants.checking import violations
from tests.jobs_done import do_jobs
from tests.offices import Office
from tests.payments.paying import (
    a_paid_invoice,
    a_payer,
    enroll,
    fresh,
    hear,
    pay,
    payments_of,
    wallet_of,
)

PAYABLE = 10890


@pytest.fixture
async def paid(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> tuple[Json, Json]:
    return await a_paid_invoice(office, anonymous, mail, provider)


def take_back(provider: FakeProvider, amount_minor: int = PAYABLE) -> MoneyOut:
    transaction = next(iter(provider.payins))
    return provider.take_back(transaction, Money(amount_minor), kind=MoneyOutKind.CHARGEBACK)


async def disputes_of(office: Office) -> list[Json]:
    return list((await office.api.get("/v1/disputes")).json()["data"])


async def look_at_chargebacks(office: Office) -> None:
    (look,) = [one for one in schedules_of(office.worker) if one.name == "payments.chargebacks"]
    await look.sweep()


@pytest.mark.parametrize("named", ["chargeback", "payment"])
async def test_the_debt_is_open_again_and_won_back(
    office: Office,
    anonymous: httpx.AsyncClient,
    provider: FakeProvider,
    paid: tuple[Json, Json],
    named: str,
) -> None:
    document, payment = paid
    wallet = wallet_of(office)
    chargeback = take_back(provider)
    told = chargeback.transaction_id if named == "chargeback" else chargeback.origin_id
    await hear(office, anonymous, wallet, told or "", category="14")
    await hear(office, anonymous, wallet, told or "", category="14", minute=6)
    await look_at_chargebacks(office)
    assert (await fresh(office, document))["payment_state"] == "unpaid"
    (dispute,) = await disputes_of(office)
    assert (dispute["state"], dispute["reason"], dispute["amount"]["amount"]) == (
        "open",
        "Fraud",
        PAYABLE,
    )
    assert (dispute["payment_id"], dispute["document_id"]) == (payment["id"], document["id"])
    (held,) = await payments_of(office, document)
    assert (held["state"], held["review_reason"]) == ("succeeded", "charged_back")
    refund = await office.api.post(f"/v1/payments/{payment['id']}/refunds", json={})
    assert (refund.status_code, refund.json()["reason"]) == (409, "nothing_to_refund")
    notices = (await office.api.get("/v1/notices")).json()["data"]
    assert [one["kind"] for one in notices].count("payment.charged_back") == 1
    assert await violations(office) == []

    won = provider.bring_again(chargeback)
    for minute in (7, 8):
        await hear(office, anonymous, wallet, won.transaction_id, minute=minute)
    assert (await fresh(office, document))["payment_state"] == "paid"
    assert [one["state"] for one in await disputes_of(office)] == ["won"]
    assert len(await payments_of(office, document)) == 1
    path = f"/v1/contacts/{document['contact']['id']}/timeline?group=payments"
    kinds = [one["kind"] for one in (await office.api.get(path)).json()["data"]]
    assert kinds[:2] == ["payment.dispute_won", "payment.charged_back"]
    notices = (await office.api.get("/v1/notices")).json()["data"]
    assert [one["kind"] for one in notices].count("payment.dispute_won") == 1
    assert await violations(office) == []


async def test_won_after_it_was_paid_again_waits_for_a_person(
    office: Office, provider: FakeProvider, paid: tuple[Json, Json]
) -> None:
    document, payment = paid
    chargeback = take_back(provider)
    await look_at_chargebacks(office)
    path = f"/v1/payments/{payment['id']}/resolve"
    assert (await office.api.post(path, json={"note": "Visto"})).status_code == 200
    await a_payment(office, document, PAYABLE)
    provider.bring_again(chargeback)
    compare = handlers_of(office.worker)[CompareMovements]
    await compare(CompareMovements(office.organization_id))
    held = dict((await office.api.get(f"/v1/payments/{payment['id']}")).json())
    assert (held["needs_review"], held["review_reason"]) == (True, "overpaid")
    assert (await fresh(office, document))["amount_paid"]["amount"] == 2 * PAYABLE
    assert await violations(office) == []


async def test_a_second_charge_of_the_same_sum_is_no_dispute_won(
    office: Office, anonymous: httpx.AsyncClient, provider: FakeProvider, paid: tuple[Json, Json]
) -> None:
    document, _ = paid
    chargeback = take_back(provider)
    await look_at_chargebacks(office)
    second = provider.charge_again(chargeback.origin_id or "")
    await hear(office, anonymous, wallet_of(office), second.transaction_id, category="42")
    assert [one["state"] for one in await disputes_of(office)] == ["open"]
    reasons = [one["review_reason"] for one in await payments_of(office, document)]
    assert reasons == ["second_success", "charged_back"]
    assert await violations(office) == []


async def test_one_that_nobody_told_of_is_found_at_night(
    office: Office, provider: FakeProvider, paid: tuple[Json, Json]
) -> None:
    document, _ = paid
    take_back(provider, 4000)
    await look_at_chargebacks(office)
    await look_at_chargebacks(office)
    assert (await fresh(office, document))["amount_due"]["amount"] == 4000
    assert len(await disputes_of(office)) == 1
    assert await violations(office) == []


async def test_what_was_given_back_and_then_taken_back_is_a_loss(
    office: Office, provider: FakeProvider, paid: tuple[Json, Json]
) -> None:
    document, payment = paid
    body = {"amount": {"amount": 10000}}
    await office.api.post(f"/v1/payments/{payment['id']}/refunds", json=body)
    await do_jobs(office, SendRefund)
    take_back(provider)
    await look_at_chargebacks(office)
    left = await fresh(office, document)
    assert (left["amount_paid"]["amount"], left["amount_due"]["amount"]) == (0, PAYABLE)
    assert await violations(office) == []


async def test_a_chargeback_heard_of_before_its_success(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    wallet = await enroll(office, provider)
    document, client = await a_payer(office, anonymous, mail)
    await pay(client)
    provider.move(provider.orders[0].reference, MoneyInState.SUCCEEDED)
    await hear(office, anonymous, wallet, take_back(provider).transaction_id, category="14")
    assert (await fresh(office, document))["payment_state"] == "unpaid"
    (payment,) = await payments_of(office, document)
    assert (payment["state"], payment["review_reason"]) == ("succeeded", "charged_back")
    assert await violations(office) == []


async def test_a_chargeback_of_nothing_here_is_ignored(
    office: Office, anonymous: httpx.AsyncClient, provider: FakeProvider, paid: tuple[Json, Json]
) -> None:
    document, _ = paid
    await hear(office, anonymous, wallet_of(office), "99", category="14")
    stranger = provider.wire(wallet_of(office), Money(500), "")
    other = provider.take_back(stranger.transaction_id, Money(500), kind=MoneyOutKind.CHARGEBACK)
    del provider.payins[stranger.transaction_id]
    await hear(office, anonymous, wallet_of(office), other.transaction_id, category="14")
    assert (await fresh(office, document))["payment_state"] == "paid"
    assert await disputes_of(office) == []
