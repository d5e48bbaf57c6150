"""Every connection of the pool is taken, and given back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from app.container import Container
from app.kernel.database import Database, async_url
from app.main import create_app
from app.settings import Settings
from tests.invariants.checking import violations
from tests.offices import Office, client_of

SIZE = 2


@pytest.fixture
async def cramped(container: Container, settings: Settings) -> AsyncIterator[Container]:
    """The API on a pool of two connections that waits a moment only."""
    engine = create_async_engine(
        async_url(settings.database_url.get_secret_value()),
        pool_size=SIZE,
        max_overflow=0,
        pool_timeout=0.3,
        connect_args={"server_settings": {"role": "conforme_api"}},
    )
    yield replace(container, database=Database(engine))
    await engine.dispose()


async def test_an_exhausted_pool_answers_503_and_recovers(
    office: Office, cramped: Container
) -> None:
    headers = {"Authorization": f"Bearer {office.access_token}"}
    async with client_of(create_app(cramped), **headers) as api:
        async with AsyncExitStack() as taken:
            for _ in range(SIZE):
                await taken.enter_async_context(cramped.database.transaction())
            refused = await asyncio.gather(*(api.get("/v1/contacts") for _ in range(5)))
        for answer in refused:
            assert answer.status_code == 503, answer.text
            assert answer.json()["code"] == "unavailable"
            assert int(answer.headers["Retry-After"]) >= 1
        again = await asyncio.gather(*(api.get("/v1/contacts") for _ in range(5)))
        assert [answer.status_code for answer in again] == [200] * 5
    assert await violations(office) == []
