"""The money of invoices that are corrected: offset, or moved to the one in their place."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from typing_extensions import override

from app.documents.drafting import conflict_facts
from app.documents.models import Document
from app.documents.ports import Books
from app.kernel.errors import Conflict
from app.kernel.money import Money
from app.payments import ledger, queries
from app.payments.models import Journal, LedgerEntry, Payment
from app.payments.settlement import settle_document


class LedgerBooks(Books):
    """Keeps the money of corrected invoices in the ledger."""

    @override
    async def offset(
        self, tx: AsyncSession, invoice: Document, amount: Money, *, at: datetime
    ) -> Money:
        if amount.amount_minor > 0:
            await ledger.book_correction(tx, invoice, amount.amount_minor, at=at)
            await settle_document(tx, invoice, at=at)
        return amount

    @override
    async def move(
        self, tx: AsyncSession, invoice: Document, successor: Document, *, at: datetime
    ) -> Money:
        if await queries.is_processing(tx, invoice):
            raise Conflict(reason="payment_live", extra=conflict_facts(invoice))
        left_minor = total_minor = invoice.paid_minor
        for payment, held_minor in await _held(tx, invoice):
            moved_minor = min(left_minor, held_minor)
            if moved_minor <= 0:
                continue
            await ledger.book_move(tx, payment, successor, moved_minor, at=at)
            payment.document_id = successor.id
            payment.installment_no = 1
            left_minor -= moved_minor
        await tx.flush()
        await settle_document(tx, invoice, at=at)
        await settle_document(tx, successor, at=at)
        return invoice.money(total_minor - left_minor)


async def _held(tx: AsyncSession, invoice: Document) -> list[tuple[Payment, int]]:
    """List an invoice's payments, oldest first, with what it still has of each."""
    held = -func.sum(LedgerEntry.amount_minor)
    rows = await tx.execute(
        select(Journal.payment_id, held)
        .join(
            LedgerEntry,
            (LedgerEntry.organization_id == Journal.organization_id)
            & (LedgerEntry.journal_id == Journal.id),
        )
        .where(
            Journal.organization_id == invoice.organization_id,
            Journal.payment_id.is_not(None),
            LedgerEntry.document_id == invoice.id,
            LedgerEntry.account == "receivable",
        )
        .group_by(Journal.payment_id)
        .having(held > 0)
    )
    minor: dict[UUID, int] = {
        payment_id: int(held_minor) for payment_id, held_minor in rows if payment_id is not None
    }
    payments = await tx.scalars(
        select(Payment)
        .where(Payment.organization_id == invoice.organization_id, Payment.id.in_(minor))
        .order_by(Payment.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    return [(payment, minor[payment.id]) for payment in payments]
