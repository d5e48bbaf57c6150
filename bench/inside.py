"""What is measured without HTTP: drawing, numbering, jobs."""

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

import asyncpg
from sqlalchemy import select

from app.container import Container
from app.documents import numbering, printable
from app.documents import queries as documents
from app.documents.models import NumberSeries, SeriesCounter
from app.jobs.queue import Job, enqueue
from app.jobs.runner import Runner
from app.organizations import queries as organizations
from bench.load import CLIENTS
from bench.seed import Model
from bench.stage import Stage

_FAR = datetime(2099, 1, 1, tzinfo=UTC).date()
"""A year nothing else is numbered in, so its counter shows these writers alone."""

_BARE_COUNT = """
insert into series_counters as c (organization_id, series_id, year, last, last_issue_date)
values ($1, $2, 2098, 1, $3)
on conflict (organization_id, series_id, year)
do update set last = c.last + 1, last_issue_date = greatest(c.last_issue_date, $3)
returning last
"""


@dataclass(frozen=True, slots=True)
class Drawn:
    """CPU of one warm PDF, with embedded fonts and the logo, in milliseconds; its size."""

    cpu_ms: float
    spread: float
    size_bytes: int


@dataclass(frozen=True, slots=True)
class Rates:
    """Ours and the twin's, per second, medians of the runs; the spread of ours."""

    ours: float
    spread: float
    twin: float


@dataclass(frozen=True, slots=True)
class JobFigures:
    """Jobs done a second by one worker, and how long one waits for its start."""

    rates: Rates
    start_p50_ms: float
    start_p95_ms: float


@dataclass(frozen=True, slots=True)
class Nothing(Job):
    """A job that is done as soon as it begins."""

    name: ClassVar[str] = "bench.nothing"


async def draw(container: Container, model: Model, *, count: int, runs: int) -> Drawn:
    """Print the model document again and again."""
    async with container.database.transaction(model.organization_id) as tx:
        held = await documents.revision(tx, model.organization_id, model.document_id, 1)
        says = printable.from_json(held.snapshot)
        logo = await organizations.logo(tx, model.organization_id, says.logo_sha256)
    assert logo is not None
    content = b""
    costs_ms = []
    for _ in range(runs + 1):
        began = time.process_time()
        for _ in range(count):
            content = container.printer.document(says, logo=logo, band=None)
        costs_ms.append((time.process_time() - began) / count * 1000)
    warm = costs_ms[1:]
    median = statistics.median(warm)
    return Drawn(median, (max(warm) - min(warm)) / median, len(content))


async def number(container: Container, stage: Stage, *, seconds: float, runs: int) -> Rates:
    """Let eight writers take numbers of one series, each in a transaction of its own.

    Raises:
        AssertionError: A number is missing, or was given twice.
    """
    own = stage.organization_id
    async with container.database.transaction(own) as tx:
        series = await tx.scalar(
            select(NumberSeries).where(
                NumberSeries.organization_id == own,
                NumberSeries.type == "quote",
                NumberSeries.is_default,
            )
        )
    assert series is not None
    given: list[str] = []

    async def ours() -> None:
        async with container.database.transaction(own) as tx:
            given.append((await numbering.allot(tx, series, today=_FAR)).number)

    async with asyncpg.create_pool(
        stage.url, min_size=CLIENTS, max_size=CLIENTS, server_settings={"role": "conforme_api"}
    ) as pool:

        async def twin() -> None:
            async with pool.acquire() as connection, connection.transaction():
                await connection.execute("select set_config('app.org', $1, true)", str(own))
                await connection.fetchval(_BARE_COUNT, own, series.id, _FAR)

        rates = await _compare(ours, twin, seconds=seconds, runs=runs)
    async with container.database.transaction(own) as tx:
        last = await tx.scalar(
            select(SeriesCounter.last).where(
                SeriesCounter.organization_id == own,
                SeriesCounter.series_id == series.id,
                SeriesCounter.year == _FAR.year,
            )
        )
    assert len(set(given)) == len(given) == last, "the numbers have a gap"
    return rates


async def _compare(
    ours: Callable[[], Awaitable[None]],
    twin: Callable[[], Awaitable[None]],
    *,
    seconds: float,
    runs: int,
) -> Rates:
    """Run both in turns, eight at once; the first round is thrown away."""
    own, bare = [], []
    for _ in range(runs + 1):
        own.append(await _rate(ours, seconds))
        bare.append(await _rate(twin, seconds))
    return _rates(own[1:], bare[1:])


def _rates(own: list[float], bare: list[float]) -> Rates:
    median = statistics.median(own)
    return Rates(median, (max(own) - min(own)) / median, statistics.median(bare))


async def _rate(work: Callable[[], Awaitable[None]], seconds: float) -> float:
    began = time.perf_counter()
    count = 0

    async def repeat() -> None:
        nonlocal count
        while time.perf_counter() - began < seconds:
            await work()
            count += 1

    async with asyncio.TaskGroup() as group:
        for _ in range(CLIENTS):
            group.create_task(repeat())
    return count / (time.perf_counter() - began)


async def jobs(container: Container, stage: Stage, *, count: int, runs: int) -> JobFigures:
    """Drain jobs that do nothing, beside bare SKIP LOCKED; then time the start of single ones."""
    own, bare = [], []
    for _ in range(runs):
        own.append(await _drain(container, stage, count))
        bare.append(await _skip_locked(stage, count))
    waits_ms = sorted(await _waits_ms(container, stage, count=200))
    return JobFigures(
        _rates(own, bare),
        start_p50_ms=waits_ms[len(waits_ms) // 2],
        start_p95_ms=waits_ms[int(len(waits_ms) * 0.95)],
    )


async def _drain(container: Container, stage: Stage, count: int) -> float:
    done: list[float] = []

    async def handle(_: Nothing) -> None:
        done.append(time.perf_counter())

    async with container.database.transaction(stage.organization_id) as tx:
        for _ in range(count):
            await enqueue(tx, Nothing(stage.organization_id))
    began = time.perf_counter()
    await Runner(stage.url, {Nothing: handle}).drain()
    assert len(done) == count, "a job was lost"
    return count / (time.perf_counter() - began)


async def _skip_locked(stage: Stage, count: int) -> float:
    """Take jobs one by one from the same table, as plainly as can be."""
    connection = await asyncpg.connect(stage.url)
    await connection.execute(
        "insert into pgqueuer (priority, status, entrypoint)"
        " select 0, 'queued', 'bench.bare' from generate_series(1, $1::int)",
        count,
    )
    take = await connection.prepare(
        "delete from pgqueuer where id = (select id from pgqueuer where status = 'queued'"
        " and entrypoint = 'bench.bare' order by id limit 1 for update skip locked) returning id"
    )
    began = time.perf_counter()
    while await take.fetchval() is not None:
        pass
    rate = count / (time.perf_counter() - began)
    await connection.close()
    return rate


async def _waits_ms(container: Container, stage: Stage, *, count: int) -> list[float]:
    """Time single jobs, from the commit that promised them to their start."""
    started: asyncio.Queue[float] = asyncio.Queue()

    async def handle(_: Nothing) -> None:
        started.put_nowait(time.perf_counter())

    runner = Runner(stage.url, {Nothing: handle})
    running = asyncio.create_task(runner.run())
    waits_ms = []
    for _ in range(count + 5):
        async with container.database.transaction(stage.organization_id) as tx:
            await enqueue(tx, Nothing(stage.organization_id))
        promised = time.perf_counter()
        waits_ms.append((await started.get() - promised) * 1000)
        await asyncio.sleep(0.01)
    runner.stop()
    with suppress(asyncio.CancelledError):
        await running
    return waits_ms[5:]
