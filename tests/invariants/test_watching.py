"""The pack by the clock: in turn, bounded, told by figures and log."""

from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncSession
from structlog.testing import capture_logs

from app.container import Container
from app.invariants import pack, watching
from app.settings import Settings
from app.worker import schedules_of
from tests.factories import an_issued_quote
from tests.offices import Office, found_office
from tests.upkeep.test_figures import figures_of, value

BROKEN, OLDEST = "conforme_broken_invariants", "conforme_oldest_invariant_check_seconds"


async def check(container: Container) -> None:
    sweeps = {one.name: one for one in schedules_of(container)}
    await sweeps["invariants.check"].sweep()


async def spoil(settings: Settings) -> None:
    connection = await asyncpg.connect(settings.database_url.get_secret_value())
    await connection.execute("update series_counters set last = last + 1")
    await connection.close()


async def test_what_is_broken_is_told_by_a_figure_and_the_log(
    alone: tuple[Office, Settings],
) -> None:
    office, settings = alone
    await an_issued_quote(office)
    office.clock.advance(timedelta(hours=3))
    assert value(await figures_of(office), OLDEST) == pytest.approx(3 * 3600, abs=60)
    await check(office.worker)
    told = await figures_of(office)
    assert (value(told, BROKEN), value(told, OLDEST)) == (0, 0)

    await spoil(settings)
    with capture_logs() as logs:
        await check(office.worker)
    assert value(await figures_of(office), BROKEN) == 1
    (said,) = [entry for entry in logs if entry["event"] == "invariant_broken"]
    assert (said["log_level"], said["code"]) == ("error", "I1")
    assert said["organization_id"] == str(office.organization_id)


async def test_who_cannot_be_checked_holds_up_nobody_and_stays_the_oldest(
    alone: tuple[Office, Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    office, _ = alone
    whole = pack.check

    async def fail_for_one(
        tx: AsyncSession, organization_id: UUID, *, at: datetime
    ) -> list[pack.Violation]:
        if organization_id == office.organization_id:
            raise OperationalError("", {}, TimeoutError())
        return await whole(tx, organization_id, at=at)

    async with found_office(office.container, office.worker, "Otro") as other:
        office.clock.advance(timedelta(hours=1))
        await watching.check_in_turn(office.worker.database, office.clock, round_s=0)
        assert value(await figures_of(office), OLDEST) >= 3600  # no time, no check
        monkeypatch.setattr(pack, "check", fail_for_one)
        with capture_logs() as logs:
            await check(office.worker)
        assert [entry["event"] for entry in logs] == ["invariants_not_checked"]
        assert value(await figures_of(office), OLDEST) >= 3600
        monkeypatch.undo()
        async with office.worker.database.transaction() as tx:
            waiting = await watching._longest_unchecked(tx)  # noqa: SLF001 - the order itself
        assert waiting == [office.organization_id, other.organization_id]
