"""A sandbox in a process of its own, for tests that meet it as a newcomer does."""

import fcntl
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from app.sandbox import postgres
from app.sandbox.processes import command_of

ROOT = Path(__file__).parent.parent.parent
PROGRAM = (
    "import sys; from pathlib import Path; from app.sandbox.run import run;"
    "sys.exit(run(fresh=len(sys.argv) > 2, local=Path(sys.argv[1])))"
)
READY_S = 180


class Running:
    """A sandbox in a process of its own."""

    def __init__(self, local: Path, *arguments: str) -> None:
        self.local = local
        self.file = local / "sandbox.json"
        self.stale = self.file.stat().st_mtime_ns if self.file.exists() else None
        outside = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        self.process = subprocess.Popen(  # noqa: S603 - our own interpreter
            [sys.executable, "-c", PROGRAM, str(local), *arguments],
            cwd=ROOT,
            env=outside,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def ready(self) -> dict[str, Any]:
        deadline = time.monotonic() + READY_S
        while not self.file.exists() or self.file.stat().st_mtime_ns == self.stale:
            assert self.process.poll() is None, self.said()
            assert time.monotonic() < deadline, "not ready in time"
            time.sleep(0.1)
        return dict(json.loads(self.file.read_text()))

    def children(self) -> dict[str, int]:
        noted = json.loads((self.local / "sandbox.lock").read_text())["children"]
        commands = {command_of(pid): pid for pid, _ in noted}
        return {
            name: pid
            for command, pid in commands.items()
            for name in ("inbox", "serve", "work")
            if name in command
        }

    def ended(self) -> int:
        return self.process.wait(60)

    def said(self) -> str:
        return self.process.communicate()[0]


@contextmanager
def running(local: Path, *arguments: str) -> Iterator[Running]:
    sandbox = Running(local, *arguments)
    try:
        yield sandbox
    finally:
        sandbox.process.terminate()
        with suppress(subprocess.TimeoutExpired):
            sandbox.process.communicate(timeout=40)
        sandbox.process.kill()
        sandbox.process.communicate()
        if (local / "postgres").exists():
            postgres.stop_on(local / "postgres")


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two sandboxes that start at once could choose the same free port."""
    with (Path(tempfile.gettempdir()) / "conforme-sandbox-tests.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
