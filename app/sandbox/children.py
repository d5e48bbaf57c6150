"""The processes of a running sandbox: started apart, watched, and never left behind."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.sandbox.processes import birth_of, command_of

GRACE_S = 25
"""How long children may take to finish what they are doing; more than their own grace."""

_PR_SET_PDEATHSIG = 1  # prctl(2)
_TAIL_LINES = 20
_KILLED = 128


@dataclass(frozen=True, slots=True)
class Child:
    """A process we started, in a process group of its own, its output in a log."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    birth: str

    @property
    def status(self) -> int | None:
        """How it ended, as a shell would say it; None while it runs."""
        code = self.process.poll()
        return code if code is None or code >= 0 else _KILLED - code

    def last_words(self) -> str:
        """Give the end of its log."""
        with contextlib.suppress(OSError):
            lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
            return "\n".join(lines[-_TAIL_LINES:])
        return ""


def begin(name: str, module: Sequence[str], *, environment: Mapping[str, str], log: Path) -> Child:
    """Start `python -m module …`; it gets SIGTERM when we die, however we die (on Linux).

    In a group of its own, Ctrl-C in the terminal does not reach it: we stop it in order.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - our own modules
            [sys.executable, "-m", *module],
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            process_group=0,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - the supervisor has one thread
        )
    return Child(name, process, log, birth_of(process.pid))


def end(children: Sequence[Child]) -> None:
    """Stop them all, the ones started last first; kill what does not stop in time."""
    for child in reversed(children):
        _signal(child.process.pid, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_S
    for child in children:
        try:
            child.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            _signal(child.process.pid, signal.SIGKILL)
            child.process.wait()


def end_orphans(earlier: Sequence[tuple[int, str]]) -> int:
    """End processes of a supervisor that was killed; a number given to another is spared.

    Args:
        earlier: Number and birth of each, as `Child` had them.

    Returns:
        How many were still there.
    """
    left = [pid for pid, birth in earlier if birth and birth_of(pid) == birth and command_of(pid)]
    for signal_number, wait_s in ((signal.SIGTERM, 10.0), (signal.SIGKILL, 2.0)):
        for pid in left:
            _signal(pid, signal_number)
        deadline = time.monotonic() + wait_s
        while any(map(command_of, left)) and time.monotonic() < deadline:
            time.sleep(0.05)
    return len(left)


def _signal(pid: int, number: signal.Signals) -> None:
    """Signal a child's group, which has its number."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def _die_with_parent() -> None:
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
