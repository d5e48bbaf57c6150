"""Money under hostile schedules: never lost, never booked twice, never believed unasked.

`make soak` plays many more of them (SIM_SCHEDULES), and begins at another seed (SIM_SEED). A
schedule that fails names its own: `SIM_SEED=… SIM_SCHEDULES=1` plays it alone, the same but for
the order in which its rushes end.
"""

import os
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from pydantic import SecretStr

from app.container import Container, open_container
from app.settings import Settings
from tests.conftest import make_database
from tests.fakes import FakeMail, FixedClock
from tests.payments.simulation.pace import PacedDatabase
from tests.payments.simulation.provider import HostileProvider
from tests.payments.simulation.schedule import Schedule
from tests.payments.simulation.world import World, a_world

SEED = int(os.environ.get("SIM_SEED", "1"))
SCHEDULES = int(os.environ.get("SIM_SCHEDULES", "60"))
A_WORLD = 30
"""Schedules played in one organization, one after the other."""


@pytest.fixture
async def apart(settings: Settings, worker_id: str) -> AsyncIterator[tuple[Container, Container]]:
    """The API's and the worker's container, on a database of their own."""
    url = SecretStr(await make_database(f"conforme_simulation_{worker_id}"))
    own = settings.model_copy(update={"database_url": url})
    async with (
        open_container(own, for_worker=False) as api,
        open_container(own, for_worker=True) as worker,
    ):
        yield api, worker


async def test_money_survives_hostile_schedules(
    apart: tuple[Container, Container], capsys: pytest.CaptureFixture[str]
) -> None:
    began, end = time.perf_counter(), SEED + SCHEDULES
    for first in range(SEED, end, A_WORLD):
        await _play(apart, range(first, min(first + A_WORLD, end)))
    rate = SCHEDULES / (time.perf_counter() - began)
    with capsys.disabled():
        print(f"\n{SCHEDULES} schedules from seed {SEED}, {rate:.1f}/s")  # noqa: T201 - asked for


async def _play(opened: tuple[Container, Container], seeds: range) -> None:
    provider, clock, mail = HostileProvider(), FixedClock(), FakeMail()
    api, worker = (
        replace(
            one,
            database=PacedDatabase(one.database.engine),
            clock=clock,
            mail=mail,
            provider=provider,
        )
        for one in opened
    )
    async with a_world(api, worker, provider, sheets=len(seeds)) as world:
        for seed, place in zip(seeds, range(len(seeds)), strict=True):
            await _play_one(world, seed, place)


async def _play_one(world: World, seed: int, place: int) -> None:
    invoices, quotes = world.sheets
    schedule = Schedule(world, seed, [invoices[place], quotes[place]])
    try:
        await schedule.play()
    except Exception as error:
        told = "\n".join(schedule.record)
        alone = f"SIM_SEED={seed} SIM_SCHEDULES=1"
        raise AssertionError(f"{told}\n{error!r}, {error.__cause__!r}\n{alone}") from error
