"""Rates are held across processes, and front ends are told apart."""

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from app.container import Container
from app.kernel.errors import TooMany
from app.kernel.identifiers import new_id
from app.main import create_app
from app.organizations import service
from app.web.rate_limits import Limit, RateLimits
from tests.clients import link_of
from tests.factories import a_sent_quote
from tests.fakes import FakeMail, FixedClock
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
        assert foreign.headers["content-type"] == "application/problem+json"
        assert foreign.json()["reason"] == "cross_origin_refused"
        assert foreign.json()["request_id"] == foreign.headers["request-id"]
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


async def test_a_front_end_reads_only_the_organizations_that_list_it(
    container: Container, office: Office, rival: Office
) -> None:
    ours, platform = f"https://{new_id()}.example", f"https://{new_id()}.example"
    async with container.database.transaction(office.organization_id) as tx:
        await service.allow_origin(tx, office.organization_id, ours)
    settings = container.settings.model_copy(update={"cors_origins": (platform,)})
    app = create_app(replace(container, settings=settings))

    async def readable(token: str | None, origin: str, path: str = "/v1/contacts") -> bool:
        credentials = {"Authorization": f"Bearer {token}"} if token else {}
        async with client_of(app, Origin=origin, **credentials) as client:
            answer = await client.get(path)
        assert "Origin" in answer.headers["vary"]
        allowed = answer.headers.get("access-control-allow-origin")
        assert allowed in {None, origin}
        assert (allowed is None) == ("access-control-allow-credentials" not in answer.headers)
        return allowed is not None

    assert await readable(office.access_token, ours)
    assert not await readable(rival.access_token, ours)
    assert not await readable(rival.access_token, ours, f"/v1/contacts/{new_id()}")
    assert await readable(rival.access_token, platform)
    assert await readable(None, ours)
    assert not await readable(office.access_token, "https://evil.example")


async def test_a_link_is_read_by_the_front_ends_of_its_organization(
    container: Container, office: Office, rival: Office, mail: FakeMail
) -> None:
    await a_sent_quote(office)
    path = f"/public/v1/documents/{link_of(mail.sent[-1].content)}"
    ours, theirs = f"https://{new_id()}.example", f"https://{new_id()}.example"
    for origin, one in ((ours, office), (theirs, rival)):
        async with container.database.transaction(one.organization_id) as tx:
            await service.allow_origin(tx, one.organization_id, origin)
    app = create_app(container)
    for rest in ("", "/comments", "/pdf"):
        for origin in (ours, theirs):
            async with client_of(app, Origin=origin) as client:
                answer = await client.get(path + rest)
            assert answer.status_code == 200
            allowed = answer.headers.get("access-control-allow-origin")
            assert allowed == (ours if origin == ours else None)
