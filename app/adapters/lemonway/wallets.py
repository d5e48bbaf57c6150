"""Wallets and the papers behind them, over DirectKit."""

from base64 import b64encode
from collections.abc import Sequence
from datetime import datetime

from app.adapters.lemonway import directkit_values as values
from app.adapters.lemonway.client import Call, Client, segment
from app.adapters.lemonway.directkit import AccountRead, Changes, Documents, Upload
from app.kernel.money import Money
from app.payments.enrolment import Paper, PaperRecord, Wallet, WalletState


class LemonwayWallets:
    """A `WalletGateway`."""

    def __init__(self, client: Client) -> None:
        """Take DirectKit's client."""
        self._client = client

    async def fetch_wallet(self, wallet: str) -> Wallet:
        """Fetch state and balance; blocked is a flag beside the status."""
        call = Call(method="GET", path=f"/v2/accounts/{segment(wallet)}")
        account = (await self._client.ask(call, AccountRead)).account
        state = values.WALLET.get(account.status, WalletState.UNKNOWN)
        if account.is_blocked:
            state = WalletState.BLOCKED
        return Wallet(account.id, state, Money(account.balance))

    async def fetch_papers(self, wallet: str) -> Sequence[PaperRecord]:
        """Fetch all papers."""
        call = Call(method="GET", path=f"/v2/accounts/{segment(wallet)}/documents")
        return [values.paper(one) for one in (await self._client.ask(call, Documents)).documents]

    async def renew_paper(self, wallet: str, paper: Paper) -> PaperRecord:
        """Hand in a paper."""
        call = Call(
            method="POST",
            path=f"/v2/accounts/{segment(wallet)}/documents/upload",
            body={
                "name": paper.name,
                "type": values.PAPER_TYPES[paper.kind],
                "buffer": b64encode(paper.content).decode(),
            },
        )
        made = (await self._client.ask(call, Upload)).upload_document
        state, fault = values.paper_outcome(made.status)
        return PaperRecord(
            id=str(made.id),
            kind=paper.kind,
            state=state,
            fault=fault,
            comment="",
            valid_until=None,
        )

    async def changed_wallets(self, since: datetime) -> frozenset[str]:
        """Give the wallets of which anything changed."""
        call = Call(
            method="GET",
            path="/v2/accounts/kycstatus",
            query={"updateDate": values.seconds(since)},
        )
        return frozenset(one.id for one in (await self._client.ask(call, Changes)).accounts)
