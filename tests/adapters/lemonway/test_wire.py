"""What goes out is what Lemonway documents, name by name."""

from base64 import b64decode
from dataclasses import replace
from datetime import date, timedelta

import httpx
import pytest
from pydantic import JsonValue

from app.adapters.lemonway.access import Addresses
from app.adapters.lemonway.gateway import Lemonway, open_lemonway
from app.kernel.money import Money
from app.payments.enrolment import LegalKind, Paper, PaperKind, PaperState, WalletState
from app.payments.movements import Method, MoneyInState, PayoutOrder, RefundOrder
from app.payments.ports import Failure, GatewayRefused, GatewayUnavailable
from tests.adapters.lemonway import samples
from tests.adapters.lemonway.conftest import ACCESS
from tests.adapters.lemonway.running import IMPATIENT
from tests.adapters.lemonway.samples import Samples
from tests.adapters.lemonway.test_contract import DAY, an_order
from tests.adapters.lemonway.worlds import EXPIRED_PAPER, an_application
from tests.fakes import START


async def test_the_key_is_exchanged_as_it_is(lemonway: Lemonway, wire: Samples) -> None:
    await lemonway.payments.find_payments("R-1")
    request = wire.router.calls[0].request
    assert str(request.url) == samples.TOKEN_URL
    assert request.headers["Authorization"] == "Basic 4f2c-key"
    assert request.content == b"Grant_type=client_credentials"


async def test_a_card_payment_is_begun(lemonway: Lemonway, wire: Samples) -> None:
    order = replace(an_order(samples.WALLET), description="P" * 200)
    page = await lemonway.payments.start_card(order)
    assert page.url == f"{samples.WEBKIT}?moneyInToken=9fTq&lang=sp"
    (asked,) = wire.asked
    assert asked.headers["Authorization"] == "Bearer t0ken"
    assert asked.headers["PSU-IP-Address"] == "198.51.100.4"
    assert asked.body == {
        "accountId": "ORG000017",
        "totalAmount": 12100,
        "commissionAmount": 0,
        "autoCommission": False,
        "reference": "R-1",
        "comment": "P" * 140,
        "returnUrl": "http://127.0.0.1:1/pay/return/s?s=1",
        "cancelUrl": "http://127.0.0.1:1/pay/return/s?s=1",
        "errorUrl": "http://127.0.0.1:1/pay/return/s?s=1",
    }


async def test_english_and_a_caller_without_a_browser(lemonway: Lemonway, wire: Samples) -> None:
    order = replace(an_order(samples.WALLET), language="en", payer_ip=None)
    page = await lemonway.payments.start_card(order)
    assert page.url.endswith("&lang=en")
    assert wire.asked[0].headers["PSU-IP-Address"] == "203.0.113.7"


async def test_a_bank_page_is_begun(lemonway: Lemonway, wire: Samples) -> None:
    page = await lemonway.payments.start_pay_by_bank(an_order(samples.WALLET, "R-2"))
    assert page.url == "https://bank.example/?moneyintoken=4c"
    assert wire.asked[0].body["countryCode"] == "ES"


async def test_an_application_is_written_their_way(lemonway: Lemonway, wire: Samples) -> None:
    await lemonway.onboarding.open_account(an_application())
    (asked,) = wire.asked
    assert asked.headers["Authorization"] == "Bearer t0ken"
    assert asked.body == {
        "legalEntity": {
            "name": "Varadero Norte SL",
            "type": "COMPANY",
            "registrationNumber": "B12345674",
            "registrationCountry": "ES",
            "registrationDate": "2011-03-04",
        },
        "legalRepresentative": {
            "firstName": "Ana",
            "lastName": "Gil",
            "email": "ana@varadero.example",
            "birthDate": "1980-01-02",
            "birthCountry": "ES",
            "address": {"country": "ES"},
            "nationalities": ["ES"],
        },
        "profile": "MERCHANT",
        "walletId": "ORG000017",
    }


async def test_a_sole_trader_is_spelled_in_two_ways(lemonway: Lemonway, wire: Samples) -> None:
    application = an_application()
    entity = replace(application.entity, kind=LegalKind.SOLE_TRADER, registered_on=None)
    wire.answers["POST /onboardings/sole_trader"] = httpx.Response(404, json={"statusCode": 404})
    wire.answers["POST /onboardings/sole-trader"] = wire.answers["POST /onboardings/company"]
    form = await lemonway.onboarding.start_form(
        samples.ACCOUNT, replace(application, entity=entity), "https://conforme.example/back"
    )
    assert form.onboarding_id == samples.FORM
    body = wire.asked[-1].body
    assert (body["accountId"], body["redirectUrl"]) == (
        samples.ACCOUNT,
        "https://conforme.example/back",
    )
    assert isinstance(body["legalEntity"], dict)
    assert body["legalEntity"]["type"] == "SOLE_TRADER"
    assert "registrationDate" not in body["legalEntity"]


async def test_a_paper_is_pushed_as_a_form(lemonway: Lemonway, wire: Samples) -> None:
    number = await lemonway.onboarding.hand_in(samples.ACCOUNT, samples.FORM, EXPIRED_PAPER)
    assert number == "48121"
    (asked,) = wire.asked
    assert asked.headers["Content-Type"].startswith("multipart/form-data; boundary=")
    for part in (
        b'name="accountId"\r\n\r\n' + samples.ACCOUNT.encode(),
        b'name="type"\r\n\r\nCOMPANY_REGISTRY',
        b'name="file"; filename="nota-expired.pdf"\r\nContent-Type: application/pdf',
        EXPIRED_PAPER.content,
    ):
        assert part in asked.content


async def test_a_renewed_paper_goes_as_base64(lemonway: Lemonway, wire: Samples) -> None:
    wire.answers["POST /v2/accounts/ORG000017/documents/upload"] = {
        "uploadDocument": {"id": 48122, "status": 1, "substatus": 1, "accountstatus": 6}
    }
    paper = Paper(
        PaperKind.ARTICLES_OF_ASSOCIATION, "estatutos.pdf", "application/pdf", b"%PDF\xff"
    )
    record = await lemonway.wallets.renew_paper(samples.WALLET, paper)
    assert (record.id, record.state, record.kind) == ("48122", PaperState.UNDER_REVIEW, paper.kind)
    body = wire.asked[0].body
    assert (body["name"], body["type"]) == ("estatutos.pdf", 12)
    assert b64decode(str(body["buffer"])) == paper.content


async def test_a_refund_carries_our_reference_in_its_comment(
    lemonway: Lemonway, wire: Samples
) -> None:
    await lemonway.payments.refund(
        RefundOrder(
            transaction_id=str(samples.CARD),
            wallet=samples.WALLET,
            reference="RF-1",
            amount=Money(2500),
            reason="daños " * 40,
            asked_at=START,
        )
    )
    search, asked = wire.asked
    assert search.path == "/v2/accounts/ORG000017/transactions"
    assert int(search.query["startDate"]) == int((START - timedelta(hours=1)).timestamp())
    assert asked.body["amountToRefund"] == 2500
    assert len(str(asked.body["comment"])) == 140
    assert str(asked.body["comment"]).startswith("RF-1 daños")


async def test_a_payout_takes_no_commission(lemonway: Lemonway, wire: Samples) -> None:
    await lemonway.payouts.pay_out(
        PayoutOrder(
            wallet=samples.WALLET,
            reference="PO-1",
            amount=Money(2500),
            account_id="881",
            description="Noviembre",
        )
    )
    assert wire.asked[0].query == {"reference": "PO-1"}
    assert wire.asked[1].body == {
        "accountId": "ORG000017",
        "totalAmount": 2500,
        "commissionAmount": 0,
        "autoCommission": False,
        "ibanId": 881,
        "reference": "PO-1",
        "comment": "Noviembre",
    }


async def test_a_statement_is_read_to_its_last_page(lemonway: Lemonway, wire: Samples) -> None:
    path = f"GET /v2/accounts/{samples.WALLET}/transactions"
    lines: list[samples.Json] = [
        {"transactionIn": samples.money_in(number, status=0)} for number in range(1, 101)
    ]
    wire.set_statement(*lines)
    wire.effects[path] = lambda: wire.set_statement({"transactionP2P": samples.FEE_TAKEN})
    found = await lemonway.statements.fetch_movements(samples.WALLET, START - DAY, START)
    assert [int(one.transaction_id) for one in found] == [*range(1, 101), samples.FEE]
    assert [asked.query["page"] for asked in wire.asked] == ["1", "2"]
    for asked in wire.asked:
        assert asked.query["limit"] == "100"
        assert int(asked.query["executionDateStart"]) == int((START - DAY).timestamp())
        assert int(asked.query["executionDateEnd"]) == int(START.timestamp())


@pytest.mark.parametrize(
    ("status", "state"),
    [(3, MoneyInState.FAILED), (16, MoneyInState.AUTHORIZED), (20, MoneyInState.UNKNOWN)],
)
async def test_a_status_nobody_listed_is_not_a_failure(
    lemonway: Lemonway, wire: Samples, status: int, state: MoneyInState
) -> None:
    wire.set_payment(samples.money_in(samples.CARD, status=status))
    payment = await lemonway.payments.fetch_payment(str(samples.CARD))
    assert payment.state is state


async def test_what_the_payer_paid_includes_the_commission(
    lemonway: Lemonway, wire: Samples
) -> None:
    wire.set_payment(samples.money_in(samples.CARD, creditAmount=12000, commissionAmount=100))
    assert (await lemonway.payments.fetch_payment(str(samples.CARD))).amount == Money(12100)


async def test_others_payments_are_not_taken_for_ours(lemonway: Lemonway, wire: Samples) -> None:
    wire.set_payment(samples.money_in(samples.CARD, reference="R-10"))
    assert list(await lemonway.payments.find_payments("R-1")) == []
    with pytest.raises(GatewayRefused) as refused:
        await lemonway.payments.fetch_payment("70413")
    assert refused.value.failure is Failure.NOT_FOUND


async def test_an_answer_that_lacks_a_field_is_no_answer(lemonway: Lemonway, wire: Samples) -> None:
    record = samples.money_in(samples.CARD)
    del record["receiverAccountId"]
    wire.set_payment(record)
    with pytest.raises(GatewayUnavailable, match="receiverAccountId"):
        await lemonway.payments.fetch_payment(str(samples.CARD))


async def test_nobody_is_sent_to_another_host(lemonway: Lemonway, wire: Samples) -> None:
    wire.answers[f"GET /onboardings/{samples.FORM}/resume"] = {"url": "https://evil.example/x"}
    with pytest.raises(GatewayUnavailable, match="not configured"):
        await lemonway.onboarding.resume_form(samples.FORM)


@pytest.mark.parametrize("name", ["..", "a/b", "", "x?y", "ñ"])
async def test_a_forged_name_stays_out_of_the_path(
    lemonway: Lemonway, wire: Samples, name: str
) -> None:
    with pytest.raises(GatewayRefused):
        await lemonway.wallets.fetch_wallet(name)
    assert wire.asked == []


def test_credentials_do_not_travel_in_clear_text() -> None:
    addresses = {
        "token": samples.TOKEN_URL,
        "directkit": samples.DIRECTKIT,
        "webkit": samples.WEBKIT,
        "onboarding": samples.ONBOARDING,
        "forms": samples.FORMS,
    }
    for name, address in addresses.items():
        clear = addresses | {name: address.replace("https:", "http:")}
        with pytest.raises(ValueError, match="https"):
            Addresses(**clear)


async def test_the_solution_of_the_contract_is_named(wire: Samples) -> None:
    access = replace(ACCESS, solution_name="CONFORME")
    async with open_lemonway(access, IMPATIENT, transport=wire.transport) as lemonway:
        await lemonway.onboarding.open_account(an_application())
    assert wire.asked[0].body["solutionName"] == "CONFORME"


async def test_an_earlier_application_is_found_on_a_later_page(
    lemonway: Lemonway, wire: Samples
) -> None:
    wire.answers["POST /accounts/legal-entity"] = httpx.Response(
        400, json={"statusCode": 400, "message": ["legal entity already exists"]}
    )
    others: list[JsonValue] = [
        {**samples.APPLICANT, "id": number, "walletId": "OTHER"} for number in range(100)
    ]
    ours = {**samples.APPLICANT, "walletId": samples.WALLET}
    wire.answers["GET /accounts"] = {"data": others}
    wire.effects["GET /accounts"] = lambda: wire.answers.update({"GET /accounts": {"data": [ours]}})
    account = await lemonway.onboarding.open_account(an_application())
    assert account.id == samples.ACCOUNT

    wire.answers["GET /accounts"] = {"data": []}
    wire.effects.clear()
    with pytest.raises(GatewayRefused, match="already exists"):
        await lemonway.onboarding.open_account(an_application())


async def test_a_paper_they_did_not_take(lemonway: Lemonway, wire: Samples) -> None:
    path = f"POST /legal-entity-onboarding/{samples.FORM}/document"
    wire.answers[path] = {"documentId": "48121", "status": "FAILED"}
    with pytest.raises(GatewayRefused, match="FAILED"):
        await lemonway.onboarding.hand_in(samples.ACCOUNT, samples.FORM, EXPIRED_PAPER)


@pytest.mark.parametrize(
    ("status", "is_blocked", "state"),
    [
        (2, False, WalletState.LIMITED), (5, False, WalletState.LIMITED),
        (6, False, WalletState.READY), (7, False, WalletState.READY),
        (6, True, WalletState.BLOCKED), (8, False, WalletState.EXPIRED),
        (10, False, WalletState.BLOCKED), (12, False, WalletState.CLOSED),
        (99, False, WalletState.UNKNOWN),
    ],
)  # fmt: skip
async def test_whether_a_wallet_takes_money(
    lemonway: Lemonway, wire: Samples, status: int, state: WalletState, *, is_blocked: bool
) -> None:
    wire.answers[f"GET /v2/accounts/{samples.WALLET}"] = {
        "account": {"id": samples.WALLET, "balance": 7, "status": status, "isblocked": is_blocked}
    }
    wallet = await lemonway.wallets.fetch_wallet(samples.WALLET)
    assert (wallet.state, wallet.balance) == (state, Money(7))


@pytest.mark.parametrize(
    ("written", "valid_until"),
    [("01/02/2027", date(2027, 2, 1)), ("31/02/2027", None), ("", None), (None, None)],
)
async def test_until_when_a_paper_is_valid(
    lemonway: Lemonway, wire: Samples, written: str | None, valid_until: date | None
) -> None:
    wire.answers[f"GET /v2/accounts/{samples.WALLET}/documents"] = {
        "documents": [{"id": 1, "status": 2, "type": 18, "validityDate": written, "comment": None}]
    }
    (paper,) = await lemonway.wallets.fetch_papers(samples.WALLET)
    assert (paper.kind, paper.state, paper.fault) == (PaperKind.OTHER, PaperState.ACCEPTED, None)
    assert paper.valid_until == valid_until


async def test_money_of_a_kind_we_do_not_offer_is_read_too(
    lemonway: Lemonway, wire: Samples
) -> None:
    wire.set_payment(samples.money_in(samples.CARD, method=14, card=None))
    assert (await lemonway.payments.fetch_payment(str(samples.CARD))).method is Method.OTHER


async def test_a_rate_limit_without_a_number_is_a_rest(lemonway: Lemonway, wire: Samples) -> None:
    wire.answers["GET /v2/moneyins"] = httpx.Response(429)
    with pytest.raises(GatewayUnavailable) as unavailable:
        await lemonway.payments.find_payments("R-1")
    assert unavailable.value.retry_after_s == IMPATIENT.rest_s
    assert len(wire.asked) == 1


async def test_an_address_they_do_not_know_us_at(lemonway: Lemonway, wire: Samples) -> None:
    wire.answers["GET /v2/moneyins"] = httpx.Response(403, text="Forbidden")
    with pytest.raises(GatewayRefused) as refused:
        await lemonway.payments.find_payments("R-1")
    assert refused.value.failure is Failure.CONFIGURATION


@pytest.mark.parametrize("reference", ["", "R" * 51])
def test_a_reference_that_could_not_be_found_again(reference: str) -> None:
    with pytest.raises(ValueError, match="50"):
        replace(an_order(samples.WALLET), reference=reference)
