"""The embedded PostgreSQL: started, stopped, and found again after a crash."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from app.sandbox.postgres import PostgresError, Server, start, stop
from app.sandbox.processes import command_of


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "postgres"
    yield folder
    if (folder / "PG_VERSION").exists():
        stop(start(folder, fsync=False))


async def ask(server: Server, question: str) -> str:
    connection = await asyncpg.connect(server.url)
    try:
        return str(await connection.fetchval(question))
    finally:
        await connection.close()


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    while command_of(pid):
        time.sleep(0.01)


async def test_starts_keeps_what_was_written_and_stops(data: Path) -> None:
    server = start(data, fsync=False)
    assert await ask(server, "show fsync") == "off"
    assert await ask(server, "show max_connections") == "200"
    await ask(server, "create table kept as select 'ñ€' as text")
    stop(server)
    assert not command_of(server.pid)

    again = start(data)
    assert await ask(again, "show fsync") == "on"
    assert await ask(again, "select text from kept") == "ñ€"
    assert await ask(again, "select upper('ñandú')") == "ÑANDÚ"


async def test_listens_on_loopback_only(data: Path) -> None:
    server = start(data, fsync=False)
    assert await ask(server, "show listen_addresses") == "127.0.0.1"
    assert await ask(server, "show unix_socket_directories") == ""


def test_a_running_server_is_reused(data: Path) -> None:
    assert start(data, fsync=False) == start(data, fsync=False)


def test_stopping_twice_is_fine(data: Path) -> None:
    server = start(data, fsync=False)
    stop(server)
    stop(server)


def test_the_server_of_a_killed_starter_is_adopted(data: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from app.sandbox.postgres import start;"
        "print(start(Path(sys.argv[1]), fsync=False).pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", program, str(data)], stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        pid = int(starter.stdout.readline())
        starter.kill()
    assert start(data, fsync=False).pid == pid


async def test_starts_again_after_the_server_itself_was_killed(data: Path) -> None:
    first = start(data, fsync=False)
    connection = await asyncpg.connect(first.url)  # its backend outlives the postmaster a moment
    kill(first.pid)
    second = start(data, fsync=False)
    connection.terminate()
    assert second.pid != first.pid
    assert await ask(second, "select 1") == "1"


def test_a_leftover_that_names_another_program_is_removed(data: Path) -> None:
    stop(start(data, fsync=False))
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other:
        leftover = f"{other.pid}\n{data}\n1\n5432\n\n127.0.0.1\n1 1\nready"
        (data / "postmaster.pid").write_text(leftover)
        assert start(data, fsync=False).pid != other.pid
        other.communicate(b"\n")


def test_half_a_cluster_does_not_count(data: Path) -> None:
    half = data.with_name("postgres.half")
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    assert start(data, fsync=False).pid


def test_a_folder_with_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("keep me")
    with pytest.raises(PostgresError, match="neither empty"):
        start(tmp_path / "mine")


def test_data_of_another_version_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "PG_VERSION").write_text("12\n")
    with pytest.raises(PostgresError, match="FRESH=1"):
        start(tmp_path / "old")
