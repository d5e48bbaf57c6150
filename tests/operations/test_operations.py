"""Long work: batch by batch, for who asked, until it is over or asked to stop."""

import asyncio
from collections.abc import Mapping

import pytest

from app.kernel.errors import TooMany
from app.operations import running, service
from app.operations.models import Operation, OperationKind
from app.operations.running import LEASE, Run, Stopped, Work
from app.operations.tasks import RunOperation
from app.worker import burials_of
from tests.factories import Json
from tests.offices import Office
from tests.organizations.people import a_colleague

ROWS = 5


async def an_operation(office: Office) -> RunOperation:
    """Ask for long work, as a route does."""
    async with office.container.database.transaction(office.organization_id) as tx:
        operation = await service.begin(
            tx,
            office.actor,
            OperationKind.EXPORT,
            {"rows": ROWS},
            total=ROWS,
            at=office.clock.now(),
        )
        return RunOperation(office.organization_id, operation.id)


async def do(office: Office, job: RunOperation, work: Work) -> None:
    """Let a worker do it."""
    works: Mapping[OperationKind, Work] = {OperationKind.EXPORT: work}
    await running.run(job, works, office.worker.database, office.clock)


async def shown(office: Office, job: RunOperation) -> Json:
    """Read it."""
    answer = await office.api.get(f"/v1/operations/{job.operation_id}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def count_rows(run: Run) -> None:
    """Do a row a batch."""
    while True:
        async with run.batch() as batch:
            if batch.operation.done == batch.operation.total:
                return
            batch.operation.done += 1
            batch.count(written=1)


async def test_work_is_done_and_its_asker_follows_it(office: Office) -> None:
    job = await an_operation(office)
    before = await shown(office, job)
    assert (before["state"], before["done"], before["total"]) == ("queued", 0, ROWS)
    await do(office, job, count_rows)
    after = await shown(office, job)
    assert (after["state"], after["done"], after["counts"]) == ("succeeded", 5, {"written": 5})
    assert after["started_at"]
    assert after["ended_at"]
    listed = (await office.api.get("/v1/operations")).json()["data"]
    assert [one["id"] for one in listed] == [str(job.operation_id)]
    over = await office.api.post(f"/v1/operations/{job.operation_id}/cancel")
    assert (over.status_code, over.json()["reason"]) == (409, "operation_over")


async def test_a_colleague_does_not_see_it(office: Office) -> None:
    job = await an_operation(office)
    async with a_colleague(office, "admin") as (_, api):
        path = f"/v1/operations/{job.operation_id}"
        answers = [await api.get(path), await api.post(f"{path}/cancel")]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert (await api.get("/v1/operations")).json()["data"] == []


async def test_a_dead_worker_is_taken_over_after_its_last_batch(office: Office) -> None:
    job = await an_operation(office)
    first: list[Run] = []

    async def die(run: Run) -> None:
        first.append(run)
        async with run.batch() as batch:
            batch.operation.done += 2
        async with run.batch() as batch:
            batch.operation.done += 1
            raise ConnectionError

    with pytest.raises(ConnectionError):
        await do(office, job, die)
    assert (await shown(office, job))["done"] == 2
    await do(office, job, count_rows)  # the lease is not over: nothing happens
    assert (await shown(office, job))["state"] == "running"
    office.clock.advance(LEASE)
    await running.sweep(office.worker.database, office.clock, office.organization_id)
    await do(office, job, count_rows)
    after = await shown(office, job)
    assert (after["state"], after["done"], after["counts"]) == ("succeeded", 5, {"written": 3})

    async def come_back(_: Run) -> None:
        await count_rows(first[0])

    await do(office, job, come_back)
    assert (await shown(office, job))["done"] == 5


async def test_cancelling_stops_before_the_next_batch(office: Office) -> None:
    waiting = await an_operation(office)
    path = f"/v1/operations/{waiting.operation_id}/cancel"
    assert (await office.api.post(path)).json()["state"] == "cancelled"
    assert (await office.api.post(path)).status_code == 200
    await do(office, waiting, count_rows)
    assert (await shown(office, waiting))["done"] == 0

    job = await an_operation(office)

    async def be_stopped(run: Run) -> None:
        async with run.batch() as batch:
            batch.operation.done += 1
        told = await office.api.post(f"/v1/operations/{job.operation_id}/cancel")
        assert told.json()["state"] == "running"
        await count_rows(run)

    await do(office, job, be_stopped)
    after = await shown(office, job)
    assert (after["state"], after["done"]) == ("cancelled", 1)


async def test_what_fails_says_why(office: Office) -> None:
    job = await an_operation(office)

    async def stop(_: Run) -> None:
        raise Stopped("actor_gone")

    await do(office, job, stop)
    after = await shown(office, job)
    assert (after["state"], after["reason"]) == ("failed", "actor_gone")
    assert after["reason_text"]
    dead = await an_operation(office)
    await burials_of(office.worker)[RunOperation](dead)
    assert (await shown(office, dead))["reason"] == "internal"


async def test_who_left_has_nothing_done_for_them(office: Office) -> None:
    async with a_colleague(office, "admin") as (user_id, _):
        job = await an_operation(office)
        async with office.container.database.transaction(office.organization_id) as tx:
            operation = await tx.get(Operation, (office.organization_id, job.operation_id))
            assert operation is not None
            operation.principal = f"user:{user_id}"
        gone = await office.api.patch(f"/v1/users/{user_id}", json={"status": "inactive"})
        assert gone.status_code == 200, gone.text
        await do(office, job, count_rows)
        async with office.container.database.transaction(office.organization_id) as tx:
            operation = await tx.get(Operation, (office.organization_id, job.operation_id))
            assert operation is not None
            assert (operation.state, operation.reason, operation.done) == (
                "failed", "actor_gone", 0,
            )  # fmt: skip


async def test_nobody_has_more_under_way_than_their_share(office: Office) -> None:
    answers = await asyncio.gather(
        *(an_operation(office) for _ in range(service.UNDER_WAY_MAX + 2)), return_exceptions=True
    )
    assert sum(isinstance(answer, TooMany) for answer in answers) == 2
