"""The chain of what happened: given after the commit, and broken by any tampering."""

from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import Table, func, select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from app.documents.models import Decision
from app.events import sequencing
from app.events.models import Event
from app.kernel.database import Base
from app.worker import schedules_of
from tests.factories import an_issued_quote
from tests.offices import Office

EVENTS = Base.metadata.tables[Event.__tablename__]
DECISIONS = Base.metadata.tables[Decision.__tablename__]


async def chain(office: Office) -> None:
    by_name = {one.name: one for one in schedules_of(office.worker)}
    await by_name["events.chain"].sweep()


async def test_committed_facts_get_places_without_gaps(office: Office) -> None:
    await an_issued_quote(office)
    await chain(office)
    await an_issued_quote(office)
    await chain(office)
    async with office.worker.database.transaction(office.organization_id) as tx:
        count = await tx.scalar(select(func.count()).select_from(Event))
        last = await tx.scalar(select(func.max(Event.position)))
        assert count == last
        assert await sequencing.first_break(tx, office.organization_id, EVENTS) is None
        assert await sequencing.first_break(tx, office.organization_id, DECISIONS) is None


async def test_a_backlog_is_chained_whole_in_short_transactions(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        await an_issued_quote(office)
    counts: list[int] = []
    of_sequencing = sequencing.chain

    async def two_at_a_time(tx: AsyncSession, organization_id: UUID, table: Table) -> int:
        count = await of_sequencing(tx, organization_id, table, limit=2)
        if table is EVENTS and organization_id == office.organization_id:
            counts.append(count)
        return count

    monkeypatch.setattr(sequencing, "chain", two_at_a_time)
    await chain(office)
    async with office.worker.database.transaction(office.organization_id) as tx:
        loose = select(func.count()).select_from(Event).where(Event.position.is_(None))
        assert await tx.scalar(loose) == 0
        assert await sequencing.first_break(tx, office.organization_id, EVENTS) is None
    assert len(counts) > 2
    assert max(counts) == 2


async def test_one_changed_word_breaks_the_chain(office: Office) -> None:
    await an_issued_quote(office)
    await chain(office)
    url = office.container.settings.database_url.get_secret_value()
    superuser = await asyncpg.connect(url)
    try:
        async with superuser.transaction():
            await superuser.execute("set local session_replication_role = replica")
            await superuser.execute(
                "update events set actor_name = 'Otro' where organization_id = $1 and position = 2",
                office.organization_id,
            )
    finally:
        await superuser.close()
    async with office.worker.database.transaction(office.organization_id) as tx:
        assert await sequencing.first_break(tx, office.organization_id, EVENTS) == 2


async def test_a_place_is_given_once(office: Office) -> None:
    await an_issued_quote(office)
    await chain(office)

    async def move() -> None:
        async with office.worker.database.transaction(office.organization_id) as tx:
            await tx.execute(update(Event).values(position=Event.position + 100))

    with pytest.raises(DBAPIError):
        await move()
