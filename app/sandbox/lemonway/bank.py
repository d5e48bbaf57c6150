"""What happens to money at Lemonway, whoever brings it about: a call, a page or a control."""

from app.sandbox.lemonway.notifier import Notifier, euros
from app.sandbox.lemonway.records import Iban, MoneyIn, MoneyOut, Wallet
from app.sandbox.lemonway.store import Store
from app.sandbox.lemonway.switches import Switches

SUCCESS, ERROR, PENDING, REFUSED, CANCELLED, AUTHORIZED = 0, 3, 4, 6, 7, 16
"""Of money in, and of refunds and chargebacks."""
PAYOUT_PENDING, PAYOUT_DONE, PAYOUT_ERROR = 0, 3, 4
BY_CARD, BY_TRANSFER, BY_PAYOUT = 0, 1, 3
IBAN_WAITING, IBAN_ACTIVE = 4, 5
FOR_PAYOUT, VIRTUAL = 1, 2

_LOW_BALANCE = 1_000
_NOTIFIED_SUCCESS = 0


class Unknown(LookupError):
    """There is no such thing."""


class Bank:
    """Moves money between the records, and notifies of it."""

    def __init__(self, store: Store, notifier: Notifier, switches: Switches) -> None:
        self._store = store
        self._notifier = notifier
        self._switches = switches

    def wallet(self, wallet_id: str) -> Wallet:
        """Give a wallet.

        Raises:
            Unknown: There is none.
        """
        wallet = self._store.wallets.find(wallet_id)
        if wallet is None:
            raise Unknown(wallet_id)
        return wallet

    def money_in(self, number: int | str) -> MoneyIn:
        """Give a money-in.

        Raises:
            Unknown: There is none.
        """
        money = self._store.moneyins.find(number)
        if money is None:
            raise Unknown(number)
        return money

    def money_out(self, number: int | str) -> MoneyOut:
        """Give a money-out.

        Raises:
            Unknown: There is none.
        """
        money = self._store.moneyouts.find(number)
        if money is None:
            raise Unknown(number)
        return money

    def succeed(self, money: MoneyIn) -> None:
        """Credit a payment; a bank's is announced, a card's is not."""
        money.status, money.executed = SUCCESS, self._store.seconds()
        self._store.moneyins.save(money)
        self._store.credit(self.wallet(money.wallet_id), money.amount - money.commission)
        if money.method == BY_TRANSFER:
            self._tell(10, money, _NOTIFIED_SUCCESS)

    def fail(self, money: MoneyIn, refusal: str) -> None:
        """Refuse a payment, in the acquirer's words."""
        money.status, money.refusal = REFUSED, refusal
        self._store.moneyins.save(money)

    def cancel(self, money: MoneyIn) -> None:
        """End a payment that nobody will finish."""
        money.status = CANCELLED
        self._store.moneyins.save(money)

    def authorize(self, money: MoneyIn) -> None:
        """Note that the payer agreed in the bank's page; the money comes later."""
        money.status = AUTHORIZED
        self._store.moneyins.save(money)

    def synchronize(self, money: MoneyIn) -> None:
        """Close an abandoned payment, and notify (42)."""
        self.cancel(money)
        self._tell(42, money, CANCELLED)

    def receive_wire(self, wallet_id: str, amount: int, label: str) -> MoneyIn:
        """Let a wire arrive: any amount, any text."""
        money = MoneyIn(
            id=self._store.number(),
            wallet_id=wallet_id,
            amount=amount,
            method=BY_TRANSFER,
            date=self._store.seconds(),
            comment=label,
        )
        self.succeed(money)
        return money

    def wallet_of_iban(self, iban: str) -> str:
        """Tell whose virtual IBAN it is.

        Raises:
            Unknown: Nobody's.
        """
        plain = "".join(iban.split()).upper()
        for one in self._store.ibans:
            if one.iban == plain and one.type == VIRTUAL:
                return one.wallet_id
        raise Unknown(iban)

    def refund(self, money: MoneyIn, amount: int, comment: str, status: int) -> MoneyOut:
        """Give money back; a pending one is debited at once too."""
        number = self._store.number()
        out = MoneyOut(
            id=number,
            wallet_id=money.wallet_id,
            amount=amount,
            method=money.method,
            date=self._store.seconds(),
            status=status,
            origin_id=money.id,
            comment=f"Refund {number} {comment}".strip(),
        )
        if status != REFUSED:
            money.refunded += amount
            self._store.moneyins.save(money)
            self._store.credit(self.wallet(money.wallet_id), -amount)
        if status == SUCCESS:
            out.executed = out.date
        return self._store.moneyouts.save(out)

    def charge_back(self, money: MoneyIn, reason: str) -> MoneyOut:
        """Take a card payment back; an alert (47) goes before the notification (14)."""
        out = MoneyOut(
            id=self._store.number(),
            wallet_id=money.wallet_id,
            amount=money.amount - money.refunded,
            method=BY_CARD,
            date=self._store.seconds(),
            executed=self._store.seconds(),
            status=SUCCESS,
            origin_id=money.id,
            comment=reason,
            is_chargeback=True,
        )
        self._store.moneyouts.save(out)
        self._store.credit(self.wallet(money.wallet_id), -out.amount)
        named = money.id if self._switches.chargebacks_name == "payment" else out.id
        self._tell(47, out, _NOTIFIED_SUCCESS, number=named)
        self._tell(14, out, _NOTIFIED_SUCCESS, number=named)
        self.warn_if_low()
        return out

    def win_dispute(self, out: MoneyOut) -> MoneyIn:
        """Bring a chargeback's money back, as a new card payment that nothing announces."""
        original = self.money_in(out.origin_id)
        money = MoneyIn(
            id=self._store.number(),
            wallet_id=out.wallet_id,
            amount=out.amount,
            method=BY_CARD,
            date=self._store.seconds(),
            reference=original.reference,
            comment=f"Dispute won {original.id}",
        )
        self.succeed(money)
        return money

    def pay_out(self, wallet: Wallet, iban: Iban, amount: int, ref: str, comment: str) -> MoneyOut:
        """Debit the wallet at once; the transfer follows."""
        out = MoneyOut(
            id=self._store.number(),
            wallet_id=wallet.id,
            amount=amount,
            method=BY_PAYOUT,
            date=self._store.seconds(),
            status=PAYOUT_PENDING,
            iban_id=iban.id,
            reference=ref,
            comment=comment,
        )
        self._store.moneyouts.save(out)
        self._store.credit(wallet, -amount)
        return out

    def finish_payout(self, out: MoneyOut) -> None:
        """Let a payout arrive, and notify (37)."""
        out.status, out.executed = PAYOUT_DONE, self._store.seconds()
        self._store.moneyouts.save(out)
        self._tell(37, out, _NOTIFIED_SUCCESS)

    def return_payout(self, out: MoneyOut) -> None:
        """Let a payout come back as a transaction of its own, and notify (15)."""
        out.status = CANCELLED
        self._store.moneyouts.save(out)
        back = MoneyIn(
            id=self._store.number(),
            wallet_id=out.wallet_id,
            amount=out.amount,
            method=BY_PAYOUT,
            date=self._store.seconds(),
            executed=self._store.seconds(),
            status=SUCCESS,
            comment=f"Cancelled {out.id}",
        )
        self._store.moneyins.save(back)
        wallet = self.wallet(out.wallet_id)
        self._store.credit(wallet, out.amount)
        self._notifier.tell(
            15,
            wallet.id,
            wallet.number,
            IdTransaction=back.id,
            IdOriginTransaction=out.id,
            Amount=euros(out.amount),
            Status=_NOTIFIED_SUCCESS,
            **{"Payment method": BY_PAYOUT},
        )

    def warn_if_low(self) -> None:
        """Warn the operator when the platform's own wallet is nearly empty (19)."""
        platform = self.wallet("SC")
        if platform.balance < _LOW_BALANCE:
            self._notifier.tell(19, platform.id, platform.number, Amount=euros(platform.balance))

    def _tell(
        self, category: int, money: MoneyIn | MoneyOut, status: int, number: int | None = None
    ) -> None:
        wallet = self.wallet(money.wallet_id)
        self._notifier.tell(
            category,
            wallet.id,
            wallet.number,
            IdTransaction=number or money.id,
            Amount=euros(money.amount),
            Status=status,
        )
