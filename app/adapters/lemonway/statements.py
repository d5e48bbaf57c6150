"""What Lemonway has booked, page by page, over DirectKit."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from app.adapters.lemonway import directkit_values as values
from app.adapters.lemonway.client import Call, Client, Model, found, segment
from app.adapters.lemonway.directkit import MoneyIns, MoneyOuts, Statement, StatementLine
from app.payments.movements import MoneyIn, MoneyOut, Movement

PAGE_SIZE = 100

_Record = TypeVar("_Record")


class LemonwayStatements:
    """A `StatementGateway`."""

    def __init__(self, client: Client) -> None:
        """Take DirectKit's client."""
        self._client = client

    async def fetch_movements(
        self, wallet: str, since: datetime, until: datetime
    ) -> Sequence[Movement]:
        """Fetch one wallet's lines by the date of execution."""
        query = {
            "executionDateStart": values.seconds(since),
            "executionDateEnd": values.seconds(until),
        }
        return await _movements(self._client, wallet, query)

    async def fetch_transfers(self, since: datetime, until: datetime) -> Sequence[MoneyIn]:
        """Fetch wires of all wallets."""
        records = await _all_pages(
            self._client,
            "/v2/moneyins/bankwire",
            {"updateDate": values.seconds(since), "updateEndDate": values.seconds(until)},
            MoneyIns,
            MoneyIns.nothing(),
            lambda answer: answer.transactions.value,
        )
        return [values.money_in(record) for record in records]

    async def fetch_chargebacks(self, since: datetime) -> Sequence[MoneyOut]:
        """Fetch card payments taken back, of all wallets."""
        records = await _all_pages(
            self._client,
            "/v2/disputes",
            {"updateDate": values.seconds(since)},
            MoneyOuts,
            MoneyOuts.nothing(),
            lambda answer: answer.transactions.value,
        )
        return [values.chargeback(record) for record in records]


async def fetch_begun(client: Client, wallet: str, *, since: datetime) -> list[Movement]:
    """Fetch what was begun in one wallet since then, executed or not."""
    return await _movements(client, wallet, {"startDate": values.seconds(since)})


async def _movements(client: Client, wallet: str, query: Mapping[str, int]) -> list[Movement]:
    lines = await _all_pages(
        client,
        f"/v2/accounts/{segment(wallet)}/transactions",
        query,
        Statement,
        Statement.nothing(),
        lambda answer: answer.transactions.value,
    )
    return [movement for line in lines if (movement := _movement(line)) is not None]


async def _all_pages(
    client: Client,
    path: str,
    query: Mapping[str, int],
    gives: type[Model],
    nothing: Model,
    records: Callable[[Model], list[_Record]],
) -> list[_Record]:
    """Ask for page after page until one is not full; the first is number 1."""
    all_records: list[_Record] = []
    page = 1
    while True:
        call = Call(method="GET", path=path, query={**query, "page": page, "limit": PAGE_SIZE})
        some = records(await found(client.ask(call, gives), nothing))
        all_records += some
        if len(some) < PAGE_SIZE:
            return all_records
        page += 1


def _movement(line: StatementLine) -> Movement | None:
    if line.transaction_in is not None:
        return values.money_in(line.transaction_in)
    if line.transaction_out is not None:
        return values.money_out(line.transaction_out)
    if line.transaction_p2p is not None:
        return values.wallet_transfer(line.transaction_p2p)
    return None
