"""What Lemonway does not have: looking inside, deciding, breaking. All under `/_control/`.

GET  state                          everything it remembers, references used twice, calls
POST switches {…}                   how it behaves; see `Switches`
POST faults {kind, path, …}         what befalls the next calls; see `Fault`; DELETE forgets
POST tokens/forget                  every token has ended
POST clock {advance_s}              sets its time forward
POST onboarding/{id}/{decision}     submit, accept, reject, deny, block, unblock, kyc-update,
                                    kyc-accept, kyc-reject, kyc-outdated; by any of its ids
POST papers/{id}/{decision}         accept, refuse, unreadable, expired, wrong-type
POST wallets/{id} {status, …}       sets status, is_blocked or balance; `SC` is the platform's
POST ibans/{id}/{decision}          activate, reject
POST wire {wallet | iban, amount_cents, label}
POST moneyins/{id}/{event}          settle, authorize, refuse, cancel, sync, chargeback
POST moneyins/{id} {amount, …}      falsifies amount, wallet_id or reference
POST moneyouts/{id}/{event}         done, fail, return (a payout), won (a chargeback)
POST sync                           closes every abandoned payment, with notification 42
POST notify {…}                     sends any fields: a forged notification
POST replay {last}                  sends the last notifications again
POST release {order}                sends what was held: kept, reversed or shuffled
POST settled                        answers when every notification has arrived or failed
"""

from collections import Counter
from dataclasses import asdict
from datetime import timedelta
from typing import Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route

from app.sandbox.lemonway import papers as paper_states
from app.sandbox.lemonway.answers import Door
from app.sandbox.lemonway.applicants import Applicants, Decision
from app.sandbox.lemonway.bank import (
    ERROR,
    IBAN_ACTIVE,
    PAYOUT_ERROR,
    PENDING,
    SUCCESS,
    Bank,
    Unknown,
)
from app.sandbox.lemonway.faults import Fault, Faults
from app.sandbox.lemonway.notifier import Notifier
from app.sandbox.lemonway.papers import Papers
from app.sandbox.lemonway.store import Store
from app.sandbox.lemonway.switches import Switches

_IBAN_REJECTED = 9
_PAPER_DECISIONS = {
    "accept": paper_states.ACCEPTED,
    "refuse": paper_states.REJECTED,
    "unreadable": paper_states.UNREADABLE,
    "expired": paper_states.EXPIRED,
    "wrong-type": paper_states.WRONG_TYPE,
}


class _Wish(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _Advance(_Wish):
    advance_s: int = Field(ge=0)


class _Wire(_Wish):
    wallet: str = ""
    iban: str = ""
    amount_cents: int = Field(gt=0)
    label: str = ""


class _WalletChange(_Wish):
    status: int | None = None
    is_blocked: bool | None = None
    balance: int | None = None


class _Falsified(_Wish):
    amount: int | None = None
    wallet_id: str | None = None
    reference: str | None = None


class _Last(_Wish):
    last: int = Field(1, ge=1)


class _Order(_Wish):
    order: Literal["kept", "reversed", "shuffled"] = "kept"


class _Decided(_Wish):
    decision: Decision


_Kind = TypeVar("_Kind", bound=BaseModel)


class Control:
    """The controls."""

    def __init__(
        self,
        store: Store,
        switches: Switches,
        faults: Faults,
        door: Door,
        bank: Bank,
        papers: Papers,
        applicants: Applicants,
        notifier: Notifier,
    ) -> None:
        self._store = store
        self._switches = switches
        self._faults = faults
        self._door = door
        self._bank = bank
        self._papers = papers
        self._applicants = applicants
        self._notifier = notifier

    def mount(self) -> Mount:
        """Give the routes."""
        handlers = (
            ("GET", "/state", self.state),
            ("POST", "/switches", self.switch),
            ("POST", "/faults", self.order_fault),
            ("DELETE", "/faults", self.forget_faults),
            ("POST", "/tokens/forget", self.forget_tokens),
            ("POST", "/clock", self.advance),
            ("POST", "/onboarding/{key}/{decision}", self.decide),
            ("POST", "/papers/{key}/{decision}", self.decide_paper),
            ("POST", "/wallets/{key}", self.change_wallet),
            ("POST", "/ibans/{key}/{decision}", self.decide_iban),
            ("POST", "/wire", self.wire),
            ("POST", "/moneyins/{key}", self.falsify),
            ("POST", "/moneyins/{key}/{event}", self.move_in),
            ("POST", "/moneyouts/{key}/{event}", self.move_out),
            ("POST", "/sync", self.synchronize),
            ("POST", "/notify", self.forge),
            ("POST", "/replay", self.replay),
            ("POST", "/release", self.release),
            ("POST", "/reset", self.reset),
            ("POST", "/settled", self.settled),
        )
        return Mount(
            "/_control",
            routes=[Route(path, handler, methods=[method]) for method, path, handler in handlers],
        )

    async def state(self, _: Request) -> Response:
        """Show everything."""
        store = self._store
        references = Counter(money.reference for money in store.moneyins if money.reference)
        return JSONResponse(
            {
                "now": store.now().isoformat(),
                "switches": self._switches.model_dump(),
                "faults": [fault.model_dump() for fault in self._faults.ordered],
                "applicants": [asdict(one) for one in store.applicants],
                "wallets": [asdict(one) for one in store.wallets],
                "papers": [asdict(one) for one in store.papers],
                "ibans": [asdict(one) for one in store.ibans],
                "moneyins": [asdict(one) for one in store.moneyins],
                "moneyouts": [asdict(one) for one in store.moneyouts],
                "transfers": [asdict(one) for one in store.transfers],
                "references_used_twice": [key for key, times in references.items() if times > 1],
                "notifications": [asdict(sent) for sent in self._notifier.log],
                "calls": self._faults.calls,
            }
        )

    async def switch(self, request: Request) -> Response:
        """Set switches."""
        changes: object = await request.json()
        if not isinstance(changes, dict):
            return PlainTextResponse("write an object of switches", status_code=400)
        self._switches.change(changes)
        return JSONResponse(self._switches.model_dump())

    async def order_fault(self, request: Request) -> Response:
        """Order a fault."""
        self._faults.ordered.append(await _read(request, Fault))
        return _done()

    async def forget_faults(self, _: Request) -> Response:
        """Forget faults and calls."""
        self._faults.ordered.clear()
        self._faults.calls.clear()
        return _done()

    async def forget_tokens(self, _: Request) -> Response:
        """End every token."""
        self._door.forget_tokens()
        return _done()

    async def advance(self, request: Request) -> Response:
        """Set the time forward."""
        self._store.shift += timedelta(seconds=(await _read(request, _Advance)).advance_s)
        return JSONResponse({"now": self._store.now().isoformat()})

    async def decide(self, request: Request) -> Response:
        """Decide about an applicant."""
        wish = _Decided.model_validate({"decision": request.path_params["decision"]})
        self._applicants.decide(self._applicants.find(request.path_params["key"]), wish.decision)
        return _done()

    async def decide_paper(self, request: Request) -> Response:
        """Decide about a paper."""
        paper = self._store.papers.find(request.path_params["key"])
        status = _PAPER_DECISIONS.get(request.path_params["decision"])
        if paper is None or status is None:
            raise Unknown(request.url.path)
        self._papers.decide(paper, status)
        return _done()

    async def change_wallet(self, request: Request) -> Response:
        """Change a wallet; a status notifies (8), a block too (13)."""
        wallet = self._bank.wallet(request.path_params["key"])
        wish = await _read(request, _WalletChange)
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
        return _done()

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
        return _done()

    async def wire(self, request: Request) -> Response:
        """Let a wire arrive."""
        wish = await _read(request, _Wire)
        wallet_id = wish.wallet or self._bank.wallet_of_iban(wish.iban)
        self._bank.wallet(wallet_id)
        money = self._bank.receive_wire(wallet_id, wish.amount_cents, wish.label)
        return JSONResponse({"id": money.id})

    async def falsify(self, request: Request) -> Response:
        """Make a payment differ from what was asked."""
        money = self._bank.money_in(request.path_params["key"])
        for name, value in (await _read(request, _Falsified)).model_dump().items():
            if value is not None:
                setattr(money, name, value)
        self._store.moneyins.save(money)
        return _done()

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
                return JSONResponse({"id": bank.charge_back(money, "Fraud").id})
            case other:
                raise Unknown(other)
        return _done()

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
                return JSONResponse({"id": bank.win_dispute(out).id})
            case other:
                raise Unknown(other)
        return _done()

    async def synchronize(self, _: Request) -> Response:
        """Close every abandoned payment."""
        for money in self._store.moneyins:
            if money.status == PENDING:
                self._bank.synchronize(money)
        return _done()

    async def forge(self, request: Request) -> Response:
        """Send any fields as a notification."""
        fields: object = await request.json()
        if not isinstance(fields, dict):
            return PlainTextResponse("write an object of fields", status_code=400)
        self._notifier.send({str(name): str(value) for name, value in fields.items()})
        return _done()

    async def replay(self, request: Request) -> Response:
        """Send notifications again."""
        wish = await _read(request, _Last)
        for sent in self._notifier.log[-wish.last :]:
            self._notifier.send(sent.fields)
        return _done()

    async def release(self, request: Request) -> Response:
        """Send what was held."""
        wish = await _read(request, _Order)
        self._switches.is_holding = False
        return JSONResponse({"released": self._notifier.release(wish.order)})

    async def reset(self, _: Request) -> Response:
        """Forget everything, once nothing is on its way."""
        await self._notifier.settle()
        self._notifier.log.clear()
        self._notifier.release("kept")
        self._faults.ordered.clear()
        self._faults.calls.clear()
        self._door.forget_tokens()
        self._store.reset()
        self._switches.change(Switches().model_dump())
        return _done()

    async def settled(self, _: Request) -> Response:
        """Wait until nothing is on its way."""
        await self._notifier.settle()
        return _done()


async def refused(_: Request, error: Exception) -> Response:
    """Answer a control that names nothing, or says it wrong."""
    status = 404 if isinstance(error, Unknown) else 400
    return PlainTextResponse(f"{type(error).__name__}: {error}", status_code=status)


REFUSALS = (Unknown, ValidationError, ValueError)
"""What `refused` answers."""


async def _read(request: Request, kind: type[_Kind]) -> _Kind:
    return kind.model_validate_json(await request.body() or b"{}")


def _done() -> Response:
    return JSONResponse({"done": True})
