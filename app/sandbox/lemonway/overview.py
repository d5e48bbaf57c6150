"""The stand-in at a glance: what it remembers, with a button for whatever may happen next."""

from collections.abc import Iterable
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from app.kernel import formats
from app.kernel.money import Money
from app.sandbox.lemonway import bank
from app.sandbox.lemonway.notifier import Notifier
from app.sandbox.lemonway.records import Applicant, MoneyIn, MoneyOut
from app.sandbox.lemonway.store import SC, Store
from app.sandbox.lemonway.views import show

_LINES = 30
_Record = TypeVar("_Record")
_PAYOUT = {
    bank.PAYOUT_PENDING: "pending",
    bank.PAYOUT_DONE: "success",
    bank.PAYOUT_ERROR: "failed",
    bank.CANCELLED: "cancelled",
}
_STATUS = {
    bank.SUCCESS: "success",
    bank.ERROR: "failed",
    bank.PENDING: "pending",
    bank.REFUSED: "failed",
    bank.CANCELLED: "cancelled",
    bank.AUTHORIZED: "authorized",
}


class Overview:
    """One page over everything."""

    def __init__(self, store: Store, notifier: Notifier) -> None:
        self._store = store
        self._notifier = notifier

    def routes(self) -> list[Route]:
        """Give the route."""
        return [Route("/", self.page)]

    async def page(self, request: Request) -> Response:
        """Show what there is, newest first."""
        store, language = self._store, _language(request)
        return show(
            "lemonway.html",
            language,
            applicants=_newest(store.applicants),
            decisions=_decisions,
            papers=_newest(store.papers),
            wallets=[one for one in store.wallets if one.id != SC],
            ibans=list(store.ibans),
            moneyins=_newest(store.moneyins),
            moneyouts=_newest(store.moneyouts),
            events=_events,
            out_events=_out_events,
            state_of=_state_of,
            notifications=self._notifier.log[-_LINES:][::-1],
            money=lambda cents: formats.money(Money(cents), language),
        )


def _newest(table: Iterable[_Record]) -> list[_Record]:
    return list(table)[-_LINES:][::-1]


def _decisions(applicant: Applicant) -> tuple[str, ...]:
    """Tell what analysts may do next."""
    match applicant.status:
        case "CREATED":
            return ("accept", "reject", "deny")
        case "BLOCKED":
            return ("unblock",)
        case "ACCEPTED" if applicant.requirements:
            return ("kyc-accept", "kyc-reject", "kyc-outdated")
        case "ACCEPTED":
            return ("kyc-update", "block")
        case _:
            return ()


def _events(money: MoneyIn) -> tuple[str, ...]:
    """Tell what may happen to a payment."""
    if money.status == bank.PENDING:
        return ("settle", "refuse", "sync")
    if money.status == bank.AUTHORIZED:
        return ("settle", "cancel")
    if money.status == bank.SUCCESS and money.method == bank.BY_CARD:
        return ("chargeback",)
    return ()


def _out_events(money: MoneyOut) -> tuple[str, ...]:
    """Tell what may happen to money that leaves."""
    if money.is_chargeback:
        return ("won",)
    if money.origin_id:
        return ("done", "fail") if money.status == bank.PENDING else ()
    return ("done", "fail", "return") if money.status == bank.PAYOUT_PENDING else ()


def _state_of(money: MoneyIn | MoneyOut) -> str:
    is_payout = isinstance(money, MoneyOut) and not money.origin_id
    return (_PAYOUT if is_payout else _STATUS)[money.status]


def _language(request: Request) -> str:
    accepted = request.headers.get("accept-language", "es").lower()
    return "en" if accepted.startswith("en") else "es"
