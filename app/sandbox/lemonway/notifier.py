"""Sending notifications as Lemonway does: unsigned, all values texts, euros, Paris time."""

import asyncio
import random
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import httpx

from app.sandbox.lemonway.store import Store
from app.sandbox.lemonway.switches import Switches

PARIS = ZoneInfo("Europe/Paris")

_TIMEOUT_S = 10
_BROWSER_S = 1.0
"""How long a browser takes to come back."""


@dataclass(slots=True)
class Sent:
    """A notification and what became of its last delivery: a status, or why there is none."""

    fields: dict[str, str]
    outcome: str = "not sent"


class Notifier:
    """Sends, and remembers everything it sent."""

    def __init__(self, store: Store, switches: Switches) -> None:
        self._store = store
        self._switches = switches
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(_TIMEOUT_S, pool=None), trust_env=False
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._held: list[Sent] = []
        self.log: list[Sent] = []

    async def aclose(self) -> None:
        """Drop what is on its way."""
        for task in self._tasks:
            task.cancel()
        await self._http.aclose()

    def tell(self, category: int, wallet_id: str, number: int, **more: object) -> None:
        """Notify of an event; what is written in `more` comes as it is."""
        fields = {
            "NotifCategory": category,
            "NotifDate": _paris(self._store.now()),
            "IntId": number,
            "ExtId": wallet_id,
            **more,
        }
        self.send({name: str(value) for name, value in fields.items()})

    def send(self, fields: Mapping[str, str]) -> None:
        """Send a notification in the way the switches say."""
        sent = Sent(dict(fields))
        self.log.append(sent)
        if self._switches.is_holding:
            self._held.append(sent)
        else:
            self._start(sent)

    def release(self, order: str) -> int:
        """Send what was held: `kept`, `reversed` or `shuffled`; tell how many."""
        held, self._held = self._held, []
        if order == "reversed":
            held.reverse()
        elif order == "shuffled":
            random.shuffle(held)
        for sent in held:
            self._start(sent)
        return len(held)

    async def settle(self) -> None:
        """Wait until everything has arrived or failed."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    async def post_return(self, url: str, fields: Mapping[str, str]) -> None:
        """Call a return address, as Lemonway's own server does; the answer does not matter."""
        try:
            await self._http.post(url, data=dict(fields))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            self.log.append(Sent(dict(fields), type(error).__name__))

    def post_return_later(self, url: str, fields: Mapping[str, str]) -> None:
        """Call a return address when the browser has been sent there already."""
        self._run(self._post_late(url, fields))

    async def _post_late(self, url: str, fields: Mapping[str, str]) -> None:
        await asyncio.sleep(_BROWSER_S)
        await self.post_return(url, fields)

    def _start(self, sent: Sent) -> None:
        for _ in range(self._switches.hook_copies if self._switches.hook_url else 0):
            self._run(self._deliver(sent))

    def _run(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, sent: Sent) -> None:
        await asyncio.sleep(self._switches.hook_delay_s)
        switches, url = self._switches, self._switches.hook_url
        style = switches.hook_styles.get(sent.fields["NotifCategory"], switches.hook_style)
        try:
            if style == "json":
                answer = await self._http.post(url, json=sent.fields)
            elif style == "get":
                answer = await self._http.get(url, params=sent.fields)
            else:
                answer = await self._http.post(url, data=sent.fields)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            sent.outcome = type(error).__name__
        else:
            sent.outcome = str(answer.status_code)


def euros(cents: int) -> str:
    """Write an amount as notifications and returns do: `363.00`."""
    return str((Decimal(cents) / 100).quantize(Decimal("0.01")))


def _paris(at: datetime) -> str:
    local = at.astimezone(PARIS).replace(tzinfo=None)
    return local.isoformat(timespec="milliseconds")
