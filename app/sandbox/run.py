"""`make run`: everything on one machine, started in order, watched, and stopped as one.

What it leaves in `.local/`: the database (`postgres/`), the messages (`mail/`), the logs
(`log/`), the secrets, and, while all parts are ready, `sandbox.json`.
"""

import asyncio
import base64
import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import socket
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FrameType
from typing import IO

import asyncpg
import httpx
from pydantic import JsonValue

from app.sandbox import children, demonstration, postgres
from app.sandbox.children import Child
from app.sandbox.files import write_facts
from app.sandbox.lemonway import paths
from app.sandbox.postgres import PostgresError
from app.sandbox.processes import command_of
from app.web import rate_limits
from app.web.rate_limits import Limit

LOCAL = Path(__file__).parent.parent.parent / ".local"
HOST = "127.0.0.1"
RATE_LIMIT_FACTOR = 10
READY_TIMEOUT_S = 120

_DATABASE = "conforme"
_PORTS_TRIED = 100
_OURS = ("SMTP_", "DATABASE_", "LEMONWAY_", "PG")
"""Settings that the sandbox makes itself."""


class _StoppedByUser(BaseException):
    """Ctrl-C, SIGTERM or SIGHUP: end everything and be content."""


class _Interrupts:
    """Turns the signals that end us into one exception, at moments that allow it."""

    def __init__(self) -> None:
        self._is_held = self._is_pending = self._is_over = False
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            # `nohup make run` means that the closing terminal shall not end it.
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:
                signal.signal(number, self._handle)

    def _handle(self, _number: int, _frame: FrameType | None) -> None:
        if self._is_held or self._is_over:
            self._is_pending = True
            return
        self._is_over = True
        raise _StoppedByUser

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Finish a step that would leave a process behind if it were cut short."""
        self._is_held = True
        try:
            yield
        finally:
            self._is_held = False
        if self._is_pending and not self._is_over:
            self._is_over = True
            raise _StoppedByUser

    def end(self) -> None:
        """Ignore them from now on, so that stopping is not cut short either."""
        self._is_over = True


class _Failed(Exception):
    """The sandbox cannot go on; the text says why, `status` is our exit status."""

    def __init__(self, message: str, status: int = 1) -> None:
        super().__init__(message)
        self.status = status


def run(*, fresh: bool, local: Path = LOCAL) -> int:
    """Start everything, stay until told to stop, stop everything.

    Args:
        fresh: Forget all data first.
        local: The folder of everything it keeps.

    Returns:
        0 after Ctrl-C, SIGTERM or SIGHUP; the status of the part that died otherwise.
    """
    try:
        interrupts = _Interrupts()
        with _alone(local) as lock:
            return _Sandbox(local.absolute(), lock, interrupts, fresh=fresh).live()
    except _StoppedByUser:
        return 0
    except (_Failed, PostgresError) as failure:
        _say(f"\n{failure}", to=sys.stderr)
        return failure.status if isinstance(failure, _Failed) else 1
    except PermissionError as error:
        advice = f"Run as the user who owns {local}, or remove that folder."
        _say(f"\nNot permitted: {error.filename}. {advice}", to=sys.stderr)
        return 1


class _Sandbox:
    def __init__(self, local: Path, lock: IO[str], interrupts: _Interrupts, *, fresh: bool) -> None:
        self._local = local
        self._lock = lock
        self._interrupts = interrupts
        self._fresh = fresh
        self._children: list[Child] = []
        self._outer_database = os.environ.get("DATABASE_URL")
        self._postgres: postgres.Server | None = None

    def live(self) -> int:
        """Start, watch, and whatever happens, stop."""
        try:
            self._clear()
            self._start()
            return self._watch()
        finally:
            self._interrupts.end()
            self._stop()

    # Before

    def _clear(self) -> None:
        """Put away what an earlier run left: its file, its processes, with FRESH its data."""
        (self._local / "sandbox.json").unlink(missing_ok=True)
        left = children.end_orphans(_noted(self._lock))
        if left:
            _say(f"An earlier run had left {left} processes; they were stopped.")
        if self._fresh:
            if self._outer_database:
                raise _Failed("FRESH=1 is for the embedded database; yours is in DATABASE_URL.")
            if (self._local / "postgres").exists():
                postgres.stop_on(self._local / "postgres")
            for name in ("postgres", "postgres.half", "mail", "lemonway", "log"):
                shutil.rmtree(self._local / name, ignore_errors=True)
            for name in ("secrets.json", demonstration.FILE):
                (self._local / name).unlink(missing_ok=True)

    # Start

    def _start(self) -> None:
        database_url = self._start_database()
        api = _free_port(8000)
        inbox = _free_port(8025)
        smtp = _free_port(1025)
        lemonway = _free_port(8090)
        api_url, inbox_url = f"http://{HOST}:{api}", f"http://{HOST}:{inbox}"
        lemonway_url = f"http://{HOST}:{lemonway}"
        keys = _secrets(self._local)
        environment = _environment(database_url, keys, api_url, smtp, lemonway_url)
        self._step("Migrating the database", ("app.cli", "migrate"), environment)
        mail = str(self._local / "mail")
        self._begin("inbox", ("app.sandbox.inbox", mail, str(smtp), str(inbox)), environment)
        hook_url = f"{api_url}/hooks/lemonway/{keys['LEMONWAY_HOOK_SECRET']}"
        records = str(self._local / "lemonway" / "records.db")
        stand_in = ("app.sandbox.lemonway.server", records, str(lemonway), "--hook-url", hook_url)
        self._begin("lemonway", stand_in, environment)
        serve = ("app.cli", "serve", "--host", HOST, "--port", str(api), "--drain", "0")
        self._begin("api", serve, environment)
        self._begin("worker", ("app.cli", "work"), environment)
        self._await(f"{inbox_url}/readyz")
        self._await(f"{lemonway_url}/readyz")
        self._await(f"{api_url}/health/ready")
        if not demonstration.is_done(self._local, api_url):
            addresses = (api_url, inbox_url, lemonway_url)
            seed = ("app.sandbox.demonstration", str(self._local), *addresses)
            self._step("Filling in the demonstration data", seed, environment)
        self._check()
        facts = {
            "api_url": api_url,
            "docs_url": f"{api_url}/docs",
            "inbox_url": inbox_url,
            "smtp_port": smtp,
            "lemonway_url": lemonway_url,
            "database_url": database_url,
            **demonstration.credentials(self._local),
        }
        write_facts(self._local / "sandbox.json", facts)
        _say(_welcome(facts, self._local))

    def _start_database(self) -> str:
        if self._outer_database:
            return self._outer_database
        _say("Starting PostgreSQL")
        with self._interrupts.held():
            self._postgres = postgres.start(self._local / "postgres")
        asyncio.run(_create_database(self._postgres.url))
        return self._postgres.url.removesuffix("/postgres") + f"/{_DATABASE}"

    def _begin(self, name: str, module: tuple[str, ...], environment: Mapping[str, str]) -> Child:
        log = self._local / "log" / f"{name}.log"
        with self._interrupts.held():
            child = children.begin(name, module, environment=environment, log=log)
            self._children.append(child)
            _note(self._lock, self._children)
        return child

    def _step(self, what: str, module: tuple[str, ...], environment: Mapping[str, str]) -> None:
        """Run something to its end, while the others must live."""
        _say(what)
        step = self._begin(module[0].rpartition(".")[2], module, environment)
        while step.status is None:
            self._check(but=step)
            time.sleep(0.05)
        if step.status != 0:
            raise _Failed(f"{what} failed:\n{step.last_words()}", step.status)
        self._children.remove(step)

    def _await(self, url: str) -> None:
        deadline = time.monotonic() + READY_TIMEOUT_S
        while True:
            self._check()
            with contextlib.suppress(httpx.TransportError):
                if httpx.get(url, timeout=2, trust_env=False).is_success:
                    return
            if time.monotonic() > deadline:
                raise _Failed(f"{url} does not get ready; the logs are in {self._local / 'log'}")
            time.sleep(0.1)

    # Watch and stop

    def _check(self, but: Child | None = None) -> None:
        """Make sure that all parts live.

        Raises:
            _Failed: One has ended.
        """
        for child in self._children:
            if child is not but and child.status is not None:
                raise _Failed(
                    f"The {child.name} has ended with status {child.status}, so all is"
                    f" stopped. The end of {child.log}:\n{child.last_words()}",
                    child.status or 1,
                )
        if self._postgres is not None and not command_of(self._postgres.pid):
            raise _Failed("PostgreSQL has ended, so all is stopped.")

    def _watch(self) -> int:
        while True:
            self._check()
            time.sleep(0.5)

    def _stop(self) -> None:
        (self._local / "sandbox.json").unlink(missing_ok=True)
        if self._children:
            _say("\nStopping …")
        children.end(self._children)
        if not self._outer_database and (self._local / "postgres").exists():
            postgres.stop_on(self._local / "postgres")
        _note(self._lock, [])


@contextlib.contextmanager
def _alone(local: Path) -> Iterator[IO[str]]:
    """Hold the folder's lock, which dies with us however we die.

    Raises:
        _Failed: Another sandbox runs here.
    """
    local.mkdir(parents=True, exist_ok=True)
    with (local / "sandbox.lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise _Failed(
                f"A sandbox already runs here (process {_holder(lock.read())}).\n"
                f"Its addresses are in {local / 'sandbox.json'};"
                " stop it with Ctrl-C in its terminal, or end that process."
            ) from None
        yield lock


def _note(lock: IO[str], running: list[Child]) -> None:
    """Write down who runs, for a start that must clean up after us."""
    noted = {
        "supervisor": os.getpid(),
        "children": [[child.process.pid, child.birth] for child in running],
    }
    lock.seek(0)
    lock.truncate()
    lock.write(json.dumps(noted))
    lock.flush()


def _noted(lock: IO[str]) -> list[tuple[int, str]]:
    lock.seek(0)
    with contextlib.suppress(ValueError, KeyError, TypeError):
        return [(int(pid), str(birth)) for pid, birth in json.loads(lock.read())["children"]]
    return []


def _holder(noted: str) -> str:
    with contextlib.suppress(ValueError, KeyError, TypeError):
        return str(json.loads(noted)["supervisor"])
    return "unknown"


async def _create_database(server_url: str) -> None:
    connection = await asyncpg.connect(server_url)
    try:
        if not await connection.fetchval(
            "select true from pg_database where datname = $1", _DATABASE
        ):
            await connection.execute(f"create database {_DATABASE}")
    finally:
        await connection.close()


def _free_port(preferred: int) -> int:
    """Give the preferred port, else the next one that is free.

    Raises:
        _Failed: None of a hundred is.
    """
    for port in range(preferred, preferred + _PORTS_TRIED):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind((HOST, port))
                if port != preferred:
                    _say(f"Port {preferred} is taken; {port} is used instead.")
                return port
    raise _Failed(f"The ports {preferred} to {preferred + _PORTS_TRIED - 1} are all taken.")


def _secrets(local: Path) -> dict[str, str]:
    """Give the keys of this machine's data, made on the first run."""
    path = local / "secrets.json"
    made = {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "ENCRYPTION_KEY": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "LEMONWAY_HOOK_SECRET": secrets.token_urlsafe(32),
    }
    with contextlib.suppress(OSError, ValueError):
        kept = json.loads(path.read_text(encoding="utf-8"))
        made |= {name: str(kept[name]) for name in made if name in kept}
    write_facts(path, dict(made))
    return made


def _environment(
    database_url: str, keys: Mapping[str, str], api_url: str, smtp_port: int, lemonway_url: str
) -> dict[str, str]:
    """Give the settings of all parts; what an operator may tune is taken from outside."""
    outside = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_OURS) or name == "DATABASE_POOL_SIZE"
    }
    if "DATABASE_URL" in os.environ:
        for name in ("DATABASE_WORKER_URL", "DATABASE_OWNER_URL"):
            if name in os.environ:
                outside[name] = os.environ[name]
    return {
        **outside,
        **keys,
        **{
            f"LEMONWAY_{name.upper()}_URL": address
            for name, address in paths.addresses(lemonway_url).items()
        },
        "LEMONWAY_API_KEY": "a key of the sandbox",
        "DATABASE_URL": database_url,
        "PUBLIC_URL": api_url,
        "SMTP_HOST": HOST,
        "SMTP_PORT": str(smtp_port),
        "SMTP_SECURITY": "none",
        "SMTP_PRIVATE_HOSTS": "true",
        "RATE_LIMIT_FACTOR": str(RATE_LIMIT_FACTOR),
        "PYTHONUNBUFFERED": "1",
    }


def _welcome(facts: Mapping[str, JsonValue], local: Path) -> str:
    other = facts["other_organization"]
    limits = [limit for limit in vars(rate_limits).values() if isinstance(limit, Limit)]
    shown = "\n".join(
        f"    {limit.name:<16} {limit.count * RATE_LIMIT_FACTOR:>5} in {limit.window_s // 60} min"
        for limit in limits
    )
    return f"""
Conforme is ready.

  API      {facts["api_url"]}
  Docs     {facts["docs_url"]}
  Inbox    {facts["inbox_url"]}   (every message ends here; SMTP port {facts["smtp_port"]})
  Lemonway {facts["lemonway_url"]}   (a stand-in: no money moves; controls under /_control/)
  Database {facts["database_url"]}

  Sign in  {facts["admin_email"]}   {facts["admin_password"]}
  API key  {facts["api_key"]}
  Another organization, which must see nothing of the first:
           {other["admin_email"] if isinstance(other, dict) else ""}

  Rate limits, {RATE_LIMIT_FACTOR} times those of production:
{shown}

  All this is also in {local / "sandbox.json"}; logs are in {local / "log"}.
  In another terminal, `make demo` plays the main job. Ctrl-C stops everything.
"""


def _say(text: str, to: IO[str] | None = None) -> None:
    """Print, if anybody still listens."""
    with contextlib.suppress(OSError):
        print(text, file=to or sys.stdout, flush=True)
