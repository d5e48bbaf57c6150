"""A stand-in on loopback, in this process, with its controls."""

import asyncio
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx
import uvicorn
from starlette.types import ASGIApp

from app.adapters.lemonway.access import Access, Addresses, Limits
from app.sandbox.lemonway.paths import PAY_PAGE, addresses
from app.sandbox.lemonway.server import create_stand_in
from app.sandbox.lemonway.store import Store
from tests.fakes import FixedClock

IMPATIENT = Limits(connect_s=2, read_s=0.25, total_s=2, pause_s=0.01, rest_s=60)
"""Nobody waits long in a test."""


def access_at(base_url: str) -> Access:
    return Access(addresses=Addresses(**addresses(base_url)), api_key="a-key-of-the-platform")


class StandIn:
    """A running stand-in as a test sees it."""

    def __init__(self, url: str, http: httpx.AsyncClient) -> None:
        self.url = url
        self.http = http

    async def control(self, path: str, body: Mapping[str, object] | None = None) -> dict[str, Any]:
        answer = await self.http.post(f"{self.url}/_control/{path}", json=body or {})
        assert answer.status_code == 200, answer.text
        read: dict[str, Any] = answer.json()
        return read

    async def state(self) -> dict[str, Any]:
        read: dict[str, Any] = (await self.http.get(f"{self.url}/_control/state")).json()
        return read

    async def calls(self, start: str) -> int:
        return sum(call.startswith(start) for call in (await self.state())["calls"])

    async def press(self, page_url: str, **buttons: str) -> httpx.Response:
        """Press a button of a payment's page, as a browser would; redirects are not followed."""
        query = httpx.URL(page_url).params
        token = query.get("moneyInToken") or query["moneyintoken"]
        return await self.http.post(self.url + PAY_PAGE, data={"token": token, **buttons})


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[str]:
    """Serve an application on a free port, give its address."""
    # Without the protocol's name asyncio leaves small packets waiting for 40 ms.
    with socket.socket(proto=socket.IPPROTO_TCP) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()  # who comes before the server is ready waits in line
        config = uvicorn.Config(app, log_level="error", access_log=False, ws="none")
        server = uvicorn.Server(config)
        running = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await running


@asynccontextmanager
async def running_stand_in(clock: FixedClock) -> AsyncIterator[StandIn]:
    app = create_stand_in(Store(clock))
    async with served(app) as url, httpx.AsyncClient(trust_env=False, timeout=5) as http:
        yield StandIn(url, http)
