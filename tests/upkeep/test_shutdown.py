"""Real processes told to stop: what was begun is finished, nothing new is taken."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

import httpx
import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select

from app.dispatch.models import Recipient
from app.kernel.identifiers import new_id
from app.settings import Settings
from tests.conftest import ROOT
from tests.factories import an_issued_quote
from tests.invariants.checking import violations
from tests.offices import Office

WAIT_S = 60


@contextmanager
def process(
    settings: Settings, *arguments: str, smtp_port: int = 1
) -> Iterator[subprocess.Popen[bytes]]:
    environment = {
        **os.environ,
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "ENCRYPTION_KEY": settings.encryption_key.get_secret_value(),
        "SMTP_PORT": str(smtp_port),
        "SMTP_SECURITY": "none",
    }
    started = subprocess.Popen(  # noqa: S603 - our own command
        [sys.executable, "-m", "app.cli", *arguments], cwd=ROOT, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield started
    finally:
        started.kill()
        started.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def ready(client: httpx.AsyncClient) -> int:
    try:
        return (await client.get("/health/ready")).status_code
    except httpx.TransportError:
        return 0


async def until(client: httpx.AsyncClient, status: int) -> None:
    async with asyncio.timeout(WAIT_S):
        while await ready(client) != status:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.05)


async def test_the_api_is_not_ready_first_and_finishes_what_is_under_way(
    settings: Settings,
) -> None:
    port = free_port()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        with process(settings, "serve", "--port", str(port), "--drain", "1.5") as api:
            await until(client, 200)
            body = b'{"email": "nobody@example.com", "password": "a long password"}'
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            head = (
                f"POST /v1/auth/login HTTP/1.1\r\nHost: api\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            writer.write(head.encode() + body[:10])
            await writer.drain()

            api.send_signal(signal.SIGTERM)
            await until(client, 503)
            assert (await client.get("/health/live")).status_code == 200
            await until(client, 0)  # the door is closed
            assert api.poll() is None

            writer.write(body[10:])  # a request under way since before the signal
            answer = await asyncio.wait_for(reader.read(), WAIT_S)
            writer.close()
            assert answer.startswith(b"HTTP/1.1 401 ")
            assert await asyncio.to_thread(api.wait, WAIT_S) == 0


async def test_a_second_signal_skips_the_wait(settings: Settings) -> None:
    port = free_port()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        with process(settings, "serve", "--port", str(port), "--drain", "600") as api:
            await until(client, 200)
            api.send_signal(signal.SIGTERM)
            await until(client, 503)
            api.send_signal(signal.SIGTERM)
            await client.aclose()
            assert await asyncio.to_thread(api.wait, WAIT_S) == 0


class SlowSink:
    """Takes its time with one address's message."""

    def __init__(self) -> None:
        self.address = f"{new_id().hex}@velero.example"
        self.begun = asyncio.Event()
        self.may_end = asyncio.Event()

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's own name
        if self.address in envelope.rcpt_tos:
            self.begun.set()
            await self.may_end.wait()
        return "250 2.0.0 Ok: queued"


@pytest.fixture
async def slow() -> AsyncIterator[tuple[SlowSink, int]]:
    sink = SlowSink()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(sink), "127.0.0.1", 0)
    yield sink, server.sockets[0].getsockname()[1]
    server.close()


async def test_the_worker_finishes_its_job(
    office: Office, settings: Settings, slow: tuple[SlowSink, int]
) -> None:
    sink, port = slow
    document = await an_issued_quote(office)
    with process(settings, "work", smtp_port=port) as worker:
        path = f"/v1/documents/{document['id']}/dispatches"
        answer = await office.api.post(path, json={"to": [sink.address]})
        assert answer.status_code == 201
        await asyncio.wait_for(sink.begun.wait(), WAIT_S)
        worker.send_signal(signal.SIGTERM)
        await asyncio.sleep(1)
        assert worker.poll() is None
        sink.may_end.set()
        assert await asyncio.to_thread(worker.wait, WAIT_S) == 0
    async with office.worker.database.transaction(office.organization_id) as tx:
        query = select(Recipient).where(Recipient.organization_id == office.organization_id)
        row = (await tx.scalars(query)).one()
    assert (row.queue_state, row.state) == ("done", "sent")
    assert await violations(office) == []
