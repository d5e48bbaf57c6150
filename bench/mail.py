"""How many messages one worker hands over, beside aiosmtplib alone."""

import statistics
from collections.abc import Sequence

from bench.inside import Rates
from bench.load import cpu_s
from bench.sink import Sink
from bench.stage import Stage

_PARTS = 3


async def send_queued(
    stage: Stage, sink: Sink, *, queued: int, pdf_bytes: int
) -> tuple[Rates, float]:
    """Let a worker send what is queued, then the twin as many.

    Returns:
        The rates, and the worker's CPU per message in milliseconds.
    """
    sink.arrivals.clear()
    with stage.process("worker", ["app.cli", "work"]) as worker:
        await sink.wait_for(queued // 10)
        before, first = cpu_s(worker.process.pid), len(sink.arrivals)
        await sink.wait_for(queued)
        cpu_ms = (cpu_s(worker.process.pid) - before) / (queued - first) * 1000
    own = _rates(sink.arrivals)
    sink.arrivals.clear()
    arguments = (str(stage.settings.smtp_port), str(queued), str(pdf_bytes))
    with stage.process("bare_mail", ["bench.bare_mail", *arguments]):
        await sink.wait_for(queued)
    bare = _rates(sink.arrivals)
    median = statistics.median(own)
    rates = Rates(median, (max(own) - min(own)) / median, statistics.median(bare))
    return rates, cpu_ms


def _rates(arrivals: Sequence[float]) -> list[float]:
    """Rate of each third, the first tenth left out."""
    warm = arrivals[len(arrivals) // 10 :]
    length = len(warm) // _PARTS
    parts = [warm[part * length : (part + 1) * length] for part in range(_PARTS)]
    return [(len(part) - 1) / (part[-1] - part[0]) for part in parts]
