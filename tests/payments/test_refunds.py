"""Money that goes back through the provider: once, booked when it is gone, and never at night."""

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from app.kernel.money import Money
from app.payments.movements import MoneyOutState
from app.payments.ports import Failure, GatewayRefused, GatewayUnavailable
from app.payments.refunding import opens_at
from app.payments.tasks import SendRefund
from app.worker import handlers_of, schedules_of
from tests.factories import Json
from tests.fakes import FakeMail, FixedClock
from tests.fakes_payments import FakeProvider
from tests.invariants.checking import violations
from tests.jobs_done import do_jobs
from tests.offices import Office
from tests.payments.paying import a_paid_invoice, fresh

PAYABLE = 10890


@pytest.fixture
async def paid(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> tuple[Json, Json]:
    return await a_paid_invoice(office, anonymous, mail, provider)


async def give_back(office: Office, payment: Json, **body: object) -> Json:
    answer = await office.api.post(f"/v1/payments/{payment['id']}/refunds", json=body)
    assert (answer.status_code, answer.json()["state"]) == (201, "queued"), answer.text
    return dict(answer.json())


async def refund_of(office: Office, refund: Json) -> Json:
    return dict((await office.api.get(f"/v1/refunds/{refund['id']}")).json())


async def kinds_of(office: Office, path: str) -> list[str]:
    return [one["kind"] for one in (await office.api.get(path)).json()["data"]]


async def sweep_refunds(office: Office) -> int:
    (look,) = [one for one in schedules_of(office.worker) if one.name == "payments.sweep"]
    await look.sweep()
    return await do_jobs(office, SendRefund)


async def test_a_card_refund_is_queued_then_booked(
    office: Office, provider: FakeProvider, paid: tuple[Json, Json]
) -> None:
    document, payment = paid
    timeline = f"/v1/contacts/{document['contact']['id']}/timeline?group=payments"
    refund = await give_back(office, payment, amount={"amount": 4000}, reason="Sobraba")
    assert (await fresh(office, document))["amount_paid"]["amount"] == PAYABLE
    assert "payment.refunded" not in await kinds_of(office, timeline)

    assert await do_jobs(office, SendRefund) == 1
    assert (await refund_of(office, refund))["state"] == "succeeded"
    assert (await fresh(office, document))["amount_due"]["amount"] == 4000
    (order,) = provider.refund_orders
    assert (order.amount, order.reason) == (Money(4000), "Sobraba")
    told = (await office.api.get(timeline)).json()["data"][0]["summary"]
    assert told == (
        "Joan Muestra ha devuelto 40,00\u00a0€ de lo cobrado por la factura F-260001"
        " (con tarjeta): «Sobraba»"
    )

    await give_back(office, payment)
    await do_jobs(office, SendRefund)
    assert (await fresh(office, document))["payment_state"] == "refunded"
    again = await office.api.post(f"/v1/payments/{payment['id']}/refunds", json={})
    assert (again.status_code, again.json()["reason"]) == (409, "nothing_to_refund")
    assert await violations(office) == []


async def test_what_is_queued_counts_as_given(office: Office, paid: tuple[Json, Json]) -> None:
    _, payment = paid
    await give_back(office, payment, amount={"amount": PAYABLE - 1})
    path = f"/v1/payments/{payment['id']}/refunds"
    more = await office.api.post(path, json={"amount": {"amount": 2}})
    assert (more.status_code, more.json()["errors"][0]["pointer"]) == (422, "/amount/amount")


async def test_a_pending_refund_is_asked_about_until_it_ends(
    office: Office, provider: FakeProvider, paid: tuple[Json, Json], clock: FixedClock
) -> None:
    document, payment = paid
    provider.refunds_are = MoneyOutState.PENDING
    refund = await give_back(office, payment)
    await do_jobs(office, SendRefund)
    assert (await refund_of(office, refund))["state"] == "pending"
    assert await sweep_refunds(office) == 0
    clock.advance(timedelta(minutes=2))
    assert await sweep_refunds(office) == 1
    assert (await fresh(office, document))["amount_paid"]["amount"] == PAYABLE

    provider.end_refunds(MoneyOutState.SUCCEEDED)
    clock.advance(timedelta(hours=2))
    assert await sweep_refunds(office) == 1
    assert (await refund_of(office, refund))["state"] == "succeeded"
    assert (await fresh(office, document))["payment_state"] == "refunded"
    assert len(provider.refund_orders) == 1
    assert await violations(office) == []


@pytest.mark.parametrize("at_once", [True, False])
async def test_a_refund_that_fails_gives_nothing_back_and_is_told(
    office: Office,
    provider: FakeProvider,
    paid: tuple[Json, Json],
    clock: FixedClock,
    *,
    at_once: bool,
) -> None:
    document, payment = paid
    if at_once:
        provider.failures.append(GatewayRefused(Failure.INSUFFICIENT_FUNDS, code=110, text="low"))
    provider.refunds_are = MoneyOutState.PENDING
    refund = await give_back(office, payment)
    await do_jobs(office, SendRefund)
    if not at_once:
        provider.end_refunds(MoneyOutState.FAILED)
        clock.advance(timedelta(hours=1))
        await sweep_refunds(office)
    told = await refund_of(office, refund)
    assert (told["state"], told["failure"]) == ("failed", "low" if at_once else "failed")
    assert (await fresh(office, document))["payment_state"] == "paid"
    notices = (await office.api.get("/v1/notices")).json()["data"]
    (notice,) = [one for one in notices if one["kind"] == "payment.refund_failed"]
    assert notice["summary"].endswith(
        "la devolución de 108,90\u00a0€ de la factura F-260001 no se ha completado."
    )
    await give_back(office, payment)
    assert await violations(office) == []


async def test_a_lost_answer_and_workers_at_once_refund_once(
    office: Office, provider: FakeProvider, paid: tuple[Json, Json], clock: FixedClock
) -> None:
    document, payment = paid
    provider.failures.append(GatewayUnavailable("timeout", is_in_doubt=True))
    refund = await give_back(office, payment)
    await do_jobs(office, SendRefund)
    assert (await refund_of(office, refund))["state"] == "queued"
    clock.advance(timedelta(minutes=6))
    send = handlers_of(office.worker)[SendRefund]
    job = SendRefund(office.organization_id, refund["id"])
    await asyncio.gather(*(send(job) for _ in range(4)))
    assert len(provider.refund_orders) == 1
    assert (await fresh(office, document))["payment_state"] == "refunded"
    assert await violations(office) == []


async def test_a_card_waits_for_the_morning_in_paris(
    office: Office, provider: FakeProvider, paid: tuple[Json, Json], clock: FixedClock
) -> None:
    _, payment = paid
    clock.advance(datetime(2026, 11, 24, 21, 30, tzinfo=UTC) - clock.now())
    refund = await give_back(office, payment)
    await do_jobs(office, SendRefund)
    assert provider.refund_orders == []
    clock.advance(timedelta(hours=4, minutes=31))
    assert await sweep_refunds(office) == 1
    assert (await refund_of(office, refund))["state"] == "succeeded"


@pytest.mark.parametrize(
    ("method", "at", "opens"),
    [
        ("card", "2026-11-24T20:59:59", "2026-11-24T20:59:59"),
        ("card", "2026-11-24T21:00:00", "2026-11-25T02:00:00"),
        ("card", "2026-11-25T01:59:59", "2026-11-25T02:00:00"),
        ("card", "2026-11-25T02:00:00", "2026-11-25T02:00:00"),
        ("card", "2026-07-01T20:00:00", "2026-07-02T01:00:00"),
        ("bank_transfer", "2026-11-24T23:00:00", "2026-11-24T23:00:00"),
    ],
)
def test_the_night_of_the_provider(method: str, at: str, opens: str) -> None:
    given, wanted = (datetime.fromisoformat(one).replace(tzinfo=UTC) for one in (at, opens))
    assert opens_at(method, given) == wanted


async def test_nothing_goes_back_after_a_year(
    office: Office, paid: tuple[Json, Json], clock: FixedClock
) -> None:
    _, payment = paid
    clock.advance(timedelta(days=366))
    late = await office.api.post(f"/v1/payments/{payment['id']}/refunds", json={})
    assert (late.status_code, late.json()["reason"]) == (409, "refund_window_closed")
