"""Processes of the sandbox: ended in order, even the stubborn and the orphaned."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.sandbox import children
from app.sandbox.processes import birth_of, command_of


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A module that says it started, ignores SIGTERM when told to, and waits."""
    (tmp_path / "waiting.py").write_text(
        "import signal, sys, time\n"
        "if sys.argv[1] == 'stubborn': signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "if sys.argv[1] == 'short': print('last words'); sys.exit(3)\n"
        "print('started', flush=True); time.sleep(60)\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return "waiting"


def begin(module: str, how: str, tmp_path: Path) -> children.Child:
    log = tmp_path / "log" / f"{how}.log"
    child = children.begin("part", (module, how), environment=os.environ, log=log)
    while child.status is None and "started" not in child.last_words():
        time.sleep(0.01)
    return child


def test_ends_the_willing_and_kills_the_stubborn(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "GRACE_S", 0.2)
    willing = begin(module, "willing", tmp_path)
    stubborn = begin(module, "stubborn", tmp_path)
    children.end([willing, stubborn])
    assert willing.status == 128 + signal.SIGTERM
    assert stubborn.status == 128 + signal.SIGKILL


def test_tells_how_one_ended_and_what_it_said(module: str, tmp_path: Path) -> None:
    child = begin(module, "short", tmp_path)
    assert child.status == 3
    assert child.last_words() == "last words"
    children.end([child])


def test_orphans_are_ended_but_not_who_has_their_number(module: str, tmp_path: Path) -> None:
    orphan = begin(module, "willing", tmp_path)
    other = begin(module, "willing", tmp_path)
    left = children.end_orphans(
        [(orphan.process.pid, orphan.birth), (other.process.pid, "another birth"), (2**22, "")]
    )
    assert left == 1
    orphan.process.wait(10)  # its memory is given up a moment before it can be waited for
    assert orphan.status == 128 + signal.SIGTERM
    assert other.status is None
    children.end([other])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children of a death")
def test_children_die_with_a_killed_parent(module: str, tmp_path: Path) -> None:
    program = (
        "import os, sys, time; from pathlib import Path; from app.sandbox import children;"
        f"c = children.begin('part', ('{module}', 'willing'), environment=os.environ,"
        " log=Path(sys.argv[1]) / 'log' / 'part.log');"
        "print(c.process.pid, flush=True); time.sleep(60)"
    )
    root = str(Path(children.__file__).parent.parent.parent)
    outside = {**os.environ, "PYTHONPATH": f"{root}{os.pathsep}{tmp_path}"}
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", program, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env=outside,
    ) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        birth = birth_of(pid)
        time.sleep(0.3)
        parent.kill()
    deadline = time.monotonic() + 5
    while birth_of(pid) == birth and command_of(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not command_of(pid)
