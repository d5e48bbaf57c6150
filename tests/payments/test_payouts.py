"""Payouts: only to a verified account, never more than there is, each made and booked once."""

import asyncio
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import func, select

from app.kernel.identifiers import new_id
from app.kernel.money import Money
from app.payments.models import LedgerEntry
from app.payments.movements import MoneyOutState, PayoutAccountState
from app.payments.ports import Failure, GatewayRefused, GatewayUnavailable
from app.payments.tasks import CheckPayoutAccount, CompareMovements, HandleCall, SendPayout
from app.worker import handlers_of, schedules_of
from tests.factories import Json
from tests.fakes import FakeMail, FixedClock
from tests.fakes_payments import FakeProvider
from tests.invariants.checking import violations
from tests.jobs_done import do_jobs
from tests.offices import Office
from tests.payments.paying import a_paid_invoice, enroll, hook_of, wallet_of

PAYABLE = 10890
IBAN = "ES9121000418450200051332"
ANOTHER = "DE89370400440532013000"


@pytest.fixture
async def paid(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> Office:
    """An office whose wallet holds one invoice, and whose bank account is verified."""
    await a_paid_invoice(office, anonymous, mail, provider)
    named = await name(office)
    await do_jobs(office, CheckPayoutAccount)
    provider.verify(IBAN)
    await sweep(office)
    assert (await account_of(office, named))["state"] == "active"
    return office


async def name(office: Office, iban: str = IBAN) -> Json:
    body = {"iban": iban, "holder": "Varadero Sol SL"}
    answer = await office.api.post("/v1/payout-accounts", json=body)
    assert (answer.status_code, answer.json()["state"]) == (201, "pending"), answer.text
    return dict(answer.json())


async def account_of(office: Office, named: Json) -> Json:
    return dict((await office.api.get(f"/v1/payout-accounts/{named['id']}")).json())


async def order(office: Office, **body: object) -> httpx.Response:
    key = {"Idempotency-Key": str(new_id())}
    return await office.api.post("/v1/payouts", json=body, headers=key)


async def payout_of(office: Office, payout: Json) -> Json:
    return dict((await office.api.get(f"/v1/payouts/{payout['id']}")).json())


async def sweep(office: Office, later: timedelta = timedelta(minutes=11)) -> None:
    office.clock.advance(later)
    (look,) = [one for one in schedules_of(office.worker) if one.name == "payments.sweep"]
    await look.sweep()
    await do_jobs(office, CheckPayoutAccount)
    await do_jobs(office, SendPayout)


async def balance_of(office: Office, account: str) -> int:
    async with office.worker.database.transaction(office.organization_id) as tx:
        held = await tx.scalar(
            select(func.coalesce(func.sum(LedgerEntry.amount_minor), 0)).where(
                LedgerEntry.organization_id == office.organization_id,
                LedgerEntry.account == account,
            )
        )
    return int(held or 0)


async def told(office: Office, kind: str) -> list[str]:
    notices = (await office.api.get("/v1/notices?limit=100")).json()["data"]
    return [one["summary"] for one in reversed(notices) if one["kind"] == kind]


async def test_money_goes_to_the_bank_and_is_booked(paid: Office, provider: FakeProvider) -> None:
    answer = await order(paid, amount={"amount": 4000})
    assert answer.status_code == 201, answer.text
    payout = answer.json()
    assert (payout["state"], payout["settled_at"]) == ("pending", None)
    assert await balance_of(paid, "provider") == PAYABLE - 4000
    assert await do_jobs(paid, SendPayout) == 1
    (made,) = provider.payout_orders
    assert (made.amount, made.account_id) == (Money(4000), provider.bank_accounts[IBAN].id)
    assert (await payout_of(paid, payout))["state"] == "pending"
    assert await balance_of(paid, "bank") == 0

    provider.end_payouts(MoneyOutState.SUCCEEDED)
    await sweep(paid)
    assert (await payout_of(paid, payout))["state"] == "succeeded"
    assert [await balance_of(paid, one) for one in ("provider", "payout", "bank")] == [
        PAYABLE - 4000,
        0,
        4000,
    ]
    assert len(provider.payout_orders) == 1
    assert await told(paid, "payout.state_changed") == [
        "Se ha pedido transferir 40,00\u00a0€ a la cuenta ES91…1332.",
        "La transferencia de 40,00\u00a0€ a la cuenta ES91…1332 está hecha.",
    ]
    actions = [one["action"] for one in (await paid.api.get("/v1/audit")).json()["data"]]
    assert {"payout.ordered", "payout_account.named"} <= set(actions)
    assert await violations(paid) == []


async def test_payouts_at_once_never_send_more_than_there_is(
    paid: Office, provider: FakeProvider
) -> None:
    answers = await asyncio.gather(*(order(paid, amount={"amount": 4000}) for _ in range(5)))
    assert sorted(one.status_code for one in answers) == [201, 201, 422, 422, 422]
    left = await order(paid)
    assert left.json()["amount"]["amount"] == PAYABLE - 8000
    nothing = await order(paid)
    assert (nothing.status_code, nothing.json()["reason"]) == (409, "nothing_to_pay_out")
    await do_jobs(paid, SendPayout)
    assert sum(one.amount.amount_minor for one in provider.payout_orders) == PAYABLE
    assert await balance_of(paid, "provider") == 0
    assert await violations(paid) == []


async def test_refunds_on_their_way_are_not_paid_out(paid: Office) -> None:
    (payment,) = (await paid.api.get("/v1/payments")).json()["data"]
    path = f"/v1/payments/{payment['id']}/refunds"
    refund = await paid.api.post(path, json={"amount": {"amount": 5000}})
    assert refund.json()["state"] == "queued"
    assert (await order(paid)).json()["amount"]["amount"] == PAYABLE - 5000


async def test_a_lost_answer_and_workers_at_once_pay_once(
    paid: Office, provider: FakeProvider
) -> None:
    provider.lost_answers.append(GatewayUnavailable("timeout", is_in_doubt=True))
    payout = (await order(paid)).json()
    await do_jobs(paid, SendPayout)
    assert (await payout_of(paid, payout))["state"] == "pending"
    paid.clock.advance(timedelta(minutes=6))
    send = handlers_of(paid.worker)[SendPayout]
    job = SendPayout(paid.organization_id, payout["id"])
    await asyncio.gather(*(send(job) for _ in range(4)))
    assert len(provider.payout_orders) == 1
    provider.end_payouts(MoneyOutState.SUCCEEDED)
    await sweep(paid)
    assert (await payout_of(paid, payout))["state"] == "succeeded"
    assert await violations(paid) == []


async def test_what_fails_or_comes_back_is_there_again(
    paid: Office, anonymous: httpx.AsyncClient, provider: FakeProvider
) -> None:
    provider.failures.append(GatewayRefused(Failure.INSUFFICIENT_FUNDS, code=110, text="low"))
    refused = (await order(paid)).json()
    await do_jobs(paid, SendPayout)
    shown = await payout_of(paid, refused)
    assert (shown["state"], shown["failure"]) == ("failed", "low")
    assert await balance_of(paid, "provider") == PAYABLE

    returned = (await order(paid)).json()
    await do_jobs(paid, SendPayout)
    provider.end_payouts(MoneyOutState.SUCCEEDED)
    await sweep(paid)
    assert await balance_of(paid, "bank") == PAYABLE
    provider.end_payouts(MoneyOutState.CANCELLED)
    (transaction,) = [key for key, one in provider.money_outs.items() if one.reference]
    fields = {
        "NotifCategory": "15",
        "NotifDate": "2026-11-25T11:05:00.000",
        "ExtId": wallet_of(paid),
        "IdTransaction": "99999",
        "IdOriginTransaction": transaction,
        "Amount": "108.90",
        "Status": "0",
    }
    assert (await anonymous.post(hook_of(paid), data=fields)).status_code == 200
    await do_jobs(paid, HandleCall)
    assert await do_jobs(paid, SendPayout) == 1
    assert (await payout_of(paid, returned))["state"] == "failed"
    assert [await balance_of(paid, one) for one in ("provider", "payout", "bank")] == [
        PAYABLE,
        0,
        0,
    ]
    assert await violations(paid) == []


async def test_money_goes_only_where_the_provider_verified(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    body = {"iban": IBAN, "holder": "Varadero Sol SL"}
    early = await office.api.post("/v1/payout-accounts", json=body)
    assert (early.status_code, early.json()["reason"]) == (409, "payments_not_enabled")
    await a_paid_invoice(office, anonymous, mail, provider)
    missing = await order(office)
    assert (missing.status_code, missing.json()["reason"]) == (409, "payout_account_missing")
    wrong = await office.api.post("/v1/payout-accounts", json={**body, "iban": "ES00"})
    assert wrong.json()["errors"][0]["pointer"] == "/iban"

    named = await name(office, f" {IBAN[:4].lower()} {IBAN[4:]}")
    assert named["iban"] == IBAN
    again = await office.api.post("/v1/payout-accounts", json=body)
    assert (again.status_code, again.json()["reason"]) == (409, "payout_account_known")
    waits = await order(office, payout_account_id=named["id"])
    assert waits.json()["reason"] == "payout_account_not_verified"
    await do_jobs(office, CheckPayoutAccount)
    provider.verify(IBAN)
    await sweep(office)
    payout = (await order(office)).json()
    provider.verify(IBAN, PayoutAccountState.REJECTED)
    await do_jobs(office, SendPayout)
    assert provider.payout_orders == []
    assert (await payout_of(office, payout))["state"] == "failed"
    await sweep(office, timedelta(days=1, minutes=1))
    assert (await account_of(office, named))["state"] == "rejected"
    assert [one[:40] for one in await told(office, "payout_account.state_changed")] == [
        "Se ha añadido una cuenta bancaria para r",
        "Lemonway ha verificado la cuenta bancari",
        "Lemonway ha rechazado la cuenta bancaria",
    ]


async def test_naming_a_bank_account_needs_a_recent_sign_in(
    office: Office, provider: FakeProvider, clock: FixedClock
) -> None:
    await enroll(office, provider)
    clock.advance(timedelta(minutes=6))
    body = {"iban": ANOTHER, "holder": "Varadero Sol SL"}
    stale = await office.api.post("/v1/payout-accounts", json=body)
    assert (stale.status_code, stale.json()["reason"]) == (403, "recent_sign_in_required")


async def test_the_night_compares_payouts(paid: Office, provider: FakeProvider) -> None:
    payout = (await order(paid)).json()
    await do_jobs(paid, SendPayout)
    provider.now = paid.clock.now()
    provider.end_payouts(MoneyOutState.SUCCEEDED)
    paid.clock.advance(timedelta(hours=2))
    compare = handlers_of(paid.worker)[CompareMovements]
    await compare(CompareMovements(paid.organization_id))
    assert (await payout_of(paid, payout))["state"] == "succeeded"
    assert await told(paid, "provider.differs") == []
    paid.clock.advance(timedelta(hours=2))
    provider.money_outs.clear()
    await compare(CompareMovements(paid.organization_id))
    assert len(await told(paid, "provider.differs")) == 1
