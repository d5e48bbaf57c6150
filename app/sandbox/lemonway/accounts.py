"""DirectKit: wallets, papers, IBANs, payouts, statements, disputes."""

from collections.abc import Callable

from pydantic import Base64Bytes, Field, JsonValue
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from stdnum import iban as iban_number
from stdnum.es import ccc

from app.sandbox.lemonway import shapes
from app.sandbox.lemonway.answers import (
    BAD_DATE,
    TRANSACTION_MISSING,
    WALLET_MISSING,
    Door,
    Failed,
    Input,
    page_of,
    read,
    seconds_of,
)
from app.sandbox.lemonway.bank import FOR_PAYOUT, IBAN_ACTIVE, IBAN_WAITING, VIRTUAL, Bank
from app.sandbox.lemonway.papers import Papers
from app.sandbox.lemonway.paths import DIRECTKIT
from app.sandbox.lemonway.records import Iban, Wallet
from app.sandbox.lemonway.store import SC, Store

_BANK_AND_BRANCH = "01490001"
_BIC = "BNPAESMMXXX"
_HOLDER = "LEMON WAY"
_IBANS_PER_WALLET, _IBANS_IN_ALL = 5, 1_000
_PAPER_BYTES_MAX = 10_000_000
_WEEK_S = 7 * 24 * 3600


class _Upload(Input):
    name: str = Field(min_length=1)
    type: int = Field(ge=0, le=21)
    buffer: Base64Bytes


class _OwnIban(Input):
    wallet: str
    country: str = Field(pattern="^(BE|ES|FR|IT)$")


class _NewIban(Input):
    account_id: str
    holder: str = Field(min_length=1)
    iban: str = Field(min_length=15, max_length=34)


class _Payout(Input):
    account_id: str
    auto_commission: bool
    total_amount: int
    commission_amount: int = 0
    iban_id: int | None = None
    comment: str = Field("", max_length=140)
    reference: str = Field("", max_length=50)


class Accounts:
    """The routes under `/v2/accounts`, `/v2/moneyouts`, `/v2/disputes`, and virtual IBANs."""

    def __init__(self, store: Store, bank: Bank, papers: Papers) -> None:
        self._store = store
        self._bank = bank
        self._papers = papers

    def routes(self, door: Door) -> list[Route]:
        """Give the routes."""
        return [
            Route(DIRECTKIT + path, door.directkit(handler), methods=[method])
            for method, path, handler in (
                ("GET", "/v2/accounts/kycstatus", self.changes),
                ("GET", "/v2/accounts/{wallet}", self.wallet),
                ("GET", "/v2/accounts/{wallet}/documents", self.list_papers),
                ("POST", "/v2/accounts/{wallet}/documents/upload", self.upload),
                ("GET", "/v2/accounts/{wallet}/transactions", self.statement),
                ("POST", "/v2/moneyins/bankwire/iban/create", self.create_iban),
                ("GET", "/v2/moneyouts/{wallet}/iban", self.list_ibans),
                ("POST", "/v2/moneyouts/iban", self.register_iban),
                ("POST", "/v2/moneyouts", self.pay_out),
                ("GET", "/v2/moneyouts", self.find_payouts),
                ("GET", "/v2/disputes", self.disputes),
            )
        ]

    async def wallet(self, request: Request) -> Response:
        """Give a wallet; one that is not opened yet is not found."""
        wallet = self._wallet(request.path_params["wallet"])
        account: dict[str, JsonValue] = {
            "id": wallet.id,
            "internalId": wallet.number,
            "balance": wallet.balance,
            "status": wallet.status,
            "isblocked": wallet.is_blocked,
            "accountType": 1,
            "company": {"name": wallet.name, "description": ""},
            "adresse": {"country": "ESP"},
            "birth": {"Country": "ESP"},
            "payerOrBeneficiary": 2,
        }
        return JSONResponse({"account": account})

    async def changes(self, request: Request) -> Response:
        """List wallets that changed since."""
        since = seconds_of(request, "updateDate")
        lines: list[JsonValue] = [
            {
                "id": wallet.id,
                "status": wallet.status,
                "date": str(wallet.changed),
                "documents": [shapes.paper(paper) for paper in self._papers.of(wallet.id)],
            }
            for wallet in self._store.wallets
            if wallet.id != SC and wallet.changed >= since
        ]
        return JSONResponse({"accounts": lines})

    async def list_papers(self, request: Request) -> Response:
        """List a wallet's papers."""
        wallet = self._wallet(request.path_params["wallet"])
        return JSONResponse({"documents": [shapes.paper(p) for p in self._papers.of(wallet.id)]})

    async def upload(self, request: Request) -> Response:
        """Take a paper."""
        wallet = self._wallet(request.path_params["wallet"])
        wish = await read(request, _Upload)
        if len(wish.buffer) > _PAPER_BYTES_MAX or wish.name.lower().endswith((".tif", ".tiff")):
            raise Failed(235, "File too big or wrong format")
        paper = self._papers.receive(wallet.id, wallet.number, wish.type, wish.name)
        return JSONResponse(
            {
                "uploadDocument": {
                    "id": paper.id,
                    "status": paper.status,
                    "substatus": 1,
                    "accountstatus": wallet.status,
                }
            }
        )

    async def statement(self, request: Request) -> Response:
        """List everything of one wallet, each line in one of three members."""
        wallet = self._wallet(request.path_params["wallet"])
        is_asked = _period(request, self._store.seconds(), is_short=wallet.id == SC)
        lines: list[tuple[int, JsonValue]] = [
            (money.id, {"transactionIn": shapes.money_in(money)})
            for money in self._store.moneyins
            if money.wallet_id == wallet.id and is_asked(money.date, money.executed)
        ]
        lines += [
            (out.id, {"transactionOut": shapes.money_out(out)})
            for out in self._store.moneyouts
            if out.wallet_id == wallet.id and is_asked(out.date, out.executed)
        ]
        lines += [
            (moved.id, {"transactionP2P": shapes.transfer(moved)})
            for moved in self._store.transfers
            if wallet.id in {moved.sender_id, moved.receiver_id}
            and is_asked(moved.date, moved.date)
        ]
        lines.sort(key=lambda line: line[0])
        return JSONResponse(page_of(request, [line for _, line in lines]))

    async def create_iban(self, request: Request) -> Response:
        """Open a virtual IBAN; the stock is limited per wallet and in all."""
        wish = await read(request, _OwnIban)
        wallet = self._wallet(wish.wallet)
        virtual = [one for one in self._store.ibans if one.type == VIRTUAL]
        own = [one for one in virtual if one.wallet_id == wallet.id]
        if len(own) >= _IBANS_PER_WALLET or len(virtual) >= _IBANS_IN_ALL:
            raise Failed(138, "No virtual IBAN left")
        number = self._store.number()
        made = self._store.ibans.save(
            Iban(
                id=number,
                wallet_id=wallet.id,
                iban=_spanish_iban(number),
                bic=_BIC,
                holder=_HOLDER,
                status=IBAN_ACTIVE,
                type=VIRTUAL,
            )
        )
        return JSONResponse(
            {
                "id": made.id,
                "iban": made.iban,
                "bic": made.bic,
                "holder": made.holder,
                "domiciliation": "BNP PARIBAS SUCURSAL EN ESPANA",
                "status": made.status,
                "maxAvailableIbanPerWallet": _IBANS_PER_WALLET - len(own) - 1,
                "maxAvailableIban": _IBANS_IN_ALL - len(virtual) - 1,
                "pdf": None,
                "qrCode": None,
            }
        )

    async def list_ibans(self, request: Request) -> Response:
        """List a wallet's IBANs, of both types."""
        wallet = self._wallet(request.path_params["wallet"])
        own = [shapes.iban(one) for one in self._store.ibans if one.wallet_id == wallet.id]
        return JSONResponse({"ibans": own})

    async def register_iban(self, request: Request) -> Response:
        """Register an IBAN for payouts; it waits to be verified."""
        wish = await read(request, _NewIban)
        wallet = self._wallet(wish.account_id)
        if not iban_number.is_valid(wish.iban):
            raise Failed(221, "Bad IBAN format")
        made = self._store.ibans.save(
            Iban(
                id=self._store.number(),
                wallet_id=wallet.id,
                iban=iban_number.compact(wish.iban),
                bic="",
                holder=wish.holder,
                status=IBAN_WAITING,
                type=FOR_PAYOUT,
            )
        )
        return JSONResponse({"ibanId": made.id, "status": made.status})

    async def pay_out(self, request: Request) -> Response:
        """Pay out to an activated IBAN."""
        wish = await read(request, _Payout)
        wallet = self._wallet(wish.account_id)
        usable = [
            one
            for one in self._store.ibans
            if one.wallet_id == wallet.id
            and (one.type, one.status) == (FOR_PAYOUT, IBAN_ACTIVE)
            and wish.iban_id in {None, one.id}
        ]
        if wallet.is_blocked:
            raise Failed(167, "Sender blocked")
        if not usable:
            raise Failed(215, "No approved IBAN")
        if not 0 < wish.total_amount <= wallet.balance:
            raise Failed(110, "Insufficient credit")
        out = self._bank.pay_out(
            wallet, usable[-1], wish.total_amount, wish.reference, wish.comment
        )
        return JSONResponse({"transaction": shapes.money_out(out)})

    async def find_payouts(self, request: Request) -> Response:
        """Search by id or reference."""
        query = request.query_params
        lines: list[JsonValue] = [
            shapes.money_out(out)
            for out in self._store.moneyouts
            if not out.origin_id
            and query.get("transactionid") in {None, str(out.id)}
            and query.get("reference") in {None, out.reference}
        ]
        if not lines:
            raise Failed(TRANSACTION_MISSING, "Transaction not found")
        return JSONResponse(page_of(request, lines))

    async def disputes(self, request: Request) -> Response:
        """List chargebacks since a date."""
        since = seconds_of(request, "updateDate")
        lines: list[JsonValue] = [
            shapes.money_out(out)
            for out in self._store.moneyouts
            if out.is_chargeback and out.date >= since
        ]
        return JSONResponse(page_of(request, lines))

    def _wallet(self, wallet_id: str) -> Wallet:
        wallet = self._store.wallets.find(wallet_id)
        if wallet is None:
            raise Failed(WALLET_MISSING, "Payment account not found")
        return wallet


def _period(request: Request, now: int, *, is_short: bool) -> Callable[[int, int], bool]:
    """Read the dates of a statement: of beginning, of execution, or both."""
    since = seconds_of(request, "startDate", None if is_short else 0)
    until = seconds_of(request, "endDate", None if is_short else now)
    if is_short and until - since > _WEEK_S:
        raise Failed(BAD_DATE, "At most one week")
    executed_since = seconds_of(request, "executionDateStart", 0)
    executed_until = seconds_of(request, "executionDateEnd", now)
    return lambda begun, executed: (
        since <= begun <= until and executed_since <= executed <= executed_until
    )


def _spanish_iban(number: int) -> str:
    """Make a valid IBAN of a bank that is not asked."""
    account = f"{number:010}"
    code = _BANK_AND_BRANCH + ccc.calc_check_digits(_BANK_AND_BRANCH + "00" + account) + account
    return "ES" + iban_number.calc_check_digits("ES00" + code) + code
