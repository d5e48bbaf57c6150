"""Reading payments; tenancy is in every query."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, not_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.documents.models import Document
from app.documents.visibility import sees_document_of
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.payments.models import LIVE, Dispute, Payment, Refund
from app.payments.schemas import PaymentQuery, PaymentView

CHECKED_AT_ONCE = 200
"""Payments whose checks are woken in one transaction."""


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


async def taken_minor(tx: AsyncSession, payment: Payment) -> int:
    """Sum what was given back of a payment, or is about to be, and what was taken back."""
    refunds = select(func.coalesce(func.sum(Refund.amount_minor), 0)).where(
        Refund.organization_id == payment.organization_id,
        Refund.payment_id == payment.id,
        Refund.state != "failed",
    )
    disputes = select(func.coalesce(func.sum(Dispute.amount_minor), 0)).where(
        Dispute.organization_id == payment.organization_id,
        Dispute.payment_id == payment.id,
        Dispute.state == "open",
    )
    sum_minor = await tx.scalar(select(refunds.scalar_subquery() + disputes.scalar_subquery()))
    return int(sum_minor or 0)


async def going_back_minor(tx: AsyncSession, document: Document) -> int:
    """Sum the refunds of a document's payments that are under way."""
    query = (
        select(func.coalesce(func.sum(Refund.amount_minor), 0))
        .join(
            Payment,
            (Payment.organization_id == Refund.organization_id) & (Payment.id == Refund.payment_id),
        )
        .where(
            Refund.organization_id == document.organization_id,
            Payment.document_id == document.id,
            Refund.state.in_(("queued", "pending")),
        )
    )
    return int(await tx.scalar(query) or 0)


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


async def find_refund(
    tx: AsyncSession, organization_id: UUID, refund_id: UUID, *, for_update: bool = False
) -> Refund | None:
    """Find one refund; None when there is none."""
    query = select(Refund).where(Refund.organization_id == organization_id, Refund.id == refund_id)
    if for_update:
        query = query.with_for_update()
    return await tx.scalar(query.execution_options(populate_existing=True))


async def refund_of(
    tx: AsyncSession, payment: Payment, provider_id: str, *, text: str
) -> Refund | None:
    """Find the refund of a payment that a transaction made: by its id, or ours in its text."""
    query = select(Refund).where(
        Refund.organization_id == payment.organization_id, Refund.payment_id == payment.id
    )
    refunds = list(await tx.scalars(query.with_for_update()))
    words = text.split()
    named = (one for one in refunds if one.provider_id == provider_id or one.reference in words)
    return next(named, None)


async def refunds_due(tx: AsyncSession, organization_id: UUID, *, at: datetime) -> Sequence[Refund]:
    """List refunds the provider is to be asked about, locked but for those held elsewhere."""
    query = (
        select(Refund)
        .where(Refund.organization_id == organization_id, Refund.check_at <= at)
        .order_by(Refund.check_at)
        .limit(CHECKED_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    return list(await tx.scalars(query.execution_options(populate_existing=True)))


def _seen_by(actor: Actor) -> list[ColumnElement[bool]]:
    own = Payment.organization_id == actor.organization_id
    return [own, sees_document_of(actor, Payment.document_id)]


async def find(
    tx: AsyncSession, organization_id: UUID, payment_id: UUID, *, for_update: bool = False
) -> Payment | None:
    """Find one payment; None when there is none."""
    query = select(Payment).where(
        Payment.organization_id == organization_id, Payment.id == payment_id
    )
    if for_update:
        query = query.with_for_update()
    return await tx.scalar(query.execution_options(populate_existing=True))


async def due_for_check(
    tx: AsyncSession, organization_id: UUID, *, at: datetime
) -> Sequence[Payment]:
    """List payments whose check is due, locked; those another process holds are left to it."""
    query = (
        select(Payment)
        .where(Payment.organization_id == organization_id, Payment.check_at <= at)
        .order_by(Payment.check_at)
        .limit(CHECKED_AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    return list(await tx.scalars(query.execution_options(populate_existing=True)))


async def by_reference(tx: AsyncSession, organization_id: UUID, reference: str) -> Payment | None:
    """Find the payment we gave this reference."""
    return await tx.scalar(
        select(Payment).where(
            Payment.organization_id == organization_id, Payment.reference == reference
        )
    )


async def awaited(tx: AsyncSession, organization_id: UUID) -> Sequence[Payment]:
    """List the transfers a client was given a reference for, and that did not arrive.

    One that was called off counts too: its payer may have wired all the same.
    """
    return list(
        await tx.scalars(
            select(Payment).where(
                Payment.organization_id == organization_id,
                Payment.method == "bank_transfer",
                Payment.state.in_(("awaiting_funds", "cancelled", "expired")),
                Payment.reference.is_not(None),
            )
        )
    )


async def live(tx: AsyncSession, document: Document, *, for_update: bool = False) -> Payment | None:
    """Find the payment of a document that is under way."""
    query = select(Payment).where(
        Payment.organization_id == document.organization_id,
        Payment.document_id == document.id,
        Payment.state.in_(LIVE),
    )
    if for_update:
        query = query.with_for_update()
    return await tx.scalar(query.execution_options(populate_existing=True))


async def last(tx: AsyncSession, document: Document) -> Payment | None:
    """Find the last payment of a document that is under way or succeeded."""
    return await tx.scalar(
        select(Payment)
        .where(
            Payment.organization_id == document.organization_id,
            Payment.document_id == document.id,
            Payment.state.in_((*LIVE, "succeeded")),
        )
        .order_by(Payment.id.desc())
        .limit(1)
    )


async def refundable(tx: AsyncSession, document: Document) -> Sequence[Payment]:
    """List the payments of a document of which something is left to give back, locked."""
    query = (
        select(Payment)
        .where(
            Payment.organization_id == document.organization_id,
            Payment.document_id == document.id,
            Payment.state == "succeeded",
        )
        .order_by(Payment.id)
        .with_for_update()
    )
    rows = await tx.scalars(query.execution_options(populate_existing=True))
    return [one for one in rows if await taken_minor(tx, one) < one.amount_minor]


async def by_provider_id(
    tx: AsyncSession, organization_id: UUID, provider_id: str
) -> Payment | None:
    """Find the payment that booked a transaction of the provider."""
    return await tx.scalar(
        select(Payment).where(
            Payment.organization_id == organization_id, Payment.provider_id == provider_id
        )
    )


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
