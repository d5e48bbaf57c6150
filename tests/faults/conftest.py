"""An office in a database of its own, for faults that real processes suffer."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from app.container import open_container
from app.settings import Settings
from tests.conftest import make_database
from tests.fakes import FakeMail, FixedClock
from tests.offices import Office, found_office


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
