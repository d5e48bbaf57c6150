"""A worker process killed by SIGKILL at each step of its talk with the relay."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from app.container import open_container
from app.dispatch import sending
from app.dispatch.models import Recipient
from app.settings import Settings
from app.worker import outbox_of
from tests.adapters.mail.relay import Break, Relay, listening
from tests.concurrency.test_killed_worker import start_worker
from tests.conftest import make_database
from tests.factories import an_issued_quote
from tests.fakes import FakeMail, FixedClock
from tests.invariants.checking import violations
from tests.offices import Office, found_office

WAIT_S = 20
STEPS = {"CONNECT": 0, "RCPT": 0, "DATA": 1, "DOT": 1}
"""Where the relay falls silent, and how many doubts a worker killed there leaves."""


@pytest.fixture
async def alone(settings: Settings, worker_id: str) -> AsyncIterator[tuple[Office, Settings]]:
    """An office in a database of its own, at the real time: a real worker sees it alone."""
    url = await make_database(f"conforme_killed_{worker_id}")
    own = settings.model_copy(update={"database_url": SecretStr(url)})
    clock, mail = FixedClock(datetime.now(UTC)), FakeMail()  # noqa: TID251 - as the process does
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(open_container(own, for_worker=False))
        working = await stack.enter_async_context(open_container(own, for_worker=True))
        office = await stack.enter_async_context(
            found_office(
                replace(opened, clock=clock, mail=mail),
                replace(working, clock=clock, mail=mail),
                "Taller",
            )
        )
        yield office, own


async def row_of(office: Office) -> Recipient:
    async with office.worker.database.transaction(office.organization_id) as tx:
        query = select(Recipient).where(Recipient.organization_id == office.organization_id)
        return (await tx.scalars(query)).one()


@pytest.mark.parametrize("step", STEPS)
async def test_nothing_is_lost_and_nothing_is_called_sent(
    alone: tuple[Office, Settings], step: str
) -> None:
    """The relay falls silent at the step; there the worker is killed.

    Before DATA nothing can have left: the message simply goes out once the lease ran out.
    """
    office, settings = alone
    document = await an_issued_quote(office)
    order = {"to": ["ana@velero.example"]}
    answer = await office.api.post(f"/v1/documents/{document['id']}/dispatches", json=order)
    assert answer.status_code == 201, answer.text
    async with listening(Relay(answers={step: Break.SILENCE})) as relay:
        worker = start_worker(settings, relay.port)
        try:
            async with asyncio.timeout(WAIT_S):
                while not _has_come_to(relay, step):  # noqa: ASYNC110 - the relay only notes
                    await asyncio.sleep(0.02)
        finally:
            worker.send_signal(signal.SIGKILL)
            await asyncio.to_thread(worker.wait, WAIT_S)
    row = await row_of(office)
    assert (row.queue_state, row.sent_at) == ("leased", None)
    shown = (await office.api.get(f"/v1/documents/{document['id']}")).json()
    assert shown["status"] == "issued"

    mail = office.worker.mail
    assert isinstance(mail, FakeMail)
    for _ in range(1 + STEPS[step]):
        office.clock.advance(timedelta(minutes=17))
        await sending.sweep(outbox_of(office.worker))
    row = await row_of(office)
    assert (row.state, row.uncertain_count) == ("sent", STEPS[step])
    assert len(mail.sent) == 1
    assert mail.sent[0].message_id == row.message_id
    for kept in relay.messages:
        assert kept.replace(b"\r\n", b"\n") == mail.sent[0].content.replace(b"\r\n", b"\n")
    assert await violations(office) == []


def _has_come_to(relay: Relay, step: str) -> bool:
    if step == "CONNECT":
        return relay.connections > 0
    if step == "DOT":
        return bool(relay.messages)
    return step in relay.verbs()
