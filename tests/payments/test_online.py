"""Paying on line: only what is fetched from the provider moves anything, and never twice."""

import asyncio
import io
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

import httpx
import pytest
from pypdf import PdfReader
from sqlalchemy import select

from app.kernel.money import Money
from app.payments.enrolment import AccountState
from app.payments.models import Payment, ProviderCall
from app.payments.movements import HostedPage, MoneyInState, PaymentOrder
from app.payments.ports import Failure, GatewayRefused, GatewayUnavailable
from app.payments.tasks import CheckPayment
from app.worker import handlers_of
from tests.fakes import FakeMail, FixedClock
from tests.fakes_payments import FakeProvider
from tests.invariants.checking import violations
from tests.jobs_done import do_jobs
from tests.offices import Office
from tests.payments.paying import (
    ENROLMENT,
    a_payer,
    account_of,
    enroll,
    fresh,
    hear,
    pay,
    payments_of,
    refresh_account,
    sweep_payments,
    wallet_of,
)

PAYABLE = 10890


async def test_papers_are_accepted_and_pagar_appears_and_goes(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    assert (await account_of(office))["state"] == "not_started"
    document, client = await a_payer(office, anonymous, mail)
    assert (await client.see())["reasons"]["pay"] == "payments_not_enabled"

    wallet = await enroll(office, provider)
    told = await account_of(office)
    assert (told["state"], told["can_receive"], told["onboarding_url"]) == ("accepted", True, None)
    assert "pay" in (await client.see())["allowed_actions"]
    assert (await fresh(office, document))["can_pay"] is True

    held = provider.accounts[f"acc-{wallet}"]
    provider.accounts[held.id] = replace(held, restrictions=("KYC_OUTDATED",))
    await refresh_account(office)
    assert (await client.see())["reasons"]["pay"] == "payments_not_enabled"
    refused = await pay(client)
    assert (refused.status_code, refused.json()["reason"]) == (409, "payments_not_enabled")

    notices = (await office.api.get("/v1/notices")).json()["data"]
    kinds = [one["kind"] for one in notices]
    assert kinds.count("payment_account.state_changed") == 3
    again = await office.api.post("/v1/payment-account", json=ENROLMENT)
    assert (again.status_code, again.json()["reason"]) == (409, "already_applied")
    resumed = await office.api.post("/v1/payment-account/resume")
    assert resumed.json()["onboarding_url"] == "https://forms.example/onb-1/again"


async def test_a_card_pays_an_invoice(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    await enroll(office, provider)
    document, client = await a_payer(office, anonymous, mail)
    begun = await pay(client)
    assert begun.status_code == 201, begun.text
    assert begun.json()["redirect_url"].startswith("https://card.example/")
    assert (await fresh(office, document))["payment_state"] == "processing"
    (order,) = provider.orders
    assert order.amount == Money(PAYABLE)

    provider.move(order.reference, MoneyInState.SUCCEEDED)
    back = urlsplit(order.return_url).path
    returned = await anonymous.get(f"{back}?{urlencode({'response_wkToken': order.reference})}")
    payment_path = f"/d/{client.token}/pay/{begun.json()['id']}"
    assert (returned.status_code, returned.headers["location"]) == (303, payment_path)
    assert (await anonymous.post(back)).status_code == 200
    assert await do_jobs(office, CheckPayment) == 2

    paid = await fresh(office, document)
    assert (paid["payment_state"], paid["badges"]) == ("paid", ["paid"])
    (payment,) = await payments_of(office, document)
    assert (payment["state"], payment["method"], payment["needs_review"]) == (
        "succeeded",
        "card",
        False,
    )
    assert (await client.see())["reasons"]["pay"] == "nothing_due"
    assert (await anonymous.get(f"{client.path}/payments/{begun.json()['id']}")).json()[
        "state"
    ] == "succeeded"
    receipt = f"{client.path}/payments/{begun.json()['id']}/receipt"
    printed = await anonymous.get(receipt)
    text = PdfReader(io.BytesIO(printed.content)).pages[0].extract_text()
    assert "Recibo de pago" in text
    assert "108,90" in text
    assert "Tarjeta" in text
    assert (await anonymous.get(receipt)).content == printed.content
    notices = (await office.api.get("/v1/notices")).json()["data"]
    assert [one["kind"] for one in notices].count("payment.received") == 1
    assert await violations(office) == []


async def test_a_browser_that_comes_back_proves_nothing(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    await enroll(office, provider)
    document, client = await a_payer(office, anonymous, mail)
    await pay(client)
    (order,) = provider.orders
    forged = {"response_code": "0000", "response_wkToken": order.reference}
    await anonymous.post(urlsplit(order.return_url).path, data=forged)
    await do_jobs(office, CheckPayment)
    assert (await fresh(office, document))["payment_state"] == "processing"
    assert (await anonymous.get("/pay/return/abc")).status_code == 404


async def test_a_refused_card_charges_nothing_and_another_pays(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    await enroll(office, provider)
    document, client = await a_payer(office, anonymous, mail)
    await pay(client)
    live = await pay(client, amount={"amount": PAYABLE})
    assert (live.status_code, live.json()["reason"]) == (409, "payment_live")
    provider.move(provider.orders[0].reference, MoneyInState.FAILED, refusal="05-00-05 REFUSED")
    await sweep_payments(office)
    assert (await fresh(office, document))["payment_state"] == "unpaid"
    assert (await pay(client, amount={"amount": PAYABLE})).status_code == 201
    provider.move(provider.orders[1].reference, MoneyInState.SUCCEEDED)
    await sweep_payments(office)
    assert (await fresh(office, document))["payment_state"] == "paid"
    assert await violations(office) == []


async def test_money_that_comes_after_it_was_called_off_is_booked_and_flagged(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    await enroll(office, provider)
    document, client = await a_payer(office, anonymous, mail)
    begun = await pay(client)
    nonce = (await client.see())["form_nonce"]
    path = f"{client.path}/payments/{begun.json()['id']}/cancel"
    done = await anonymous.post(path, json={"form_nonce": nonce})
    assert (done.status_code, done.json()["state"]) == (200, "cancelled")
    provider.move(provider.orders[0].reference, MoneyInState.SUCCEEDED)
    await sweep_payments(office)
    (payment,) = await payments_of(office, document)
    assert (payment["state"], payment["review_reason"]) == ("succeeded", "late")
    assert (await fresh(office, document))["payment_state"] == "paid"
    assert await violations(office) == []


@pytest.mark.parametrize(
    ("change", "why"),
    [({"amount": Money(1)}, "amount_differs"), ({"wallet": "CFOTHER"}, "wallet_differs")],
)
async def test_a_success_that_does_not_match_is_frozen(
    office: Office,
    anonymous: httpx.AsyncClient,
    mail: FakeMail,
    provider: FakeProvider,
    change: dict[str, object],
    why: str,
) -> None:
    await enroll(office, provider)
    document, client = await a_payer(office, anonymous, mail)
    await pay(client)
    provider.move(provider.orders[0].reference, MoneyInState.SUCCEEDED, **change)
    await sweep_payments(office)
    (payment,) = await payments_of(office, document)
    assert (payment["state"], payment["review_reason"]) == ("frozen", why)
    assert (await fresh(office, document))["amount_paid"]["amount"] == 0
    assert await violations(office) == []


async def test_a_page_charged_as_another_transaction_is_booked_as_that_one(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    await enroll(office, provider)
    document, client = await a_payer(office, anonymous, mail)
    await pay(client)
    (page,) = provider.payins
    provider.charge_again(page, state=MoneyInState.FAILED)
    await sweep_payments(office)
    assert (await fresh(office, document))["payment_state"] == "processing"
    second = provider.charge_again(page)
    office.clock.advance(timedelta(minutes=5))
    await sweep_payments(office)
    async with office.worker.database.transaction(office.organization_id) as tx:
        own = Payment.organization_id == office.organization_id
        assert await tx.scalar(select(Payment.provider_id).where(own)) == second.transaction_id

    provider.charge_again(page, wallet="CFOTHER")
    provider.move(provider.orders[0].reference, MoneyInState.SUCCEEDED)
    office.clock.advance(timedelta(hours=1))
    await sweep_payments(office)
    booked = await payments_of(office, document)
    assert [one["review_reason"] for one in booked] == ["second_success", None]
    assert (await fresh(office, document))["amount_paid"]["amount"] == 2 * PAYABLE
    notices = (await office.api.get("/v1/notices")).json()["data"]
    told = [one["subject_id"] for one in notices if one["kind"] == "payment.received"]
    assert told == [one["id"] for one in booked]
    assert await violations(office) == []


@pytest.mark.parametrize("key", ["same", "other"])
async def test_who_is_overtaken_while_a_page_opens_is_not_led_to_it(
    office: Office,
    anonymous: httpx.AsyncClient,
    mail: FakeMail,
    provider: FakeProvider,
    monkeypatch: pytest.MonkeyPatch,
    key: str,
) -> None:
    await enroll(office, provider)
    document, client = await a_payer(office, anonymous, mail)
    nonce = (await client.see())["form_nonce"]
    overtaking: list[httpx.Response] = []
    is_overtaken: list[bool] = []

    async def begin(key: str) -> httpx.Response:
        body = {"method": "card", "form_nonce": nonce}
        headers = {"Idempotency-Key": key}
        return await client.api.post(f"{client.path}/payments", json=body, headers=headers)

    async def start_card(order: PaymentOrder) -> HostedPage:
        if not is_overtaken:
            is_overtaken.append(True)
            overtaking.append(await begin(key))
        return await FakeProvider.start_card(provider, order)

    monkeypatch.setattr(provider, "start_card", start_card)
    overtaken = await begin("same")
    assert (overtaken.status_code, overtaken.json()["reason"]) == (409, "payment_live")
    (shown,) = overtaking
    assert (shown.status_code, shown.json()["state"]) == (201, "redirected")
    assert [one["state"] for one in await payments_of(office, document)] == [
        "redirected",
        "cancelled",
    ]
    if key == "same":
        assert (await begin(key)).content == shown.content


async def test_what_a_bank_agreed_to_is_waited_for(
    office: Office,
    anonymous: httpx.AsyncClient,
    mail: FakeMail,
    provider: FakeProvider,
    clock: FixedClock,
) -> None:
    await enroll(office, provider)
    document, client = await a_payer(office, anonymous, mail)
    await pay(client, "pay_by_bank")
    provider.move(provider.orders[0].reference, MoneyInState.AUTHORIZED)
    for hours, state in ((1, "redirected"), (46, "redirected"), (1, "expired")):
        clock.advance(timedelta(hours=hours))
        await sweep_payments(office)
        (payment,) = await payments_of(office, document)
        assert payment["state"] == state


async def test_a_page_nobody_finished_expires_and_a_lost_answer_charges_nothing(
    office: Office,
    anonymous: httpx.AsyncClient,
    mail: FakeMail,
    provider: FakeProvider,
    clock: FixedClock,
) -> None:
    await enroll(office, provider)
    document, client = await a_payer(office, anonymous, mail)
    provider.failures.append(GatewayUnavailable("timeout", is_in_doubt=True))
    lost = await pay(client)
    assert (lost.status_code, lost.json()["reason"]) == (503, "payment_page_unavailable")
    assert (await fresh(office, document))["payment_state"] == "unpaid"
    provider.failures.append(GatewayRefused(Failure.LIMIT_REACHED, code=100))
    assert (await pay(client, amount={"amount": PAYABLE})).status_code == 503

    assert (await pay(client, "pay_by_bank")).status_code == 201
    clock.advance(timedelta(hours=1))
    await sweep_payments(office)
    assert [one["state"] for one in await payments_of(office, document)] == [
        "expired",
        "failed",
        "failed",
    ]
    assert (await fresh(office, document))["payment_state"] == "unpaid"


async def test_a_transfer_in_two_parts(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    wallet = await enroll(office, provider)
    document, client = await a_payer(office, anonymous, mail)
    begun = await pay(client, "bank_transfer")
    told = begun.json()["transfer_instructions"]
    assert (told["iban"], told["amount"]["amount"]) == ("ES9121000418450200051332", PAYABLE)

    first = provider.wire(wallet, Money(4000), f"pago {told['reference'].lower()[:6]} Ana")
    await hear(office, anonymous, wallet, first.transaction_id)
    assert (await fresh(office, document))["amount_paid"]["amount"] == 0  # half a reference

    second = provider.wire(wallet, Money(4000), f"FRA {told['reference'].lower()}")
    await hear(office, anonymous, wallet, second.transaction_id)
    half = await fresh(office, document)
    assert (half["payment_state"], half["amount_due"]["amount"]) == ("partially_paid", 6890)

    third = provider.wire(wallet, Money(6890), told["reference"])
    await hear(office, anonymous, wallet, third.transaction_id)
    await hear(office, anonymous, wallet, third.transaction_id, minute=7)
    assert (await fresh(office, document))["payment_state"] == "paid"
    assert await violations(office) == []


async def test_calls_are_hints_stored_once_and_strangers_get_nothing(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    wallet = await enroll(office, provider)
    document, client = await a_payer(office, anonymous, mail)
    await pay(client)
    transaction = next(iter(provider.payins))
    await hear(office, anonymous, wallet, transaction)  # claims success; it is pending
    assert (await fresh(office, document))["payment_state"] == "processing"
    provider.move(provider.orders[0].reference, MoneyInState.SUCCEEDED)
    for minute in (6, 7):
        await hear(office, anonymous, wallet, transaction, minute=minute)
    assert (await fresh(office, document))["amount_paid"]["amount"] == PAYABLE
    assert (await anonymous.post("/hooks/lemonway/wrong")).status_code == 404
    assert await violations(office) == []


async def test_a_call_about_a_transaction_that_is_not_there_ends(
    office: Office, anonymous: httpx.AsyncClient, provider: FakeProvider
) -> None:
    wallet = await enroll(office, provider)
    await hear(office, anonymous, wallet, "999999999")
    async with office.worker.database.transaction(office.organization_id) as tx:
        own = ProviderCall.organization_id == office.organization_id
        states = await tx.scalars(select(ProviderCall.state).where(own))
    assert set(states) == {"ignored"}


async def test_checks_at_once_book_once(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    await enroll(office, provider)
    document, client = await a_payer(office, anonymous, mail)
    begun = (await pay(client)).json()
    provider.move(provider.orders[0].reference, MoneyInState.SUCCEEDED)
    job = CheckPayment(office.organization_id, begun["id"])
    check = handlers_of(office.worker)[CheckPayment]
    await asyncio.gather(*(check(job) for _ in range(5)))
    assert (await fresh(office, document))["amount_paid"]["amount"] == PAYABLE
    assert await violations(office) == []


async def test_a_state_we_do_not_know_changes_nothing(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    await enroll(office, provider)
    document, client = await a_payer(office, anonymous, mail)
    await pay(client)
    provider.move(provider.orders[0].reference, MoneyInState.UNKNOWN)
    await sweep_payments(office)
    assert (await fresh(office, document))["payment_state"] == "processing"


async def test_an_application_the_provider_denies(office: Office, provider: FakeProvider) -> None:
    await office.api.post("/v1/payment-account", json=ENROLMENT)
    key = f"acc-{wallet_of(office)}"
    provider.accounts[key] = replace(provider.accounts[key], state=AccountState.DENIED)
    await refresh_account(office)
    told = await account_of(office)
    assert (told["state"], told["who_acts"], told["can_receive"]) == ("denied", None, False)
