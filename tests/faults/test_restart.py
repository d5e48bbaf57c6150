"""PostgreSQL goes away in the middle of traffic, and comes back."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Sized
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from app.container import open_container
from app.sandbox import postgres
from app.sandbox.processes import command_of
from app.settings import Settings
from tests.conftest import migrate
from tests.factories import CONTACT, an_issued_quote
from tests.fakes import FakeMail, FixedClock
from tests.invariants.checking import violations
from tests.offices import Office, found_office

CALLERS = 4
WAIT_S = 60


@pytest.fixture
async def own(settings: Settings) -> AsyncIterator[tuple[Office, postgres.Server]]:
    """An office on a server of its own, which other tests do not miss."""
    with TemporaryDirectory(prefix="conforme-restart-", ignore_cleanup_errors=True) as folder:
        server = await asyncio.to_thread(postgres.start, Path(folder) / "postgres")
        try:
            await asyncio.to_thread(migrate, server.url)
            changed = settings.model_dump() | {"database_url": server.url}
            own = Settings.model_validate(changed)
            async with (
                open_container(own, for_worker=False) as opened,
                open_container(own, for_worker=True) as opened_worker,
            ):
                clock, mail = FixedClock(), FakeMail()
                api = replace(opened, clock=clock, mail=mail)
                worker = replace(opened_worker, clock=clock, mail=mail)
                async with found_office(api, worker, "Taller") as office:
                    yield office, server
        finally:
            await asyncio.to_thread(postgres.stop, server)


async def test_what_was_answered_is_kept_and_service_returns(
    own: tuple[Office, postgres.Server],
) -> None:
    """Every 2xx is found afterwards; while it is away every answer is a 503.

    It goes away twice: shut down in order, then killed as it stands, which it recovers
    from by its log.
    """
    office, server = own
    kept: list[str] = []
    others: list[int] = []
    is_over = asyncio.Event()

    async def write() -> None:
        while not is_over.is_set():
            answer = await office.api.post(
                "/v1/contacts", json={**CONTACT, "allow_duplicate": True}
            )
            if answer.status_code == 201:
                kept.append(answer.json()["id"])
            else:
                others.append(answer.status_code)
                await asyncio.sleep(0.05)

    callers = [asyncio.create_task(write()) for _ in range(CALLERS)]
    for end in (postgres.stop, _kill):
        await _until_more(kept)
        await asyncio.to_thread(end, server)
        await _until_more(others)
        server = await asyncio.to_thread(postgres.start, server.data, port=server.port)
    await _until_more(kept)
    is_over.set()
    await asyncio.gather(*callers)

    assert set(others) == {503}
    for contact_id in kept:
        answer = await office.api.get(f"/v1/contacts/{contact_id}")
        assert answer.status_code == 200, contact_id
    await an_issued_quote(office)
    assert await violations(office) == []


async def _until_more(things: Sized) -> None:
    """Wait until the callers were answered a few times more."""
    wanted = len(things) + 2 * CALLERS
    async with asyncio.timeout(WAIT_S):
        while len(things) < wanted:  # noqa: ASYNC110 - the callers only note
            await asyncio.sleep(0.01)


def _kill(server: postgres.Server) -> None:
    """End it without a word: no checkpoint, no good-bye to those connected."""
    os.kill(server.pid, signal.SIGQUIT)
    deadline = time.monotonic() + WAIT_S
    while "postgres" in command_of(server.pid) and time.monotonic() < deadline:
        time.sleep(0.01)
