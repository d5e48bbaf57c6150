"""DirectKit: card, bank page, wires, refunds."""

import secrets
from datetime import timedelta

from pydantic import Field, JsonValue
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from app.sandbox.lemonway import shapes
from app.sandbox.lemonway.answers import (
    TRANSACTION_MISSING,
    WALLET_MISSING,
    Door,
    Failed,
    Input,
    page_of,
    read,
    seconds_of,
)
from app.sandbox.lemonway.bank import (
    BY_CARD,
    BY_TRANSFER,
    PENDING,
    REFUSED,
    SUCCESS,
    Bank,
    Unknown,
)
from app.sandbox.lemonway.notifier import PARIS
from app.sandbox.lemonway.paths import BANK_PAGE, DIRECTKIT
from app.sandbox.lemonway.records import MoneyIn, Wallet
from app.sandbox.lemonway.store import SC, Store
from app.sandbox.lemonway.switches import Switches

_CARD_MIN, _BANK_PAGE_MIN, _LIMITED_MAX = 50, 100, 25_000
_VERIFIED = frozenset({6, 7, 13})
_EXPIRED, _CLOSED = 8, 12
_REFUND_AGE = timedelta(days=365)
_NIGHT_FROM, _NIGHT_TO = 22, 3
_REFUND_STATUS = {"done": SUCCESS, "pending": PENDING, "refused": REFUSED}


class _Order(Input):
    account_id: str = Field(max_length=256)
    total_amount: int
    commission_amount: int = 0
    auto_commission: bool = False
    reference: str = Field("", max_length=50)
    comment: str = Field("", max_length=140)
    return_url: str
    cancel_url: str
    error_url: str


class _BankOrder(_Order):
    country_code: str = Field(pattern="^(FR|ES|IT|DE|PT)$")


class _Refund(Input):
    amount_to_refund: int | None = None
    comment: str = Field("", max_length=140)


class MoneyIns:
    """The routes under `/v2/moneyins` and `/v2/refund`."""

    def __init__(self, store: Store, bank: Bank, switches: Switches) -> None:
        self._store = store
        self._bank = bank
        self._switches = switches

    def routes(self, door: Door) -> list[Route]:
        """Give the routes."""
        return [
            Route(DIRECTKIT + path, door.directkit(handler), methods=[method])
            for method, path, handler in (
                ("POST", "/v2/moneyins/card/webinit", self.start_card),
                ("POST", "/v2/moneyins/paybybank/transfer/init", self.start_bank_page),
                ("GET", "/v2/moneyins", self.find),
                ("GET", "/v2/moneyins/bankwire", self.wires),
                ("PUT", "/v2/refund/{number}", self.refund),
            )
        ]

    async def start_card(self, request: Request) -> Response:
        """Begin a card payment; the same reference twice is accepted, as far as anyone knows."""
        order = await read(request, _Order)
        money = self._begin(order, BY_CARD, _CARD_MIN, 151)
        return JSONResponse(
            {"webKitToken": money.token, "id": money.id, "id ": money.id, "cardId": 0}
        )

    async def start_bank_page(self, request: Request) -> Response:
        """Begin a payment in the payer's bank."""
        order = await read(request, _BankOrder)
        money = self._begin(order, BY_TRANSFER, _BANK_PAGE_MIN, 365)
        money.method_details = 1
        self._store.moneyins.save(money)
        page = request.url.replace(path=BANK_PAGE, query=f"moneyintoken={money.token}")
        return JSONResponse({"id": money.id, "redirectUrl": str(page)})

    async def find(self, request: Request) -> Response:
        """Search by id, by the merchant's reference, by comment or by date."""
        query = request.query_params
        number = query.get("transactionId")
        one = self._store.moneyins.find(number) if number else None
        candidates = list(self._store.moneyins) if number is None else [one] if one else []
        found = [
            money
            for money in candidates
            if query.get("transactionMerchantToken") in {None, money.reference}
            and query.get("transactionComment") in {None, money.comment}
            and seconds_of(request, "startDate", 0) <= money.date
            and money.date <= seconds_of(request, "endDate", money.date)
        ]
        if not found or not query:
            raise Failed(TRANSACTION_MISSING, "Transaction not found")
        return JSONResponse(page_of(request, [shapes.money_in(money) for money in found]))

    async def wires(self, request: Request) -> Response:
        """List wires; both dates are required."""
        since, until = seconds_of(request, "updateDate"), seconds_of(request, "updateEndDate")
        lines: list[JsonValue] = [
            shapes.money_in(money)
            for money in self._store.moneyins
            if money.method == BY_TRANSFER and since <= money.date <= until
        ]
        return JSONResponse(page_of(request, lines))

    async def refund(self, request: Request) -> Response:
        """Give money back to where it came from."""
        wish = await read(request, _Refund)
        try:
            money = self._bank.money_in(request.path_params["number"])
        except Unknown:
            raise Failed(TRANSACTION_MISSING, "Transaction not found") from None
        left = money.amount - money.refunded
        amount = left if wish.amount_to_refund is None else wish.amount_to_refund
        if money.status != SUCCESS:
            raise Failed(TRANSACTION_MISSING, "Transaction is not completed")
        if not 0 < amount <= left:
            raise Failed(151, "Amount not allowed")
        self._require_window(money)
        out = self._bank.refund(money, amount, wish.comment, _REFUND_STATUS[self._switches.refunds])
        return JSONResponse({"transaction": shapes.money_out(out)})

    def _begin(self, order: _Order, method: int, least: int, too_small: int) -> MoneyIn:
        wallet = self._receiver(order)
        if order.total_amount < least or order.commission_amount > order.total_amount:
            raise Failed(too_small, "Amount not allowed")
        if wallet.status not in _VERIFIED and order.total_amount > _LIMITED_MAX:
            raise Failed(100, "Limit reached")
        return self._store.moneyins.save(
            MoneyIn(
                id=self._store.number(),
                wallet_id=wallet.id,
                amount=order.total_amount,
                commission=order.commission_amount,
                method=method,
                date=self._store.seconds(),
                reference=order.reference,
                comment=order.comment,
                token=secrets.token_urlsafe(24),
                return_url=order.return_url,
                cancel_url=order.cancel_url,
                error_url=order.error_url,
            )
        )

    def _receiver(self, order: _Order) -> Wallet:
        wallet = self._store.wallets.find(order.account_id)
        if wallet is None:
            raise Failed(WALLET_MISSING, "Payment account not found")
        if wallet.is_blocked:
            raise Failed(168, "Receiver blocked")
        if wallet.status in {_EXPIRED, _CLOSED}:
            raise Failed(173, "Money-in not allowed")
        if self._bank.wallet(SC).balance < 0:
            raise Failed(110, "Insufficient credit of the platform")
        return wallet

    def _require_window(self, money: MoneyIn) -> None:
        now = self._store.now()
        if now.timestamp() - money.date > _REFUND_AGE.total_seconds():
            raise Failed(151, "Too old to be refunded")
        hour = now.astimezone(PARIS).hour
        is_night = hour >= _NIGHT_FROM or hour < _NIGHT_TO
        if money.method == BY_CARD and self._switches.is_closed_at_night and is_night:
            raise Failed(170, "Invalid operation", "12-00-12 ERR_PSP_INVALID_OPERATION")
