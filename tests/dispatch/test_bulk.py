"""Many documents sent at once, as long work: each by itself, none twice."""

import asyncio
from uuid import UUID

import httpx
import pytest

from app.operations import running
from app.operations.running import Batch
from app.operations.tasks import RunOperation
from app.worker import works_of
from tests.factories import Json, a_contact, a_quote, an_issued_quote
from tests.fakes import FakeMail
from tests.offices import Office
from tests.organizations.people import a_colleague


async def asked(office: Office, ids: list[str], **order: object) -> httpx.Response:
    body = {"document_ids": ids, **order}
    headers = {"Idempotency-Key": "all"}
    return await office.api.post("/v1/dispatches/bulk", json=body, headers=headers)


async def work(office: Office, operation: Json) -> None:
    """Let a worker do the operation."""
    job = RunOperation(office.organization_id, UUID(operation["id"]))
    await running.run(job, works_of(office.worker), office.worker.database, office.clock)


async def shown(office: Office, operation: Json) -> Json:
    return dict((await office.api.get(f"/v1/operations/{operation['id']}")).json())


async def items(office: Office, operation: Json, query: str = "") -> list[Json]:
    answer = await office.api.get(f"/v1/operations/{operation['id']}/items{query}")
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


async def test_each_goes_or_tells_why_not(office: Office, mail: FakeMail) -> None:
    good = [await an_issued_quote(office) for _ in range(3)]
    draft = await a_quote(office)
    silent = await an_issued_quote(office, await a_contact(office, emails=[]))
    ids = [good[0]["id"], draft["id"], good[1]["id"], silent["id"], good[2]["id"]]
    answer = await asked(office, ids, subject="Para todos")
    assert answer.status_code == 202, answer.text
    operation = answer.json()
    assert (operation["kind"], operation["total"], operation["done"]) == ("bulk_dispatch", 5, 0)
    assert mail.sent == []

    await work(office, operation)
    after = await shown(office, operation)
    assert (after["state"], after["done"], after["failed"]) == ("succeeded", 5, 2)
    assert after["counts"] == {"done": 3, "failed": 2}
    told = await items(office, operation)
    assert [one["subject_id"] for one in told] == ids
    assert [one["reason"] for one in told] == [None, "not_issued", None, "no_recipient", None]
    assert all(one["reason_text"] for one in told if one["reason"])
    failed = await items(office, operation, "?state=failed&limit=1")
    assert [one["position"] for one in failed] == [1]
    dispatch = (await office.api.get(f"/v1/dispatches/{told[0]['result_id']}")).json()
    assert (dispatch["document_id"], dispatch["subject"]) == (ids[0], "Para todos")
    await office.deliver()
    assert len(mail.sent) == 3


async def test_asking_again_with_the_same_key_sends_nothing_twice(
    office: Office, mail: FakeMail
) -> None:
    document = await an_issued_quote(office)
    first = await asked(office, [document["id"]])
    again = await asked(office, [document["id"]])
    assert again.json() == first.json()
    await work(office, first.json())
    await work(office, first.json())
    await office.deliver()
    assert len(mail.sent) == 1


async def test_a_worker_that_dies_in_between_sends_nothing_twice(
    office: Office, mail: FakeMail, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents = [await an_issued_quote(office) for _ in range(4)]
    operation = (await asked(office, [one["id"] for one in documents])).json()
    count = Batch.count
    seen = 0

    def dies(batch: Batch, **rows: int) -> None:
        nonlocal seen
        seen += 1
        if seen == 3:
            raise SystemExit  # as if killed: the third is not committed
        count(batch, **rows)

    monkeypatch.setattr(Batch, "count", dies)
    with pytest.raises(SystemExit):
        await work(office, operation)
    monkeypatch.undo()
    assert (await shown(office, operation))["done"] == 2
    office.clock.advance(running.LEASE)
    await running.sweep(office.worker.database, office.clock, office.organization_id)
    await work(office, operation)
    assert (await shown(office, operation))["state"] == "succeeded"
    await office.deliver()
    assert len(mail.sent) == 4


async def test_two_workers_at_once_send_nothing_twice(office: Office, mail: FakeMail) -> None:
    documents = [await an_issued_quote(office) for _ in range(4)]
    operation = (await asked(office, [one["id"] for one in documents])).json()
    await asyncio.gather(work(office, operation), work(office, operation))
    await office.deliver()
    assert len(mail.sent) == 4


async def test_cancelled_it_stops_before_the_next(office: Office, mail: FakeMail) -> None:
    document = await an_issued_quote(office)
    operation = (await asked(office, [document["id"]])).json()
    cancelled = await office.api.post(f"/v1/operations/{operation['id']}/cancel")
    assert cancelled.json()["state"] == "cancelled"
    await work(office, operation)
    assert [one["state"] for one in await items(office, operation)] == ["pending"]
    await office.deliver()
    assert mail.sent == []


async def test_what_one_does_not_see_or_names_twice_is_a_fault(
    office: Office, rival: Office
) -> None:
    own, foreign = await an_issued_quote(office), await an_issued_quote(rival)
    answer = await asked(office, [own["id"], foreign["id"], own["id"]])
    assert answer.status_code == 422
    told = {one["pointer"]: one["code"] for one in answer.json()["errors"]}
    assert told == {
        "/document_ids/1": "reference.unknown",
        "/document_ids/2": "reference.repeated",
    }


async def test_who_may_not_send_any_more_sends_nothing(office: Office, mail: FakeMail) -> None:
    contact = await a_contact(office)
    async with a_colleague(office, "manager") as (user_id, api):
        document = await an_issued_quote(office, contact)
        headers = {"Idempotency-Key": "mine"}
        body = {"document_ids": [document["id"]]}
        answer = await api.post("/v1/dispatches/bulk", json=body, headers=headers)
        assert answer.status_code == 202, answer.text
        gone = await office.api.patch(f"/v1/users/{user_id}", json={"status": "inactive"})
        assert gone.status_code == 200, gone.text
        await work(office, answer.json())
    await office.deliver()
    assert mail.sent == []
