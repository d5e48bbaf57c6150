"""Jobs live and die with the transaction that promised them."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from structlog.testing import capture_logs

from app.container import Container
from app.jobs import dead_letters
from app.jobs.queue import Job, enqueue
from app.jobs.runner import LONGEST_DELAY, Handler, Runner, Scheduled, delay_after
from app.kernel.identifiers import new_id
from app.settings import Settings

WAIT_S = 30


@dataclass(frozen=True, slots=True)
class Ring(Job):
    """A job of the tests."""

    name: ClassVar[str] = "tests.ring"

    bell_id: UUID
    times: int = 1


async def count(container: Container, job: Job) -> int:
    async with container.database.transaction() as tx:
        found = await tx.scalar(
            text("select count(*) from pgqueuer where headers->>'organization_id' = :id"),
            {"id": str(job.organization_id)},
        )
    return int(found or 0)


def a_ring() -> Ring:
    return Ring(new_id(), new_id())


def test_a_job_survives_the_wire() -> None:
    job = a_ring()
    assert Ring.from_bytes(job.to_bytes()) == job


async def test_a_job_enqueued_first_in_a_transaction_that_rolls_back_is_gone(
    container: Container,
) -> None:
    job = a_ring()

    async def promise_and_fail() -> None:
        async with container.database.transaction() as tx:
            await enqueue(tx, job)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await promise_and_fail()
    assert await count(container, job) == 0


async def test_a_committed_job_is_done_once(container: Container, settings: Settings) -> None:
    job, done = a_ring(), []

    async def ring(job: Ring) -> None:
        done.append(job)

    async with container.database.transaction() as tx:
        await enqueue(tx, job)
    await Runner(settings.database_url.get_secret_value(), {Ring: ring}).drain()
    assert done == [job]
    assert await count(container, job) == 0


async def test_a_failure_is_retried_later_and_a_hopeless_one_is_kept_visible(
    container: Container, settings: Settings
) -> None:
    job = a_ring()

    async def fail(_: Ring) -> None:
        raise ValueError("the bell is broken")

    async with container.database.transaction() as tx:
        await enqueue(tx, job)
    with capture_logs() as told:
        await fail_for_good(container, settings, job, fail)
    (alert,) = [one for one in told if one["event"] == "job_dead"]
    assert (alert["log_level"], alert["job"]) == ("error", "tests.ring")
    async with container.database.transaction() as tx:
        dead = [one for one in await dead_letters.list_dead(tx)
                if one.organization_id == str(job.organization_id)]  # fmt: skip
    assert [one.error for one in dead] == ["ValueError"]
    async with container.database.transaction() as tx:
        assert await dead_letters.requeue(tx, dead[0].id)
        assert not await dead_letters.requeue(tx, dead[0].id)


async def fail_for_good(
    container: Container, settings: Settings, job: Ring, handler: Handler
) -> None:
    """Try a job as often as it may be, without the waits."""
    for _ in range(12):
        async with container.database.transaction() as tx:
            await tx.execute(
                text("update pgqueuer set execute_after = now() where status = 'queued'"
                     " and headers->>'organization_id' = :id"),
                {"id": str(job.organization_id)},
            )  # fmt: skip
        runner = Runner(settings.database_url.get_secret_value(), {Ring: handler})
        await one_round(runner, container, job)


async def test_a_job_that_kills_every_worker_is_buried_by_name(
    container: Container, settings: Settings
) -> None:
    """As the queue sees it: picked, and the worker silent; no attempt is counted by that."""
    job, done = a_ring(), []

    async def ring(job: Ring) -> None:
        done.append(job)

    async with container.database.transaction() as tx:
        await enqueue(tx, job)
    for _ in range(5):
        await be_picked_by_the_dead(container, job)
    runner = Runner(settings.database_url.get_secret_value(), {Ring: ring})
    with capture_logs() as told:
        await one_round(runner, container, job)
    assert [one["job"] for one in told if one["event"] == "job_dead"] == ["tests.ring"]
    async with container.database.transaction() as tx:
        dead = [one for one in await dead_letters.list_dead(tx)
                if one.organization_id == str(job.organization_id)]  # fmt: skip
    assert [one.error for one in dead] == ["WorkersDied"]
    assert job not in done
    async with container.database.transaction() as tx:
        assert await dead_letters.requeue(tx, dead[0].id)
    await Runner(settings.database_url.get_secret_value(), {Ring: ring}).drain()
    assert job in done


async def be_picked_by_the_dead(container: Container, job: Ring) -> None:
    async with container.database.transaction() as tx:
        await tx.execute(
            text(
                "with claimed as ("
                " update pgqueuer set status = 'picked', queue_manager_id = gen_random_uuid(),"
                " heartbeat = now() - interval '1 hour', execute_after = now() - interval '1 hour'"
                " where headers->>'organization_id' = :id returning *)"
                " insert into pgqueuer_log (job_id, status, entrypoint, priority)"
                " select id, status, entrypoint, priority from claimed"
            ),
            {"id": str(job.organization_id)},
        )


async def one_round(runner: Runner, container: Container, job: Job) -> None:
    """Run until the job has been tried once more."""

    async def attempts() -> tuple[int, str]:
        async with container.database.transaction() as tx:
            row = (
                await tx.execute(
                    text("select attempts, status::text from pgqueuer"
                         " where headers->>'organization_id' = :id"),
                    {"id": str(job.organization_id)},
                )
            ).one()  # fmt: skip
        return row[0], row[1]

    before = await attempts()
    task = asyncio.create_task(runner.run())
    for _ in range(200):
        await asyncio.sleep(0.02)
        now = await attempts()
        if now != before and now[1] != "picked":
            break
    runner.stop()
    await task


@given(st.integers(0, 40), st.floats(0, 1))
def test_delays_grow_and_stay_within_bounds(attempts: int, spread: float) -> None:
    delay = delay_after(attempts, spread)
    assert timedelta(seconds=4) <= delay <= LONGEST_DELAY * 1.2
    assert delay_after(attempts + 1, spread) >= delay


async def test_a_worker_told_to_stop_does_not_wait_for_long_rounds(
    worker: Container, settings: Settings
) -> None:
    """Only those that say so are cut short; sending a message never is."""
    begun, ended = asyncio.Event(), []

    async def go_round() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("cut")

    async with worker.database.transaction() as tx:
        await tx.execute(
            text(
                "insert into pgqueuer_schedules (expression, entrypoint, next_run)"
                " values ('* * * * *', 'tests.round', now())"
            )
        )
    rounds = (Scheduled("tests.round", "* * * * *", go_round, may_be_cut=True),)
    runner = Runner(settings.database_url.get_secret_value(), {}, rounds)
    running = asyncio.create_task(runner.run())
    async with asyncio.timeout(WAIT_S):
        await begun.wait()
        runner.stop()
        await running
    assert ended == ["cut"]
