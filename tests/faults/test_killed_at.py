"""A worker process killed by SIGKILL at each step of its talk with the relay."""

import asyncio
import signal
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.dispatch import sending
from app.dispatch.models import Recipient
from app.dispatch.tasks import SendMessage
from app.settings import Settings
from app.worker import outbox_of
from tests.adapters.mail.relay import Break, Relay, listening
from tests.concurrency.test_killed_worker import start_worker
from tests.factories import an_issued_quote
from tests.fakes import FakeMail
from tests.invariants.checking import violations
from tests.offices import Office

WAIT_S = 60
STEPS = {"CONNECT": 0, "RCPT": 0, "DATA": 1, "DOT": 1}
"""Where the relay falls silent, and how many doubts a worker killed there leaves."""


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


async def test_killed_after_its_commit_nothing_is_sent_again(
    alone: tuple[Office, Settings],
) -> None:
    office, settings = alone
    document = await an_issued_quote(office)
    order = {"to": ["ana@velero.example"]}
    await office.api.post(f"/v1/documents/{document['id']}/dispatches", json=order)
    async with listening(Relay()) as relay:
        worker = start_worker(settings, relay.port)
        try:
            async with asyncio.timeout(WAIT_S):
                while (await row_of(office)).state != "sent":  # noqa: ASYNC110 - another process
                    await asyncio.sleep(0.02)
        finally:
            worker.kill()
            await asyncio.to_thread(worker.wait, WAIT_S)
    office.clock.advance(timedelta(minutes=17))
    again = SendMessage(office.organization_id, (await row_of(office)).id)
    await sending.send(again, outbox_of(office.worker))  # the job another worker took over
    await sending.sweep(outbox_of(office.worker))
    mail = office.worker.mail
    assert isinstance(mail, FakeMail)
    assert (len(relay.messages), mail.sent) == (1, [])
    assert await violations(office) == []


def _has_come_to(relay: Relay, step: str) -> bool:
    if step == "CONNECT":
        return relay.connections > 0
    if step == "DOT":
        return bool(relay.messages)
    return step in relay.verbs()
