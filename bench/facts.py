"""The figures that have no twin over HTTP, each with its goal."""

import asyncpg

from app.container import Container
from bench import inside, mail, operations
from bench.inside import Drawn, Rates
from bench.load import Target, resident_mb, run
from bench.operations import Supply
from bench.payments import Payments
from bench.provider import LATENCY_S
from bench.report import Fact, Measured
from bench.seed import Model
from bench.sink import Sink
from bench.stage import Served, Stage


def cold_start(ours: Served, twin: Served) -> Fact:
    """Tell how long the server takes to its first answer."""
    return Fact(
        "the server's first answer after its start",
        f"{ours.start_s:.1f} s",
        f"bare {twin.start_s:.1f} s",
        "≤ 2 s",
        ours.start_s <= 2,
    )


def memory(ours: Served, twin: Served) -> Fact:
    """Tell what the server holds now."""
    held_mb = resident_mb(ours.pid)
    return Fact(
        "memory of the server after all this",
        f"{held_mb:.0f} MB",
        f"bare {resident_mb(twin.pid):.0f} MB",
        "≤ 120 MB",
        held_mb <= 120,
    )


def growth(measured: list[Measured]) -> list[Fact]:
    """Compare lists at the largest size with those at the smallest."""
    lists = [one for one in measured if one.name.startswith("list")]
    if len(lists) < 2:
        return []
    first, last = lists[0], lists[-1]
    # Both against the twin of their round: the machine may be slower by then.
    ratio = last.share / first.share
    return [
        Fact(
            f"the list at {last.size:,} documents against {first.size:,}",
            f"{last.ours.rate / first.ours.rate:.0%} of the rate, {ratio:.0%} of the share of bare",
            f"bare {last.twin.rate / first.twin.rate:.0%}",
            "within 10 %",
            max(ratio, last.ours.rate / first.ours.rate) >= 0.9,
        )
    ]


async def asking(target: Target, supply: Supply, seconds: float, uses: int) -> Fact:
    """Time the request that asks for an e-mail, with nobody else about."""
    ask = operations.asking(supply)
    alone = await run(target, ask, seconds, uses=uses, clients=1)
    return Fact(
        "ask to e-mail a document, one caller at a time",
        f"p50 {alone.p50_ms:.1f} ms, p95 {alone.p95_ms:.1f} ms",
        f"CPU {alone.server_ms:.1f} ms, its PostgreSQL {alone.database_ms:.1f} ms",
        "p50 ≤ 10 ms",
        alone.p50_ms <= 10,
    )


async def drawing(
    container: Container, model: Model, *, count: int, runs: int
) -> tuple[Fact, Drawn]:
    """Time the drawing of a PDF; give its size too."""
    drawn = await inside.draw(container, model, count=count, runs=runs)
    fact = Fact(
        "draw the PDF of that quote, fonts embedded, with logo, warm",
        f"{drawn.cpu_ms:.2f} ms CPU ± {drawn.spread / 2:.0%}",
        f"{drawn.size_bytes / 1000:.0f} kB",
        "≤ 3 ms CPU",
        drawn.cpu_ms <= 3,
    )
    return fact, drawn


async def mailing(stage: Stage, sink: Sink, *, seconds: float, pdf_bytes: int) -> Fact:
    """Let one worker send what was queued."""
    connection = await asyncpg.connect(stage.url)
    queued = await connection.fetchval(
        "select count(*) from dispatch_recipients where queue_state = 'ready'"
    )
    await connection.close()
    rates, cpu_ms = await mail.send_queued(
        stage, sink, queued=queued, seconds=seconds, pdf_bytes=pdf_bytes
    )
    share = rates.ours / rates.twin
    return Fact(
        "messages with PDF handed to the relay by one worker",
        f"{_rate(rates)}, {cpu_ms:.1f} ms CPU each",
        f"aiosmtplib alone {rates.twin:.0f}/s; ours {share:.0%} of it",
        "≥ 60 % of aiosmtplib alone",
        share >= 0.6,
    )


async def numbering(container: Container, stage: Stage, *, seconds: float, runs: int) -> Fact:
    """Let eight writers number one series."""
    rates = await inside.number(container, stage, seconds=seconds, runs=runs)
    return Fact(
        "numbers of one series, 8 writers, each its own transaction; no gap",
        _rate(rates),
        f"bare {rates.twin:.0f}/s",
        "≥ 1,000/s",
        rates.ours >= 1000,
    )


async def working(container: Container, stage: Stage, *, count: int, runs: int) -> list[Fact]:
    """Drain a queue, and time the start of single jobs."""
    done = await inside.jobs(container, stage, count=count, runs=runs)
    return [
        Fact(
            "jobs of one worker, doing nothing",
            _rate(done.rates),
            f"bare SKIP LOCKED, one by one, {done.rates.twin:.0f}/s",
            "≥ 500/s",
            done.rates.ours >= 500,
        ),
        Fact(
            "a job's start after the commit that promised it",
            f"p50 {done.start_p50_ms:.1f} ms, p95 {done.start_p95_ms:.1f} ms",
            "",
            "p50 ≤ 5 ms",
            done.start_p50_ms <= 5,
        ),
    ]


async def paying(
    payments: Payments,
    ours: Target,
    twin: Target,
    *,
    seconds: float,
    runs: int,
    uses: int,
    count: int,
) -> list[Fact]:
    """Time what paying costs: the start, a notification, many of them, the comparison."""
    await payments.enroll()
    begun = await payments.start(ours, seconds=seconds, uses=uses)
    own, bare = await payments.accept(ours, twin, seconds=seconds, runs=runs)
    drained = await payments.drain(count)
    compared = await payments.compare(count)
    return [
        Fact(
            "a client starts to pay by card, one caller at a time; "
            f"the provider answers after {LATENCY_S * 1000:.0f} ms",
            f"p50 {begun.p50_ms:.1f} ms, p95 {begun.p95_ms:.1f} ms",
            f"CPU {begun.server_ms:.1f} ms, its PostgreSQL {begun.database_ms:.1f} ms",
            "p50 ≤ 50 ms",
            begun.p50_ms <= 50,
        ),
        Fact(
            "a notification of the provider accepted: stored, its job promised; 8 at once",
            f"p50 {own.p50_ms:.1f} ms, p99 {own.p99_ms:.1f} ms, {own.rate:,.0f}/s",
            f"bare p50 {bare.p50_ms:.1f} ms, p99 {bare.p99_ms:.1f} ms, {bare.rate:,.0f}/s; "
            f"ours {own.rate / bare.rate:.0%} of it",
            "p99 ≤ 50 ms",
            own.p99_ms <= 50,
        ),
        Fact(
            f"{drained.calls:,} notifications drained by one worker, two for each of "
            f"{drained.transactions:,} payments; each booked once",
            f"{drained.rate:,.0f}/s",
            f"CPU {drained.worker_ms:.1f} ms, its PostgreSQL {drained.database_ms:.1f} ms",
            "≥ 100/s",
            drained.rate >= 100,
        ),
        Fact(
            f"the nightly comparison of {compared.transactions:,} transactions, of which one "
            "differs",
            f"{compared.seconds:.1f} s",
            f"CPU {compared.worker_s:.1f} s",
            "≤ 60 s",
            compared.seconds <= 60,
        ),
    ]


def _rate(rates: Rates) -> str:
    return f"{rates.ours:,.0f}/s ± {rates.spread / 2:.0%}"
