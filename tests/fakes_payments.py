"""A payment provider in the test's hands: it keeps what it is asked, and pays when told."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.adapters.lemonway.hooks import LemonwayHints
from app.kernel.money import Money
from app.payments.enrolment import (
    Account,
    AccountState,
    Application,
    HostedForm,
    Paper,
    PaperRecord,
    PaperState,
    Wallet,
    WalletState,
)
from app.payments.movements import (
    HostedPage,
    Method,
    MoneyIn,
    MoneyInState,
    MoneyOut,
    MoneyOutKind,
    MoneyOutState,
    Movement,
    PaymentOrder,
    PayoutAccount,
    PayoutAccountState,
    PayoutOrder,
    RefundOrder,
    TransferAccount,
)
from app.payments.ports import Failure, GatewayError, GatewayRefused
from tests.fakes import START


@dataclass
class FakeProvider:
    """All ports of a provider over two dictionaries; `failures` are raised first."""

    accounts: dict[str, Account] = field(default_factory=dict)
    wallets_by_name: dict[str, Wallet] = field(default_factory=dict)
    payins: dict[str, MoneyIn] = field(default_factory=dict)
    orders: list[PaymentOrder] = field(default_factory=list)
    failures: list[GatewayError] = field(default_factory=list)
    lost_answers: list[GatewayError] = field(default_factory=list)
    """Raised by a payout after it was made."""
    money_outs: dict[str, MoneyOut] = field(default_factory=dict)
    refund_orders: list[RefundOrder] = field(default_factory=list)
    bank_accounts: dict[str, PayoutAccount] = field(default_factory=dict)
    payout_orders: list[PayoutOrder] = field(default_factory=list)
    handed_in: list[Paper] = field(default_factory=list)
    papers_by_wallet: dict[str, list[PaperRecord]] = field(default_factory=dict)
    refunds_are: MoneyOutState = MoneyOutState.SUCCEEDED
    now: datetime = START

    @property
    def onboarding(self) -> "FakeProvider":
        return self

    @property
    def wallets(self) -> "FakeProvider":
        return self

    @property
    def payments(self) -> "FakeProvider":
        return self

    @property
    def payouts(self) -> "FakeProvider":
        return self

    @property
    def statements(self) -> "FakeProvider":
        return self

    @property
    def hints(self) -> LemonwayHints:
        return LemonwayHints()

    def _fail(self) -> None:
        if self.failures:
            raise self.failures.pop(0)

    # What a test makes happen at the provider

    def verify(self, iban: str, state: PayoutAccountState = PayoutAccountState.ACTIVE) -> None:
        """Decide about a bank account."""
        self.bank_accounts[iban] = replace(self.bank_accounts[iban], state=state)

    def end_payouts(self, state: MoneyOutState) -> None:
        """Let the payouts made end, also those that had arrived."""
        for key, one in self.money_outs.items():
            if one.kind is MoneyOutKind.PAYOUT:
                self.money_outs[key] = replace(one, state=state, executed_at=self.now)

    def judge(self, wallet: str, paper_id: str, state: PaperState, **changes: object) -> None:
        """Decide about a paper of a wallet."""
        held = self.papers_by_wallet[wallet]
        self.papers_by_wallet[wallet] = [
            replace(one, state=state, **changes) if one.id == paper_id else one  # type: ignore[arg-type]  # fields by name
            for one in held
        ]

    def accept(self, wallet: str) -> None:
        """Accept an applicant: its wallet exists from now on."""
        account = next(one for key, one in self.accounts.items() if key == f"acc-{wallet}")
        self.accounts[account.id] = replace(account, state=AccountState.ACCEPTED)
        self.wallets_by_name[wallet] = Wallet(wallet, WalletState.READY, Money(0))

    def move(self, reference: str, state: MoneyInState, **changes: object) -> MoneyIn:
        """Let a payment become what a payer, or a bank, made of it."""
        key, held = next(
            (key, one) for key, one in self.payins.items() if one.reference == reference
        )
        moved = replace(held, state=state, executed_at=self.now, **changes)  # type: ignore[arg-type]  # fields by name
        self.payins[key] = moved
        return moved

    def charge_again(self, transaction_id: str, **changes: object) -> MoneyIn:
        """Charge the page of a payment once more, as another transaction."""
        first = self.payins[transaction_id]
        made = self._payin(first.wallet, first.amount, first.reference, first.method, first.text)
        paid = replace(made, state=MoneyInState.SUCCEEDED, executed_at=self.now)
        self.payins[made.transaction_id] = replace(paid, **changes)  # type: ignore[arg-type]  # fields by name
        return self.payins[made.transaction_id]

    def wire(self, wallet: str, amount: Money, text: str) -> MoneyIn:
        """Let a transfer arrive."""
        arrived = self._payin(wallet, amount, None, Method.BANK_TRANSFER, text)
        self.payins[arrived.transaction_id] = replace(
            arrived, state=MoneyInState.SUCCEEDED, executed_at=self.now
        )
        return self.payins[arrived.transaction_id]

    def take_back(
        self,
        transaction_id: str,
        amount: Money,
        *,
        kind: MoneyOutKind,
        state: MoneyOutState = MoneyOutState.SUCCEEDED,
        text: str = "Fraud",
    ) -> MoneyOut:
        """Let money of a payment leave the wallet."""
        made = MoneyOut(
            transaction_id=str(90_000 + len(self.money_outs)),
            wallet=self.payins[transaction_id].wallet,
            kind=kind,
            origin_id=transaction_id,
            reference=None,
            state=state,
            amount=amount,
            text=text,
            begun_at=self.now,
            executed_at=self.now if state is MoneyOutState.SUCCEEDED else None,
            evidence="{}",
        )
        self.money_outs[made.transaction_id] = made
        return made

    def bring_again(self, chargeback: MoneyOut) -> MoneyIn:
        """Let a dispute be won: the money comes as a new payment."""
        original = self.payins[chargeback.origin_id or ""]
        won = self._payin(original.wallet, chargeback.amount, None, original.method, "Dispute won")
        self.payins[won.transaction_id] = replace(
            won,
            state=MoneyInState.SUCCEEDED,
            executed_at=self.now,
            origin_id=original.transaction_id,
        )
        return self.payins[won.transaction_id]

    def end_refunds(self, state: MoneyOutState) -> None:
        """Let the refunds under way end."""
        for key, one in self.money_outs.items():
            if one.state is MoneyOutState.PENDING:
                self.money_outs[key] = replace(one, state=state, executed_at=self.now)

    def _payin(
        self, wallet: str, amount: Money, reference: str | None, method: Method, text: str
    ) -> MoneyIn:
        made = MoneyIn(
            transaction_id=str(70_000 + len(self.payins)),
            wallet=wallet,
            reference=reference,
            method=method,
            state=MoneyInState.PENDING,
            amount=amount,
            refunded=Money(0),
            text=text,
            refusal=None,
            masked_card=None,
            begun_at=self.now,
            executed_at=None,
            evidence="{}",
        )
        self.payins[made.transaction_id] = made
        return made

    # The ports

    async def open_account(self, application: Application) -> Account:
        self._fail()
        account = Account(id=f"acc-{application.wallet}", state=AccountState.AWAITING_INFORMATION)
        return self.accounts.setdefault(account.id, account)

    async def start_form(
        self, account_id: str, application: Application, return_url: str
    ) -> HostedForm:
        self._fail()
        return HostedForm("onb-1", f"https://forms.example/{account_id}?{return_url}")

    async def resume_form(self, onboarding_id: str) -> str:
        self._fail()
        return f"https://forms.example/{onboarding_id}/again"

    async def hand_in(self, account_id: str, onboarding_id: str, paper: Paper) -> str:
        self._fail()
        self.handed_in.append(paper)
        return str(48_000 + len(self.handed_in))

    async def fetch_account(self, account_id: str) -> Account:
        self._fail()
        return self.accounts[account_id]

    async def fetch_wallet(self, wallet: str) -> Wallet:
        self._fail()
        if wallet not in self.wallets_by_name:
            raise GatewayRefused(Failure.NOT_FOUND, code=147)
        return self.wallets_by_name[wallet]

    async def fetch_papers(self, wallet: str) -> Sequence[PaperRecord]:
        await self.fetch_wallet(wallet)
        return self.papers_by_wallet.get(wallet, [])

    async def renew_paper(self, wallet: str, paper: Paper) -> PaperRecord:
        self._fail()
        self.handed_in.append(paper)
        record = PaperRecord(
            id=str(48_000 + len(self.handed_in)),
            kind=paper.kind,
            state=PaperState.UNDER_REVIEW,
            fault=None,
            comment="",
            valid_until=None,
        )
        self.papers_by_wallet.setdefault(wallet, []).append(record)
        return record

    async def changed_wallets(self, since: datetime) -> frozenset[str]:
        return frozenset()

    async def start_card(self, order: PaymentOrder) -> HostedPage:
        self._fail()
        self.orders.append(order)
        made = self._payin(
            order.wallet, order.amount, order.reference, Method.CARD, order.description
        )
        return HostedPage(made.transaction_id, f"https://card.example/{made.transaction_id}")

    async def start_pay_by_bank(self, order: PaymentOrder) -> HostedPage:
        return await self.start_card(order)

    async def open_transfer_account(self, wallet: str) -> TransferAccount:
        self._fail()
        return TransferAccount("9", "ES9121000418450200051332", "CAIXESBBXXX", "LEMONWAY")

    async def fetch_payment(self, transaction_id: str) -> MoneyIn:
        self._fail()
        if transaction_id not in self.payins:
            raise GatewayRefused(Failure.NOT_FOUND, code=143)
        return self.payins[transaction_id]

    async def find_payments(self, reference: str) -> Sequence[MoneyIn]:
        self._fail()
        return [one for one in self.payins.values() if one.reference == reference]

    async def refund(self, order: RefundOrder) -> MoneyOut:
        for made in self.money_outs.values():
            if order.reference in made.text.split():
                return made
        self._fail()
        self.refund_orders.append(order)
        return self.take_back(
            order.transaction_id,
            order.amount,
            kind=MoneyOutKind.REFUND,
            state=self.refunds_are,
            text=f"Refund {order.transaction_id} {order.reference} {order.reason}",
        )

    async def register_account(self, wallet: str, holder: str, iban: str) -> PayoutAccount:
        self._fail()
        made = PayoutAccount(
            str(300 + len(self.bank_accounts)), iban, holder, PayoutAccountState.PENDING
        )
        return self.bank_accounts.setdefault(iban, made)

    async def fetch_accounts(self, wallet: str) -> Sequence[PayoutAccount]:
        self._fail()
        return [*self.bank_accounts.values()]

    async def find_payout(self, reference: str) -> MoneyOut | None:
        self._fail()
        known = [one for one in self.money_outs.values() if one.reference == reference]
        return known[0] if known else None

    async def pay_out(self, order: PayoutOrder) -> MoneyOut:
        self.payout_orders.append(order)
        made = MoneyOut(
            transaction_id=str(90_000 + len(self.money_outs)),
            wallet=order.wallet,
            kind=MoneyOutKind.PAYOUT,
            origin_id=None,
            reference=order.reference,
            state=MoneyOutState.PENDING,
            amount=order.amount,
            text=order.description,
            begun_at=self.now,
            executed_at=None,
            evidence="{}",
        )
        self.money_outs[made.transaction_id] = made
        if self.lost_answers:
            raise self.lost_answers.pop(0)
        return made

    async def fetch_movements(
        self, wallet: str, since: datetime, until: datetime
    ) -> Sequence[Movement]:
        await self.fetch_wallet(wallet)
        lines: list[MoneyIn | MoneyOut] = [*self.payins.values(), *self.money_outs.values()]
        return [
            one
            for one in lines
            if one.wallet == wallet and one.executed_at and since <= one.executed_at <= until
        ]

    async def fetch_transfers(self, since: datetime, until: datetime) -> Sequence[MoneyIn]:
        raise NotImplementedError

    async def fetch_chargebacks(self, since: datetime) -> Sequence[MoneyOut]:
        self._fail()
        return [one for one in self.money_outs.values() if one.kind is MoneyOutKind.CHARGEBACK]
