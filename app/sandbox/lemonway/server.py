"""The stand-in as a server of its own: `python -m app.sandbox.lemonway.server FILE PORT`."""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from app.kernel.clock import SystemClock
from app.sandbox.lemonway import paths
from app.sandbox.lemonway.accounts import Accounts
from app.sandbox.lemonway.analysts import Analysts
from app.sandbox.lemonway.answers import Door
from app.sandbox.lemonway.applicants import Applicants
from app.sandbox.lemonway.bank import Bank
from app.sandbox.lemonway.control import Control
from app.sandbox.lemonway.fate import Fate
from app.sandbox.lemonway.faults import Faults
from app.sandbox.lemonway.moneyins import MoneyIns
from app.sandbox.lemonway.notifier import Notifier
from app.sandbox.lemonway.overview import Overview
from app.sandbox.lemonway.pages import Pages
from app.sandbox.lemonway.papers import Papers
from app.sandbox.lemonway.store import Store
from app.sandbox.lemonway.switches import Switches
from app.sandbox.lemonway.views import styles
from app.sandbox.lemonway.wishes import REFUSALS, refused

HOST = "127.0.0.1"


def create_stand_in(store: Store, switches: Switches | None = None) -> Starlette:
    """Make the application over a store."""
    switches = switches or Switches()
    faults = Faults()
    notifier = Notifier(store, switches)
    bank = Bank(store, notifier, switches)
    papers = Papers(store, notifier)
    analysts = Analysts(store, notifier)
    door = Door(store, switches)
    controls = [
        *Control(store, switches, faults, door, notifier).routes(),
        *Fate(store, bank, papers, analysts, notifier).routes(),
    ]

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await notifier.aclose()
        store.close()

    return Starlette(
        routes=[
            Route(paths.TOKEN, door.token, methods=["POST"]),
            *Accounts(store, bank, papers).routes(door),
            *MoneyIns(store, bank, switches).routes(door),
            *Applicants(store, papers, analysts).routes(door),
            *Pages(store, bank, notifier, switches, analysts).routes(),
            *Overview(store, notifier).routes(),
            styles(),
            Mount("/_control", routes=controls),
            Route("/readyz", _ready),
        ],
        middleware=[
            # Another site could otherwise reach the controls through a name of its own.
            Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]"]),
            Middleware(faults.around),
        ],
        exception_handlers=dict.fromkeys(REFUSALS, refused),
        lifespan=lifespan,
    )


async def serve(file: Path, *, port: int, hook_url: str = "") -> None:
    """Run until the process is told to stop.

    Args:
        file: Where records are kept; a later run goes on with them.
        port: Of loopback.
        hook_url: Where notifications go.
    """
    switches = Switches(hook_url=hook_url)
    config = uvicorn.Config(
        create_stand_in(Store(SystemClock(), file), switches),
        host=HOST,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=2,  # a call that is never to be answered would hold us
    )
    await uvicorn.Server(config).serve()


async def _ready(_: Request) -> Response:
    return PlainTextResponse("ok")


def main() -> None:
    """Run as a process of the sandbox."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    parser.add_argument("port", type=int)
    parser.add_argument("--hook-url", default="")
    options = parser.parse_args()
    asyncio.run(serve(options.file, port=options.port, hook_url=options.hook_url))


if __name__ == "__main__":
    main()
