"""Reading operations: each is its asker's alone."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.operations.models import Operation, OperationItem
from app.operations.schemas import ItemQuery


async def get(
    tx: AsyncSession, actor: Actor, operation_id: UUID, *, for_update: bool = False
) -> Operation:
    """Give an operation the actor asked for.

    Raises:
        NotFound: There is none, or it is somebody else's.
    """
    query = select(Operation).where(
        Operation.organization_id == actor.organization_id,
        Operation.id == operation_id,
        Operation.principal == actor.principal,
    )
    if for_update:
        query = query.with_for_update()
    operation = await tx.scalar(query.execution_options(populate_existing=True))
    if operation is None:
        raise NotFound
    return operation


async def list_operations(
    tx: AsyncSession, actor: Actor, *, before: UUID | None, limit: int
) -> Sequence[Operation]:
    """Give what the actor asked for, newest first, one more than the limit."""
    query = select(Operation).where(
        Operation.organization_id == actor.organization_id,
        Operation.principal == actor.principal,
    )
    if before is not None:
        query = query.where(Operation.id < before)
    return (await tx.scalars(query.order_by(Operation.id.desc()).limit(limit + 1))).all()


async def list_items(
    tx: AsyncSession, operation: Operation, query: ItemQuery, *, after: int
) -> Sequence[OperationItem]:
    """Give what an operation is to do, in its order, one more than the limit."""
    wanted = select(OperationItem).where(
        OperationItem.organization_id == operation.organization_id,
        OperationItem.operation_id == operation.id,
        OperationItem.position > after,
    )
    if query.state is not None:
        wanted = wanted.where(OperationItem.state == query.state)
    return (await tx.scalars(wanted.order_by(OperationItem.position).limit(query.limit + 1))).all()
