"""What callers do over HTTP, for ours and for the twin."""

import random
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from app.portal import nonce
from app.portal.nonce import Bound
from bench.client import Client, request_of
from bench.load import Work
from bench.seed import Seeder, SentDocument
from bench.stage import CONTACT, Stage, quote_of

_BROWSER = {
    "User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)",
    "Accept-Language": "es",
}


@dataclass(frozen=True, slots=True)
class Goal:
    """What is to be reached.

    Attributes:
        text: As written in the table.
        share: Of the twin's rate in the same run.
        rate: Operations a second.
        p50_ms: At most.
        p95_ms: At most.
    """

    text: str
    share: float | None = None
    rate: float | None = None
    p50_ms: float | None = None
    p95_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation, and its twin.

    Attributes:
        uses: How many prepared documents a run may use up; None when it needs none.
    """

    name: str
    goal: Goal
    ours: Work
    twin: Work
    uses: int | None = None


@dataclass(frozen=True, slots=True)
class Supply:
    """What operations draw on."""

    stage: Stage
    seeder: Seeder
    fresh: Iterator[SentDocument]
    """Documents nobody has answered or sent again; each is used once."""
    opened: list[SentDocument]
    pdf_sha256: str


class _Caller:
    """Makes the requests of each operation, to the paths it is given."""

    def __init__(self, supply: Supply) -> None:
        self._supply = supply
        self._headers = supply.stage.headers()
        self._pick = random.Random(7).choice  # noqa: S311 - the same requests in every run

    def create_contact(self, path: str) -> Work:
        async def work(client: Client) -> None:
            await client.request(request_of("POST", path, self._headers, CONTACT), 201)

        return work

    def create_and_issue(self, path: str) -> Work:
        async def work(client: Client) -> None:
            quote = quote_of(self._pick(self._supply.seeder.contact_ids))
            answer = await client.request(request_of("POST", path, self._headers, quote), 201)
            issue = f"{path}/{answer.json()['id']}/issue"
            await client.request(request_of("POST", issue, self._headers, {}), 200)

        return work

    def read(self, path: str) -> Work:
        async def work(client: Client) -> None:
            target = f"{path}/{self._pick(self._supply.seeder.document_ids)}"
            await client.request(request_of("GET", target, self._headers), 200)

        return work

    def list(self, path: str, query: str = "") -> Work:
        async def work(client: Client) -> None:
            contact_id = self._pick(self._supply.seeder.contact_ids)
            target = f"{path}?contact_id={contact_id}{query}"
            await client.request(request_of("GET", target, self._headers), 200)

        return work

    def dispatch(self, path: str) -> Work:
        async def work(client: Client) -> None:
            target = f"{path}/{next(self._supply.fresh).document_id}/dispatches"
            headers = {**self._headers, "Idempotency-Key": secrets.token_hex(8)}
            await client.request(request_of("POST", target, headers, {}), 201)

        return work

    def open_link(self, path: str) -> Work:
        async def work(client: Client) -> None:
            target = f"{path}/{self._pick(self._supply.opened).token}"
            await client.request(request_of("GET", target, _BROWSER), 200)

        return work

    def accept(self, path: str) -> Work:
        async def work(client: Client) -> None:
            one = next(self._supply.fresh)
            wire = request_of(
                "POST", f"{path}/{one.token}/accept", _BROWSER, _acceptance(self._supply, one)
            )
            await client.request(wire, 200)

        return work


def asking(supply: Supply) -> Work:
    """Give the request that asks for an e-mail."""
    return _Caller(supply).dispatch("/v1/documents")


def operations(supply: Supply, uses: int) -> list[Operation]:
    """Give the operations measured at every size."""
    caller = _Caller(supply)
    return [
        Operation(
            "create a contact",
            Goal("≥ 10 × Odoo's 116/s", rate=1160),
            caller.create_contact("/v1/contacts"),
            caller.create_contact("/contacts"),
        ),
        Operation(
            "create and issue a quote of 5 lines, with its PDF",
            Goal("≥ 60 % of bare, ≥ 20 × Odoo's 31.8/s, p95 ≤ 30 ms", 0.6, 636, p95_ms=30),
            caller.create_and_issue("/v1/documents"),
            caller.create_and_issue("/documents"),
        ),
        Operation(
            "read a document with its lines",
            Goal("≥ 60 % of bare", 0.6),
            caller.read("/v1/documents"),
            caller.read("/documents"),
        ),
        Operation(
            "list 50 of one client, with state",
            Goal("≥ 60 % of bare", 0.6),
            caller.list("/v1/documents", "&limit=50"),
            caller.list("/documents"),
        ),
        Operation(
            "ask to e-mail a document",
            Goal("≥ 60 % of bare", 0.6),
            caller.dispatch("/v1/documents"),
            caller.dispatch("/documents"),
            uses,
        ),
        Operation(
            "a client opens the link",
            Goal("≥ 60 % of bare", 0.6),
            caller.open_link("/public/v1/documents"),
            caller.open_link("/links"),
        ),
        Operation(
            "a client accepts",
            Goal("≥ 300/s", rate=300),
            caller.accept("/public/v1/documents"),
            caller.accept("/links"),
            uses,
        ),
    ]


def _acceptance(supply: Supply, one: SentDocument) -> dict[str, object]:
    """Fill in the form of a page fetched just now."""
    return {
        "name": "Ana Ruiz Soler",
        "statement_accepted": True,
        "form_nonce": form_nonce(supply, one),
    }


def form_nonce(supply: Supply, one: SentDocument) -> str:
    """Give what the form of a page fetched just now carries."""
    bound = Bound(one.recipient_id, 1, supply.pdf_sha256)
    key = supply.stage.settings.secret_key.get_secret_value().encode()
    return nonce.make(bound, key, at=datetime.now(UTC))  # noqa: TID251 - no clock is injected here
