"""Payouts and the IBANs they go to, over DirectKit."""

from collections.abc import Sequence

from app.adapters.lemonway import directkit_values as values
from app.adapters.lemonway.client import Call, Client, found, made_after_all, segment
from app.adapters.lemonway.directkit import Iban, Ibans, MadeOut, MoneyOuts, RegisteredIban
from app.adapters.lemonway.payments import COMMENT_LENGTH
from app.payments.movements import MoneyOut, PayoutAccount, PayoutOrder
from app.payments.ports import GatewayUnavailable

_FOR_PAYOUTS = 1


class LemonwayPayouts:
    """A `PayoutGateway`."""

    def __init__(self, client: Client) -> None:
        """Take DirectKit's client."""
        self._client = client

    async def register_account(self, wallet: str, holder: str, iban: str) -> PayoutAccount:
        """Name an IBAN; whether it may be used is decided later."""
        plain = "".join(iban.split()).upper()
        for known in await self.fetch_accounts(wallet):
            if known.iban == plain:
                return known
        call = Call(
            method="POST",
            path="/v2/moneyouts/iban",
            body={"accountId": wallet, "holder": holder, "iban": plain},
        )
        made = await self._client.ask(call, RegisteredIban)
        record = Iban(id=made.iban_id, status=made.status, iban=plain, holder=holder, type=1)
        return values.payout_account(record)

    async def fetch_accounts(self, wallet: str) -> Sequence[PayoutAccount]:
        """Fetch the IBANs of a wallet that are for payouts."""
        call = Call(method="GET", path=f"/v2/moneyouts/{segment(wallet)}/iban")
        ibans = (await self._client.ask(call, Ibans)).ibans
        return [values.payout_account(one) for one in ibans if one.type == _FOR_PAYOUTS]

    async def pay_out(self, order: PayoutOrder) -> MoneyOut:
        """Pay out once: looked for by our reference before, and after a doubt."""
        made = await self.find_payout(order.reference)
        if made is not None:
            return made
        call = Call(
            method="POST",
            path="/v2/moneyouts",
            body={
                "accountId": order.wallet,
                "totalAmount": order.amount.amount_minor,
                "commissionAmount": 0,
                "autoCommission": False,
                "ibanId": int(order.account_id),
                "reference": order.reference,
                "comment": order.description[:COMMENT_LENGTH],
            },
        )
        try:
            return values.payout((await self._client.ask(call, MadeOut)).transaction)
        except GatewayUnavailable as error:
            return await made_after_all(error, lambda: self.find_payout(order.reference))

    async def find_payout(self, reference: str) -> MoneyOut | None:
        """Find a payout by our reference."""
        call = Call(method="GET", path="/v2/moneyouts", query={"reference": reference})
        answer = await found(self._client.ask(call, MoneyOuts), MoneyOuts.nothing())
        records = answer.transactions.value
        return next((values.payout(one) for one in records if one.reference == reference), None)
