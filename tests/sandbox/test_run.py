"""The whole sandbox as a newcomer meets it: started, played, cut short, started again."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.sandbox import demo
from app.sandbox.processes import command_of
from tests.sandbox.running import Running, one_at_a_time, running


def assert_all_gone(local: Path, pids: dict[str, int]) -> None:
    assert not (local / "sandbox.json").exists()
    assert not (local / "postgres" / "postmaster.pid").exists()
    assert [name for name, pid in pids.items() if command_of(pid)] == []


@pytest.fixture(autouse=True)
def _one_at_a_time() -> Iterator[None]:
    with one_at_a_time():
        yield


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sandbox") / ".local"


@pytest.mark.xdist_group("sandbox")
def test_a_newcomer_plays_the_main_job(local: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with running(local) as sandbox:
        facts = sandbox.ready()
        pids = sandbox.children()
        assert sorted(pids) == ["inbox", "serve", "work"]
        assert facts["docs_url"] == facts["api_url"] + "/docs"
        assert httpx.get(facts["docs_url"], trust_env=False).status_code == 200
        assert httpx.get(facts["inbox_url"], trust_env=False).status_code == 200
        for entry in (facts, facts["other_organization"]):
            headers = {"Authorization": f"Bearer {entry['api_key']}"}
            url = f"{facts['api_url']}/v1/documents"
            listed = httpx.get(url, headers=headers, trust_env=False)
            assert listed.json()["data"], listed.text

        assert demo.run(local) == 0, capsys.readouterr()
        assert "All as it must be" in capsys.readouterr().out

        second = Running(local)
        assert second.ended() == 1
        assert f"already runs here (process {sandbox.process.pid})" in second.said()
        assert sandbox.process.poll() is None

        sandbox.process.send_signal(signal.SIGINT)
        assert sandbox.ended() == 0
        assert facts["api_url"] in sandbox.said()
    assert_all_gone(local, pids)
    assert demo.run(local) == 1
    assert "Start `make run`" in capsys.readouterr().err


@pytest.mark.xdist_group("sandbox")
def test_a_killed_one_leaves_nothing_that_stops_the_next(local: Path) -> None:
    with running(local) as first, socket.socket() as squatter:
        first_facts = first.ready()
        pids = first.children()
        first.process.kill()
        first.process.communicate()
        deadline = time.monotonic() + 30
        while any(map(command_of, pids.values())) and time.monotonic() < deadline:
            time.sleep(0.1)
        port = int(first_facts["api_url"].rpartition(":")[2])
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", port))
        squatter.listen()

        with running(local) as second:
            facts = second.ready()
            assert facts["api_url"] != first_facts["api_url"]
            assert facts["api_key"] == first_facts["api_key"]
            mail = httpx.get(f"{facts['inbox_url']}/api/v1/messages", trust_env=False).json()
            assert mail["total"] > 0

            os.kill(second.children()["work"], signal.SIGKILL)
            assert second.ended() == 128 + signal.SIGKILL
            assert "The worker has ended" in second.said()
    assert_all_gone(local, pids)


@pytest.mark.xdist_group("sandbox")
def test_starting_over_forgets_and_an_early_stop_is_clean(tmp_path: Path) -> None:
    local = tmp_path / ".local"
    local.mkdir()
    before = "{}"
    for name in ("secrets.json", "demonstration.json"):
        (local / name).write_text(before)
    with running(local, "fresh") as sandbox:
        deadline = time.monotonic() + 30
        while not (local / "postgres" / "postmaster.pid").exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert not (local / "demonstration.json").exists()
        sandbox.process.send_signal(signal.SIGTERM)
        assert sandbox.ended() == 0
    assert_all_gone(local, {})
    assert not (local / "secrets.json").exists() or (local / "secrets.json").read_text() != before
