"""Verbs: begin an operation, and ask it to stop."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.jobs.queue import enqueue
from app.kernel.actor import Actor
from app.kernel.errors import Conflict, TooMany
from app.kernel.identifiers import new_id
from app.operations.models import ENDED, Operation, OperationItem, OperationKind, OperationState
from app.operations.tasks import RunOperation

UNDER_WAY_MAX = 5
"""What one asker may have under way at once."""


async def begin(
    tx: AsyncSession,
    actor: Actor,
    kind: OperationKind,
    parameters: Mapping[str, JsonValue],
    *,
    total: int | None = None,
    subjects: Sequence[UUID] = (),
    at: datetime,
) -> Operation:
    """Promise long work; what it needs to know are its parameters, and what it is about.

    Raises:
        TooMany: The actor has as many under way as anybody may.
    """
    await _require_room(tx, actor)
    operation = Operation(
        organization_id=actor.organization_id,
        id=new_id(),
        kind=kind.value,
        state=OperationState.QUEUED.value,
        parameters=dict(parameters),
        total=total,
        done=0,
        failed=0,
        counts={},
        principal=actor.principal,
        created_by=actor.id,
        created_by_name=actor.name,
        created_at=at,
        attempt=0,
    )
    tx.add(operation)
    await tx.flush()
    tx.add_all(_items(operation, subjects))
    await tx.flush()
    await enqueue(tx, RunOperation(operation.organization_id, operation.id))
    return operation


def _items(operation: Operation, subjects: Sequence[UUID]) -> Iterator[OperationItem]:
    for position, subject_id in enumerate(subjects):
        yield OperationItem(
            organization_id=operation.organization_id,
            operation_id=operation.id,
            position=position,
            subject_id=subject_id,
            state="pending",
        )


async def cancel(tx: AsyncSession, operation: Operation, *, at: datetime) -> None:
    """Ask an operation to stop; what it has done by then stays done.

    One that has not begun is over at once; one that runs stops before its next batch.

    Raises:
        Conflict: `operation_over`: there is nothing left to stop.
    """
    if operation.state == OperationState.CANCELLED or operation.cancel_asked_at is not None:
        return
    if operation.is_over:
        raise Conflict(reason="operation_over", extra={"current_status": operation.state})
    operation.cancel_asked_at = at
    if operation.state == OperationState.QUEUED:
        end(operation, OperationState.CANCELLED, at=at)
    await tx.flush()


def end(
    operation: Operation, state: OperationState, *, reason: str | None = None, at: datetime
) -> None:
    """Let an operation be over."""
    operation.state = state.value
    operation.reason = reason
    operation.ended_at = at
    operation.leased_until = None


async def _require_room(tx: AsyncSession, actor: Actor) -> None:
    lock = f"operations|{actor.organization_id}|{actor.principal}"
    await tx.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(lock, 0))))
    under_way = await tx.scalar(
        select(func.count()).where(
            Operation.organization_id == actor.organization_id,
            Operation.principal == actor.principal,
            Operation.state.not_in(ENDED),
        )
    )
    if (under_way or 0) >= UNDER_WAY_MAX:
        raise TooMany(reason="operations_under_way", retry_after_s=30)
