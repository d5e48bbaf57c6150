"""A real Chromium on the real application, which listens on a loopback port."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
import uvicorn
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright
from typing_extensions import override

from app.container import Container
from app.main import create_app
from tests.conftest import NO_BROWSER
from tests.factories import Json
from tests.fakes import FakeMail
from tests.offices import Office
from tests.portal.links import Shelf, a_shelf

CHROMIUM = Path("/usr/bin/chromium")
HAS_CHROMIUM = CHROMIUM.exists()
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """Start Chromium once; a machine without one skips, except where CI is set."""
    if not HAS_CHROMIUM:
        said = f"{NO_BROWSER}: there is no {CHROMIUM}"
        if os.environ.get("CI"):
            pytest.fail(said)
        pytest.skip(said)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        await browser.close()


class _Server(uvicorn.Server):
    """uvicorn inside the tests' own loop; signals stay with pytest."""

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@pytest.fixture
async def address(container: Container) -> AsyncIterator[str]:
    """Serve the application; give its address."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(create_app(container), log_config=None, lifespan="off")
    server = _Server(config)
    running = asyncio.create_task(server.serve([listening]))
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    await running
    listening.close()


@dataclass
class Visitor:
    """Somebody with a link and a browser.

    Attributes:
        complaints: What the browser's console objected to; a refused answer is none.
    """

    chromium: Browser
    address: str
    shelf: Shelf
    office: Office
    contexts: list[BrowserContext] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where the link leads."""
        return f"{self.address}/d/{next(iter(self.shelf.tokens.values()))}"

    async def open(
        self,
        rest: str = "",
        *,
        width: int = PHONE["width"],
        height: int = PHONE["height"],
        scheme: str = "light",
        scripts: bool = True,
    ) -> Page:
        """Open a page of the link in a browser of its own."""
        context = await self.chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            java_script_enabled=scripts,
            locale="es-ES",
        )
        self.contexts.append(context)
        page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        await page.goto(self.url + rest)
        return page

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    async def document(self) -> Json:
        """Read the document as staff see it."""
        answer = await self.office.api.get(f"/v1/documents/{self.shelf.document['id']}")
        return dict(answer.json())

    async def status(self) -> str:
        """Read the document's status."""
        return str((await self.document())["status"])


@pytest.fixture
async def visitor(
    chromium: Browser,
    address: str,
    office: Office,
    mail: FakeMail,
    anonymous: httpx.AsyncClient,
) -> AsyncIterator[Visitor]:
    """Send a quote; give its reader, who must meet nothing the console objects to."""
    shelf = await a_shelf(office, mail, anonymous, notes="El resto, a 30 días.")
    visitor = Visitor(chromium, address, shelf, office)
    yield visitor
    for context in visitor.contexts:
        await context.close()
    assert visitor.complaints == []
