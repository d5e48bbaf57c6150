"""The log-ins of `deploy/log-ins.sql`: each can do its work, and no more."""

import asyncio
import os
import secrets
import subprocess
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import asyncpg
import pytest

from app.container import open_container
from app.kernel.clock import SystemClock
from app.settings import Settings
from app.upkeep import doctor
from app.upkeep.backup import find
from tests.conftest import ROOT, SERVER_URL, database_url, migrate
from tests.offices import found_office

NAME = f"conforme_log_ins_{secrets.token_hex(4)}"
LOG_INS = ("conforme_owner_login", "conforme_api_login", "conforme_worker_login")
PASSWORD = "a'b c"


async def execute(*statements: str) -> None:
    connection = await asyncpg.connect(os.environ[SERVER_URL])
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


@pytest.fixture
async def urls() -> AsyncIterator[dict[str, str]]:
    """A new database made as compose.yaml makes it; the address of each log-in."""
    await execute(f"create database {NAME}")
    run_script(database_url(NAME))
    parts = urlsplit(database_url(NAME))
    place = f"{parts.hostname}:{parts.port}/{NAME}"
    try:
        yield {name: f"postgresql://{name}:a%27b%20c@{place}" for name in LOG_INS}
    finally:
        await execute(
            f"drop database {NAME} with (force)",
            f"drop role {', '.join(LOG_INS)}",
        )


def run_script(url: str) -> None:
    names = ("OWNER", "API", "WORKER")
    environment = {f"DATABASE_{name}_PASSWORD": PASSWORD for name in names}
    script = str(ROOT / "deploy" / "log-ins.sql")
    command = [str(find("psql", 15)), "--quiet", "--file", script, url]
    subprocess.run(command, env={**os.environ, **environment}, check=True)  # noqa: S603 - our own


async def test_each_log_in_does_its_work_and_no_more(urls: dict[str, str]) -> None:
    owner, api, worker = (urls[name] for name in LOG_INS)
    await asyncio.to_thread(migrate, owner)
    settings = Settings.model_validate({
        "database_url": api,
        "database_worker_url": worker,
        "secret_key": secrets.token_urlsafe(32),
        "encryption_key": secrets.token_urlsafe(32),
        "smtp_security": "none",
    })  # fmt: skip
    findings = await doctor.examine(settings, SystemClock())
    ill = {one.subject for one in findings if one.state == "ill"}
    assert ill <= {"mail relay"}
    async with (
        open_container(settings, for_worker=False) as for_api,
        open_container(settings, for_worker=True) as for_worker,
        found_office(for_api, for_worker, "Taller") as office,
    ):
        assert (await office.api.get("/v1/organization")).status_code == 200
    for name in LOG_INS[1:]:
        await refuses(urls[name], "select from organizations")
        await refuses(urls[name], "set role conforme_owner")
        await refuses(urls[name], "create role another")
    await refuses(api, "set role conforme_worker")
    await refuses(worker, "set role conforme_api")
    await refuses(owner, "create role another")


async def refuses(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await connection.execute(statement)
    finally:
        await connection.close()
