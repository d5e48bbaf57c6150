"""The stand-in for Lemonway: its quirks, its pages, its notifications, its controls."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from stdnum import iban as iban_number

from app.sandbox.lemonway import notifier, pages
from app.sandbox.lemonway.paths import addresses
from app.sandbox.lemonway.records import Wallet
from app.sandbox.lemonway.store import SC, Store
from tests.adapters.lemonway.running import StandIn, running_stand_in, served
from tests.fakes import FixedClock

IP = {"PSU-IP-Address": "203.0.113.7"}


@dataclass(frozen=True)
class Arrived:
    method: str
    path: str
    content_type: str
    fields: dict[str, str]


class Platform:
    """Us, as Lemonway sees us: hooks and return addresses, all written down."""

    def __init__(self) -> None:
        self.arrived: list[Arrived] = []

    async def receive(self, request: Request) -> Response:
        content_type = request.headers.get("content-type", "")
        body = await request.body()
        if content_type == "application/json":
            fields = json.loads(body)
        else:
            fields = dict(request.query_params) | dict(parse_qsl(body.decode()))
        self.arrived.append(Arrived(request.method, request.url.path, content_type, fields))
        return PlainTextResponse("")

    def hooks(self, name: str) -> list[str]:
        return [one.fields[name] for one in self.arrived if one.path == "/hook"]


class Caller:
    """Someone who speaks to the stand-in without our adapter."""

    def __init__(self, stand_in: StandIn, platform_url: str) -> None:
        self.stand_in = stand_in
        self.http = stand_in.http
        self.at = addresses(stand_in.url)
        self.platform_url = platform_url
        self.token = ""

    async def ask(
        self,
        method: str,
        address: str,
        json: Mapping[str, object] | None = None,
        query: Mapping[str, int] | None = None,
    ) -> httpx.Response:
        if not self.token:
            got = await self.http.post(
                self.at["token"],
                content="grant_type=client_credentials",
                headers={"Authorization": "Basic a-key"},
            )
            self.token = got.json()["access_token"]
        headers = {**IP, "Authorization": f"Bearer {self.token}"}
        return await self.http.request(method, address, headers=headers, json=json, params=query)

    async def directkit(
        self,
        method: str,
        path: str,
        json: Mapping[str, object] | None = None,
        query: Mapping[str, int] | None = None,
    ) -> dict[str, Any]:
        answer = await self.ask(method, self.at["directkit"] + path, json, query)
        read: dict[str, Any] = answer.json()
        return read

    async def an_applicant(self, wallet: str = "ORG1") -> str:
        person = {
            "firstName": "Ana", "lastName": "Gil", "email": "a@b.example",
            "birthDate": "1980-01-02", "birthCountry": "ES", "address": {"country": "ES"},
            "nationalities": ["ES"],
        }  # fmt: skip
        entity = {"name": f"Norte {wallet}", "type": "SOLE_TRADER", "registrationCountry": "ES"}
        body = {
            "legalEntity": entity, "legalRepresentative": person, "profile": "MERCHANT",
            "walletId": wallet,
        }  # fmt: skip
        made = await self.ask("POST", self.at["onboarding"] + "/accounts/legal-entity", json=body)
        assert made.status_code == 201, made.text
        account: str = made.json()["id"]
        form = {"accountId": account, "legalEntity": entity, "legalRepresentative": person,
                "redirectUrl": f"{self.platform_url}/back?s=1"}  # fmt: skip
        await self.ask("POST", self.at["onboarding"] + "/onboardings/sole-trader", json=form)
        return account

    async def a_wallet(self, wallet: str = "ORG1") -> str:
        await self.stand_in.control(f"onboarding/{await self.an_applicant(wallet)}/accept")
        return wallet

    async def a_card_page(self, **changes: object) -> tuple[int, str]:
        body = {
            "accountId": "ORG1", "totalAmount": 12100, "reference": "R-1", "comment": "P-260001",
            "returnUrl": f"{self.platform_url}/return?s=1",
            "cancelUrl": f"{self.platform_url}/cancel?s=1",
            "errorUrl": f"{self.platform_url}/error?s=1", **changes,
        }  # fmt: skip
        made = await self.directkit("POST", "/v2/moneyins/card/webinit", json=body)
        return made["id"], f"{self.at['webkit']}?moneyInToken={made['webKitToken']}"

    async def status(self, number: int) -> int:
        found = await self.directkit("GET", "/v2/moneyins", query={"transactionId": number})
        status: int = found["transactions"]["value"][0]["status"]
        return status


@pytest.fixture(scope="module")
async def shared() -> AsyncIterator[tuple[StandIn, Platform, str]]:
    platform = Platform()
    app = Starlette(routes=[Route("/{name:path}", platform.receive, methods=["GET", "POST"])])
    async with served(app) as url, running_stand_in(FixedClock()) as stand_in:
        yield stand_in, platform, url


@pytest.fixture
def platform(shared: tuple[StandIn, Platform, str]) -> Platform:
    shared[1].arrived.clear()
    return shared[1]


@pytest.fixture
async def caller(shared: tuple[StandIn, Platform, str]) -> Caller:
    stand_in, _, url = shared
    await stand_in.control("reset")
    return Caller(stand_in, url)


async def hear(caller: Caller, **switches: object) -> None:
    hook = {"hook_url": f"{caller.platform_url}/hook"}
    await caller.stand_in.control("switches", {**hook, **switches})


@pytest.mark.parametrize(
    ("style", "method", "content_type"),
    [
        ("form", "POST", "application/x-www-form-urlencoded"),
        ("json", "POST", "application/json"),
        ("get", "GET", ""),
    ],
)
async def test_notifications_are_texts_in_euros_and_paris_time(
    caller: Caller, platform: Platform, style: str, method: str, content_type: str
) -> None:
    await caller.a_wallet()
    await hear(caller, hook_style=style)
    await caller.stand_in.control("wire", {"wallet": "ORG1", "amount_cents": 36300, "label": "F1"})
    await caller.stand_in.control("settled")
    (arrived,) = platform.arrived
    assert (arrived.method, arrived.content_type) == (method, content_type)
    number = (await caller.stand_in.state())["moneyins"][0]["id"]
    internal = (await caller.stand_in.state())["applicants"][0]["number"]
    assert arrived.fields == {
        "NotifCategory": "10", "NotifDate": "2026-11-24T10:00:00.000", "IntId": str(internal),
        "ExtId": "ORG1", "IdTransaction": str(number), "Amount": "363.00", "Status": "0",
    }  # fmt: skip


async def test_notifications_are_lost_doubled_reordered_forged_and_repeated(
    caller: Caller, platform: Platform
) -> None:
    control, heard = caller.stand_in.control, platform
    account = await caller.an_applicant()
    await hear(caller, is_holding=True)
    await control(f"onboarding/{account}/accept")
    assert heard.arrived == []
    assert await control("release", {"order": "reversed"}) == {"done": True, "released": 3}
    await control("settled")
    assert sorted(heard.hooks("NotifCategory")) == ["49", "50", "8"]

    heard.arrived.clear()
    await control("switches", {"hook_copies": 2})
    await control("replay", {"last": 1})
    await control("settled")
    assert heard.hooks("NotifCategory") == ["8", "8"]

    heard.arrived.clear()
    await control("switches", {"hook_copies": 0})
    await control("wallets/ORG1", {"is_blocked": True})
    await control("switches", {"hook_copies": 1, "hook_styles": {"10": "json"}})
    await control("notify", {"NotifCategory": 10, "IdTransaction": "1"})
    await control("settled")
    (forged,) = heard.arrived
    assert forged.content_type == "application/json"
    assert forged.fields == {"NotifCategory": "10", "IdTransaction": "1"}


@pytest.mark.parametrize(
    ("returns", "calls"),
    [
        ("post_first", ["POST", "GET"]),
        ("post_twice", ["POST", "POST", "GET"]),
        ("post_after", ["GET", "POST"]),
        ("post_lost", ["GET"]),
        ("post_only", ["POST"]),
    ],
)
async def test_a_payer_comes_back(
    caller: Caller,
    platform: Platform,
    monkeypatch: pytest.MonkeyPatch,
    returns: str,
    calls: list[str],
) -> None:
    monkeypatch.setattr(notifier, "_BROWSER_S", 0.1)
    await caller.a_wallet()
    await caller.stand_in.control("switches", {"returns": returns})
    number, page = await caller.a_card_page()
    pressed = await caller.stand_in.press(page, action="pay", number=next(iter(pages.TEST_CARDS)))
    if pressed.status_code == 302:
        await caller.http.get(pressed.headers["location"])
    await caller.stand_in.control("settled")
    assert [one.method for one in platform.arrived] == calls
    assert {one.path for one in platform.arrived} == {"/return"}
    for one in platform.arrived:
        assert (one.fields["s"], one.fields["response_wkToken"]) == ("1", "R-1")
        if one.method == "POST":
            assert one.fields["response_code"] == "0000"
            assert one.fields["response_transactionId"] == str(number)
            assert one.fields["response_transactionAmount"] == "121.00"
    assert await caller.status(number) == 0


@pytest.mark.parametrize(
    ("buttons", "path", "status"),
    [
        ({"action": "pay", "number": "4600000010000905"}, "/error", 6),
        ({"action": "refuse"}, "/error", 6),
        ({"action": "cancel"}, "/cancel", 7),
    ],
)
async def test_a_payer_is_refused_or_gives_up(
    caller: Caller, buttons: dict[str, str], path: str, status: int
) -> None:
    await caller.a_wallet()
    number, page = await caller.a_card_page()
    pressed = await caller.stand_in.press(page, **buttons)
    assert httpx.URL(pressed.headers["location"]).path == path
    assert await caller.status(number) == status
    assert (await caller.stand_in.press(page, action="pay")).status_code == 404


async def test_an_abandoned_payment_is_closed_later(caller: Caller, platform: Platform) -> None:
    await caller.a_wallet()
    number, page = await caller.a_card_page()
    assert (await caller.stand_in.press(page, action="abandon")).status_code == 200
    assert await caller.status(number) == 4
    await hear(caller)
    await caller.stand_in.control("sync")
    await caller.stand_in.control("settled")
    assert await caller.status(number) == 7
    assert platform.hooks("NotifCategory") == ["42"]


async def test_the_card_page_speaks_two_languages_and_asks_the_bank(caller: Caller) -> None:
    await caller.a_wallet()
    number, page = await caller.a_card_page()
    spanish = await caller.http.get(page.replace("moneyInToken", "moneyintoken") + "&lang=sp")
    assert '<html lang="es">' in spanish.text
    assert "121,00" in spanish.text
    assert "form-action" not in spanish.headers["content-security-policy"]
    assert "€121.00" in (await caller.http.get(page + "&lang=en")).text
    wrong = await caller.stand_in.press(page, action="pay", number="none")
    assert wrong.status_code == 422

    await caller.stand_in.control("switches", {"three_ds": "challenge"})
    asked = await caller.stand_in.press(page, action="pay", number="4600000010000400")
    assert asked.status_code == 200
    assert await caller.status(number) == 4
    await caller.stand_in.press(page, action="confirm")
    assert await caller.status(number) == 0


async def test_a_slow_payer_is_back_before_the_money(
    caller: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "_SLOW_S", 0)
    await caller.a_wallet()
    number, page = await caller.a_card_page()
    pressed = await caller.stand_in.press(page, action="slow", number="4600000010000400")
    assert pressed.status_code == 302
    assert await caller.status(number) == 0


async def test_an_application_is_handed_in_on_the_hosted_page(caller: Caller) -> None:
    await caller.an_applicant()
    form = (await caller.stand_in.state())["applicants"][0]["onboarding_id"]
    page = await caller.http.get(f"{caller.stand_in.url}/forms/{form}/welcome")
    assert "Norte ORG1" in page.text
    back = await caller.http.post(f"{caller.stand_in.url}/forms/{form}/done")
    assert back.headers["location"] == f"{caller.platform_url}/back?s=1"
    assert (await caller.stand_in.state())["applicants"][0]["profile_status"] == "UNDER_ANALYSIS"


async def test_the_door_is_as_narrow_as_theirs(caller: Caller) -> None:
    await caller.a_wallet()
    accounts = caller.at["onboarding"] + "/accounts"
    wallet = caller.at["directkit"] + "/v2/accounts/ORG1"
    lower = {"Authorization": f"bearer {caller.token}"}
    assert (await caller.http.get(accounts, headers=lower)).status_code == 403
    assert (await caller.http.get(wallet, headers={**lower, **IP})).status_code == 200
    assert (await caller.http.get(wallet, headers=lower)).json()["error"]["code"] == 248
    assert (await caller.http.get(wallet, headers=IP)).status_code == 401
    await caller.stand_in.control("clock", {"advance_s": 3601})
    assert (await caller.http.get(wallet, headers={**lower, **IP})).status_code == 401


async def test_the_answer_to_a_card_page_has_the_obsolete_id(caller: Caller) -> None:
    await caller.a_wallet()
    body = {"accountId": "ORG1", "totalAmount": 50, "returnUrl": "r", "cancelUrl": "c",
            "errorUrl": "e"}  # fmt: skip
    made = await caller.directkit("POST", "/v2/moneyins/card/webinit", json=body)
    assert made["id"] == made["id "]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"totalAmount": 49}, 151),
        ({"accountId": "ORG2"}, 147),
        ({"reference": "R" * 51}, 234),
        ({"totalAmount": "12100"}, 234),
    ],
)
async def test_a_card_payment_they_would_not_begin(
    caller: Caller, changes: dict[str, object], code: int
) -> None:
    await caller.a_wallet()
    body = {"accountId": "ORG1", "totalAmount": 12100, "returnUrl": "r", "cancelUrl": "c",
            "errorUrl": "e"}  # fmt: skip
    answer = await caller.directkit("POST", "/v2/moneyins/card/webinit", json=body | changes)
    assert answer["error"]["code"] == code


async def test_the_state_of_a_wallet_limits_it(caller: Caller) -> None:
    await caller.a_wallet()
    for change, code in (({"status": 5}, 100), ({"status": 8}, 173), ({"is_blocked": True}, 168)):
        await caller.stand_in.control("wallets/ORG1", change)
        body = {"accountId": "ORG1", "totalAmount": 25_001, "returnUrl": "r", "cancelUrl": "c",
                "errorUrl": "e"}  # fmt: skip
        answer = await caller.directkit("POST", "/v2/moneyins/card/webinit", json=body)
        assert answer["error"]["code"] == code


async def test_money_goes_out_and_comes_back(caller: Caller, platform: Platform) -> None:
    control = caller.stand_in.control
    await caller.a_wallet()
    number, page = await caller.a_card_page()
    await caller.stand_in.press(page, action="pay", number="4600000010000400")
    await control(f"wallets/{SC}", {"balance": 0})
    await hear(caller, hook_style="json")
    iban = {"accountId": "ORG1", "holder": "Norte", "iban": "ES9121000418450200051332"}
    iban_id = (await caller.directkit("POST", "/v2/moneyouts/iban", json=iban))["ibanId"]
    order = {"accountId": "ORG1", "autoCommission": False, "totalAmount": 12100}
    refused = await caller.directkit("POST", "/v2/moneyouts", json=order)
    assert refused["error"]["code"] == 215
    await control(f"ibans/{iban_id}/activate")
    payout = (await caller.directkit("POST", "/v2/moneyouts", json=order))["transaction"]["id"]
    await control(f"moneyouts/{payout}/return")

    chargeback = (await control(f"moneyins/{number}/chargeback"))["id"]
    await control(f"moneyouts/{chargeback}/won")
    await control("settled")
    arrived = {
        one.fields["NotifCategory"]: one.fields for one in platform.arrived if one.path == "/hook"
    }
    assert set(arrived) == {"15", "47", "14", "19"}
    assert arrived["15"]["IdOriginTransaction"] == str(payout)
    assert arrived["15"]["Payment method"] == "3"
    assert arrived["14"]["Amount"] == "121.00"
    state = await caller.stand_in.state()
    assert [wallet["balance"] for wallet in state["wallets"]] == [0, 12100]


async def test_a_chargeback_of_an_empty_wallet_is_covered_by_the_platform(caller: Caller) -> None:
    await caller.a_wallet()
    number, page = await caller.a_card_page()
    await caller.stand_in.press(page, action="pay", number="4600000010000400")
    await caller.stand_in.control("wallets/ORG1", {"balance": 100})
    await caller.stand_in.control(f"moneyins/{number}/chargeback")
    found = await caller.directkit("GET", "/v2/accounts/ORG1/transactions")
    (line,) = [line for line in found["transactions"]["value"] if "transactionP2P" in line]
    assert line["transactionP2P"]["debitAmount"] == 12000


async def test_a_control_that_means_nothing_is_told_so(caller: Caller) -> None:
    url = f"{caller.stand_in.url}/_control"
    for path, body, status in (
        ("onboarding/nobody/accept", {}, 404),
        ("onboarding/nobody/guess", {}, 400),
        ("switches", {"errors": "nowhere"}, 400),
        ("switches", {"unknown": 1}, 400),
        ("faults", {"kind": "earthquake"}, 400),
        ("wire", {"iban": "ES00", "amount_cents": 1}, 404),
        ("moneyins/1/settle", {}, 404),
    ):
        answer = await caller.http.post(f"{url}/{path}", json=body)
        assert answer.status_code == status, path
    evil = await caller.http.get(f"{url}/state", headers={"Host": "evil.example"})
    assert evil.status_code == 400


async def test_everything_is_at_a_glance_with_its_buttons(caller: Caller) -> None:
    browser = {
        "Accept": "text/html",
        "Accept-Language": "es-ES,es",
        "Sec-Fetch-Site": "same-origin",
    }
    url = caller.stand_in.url
    account = await caller.an_applicant()
    button = f"/_control/onboarding/{account}/accept"
    assert button in (await caller.http.get(url, headers=browser)).text
    pressed = await caller.http.post(url + button, headers=browser)
    assert (pressed.status_code, pressed.headers["location"]) == (303, "/")

    wish = {"wallet": "ORG1", "country": "ES"}
    made = await caller.directkit("POST", "/v2/moneyins/bankwire/iban/create", json=wish)
    wire = {"iban": made["iban"], "amount_cents": "36300", "label": "F <1>"}
    pressed = await caller.http.post(f"{url}/_control/wire", data=wire, headers=browser)
    assert pressed.status_code == 303
    number, page = await caller.a_card_page()
    await caller.stand_in.press(page, action="pay", number="4600000010000400")
    shown = (await caller.http.get(url, headers=browser)).text
    assert "363,00" in shown
    assert "F &lt;1&gt;" in shown
    assert f"/_control/moneyins/{number}/chargeback" in shown

    other_site = browser | {"Sec-Fetch-Site": "cross-site"}
    chargeback = f"{url}/_control/moneyins/{number}/chargeback"
    assert (await caller.http.post(chargeback, headers=other_site)).status_code == 403
    await caller.http.post(chargeback, headers=browser)
    english = (await caller.http.get(url, headers={"Accept-Language": "en"})).text
    assert "chargeback · success" in english
    assert "NotifCategory=14" in english


def test_a_later_run_goes_on(tmp_path: Path) -> None:
    clock, file = FixedClock(), tmp_path / "lemonway" / "records.db"
    first = Store(clock, file)
    number = first.number()
    first.wallets.save(Wallet(id="ORG1", number=number, name="Norte", balance=7))
    first.close()
    second = Store(clock, file)
    assert second.wallets.find("ORG1") == Wallet(id="ORG1", number=number, name="Norte", balance=7)
    assert second.number() > number
    second.close()


@pytest.mark.parametrize(
    ("decisions", "status", "profile", "wallet_status", "is_blocked"),
    [
        ("submit reject", "CREATED", "REJECTED", None, None),
        ("deny", "DENIED", "DENIED", None, None),
        ("accept block", "BLOCKED", "ACCEPTED", 10, True),
        ("accept block unblock", "ACCEPTED", "ACCEPTED", 6, False),
        ("accept kyc-update kyc-reject", "ACCEPTED", "ACCEPTED", 6, False),
        ("accept kyc-update kyc-outdated", "ACCEPTED", "ACCEPTED", 8, True),
        ("accept kyc-update kyc-outdated kyc-accept", "ACCEPTED", "ACCEPTED", 6, False),
    ],
)
async def test_analysts_decide(
    caller: Caller,
    decisions: str,
    status: str,
    profile: str,
    wallet_status: int | None,
    *,
    is_blocked: bool | None,
) -> None:
    account = await caller.an_applicant()
    for decision in decisions.split():
        await caller.stand_in.control(f"onboarding/{account}/{decision}")
    shown = (await caller.ask("GET", f"{caller.at['onboarding']}/accounts/{account}")).json()
    assert (shown["status"], shown["profileStatus"]) == (status, profile)
    assert bool(shown["requirements"]) is decisions.endswith(("kyc-reject", "kyc-outdated"))
    assert bool(shown["restrictions"]) is decisions.endswith("kyc-outdated")
    answer = await caller.directkit("GET", "/v2/accounts/ORG1")
    if wallet_status is None:
        assert answer["error"]["code"] == 147
    else:
        assert (answer["account"]["status"], answer["account"]["isblocked"]) == (
            wallet_status,
            is_blocked,
        )


@pytest.mark.parametrize(
    ("name", "decision", "statuses"),
    [
        ("nota.pdf", "accept", [1, 2]),
        ("nota.pdf", "refuse", [1, 3]),
        ("nota-unreadable.pdf", "wrong-type", [4, 6]),
        ("nota-expired.pdf", "accept", [5, 2]),
    ],
)
async def test_a_paper_is_judged_by_its_name_and_then_by_a_person(
    caller: Caller, platform: Platform, name: str, decision: str, statuses: list[int]
) -> None:
    await caller.a_wallet()
    await hear(caller)
    paper = {"name": name, "type": 7, "buffer": "JVBERi0="}
    made = await caller.directkit("POST", "/v2/accounts/ORG1/documents/upload", json=paper)
    await caller.stand_in.control("settled")
    await caller.stand_in.control(f"papers/{made['uploadDocument']['id']}/{decision}")
    await caller.stand_in.control("settled")
    assert platform.hooks("Status") == [str(status) for status in statuses]
    assert set(platform.hooks("DocType")) == {"7"}
    listed = await caller.directkit("GET", "/v2/accounts/ORG1/documents")
    assert [paper["status"] for paper in listed["documents"]] == statuses[-1:]


@pytest.mark.parametrize(
    ("event", "status"), [("settle", 0), ("authorize", 16), ("refuse", 6), ("cancel", 7)]
)
async def test_a_payment_ends_without_its_payer(caller: Caller, event: str, status: int) -> None:
    await caller.a_wallet()
    number, _ = await caller.a_card_page()
    await caller.stand_in.control(f"moneyins/{number}/{event}")
    assert await caller.status(number) == status


async def test_a_payment_is_falsified(caller: Caller) -> None:
    await caller.a_wallet()
    number, _ = await caller.a_card_page()
    await caller.stand_in.control(f"moneyins/{number}", {"amount": 1, "reference": "R-2"})
    found = await caller.directkit("GET", "/v2/moneyins", query={"transactionId": number})
    (record,) = found["transactions"]["value"]
    assert (record["creditAmount"], record["reference"]) == (1, "R-2")


@pytest.mark.parametrize(
    ("refunds", "event", "statuses"),
    [("pending", "done", [4, 0]), ("pending", "fail", [4, 3]), ("refused", "", [6, 6])],
)
async def test_a_refund_takes_its_time(
    caller: Caller, refunds: str, event: str, statuses: list[int]
) -> None:
    await caller.a_wallet()
    number, page = await caller.a_card_page()
    await caller.stand_in.press(page, action="pay", number="4600000010000400")
    await caller.stand_in.control("switches", {"refunds": refunds})
    made = await caller.directkit("PUT", f"/v2/refund/{number}", json={"amountToRefund": 100})
    if event:
        await caller.stand_in.control(f"moneyouts/{made['transaction']['id']}/{event}")
    found = await caller.directkit("GET", "/v2/accounts/ORG1/transactions")
    (refund,) = [
        line["transactionOut"]
        for line in found["transactions"]["value"]
        if "transactionOut" in line
    ]
    assert [made["transaction"]["status"], refund["status"]] == statuses
    assert refund["originId"] == number


async def test_card_refunds_are_closed_at_night(caller: Caller) -> None:
    await caller.a_wallet()
    number, page = await caller.a_card_page()
    await caller.stand_in.press(page, action="pay", number="4600000010000400")
    await caller.stand_in.control("clock", {"advance_s": 13 * 3600})  # 23:00 in Paris
    caller.token = ""
    refused = await caller.directkit("PUT", f"/v2/refund/{number}", json={})
    assert refused["error"]["psp"]["message"] == "12-00-12 ERR_PSP_INVALID_OPERATION"
    await caller.stand_in.control("switches", {"is_closed_at_night": False})
    made = await caller.directkit("PUT", f"/v2/refund/{number}", json={})
    assert made["transaction"]["debitAmount"] == 12100


@pytest.mark.parametrize(("event", "status"), [("done", 3), ("fail", 4)])
async def test_a_payout_takes_its_time(caller: Caller, event: str, status: int) -> None:
    await caller.a_wallet()
    await caller.stand_in.control("wallets/ORG1", {"balance": 500})
    iban = {"accountId": "ORG1", "holder": "Norte", "iban": "ES9121000418450200051332"}
    iban_id = (await caller.directkit("POST", "/v2/moneyouts/iban", json=iban))["ibanId"]
    await caller.stand_in.control(f"ibans/{iban_id}/activate")
    order = {"accountId": "ORG1", "autoCommission": False, "totalAmount": 500}
    payout = (await caller.directkit("POST", "/v2/moneyouts", json=order))["transaction"]
    assert payout["status"] == 0
    await caller.stand_in.control(f"moneyouts/{payout['id']}/{event}")
    found = await caller.directkit("GET", "/v2/moneyouts")
    assert found["transactions"]["value"][0]["status"] == status


async def test_a_virtual_iban_has_its_limits(caller: Caller) -> None:
    await caller.a_wallet()
    path, wish = "/v2/moneyins/bankwire/iban/create", {"wallet": "ORG1", "country": "ES"}
    made = [await caller.directkit("POST", path, json=wish) for _ in range(6)]
    assert [one.get("maxAvailableIbanPerWallet") for one in made] == [4, 3, 2, 1, 0, None]
    assert made[5]["error"]["code"] == 138
    assert len({one["iban"] for one in made[:5]}) == 5
    for one in made[:5]:
        iban_number.validate(one["iban"])
