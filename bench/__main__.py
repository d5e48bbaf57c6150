"""One run of everything: `python -m bench`, with QUICK=1 for a short one."""

import asyncio
import json
import os
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
from bench import inside, machine, mail, operations, report
from bench.load import Figures, Run, Target, resident_mb, run_for, run_times
from bench.operations import Operation, Supply
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
        uses: Length of a run of an operation that uses documents up.
        only: Part of the names of the operations to measure; all when empty.
    """

    sizes: tuple[int, ...]
    runs: int
    seconds: float
    uses: int
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
        uses=100 if is_quick else 400,
        only=os.environ.get("ONLY", ""),
    )


@dataclass(frozen=True, slots=True)
class Bench:
    """Everything that runs while it is measured."""

    plan: Plan
    stage: Stage
    model: Model
    sink: Sink
    smtp_port: int
    ours: Served
    twin: Served

    def target(self, served: Served) -> Target:
        """Give what the load needs to know of a server."""
        return Target(served.port, served.pid, self.stage.server.pid)


async def main() -> None:
    """Measure, and write the page."""
    plan = _plan()
    with tempfile.TemporaryDirectory(prefix="conforme-bench-", ignore_cleanup_errors=True) as name:
        smtp_port, sink = free_port(), Sink()
        async with (
            await sink.listen(smtp_port),
            build(Path(name), smtp_port) as stage,
            _started(plan, stage, sink, smtp_port) as bench,
        ):
            described = await machine.describe(stage.url)
            measured, facts = await _measure(bench)
    text = "\n\n".join((described, report.table(measured), report.facts_table(facts)))
    print(text)
    if not plan.only:
        report.write(PAGE, text)


@asynccontextmanager
async def _started(plan: Plan, stage: Stage, sink: Sink, smtp_port: int) -> AsyncIterator[Bench]:
    async with stage.serving("ours", ["app.cli", "serve", "--drain", "0"], "/health/live") as ours:
        model = await make_model(stage, ours, sink)
        bare = ("uvicorn", "bench.twin:app", "--no-access-log", "--log-level", "warning")
        known = json.dumps(asdict(model), default=str)
        async with stage.serving("twin", bare, "/live", BENCH_MODEL=known) as twin:
            yield Bench(plan, stage, model, sink, smtp_port, ours, twin)


async def _measure(bench: Bench) -> tuple[list[Measured], list[Fact]]:
    plan, stage = bench.plan, bench.stage
    facts = [_cold_start(bench)]
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
            facts += await _others(bench, supply)
    if len(plan.sizes) > 1:
        facts += _growth(measured)
    facts.append(_memory(bench))
    return measured, facts


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
    for run in range(plan.runs + 1):
        share = 0.5 if run == 0 else 1
        for served, work, runs in (
            (bench.ours, operation.ours, own),
            (bench.twin, operation.twin, bare),
        ):
            target = bench.target(served)
            if operation.uses is None:
                runs.append(await run_for(target, work, plan.seconds * share))
            else:
                runs.append(await run_times(target, work, int(operation.uses * share)))
    one = Measured(operation.name, size, operation.goal, Figures.of(own[1:]), Figures.of(bare[1:]))
    _tell(f"{size:,}: {one.name}: {one.ours.rate:.0f}/s, bare {one.twin.rate:.0f}/s")
    return one


async def _others(bench: Bench, supply: Supply) -> list[Fact]:
    """Measure what does not grow with the database."""
    plan, stage = bench.plan, bench.stage
    facts = []
    logs.configure("error")
    dispatch = next(one for one in operations.operations(supply, plan.uses) if "e-mail" in one.name)
    alone = await run_times(bench.target(bench.ours), dispatch.ours, plan.uses, clients=1)
    facts.append(
        Fact(
            "ask to e-mail a document, one caller at a time",
            f"p50 {alone.p50_ms:.1f} ms, p95 {alone.p95_ms:.1f} ms",
            "",
            "p50 ≤ 10 ms",
            alone.p50_ms <= 10,
        )
    )
    async with open_container(stage.settings, for_worker=False) as container:
        drawn = await inside.draw(
            container, bench.model, count=int(50 * plan.seconds), runs=plan.runs
        )
        facts.append(
            Fact(
                "draw the PDF of that quote, fonts embedded, with logo",
                f"{drawn.cpu_ms:.2f} ms CPU ± {drawn.spread / 2:.0%}",
                f"{drawn.size_bytes / 1000:.0f} kB",
                "≤ 3 ms CPU",
                drawn.cpu_ms <= 3,
            )
        )
        queued = await _queued(stage)
        rates, cpu_ms = await mail.send_queued(
            stage, bench.sink, smtp_port=bench.smtp_port, queued=queued, pdf_bytes=drawn.size_bytes
        )
        share = rates.ours / rates.twin
        facts.append(
            Fact(
                "messages with PDF handed to the relay by one worker",
                f"{rates.ours:.0f}/s ± {rates.spread / 2:.0%}, {cpu_ms:.1f} ms CPU each",
                f"aiosmtplib alone {rates.twin:.0f}/s ({share:.0%})",
                "≥ 60 % of aiosmtplib alone",
                share >= 0.6,
            )
        )
        numbered = await inside.number(container, stage, seconds=plan.seconds, runs=plan.runs)
        facts.append(
            Fact(
                "numbers of one series, 8 writers, no gap",
                f"{numbered.ours:.0f}/s ± {numbered.spread / 2:.0%}",
                f"bare {numbered.twin:.0f}/s",
                "≥ 1,000/s",
                numbered.ours >= 1000,
            )
        )
        done = await inside.jobs(container, stage, count=int(1000 * plan.seconds), runs=plan.runs)
        facts.append(
            Fact(
                "jobs of one worker",
                f"{done.rates.ours:.0f}/s ± {done.rates.spread / 2:.0%}",
                f"bare SKIP LOCKED one by one {done.rates.twin:.0f}/s",
                "≥ 500/s",
                done.rates.ours >= 500,
            )
        )
        facts.append(
            Fact(
                "a job starts after its commit",
                f"p50 {done.start_p50_ms:.1f} ms, p95 {done.start_p95_ms:.1f} ms",
                "",
                "p50 ≤ 5 ms",
                done.start_p50_ms <= 5,
            )
        )
    for fact in facts:
        _tell(f"{fact.name}: {fact.figure}, {fact.beside}")
    return facts


async def _queued(stage: Stage) -> int:
    connection = await asyncpg.connect(stage.url)
    count = await connection.fetchval(
        "select count(*) from dispatch_recipients where queue_state = 'ready'"
    )
    await connection.close()
    return int(count)


def _cold_start(bench: Bench) -> Fact:
    start_s = bench.ours.start_s
    beside = f"bare {bench.twin.start_s:.1f} s"
    return Fact("the server's first answer", f"{start_s:.1f} s", beside, "≤ 2 s", start_s <= 2)


def _memory(bench: Bench) -> Fact:
    ours, twin = resident_mb(bench.ours.pid), resident_mb(bench.twin.pid)
    return Fact(
        "memory of the server after all this", f"{ours:.0f} MB", f"bare {twin:.0f} MB",
        "≤ 120 MB", ours <= 120,
    )  # fmt: skip


def _growth(measured: list[Measured]) -> list[Fact]:
    """Compare lists at the largest size with those at the smallest."""
    lists = [one for one in measured if one.name.startswith("list")]
    if not lists:
        return []
    first, last = lists[0], lists[-1]
    ratio = last.ours.rate / first.ours.rate
    return [
        Fact(
            f"the list at {last.size:,} documents",
            f"{ratio:.0%} of its rate at {first.size:,}",
            f"bare {last.twin.rate / first.twin.rate:.0%}",
            "within 10 %",
            ratio >= 0.9,
        )
    ]


def _tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
