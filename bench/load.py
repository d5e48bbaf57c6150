"""Runs: many clients do one operation for a while, and what it took is read off."""

import asyncio
import os
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.client import Client

CLIENTS = 8
_TICKS_PER_S = os.sysconf("SC_CLK_TCK")

Work = Callable[[Client], Awaitable[None]]
"""Does one operation, of one request or more."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one run showed.

    Attributes:
        rate: Operations a second.
        p50_ms: Half of them took no longer, as a client sees it.
        server_ms: CPU of the server, per operation.
        database_ms: CPU of PostgreSQL, all its processes, per operation.
    """

    rate: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    server_ms: float
    database_ms: float


@dataclass(frozen=True, slots=True)
class Figures:
    """The medians of several runs.

    Attributes:
        spread: From the slowest run's rate to the fastest's, as a share of the median.
    """

    rate: float
    spread: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    server_ms: float
    database_ms: float

    @classmethod
    def of(cls, runs: Sequence[Run]) -> "Figures":
        """Take the medians."""
        rates = [run.rate for run in runs]
        rate = statistics.median(rates)
        return cls(
            rate=rate,
            spread=(max(rates) - min(rates)) / rate,
            p50_ms=statistics.median(run.p50_ms for run in runs),
            p95_ms=statistics.median(run.p95_ms for run in runs),
            p99_ms=statistics.median(run.p99_ms for run in runs),
            server_ms=statistics.median(run.server_ms for run in runs),
            database_ms=statistics.median(run.database_ms for run in runs),
        )


@dataclass(frozen=True, slots=True)
class Target:
    """A server under load, and the PostgreSQL behind it."""

    port: int
    pid: int
    database_pid: int


async def run(
    target: Target,
    work: Work,
    seconds: float,
    *,
    uses: int | None = None,
    clients: int = CLIENTS,
) -> Run:
    """Let clients repeat an operation for a time, and so many times in all at most."""
    deadline = time.perf_counter() + seconds
    left = uses

    def is_over() -> bool:
        nonlocal left
        if left is not None:
            left -= 1
            if left < 0:
                return True
        return time.perf_counter() >= deadline

    return await _run(target, work, is_over, clients)


async def _run(target: Target, work: Work, is_over: Callable[[], bool], clients: int) -> Run:
    connections = [await Client.open(target.port) for _ in range(clients)]
    took_s: list[float] = []

    async def repeat(client: Client) -> None:
        while not is_over():
            began = time.perf_counter()
            await work(client)
            took_s.append(time.perf_counter() - began)

    server_s, database_s = cpu_s(target.pid), tree_cpu_s(target.database_pid)
    began = time.perf_counter()
    try:
        async with asyncio.TaskGroup() as group:
            for client in connections:
                group.create_task(repeat(client))
    finally:
        for client in connections:
            client.close()
    elapsed_s = time.perf_counter() - began
    count = len(took_s)
    took_s.sort()
    return Run(
        rate=count / elapsed_s,
        p50_ms=took_s[count // 2] * 1000,
        p95_ms=took_s[int(count * 0.95)] * 1000,
        p99_ms=took_s[int(count * 0.99)] * 1000,
        server_ms=(cpu_s(target.pid) - server_s) / count * 1000,
        database_ms=(tree_cpu_s(target.database_pid) - database_s) / count * 1000,
    )


def cpu_s(pid: int) -> float:
    """Give the CPU seconds a process has used (proc(5): fields 14 and 15 of stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS_PER_S


def tree_cpu_s(pid: int) -> float:
    """Give the CPU seconds of a process, its children, and its children that have ended."""
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    total = sum(int(field) for field in stat[11:15]) / _TICKS_PER_S
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()
    for child in children:
        try:
            total += cpu_s(int(child))
        except OSError:  # it ended meanwhile, and now counts with its parent
            continue
    return total


def resident_mb(pid: int) -> float:
    """Give the memory a process holds, in megabytes (proc(5): VmRSS)."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
