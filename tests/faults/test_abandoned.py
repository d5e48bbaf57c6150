"""A worker that goes away after each of its commits, leaving the row as it is.

The kill itself is `tests/concurrency/test_killed_worker.py`; here every step
is left behind by simply not going on after a real commit.
"""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from app.dispatch import sending
from app.dispatch.models import Recipient
from app.dispatch.tasks import SendMessage
from app.worker import outbox_of
from tests.factories import an_issued_quote
from tests.fakes import DyingMail, FakeMail, Killed
from tests.invariants.checking import violations
from tests.offices import Office


async def ordered(office: Office) -> SendMessage:
    document = await an_issued_quote(office)
    order = {"to": ["ana@velero.example"]}
    answer = await office.api.post(f"/v1/documents/{document['id']}/dispatches", json=order)
    assert answer.status_code == 201, answer.text
    return SendMessage(office.organization_id, (await row_of(office)).id)


async def row_of(office: Office) -> Recipient:
    async with office.worker.database.transaction(office.organization_id) as tx:
        query = select(Recipient).where(Recipient.organization_id == office.organization_id)
        return (await tx.scalars(query)).one()


async def test_gone_before_the_marker_it_is_sent_once_and_without_doubt(
    office: Office, mail: FakeMail
) -> None:
    job = await ordered(office)
    assert await sending.claim(job, outbox_of(office.worker)) is not None
    assert await office.deliver() == 1
    assert mail.sent == []  # the lease still holds
    assert await violations(office) == []
    office.clock.advance(timedelta(minutes=16))
    await office.deliver()
    row = await row_of(office)
    assert (row.state, row.uncertain_count, len(mail.sent)) == ("sent", 0, 1)
    assert await violations(office) == []


async def test_gone_after_the_bytes_were_kept_it_sends_those_bytes(
    office: Office, mail: FakeMail
) -> None:
    job = await ordered(office)
    outbox = outbox_of(office.worker)
    lease = await sending.claim(job, outbox)
    assert lease is not None
    prepared = await sending.prepare(lease, outbox)
    assert prepared is not None
    office.clock.advance(timedelta(minutes=16))
    await office.deliver()
    row = await row_of(office)
    assert (row.state, row.uncertain_count) == ("sent", 0)
    assert mail.sent == [prepared.envelope]
    assert await violations(office) == []


async def test_gone_after_the_marker_it_waits_in_doubt_and_is_sent_once_more(
    office: Office, mail: FakeMail
) -> None:
    job = await ordered(office)
    outbox = outbox_of(office.worker)
    relay = DyingMail(in_data=True)
    with pytest.raises(Killed):
        await sending.send(job, replace(outbox, transport=relay))
    office.clock.advance(timedelta(minutes=16))
    await office.deliver()
    row = await row_of(office)
    assert (row.state, row.sent_at, mail.sent) == ("uncertain", None, [])
    assert await violations(office) == []
    office.clock.advance(timedelta(minutes=11))
    await office.deliver()
    assert (await row_of(office)).state == "sent"
    assert mail.sent == relay.sent
    assert await violations(office) == []
