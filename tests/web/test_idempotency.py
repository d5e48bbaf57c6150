"""The same POST twice has one effect."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from app.kernel.actor import Actor
from app.kernel.identifiers import new_id
from app.web import idempotency
from app.web.models import IdempotentReply
from tests.fakes import FixedClock
from tests.offices import Office

BODY = {"party_kind": "natural_person", "given_name": "Ana", "roles": ["lead"]}
PLACE = "/v1/contacts"


async def how_many(office: Office) -> int:
    return len((await office.api.get(PLACE)).json()["data"])


async def lock(office: Office, actor: Actor, key: str) -> None:
    async with office.container.database.transaction(office.organization_id) as tx:
        name = f"{office.organization_id}|{actor.principal}|{key}"
        await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 0))))
        answer = await office.api.post(PLACE, json=BODY, headers={"Idempotency-Key": key})
        assert (answer.status_code, answer.json()["code"]) == (409, "idempotency_in_progress")
        assert answer.headers["retry-after"] == "1"


async def test_a_key_in_use_is_waited_for(office: Office) -> None:
    await lock(office, office.actor, "busy")
    answer = await office.api.post(PLACE, json=BODY, headers={"Idempotency-Key": "busy"})
    assert answer.status_code == 201


@pytest.mark.parametrize("key", ["", "a b", "ñ", "x" * 256, "tab\t"])
async def test_keys_of_a_wrong_form(office: Office, key: str) -> None:
    headers = [(b"Idempotency-Key", key.encode("latin-1"))]
    answer = await office.api.post(PLACE, json=BODY, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "idempotency_key_invalid")


async def test_the_order_of_fields_does_not_matter(office: Office) -> None:
    headers = {"Idempotency-Key": "order", "Content-Type": "application/json"}
    one = b'{"party_kind": "natural_person", "given_name": "A", "roles": ["lead"]}'
    two = b'{"roles":["lead"],"given_name":"A","party_kind":"natural_person"}'
    first = await office.api.post(PLACE, content=one, headers=headers)
    second = await office.api.post(PLACE, content=two, headers=headers)
    assert second.json() == first.json()
    assert second.headers["etag"] == first.headers["etag"]
    assert await how_many(office) == 1


async def test_a_refused_request_leaves_its_key_free(office: Office) -> None:
    headers = {"Idempotency-Key": "free"}
    wrong = await office.api.post(PLACE, json={**BODY, "roles": []}, headers=headers)
    assert wrong.status_code == 422
    right = await office.api.post(PLACE, json=BODY, headers=headers)
    assert right.status_code == 201
    assert "idempotency-replayed" not in right.headers


async def test_keys_of_others_are_others(office: Office, rival: Office) -> None:
    headers = {"Idempotency-Key": "mine"}
    one = await office.api.post(PLACE, json=BODY, headers=headers)
    two = await rival.api.post(PLACE, json=BODY, headers=headers)
    assert one.status_code == two.status_code == 201
    assert one.json()["id"] != two.json()["id"]


async def test_ten_at_once_make_one(office: Office) -> None:
    key = str(new_id())
    answers = await asyncio.gather(
        *(office.api.post(PLACE, json=BODY, headers={"Idempotency-Key": key}) for _ in range(10))
    )
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert await how_many(office) == 1


async def test_after_a_week_a_key_is_new(office: Office, clock: FixedClock) -> None:
    headers = {"Idempotency-Key": "week"}
    first = await office.api.post(PLACE, json=BODY, headers=headers)
    clock.advance(idempotency.RETENTION + timedelta(seconds=1))
    async with office.container.database.transaction(office.organization_id) as tx:
        await idempotency.forget_old(tx, at=clock.now())
        assert await tx.scalar(select(func.count()).select_from(IdempotentReply)) == 0
    assert first.status_code == 201


async def test_what_is_too_deep_is_no_json(office: Office) -> None:
    headers = {"Content-Type": "application/json"}
    answer = await office.api.post(PLACE, content=b"[" * 100_000, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "malformed_request")
