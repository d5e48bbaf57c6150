"""One set of behaviors, asked of Lemonway's documented answers and of the stand-in."""

from datetime import timedelta

import pytest

from app.kernel.money import Money
from app.payments.enrolment import AccountState, PaperFault, PaperKind, PaperState, WalletState
from app.payments.movements import (
    Method,
    MoneyIn,
    MoneyInState,
    MoneyOut,
    MoneyOutKind,
    MoneyOutState,
    PaymentOrder,
    PayoutAccountState,
    PayoutOrder,
    RefundOrder,
    WalletTransfer,
)
from app.payments.ports import Failure, GatewayRefused
from tests.adapters.lemonway.worlds import EXPIRED_PAPER, Decision, World
from tests.fakes import START

DAY = timedelta(days=1)


def an_order(wallet: str, reference: str = "R-1") -> PaymentOrder:
    return PaymentOrder(
        wallet=wallet,
        reference=f"{reference}-{wallet}"[:50] if wallet != "ORG000017" else reference,
        amount=Money(12100),
        description="P-260001",
        return_url="http://127.0.0.1:1/pay/return/s?s=1",
        cancel_url="http://127.0.0.1:1/pay/return/s?s=1",
        error_url="http://127.0.0.1:1/pay/return/s?s=1",
        language="es",
        payer_ip="198.51.100.4",
    )


async def a_paid_card(world: World, wallet: str) -> MoneyIn:
    page = await world.lemonway.payments.start_card(an_order(wallet))
    await world.payer(page, "paid")
    return await world.lemonway.payments.fetch_payment(page.transaction_id)


async def test_an_applicant_is_accepted_and_gets_a_wallet(world: World) -> None:
    onboarding = world.lemonway.onboarding
    account = await onboarding.open_account(world.application)
    assert account.state is AccountState.AWAITING_INFORMATION
    form = await world.start_form(account)
    assert await onboarding.resume_form(form.onboarding_id) == form.url
    assert (await onboarding.hand_in(account.id, form.onboarding_id, EXPIRED_PAPER)).isdecimal()
    await world.decide(account, "submit")
    assert (await onboarding.fetch_account(account.id)).state is AccountState.UNDER_ANALYSIS

    await world.decide(account, "accept")
    assert (await onboarding.fetch_account(account.id)).state is AccountState.ACCEPTED
    wallet = await world.lemonway.wallets.fetch_wallet(world.application.wallet)
    assert (wallet.state, wallet.balance) == (WalletState.READY, Money(0))
    paper = (await world.lemonway.wallets.fetch_papers(wallet.id))[0]
    assert (paper.kind, paper.state) == (PaperKind.COMPANY_REGISTRY, PaperState.REFUSED)
    assert paper.fault is PaperFault.EXPIRED
    assert wallet.id in await world.lemonway.wallets.changed_wallets(START - DAY)


@pytest.mark.parametrize(
    ("decisions", "state"),
    [
        (["reject"], AccountState.REJECTED),
        (["deny"], AccountState.DENIED),
        (["accept", "block"], AccountState.BLOCKED),
        (["accept", "kyc-update"], AccountState.UPDATE_REQUESTED),
        (["accept", "kyc-update", "kyc-outdated"], AccountState.BLOCKED),
    ],
)
async def test_what_is_decided_is_seen(
    world: World, decisions: list[Decision], state: AccountState
) -> None:
    account = await world.lemonway.onboarding.open_account(world.application)
    for decision in decisions:
        await world.decide(account, decision)
    seen = await world.lemonway.onboarding.fetch_account(account.id)
    assert seen.state is state
    if "kyc-update" in decisions:
        assert seen.requirements[0].kind == "KYC_UPDATE"
        assert seen.requirements[0].due_at is not None
    if "kyc-outdated" in decisions:
        assert seen.restrictions == ("KYC_OUTDATED",)


async def test_a_card_pays(world: World) -> None:
    wallet = await world.an_accepted_wallet()
    order = an_order(wallet)
    page = await world.lemonway.payments.start_card(order)
    assert "moneyInToken=" in page.url
    assert page.url.endswith("&lang=sp")
    begun = await world.lemonway.payments.fetch_payment(page.transaction_id)
    assert (begun.state, begun.executed_at) == (MoneyInState.PENDING, None)

    await world.payer(page, "paid")
    paid = await world.lemonway.payments.fetch_payment(page.transaction_id)
    assert (paid.state, paid.method) == (MoneyInState.SUCCEEDED, Method.CARD)
    assert (paid.wallet, paid.reference) == (wallet, order.reference)
    assert (paid.amount, paid.refunded) == (Money(12100), Money(0))
    assert (paid.text, paid.masked_card) == ("P-260001", "XXXXXXXXXXXX0400")
    assert paid.begun_at == paid.executed_at == START
    assert f'"id":{paid.transaction_id}' in paid.evidence
    assert list(await world.lemonway.payments.find_payments(order.reference)) == [paid]


async def test_a_card_is_refused_in_the_words_of_the_acquirer(world: World) -> None:
    page = await world.lemonway.payments.start_card(an_order(await world.an_accepted_wallet()))
    await world.payer(page, "refused")
    payment = await world.lemonway.payments.fetch_payment(page.transaction_id)
    assert payment.state is MoneyInState.FAILED
    assert payment.refusal == "05-00-05 ERR_PSP_REFUSED"


async def test_a_payer_gives_up(world: World) -> None:
    page = await world.lemonway.payments.start_card(an_order(await world.an_accepted_wallet()))
    await world.payer(page, "cancelled")
    payment = await world.lemonway.payments.fetch_payment(page.transaction_id)
    assert payment.state is MoneyInState.CANCELLED


async def test_a_bank_page_is_agreed_to_before_it_is_paid(world: World) -> None:
    order = an_order(await world.an_accepted_wallet(), "R-2")
    page = await world.lemonway.payments.start_pay_by_bank(order)
    states = []
    for outcome in ("authorized", "settled"):
        await world.payer(page, outcome)
        payment = await world.lemonway.payments.fetch_payment(page.transaction_id)
        states.append(payment.state)
        assert payment.method is Method.PAY_BY_BANK
    assert states == [MoneyInState.AUTHORIZED, MoneyInState.SUCCEEDED]


async def test_nothing_is_found_under_a_reference_never_used(world: World) -> None:
    assert list(await world.lemonway.payments.find_payments("never")) == []
    assert await world.lemonway.payouts.find_payout("never") is None


async def test_a_wire_arrives_with_whatever_amount_and_text(world: World) -> None:
    wallet = await world.an_accepted_wallet()
    own = await world.lemonway.payments.open_transfer_account(wallet)
    assert own == await world.lemonway.payments.open_transfer_account(wallet)
    assert own.iban.startswith("ES")
    await world.wire(wallet, 5000, "P 260001 GRACIAS")

    wires = await world.lemonway.statements.fetch_transfers(START - DAY, START + DAY)
    (wire,) = [one for one in wires if one.wallet == wallet]
    assert (wire.method, wire.state) == (Method.BANK_TRANSFER, MoneyInState.SUCCEEDED)
    assert (wire.amount, wire.text) == (Money(5000), "P 260001 GRACIAS")
    assert (wire.reference, wire.masked_card) == (None, None)
    lines = await world.lemonway.statements.fetch_movements(wallet, START - DAY, START + DAY)
    assert list(lines) == [wire]


async def test_a_refund_with_one_reference_is_made_once(world: World) -> None:
    wallet = await world.an_accepted_wallet()
    paid = await a_paid_card(world, wallet)
    order = RefundOrder(
        transaction_id=paid.transaction_id,
        wallet=wallet,
        reference="RF-1",
        amount=Money(2500),
        reason="damaged goods",
        asked_at=START,
    )
    refund = await world.lemonway.payments.refund(order)
    assert (refund.kind, refund.state) == (MoneyOutKind.REFUND, MoneyOutState.SUCCEEDED)
    assert (refund.origin_id, refund.amount) == (paid.transaction_id, Money(2500))
    assert refund.text == f"Refund {refund.transaction_id} RF-1 damaged goods"
    assert await world.lemonway.payments.refund(order) == refund
    payment = await world.lemonway.payments.fetch_payment(paid.transaction_id)
    assert payment.refunded == Money(2500)


async def test_a_payout_with_one_reference_is_made_once(world: World) -> None:
    payouts = world.lemonway.payouts
    wallet = await world.an_accepted_wallet()
    await a_paid_card(world, wallet)
    account = await payouts.register_account(
        wallet, "Varadero Norte SL", "ES91 2100 0418 4502 0005 1332"
    )
    assert account.state is PayoutAccountState.PENDING
    assert account == await payouts.register_account(
        wallet, "Varadero Norte SL", "ES9121000418450200051332"
    )
    await world.activate_iban(account.id)
    (active,) = await payouts.fetch_accounts(wallet)
    assert active.state is PayoutAccountState.ACTIVE

    order = PayoutOrder(
        wallet=wallet,
        reference="PO-1" if wallet == "ORG000017" else f"PO-{wallet}",
        amount=Money(2500),
        account_id=account.id,
        description="Noviembre",
    )
    made = await payouts.pay_out(order)
    assert (made.kind, made.state) == (MoneyOutKind.PAYOUT, MoneyOutState.PENDING)
    assert (made.reference, made.amount, made.wallet) == (order.reference, Money(2500), wallet)
    assert await payouts.pay_out(order) == made
    assert await payouts.find_payout(order.reference) == made


async def test_a_chargeback_names_the_payment_it_takes_back(world: World) -> None:
    wallet = await world.an_accepted_wallet()
    paid = await a_paid_card(world, wallet)
    await world.charge_back(paid.transaction_id)
    chargebacks = await world.lemonway.statements.fetch_chargebacks(START - DAY)
    (taken,) = [one for one in chargebacks if one.wallet == wallet]
    assert (taken.kind, taken.state) == (MoneyOutKind.CHARGEBACK, MoneyOutState.SUCCEEDED)
    assert (taken.origin_id, taken.amount) == (paid.transaction_id, Money(12100))
    lines = await world.lemonway.statements.fetch_movements(wallet, START - DAY, START + DAY)
    assert [type(line) for line in lines if not isinstance(line, WalletTransfer)] == [
        MoneyIn,
        MoneyOut,
    ]
    assert taken in lines


async def test_a_payment_nobody_began_is_not_found(world: World) -> None:
    with pytest.raises(GatewayRefused) as refused:
        await world.lemonway.payments.fetch_payment("1")
    assert refused.value.failure is Failure.NOT_FOUND
