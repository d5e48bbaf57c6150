"""The doctor names what is wrong, and only that."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfoNotFoundError

import asyncpg
import pytest
from aiosmtpd.smtp import SMTP

from app.cli import main
from app.kernel.clock import SystemClock
from app.settings import Settings
from app.upkeep import doctor
from tests.conftest import SERVER_URL, make_database
from tests.fakes import FixedClock


@pytest.fixture
async def relay() -> AsyncIterator[int]:
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(None), "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


async def change(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    for statement in statements:
        await connection.execute(statement)
    await connection.close()


def states(findings: list[doctor.Finding]) -> dict[str, str]:
    return {finding.subject: finding.state for finding in findings}


async def test_all_is_well(settings: Settings, relay: int) -> None:
    healthy = settings.model_copy(update={"smtp_port": relay})
    found = states(await doctor.examine(healthy, SystemClock()))
    assert {subject for subject, state in found.items() if state == "ill"} == set()
    assert set(found) == {
        "settings", "keys", "log-in as conforme_api", "PostgreSQL", "schema",
        "row-level security", "clock", "log-in as conforme_worker", "time zones", "mail relay",
        "disk",
    }  # fmt: skip


async def test_a_server_that_is_not_there(settings: Settings, relay: int) -> None:
    nowhere = settings.database_url.__class__("postgresql://postgres@127.0.0.1:1/conforme")
    broken = settings.model_copy(update={"database_url": nowhere, "smtp_port": relay})
    found = states(await doctor.examine(broken, SystemClock()))
    assert found["log-in as conforme_api"] == "ill"
    assert found["mail relay"] == "well"


async def test_a_database_that_is_not_there(settings: Settings) -> None:
    url = settings.database_url.get_secret_value().rsplit("/", 1)[0] + "/nowhere"
    finding = await doctor.examine_log_in(url, "conforme_api")
    assert (finding.state, "does not exist" in finding.says) == ("ill", True)


async def test_a_role_that_is_not_there(settings: Settings) -> None:
    finding = await doctor.examine_log_in(settings.database_url.get_secret_value(), "nobody_such")
    assert (finding.state, "run `migrate`" in finding.says) == ("ill", True)


async def test_a_log_in_that_is_no_member(settings: Settings, worker_id: str) -> None:
    name = f"stranger_{worker_id}"
    server = os.environ[SERVER_URL]
    await change(server, f"drop role if exists {name}", f"create role {name} login")
    parts = urlsplit(settings.database_url.get_secret_value())
    url = parts._replace(netloc=f"{name}@{parts.hostname}:{parts.port}").geturl()
    finding = await doctor.examine_log_in(url, "conforme_api")
    await change(server, f"drop role {name}")
    assert (finding.state, "not a member" in finding.says) == ("ill", True)


async def test_row_level_security_off_and_another_schema(worker_id: str, clock: FixedClock) -> None:
    url = await make_database(f"conforme_ill_{worker_id}")
    await change(
        url,
        "alter table contacts no force row level security",
        "alter table events disable row level security",
        "update alembic_version set version_num = '0000'",
    )
    found = {one.subject: one for one in await doctor.examine_database(url, "conforme_api", clock)}
    assert found["row-level security"].says == "not forced on contacts, events"
    assert (found["schema"].state, "0000" in found["schema"].says) == ("ill", True)
    assert found["clock"].state == "ill"
    await change(os.environ[SERVER_URL], f"drop database conforme_ill_{worker_id} with (force)")


async def test_a_clock_that_agrees(settings: Settings) -> None:
    clock = FixedClock()
    clock.set(datetime.now(UTC) + timedelta(seconds=1))  # noqa: TID251 - the server's clock is real
    url = settings.database_url.get_secret_value()
    assert states(await doctor.examine_database(url, "conforme_api", clock))["clock"] == "well"


async def test_a_relay_that_does_not_answer(settings: Settings) -> None:
    silent = settings.model_copy(update={"smtp_port": 1})
    finding = await asyncio.to_thread(doctor.examine_relay, silent)
    assert (finding.state, "does not answer" in finding.says) == ("ill", True)


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_relay_without_tls(settings: Settings, relay: int, security: str) -> None:
    wanted = settings.model_copy(update={"smtp_port": relay, "smtp_security": security})
    finding = await asyncio.to_thread(doctor.examine_relay, wanted)
    assert (finding.state, "SMTP_SECURITY" in finding.says) == ("ill", True)


def test_short_keys_and_a_full_disk(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [one.state for one in doctor.examine_keys(settings)] == ["doubtful"]
    monkeypatch.setattr(doctor, "DISK_FREE_MIN", 10**18)
    assert doctor.examine_disk(Path.cwd()).state == "doubtful"


def test_time_zones_without_data(monkeypatch: pytest.MonkeyPatch) -> None:
    assert doctor.examine_time_zones().state == "well"

    def missing(name: str) -> None:
        raise ZoneInfoNotFoundError(name)

    monkeypatch.setattr(doctor, "ZoneInfo", missing)
    assert doctor.examine_time_zones().state == "ill"


def test_the_command_tells_by_its_status(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://ana:hidden@127.0.0.1:1/conforme")
    monkeypatch.setenv("SECRET_KEY", settings.secret_key.get_secret_value())
    monkeypatch.setenv("ENCRYPTION_KEY", settings.encryption_key.get_secret_value())
    monkeypatch.setenv("SMTP_PORT", "1")
    assert main(["doctor"]) == 1
    told = capsys.readouterr().out
    assert "ill       log-in as conforme_api" in told
    assert "hidden" not in told
