"""Doing operations: batch after batch, each with the progress it makes.

A batch and the note of it commit together, so a worker that dies leaves no doubt: the
next one goes on after the last batch. While a batch commits, the row is locked and its
attempt compared; of two workers the later has the word, and the earlier stops.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog
from pydantic import JsonValue
from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs.queue import enqueue
from app.kernel.actor import Actor
from app.kernel.clock import Clock
from app.kernel.database import Database
from app.kernel.errors import Forbidden, Problem
from app.operations.models import ENDED, Operation, OperationItem, OperationKind, OperationState
from app.operations.service import end
from app.operations.tasks import RunOperation
from app.organizations import acting

log = structlog.get_logger()

LEASE = timedelta(minutes=5)
"""How long the silence of a run is taken for work; a batch takes seconds."""

LOST_AFTER = timedelta(minutes=1)
"""When the job of an operation that has not begun is taken for lost."""


class Stopped(Exception):
    """The work cannot go on, for a reason its asker can understand.

    Args:
        reason: One of the published reasons, such as `too_many_rows`.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class _Cancelled(Exception):
    """Whoever asked for the work asked to stop it."""


class _Superseded(Exception):
    """Another run has taken over, or the operation is over."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A transaction for the next rows; what is noted on the operation commits with them.

    Attributes:
        actor: Who asked, with what they may do and see now.
    """

    tx: AsyncSession
    operation: Operation
    actor: Actor

    def count(self, **rows: int) -> None:
        """Add to the counts of what came of the rows."""
        counts = dict(self.operation.counts)
        for name, number in rows.items():
            before = counts.get(name, 0)
            counts[name] = (before if isinstance(before, int) else 0) + number
        self.operation.counts = counts


@dataclass(frozen=True, slots=True)
class Run:
    """One run of an operation's work.

    Attributes:
        parameters: What was asked for.
        attempt: Which run it is, from 1.
    """

    organization_id: UUID
    operation_id: UUID
    parameters: Mapping[str, JsonValue]
    database: Database
    clock: Clock
    attempt: int

    @asynccontextmanager
    async def batch(self) -> AsyncIterator[Batch]:
        """Open the transaction of a batch.

        Raises:
            Stopped: Who asked may not act here any more.
        """
        async with self.database.transaction(self.organization_id) as tx:
            operation = await tx.get(
                Operation, (self.organization_id, self.operation_id), with_for_update=True
            )
            if operation is None or operation.is_over or operation.attempt != self.attempt:
                raise _Superseded
            if operation.cancel_asked_at is not None:
                raise _Cancelled
            actor = await acting.as_of_now(
                tx, self.organization_id, operation.principal, at=self.clock.now()
            )
            if actor is None:
                raise Stopped("actor_gone")
            yield Batch(tx, operation, actor)
            operation.leased_until = self.clock.now() + LEASE


async def do_each(run: Run, do: Callable[[Batch, UUID], Awaitable[UUID]]) -> None:
    """Do an operation's items one by one, each in a transaction of its own.

    What cannot be done is written down with its reason, and the next one is begun.

    Args:
        run: The operation's.
        do: Does one thing, given what it is about; gives what came of it.
    """
    while True:
        async with run.batch() as batch:
            item = await _next(batch)
            if item is None:
                return
            try:
                async with batch.tx.begin_nested():
                    item.result_id = await do(batch, item.subject_id)
            except Forbidden:
                raise  # the asker may do none of them
            except Problem as problem:
                item.state, item.result_id, item.reason = "failed", None, _reason_of(problem)
                batch.operation.failed += 1
                batch.count(failed=1)
            else:
                item.state = "done"
                batch.count(done=1)
            batch.operation.done += 1


async def _next(batch: Batch) -> OperationItem | None:
    operation = batch.operation
    return await batch.tx.scalar(
        select(OperationItem)
        .where(
            OperationItem.organization_id == operation.organization_id,
            OperationItem.operation_id == operation.id,
            OperationItem.state == "pending",
        )
        .order_by(OperationItem.position)
        .limit(1)
    )


def _reason_of(problem: Problem) -> str:
    """Give the most particular word there is for what went wrong."""
    if problem.reason is not None:
        return problem.reason
    return problem.faults[0].code if problem.faults else problem.problem_code


Work = Callable[[Run], Awaitable[None]]
"""Does what is left of an operation; it may be called again after any batch."""


async def run(
    job: RunOperation, works: Mapping[OperationKind, Work], database: Database, clock: Clock
) -> None:
    """Do an operation's work, unless it is over or somebody else is at it."""
    claimed = await _claim(job, database, clock)
    if claimed is None:
        return
    kind, current = claimed
    try:
        await works[kind](current)
    except _Superseded:
        log.info("operation_superseded", operation_id=str(job.operation_id))
    except _Cancelled:
        await _end(current, OperationState.CANCELLED)
    except Forbidden:
        await _end(current, OperationState.FAILED, "permission_missing")
    except Stopped as stopped:
        await _end(current, OperationState.FAILED, stopped.reason)
    else:
        await _end(current, OperationState.SUCCEEDED)


async def give_up(job: RunOperation, database: Database, clock: Clock) -> None:
    """Let an operation fail whose work failed time and again."""
    async with database.transaction(job.organization_id) as tx:
        operation = await tx.get(
            Operation, (job.organization_id, job.operation_id), with_for_update=True
        )
        if operation is not None and not operation.is_over:
            end(operation, OperationState.FAILED, reason="internal", at=clock.now())


async def sweep(database: Database, clock: Clock, organization_id: UUID) -> None:
    """Wake the operations whose job or worker got lost."""
    at = clock.now()
    async with database.transaction(organization_id) as tx:
        due = await tx.scalars(
            select(Operation)
            .where(
                Operation.organization_id == organization_id,
                Operation.state.not_in(ENDED),
                or_(
                    Operation.leased_until <= at,
                    and_(Operation.leased_until.is_(None), Operation.created_at <= at - LOST_AFTER),
                ),
            )
            .with_for_update(skip_locked=True)
        )
        for operation in due:
            operation.leased_until = at
            await enqueue(tx, RunOperation(organization_id, operation.id))


async def _claim(
    job: RunOperation, database: Database, clock: Clock
) -> tuple[OperationKind, Run] | None:
    at = clock.now()
    async with database.transaction(job.organization_id) as tx:
        operation = await tx.get(
            Operation, (job.organization_id, job.operation_id), with_for_update=True
        )
        if operation is None or operation.is_over:
            return None
        if operation.leased_until is not None and operation.leased_until > at:
            return None
        operation.state = OperationState.RUNNING.value
        operation.started_at = operation.started_at or at
        operation.attempt += 1
        operation.leased_until = at + LEASE
        current = Run(
            organization_id=job.organization_id,
            operation_id=job.operation_id,
            parameters=operation.parameters,
            database=database,
            clock=clock,
            attempt=operation.attempt,
        )
        return OperationKind(operation.kind), current


async def _end(current: Run, state: OperationState, reason: str | None = None) -> None:
    async with current.database.transaction(current.organization_id) as tx:
        operation = await tx.get(
            Operation, (current.organization_id, current.operation_id), with_for_update=True
        )
        if operation is None or operation.is_over or operation.attempt != current.attempt:
            return
        end(operation, state, reason=reason, at=current.clock.now())
