"""Rates are held across processes, and front ends are told apart."""

from datetime import timedelta

import httpx
import pytest

from app.container import Container
from app.kernel.errors import TooMany
from app.kernel.identifiers import new_id
from app.main import create_app
from app.organizations import service
from app.web.rate_limits import Limit, RateLimits
from tests.fakes import FixedClock
from tests.offices import Office, client_of

LIMIT = Limit("of_the_tests", 3, 60)


async def test_a_rate_is_held_and_refills(container: Container, clock: FixedClock) -> None:
    limits = RateLimits(container.database, factor=1)
    who = str(new_id())
    for _ in range(3):
        await limits.check(LIMIT, who, at=clock.now())
        await limits.take(LIMIT, who, at=clock.now())
    with pytest.raises(TooMany) as refused:
        await limits.take(LIMIT, who, at=clock.now())
    assert refused.value.retry_after_s is not None
    assert 1 <= refused.value.retry_after_s <= 21
    with pytest.raises(TooMany):
        await limits.check(LIMIT, who, at=clock.now())
    await limits.take(LIMIT, "somebody else", at=clock.now())
    clock.advance(timedelta(seconds=refused.value.retry_after_s))
    await limits.take(LIMIT, who, at=clock.now())
    with pytest.raises(TooMany):
        await limits.take(LIMIT, who, at=clock.now())


async def test_the_sandbox_allows_more(container: Container, clock: FixedClock) -> None:
    limits = RateLimits(container.database, factor=10)
    who = str(new_id())
    for _ in range(30):
        await limits.take(LIMIT, who, at=clock.now())
    with pytest.raises(TooMany):
        await limits.take(LIMIT, who, at=clock.now())


async def preflight(client: httpx.AsyncClient, origin: str) -> httpx.Response:
    return await client.options(
        "/v1/contacts",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "PATCH",
            "Access-Control-Request-Headers": "authorization, if-match",
        },
    )


async def test_only_front_ends_on_a_list_may_read(container: Container, office: Office) -> None:
    ours = f"https://{new_id()}.example"
    async with container.database.transaction(office.organization_id) as tx:
        await service.allow_origin(tx, office.organization_id, ours)
    async with client_of(create_app(container)) as client:
        answer = await preflight(client, ours)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == ours
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert "PATCH" in answer.headers["access-control-allow-methods"]
        foreign = await preflight(client, "https://evil.example")
        assert "access-control-allow-origin" not in foreign.headers
        read = await client.get("/v1/contacts", headers={"Origin": ours})
        assert read.status_code == 401
        assert read.headers["access-control-allow-origin"] == ours
        assert "ETag" in read.headers["access-control-expose-headers"]
        assert (
            "access-control-allow-origin"
            not in (
                await client.get("/v1/contacts", headers={"Origin": "https://evil.example"})
            ).headers
        )
