"""The worker's engine: jobs to handlers, retries, dead letters, schedules."""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import asyncpg
import structlog
from pgqueuer import PgQueuer, RetryRequested
from pgqueuer.domain.types import QueueExecutionMode
from pgqueuer.executors import EntrypointExecutor, EntrypointExecutorParameters
from pgqueuer.models import Context, Schedule
from pgqueuer.models import Job as Row
from typing_extensions import override

from app.jobs.deaths import Deaths, WorkersDied
from app.jobs.queue import Job

log = structlog.get_logger()

ATTEMPTS_MAX = 12
FIRST_DELAY = timedelta(seconds=5)
LONGEST_DELAY = timedelta(hours=1)
HEARTBEAT_TIMEOUT = timedelta(seconds=30)
"""A job whose worker gave no sign for so long is taken over by another."""
POLL_EVERY = timedelta(seconds=2)
"""NOTIFY only makes it quicker: whatever becomes of it, the queue is looked at so often."""
_RECONNECT_S = (1.0, 30.0)

Handler = Callable[[Any], Awaitable[None]]
"""Does one kind of job, or what follows when it is given up; raising lets it be tried again."""

Sweep = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Scheduled:
    """Work that comes round by the clock.

    Attributes:
        name: Stable name.
        cron: Five fields, UTC.
        may_be_cut: It takes long and can stop anywhere: a worker told to stop does not
            wait for it.
    """

    name: str
    cron: str
    sweep: Sweep
    may_be_cut: bool = False


def delay_after(attempts: int, spread: float) -> timedelta:
    """Tell how long to wait after a failure: it doubles from 5 s to an hour.

    Args:
        attempts: Failures before this one.
        spread: From 0 to 1; turned into 0.8 to 1.2 of the delay, so that many that
            failed together do not come back together.
    """
    grown: timedelta = FIRST_DELAY * 2 ** min(attempts, 20)
    return min(grown, LONGEST_DELAY) * (0.8 + 0.4 * spread)


@dataclass
class _Executor(EntrypointExecutor):
    """Runs a handler; a failure is retried, and held as a dead letter in the end.

    Attributes:
        bury: What follows from giving up; until it is done, the job is not given up.
    """

    bury: Callable[[Row], Awaitable[None]]

    @override
    async def execute(self, job: Row, context: Context) -> None:
        try:
            await super().execute(job, context)
        except Exception as error:
            is_over = job.attempts + 1 >= ATTEMPTS_MAX or isinstance(error, WorkersDied)
            if is_over and await self._is_buried(job):
                log.exception("job_dead", job=job.entrypoint, job_id=job.id)
                raise
            delay = delay_after(job.attempts, random.random())  # noqa: S311 - not a secret
            log.warning(
                "job_failed",
                job=job.entrypoint,
                job_id=job.id,
                attempts=job.attempts + 1,
                error=type(error).__name__,
                retry_in_s=round(delay.total_seconds()),
            )
            raise RetryRequested(delay=delay, reason=type(error).__name__) from error

    async def _is_buried(self, job: Row) -> bool:
        try:
            await self.bury(job)
        except Exception:  # the next try buries it
            log.exception("job_not_buried", job=job.entrypoint, job_id=job.id)
            return False
        return True


class Runner:
    """Works through the queue until it is told to stop.

    Args:
        url: `postgresql://…` of the worker's log-in.
        handlers: Which function does which kind of job.
        schedules: What comes round by the clock.
        burials: What follows when a kind of job failed for good.
        heartbeat_timeout: When a silent worker's jobs are taken over.
    """

    def __init__(
        self,
        url: str,
        handlers: Mapping[type[Job], Handler],
        schedules: Sequence[Scheduled] = (),
        *,
        burials: Mapping[type[Job], Handler] | None = None,
        heartbeat_timeout: timedelta = HEARTBEAT_TIMEOUT,
    ) -> None:
        self._url = url
        self._handlers = handlers
        self._schedules = schedules
        self._burials = burials or {}
        self._heartbeat_timeout = heartbeat_timeout
        self._stopping = asyncio.Event()
        self._current: PgQueuer | None = None

    async def run(self) -> None:
        """Work until `stop`; a database that goes away is waited for."""
        wait_s = _RECONNECT_S[0]
        while not self._stopping.is_set():
            try:
                await self._run_once(QueueExecutionMode.continuous)
                wait_s = _RECONNECT_S[0]
            except Exception as error:  # noqa: BLE001 - whatever it was, the worker must come back
                log.warning("worker_interrupted", error=type(error).__name__, retry_in_s=wait_s)
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), wait_s)
                wait_s = min(wait_s * 2, _RECONNECT_S[1])

    async def drain(self) -> None:
        """Do what is due now and return."""
        await self._run_once(QueueExecutionMode.drain)

    def stop(self) -> None:
        """Let jobs under way finish, take no more."""
        self._stopping.set()
        if self._current is not None:
            self._current.shutdown.set()

    async def _run_once(self, mode: QueueExecutionMode) -> None:
        async with asyncpg.create_pool(
            self._url,
            min_size=2,
            max_size=6,
            server_settings={"role": "conforme_worker", "application_name": "conforme_worker"},
        ) as pool:
            queuer = PgQueuer.from_asyncpg_pool(pool)
            deaths = Deaths(pool, self._heartbeat_timeout)
            for kind, handler in self._handlers.items():
                burial = self._burials.get(kind, _nothing_follows)
                _register(queuer, kind, handler, burial, deaths)
            if mode is QueueExecutionMode.continuous:
                for scheduled in self._schedules:
                    _schedule(queuer, scheduled, self._stopping)
            self._current = queuer
            if self._stopping.is_set():
                return
            await queuer.run(
                mode=mode,
                dequeue_timeout=POLL_EVERY,
                heartbeat_timeout=self._heartbeat_timeout,
            )


async def _nothing_follows(_: Job) -> None:
    """Most jobs leave a dead letter and nothing else."""


def _register(
    queuer: PgQueuer, kind: type[Job], handler: Handler, burial: Handler, deaths: Deaths
) -> None:
    async def do(work: Handler, row: Row) -> None:
        job = kind.from_bytes(row.payload or b"{}")
        with structlog.contextvars.bound_contextvars(
            job=kind.name, job_id=row.id, organization_id=str(job.organization_id)
        ):
            await work(job)

    async def execute(row: Row) -> None:
        await deaths.require_few(row)
        await do(handler, row)

    async def bury(row: Row) -> None:
        await do(burial, row)

    def executor(parameters: EntrypointExecutorParameters) -> _Executor:
        return _Executor(parameters, bury)

    queuer.entrypoint(
        kind.name,
        concurrency_limit=kind.concurrency,
        accepts_context=False,
        on_failure="hold",
        executor_factory=executor,
    )(execute)


def _schedule(queuer: PgQueuer, scheduled: Scheduled, stopping: asyncio.Event) -> None:
    async def execute(_: Schedule) -> None:
        try:
            if scheduled.may_be_cut:
                await _until(stopping, scheduled.sweep)
            else:
                await scheduled.sweep()
        except Exception:  # the next round tries again
            log.exception("sweep_failed", sweep=scheduled.name)

    queuer.schedule(scheduled.name, scheduled.cron, accepts_context=False)(execute)


async def _until(stopping: asyncio.Event, sweep: Sweep) -> None:
    """Do the work, or the part of it there is time for."""
    work = asyncio.ensure_future(sweep())
    stop = asyncio.ensure_future(stopping.wait())
    try:
        await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop.cancel()
        if not work.done():
            work.cancel()
    with suppress(asyncio.CancelledError):
        await work
