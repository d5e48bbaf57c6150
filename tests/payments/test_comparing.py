"""The nightly comparison: what was missed is booked, what differs is told and left alone."""

from dataclasses import replace
from datetime import timedelta

import httpx

from app.kernel.money import Money
from app.payments.movements import Method, MoneyInState, MoneyOutKind
from app.payments.tasks import CompareMovements
from app.worker import schedules_of
from tests.fakes import FakeMail
from tests.fakes_payments import FakeProvider
from tests.invariants.checking import violations
from tests.jobs_done import do_jobs
from tests.offices import Office
from tests.payments.paying import (
    ENROLMENT,
    a_paid_invoice,
    a_payer,
    enroll,
    fresh,
    pay,
    payments_of,
    sweep_payments,
    wallet_of,
)


async def compare(office: Office) -> None:
    (look,) = [one for one in schedules_of(office.worker) if one.name == "payments.compare"]
    await look.sweep()
    assert await do_jobs(office, CompareMovements) == 1


async def differences(office: Office) -> list[str]:
    notices = (await office.api.get("/v1/notices")).json()["data"]
    return sorted(one["summary"] for one in notices if one["kind"] == "provider.differs")


async def test_what_no_call_told_is_booked(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    document, _ = await a_paid_invoice(office, anonymous, mail, provider)
    paid = next(iter(provider.payins))
    provider.take_back(paid, Money(4000), kind=MoneyOutKind.REFUND, text=f"Refund {paid} by hand")
    provider.take_back(paid, Money(1000), kind=MoneyOutKind.CHARGEBACK)
    other, client = await a_payer(office, anonymous, mail)
    await pay(client)
    provider.move(provider.orders[-1].reference, MoneyInState.SUCCEEDED)
    provider.wire(provider.payins[paid].wallet, Money(700), "hola")
    for _ in range(2):
        await compare(office)
    assert (await fresh(office, document))["amount_due"]["amount"] == 5000
    assert (await fresh(office, other))["payment_state"] == "paid"
    waiting = (await office.api.get("/v1/unmatched-transfers")).json()["data"]
    assert [one["amount"]["amount"] for one in waiting] == [700]
    assert await differences(office) == []
    assert await violations(office) == []


async def test_what_goes_back_of_a_frozen_payment_is_not_booked_but_told(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    await enroll(office, provider)
    document, client = await a_payer(office, anonymous, mail)
    await pay(client)
    paid = provider.move(provider.orders[0].reference, MoneyInState.SUCCEEDED, amount=Money(1))
    await sweep_payments(office)
    provider.take_back(paid.transaction_id, paid.amount, kind=MoneyOutKind.REFUND)
    await compare(office)
    (payment,) = await payments_of(office, document)
    assert (payment["state"], payment["refunds"]) == ("frozen", [])
    assert len(await differences(office)) == 2
    assert await violations(office) == []


async def test_a_wallet_that_is_not_there_yet_has_nothing(
    office: Office, provider: FakeProvider
) -> None:
    await office.api.post("/v1/payment-account", json=ENROLMENT)
    await compare(office)
    assert list(provider.accounts) == [f"acc-{wallet_of(office)}"]
    assert await differences(office) == []


async def test_what_differs_is_told_once_and_not_mended(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    first, _ = await a_paid_invoice(office, anonymous, mail, provider)
    second, _ = await a_paid_invoice(office, anonymous, mail, provider)
    one, two = provider.payins
    provider.payins[one] = replace(provider.payins[one], amount=Money(1))
    lost = provider.payins.pop(two)
    provider.payins["70500"] = replace(
        lost, transaction_id="70500", reference="not-ours", method=Method.CARD
    )
    office.clock.advance(timedelta(hours=3))
    for _ in range(2):
        await compare(office)
    assert await differences(office) == [
        f"El importe de la operación {one} de Lemonway no es el que consta aquí.",
        f"Lemonway no tiene la operación {two}, que aquí consta como cobrada.",
        "Lemonway tiene la operación 70500, que aquí no consta.",
    ]
    for document in (first, second):
        assert (await fresh(office, document))["payment_state"] == "paid"
    assert await violations(office) == []
