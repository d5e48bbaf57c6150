"""The application on the loop that schemathesis drives it from."""

from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace

from starlette.types import Receive, Scope, Send

from app.container import open_container
from app.settings import Settings
from tests.clients import client_behind
from tests.factories import a_sent_quote
from tests.fakes import FakeMail, FakeRelays, FixedClock
from tests.offices import Office, found_office


@dataclass
class Running:
    """An ASGI application whose lifespan opens pools and founds an office with a sent quote."""

    settings: Settings
    office: Office = field(init=False)
    token: str = field(init=False)
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Start, stop, or pass on."""
        if scope["type"] != "lifespan":
            await self.office.app(scope, receive, send)
            return
        await receive()
        await self._start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._open.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    async def _start(self) -> None:
        enter = self._open.enter_async_context
        clock, mail = FixedClock(), FakeMail()
        api = await enter(open_container(self.settings, for_worker=False))
        work = await enter(open_container(self.settings, for_worker=True))
        relays = FakeRelays(mail)
        container = replace(api, clock=clock, mail=mail, relays=relays)
        worker = replace(work, clock=clock, mail=mail, relays=relays)
        self.office = await enter(found_office(container, worker, "Taller bajo fuego"))
        await a_sent_quote(self.office)
        self.token = client_behind(self.office.api, mail).token
