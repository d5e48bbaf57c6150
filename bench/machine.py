"""The machine, described without its name."""

import os
import platform
from pathlib import Path

import asyncpg


async def describe(url: str) -> str:
    """Say what the figures belong to."""
    connection = await asyncpg.connect(url)
    version = await connection.fetchval("show server_version")
    buffers = await connection.fetchval("show shared_buffers")
    await connection.close()
    cores = len(os.sched_getaffinity(0))
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{cores} cores ({_cpu_model()}), {_memory_gb():.0f} GB, Linux {platform.release()}; "
        f"Python {platform.python_version()}, PostgreSQL {version} with fsync on and "
        f"shared_buffers {buffers}; server, PostgreSQL and load generator share the machine. "
        f"Load averages before the run: {load}."
    )


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
