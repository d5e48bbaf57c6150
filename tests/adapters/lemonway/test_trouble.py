"""When Lemonway does not answer, answers late, or answers nonsense; and when it says no."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from app.adapters.lemonway.gateway import Lemonway, open_lemonway
from app.kernel.money import Money
from app.payments.movements import MoneyIn, MoneyInState, PayoutOrder, RefundOrder
from app.payments.ports import Failure, GatewayRefused, GatewayUnavailable
from tests.adapters.lemonway.running import IMPATIENT, StandIn, access_at
from tests.adapters.lemonway.test_contract import a_paid_card, an_order
from tests.adapters.lemonway.worlds import StandInWorld
from tests.fakes import START

AFTER = [
    {"kind": "effect_then_silence"},
    {"kind": "effect_then_status", "status": 500},
    {"kind": "effect_then_status", "status": 504},
]
BEFORE = [
    {"kind": "silence"},
    {"kind": "status", "status": 503},
    {"kind": "garbage"},
    {"kind": "huge"},
    {"kind": "code", "code": 297},
]


class Paid:
    """A world in which a wallet has received a card payment."""

    def __init__(self, world: StandInWorld, stand_in: StandIn, payment: MoneyIn) -> None:
        self.lemonway = world.lemonway
        self.stand_in = stand_in
        self.wallet = payment.wallet
        self.payment = payment
        self.refund = RefundOrder(
            transaction_id=payment.transaction_id,
            wallet=payment.wallet,
            reference=f"RF-{payment.wallet}",
            amount=Money(2500),
            reason="damaged goods",
            asked_at=START,
        )

    async def fault(self, **fault: object) -> None:
        await self.stand_in.control("faults", fault)

    async def refunds(self) -> int:
        state = await self.stand_in.state()
        return sum(
            out["origin_id"] == int(self.payment.transaction_id) for out in state["moneyouts"]
        )


@pytest.fixture
async def paid(at_stand_in: Lemonway, stand_in: StandIn) -> Paid:
    world = StandInWorld(at_stand_in, stand_in)
    payment = await a_paid_card(world, await world.an_accepted_wallet())
    await stand_in.http.delete(f"{stand_in.url}/_control/faults")
    return Paid(world, stand_in, payment)


@pytest.mark.parametrize("fault", AFTER, ids=str)
async def test_a_refund_whose_answer_got_lost_is_found(
    paid: Paid, fault: dict[str, object]
) -> None:
    await paid.fault(method="PUT", path="/v2/refund", **fault)
    refund = await paid.lemonway.payments.refund(paid.refund)
    assert refund.amount == Money(2500)
    assert await paid.refunds() == 1
    assert await paid.stand_in.calls("PUT /v2/refund") == 1


@pytest.mark.parametrize("fault", BEFORE, ids=str)
async def test_a_refund_in_doubt_is_not_repeated_by_itself(
    paid: Paid, fault: dict[str, object]
) -> None:
    await paid.fault(method="PUT", path="/v2/refund", **fault)
    with pytest.raises(GatewayUnavailable) as unavailable:
        await paid.lemonway.payments.refund(paid.refund)
    assert unavailable.value.is_in_doubt
    assert await paid.stand_in.calls("PUT /v2/refund") == 1
    assert await paid.refunds() == 0

    await paid.lemonway.payments.refund(paid.refund)
    assert await paid.refunds() == 1


async def test_a_doubt_stays_when_looking_fails_too(paid: Paid) -> None:
    statement = f"/v2/accounts/{paid.wallet}/transactions"
    await paid.fault(path=statement, kind="late")  # the search before the refund works
    await paid.fault(path=statement, kind="status", times=3)
    await paid.fault(method="PUT", path="/v2/refund", kind="effect_then_silence")
    with pytest.raises(GatewayUnavailable) as unavailable:
        await paid.lemonway.payments.refund(paid.refund)
    assert unavailable.value.is_in_doubt
    assert await paid.refunds() == 1

    await paid.lemonway.payments.refund(paid.refund)
    assert await paid.refunds() == 1


@pytest.mark.parametrize("fault", AFTER, ids=str)
async def test_a_payout_whose_answer_got_lost_is_found(
    paid: Paid, fault: dict[str, object]
) -> None:
    account = await paid.lemonway.payouts.register_account(
        paid.wallet, "Varadero Norte SL", "ES9121000418450200051332"
    )
    await paid.stand_in.control(f"ibans/{account.id}/activate")
    await paid.fault(method="POST", path="/v2/moneyouts", **fault)
    order = PayoutOrder(
        wallet=paid.wallet,
        reference=f"PO-{paid.wallet}",
        amount=Money(2500),
        account_id=account.id,
        description="Noviembre",
    )
    made = await paid.lemonway.payouts.pay_out(order)
    assert made.reference == order.reference
    assert await paid.stand_in.calls("POST /v2/moneyouts") == 2  # the IBAN's and this one


async def test_an_application_whose_answer_got_lost_is_found(
    at_stand_in: Lemonway, stand_in: StandIn
) -> None:
    application = StandInWorld(at_stand_in, stand_in).application
    fault = {"kind": "effect_then_silence", "path": "/accounts/legal-entity"}
    await stand_in.control("faults", fault)
    account = await at_stand_in.onboarding.open_account(application)
    assert await at_stand_in.onboarding.open_account(application) == account
    state = await stand_in.state()
    assert sum(one["wallet_id"] == application.wallet for one in state["applicants"]) == 1


async def test_a_card_page_in_doubt_is_left_alone(paid: Paid) -> None:
    await paid.fault(path="webinit", kind="effect_then_silence")
    order = an_order(paid.wallet, "R-9")
    with pytest.raises(GatewayUnavailable) as unavailable:
        await paid.lemonway.payments.start_card(order)
    assert unavailable.value.is_in_doubt
    assert await paid.stand_in.calls("POST /v2/moneyins/card/webinit") == 1
    assert (await paid.stand_in.state())["references_used_twice"] == []
    (begun,) = await paid.lemonway.payments.find_payments(order.reference)
    assert begun.state is MoneyInState.PENDING


@pytest.mark.parametrize("fault", BEFORE, ids=str)
async def test_a_read_is_tried_again(paid: Paid, fault: dict[str, object]) -> None:
    await paid.fault(method="GET", path="/v2/moneyins", times=2, **fault)
    payment = await paid.lemonway.payments.fetch_payment(paid.payment.transaction_id)
    assert payment == paid.payment
    assert await paid.stand_in.calls("GET /v2/moneyins") == 3


async def test_after_a_few_failures_nobody_asks(paid: Paid) -> None:
    await paid.fault(method="GET", path="/v2/moneyins", kind="status", times=50)
    for _ in range(4):
        with pytest.raises(GatewayUnavailable):
            await paid.lemonway.payments.fetch_payment(paid.payment.transaction_id)
    with pytest.raises(GatewayUnavailable, match="rest") as unavailable:
        await paid.lemonway.payments.fetch_payment(paid.payment.transaction_id)
    assert unavailable.value.retry_after_s is not None
    assert not unavailable.value.is_in_doubt
    assert await paid.stand_in.calls("GET /v2/moneyins") == IMPATIENT.failures_max


async def test_who_asks_too_often_waits_as_long_as_told(paid: Paid) -> None:
    await paid.fault(method="PUT", path="/v2/refund", kind="status", status=429, retry_after=90)
    with pytest.raises(GatewayUnavailable) as unavailable:
        await paid.lemonway.payments.refund(paid.refund)
    assert (unavailable.value.retry_after_s, unavailable.value.is_in_doubt) == (90, False)
    with pytest.raises(GatewayUnavailable) as unavailable:
        await paid.lemonway.wallets.fetch_wallet(paid.wallet)
    assert unavailable.value.retry_after_s in range(80, 91)
    assert "GET /v2/accounts/" + paid.wallet not in (await paid.stand_in.state())["calls"]


async def test_a_token_that_ended_is_renewed_once(paid: Paid) -> None:
    await paid.stand_in.control("tokens/forget")
    assert (await paid.lemonway.wallets.fetch_wallet(paid.wallet)).balance == Money(12100)
    assert await paid.stand_in.calls("POST /oauth") == 1


@pytest.mark.parametrize("errors", ["in_200", "bare_400", "in_500"])
async def test_a_no_is_understood_wherever_it_stands(paid: Paid, errors: str) -> None:
    await paid.stand_in.control("switches", {"errors": errors})
    order = RefundOrder(
        transaction_id=paid.payment.transaction_id,
        wallet=paid.wallet,
        reference="RF-9",
        amount=Money(99_999),
        reason="too much",
        asked_at=START,
    )
    with pytest.raises(GatewayRefused) as refused:
        await paid.lemonway.payments.refund(order)
    assert (refused.value.failure, refused.value.code) == (Failure.AMOUNT_NOT_ALLOWED, 151)


@pytest.mark.usefixtures("at_night")
async def test_the_acquirers_words_come_along(paid: Paid) -> None:
    with pytest.raises(GatewayRefused, match="12-00-12 ERR_PSP_INVALID_OPERATION") as refused:
        await paid.lemonway.payments.refund(paid.refund)
    assert refused.value.failure is Failure.PAYMENT_REFUSED


@pytest.fixture
async def at_night(paid: Paid) -> AsyncIterator[None]:
    night = int(timedelta(hours=13).total_seconds())  # 23:00 in Paris
    await paid.stand_in.control("clock", {"advance_s": night})
    yield
    await paid.stand_in.control("clock", {"advance_s": 24 * 3600 - night})


async def test_a_blocked_wallet_takes_no_card(paid: Paid) -> None:
    await paid.stand_in.control(f"wallets/{paid.wallet}", {"is_blocked": True})
    with pytest.raises(GatewayRefused) as refused:
        await paid.lemonway.payments.start_card(an_order(paid.wallet, "R-8"))
    assert refused.value.failure is Failure.WALLET_BLOCKED


async def test_a_key_that_was_revoked(stand_in: StandIn) -> None:
    access = access_at(stand_in.url)
    revoked = type(access)(addresses=access.addresses, api_key="revoked")
    async with open_lemonway(revoked, IMPATIENT) as lemonway:
        with pytest.raises(GatewayRefused) as refused:
            await lemonway.wallets.fetch_wallet("ORG1")
    assert refused.value.failure is Failure.CONFIGURATION


async def test_nobody_listens() -> None:
    async with open_lemonway(access_at("http://127.0.0.1:1"), IMPATIENT) as lemonway:
        with pytest.raises(GatewayUnavailable, match="not reached") as unavailable:
            await lemonway.payments.start_card(an_order("ORG1"))
    assert not unavailable.value.is_in_doubt
