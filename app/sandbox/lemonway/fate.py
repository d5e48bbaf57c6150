"""Deciding what happens to applicants, papers, wallets and money; `control.py` lists the paths."""

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.sandbox.lemonway import papers as paper_states
from app.sandbox.lemonway.analysts import Analysts, Decision
from app.sandbox.lemonway.bank import (
    ERROR,
    IBAN_ACTIVE,
    PAYOUT_ERROR,
    PENDING,
    SUCCESS,
    Bank,
    Unknown,
)
from app.sandbox.lemonway.notifier import Notifier
from app.sandbox.lemonway.papers import Papers
from app.sandbox.lemonway.store import Store
from app.sandbox.lemonway.wishes import Wish, done, from_here, read_wish

_IBAN_REJECTED = 9
_PAPER_DECISIONS = {
    "accept": paper_states.ACCEPTED,
    "refuse": paper_states.REJECTED,
    "unreadable": paper_states.UNREADABLE,
    "expired": paper_states.EXPIRED,
    "wrong-type": paper_states.WRONG_TYPE,
}


class _Wire(Wish):
    wallet: str = ""
    iban: str = ""
    amount_cents: int = Field(gt=0)
    label: str = ""


class _WalletChange(Wish):
    status: int | None = None
    is_blocked: bool | None = None
    balance: int | None = None


class _Falsified(Wish):
    amount: int | None = None
    wallet_id: str | None = None
    reference: str | None = None


class _Decided(Wish):
    decision: Decision


class Fate:
    """The controls of everything the stand-in remembers."""

    def __init__(
        self, store: Store, bank: Bank, papers: Papers, analysts: Analysts, notifier: Notifier
    ) -> None:
        self._store = store
        self._bank = bank
        self._papers = papers
        self._analysts = analysts
        self._notifier = notifier

    def routes(self) -> list[Route]:
        """Give the routes under `/_control`."""
        return [
            Route(path, from_here(handler), methods=["POST"])
            for path, handler in (
                ("/onboarding/{key}/{decision}", self.decide),
                ("/papers/{key}/{decision}", self.decide_paper),
                ("/wallets/{key}", self.change_wallet),
                ("/ibans/{key}/{decision}", self.decide_iban),
                ("/wire", self.wire),
                ("/moneyins/{key}", self.falsify),
                ("/moneyins/{key}/{event}", self.move_in),
                ("/moneyouts/{key}/{event}", self.move_out),
                ("/sync", self.synchronize),
            )
        ]

    async def decide(self, request: Request) -> Response:
        """Decide about an applicant."""
        wish = _Decided.model_validate({"decision": request.path_params["decision"]})
        self._analysts.decide(self._analysts.find(request.path_params["key"]), wish.decision)
        return done(request)

    async def decide_paper(self, request: Request) -> Response:
        """Decide about a paper."""
        paper = self._store.papers.find(request.path_params["key"])
        status = _PAPER_DECISIONS.get(request.path_params["decision"])
        if paper is None or status is None:
            raise Unknown(request.url.path)
        self._papers.decide(paper, status)
        return done(request)

    async def change_wallet(self, request: Request) -> Response:
        """Change a wallet; a status notifies (8), a block too (13)."""
        wallet = self._bank.wallet(request.path_params["key"])
        wish = await read_wish(request, _WalletChange)
        if wish.balance is not None:
            wallet.balance = wish.balance
        if wish.status is not None:
            wallet.status = wish.status
            self._notifier.tell(
                8, wallet.id, wallet.number, Status=wish.status, Blocked=int(wallet.is_blocked)
            )
        if wish.is_blocked is not None:
            wallet.is_blocked = wish.is_blocked
            self._notifier.tell(13, wallet.id, wallet.number, Blocked=int(wish.is_blocked))
        wallet.changed = self._store.seconds()
        self._store.wallets.save(wallet)
        self._bank.warn_if_low()
        return done(request)

    async def decide_iban(self, request: Request) -> Response:
        """Verify an IBAN for payouts, or not."""
        iban = self._store.ibans.find(request.path_params["key"])
        if iban is None:
            raise Unknown(request.path_params["key"])
        is_good = request.path_params["decision"] == "activate"
        iban.status = IBAN_ACTIVE if is_good else _IBAN_REJECTED
        self._store.ibans.save(iban)
        wallet = self._bank.wallet(iban.wallet_id)
        wallet.changed = self._store.seconds()
        self._store.wallets.save(wallet)
        return done(request)

    async def wire(self, request: Request) -> Response:
        """Let a wire arrive."""
        wish = await read_wish(request, _Wire)
        wallet_id = wish.wallet or self._bank.wallet_of_iban(wish.iban)
        self._bank.wallet(wallet_id)
        money = self._bank.receive_wire(wallet_id, wish.amount_cents, wish.label)
        return done(request, id=money.id)

    async def falsify(self, request: Request) -> Response:
        """Make a payment differ from what was asked."""
        money = self._bank.money_in(request.path_params["key"])
        for name, value in (await read_wish(request, _Falsified)).model_dump().items():
            if value is not None:
                setattr(money, name, value)
        self._store.moneyins.save(money)
        return done(request)

    async def move_in(self, request: Request) -> Response:
        """Let something happen to a payment."""
        money, bank = self._bank.money_in(request.path_params["key"]), self._bank
        match request.path_params["event"]:
            case "settle":
                bank.succeed(money)
            case "authorize":
                bank.authorize(money)
            case "refuse":
                bank.fail(money, "05-00-05 ERR_PSP_REFUSED")
            case "cancel":
                bank.cancel(money)
            case "sync":
                bank.synchronize(money)
            case "chargeback":
                return done(request, id=bank.charge_back(money, "Fraud").id)
            case other:
                raise Unknown(other)
        return done(request)

    async def move_out(self, request: Request) -> Response:
        """Let something happen to a payout, a refund or a chargeback."""
        out, bank = self._bank.money_out(request.path_params["key"]), self._bank
        match request.path_params["event"], bool(out.origin_id):
            case "done", False:
                bank.finish_payout(out)
            case "done", True:
                out.status, out.executed = SUCCESS, self._store.seconds()
                self._store.moneyouts.save(out)
            case "fail", is_refund:
                out.status = ERROR if is_refund else PAYOUT_ERROR
                self._store.moneyouts.save(out)
            case "return", False:
                bank.return_payout(out)
            case "won", True:
                return done(request, id=bank.win_dispute(out).id)
            case other:
                raise Unknown(other)
        return done(request)

    async def synchronize(self, request: Request) -> Response:
        """Close every abandoned payment."""
        for money in self._store.moneyins:
            if money.status == PENDING:
                self._bank.synchronize(money)
        return done(request)
