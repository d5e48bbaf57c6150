"""A worker killed after the relay said 250 and before its own commit."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy import select, text

from app.dispatch import sending
from app.dispatch.models import Recipient
from app.jobs.runner import Runner
from app.kernel.identifiers import new_id
from app.settings import Settings
from app.worker import handlers_of, outbox_of
from tests.conftest import ROOT
from tests.factories import an_issued_quote
from tests.fakes import FakeMail, FixedClock
from tests.invariants.checking import violations
from tests.offices import Office

WAIT_S = 60


class Sink:
    """Accepts everything; before it says so to one address, it holds the message's row."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.kept: list[bytes] = []
        self.hold: Callable[[], Awaitable[None]] | None = None

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's own name
        if self.address in envelope.rcpt_tos and self.hold is not None:
            assert isinstance(envelope.content, bytes)
            self.kept.append(envelope.content)
            await self.hold()
        return "250 2.0.0 Ok: queued"


@pytest.fixture
async def sink() -> AsyncIterator[tuple[Sink, int]]:
    sink = Sink(f"{new_id().hex}@velero.example")
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(sink), "127.0.0.1", 0)
    yield sink, server.sockets[0].getsockname()[1]
    server.close()


def start_worker(settings: Settings, smtp_port: int) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "ENCRYPTION_KEY": settings.encryption_key.get_secret_value(),
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(smtp_port),
        "SMTP_SECURITY": "none",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "app.cli", "work"], cwd=ROOT, env=environment,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


async def recipient_of(office: Office) -> Recipient:
    async with office.worker.database.transaction(office.organization_id) as tx:
        query = select(Recipient).where(Recipient.organization_id == office.organization_id)
        return (await tx.scalars(query)).one()


async def test_nothing_is_lost_nothing_is_called_sent_and_one_duplicate_follows(
    office: Office, settings: Settings, sink: tuple[Sink, int], mail: FakeMail, clock: FixedClock
) -> None:
    keeper, port = sink
    document = await an_issued_quote(office)
    order = {"to": [keeper.address]}
    answer = await office.api.post(f"/v1/documents/{document['id']}/dispatches", json=order)
    assert answer.status_code == 201
    async with AsyncExitStack() as held:
        keeper.hold = lambda: _hold(office, held)
        worker = start_worker(settings, port)
        try:
            await _until_it_waits_for_the_row(office, keeper)
        finally:
            worker.kill()
            await asyncio.to_thread(worker.wait, WAIT_S)
    assert len(keeper.kept) == 1

    shown = (await office.api.get(f"/v1/documents/{document['id']}")).json()
    assert shown["status"] == "issued"
    row = await recipient_of(office)
    assert row.queue_state == "leased"
    assert row.data_started_at is not None

    clock.set(datetime.now(UTC) + timedelta(minutes=16))  # noqa: TID251 - the worker used the real time
    await sending.sweep(outbox_of(office.worker))
    assert (await recipient_of(office)).state == "uncertain"
    clock.advance(timedelta(minutes=11))
    await sending.sweep(outbox_of(office.worker))
    assert (await recipient_of(office)).state == "sent"
    ours = [one.content for one in mail.sent if one.recipient == keeper.address]
    assert [one.replace(b"\r\n", b"\n") for one in ours] == [keeper.kept[0].replace(b"\r\n", b"\n")]
    assert await violations(office) == []


async def _hold(office: Office, held: AsyncExitStack) -> None:
    """Lock the message's row, so that nobody can write its outcome."""
    database = office.worker.database
    tx = await held.enter_async_context(database.transaction(office.organization_id))
    own = Recipient.organization_id == office.organization_id
    await tx.execute(select(Recipient.id).where(own).with_for_update())


async def _until_it_waits_for_the_row(office: Office, keeper: Sink) -> None:
    """Wait until a worker that was told 250 asks for the row it wants to write it to.

    The worker has jobs of other tests, too, which may wait for each other before.
    """
    waiting = text(
        "select count(*) from pg_locks join pg_stat_activity using (pid)"
        " where not granted and datname = current_database()"
    )
    async with asyncio.timeout(WAIT_S):
        while True:
            # A transaction sees the backends there were when it first looked at them.
            async with office.worker.database.transaction() as tx:
                if keeper.kept and await tx.scalar(waiting):
                    return
            await asyncio.sleep(0.02)


async def test_a_job_of_a_killed_worker_is_taken_over(office: Office) -> None:
    """The queue's own part: a picked job whose worker is silent runs again."""
    await an_issued_quote(office)

    async with office.worker.database.transaction() as tx:
        await tx.execute(
            text(
                "update pgqueuer set status = 'picked', queue_manager_id = gen_random_uuid(),"
                " heartbeat = now() - interval '1 hour', execute_after = now()"
                " where headers->>'organization_id' = :id"
            ),
            {"id": str(office.organization_id)},
        )

    url = office.container.settings.database_url.get_secret_value()
    runner = Runner(url, handlers_of(office.worker))
    task = asyncio.create_task(runner.run())
    left: int | None = None
    for _ in range(500):
        await asyncio.sleep(0.02)
        async with office.worker.database.transaction() as tx:
            left = await tx.scalar(
                text("select count(*) from pgqueuer where headers->>'organization_id' = :id"),
                {"id": str(office.organization_id)},
            )
        if left == 0:
            break
    runner.stop()
    await task
    assert left == 0
    assert await violations(office) == []
