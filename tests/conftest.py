"""What tests stand on: one PostgreSQL, one migrated database per test process.

Every test founds organizations of its own and commits for real; row-level security
keeps it from seeing what others left, so nothing is cleaned up.
"""

import asyncio
import copy
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from alembic import command
from alembic.config import Config
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncSession

from app import logs
from app.container import Container, open_container
from app.main import create_app
from app.organizations import queries
from app.sandbox import postgres
from app.settings import Settings
from app.web import openapi
from tests.fakes import FakeMail, FixedClock
from tests.fakes_payments import FakeProvider
from tests.offices import LEFT, Office, client_of, found_office

ROOT = Path(__file__).parent.parent
TEMPLATE = "conforme_template"
SERVER_URL = "CONFORME_TEST_SERVER_URL"
NO_BROWSER = "NO BROWSER TESTS"

_server: postgres.Server | None = None
_folder: tempfile.TemporaryDirectory[str] | None = None


def pytest_sessionstart(session: pytest.Session) -> None:
    """Start PostgreSQL once, for all processes, and migrate the template."""
    global _server, _folder  # noqa: PLW0603 - pytest's hooks share nothing else
    logs.configure("warning")
    if hasattr(session.config, "workerinput"):
        return
    url = os.environ.get("DATABASE_URL")
    if url is None:
        _folder = tempfile.TemporaryDirectory(prefix="conforme-test-", ignore_cleanup_errors=True)
        _server = postgres.start(Path(_folder.name) / "postgres", fsync=False)
        url = _server.url
    os.environ[SERVER_URL] = url
    asyncio.run(recreate(TEMPLATE, None))
    migrate(database_url(TEMPLATE))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Stop it."""
    if hasattr(session.config, "workerinput"):
        return
    if _server is not None:
        postgres.stop(_server)
    if _folder is not None:
        _folder.cleanup()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say once, and loudly, that no browser test ran; pytest itself only counts them."""
    skipped = terminalreporter.stats.get("skipped", [])
    said = {report.longrepr[2] for report in skipped if isinstance(report.longrepr, tuple)}
    for one in said:
        if NO_BROWSER in one:
            terminalreporter.write_line(one.removeprefix("Skipped: "), red=True, bold=True)


def database_url(name: str) -> str:
    """Address a database of the test server."""
    return os.environ[SERVER_URL].rsplit("/", 1)[0] + f"/{name}"


def migrate(url: str) -> None:
    """Bring a database to the present schema."""
    os.environ["DATABASE_OWNER_URL"] = url
    config = Config(ROOT / "alembic.ini")
    config.set_main_option("script_location", str(ROOT / "migrations"))
    command.upgrade(config, "head")
    del os.environ["DATABASE_OWNER_URL"]


async def recreate(name: str, template: str | None) -> None:
    connection = await asyncpg.connect(os.environ[SERVER_URL])
    try:
        await connection.execute(f"drop database if exists {name} with (force)")
        origin = f"template {template} strategy wal_log" if template else "encoding 'utf8'"
        await connection.execute(f"create database {name} {origin}")
    finally:
        await connection.close()


async def make_database(name: str) -> str:
    """Copy the migrated template; give the copy's address."""
    await recreate(name, TEMPLATE)
    return database_url(name)


@pytest.fixture(scope="session")
async def settings(worker_id: str) -> Settings:
    """Settings of this test process, with a database of its own."""
    url = await make_database(f"conforme_{worker_id}")
    return Settings.model_validate(
        {
            "database_url": url,
            "secret_key": "a secret of the tests, long enough",
            "encryption_key": "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY",
            "public_url": "http://docs.example",
            "smtp_security": "none",
            "rate_limit_factor": 1000,
            "lemonway_hook_secret": "the last part of an address nobody guesses",
        }
    )


@pytest.fixture(scope="session")
async def opened(settings: Settings) -> AsyncIterator[Container]:
    """The container of the API, opened once."""
    async with open_container(settings, for_worker=False) as container:
        yield container


@pytest.fixture(scope="session")
async def opened_worker(settings: Settings) -> AsyncIterator[Container]:
    """The container of the worker, under its own role."""
    async with open_container(settings, for_worker=True) as container:
        yield container


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands still until it is told to go on."""
    return FixedClock()


@pytest.fixture
def mail() -> FakeMail:
    """A relay that keeps what it is given."""
    return FakeMail()


@pytest.fixture
def provider() -> FakeProvider:
    """A payment provider that pays when it is told."""
    return FakeProvider()


@pytest.fixture
def container(
    opened: Container, clock: FixedClock, mail: FakeMail, provider: FakeProvider
) -> Container:
    """The API's container, its clock, mail and payment provider in the test's hands."""
    return replace(opened, clock=clock, mail=mail, provider=provider)


@pytest.fixture
def worker(
    opened_worker: Container, clock: FixedClock, mail: FakeMail, provider: FakeProvider
) -> Container:
    """The worker's container, with the same clock, mail and payment provider."""
    return replace(opened_worker, clock=clock, mail=mail, provider=provider)


@pytest.fixture
async def office(container: Container, worker: Container) -> AsyncIterator[Office]:
    """An organization made for this test, its admin signed in."""
    async with found_office(container, worker, "Taller Náutico Ejemplo") as office:
        yield office


@pytest.fixture
async def rival(container: Container, worker: Container) -> AsyncIterator[Office]:
    """Another organization, which must see nothing of the first."""
    async with found_office(container, worker, "Varadero Rival") as office:
        yield office


@pytest.fixture
async def alone(settings: Settings, worker_id: str) -> AsyncIterator[tuple[Office, Settings]]:
    """An office in a database of its own, at the real time: a real process sees it alone."""
    url = await make_database(f"conforme_killed_{worker_id}")
    own = settings.model_copy(update={"database_url": SecretStr(url)})
    clock, mail = FixedClock(datetime.now(UTC)), FakeMail()  # noqa: TID251 - as the process does
    async with AsyncExitStack() as stack:
        opened = await stack.enter_async_context(open_container(own, for_worker=False))
        working = await stack.enter_async_context(open_container(own, for_worker=True))
        office = await stack.enter_async_context(
            found_office(
                replace(opened, clock=clock, mail=mail),
                replace(working, clock=clock, mail=mail),
                "Taller",
            )
        )
        yield office, own


@pytest.fixture
async def anonymous(container: Container) -> AsyncIterator[httpx.AsyncClient]:
    """A client without credentials."""
    async with client_of(create_app(container)) as client:
        yield client


@pytest.fixture(autouse=True)
def _no_outer_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own environment out of the tests."""
    for name in ("DATABASE_URL", "SECRET_KEY", "ENCRYPTION_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def _sweeps_pass_by_what_was_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let sweeps enter every organization but those of ended tests: there are a thousand."""
    every = queries.ids

    async def present(tx: AsyncSession) -> list[UUID]:
        return [one for one in await every(tx) if one not in LEFT]

    monkeypatch.setattr(queries, "ids", present)


@pytest.fixture(scope="session", autouse=True)
def described() -> Iterator[dict[tuple[int, ...], dict[str, Any]]]:
    """Make the contract's document, a second of work, once for all applications of one shape."""
    kept: dict[tuple[int, ...], dict[str, Any]] = {}
    make = openapi.describe

    def describe(app: FastAPI) -> dict[str, Any]:
        if not app.openapi_schema:
            shape = tuple(id(route.original_route) for route in openapi.documented_routes(app))
            if shape not in kept:
                kept[shape] = make(app)
            app.openapi_schema = copy.deepcopy(kept[shape])
        return app.openapi_schema

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(openapi, "describe", describe)
        yield kept
