"""Reading payments; tenancy is in every query."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, not_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.documents.models import Document
from app.documents.visibility import sees_document_of
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.payments.models import LIVE, Payment, Refund
from app.payments.schemas import PaymentQuery, PaymentView


async def get(
    tx: AsyncSession, actor: Actor, payment_id: UUID, *, for_update: bool = False
) -> Payment:
    """Give one payment of the actor's organization.

    For a change, lock its document first: the order of locks is document, payment.

    Raises:
        NotFound: There is none.
    """
    query = select(Payment).where(*_seen_by(actor), Payment.id == payment_id)
    if for_update:
        query = query.with_for_update()
    payment = await tx.scalar(query.execution_options(populate_existing=True))
    if payment is None:
        raise NotFound
    return payment


async def list_payments(
    tx: AsyncSession, actor: Actor, query: PaymentQuery, *, before: UUID | None
) -> Sequence[Payment]:
    """List payments, newest first, one more than the limit."""
    statement = select(Payment).where(*_seen_by(actor))
    if query.document_id is not None:
        statement = statement.where(Payment.document_id == query.document_id)
    if query.contact_id is not None:
        statement = statement.join(
            Document,
            (Document.organization_id == Payment.organization_id)
            & (Document.id == Payment.document_id),
        ).where(Document.contact_id == query.contact_id)
    if query.needs_review is not None:
        awaits = and_(Payment.review_reason.is_not(None), Payment.reviewed_at.is_(None))
        statement = statement.where(awaits if query.needs_review else not_(awaits))
    if before is not None:
        statement = statement.where(Payment.id < before)
    return list(await tx.scalars(statement.order_by(Payment.id.desc()).limit(query.limit + 1)))


async def refunded_minor(tx: AsyncSession, payment: Payment) -> int:
    """Sum what was given back of a payment, or is about to be."""
    sum_minor = await tx.scalar(
        select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(
            Refund.organization_id == payment.organization_id,
            Refund.payment_id == payment.id,
            Refund.state != "failed",
        )
    )
    return int(sum_minor or 0)


async def get_refund(tx: AsyncSession, actor: Actor, refund_id: UUID) -> Refund:
    """Give one refund of the actor's organization.

    Raises:
        NotFound: There is none.
    """
    refund = await tx.get(Refund, (actor.organization_id, refund_id))
    if refund is None:
        raise NotFound
    await get(tx, actor, refund.payment_id)
    return refund


def _seen_by(actor: Actor) -> list[ColumnElement[bool]]:
    own = Payment.organization_id == actor.organization_id
    return [own, sees_document_of(actor, Payment.document_id)]


async def is_processing(tx: AsyncSession, document: Document) -> bool:
    """Tell whether some payment of a document is under way."""
    live = exists().where(
        Payment.organization_id == document.organization_id,
        Payment.document_id == document.id,
        Payment.state.in_(LIVE),
    )
    return bool(await tx.scalar(select(live)))


async def views(tx: AsyncSession, actor: Actor, payments: Sequence[Payment]) -> list[PaymentView]:
    """Show payments with their refunds."""
    rows = await tx.scalars(
        select(Refund)
        .where(
            Refund.organization_id == actor.organization_id,
            Refund.payment_id.in_([payment.id for payment in payments]),
        )
        .order_by(Refund.id)
    )
    given: dict[UUID, list[Refund]] = defaultdict(list)
    for refund in rows:
        given[refund.payment_id].append(refund)
    return [PaymentView.of(payment, given[payment.id]) for payment in payments]
