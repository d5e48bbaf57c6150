"""What schedules are played in: an organization, documents sent to clients, a queue of jobs."""

import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

import asyncpg
import httpx

from app.container import Container
from app.jobs.queue import Job
from app.payments import paying
from app.payments.desk import Desk
from app.payments.tasks import CheckPayment, CompareMovements, HandleCall, SendRefund
from app.portal import nonce
from app.portal.nonce import Bound
from app.worker import handlers_of
from bench.seed import Model, Seeder, SentDocument
from tests.factories import Json, a_sent_quote
from tests.fakes import FixedClock
from tests.offices import Office, found_office
from tests.payments.paying import enroll
from tests.payments.simulation.provider import HostileProvider

JOBS: dict[str, type[Job]] = {
    kind.name: kind for kind in (CheckPayment, HandleCall, SendRefund, CompareMovements)
}
INVOICE: Json = {"type": "invoice"}
QUOTE: Json = {"type": "quote", "deposit_percent": "30", "valid_until": "2029-12-31"}
"""It does not expire in any schedule."""


class Broken(AssertionError):
    """Something that must never be."""


@dataclass
class Sheet:
    """A document whose client holds a link."""

    sent: SentDocument
    pdf_sha256: str
    payable_minor: int
    is_quote: bool
    void_after: set[UUID] | None = None
    """The payments that had succeeded when it was voided; None while it stands."""

    @property
    def id(self) -> UUID:
        """The document's."""
        return self.sent.document_id


@dataclass
class World:
    """One organization that the provider accepted, and everything that happens to it.

    Attributes:
        sheets: So many invoices, and so many quotes with a deposit.
        tampered: Transactions on which both sides may rightly differ.
        replies: The 2xx replies to each idempotency key.
        waiting: Jobs taken from the queue and not done yet.
    """

    office: Office
    clock: FixedClock
    provider: HostileProvider
    wallet: str
    api: httpx.AsyncClient
    database: asyncpg.Connection
    sheets: tuple[list[Sheet], list[Sheet]]
    tampered: set[str] = field(default_factory=set)
    replies: dict[str, bytes] = field(default_factory=dict)
    waiting: list[Job] = field(default_factory=list)

    @property
    def desk(self) -> Desk:
        """The worker's."""
        desk = self.office.worker.desk
        assert desk is not None
        return desk

    @property
    def organization_id(self) -> UUID:
        """Whose world it is."""
        return self.office.organization_id

    def advance(self, by: timedelta) -> None:
        """Let time pass, here and at the provider."""
        self.clock.advance(by)
        self.provider.now = self.clock.now()

    def sleep(self) -> None:
        """Let a night pass: the provider refunds cards in the daytime only."""
        now = self.clock.now()
        self.advance(now.replace(hour=10, minute=0) + timedelta(days=1) - now)

    def form_nonce(self, sheet: Sheet) -> str:
        """Give what the form of a page fetched just now carries."""
        bound = Bound(sheet.sent.recipient_id, 1, sheet.pdf_sha256)
        return nonce.make(bound, self.office.container.secret_key, at=self.clock.now())

    async def post(self, sheet: Sheet | None, path: str, body: Json, key: str) -> httpx.Response:
        """Send a client's request behind a sheet's link, or a request of staff.

        Raises:
            Broken: A key that was answered before is answered differently.
        """
        headers = {"Idempotency-Key": key}
        if sheet is None:
            headers["Authorization"] = f"Bearer {self.office.access_token}"
        else:
            path = f"/public/v1/documents/{sheet.sent.token}{path}"
        answer = await self.api.post(path, json=body, headers=headers)
        if answer.is_success and self.replies.setdefault(key, answer.content) != answer.content:
            raise Broken(f"{path}: one key, two replies: {self.replies[key]!r}, {answer.text}")
        return answer

    async def call(self, fields: dict[str, str]) -> None:
        """Let the provider call us."""
        secret = self.office.container.settings.lemonway_hook_secret
        assert secret is not None
        path = f"/hooks/lemonway/{secret.get_secret_value()}"
        answer = await self.api.post(path, data=fields)
        if answer.status_code != 200:
            raise Broken(f"a call is answered {answer.status_code}")

    async def come_back(self, return_url: str) -> None:
        """Let a browser, or the provider's server, come to a return address."""
        answer = await self.api.get(urlsplit(return_url).path)
        if answer.status_code != 303:
            raise Broken(f"a return is answered {answer.status_code}")

    async def take_jobs(self) -> None:
        """Take what was promised out of the queue, in the order of the promises."""
        rows = await self.database.fetch(
            "with taken as (delete from pgqueuer where headers->>'organization_id' = $1"
            " returning id, entrypoint, payload) select * from taken order by id",
            str(self.organization_id),
        )
        self.waiting += [
            JOBS[row["entrypoint"]].from_bytes(row["payload"])
            for row in rows
            if row["entrypoint"] in JOBS
        ]

    async def do(self, job: Job) -> None:
        """Do a job as the worker does."""
        await handlers_of(self.office.worker)[type(job)](job)


@asynccontextmanager
async def a_world(
    container: Container, worker: Container, provider: HostileProvider, *, sheets: int
) -> AsyncIterator[World]:
    """Found an organization, have it accepted, and send so many documents of each kind."""
    clock = container.clock
    assert isinstance(clock, FixedClock)
    database = await asyncpg.connect(container.settings.database_url.get_secret_value())
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        office = await stack.enter_async_context(found_office(container, worker, "Taller"))
        transport = httpx.ASGITransport(office.app)  # what fails there, fails here
        api = await stack.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url="http://api.example")
        )
        wallet = await enroll(office, provider)
        invoice, _ = await a_sent_quote(office, **INVOICE)
        quote, _ = await a_sent_quote(office, **QUOTE)
        made = (
            await _copies(office, database, invoice, sheets),
            await _copies(office, database, quote, sheets),
        )
        world = World(office, clock, provider, wallet, api, database, made)
        await paying.transfer_account(world.desk, world.organization_id)  # as if used before
        world.sleep()
        yield world


async def _copies(
    office: Office, database: asyncpg.Connection, document: Json, count: int
) -> list[Sheet]:
    id_ = UUID(document["id"])
    model = Model(office.organization_id, UUID(document["contact"]["id"]), id_, id_)
    seeder = Seeder(office.container.settings.database_url.get_secret_value(), model)
    sha256 = await database.fetchval("select pdf_sha256 from documents where id = $1", id_)
    return [
        Sheet(one, sha256, document["amount_payable"]["amount"], document["type"] == "quote")
        for one in await seeder.add_sent(count, is_light=True)
    ]
