"""Verbs and reading: card payments that were taken back, and those given back again."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.documents.models import Document
from app.documents.visibility import sees_document_of
from app.events.record import Fact, record
from app.kernel.actor import Actor
from app.kernel.identifiers import new_id
from app.payments import effects, ledger
from app.payments.events import charged_back, dispute_won
from app.payments.models import Dispute, Payment
from app.payments.movements import MoneyIn, MoneyOut
from app.payments.settlement import settle_document


async def open_dispute(
    tx: AsyncSession,
    actor: Actor,
    document: Document,
    payment: Payment,
    truth: MoneyOut,
    *,
    at: datetime,
) -> Fact | None:
    """Book that a payment was taken back, once; its document is owed it again.

    Args:
        tx: One transaction.
        actor: The provider.
        document: The payment's, read for update.
        payment: Read for update; it stays, and waits for a person.
        truth: The chargeback as fetched.
        at: Now.

    Returns:
        What happened; None when it was booked before.
    """
    known = select(Dispute.id).where(
        Dispute.organization_id == payment.organization_id,
        Dispute.provider_id == truth.transaction_id,
    )
    if await tx.scalar(known) is not None:
        return None
    dispute = Dispute(
        organization_id=payment.organization_id,
        id=new_id(),
        payment_id=payment.id,
        provider_id=truth.transaction_id,
        amount_minor=truth.amount.amount_minor,
        currency=truth.amount.currency,
        state="open",
        reason=truth.text,
        opened_at=truth.executed_at or at,
    )
    tx.add(dispute)
    payment.review_reason = "charged_back"
    payment.reviewed_at = payment.reviewed_by_name = payment.review_note = None
    await tx.flush()
    await ledger.book_chargeback(tx, payment, dispute, at=at)
    await settle_document(tx, document, at=at)
    await effects.give_back(tx, document, payment, at=at)
    fact = charged_back(payment, dispute, document)
    await record(tx, actor, fact, at=at)
    return fact


async def is_won_by(tx: AsyncSession, organization_id: UUID, transaction_id: str) -> bool:
    """Tell whether a transaction brought the money of a dispute back."""
    query = select(Dispute.id).where(
        Dispute.organization_id == organization_id, Dispute.won_provider_id == transaction_id
    )
    return await tx.scalar(query) is not None


async def win(
    tx: AsyncSession,
    actor: Actor,
    document: Document,
    payment: Payment,
    truth: MoneyIn,
    *,
    at: datetime,
) -> Fact | None:
    """Book the money of a dispute that was won, and tell it; None when none is of that sum.

    Args:
        tx: One transaction.
        actor: The provider.
        document: The payment's, read for update.
        payment: The one that was taken back, read for update.
        truth: The new money-in as fetched.
        at: Now.
    """
    dispute = await tx.scalar(
        select(Dispute)
        .where(
            Dispute.organization_id == payment.organization_id,
            Dispute.payment_id == payment.id,
            Dispute.state == "open",
            Dispute.amount_minor == truth.amount.amount_minor,
        )
        .order_by(Dispute.id)
        .limit(1)
    )
    if dispute is None:
        return None
    dispute.state = "won"
    dispute.won_provider_id = truth.transaction_id
    dispute.won_at = at
    await tx.flush()
    if dispute.amount_minor > document.due.amount_minor:  # it was paid again meanwhile
        payment.review_reason = "overpaid"
        payment.reviewed_at = payment.reviewed_by_name = payment.review_note = None
    await ledger.book_won(tx, payment, dispute, at=at)
    await settle_document(tx, document, at=at)
    fact = dispute_won(payment, dispute, document)
    await record(tx, actor, fact, at=at)
    return fact


async def list_disputes(
    tx: AsyncSession, actor: Actor, limit: int, *, before: UUID | None
) -> Sequence[tuple[Dispute, UUID]]:
    """List disputes with their documents, newest first, one more than the limit."""
    query = (
        select(Dispute, Payment.document_id)
        .join(
            Payment,
            (Payment.organization_id == Dispute.organization_id)
            & (Payment.id == Dispute.payment_id),
        )
        .where(
            Dispute.organization_id == actor.organization_id,
            sees_document_of(actor, Payment.document_id),
        )
    )
    if before is not None:
        query = query.where(Dispute.id < before)
    rows = await tx.execute(query.order_by(Dispute.id.desc()).limit(limit + 1))
    return [(dispute, document_id) for dispute, document_id in rows]
