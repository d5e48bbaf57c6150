"""Payment providers to measure with: a slow one over HTTP, and one in memory that is not."""

import asyncio
import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from app.adapters.lemonway.hooks import LemonwayHints
from app.payments.movements import MoneyIn, Movement
from app.payments.ports import Failure, GatewayRefused
from bench.client import HOST

LATENCY_S = 0.02
"""How long each call waits for its answer; Lemonway's take from tenths of a second to seconds."""

_FIRST_ID = 1_000_000_000
"""Above the numbers of what is known in memory."""

_END = b"\r\n\r\n"


class SlowProvider:
    """Answers on loopback what beginning a card payment asks: a token, then a page."""

    def __init__(self) -> None:
        self._ids = itertools.count(_FIRST_ID)

    async def listen(self, port: int) -> asyncio.Server:
        """Start answering."""
        return await asyncio.start_server(self._serve, HOST, port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(_END):
                await reader.readexactly(_length_of(head))
                is_token = b"/token " in head.partition(b"\r\n")[0]
                if not is_token:
                    await asyncio.sleep(LATENCY_S)
                writer.write(_answer(_TOKEN if is_token else self._page()))
        except asyncio.IncompleteReadError:
            writer.close()

    def _page(self) -> Mapping[str, object]:
        number = next(self._ids)
        return {"id": number, "webKitToken": f"token-{number}"}


_TOKEN = {"access_token": "a token", "expires_in": 3600, "token_type": "bearer"}


def environment(port: int) -> dict[str, str]:
    """Give the settings that lead a server to a provider on a port."""
    base = f"http://{HOST}:{port}"
    return {
        "LEMONWAY_API_KEY": "a key",
        "LEMONWAY_TOKEN_URL": f"{base}/oauth/token",
        "LEMONWAY_DIRECTKIT_URL": f"{base}/directkit",
        "LEMONWAY_WEBKIT_URL": f"{base}/webkit",
        "LEMONWAY_ONBOARDING_URL": f"{base}/onboarding",
        "LEMONWAY_FORMS_URL": f"{base}/forms",
        "LEMONWAY_HOOK_SECRET": HOOK_SECRET,
    }


HOOK_SECRET = "the-last-part-of-an-address-nobody-guesses"  # noqa: S105 - of a server that lives for minutes


def _length_of(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _answer(content: Mapping[str, object]) -> bytes:
    body = json.dumps(content).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + _END + body


@dataclass
class KnownProvider:
    """Has some transactions, and gives them at once: what is measured is ours alone."""

    payins: dict[str, MoneyIn] = field(default_factory=dict)

    @property
    def payments(self) -> "KnownProvider":
        """Itself."""
        return self

    @property
    def statements(self) -> "KnownProvider":
        """Itself."""
        return self

    @property
    def hints(self) -> LemonwayHints:
        """What its calls point at."""
        return LemonwayHints()

    async def fetch_payment(self, transaction_id: str) -> MoneyIn:
        """Give one transaction.

        Raises:
            GatewayRefused: It is not there.
        """
        try:
            return self.payins[transaction_id]
        except KeyError:
            raise GatewayRefused(Failure.NOT_FOUND) from None

    async def fetch_movements(
        self, wallet: str, since: datetime, until: datetime
    ) -> Sequence[Movement]:
        """Give all of a wallet that was executed in that time."""
        return [
            one
            for one in self.payins.values()
            if one.wallet == wallet and one.executed_at and since <= one.executed_at <= until
        ]
