"""Answers as Lemonway's documentation writes them, composed for one wallet.

They are served without any server, so what the adapter understands does not hang on our own
stand-in; the same behaviors are asked of both.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx
import respx
from pydantic import JsonValue

WALLET = "ORG000017"
ACCOUNT = "0f5b7c1e-92a4-4a53-8d0f-0d7f3c6f0a11"
FORM = "7c2e1a90-6a5b-4a7e-9a53-51f1f3d4b822"
CARD, BANK, WIRE, REFUND, PAYOUT, CHARGEBACK, FEE = (
    70412, 70455, 70501, 70520, 70533, 70540, 70541,
)  # fmt: skip
DATE = 1795510800  # 2026-11-24 09:00 UTC

TOKEN_URL = "https://auth.lemonway.example/oauth/api/v1/oauth/token"
DIRECTKIT = "https://ws.lemonway.example/mb/conforme/prod/directkitrest"
WEBKIT = "https://webkit.lemonway.example/mb/conforme/prod/"
ONBOARDING = "https://onboarding-api.lemonway.example"
FORMS = "https://onboarding.lemonway.example"

Json = dict[str, JsonValue]


def money_in(number: int, **changes: JsonValue) -> Json:
    return {
        "id": number,
        "receiverAccountId": WALLET,
        "creditAmount": 12100,
        "commissionAmount": 0,
        "lemonWayCommission": {"idp2p": 0, "amount": 0},
        "refundAmount": 0.0,
        "status": 4,
        "reference": "R-1",
        "comment": "P-260001",
        "method": 0,
        "methodDetails": 0,
        "date": DATE,
        "executionDate": 0,
        "PSP": {"message": None},
        "card": {"id": 0, "is3DS": True, "country": "ESP", "maskedNumber": ""},
        "threeDS": {"threeDSModeRequested": "No_preference", "threeDSResult": "FRICTIONLESS"},
        "scheduledDate": None,
        "childTransactions": [],
        **changes,
    }


def money_out(number: int, **changes: JsonValue) -> Json:
    return {
        "id": number,
        "senderAccountId": WALLET,
        "debitAmount": 2500,
        "IbanId": None,
        "originId": None,
        "maskedLabel": None,
        "status": 0,
        "reference": None,
        "comment": "",
        "method": 0,
        "date": DATE,
        "executionDate": DATE,
        "commissionAmount": 0,
        **changes,
    }


def listed(*records: Json) -> Json:
    return {
        "transactions": {"value": list(records)},
        "_links": {"self": {"href": f"{DIRECTKIT}/v2/moneyins?page=1"}},
    }


def error(code: int, message: str = "refused", psp: str | None = None) -> Json:
    return {"error": {"code": code, "message": message, "psp": {"message": psp}}}


PAID_CARD = money_in(
    CARD,
    status=0,
    executionDate=DATE,
    card={"id": 0, "maskedNumber": "XXXXXXXXXXXX0400", "type": "CB/VISA/MASTERCARD"},
)
REFUSED_CARD = money_in(CARD, status=6, PSP={"message": "05-00-05 ERR_PSP_REFUSED"})
BANK_PAGE = money_in(BANK, method=1, methodDetails=1, reference="R-2", card=None)
WIRED = money_in(
    WIRE,
    method=1,
    status=0,
    reference=None,
    card=None,
    creditAmount=5000,
    comment="P 260001 GRACIAS",
    executionDate=DATE,
)
REFUNDED = money_out(REFUND, originId=CARD, comment=f"Refund {REFUND} RF-1 damaged goods")
PAID_OUT = money_out(PAYOUT, method=3, reference="PO-1", IbanId=881, executionDate=0)
CHARGED_BACK = money_out(CHARGEBACK, originId=CARD, debitAmount=12100, comment="Fraud")
FEE_TAKEN: Json = {
    "id": FEE,
    "senderAccountId": WALLET,
    "receiverAccountId": "SC",
    "debitAmount": 35,
    "creditAmount": 35,
    "commissionAmount": 0,
    "status": 3,
    "isFee": True,
    "comment": "fee",
    "reference": None,
    "date": DATE,
    "executionDate": DATE,
}
OWN_IBAN: Json = {
    "id": 615,
    "iban": "ES6101490001840000070006",
    "bic": "BNPAESMMXXX",
    "holder": "LEMON WAY",
    "domiciliation": "BNP PARIBAS SUCURSAL EN ESPANA",
    "status": 0,
    "maxAvailableIbanPerWallet": 4,
    "maxAvailableIban": 99,
    "pdf": None,
    "qrCode": None,
}
LISTED_OWN_IBAN: Json = {
    "id": 615,
    "status": 5,
    "iban": OWN_IBAN["iban"],
    "swift": "BNPAESMMXXX",
    "holder": "LEMON WAY",
    "type": 2,
}
PAYOUT_IBAN: Json = {
    "id": 881,
    "status": 4,
    "iban": "ES9121000418450200051332",
    "swift": None,
    "holder": "Varadero Norte SL",
    "type": 1,
}
APPLICANT: Json = {"id": ACCOUNT, "status": "CREATED", "profileStatus": "AWAITING_INFORMATION"}
UPDATE: Json = {
    "id": "c1",
    "type": "KYC_UPDATE",
    "dueDate": "2027-02-01T09:00:00.000Z",
    "status": "REQUESTED",
}
OUTDATED: Json = {
    "id": "c2",
    "category": "KYC",
    "reason": "KYC_OUTDATED",
    "activatedAt": "2027-03-01T09:00:00.000Z",
    "requirementIds": ["c1"],
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that came."""

    method: str
    path: str
    headers: httpx.Headers
    query: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> Json:
        read: Json = json.loads(self.content)
        return read


class Samples:
    """Gives the present answer of each call; what is asked may change later answers."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.answers: dict[str, Json | httpx.Response] = {
            "GET /v2/moneyins": error(143),
            "GET /v2/moneyouts": error(143),
            f"GET /v2/accounts/{WALLET}/transactions": listed(),
            f"GET /v2/moneyouts/{WALLET}/iban": {"ibans": []},
            "POST /v2/moneyins/card/webinit": {
                "webKitToken": "9fTq", "id": CARD, "id ": CARD, "cardId": 0,
            },
            "POST /v2/moneyins/paybybank/transfer/init": {
                "id": BANK, "redirectUrl": "https://bank.example/?moneyintoken=4c",
            },
            "POST /v2/moneyins/bankwire/iban/create": OWN_IBAN,
            "POST /v2/moneyouts/iban": {"ibanId": 881, "status": 4},
            "POST /v2/moneyouts": {"transaction": PAID_OUT},
            f"PUT /v2/refund/{CARD}": {"transaction": REFUNDED},
            "POST /accounts/legal-entity": APPLICANT,
            f"GET /accounts/{ACCOUNT}": APPLICANT,
            "POST /onboardings/company": {"id": FORM, "url": f"{FORMS}/{FORM}/welcome"},
            f"GET /onboardings/{FORM}/resume": {"url": f"{FORMS}/{FORM}/welcome"},
            f"POST /legal-entity-onboarding/{FORM}/document": {
                "documentId": "48121", "status": "SUCCESS",
            },
        }  # fmt: skip
        self.effects: dict[str, Callable[[], None]] = {
            "POST /v2/moneyins/card/webinit": lambda: self.set_payment(money_in(CARD)),
            "POST /v2/moneyins/paybybank/transfer/init": lambda: self.set_payment(BANK_PAGE),
            "POST /v2/moneyins/bankwire/iban/create": lambda: self.set_ibans(LISTED_OWN_IBAN),
            "POST /v2/moneyouts/iban": lambda: self.set_ibans(PAYOUT_IBAN),
            "POST /v2/moneyouts": lambda: self.answers.update(
                {"GET /v2/moneyouts": listed(PAID_OUT)}
            ),
            f"PUT /v2/refund/{CARD}": self._refunded,
        }
        router = respx.MockRouter(assert_all_called=False)
        router.post(TOKEN_URL).respond(
            json={"access_token": "t0ken", "token_type": "bearer", "expires_in": 3600}
        )
        router.route(url__startswith=DIRECTKIT).mock(side_effect=self._answer(DIRECTKIT))
        router.route(url__startswith=ONBOARDING).mock(side_effect=self._answer(ONBOARDING))
        self.router = router
        self.transport = httpx.MockTransport(router.async_handler)

    def set_payment(self, record: Json) -> None:
        self.answers["GET /v2/moneyins"] = listed(record)

    def set_ibans(self, *ibans: Json) -> None:
        self.answers[f"GET /v2/moneyouts/{WALLET}/iban"] = {"ibans": [*ibans]}

    def set_statement(self, *lines: Json) -> None:
        self.answers[f"GET /v2/accounts/{WALLET}/transactions"] = listed(*lines)

    def _refunded(self) -> None:
        self.set_payment(PAID_CARD | {"refundAmount": 2500.0})
        self.set_statement({"transactionOut": REFUNDED})

    def _answer(self, base: str) -> Callable[[httpx.Request], httpx.Response]:
        def give(request: httpx.Request) -> httpx.Response:
            path = str(request.url.copy_with(query=None)).removeprefix(base)
            key = f"{request.method} {path}"
            query = dict(request.url.params)
            self.asked.append(Asked(request.method, path, request.headers, query, request.content))
            answer = self.answers[key]
            self.effects.get(key, lambda: None)()
            return (
                answer if isinstance(answer, httpx.Response) else httpx.Response(200, json=answer)
            )

        return give
