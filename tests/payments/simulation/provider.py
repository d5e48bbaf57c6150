"""A provider that does what it is asked and says otherwise, or says nothing."""

import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TypeVar

from typing_extensions import override

from app.kernel.money import Money
from app.payments.enrolment import Wallet
from app.payments.movements import (
    HostedPage,
    Method,
    MoneyIn,
    MoneyInState,
    MoneyOut,
    MoneyOutState,
    Movement,
    PaymentOrder,
    RefundOrder,
    TransferAccount,
)
from app.payments.ports import Failure, GatewayRefused, GatewayUnavailable
from tests.fakes_payments import FakeProvider
from tests.payments.simulation.pace import gate

Answer = TypeVar("Answer")

NOTHING_DONE, DONE_UNTOLD = "nothing done", "done, untold"


@dataclass
class HostileProvider(FakeProvider):
    """Fails before or after the effect, as chance has it; calm until told otherwise.

    Attributes:
        trouble: The share of calls that fail.
    """

    chance: random.Random = field(default_factory=random.Random)
    trouble: float = 0.0

    async def _ask(self, call: Callable[[], Awaitable[Answer]]) -> Answer:
        await gate()
        fate = None
        if self.trouble and self.chance.random() < self.trouble:
            fate = self.chance.choice((NOTHING_DONE, DONE_UNTOLD))
        if fate == NOTHING_DONE:
            raise GatewayUnavailable("500", is_in_doubt=True)
        answer = await call()
        if fate == DONE_UNTOLD:
            raise GatewayUnavailable("timeout", is_in_doubt=True)
        await gate()  # the answer is old by the time it is read
        return answer

    # What payers, banks and the provider's own staff do

    def open_pages(self) -> list[MoneyIn]:
        """List the payments begun under a reference of ours that are not over."""
        ended = {MoneyInState.SUCCEEDED, MoneyInState.FAILED, MoneyInState.CANCELLED}
        return [one for one in self.payins.values() if one.reference and one.state not in ended]

    def end_page(self, transaction_id: str, state: MoneyInState, **changes: object) -> MoneyIn:
        """Let a page become what its payer, or a bank, made of it."""
        ended = replace(
            self.payins[transaction_id],
            state=state,
            executed_at=self.now,
            **changes,  # type: ignore[arg-type]  # fields by name
        )
        self.payins[transaction_id] = ended
        return ended

    def left(self, transaction_id: str) -> Money:
        """Give what of a payment has not gone back."""
        gone = sum(
            one.amount.amount_minor
            for one in self.money_outs.values()
            if one.origin_id == transaction_id and one.state is not MoneyOutState.FAILED
        )
        return Money(self.payins[transaction_id].amount.amount_minor - gone)

    # The ports

    @override
    async def fetch_wallet(self, wallet: str) -> Wallet:
        return await self._ask(lambda: FakeProvider.fetch_wallet(self, wallet))

    @override
    async def start_card(self, order: PaymentOrder) -> HostedPage:
        return await self._ask(lambda: FakeProvider.start_card(self, order))

    @override
    async def start_pay_by_bank(self, order: PaymentOrder) -> HostedPage:
        page = await self._ask(lambda: FakeProvider.start_card(self, order))
        held = self.payins[page.transaction_id]
        self.payins[held.transaction_id] = replace(held, method=Method.PAY_BY_BANK)
        return page

    @override
    async def open_transfer_account(self, wallet: str) -> TransferAccount:
        return await self._ask(lambda: FakeProvider.open_transfer_account(self, wallet))

    @override
    async def fetch_payment(self, transaction_id: str) -> MoneyIn:
        return await self._ask(lambda: FakeProvider.fetch_payment(self, transaction_id))

    @override
    async def find_payments(self, reference: str) -> Sequence[MoneyIn]:
        return await self._ask(lambda: FakeProvider.find_payments(self, reference))

    @override
    async def refund(self, order: RefundOrder) -> MoneyOut:
        return await self._ask(lambda: self._refund(order))

    async def _refund(self, order: RefundOrder) -> MoneyOut:
        known = [one for one in self.money_outs.values() if order.reference in one.text.split()]
        if not known and order.amount.amount_minor > self.left(order.transaction_id).amount_minor:
            raise GatewayRefused(Failure.AMOUNT_NOT_ALLOWED, code=130, text="more than is left")
        return await FakeProvider.refund(self, order)

    @override
    async def fetch_movements(
        self, wallet: str, since: datetime, until: datetime
    ) -> Sequence[Movement]:
        return await self._ask(lambda: FakeProvider.fetch_movements(self, wallet, since, until))

    @override
    async def fetch_chargebacks(self, since: datetime) -> Sequence[MoneyOut]:
        fetched = await self._ask(lambda: FakeProvider.fetch_chargebacks(self, since))
        return [one for one in fetched if one.executed_at and one.executed_at >= since]
