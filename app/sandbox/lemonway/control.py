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
from typing import Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from app.sandbox.lemonway.answers import Door
from app.sandbox.lemonway.faults import Fault, Faults
from app.sandbox.lemonway.notifier import Notifier
from app.sandbox.lemonway.store import Store
from app.sandbox.lemonway.switches import Switches
from app.sandbox.lemonway.wishes import Wish, done, from_here, read_wish


class _Advance(Wish):
    advance_s: int = Field(ge=0)


class _Last(Wish):
    last: int = Field(1, ge=1)


class _Order(Wish):
    order: Literal["kept", "reversed", "shuffled"] = "kept"


class Control:
    """The controls of the stand-in itself; `fate.py` has those of what it remembers."""

    def __init__(
        self, store: Store, switches: Switches, faults: Faults, door: Door, notifier: Notifier
    ) -> None:
        self._store = store
        self._switches = switches
        self._faults = faults
        self._door = door
        self._notifier = notifier

    def routes(self) -> list[Route]:
        """Give the routes under `/_control`."""
        return [
            Route(path, from_here(handler), methods=[method])
            for method, path, handler in (
                ("GET", "/state", self.state),
                ("POST", "/switches", self.switch),
                ("POST", "/faults", self.order_fault),
                ("DELETE", "/faults", self.forget_faults),
                ("POST", "/tokens/forget", self.forget_tokens),
                ("POST", "/clock", self.advance),
                ("POST", "/notify", self.forge),
                ("POST", "/replay", self.replay),
                ("POST", "/release", self.release),
                ("POST", "/reset", self.reset),
                ("POST", "/settled", self.settled),
            )
        ]

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
        self._faults.ordered.append(await read_wish(request, Fault))
        return done(request)

    async def forget_faults(self, request: Request) -> Response:
        """Forget faults and calls."""
        self._faults.ordered.clear()
        self._faults.calls.clear()
        return done(request)

    async def forget_tokens(self, request: Request) -> Response:
        """End every token."""
        self._door.forget_tokens()
        return done(request)

    async def advance(self, request: Request) -> Response:
        """Set the time forward."""
        self._store.shift += timedelta(seconds=(await read_wish(request, _Advance)).advance_s)
        return done(request, now=self._store.now().isoformat())

    async def forge(self, request: Request) -> Response:
        """Send any fields as a notification."""
        fields: object = await request.json()
        if not isinstance(fields, dict):
            return PlainTextResponse("write an object of fields", status_code=400)
        self._notifier.send({str(name): str(value) for name, value in fields.items()})
        return done(request)

    async def replay(self, request: Request) -> Response:
        """Send notifications again."""
        wish = await read_wish(request, _Last)
        for sent in self._notifier.log[-wish.last :]:
            self._notifier.send(sent.fields)
        return done(request)

    async def release(self, request: Request) -> Response:
        """Send what was held."""
        wish = await read_wish(request, _Order)
        self._switches.is_holding = False
        return done(request, released=self._notifier.release(wish.order))

    async def reset(self, request: Request) -> Response:
        """Forget everything, once nothing is on its way."""
        await self._notifier.settle()
        self._notifier.log.clear()
        self._notifier.release("kept")
        self._faults.ordered.clear()
        self._faults.calls.clear()
        self._door.forget_tokens()
        self._store.reset()
        self._switches.change(Switches().model_dump())
        return done(request)

    async def settled(self, request: Request) -> Response:
        """Wait until nothing is on its way."""
        await self._notifier.settle()
        return done(request)
