"""What has expired goes, in batches; what still counts stays."""

from datetime import timedelta
from functools import partial

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.batches import until_done
from app.kernel.identifiers import hash_token, new_id
from app.organizations import sessions
from app.organizations.models import Session, SessionToken
from app.upkeep.forgetting import forget_expired
from app.web import idempotency
from app.web.models import IdempotentReply, RateLimit
from app.web.rate_limits import Limit, RateLimits
from app.worker import schedules_of
from tests.fakes import FixedClock
from tests.offices import Office

LIMIT = Limit("of_forgetting", 1, 60)


async def sign_in(office: Office) -> sessions.Tokens:
    async with office.container.database.transaction() as tx:
        tokens, _ = await sessions.begin(tx, office.user_id, at=office.clock.now())
    return tokens


async def known(office: Office, token: str) -> bool:
    async with office.container.database.transaction() as tx:
        return await tx.get(SessionToken, hash_token(token)) is not None


async def sessions_of(office: Office) -> int:
    async with office.container.database.transaction() as tx:
        return len(list(await tx.scalars(select(Session).where(Session.user_id == office.user_id))))


async def test_the_night_deletes_what_expired(office: Office, clock: FixedClock) -> None:
    forget = {one.name: one for one in schedules_of(office.worker)}["expired.forget"].sweep
    limits = RateLimits(office.container.database, factor=1)
    who = str(new_id())
    await limits.take(LIMIT, who, at=clock.now())
    tokens = await sign_in(office)
    key = {"Idempotency-Key": "once"}
    made = await office.api.post(
        "/v1/api-keys", json={"name": "Web", "scopes": ["contacts:read"]}, headers=key
    )
    assert made.status_code == 201, made.text

    async def meters() -> int:
        digest, *_ = limits._meter(LIMIT, who)  # noqa: SLF001 - meters have no other name
        async with office.container.database.transaction() as tx:
            found = await tx.scalars(select(RateLimit).where(RateLimit.key == digest))
            return len(list(found))

    async def replies() -> int:
        async with office.container.database.transaction(office.organization_id) as tx:
            return len(list(await tx.scalars(select(IdempotentReply))))

    await forget()
    assert (await meters(), await replies()) == (1, 1)
    assert await known(office, tokens.access)
    clock.advance(timedelta(days=2))
    await forget()
    assert (await meters(), await replies()) == (0, 1)
    assert not await known(office, tokens.access)
    assert await known(office, tokens.refresh), "it lives for thirty days"
    assert await sessions_of(office) == 2, "the office's own, and this one"
    answer = await office.api.post("/v1/auth/refresh", json={"refresh_token": tokens.refresh})
    assert answer.status_code == 200
    clock.advance(timedelta(days=40))
    await forget()
    assert await replies() == 0
    assert not await known(office, tokens.refresh)
    assert await sessions_of(office) == 1, "the office stays signed in"
    assert (await office.api.get("/v1/me")).status_code == 200


async def test_a_token_just_expired_is_still_told_apart(office: Office, clock: FixedClock) -> None:
    tokens = await sign_in(office)
    clock.advance(timedelta(hours=2))
    await forget_expired(office.worker)
    answer = await office.api.get("/v1/me", headers={"Authorization": f"Bearer {tokens.access}"})
    assert (answer.status_code, answer.json()["code"]) == (401, "token_expired")


async def test_a_batch_is_bounded_and_all_of_it_goes(office: Office, clock: FixedClock) -> None:
    at = clock.now()
    async with office.container.database.transaction(office.organization_id) as tx:
        for number in range(5):
            reply = IdempotentReply(
                organization_id=office.organization_id, principal="user:1", key=str(number),
                fingerprint=b"", status=200, headers={}, body=b"",
                created_at=at - idempotency.RETENTION - timedelta(days=1),
            )  # fmt: skip
            tx.add(reply)
    done: list[int] = []

    async def step(tx: AsyncSession) -> int:
        count = await idempotency.forget_old(tx, at=at, limit=2)
        done.append(count)
        return count

    total = await until_done(office.worker.database, step, office.organization_id)
    assert (total, done) == (5, [2, 2, 1, 0])


async def test_sign_ins_go_in_batches(office: Office, clock: FixedClock) -> None:
    for _ in range(3):
        await sign_in(office)
    clock.advance(timedelta(days=33))
    database, at = office.worker.database, clock.now()
    async with database.transaction() as tx:
        assert await sessions.forget_tokens(tx, at=at, limit=2) == 2
    await until_done(database, partial(sessions.forget_tokens, at=at))
    async with database.transaction() as tx:
        assert await sessions.forget_ended(tx, at=at, limit=2) == 2
