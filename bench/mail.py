"""How many messages one worker hands over, beside aiosmtplib alone."""

import asyncio
import statistics
from collections.abc import Sequence
from contextlib import suppress

from bench.inside import Rates
from bench.load import cpu_s
from bench.sink import Sink
from bench.stage import Stage

_PARTS = 3
_WARM = 20
"""Messages before it counts: imports, the first connection, the first templates."""


async def send_queued(
    stage: Stage, sink: Sink, *, queued: int, seconds: float, pdf_bytes: int
) -> tuple[Rates, float]:
    """Let a worker send of what is queued for some time, then the twin as long.

    Returns:
        The rates, and the worker's CPU per message in milliseconds.
    """
    sink.arrivals.clear()
    with stage.process("worker", ["app.cli", "work"]) as worker:
        await sink.wait_for(_WARM)
        before, first = cpu_s(worker.process.pid), len(sink.arrivals)
        await _watch(sink, queued, seconds)
        cpu_ms = (cpu_s(worker.process.pid) - before) / (len(sink.arrivals) - first) * 1000
    own = _rates(sink.arrivals)
    sink.arrivals.clear()
    arguments = (str(stage.settings.smtp_port), str(queued), str(pdf_bytes))
    with stage.process("bare_mail", ["bench.bare_mail", *arguments]):
        await sink.wait_for(_WARM)
        await _watch(sink, queued, seconds)
    bare = _rates(sink.arrivals)
    median = statistics.median(own)
    rates = Rates(median, (max(own) - min(own)) / median, statistics.median(bare))
    return rates, cpu_ms


async def _watch(sink: Sink, queued: int, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await sink.wait_for(queued)


def _rates(arrivals: Sequence[float]) -> list[float]:
    """Give the rate of each third, the first messages left out."""
    warm = arrivals[_WARM:]
    length = len(warm) // _PARTS
    parts = [warm[part * length : (part + 1) * length] for part in range(_PARTS)]
    return [(len(part) - 1) / (part[-1] - part[0]) for part in parts]
