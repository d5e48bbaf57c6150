"""One schedule: what clients, payers, banks, staff and workers do, in an order drawn by a seed."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select, update

from app.documents.models import Document
from app.jobs.queue import Job
from app.kernel.money import Money
from app.payments import chargebacks, checking, refunding
from app.payments.models import Payment, UnmatchedTransfer
from app.payments.movements import MoneyIn, MoneyInState, MoneyOutKind, MoneyOutState
from app.payments.ports import GatewayError
from app.payments.tasks import CompareMovements
from tests.factories import Json
from tests.payments.simulation import checks
from tests.payments.simulation.pace import Process
from tests.payments.simulation.world import Broken, Sheet, World

AT_ONCE = 3
"""Processes between two of their gates at most."""

GATES = 22
"""The longest request passes about so many; deaths are drawn from them."""

BETWEEN = timedelta(hours=48)
"""From one schedule to the next: nightly comparisons look back 48 hours."""


@dataclass
class Request:
    """What a client or staff asked, to be repeated with its key; `sheet` is None for staff."""

    sheet: Sheet | None
    path: str
    body: Json
    key: str


class Schedule:
    """Plays one schedule on some documents of a world, and checks what came of it.

    Attributes:
        record: What was done, for whoever has to find out why it failed.
    """

    def __init__(self, world: World, seed: int, sheets: list[Sheet]) -> None:
        self.record: list[str] = []
        self.sheets = sheets
        self._world = world
        self._chance = random.Random(seed)  # noqa: S311 - it has to be repeatable
        self._running: list[Process] = []
        self._requests: list[Request] = []
        self._begun: list[tuple[Sheet, str]] = []
        self._calls: list[dict[str, str]] = []
        self._keys = 0
        self._seed = seed
        self._payins_before = len(world.provider.payins)
        self._orders_before = len(world.provider.orders)
        self._actions: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (10, self._start),
            (4, self._repeat),
            (3, self._call_off),
            (14, self._finish_page),
            (2, self._pay_twice),
            (6, self._wire),
            (4, self._take_back),
            (2, self._win),
            (2, self._end_refunds),
            (2, self._refund_elsewhere),
            (10, self._deliver),
            (3, self._forge),
            (4, self._come_back),
            (5, self._collect),
            (5, self._refund),
            (3, self._resolve),
            (3, self._match),
            (2, self._unmatch),
            (1, self._void),
            (14, self._work),
            (6, self._sweep),
            (2, self._compare),
            (2, self._rush),
        ]

    async def play(self) -> None:
        """Play it to the end, then let everything come to rest, and check.

        Raises:
            Broken: Something that must never be.
        """
        provider = self._world.provider
        provider.chance, provider.trouble = self._chance, 0.12
        for _ in range(self._chance.randint(16, 50)):
            await self._step()
        await self._rest()
        await checks.check(self._world, self.sheets)
        self._world.advance(BETWEEN)

    async def _step(self) -> None:
        is_full = len(self._running) >= AT_ONCE
        if self._running and (is_full or self._chance.random() < 0.6):
            await self._go_on(self._chance.choice(self._running))
            return
        weights = [weight for weight, _ in self._actions]
        ((_, act),) = self._chance.choices(self._actions, weights)
        await act()

    # Processes

    async def _begin(
        self,
        name: str,
        work: Coroutine[Any, Any, None],
        *,
        on_death: Callable[[], None] = lambda: None,
    ) -> None:
        """Begin something that may be interrupted, or killed, at any gate."""
        is_doomed = self._chance.random() < 0.15
        dies_at = self._chance.randint(1, GATES) if is_doomed else None
        process = Process(name, work, dies_at=dies_at, on_death=on_death)
        self._running.append(process)
        await self._go_on(process)

    async def _go_on(self, process: Process) -> None:
        self.record.append(process.name)
        await process.go_on()
        if process.is_over:
            self._running.remove(process)
            self._judge(process)
            await self._world.take_jobs()

    def _judge(self, process: Process) -> None:
        if process.was_killed:
            self.record.append(f"{process.name} is killed")
        if process.error is not None:
            raise Broken(f"{process.name} fails") from process.error

    async def _begin_job(self, job: Job, *, free: bool = False) -> Process | None:
        """Do a job; killed, or without an answer of the provider, it is done again."""
        again = self._world.waiting.append
        name = f"job {job}"
        work = self._do(job)
        if free:
            return Process(name, work, is_free=True, on_death=lambda: again(job))
        await self._begin(name, work, on_death=lambda: again(job))
        return None

    async def _do(self, job: Job) -> None:
        try:
            await self._world.do(job)
        except GatewayError as error:
            self.record.append(f"job {job}: {error}")
            self._world.waiting.append(job)

    # Clients

    async def _start(self) -> None:
        sheet = self._chance.choice(self.sheets)
        body: Json = {
            "method": self._chance.choice(("card", "card", "pay_by_bank", "bank_transfer")),
            "form_nonce": self._world.form_nonce(sheet),
        }
        if sheet.is_quote and self._chance.random() < 0.4:
            body["amount"] = {"amount": sheet.payable_minor * 3 // 10}
        request = Request(sheet, "/payments", body, self._key())
        self._requests.append(request)
        await self._begin(f"start {body['method']} {request.key}", self._send(request))

    async def _repeat(self) -> None:
        if self._requests:
            request = self._chance.choice(self._requests)
            await self._begin(f"repeat {request.path} {request.key}", self._send(request))

    async def _send(self, request: Request) -> None:
        answer = await self._world.post(request.sheet, request.path, request.body, request.key)
        self.record.append(f"{request.key} is answered {answer.status_code}: {answer.text[:300]}")
        if request.sheet is not None and answer.status_code == 201:
            self._begun.append((request.sheet, answer.json()["id"]))

    async def _call_off(self) -> None:
        if self._begun:
            sheet, payment_id = self._chance.choice(self._begun)
            body = {"form_nonce": self._world.form_nonce(sheet)}
            request = Request(sheet, f"/payments/{payment_id}/cancel", body, self._key())
            await self._begin(f"call off {payment_id}", self._send(request))

    async def _come_back(self) -> None:
        if orders := self._world.provider.orders[self._orders_before :]:
            order = self._chance.choice(orders)
            await self._begin("come back", self._world.come_back(order.return_url))

    def _key(self) -> str:
        self._keys += 1
        return f"{self._seed}-{self._keys}"

    # Payers and the provider

    def _own_payins(self) -> list[MoneyIn]:
        return list(self._world.provider.payins.values())[self._payins_before :]

    async def _finish_page(self) -> None:
        provider = self._world.provider
        own = {one.transaction_id for one in self._own_payins()}
        pages = [one for one in provider.open_pages() if one.transaction_id in own]
        if not pages:
            return
        page = self._chance.choice(pages)
        state, changes = self._chance.choices(
            (
                (MoneyInState.SUCCEEDED, {}),
                (MoneyInState.FAILED, {"refusal": "05-00-05 REFUSED"}),
                (MoneyInState.CANCELLED, {}),
                (MoneyInState.AUTHORIZED, {}),
                (MoneyInState.UNKNOWN, {}),
                (MoneyInState.SUCCEEDED, {"amount": Money(page.amount.amount_minor + 1)}),
                (MoneyInState.SUCCEEDED, {"wallet": "CFOTHER"}),
            ),
            (12, 4, 3, 2, 1, 1, 1),
        )[0]
        self.record.append(f"page {page.transaction_id} {page.reference} {state} {changes}")
        if "amount" in changes or "wallet" in changes:
            self._world.tampered.add(page.transaction_id)
        moved = provider.end_page(page.transaction_id, state, **changes)
        self._tell(moved.transaction_id, "42")

    async def _pay_twice(self) -> None:
        pages = [one for one in self._own_payins() if one.reference]
        if pages:
            page = self._chance.choice(pages)
            again = self._world.provider.charge_again(page.transaction_id)
            self._spread(page.transaction_id, again.transaction_id)
            self.record.append(f"second success {again.transaction_id} of {page.transaction_id}")
            self._tell(again.transaction_id, "42")

    async def _wire(self) -> None:
        sheet = self._chance.choice(self.sheets)
        awaited = await self._rows(
            select(Payment.reference, Payment.amount_minor)
            .where(
                Payment.document_id.in_([one.id for one in self.sheets]),
                Payment.method == "bank_transfer",
                Payment.reference.is_not(None),
            )
            .order_by(Payment.id)
        )
        reference, due_minor = "", sheet.payable_minor
        if awaited:
            reference, due_minor = self._chance.choice(awaited)
        text = self._chance.choice(
            (reference, reference, f"fra. {reference.lower()} gracias", reference[:6], "")
        )
        minor = self._chance.choice((due_minor, due_minor, due_minor // 3, due_minor + 500))
        wired = self._world.provider.wire(self._world.wallet, Money(max(minor, 1)), text)
        self.record.append(f"wire {wired.transaction_id} of {wired.amount} with {text!r}")
        self._tell(wired.transaction_id, "10")

    async def _take_back(self) -> None:
        paid = [
            one
            for one in self._own_payins()
            if one.reference
            and one.state is MoneyInState.SUCCEEDED
            and one.wallet == self._world.wallet
            and not self._chargebacks_of(one)
        ]
        if paid:
            one = self._chance.choice(paid)
            back = self._world.provider.take_back(
                one.transaction_id, one.amount, kind=MoneyOutKind.CHARGEBACK
            )
            self._spread(one.transaction_id, back.transaction_id)
            self.record.append(f"chargeback {back.transaction_id} of {one.transaction_id}")
            self._tell(self._chance.choice((back.transaction_id, one.transaction_id)), "47")

    def _chargebacks_of(self, paid: MoneyIn) -> bool:
        return any(
            one.kind is MoneyOutKind.CHARGEBACK and one.origin_id == paid.transaction_id
            for one in self._world.provider.money_outs.values()
        )

    async def _win(self) -> None:
        provider = self._world.provider
        own = {one.transaction_id for one in self._own_payins()}
        won = {one.origin_id for one in provider.payins.values()}
        lost = [
            one
            for one in provider.money_outs.values()
            if one.kind is MoneyOutKind.CHARGEBACK
            and one.origin_id in own
            and one.origin_id not in won
        ]
        if lost:
            again = provider.bring_again(self._chance.choice(lost))
            self._spread(again.origin_id, again.transaction_id)
            self.record.append(f"won {again.transaction_id} of {again.origin_id}")
            self._tell(again.transaction_id, "42")

    async def _end_refunds(self) -> None:
        state = self._chance.choice((MoneyOutState.SUCCEEDED, MoneyOutState.FAILED))
        self._world.provider.end_refunds(state)
        self._world.provider.refunds_are = self._chance.choice(
            (MoneyOutState.SUCCEEDED, MoneyOutState.PENDING)
        )

    async def _refund_elsewhere(self) -> None:
        """Let somebody give money back at the provider itself."""
        provider = self._world.provider
        paid = [
            one
            for one in self._own_payins()
            if one.reference
            and one.state is MoneyInState.SUCCEEDED
            and one.wallet == self._world.wallet
            and provider.left(one.transaction_id).amount_minor > 1
        ]
        if paid:
            one = self._chance.choice(paid)
            left = provider.left(one.transaction_id)
            part = Money(self._chance.choice((left.amount_minor, left.amount_minor // 2)))
            made = provider.take_back(
                one.transaction_id, part, kind=MoneyOutKind.REFUND, text="by hand"
            )
            self._spread(one.transaction_id, made.transaction_id)
            self.record.append(f"refund {made.transaction_id} at the provider: {part}")

    def _spread(self, first: str | None, second: str) -> None:
        """Expect of what follows from a tampered transaction no more than of that one."""
        if first in self._world.tampered:
            self._world.tampered.add(second)

    def _tell(self, transaction_id: str, category: str) -> None:
        """Let the provider mean to call: perhaps never, perhaps twice, at any time later."""
        copies = self._chance.choices((0, 1, 2), (3, 5, 2))[0]
        fields = {
            "NotifCategory": category,
            "NotifDate": self._world.clock.now().isoformat(),
            "ExtId": self._world.wallet,
            "IdTransaction": transaction_id,
            "Amount": "999999.00",
            "Status": "0",
        }
        self._calls += [fields] * copies

    async def _deliver(self) -> None:
        if self._calls:
            place = self._chance.randrange(len(self._calls))
            fields = self._calls.pop(place)
            await self._begin(f"call {fields}", self._world.call(fields), on_death=lambda: None)

    async def _forge(self) -> None:
        """Call as a stranger who knows the address."""
        known = [one.transaction_id for one in self._own_payins()]
        fields = {
            "NotifCategory": self._chance.choice(("10", "42", "14", "47", "15", "99")),
            "NotifDate": str(self._chance.random()),
            "ExtId": self._chance.choice((self._world.wallet, "CFNOBODY")),
            "IdTransaction": self._chance.choice([*known, "999999999", "x"]),
            "Amount": "108.90",
            "Status": self._chance.choice(("0", "6")),
        }
        await self._begin(f"forged call {fields}", self._world.call(fields))

    # Staff

    async def _collect(self) -> None:
        sheet = self._chance.choice(self.sheets)
        method = self._chance.choice(("cash", "card_terminal", "bank_transfer", "credit"))
        minor = self._chance.choice((sheet.payable_minor, sheet.payable_minor, 1000))
        if method == "credit":  # there is seldom much of it
            minor = 100
        body = {"method": method, "amount": {"amount": minor}}
        await self._ask(f"/v1/documents/{sheet.id}/payments", body)

    async def _refund(self) -> None:
        if (payment := await self._a_payment(Payment.state == "succeeded")) is not None:
            body: Json = {"reason": "Sobraba"}
            if self._chance.random() < 0.6:
                part = max(payment.amount_minor // self._chance.choice((1, 2, 3)), 1)
                body["amount"] = {"amount": part}
            await self._ask(f"/v1/payments/{payment.id}/refunds", body)

    async def _resolve(self) -> None:
        flagged = Payment.review_reason.is_not(None) & Payment.reviewed_at.is_(None)
        if (payment := await self._a_payment(flagged)) is not None:
            await self._ask(f"/v1/payments/{payment.id}/resolve", {"note": "Visto"})

    async def _match(self) -> None:
        waiting = await self._rows(
            select(UnmatchedTransfer.id)
            .where(
                UnmatchedTransfer.payment_id.is_(None),
                UnmatchedTransfer.provider_id.in_(
                    [one.transaction_id for one in self._own_payins()]
                ),
            )
            .order_by(UnmatchedTransfer.id)
        )
        if waiting:
            (transfer_id,) = self._chance.choice(waiting)
            body = {"document_id": str(self._chance.choice(self.sheets).id)}
            await self._ask(f"/v1/unmatched-transfers/{transfer_id}/match", body)

    async def _unmatch(self) -> None:
        of_provider = (Payment.method == "bank_transfer") & Payment.provider_id.is_not(None)
        payment = await self._a_payment(of_provider & (Payment.state == "succeeded"))
        if payment is not None:
            await self._ask(f"/v1/payments/{payment.id}/unmatch", {})

    async def _ask(self, path: str, body: Json) -> None:
        request = Request(None, path, body, self._key())
        self._requests.append(request)
        await self._begin(f"staff {path} {body} {request.key}", self._send(request))

    async def _void(self) -> None:
        """Let a document be withdrawn: a state that its own verbs lead to."""
        sheet = self._chance.choice(self.sheets)
        if sheet.void_after is not None:
            return
        paid = await self._rows(
            select(Payment.id).where(
                Payment.document_id == sheet.id, Payment.settled_at.is_not(None)
            )
        )
        async with self._world.desk.database.transaction(self._world.organization_id) as tx:
            await tx.execute(
                update(Document)
                .where(
                    Document.organization_id == self._world.organization_id,
                    Document.id == sheet.id,
                )
                .values(issue_state="voided", status="voided")
            )
        sheet.void_after = {payment_id for (payment_id,) in paid}
        self.record.append(f"document {sheet.id} is voided")

    async def _a_payment(self, that: Any) -> Payment | None:  # noqa: ANN401 - a condition
        own = Payment.document_id.in_([one.id for one in self.sheets])
        rows = await self._rows(select(Payment).where(own, that).order_by(Payment.id))
        return self._chance.choice(rows)[0] if rows else None

    async def _rows(self, query: Any) -> list[Any]:  # noqa: ANN401 - of any columns
        async with self._world.desk.database.transaction(self._world.organization_id) as tx:
            return list((await tx.execute(query)).all())

    # Workers

    async def _work(self) -> None:
        if waiting := self._world.waiting:
            await self._begin_job(waiting.pop(self._chance.randrange(len(waiting))))

    async def _sweep(self) -> None:
        self._world.advance(timedelta(minutes=self._chance.choice((1, 1, 5, 15, 40))))
        await self._begin("sweep", self._look())

    async def _look(self) -> None:
        await checking.sweep(self._world.desk, self._world.organization_id)
        await refunding.sweep(self._world.desk, self._world.organization_id)

    async def _compare(self) -> None:
        await self._begin_job(CompareMovements(self._world.organization_id))
        await self._begin("look for chargebacks", self._look_for_chargebacks())

    async def _look_for_chargebacks(self) -> None:
        try:
            await chargebacks.sweep(self._world.desk)
        except GatewayError as error:
            self.record.append(f"chargebacks: {error}")

    async def _rush(self) -> None:
        """Let several things really happen at once: here alone, another run may differ."""
        waiting = self._world.waiting
        jobs = [waiting.pop() for _ in range(min(3, len(waiting)))]
        rush = [await self._begin_job(job, free=True) for job in jobs + jobs[:1]]
        sheet = self._chance.choice(self.sheets)
        for method in ("card", "bank_transfer"):
            body = {"method": method, "form_nonce": self._world.form_nonce(sheet)}
            request = Request(sheet, "/payments", body, self._key())
            rush.append(Process(f"rush {method}", self._send(request), is_free=True))
        running = [one for one in rush if one is not None]
        self.record.append(f"rush of {[one.name for one in running]}")
        trouble, self._world.provider.trouble = self._world.provider.trouble, 0
        await asyncio.gather(*(one.go_on() for one in running))
        self._world.provider.trouble = trouble
        for one in running:
            self._judge(one)
        await self._world.take_jobs()

    # The end

    async def _rest(self) -> None:
        """Let everything under way end, all calls arrive, and a night pass, in calm."""
        self.record.append("rest")
        world = self._world
        while self._running:
            await self._go_on(self._running[0])
        world.provider.trouble = 0
        world.provider.refunds_are = MoneyOutState.SUCCEEDED
        for fields in self._calls:
            await world.call(fields)
        await self._do_all()
        world.provider.end_refunds(MoneyOutState.SUCCEEDED)
        world.sleep()
        await self._look()
        await self._do_all()
        await world.do(CompareMovements(world.organization_id))
        await chargebacks.sweep(world.desk)
        await self._do_all()

    async def _do_all(self) -> None:
        await self._world.take_jobs()
        while self._world.waiting:
            job = self._world.waiting.pop(0)
            self.record.append(f"job {job}")
            await self._world.do(job)
            await self._world.take_jobs()
