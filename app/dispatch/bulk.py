"""Verb: send many documents at once, as long work that can be followed and stopped."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch import service
from app.dispatch.promising import Sender
from app.dispatch.schemas import BulkOrder, DispatchOrder
from app.documents import queries as documents
from app.documents.models import Document
from app.documents.visibility import sees_document
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Fault, Invalid
from app.operations import service as operations
from app.operations.models import Operation, OperationKind
from app.operations.running import Batch, Run, Work, do_each


async def ask(tx: AsyncSession, actor: Actor, order: BulkOrder, *, at: datetime) -> Operation:
    """Promise to send documents; each one goes, or fails, by itself.

    Raises:
        Invalid: The actor does not see one of the documents, or one is named twice.
        TooMany: The actor has as many operations under way as anybody may.
    """
    actor.require(Permission.DOCUMENTS_SEND)
    await _require_seen(tx, actor, order.document_ids)
    return await operations.begin(
        tx,
        actor,
        OperationKind.BULK_DISPATCH,
        order.model_dump(mode="json", exclude={"document_ids"}),
        total=len(order.document_ids),
        subjects=order.document_ids,
        at=at,
    )


def work_of(sender: Sender) -> Work:
    """Give the work of sending an operation's documents, one transaction each.

    A worker that dies in between has sent what it committed, and nothing twice.
    """

    async def work(run: Run) -> None:
        order = DispatchOrder.model_validate(run.parameters)

        async def send(batch: Batch, document_id: UUID) -> UUID:
            document = await documents.get(batch.tx, batch.actor, document_id, for_update=True)
            dispatch = await service.dispatch_document(
                batch.tx, batch.actor, document, order, sender, at=run.clock.now()
            )
            return dispatch.id

        await do_each(run, send)

    return work


async def _require_seen(tx: AsyncSession, actor: Actor, ids: Sequence[UUID]) -> None:
    seen = set(
        await tx.scalars(
            select(Document.id).where(
                Document.organization_id == actor.organization_id,
                Document.id.in_(ids),
                sees_document(actor),
            )
        )
    )
    faults = []
    for place, document_id in enumerate(ids):
        if document_id not in seen:
            faults.append(Fault(f"/document_ids/{place}", "reference.unknown"))
        elif document_id in ids[:place]:
            faults.append(Fault(f"/document_ids/{place}", "reference.repeated"))
    if faults:
        raise Invalid(faults=faults)
