"""Looking at other processes: which command, alive or not, the same one as before or not."""

import contextlib
import shutil
import subprocess
from pathlib import Path


def command_of(pid: int) -> str:
    """Give a living process's command line; nothing when it is gone or only a zombie."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace").replace("\0", " ").strip()
    return _ps(pid, "command=")


def birth_of(pid: int) -> str:
    """Give a text that a later process with the same number does not share, or nothing.

    On Linux the 22nd field of `/proc/{pid}/stat` (proc(5)), in ticks since the boot.
    """
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[19]
    return _ps(pid, "lstart=")


def _ps(pid: int, column: str) -> str:
    ps = shutil.which("ps")
    if ps is None or Path("/proc/self").exists():
        return ""
    shown = subprocess.run(  # noqa: S603 - a fixed command and a number
        [ps, "-p", str(pid), "-o", column], capture_output=True, text=True, check=False
    )
    return shown.stdout.strip()
