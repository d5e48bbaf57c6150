"""What the API tells about itself, and whether it lives; both without sign-in."""

from dataclasses import replace

import httpx
import pytest

from app.container import Container
from app.events.kinds import KINDS
from app.kernel.database import Database, open_engine
from app.main import create_app
from app.web.problems import STATUS
from tests.offices import client_of


@pytest.mark.parametrize("language", ["es", "en"])
async def test_every_problem_is_published(anonymous: httpx.AsyncClient, language: str) -> None:
    answer = await anonymous.get("/v1/meta/problems", headers={"Accept-Language": language})
    assert answer.status_code == 200
    told = {row["code"]: row for row in answer.json()["data"]}
    assert {code: row["status"] for code, row in told.items()} == STATUS
    assert all(row["title"] and row["description"] for row in told.values())
    title = told["not_found"]["title"]
    assert title == {"es": "No existe", "en": "Not found"}[language]


async def test_every_kind_of_event_is_published(anonymous: httpx.AsyncClient) -> None:
    answer = await anonymous.get("/v1/meta/event-kinds")
    assert {row["kind"]: row["group"] for row in answer.json()["data"]} == KINDS


async def test_the_process_lives_and_is_ready(anonymous: httpx.AsyncClient) -> None:
    for path in ("/health/live", "/health/ready"):
        answer = await anonymous.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
        assert answer.headers["cache-control"] == "no-store"


async def test_without_its_database_it_lives_but_is_not_ready(container: Container) -> None:
    engine = open_engine(
        "postgresql://nobody@127.0.0.1:1/none",
        role="conforme_api",
        statement_timeout_s=1,
        pool_size=1,
    )
    async with client_of(create_app(replace(container, database=Database(engine)))) as client:
        assert (await client.get("/health/live")).status_code == 200
        answer = await client.get("/health/ready")
        assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
        assert answer.headers["retry-after"] == "1"
    await engine.dispose()
