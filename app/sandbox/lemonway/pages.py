"""The pages a person sees at Lemonway: the card, the bank, the application form."""

import asyncio
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from app.kernel import formats
from app.kernel.money import Money
from app.sandbox.lemonway.analysts import Analysts
from app.sandbox.lemonway.bank import BY_CARD, PENDING, Bank, Unknown
from app.sandbox.lemonway.notifier import Notifier, euros
from app.sandbox.lemonway.paths import BANK_PAGE, FORMS, PAY_PAGE, WEBKIT
from app.sandbox.lemonway.records import MoneyIn
from app.sandbox.lemonway.store import Store
from app.sandbox.lemonway.switches import Switches
from app.sandbox.lemonway.views import show

TEST_CARDS = {"4600000010000400": "", "4600000010000905": "05", "4600000010000202": "02",
              "4600000010000707": "07", "4600000010000103": "03"}  # fmt: skip
"""Visa's test numbers; the last two digits are the acquirer's answer."""

_SLOW_S = 15
_CARD_DIGITS = range(12, 20)
_SPANISH = frozenset({"sp", "es"})
_CODES = {"paid": "0000", "cancelled": "2002", "refused": "4000"}


class Pages:
    """Shows the pages and does what their buttons say."""

    def __init__(
        self,
        store: Store,
        bank: Bank,
        notifier: Notifier,
        switches: Switches,
        analysts: Analysts,
    ) -> None:
        self._store = store
        self._bank = bank
        self._notifier = notifier
        self._switches = switches
        self._analysts = analysts
        self._slow: set[asyncio.Task[None]] = set()

    def routes(self) -> list[Route]:
        """Give the routes."""
        return [
            Route(WEBKIT, self.payment),
            Route(BANK_PAGE, self.payment),
            Route(PAY_PAGE, self.pay, methods=["POST"]),
            Route(FORMS + "/{form}/welcome", self.form),
            Route(FORMS + "/{form}/done", self.submit, methods=["POST"]),
        ]

    async def payment(self, request: Request) -> Response:
        """Show the card's or the bank's page; the token's name is written in two ways."""
        names = {name.lower(): value for name, value in request.query_params.items()}
        money = self._find(names.get("moneyintoken", ""))
        language = "es" if names.get("lang", "sp") in _SPANISH else "en"
        if money is None:
            return self._page("gone", language, status=404)
        step = "card" if money.method == BY_CARD else "bank"
        return self._payment(money, step if money.status == PENDING else "gone", language)

    async def pay(self, request: Request) -> Response:
        """Do what a button of the payment's page says."""
        form = dict(parse_qsl((await request.body()).decode()))
        money = self._find(form.get("token", ""))
        language = form.get("language", "es")
        if money is None or money.status != PENDING:
            return self._page("gone", language, status=404)
        action = form.get("action")
        if action in {"abandon", "slow"}:
            return self._leave(money, language, is_slow=action == "slow")
        if action in {"cancel", "refuse"}:
            return await self._give_up(money, is_refused=action == "refuse")
        if action == "confirm":
            return await self._charge(money)
        return await self._accept(money, form.get("number", ""), language)

    async def form(self, request: Request) -> Response:
        """Show the application form's last page."""
        try:
            applicant = self._analysts.find(request.path_params["form"])
        except Unknown:
            return self._page("gone", "es", status=404)
        papers = [one for one in self._store.papers if one.wallet_id == applicant.wallet_id]
        return self._page("form", "es", applicant=applicant, papers=papers)

    async def submit(self, request: Request) -> Response:
        """Hand the application in, and go back to where the platform wants."""
        try:
            applicant = self._analysts.find(request.path_params["form"])
        except Unknown:
            return self._page("gone", "es", status=404)
        self._analysts.decide(applicant, "submit")
        if applicant.redirect_url:
            return RedirectResponse(applicant.redirect_url, status_code=302)
        return self._page("submitted", "es")

    def _leave(self, money: MoneyIn, language: str, *, is_slow: bool) -> Response:
        """Let the payer go without a word, or with one that comes true a little later."""
        if not is_slow:
            return self._payment(money, "abandoned", language)
        task = asyncio.create_task(self._pay_later(money))
        self._slow.add(task)
        task.add_done_callback(self._slow.discard)
        return RedirectResponse(_with(money.return_url, money), status_code=302)

    async def _give_up(self, money: MoneyIn, *, is_refused: bool) -> Response:
        if is_refused:
            self._bank.fail(money, "05-00-05 ERR_PSP_REFUSED")
            return await self._return(money, "refused")
        self._bank.cancel(money)
        return await self._return(money, "cancelled")

    async def _accept(self, money: MoneyIn, typed: str, language: str) -> Response:
        """Take a card number or the bank's consent."""
        if money.method != BY_CARD:
            self._bank.authorize(money)
            return await self._return(money, "paid")
        number = "".join(typed.split())
        if not (number.isascii() and number.isdecimal() and len(number) in _CARD_DIGITS):
            return self._payment(money, "card", language, is_wrong=True)
        money.masked_card = f"{'X' * 12}{number[-4:]}"
        money.three_ds = self._switches.three_ds.upper()
        self._store.moneyins.save(money)
        if self._switches.three_ds == "challenge":
            return self._payment(money, "challenge", language)
        return await self._charge(money)

    async def _charge(self, money: MoneyIn) -> Response:
        code = money.masked_card[-2:]
        if code != "00":
            self._bank.fail(money, f"{code}-00-{code} ERR_PSP_REFUSED")
            return await self._return(money, "refused")
        self._bank.succeed(money)
        return await self._return(money, "paid")

    async def _pay_later(self, money: MoneyIn) -> None:
        await asyncio.sleep(_SLOW_S)
        if money.status == PENDING:
            self._bank.succeed(money)

    async def _return(self, money: MoneyIn, outcome: str) -> Response:
        """Call the platform and send the browser there, in the order the switches say."""
        url = {"paid": money.return_url, "cancelled": money.cancel_url}.get(
            outcome, money.error_url
        )
        fields = {
            "response_code": _CODES[outcome],
            "response_wkToken": money.reference,
            "response_msg": outcome,
            "response_transactionId": str(money.id),
            "response_transactionAmount": euros(money.amount),
            "response_transactionMessage": money.comment,
        }
        match self._switches.returns:
            case "post_lost":
                pass
            case "post_after":
                self._notifier.post_return_later(url, fields)
            case "post_twice":
                await self._notifier.post_return(url, fields)
                await self._notifier.post_return(url, fields)
            case _:
                await self._notifier.post_return(url, fields)
        if self._switches.returns == "post_only":
            return self._payment(money, "abandoned", "es")
        return RedirectResponse(_with(url, money), status_code=302)

    def _find(self, token: str) -> MoneyIn | None:
        found = (money for money in self._store.moneyins if token and money.token == token)
        return next(found, None)

    def _payment(
        self, money: MoneyIn, step: str, language: str, *, is_wrong: bool = False
    ) -> Response:
        amount = formats.money(Money(money.amount), language)
        return self._page(
            step,
            language,
            status=422 if is_wrong else 200,
            money=money,
            amount=amount,
            is_wrong=is_wrong,
            cards=TEST_CARDS,
            target=PAY_PAGE,
        )

    def _page(self, step: str, language: str, *, status: int = 200, **values: object) -> Response:
        return show("hosted.html", language, status=status, step=step, **values)


def _with(url: str, money: MoneyIn) -> str:
    """Add our only parameter to a return address, keeping its own."""
    sign = "&" if "?" in url else "?"
    return f"{url}{sign}{urlencode({'response_wkToken': money.reference})}"
