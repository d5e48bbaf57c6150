"""What paying costs: a start, a notification, ten thousand of them, and the nightly comparison.

The start is measured against a provider on loopback that answers after a fixed time. Draining
and comparing use one in memory that answers at once, so that the figures are ours alone.
"""

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

import asyncpg

from app.container import Container
from app.documents import queries as documents
from app.jobs.runner import Runner
from app.kernel.actor import system
from app.kernel.identifiers import new_id
from app.kernel.money import Money
from app.organizations.service import enable_payments
from app.payments import comparing, intents
from app.payments.desk import Provider
from app.payments.intents import Wish
from app.payments.models import PaymentAccount, Wallet
from app.payments.movements import Method, MoneyIn, MoneyInState
from app.payments.tasks import CompareMovements, HandleCall
from app.worker import handlers_of
from bench.client import Client, request_of
from bench.load import Figures, Run, Target, Work, run, tree_cpu_s
from bench.operations import Supply, form_nonce
from bench.provider import HOOK_SECRET, KnownProvider
from bench.seed import SentDocument, copy, patterns

WALLET = "CFBENCH"
TOLD_TWICE = 2
"""Calls about each transaction."""

_CALLS = """
insert into provider_calls
  (organization_id, id, key, category, content_type, query, body, source, received_at, state)
select $1, gen_random_uuid(), 'bench ' || n, '42', 'application/json', '',
       convert_to(json_build_object('NotifCategory', '42', 'ExtId', $2::text,
                                    'IdTransaction', (n % $3 + 1)::text)::text, 'utf8'),
       '', now(), 'new'
from generate_series(1, $4::int) n
"""
_JOBS = """
insert into pgqueuer (priority, status, entrypoint, payload, headers)
select 0, 'queued', $2, convert_to(json_build_object('organization_id', organization_id,
       'call_id', id)::text, 'utf8'), jsonb_build_object('organization_id', organization_id)
from provider_calls where organization_id = $1 and state = 'new'
"""
_BOOKED = """
select count(*), count(distinct j.payment_id) from journals j
where j.organization_id = $1 and j.kind = 'collection'
"""


@dataclass(frozen=True, slots=True)
class Drained:
    """Calls handled a second, and the CPU of each: the worker's and PostgreSQL's."""

    calls: int
    transactions: int
    rate: float
    worker_ms: float
    database_ms: float


@dataclass(frozen=True, slots=True)
class Compared:
    """How long one organization's comparison took."""

    transactions: int
    seconds: float
    worker_s: float


class Payments:
    """An organization that may be paid, and what happens at its provider."""

    def __init__(self, container: Container, supply: Supply) -> None:
        self.provider = KnownProvider()
        # It has the ports that calls and comparisons use, and no other.
        known = cast("Provider", self.provider)
        self._container = replace(container, provider=known)
        self._supply = supply
        self._stage = supply.stage
        self._ids = itertools.count(1)

    async def enroll(self) -> None:
        """Let the organization be paid, as if the provider had accepted its papers."""
        own, at = self._stage.organization_id, self._container.clock.now()
        async with self._container.database.transaction(own) as tx:
            tx.add(Wallet(name=WALLET, organization_id=own))
            tx.add(
                PaymentAccount(
                    organization_id=own,
                    wallet=WALLET,
                    state="accepted",
                    can_receive=True,
                    provider_account_id="bench",
                    requirements=[],
                    restrictions=[],
                    sealed_application=b"",
                    created_at=at,
                )
            )
            await enable_payments(tx, own, is_enabled=True)

    async def start(self, target: Target, *, seconds: float, uses: int) -> Run:
        """Begin card payments, one caller at a time."""
        sent = iter(await self._supply.seeder.add_sent(uses, is_light=True))

        async def work(client: Client) -> None:
            one = next(sent)
            body = {"method": "card", "form_nonce": form_nonce(self._supply, one)}
            path = f"/public/v1/documents/{one.token}/payments"
            headers = {"Idempotency-Key": str(new_id())}
            await client.request(request_of("POST", path, headers, body), 201)

        return await run(target, work, seconds, uses=uses, clients=1)

    async def accept(
        self, ours: Target, twin: Target, *, seconds: float, runs: int
    ) -> tuple[Figures, Figures]:
        """Call as the provider does, eight at once; ours and the twin in turns."""
        own: list[Run] = []
        bare: list[Run] = []
        for _ in range(runs + 1):
            own.append(await run(ours, self._calling(f"/hooks/lemonway/{HOOK_SECRET}"), seconds))
            bare.append(await run(twin, self._calling("/calls"), seconds))
        await self._forget_calls()
        return Figures.of(own[1:]), Figures.of(bare[1:])

    def _calling(self, path: str) -> Work:
        async def work(client: Client) -> None:
            body = {
                "NotifCategory": "42",
                "ExtId": WALLET,
                "IdTransaction": str(next(self._ids)),
                "NotifDate": "2026-11-25T09:00:00.000",
            }
            await client.request(request_of("POST", path, {}, body), 200)

        return work

    async def drain(self, calls: int) -> Drained:
        """Let one worker handle calls about payments that succeeded, each told twice.

        Raises:
            AssertionError: Some money was not booked, or twice.
        """
        sent = await self._supply.seeder.add_sent(calls // TOLD_TWICE, is_light=True)
        await self._begin(sent)
        await self._promise(calls, len(sent))
        handler = handlers_of(self._container)[HandleCall]
        runner = Runner(self._stage.url, {HandleCall: handler})
        database_s, worker_s = tree_cpu_s(self._stage.server.pid), time.process_time()
        began = time.perf_counter()
        await runner.drain()
        took_s = time.perf_counter() - began
        worker_s = time.process_time() - worker_s
        database_s = tree_cpu_s(self._stage.server.pid) - database_s
        booked = await self._fetch(_BOOKED, self._stage.organization_id)
        assert tuple(booked) == (len(sent), len(sent)), f"{len(sent)} were paid, {booked} booked"
        return Drained(
            calls, len(sent), calls / took_s, worker_s / calls * 1000, database_s / calls * 1000
        )

    async def compare(self, transactions: int) -> Compared:
        """Compare so many transactions that both sides have, and one that differs.

        Raises:
            AssertionError: The one was not found, or another.
        """
        await self._book_more(transactions - len(self.provider.payins))
        (first, *_) = self.provider.payins.values()
        less = replace(first.amount, amount_minor=first.amount.amount_minor - 1)
        self.provider.payins[first.transaction_id] = replace(first, amount=less)
        own, desk = self._stage.organization_id, self._container.desk
        assert desk is not None
        worker_s, began = time.process_time(), time.perf_counter()
        await comparing.compare(CompareMovements(own), desk)
        took_s = time.perf_counter() - began
        worker_s = time.process_time() - worker_s
        query = "select count(*), max(provider_id) from provider_differences"
        found = await self._fetch(f"{query} where organization_id = $1", own)
        assert tuple(found) == (1, first.transaction_id), f"differences: {found}"
        return Compared(transactions, took_s, worker_s)

    async def _begin(self, sent: Sequence[SentDocument]) -> None:
        """Open a card page for each document; at the provider, all are paid."""
        own, at = self._stage.organization_id, self._container.clock.now()
        actor = system(own)
        async with self._container.database.transaction(own) as tx:
            first = await documents.get(tx, actor, sent[0].document_id, for_update=True)
            payment = await intents.begin(
                tx, actor, first, Wish(Method.CARD, None, sent[0].recipient_id), at=at
            )
            await intents.redirect(tx, payment, "1")
        connection = await self._connect()
        slots = ("id", "document_id", "reference", "provider_id")
        models = await patterns(connection, "payments", f"id = '{payment.id}'", slots)
        rest = enumerate(sent[1:], start=2)
        await copy(
            connection,
            models,
            ((new_id(), one.document_id, f"R{number}", number) for number, one in rest),
        )
        await connection.execute("analyze")
        await connection.close()
        for number in range(1, len(sent) + 1):
            reference = payment.reference if number == 1 else f"R{number}"
            self._know(str(number), reference, payment.amount, at)

    def _know(
        self, transaction_id: str, reference: str | None, amount: Money, at: datetime
    ) -> None:
        self.provider.payins[transaction_id] = MoneyIn(
            transaction_id=transaction_id,
            wallet=WALLET,
            reference=reference,
            method=Method.CARD,
            state=MoneyInState.SUCCEEDED,
            amount=amount,
            refunded=Money(0),
            text="",
            refusal=None,
            masked_card=None,
            begun_at=at,
            executed_at=at,
            evidence="{}",
        )

    async def _promise(self, calls: int, transactions: int) -> None:
        """Store calls as they come, each with its job."""
        own = self._stage.organization_id
        connection = await self._connect()
        await connection.execute(_CALLS, own, WALLET, transactions, calls)
        await connection.execute(_JOBS, own, HandleCall.name)
        await connection.close()

    async def _book_more(self, count: int) -> None:
        """Add payments that both sides have; copies of one, whatever their document."""
        known = len(self.provider.payins)
        (model, *_) = self.provider.payins.values()
        connection = await self._connect()
        where = f"organization_id = '{self._stage.organization_id}' and provider_id = '1'"
        models = await patterns(connection, "payments", where, ("id", "reference", "provider_id"))
        numbers = range(known + 1, known + count + 1)
        await copy(connection, models, ((new_id(), f"R{number}", number) for number in numbers))
        await connection.execute("analyze")
        await connection.close()
        for number in numbers:
            self._know(str(number), f"R{number}", model.amount, model.begun_at)

    async def _forget_calls(self) -> None:
        """Leave nothing that a worker would find."""
        connection = await self._connect()
        await connection.execute("delete from pgqueuer where entrypoint = $1", HandleCall.name)
        await connection.execute("delete from provider_calls")
        await connection.close()

    async def _fetch(self, query: str, *values: object) -> asyncpg.Record:
        connection = await self._connect()
        found = await connection.fetchrow(query, *values)
        await connection.close()
        return found

    async def _connect(self) -> asyncpg.Connection:
        """Connect as who may write past row-level security, triggers and foreign keys."""
        return await asyncpg.connect(
            self._stage.url, server_settings={"session_replication_role": "replica"}
        )
