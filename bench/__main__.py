"""One run of everything: `python -m bench`, with QUICK=1 for a short one."""

import asyncio
import json
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import asyncpg
import uvloop

from app import logs
from app.container import open_container
from bench import bulk, facts, machine, operations, printing, report
from bench.load import Figures, Run, Target, run
from bench.operations import Operation, Supply
from bench.payments import Payments
from bench.provider import SlowProvider, environment
from bench.report import Fact, Measured
from bench.seed import Model, Seeder, SentDocument
from bench.sink import Sink
from bench.stage import ROOT, Served, Stage, build, free_port, make_model

PAGE = ROOT / "docs" / "benchmarks.md"
SIZES = (10_000, 100_000, 1_000_000)
OPENED = 200


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured.

    Attributes:
        seconds: Length of a run; the warm-up is half of it.
        uses: The most prepared documents one run may use up.
        transactions: Notifications drained, and transactions compared.
        only: Part of the names of the operations to measure, or `payments`; all when empty.
    """

    sizes: tuple[int, ...]
    runs: int
    seconds: float
    uses: int
    transactions: int
    only: str


def _plan() -> Plan:
    is_quick = bool(os.environ.get("QUICK"))
    sizes = os.environ.get("SIZES")
    return Plan(
        sizes=tuple(int(size) for size in sizes.split(","))
        if sizes
        else SIZES[: 1 if is_quick else 3],
        runs=3,
        seconds=1.0 if is_quick else 3.0,
        uses=200 if is_quick else 500,
        transactions=1_000 if is_quick else 10_000,
        only=os.environ.get("ONLY", ""),
    )


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything that runs while it is measured."""

    plan: Plan
    stage: Stage
    model: Model
    sink: Sink
    ours: Served
    twin: Served

    def target(self, served: Served) -> Target:
        """Give what the load needs to know of a server."""
        return Target(served.port, served.pid, self.stage.server.pid)


async def main() -> None:
    """Measure, and write the page."""
    logs.configure("error")
    task = asyncio.current_task()
    assert task is not None
    # Cancelled, it leaves in order: no PostgreSQL stays behind.
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    plan = _plan()
    with tempfile.TemporaryDirectory(prefix="conforme-bench-", ignore_cleanup_errors=True) as name:
        smtp_port, sink, provider_port = free_port(), Sink(), free_port()
        async with (
            await sink.listen(smtp_port),
            await SlowProvider().listen(provider_port),
            build(Path(name), smtp_port) as stage,
            _started(plan, stage, sink, provider_port) as bench,
        ):
            await _measure(bench)


@asynccontextmanager
async def _started(
    plan: Plan, stage: Stage, sink: Sink, provider_port: int
) -> AsyncIterator[Bench]:
    serve = ("app.cli", "serve", "--drain", "0")
    addresses = environment(provider_port)
    async with stage.serving("ours", serve, "/health/live", **addresses) as ours:
        model = await make_model(stage, ours, sink)
        bare = ("uvicorn", "bench.twin:app", "--no-access-log", "--log-level", "warning")
        known = json.dumps(asdict(model), default=str)
        async with stage.serving("twin", bare, "/live", BENCH_MODEL=known) as twin:
            yield Bench(plan, stage, model, sink, ours, twin)


async def _measure(bench: Bench) -> None:
    """Measure at every size; the page is renewed after each."""
    plan, stage = bench.plan, bench.stage
    described = await machine.describe(stage.url)
    found = [facts.cold_start(bench.ours, bench.twin)]
    seeder = Seeder(stage.url, bench.model)
    measured: list[Measured] = []
    for size in plan.sizes:
        _tell(f"seeding up to {size:,} documents")
        await seeder.grow_to(size)
        supply = await _supply(bench, seeder)
        measured += [
            await _compare(bench, operation, size)
            for operation in operations.operations(supply, plan.uses)
            if plan.only in operation.name
        ]
        if size == plan.sizes[0] and not plan.only:
            found += await _others(bench, supply)
        if size == plan.sizes[0] and plan.only in "printing":
            found += await _printing(bench)
        if size == plan.sizes[0] and plan.only in "bulk":
            found += await _bulk(bench)
        if size == plan.sizes[0] and plan.only in "payments":
            found += await _payments(bench, supply)
        last = [*facts.growth(measured), facts.memory(bench.ours, bench.twin)]
        text = "\n\n".join((described, report.table(measured), report.facts_table([*found, *last])))
        if plan.only:
            print(text)
        else:
            report.write(PAGE, text)


async def _supply(bench: Bench, seeder: Seeder) -> Supply:
    """Prepare what a round at one size uses up."""
    plan = bench.plan
    each = plan.uses // 2 + plan.uses * plan.runs
    count = 2 * 2 * each + plan.uses
    made = await seeder.add_sent(count + OPENED)
    connection = await asyncpg.connect(bench.stage.url)
    sha256 = await connection.fetchval(
        "select pdf_sha256 from documents where id = $1", bench.model.document_id
    )
    await connection.close()
    fresh: Iterator[SentDocument] = iter(made[OPENED:])
    return Supply(bench.stage, seeder, fresh, made[:OPENED], sha256)


async def _compare(bench: Bench, operation: Operation, size: int) -> Measured:
    """Run ours and the twin in turns; the warm-up of each is thrown away."""
    plan = bench.plan
    own: list[Run] = []
    bare: list[Run] = []
    for number in range(plan.runs + 1):
        share = 0.5 if number == 0 else 1
        for served, work, runs in (
            (bench.ours, operation.ours, own),
            (bench.twin, operation.twin, bare),
        ):
            target = bench.target(served)
            uses = operation.uses and int(operation.uses * share)
            runs.append(await run(target, work, plan.seconds * share, uses=uses))
    one = Measured(operation.name, size, operation.goal, Figures.of(own[1:]), Figures.of(bare[1:]))
    _tell(f"{size:,}: {one.name}: {one.ours.rate:.0f}/s, bare {one.twin.rate:.0f}/s")
    return one


async def _others(bench: Bench, supply: Supply) -> list[Fact]:
    """Measure what does not grow with the database."""
    plan, stage = bench.plan, bench.stage
    found = [await facts.asking(bench.target(bench.ours), supply, plan.seconds, plan.uses)]
    async with open_container(stage.settings, for_worker=False) as container:
        count = int(50 * plan.seconds)
        fact, drawn = await facts.drawing(container, bench.model, count=count, runs=plan.runs)
        found.append(fact)
        found.append(
            await facts.mailing(
                stage, bench.sink, seconds=5 * plan.seconds, pdf_bytes=drawn.size_bytes
            )
        )
        found.append(await facts.numbering(container, stage, seconds=plan.seconds, runs=plan.runs))
        count = int(1000 * plan.seconds)
        found += await facts.working(container, stage, count=count, runs=plan.runs)
    for fact in found:
        _tell(f"{fact.name}: {fact.figure}, {fact.beside}")
    return found


async def _printing(bench: Bench) -> list[Fact]:
    """Measure issuing with the PDF, and drawing beside plain platypus."""
    plan, stage = bench.plan, bench.stage
    found = await printing.issuing(stage, bench.ours, bench.model, runs=plan.runs)
    async with open_container(stage.settings, for_worker=False) as container:
        count = int(20 * plan.seconds)
        found += await printing.beside_platypus(container, bench.model, count=count, runs=plan.runs)
    for fact in found:
        _tell(f"{fact.name}: {fact.figure}, {fact.beside}")
    return found


async def _bulk(bench: Bench) -> list[Fact]:
    """Measure sending many documents with one call."""
    found = await bulk.sending(bench.stage, bench.ours, bench.model)
    for fact in found:
        _tell(f"{fact.name}: {fact.figure}, {fact.beside}")
    return found


async def _payments(bench: Bench, supply: Supply) -> list[Fact]:
    """Measure what paying costs."""
    plan = bench.plan
    async with open_container(bench.stage.settings, for_worker=True) as container:
        found = await facts.paying(
            Payments(container, supply),
            bench.target(bench.ours),
            bench.target(bench.twin),
            seconds=plan.seconds,
            runs=plan.runs,
            uses=plan.uses,
            count=plan.transactions,
        )
    for fact in found:
        _tell(f"{fact.name}: {fact.figure}, {fact.beside}")
    return found


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
