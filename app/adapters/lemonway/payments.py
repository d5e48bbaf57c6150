"""Money in and refunds over DirectKit."""

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import urlencode

from pydantic import JsonValue

from app.adapters.lemonway import directkit_values as values
from app.adapters.lemonway import statements
from app.adapters.lemonway.client import Call, Client, found, made_after_all, segment
from app.adapters.lemonway.directkit import BankPage, CardPage, Ibans, MadeOut, MoneyIns, OwnIban
from app.payments.movements import (
    HostedPage,
    MoneyIn,
    MoneyOut,
    MoneyOutKind,
    PaymentOrder,
    RefundOrder,
    TransferAccount,
)
from app.payments.ports import Failure, GatewayRefused, GatewayUnavailable

COMMENT_LENGTH = 140
COUNTRY = "ES"

_LANGUAGES = {"es": "sp", "en": "en"}  # a list of their own, not ISO 639
_VIRTUAL = 2
_CLOCK_SKEW = timedelta(hours=1)


class LemonwayPayments:
    """A `PaymentGateway`."""

    def __init__(self, client: Client, webkit: str) -> None:
        """Take DirectKit's client and the address of the card page."""
        self._client = client
        self._webkit = webkit

    async def start_card(self, order: PaymentOrder) -> HostedPage:
        """Open a card page; its token is for one payer and one attempt."""
        call = Call(
            method="POST",
            path="/v2/moneyins/card/webinit",
            body=_order_body(order),
            caller_ip=order.payer_ip,
        )
        page = await self._client.ask(call, CardPage)
        query = {"moneyInToken": page.web_kit_token, "lang": _LANGUAGES.get(order.language, "en")}
        return HostedPage(str(page.id), f"{self._webkit}?{urlencode(query)}")

    async def start_pay_by_bank(self, order: PaymentOrder) -> HostedPage:
        """Open Lemonway's choice of banks; the amount goes with it."""
        call = Call(
            method="POST",
            path="/v2/moneyins/paybybank/transfer/init",
            body={**_order_body(order), "countryCode": COUNTRY},
            caller_ip=order.payer_ip,
        )
        page = await self._client.ask(call, BankPage)
        return HostedPage(str(page.id), page.redirect_url)

    async def open_transfer_account(self, wallet: str) -> TransferAccount:
        """Give the wallet's virtual IBAN. They are few per platform: one is used for good."""
        call = Call(method="GET", path=f"/v2/moneyouts/{segment(wallet)}/iban")
        for one in (await self._client.ask(call, Ibans)).ibans:
            if one.type == _VIRTUAL:
                return TransferAccount(str(one.id), one.iban, one.swift or "", one.holder)
        call = Call(
            method="POST",
            path="/v2/moneyins/bankwire/iban/create",
            body={"wallet": wallet, "country": COUNTRY},
        )
        made = await self._client.ask(call, OwnIban)
        return TransferAccount(str(made.id), made.iban, made.bic, made.holder)

    async def fetch_payment(self, transaction_id: str) -> MoneyIn:
        """Fetch one payment."""
        for one in await self._find({"transactionId": transaction_id}):
            if one.transaction_id == transaction_id:
                return one
        raise GatewayRefused(Failure.NOT_FOUND, text=f"no money-in {transaction_id}")

    async def find_payments(self, reference: str) -> Sequence[MoneyIn]:
        """Find payments by our reference; others' are left out, should a search find them."""
        candidates = await self._find({"transactionMerchantToken": reference})
        return [one for one in candidates if one.reference == reference]

    async def refund(self, order: RefundOrder) -> MoneyOut:
        """Refund once: a refund has no reference of its own, its comment begins with ours."""
        made = await self._find_refund(order)
        if made is not None:
            return made
        call = Call(
            method="PUT",
            path=f"/v2/refund/{segment(order.transaction_id)}",
            body={
                "amountToRefund": order.amount.amount_minor,
                "comment": f"{order.reference} {order.reason}"[:COMMENT_LENGTH],
            },
        )
        try:
            return values.refund((await self._client.ask(call, MadeOut)).transaction)
        except GatewayUnavailable as error:
            return await made_after_all(error, lambda: self._find_refund(order))

    async def _find(self, query: dict[str, str]) -> list[MoneyIn]:
        call = Call(method="GET", path="/v2/moneyins", query=query)
        answer = await found(self._client.ask(call, MoneyIns), MoneyIns.nothing())
        return [values.money_in(record) for record in answer.transactions.value]

    async def _find_refund(self, order: RefundOrder) -> MoneyOut | None:
        lines = await statements.fetch_begun(
            self._client, order.wallet, since=order.asked_at - _CLOCK_SKEW
        )
        for line in lines:
            if (
                isinstance(line, MoneyOut)
                and line.kind is MoneyOutKind.REFUND
                and line.origin_id == order.transaction_id
                and order.reference in line.text.split()
            ):
                return line
        return None


def _order_body(order: PaymentOrder) -> dict[str, JsonValue]:
    return {
        "accountId": order.wallet,
        "totalAmount": order.amount.amount_minor,
        "commissionAmount": 0,
        "autoCommission": False,
        "reference": order.reference,
        "comment": order.description[:COMMENT_LENGTH],
        "returnUrl": order.return_url,
        "cancelUrl": order.cancel_url,
        "errorUrl": order.error_url,
    }
