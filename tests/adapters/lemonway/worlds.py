"""Two Lemonways that must behave alike: documented answers without a server, and the stand-in."""

from datetime import date
from typing import Literal, Protocol

from pydantic import JsonValue

from app.adapters.lemonway.gateway import Lemonway
from app.kernel.identifiers import new_id
from app.payments.enrolment import (
    Account,
    Application,
    HostedForm,
    LegalEntity,
    LegalKind,
    Paper,
    PaperKind,
    Representative,
)
from app.payments.movements import HostedPage
from tests.adapters.lemonway import samples
from tests.adapters.lemonway.running import StandIn
from tests.adapters.lemonway.samples import Samples

Outcome = Literal["paid", "refused", "cancelled", "authorized", "settled"]
Decision = Literal["submit", "accept", "reject", "deny", "block", "kyc-update", "kyc-outdated"]

EXPIRED_PAPER = Paper(
    PaperKind.COMPANY_REGISTRY, "nota-expired.pdf", "application/pdf", b"%PDF-1.7 \r\n\x00"
)
_BUTTONS = {
    "paid": {"action": "pay", "number": "4600 0000 1000 0400"},
    "refused": {"action": "pay", "number": "4600000010000905"},
    "cancelled": {"action": "cancel"},
    "authorized": {"action": "pay"},
}


def an_application(wallet: str = samples.WALLET, *, tax_id: str = "B12345674") -> Application:
    return Application(
        wallet=wallet,
        entity=LegalEntity(
            kind=LegalKind.COMPANY,
            name="Varadero Norte SL",
            tax_id=tax_id,
            country="ES",
            registered_on=date(2011, 3, 4),
        ),
        representative=Representative(
            first_name="Ana",
            last_name="Gil",
            email="ana@varadero.example",
            birth_date=date(1980, 1, 2),
            birth_country="ES",
            country="ES",
            nationalities=("ES",),
        ),
    )


class World(Protocol):
    """A Lemonway, and the hand of fate in it."""

    lemonway: Lemonway
    application: Application

    async def start_form(self, account: Account) -> HostedForm: ...

    async def decide(self, account: Account, decision: Decision) -> None: ...

    async def an_accepted_wallet(self) -> str: ...

    async def payer(self, page: HostedPage, outcome: Outcome) -> None: ...

    async def wire(self, wallet: str, amount: int, label: str) -> None: ...

    async def charge_back(self, transaction_id: str) -> None: ...

    async def activate_iban(self, iban_id: str) -> None: ...


class SamplesWorld:
    """The documentation's answers."""

    def __init__(self, lemonway: Lemonway, wire: Samples) -> None:
        self.lemonway = lemonway
        self.application = an_application()
        self._samples = wire

    async def start_form(self, account: Account) -> HostedForm:
        return await self.lemonway.onboarding.start_form(
            account.id, self.application, "https://conforme.example/back"
        )

    async def decide(self, _account: Account, decision: Decision) -> None:
        status, profile = {
            "submit": ("CREATED", "UNDER_ANALYSIS"),
            "reject": ("CREATED", "REJECTED"),
            "deny": ("DENIED", "DENIED"),
            "block": ("BLOCKED", "ACCEPTED"),
        }.get(decision, ("ACCEPTED", "ACCEPTED"))
        shown: samples.Json = {"id": samples.ACCOUNT, "status": status, "profileStatus": profile}
        if decision in {"kyc-update", "kyc-outdated"}:
            shown["requirements"] = [samples.UPDATE]
        if decision == "kyc-outdated":
            shown["restrictions"] = [samples.OUTDATED]
        self._samples.answers[f"GET /accounts/{samples.ACCOUNT}"] = shown
        if decision == "accept":
            await self.an_accepted_wallet()

    async def an_accepted_wallet(self) -> str:
        account: samples.Json = {"id": samples.WALLET, "internalId": 913, "balance": 0, "status": 6,
                   "isblocked": False, "accountType": 1}  # fmt: skip
        papers: list[JsonValue] = [
            {"id": 48121, "status": 5, "type": 7, "validityDate": "01/02/2026", "comment": "Périmé"}
        ]
        self._samples.answers |= {
            f"GET /v2/accounts/{samples.WALLET}": {"account": account},
            f"GET /v2/accounts/{samples.WALLET}/documents": {"documents": papers},
            "GET /v2/accounts/kycstatus": {"accounts": [{"id": samples.WALLET, "status": 6}] * 2},
        }
        return samples.WALLET

    async def payer(self, page: HostedPage, outcome: Outcome) -> None:
        bank = int(page.transaction_id) == samples.BANK
        begun = samples.BANK_PAGE if bank else samples.money_in(samples.CARD)
        self._samples.set_payment(
            {
                "paid": samples.PAID_CARD,
                "refused": samples.REFUSED_CARD,
                "cancelled": begun | {"status": 7},
                "authorized": begun | {"status": 16},
                "settled": begun | {"status": 0, "executionDate": samples.DATE},
            }[outcome]
        )
        self._samples.set_statement({"transactionIn": samples.PAID_CARD})

    async def wire(self, _wallet: str, amount: int, label: str) -> None:
        wired = samples.WIRED | {"creditAmount": amount, "comment": label}
        self._samples.answers["GET /v2/moneyins/bankwire"] = samples.listed(wired)
        self._samples.set_statement({"transactionIn": wired})

    async def charge_back(self, _transaction_id: str) -> None:
        self._samples.answers["GET /v2/disputes"] = samples.listed(samples.CHARGED_BACK)
        self._samples.set_statement(
            {"transactionIn": samples.PAID_CARD},
            {"transactionOut": samples.CHARGED_BACK},
            {"transactionP2P": {**samples.FEE_TAKEN, "senderAccountId": "SC", "debitAmount": 1}},
        )

    async def activate_iban(self, _iban_id: str) -> None:
        self._samples.set_ibans({**samples.PAYOUT_IBAN, "status": 5}, samples.LISTED_OWN_IBAN)


class StandInWorld:
    """The stand-in, over HTTP."""

    def __init__(self, lemonway: Lemonway, stand_in: StandIn) -> None:
        wallet = new_id().hex[-20:]
        self.lemonway = lemonway
        self.application = an_application(wallet, tax_id=wallet)
        self._stand_in = stand_in

    async def start_form(self, account: Account) -> HostedForm:
        form = await self.lemonway.onboarding.start_form(
            account.id, self.application, "http://127.0.0.1/back"
        )
        page = await self._stand_in.http.get(form.url)
        assert self.application.entity.name in page.text
        return form

    async def decide(self, account: Account, decision: Decision) -> None:
        await self._stand_in.control(f"onboarding/{account.id}/{decision}")

    async def an_accepted_wallet(self) -> str:
        account = await self.lemonway.onboarding.open_account(self.application)
        form = await self.start_form(account)
        await self.lemonway.onboarding.hand_in(account.id, form.onboarding_id, EXPIRED_PAPER)
        await self.decide(account, "accept")
        return self.application.wallet

    async def payer(self, page: HostedPage, outcome: Outcome) -> None:
        if outcome == "settled":
            await self._stand_in.control(f"moneyins/{page.transaction_id}/settle")
            return
        shown = await self._stand_in.http.get(page.url)
        assert shown.status_code == 200
        pressed = await self._stand_in.press(page.url, **_BUTTONS[outcome])
        assert pressed.status_code == 302

    async def wire(self, wallet: str, amount: int, label: str) -> None:
        own = await self.lemonway.payments.open_transfer_account(wallet)
        wire = {"iban": own.iban, "amount_cents": amount, "label": label}
        await self._stand_in.control("wire", wire)

    async def charge_back(self, transaction_id: str) -> None:
        await self._stand_in.control(f"moneyins/{transaction_id}/chargeback")

    async def activate_iban(self, iban_id: str) -> None:
        await self._stand_in.control(f"ibans/{iban_id}/activate")
