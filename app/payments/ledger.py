"""The ledger: every movement of money is a journal that sums to zero."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.documents.models import Document
from app.kernel.identifiers import new_id
from app.kernel.money import Money
from app.payments.models import Journal, LedgerEntry, Payment, Refund

_HOLDS = {"cash": "cash", "card_terminal": "card_terminal", "bank_transfer": "bank"}
"""Which account holds the money that staff received; the provider holds all other."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What a document's journals say, in minor units of its currency."""

    collected_minor: int
    refunded_minor: int


async def book_collection(tx: AsyncSession, payment: Payment, *, at: datetime) -> None:
    """Book that a payment's money came in, for its document."""
    await _book(tx, payment, None, payment.amount, at=at)


async def book_refund(tx: AsyncSession, payment: Payment, refund: Refund, *, at: datetime) -> None:
    """Book that money of a payment went back; its document is owed it again."""
    await _book(tx, payment, refund, -refund.amount, at=at)


async def settled(tx: AsyncSession, document: Document) -> Settled:
    """Sum what a document's journals say was collected and given back."""
    rows = await tx.execute(
        select(Journal.kind, func.sum(LedgerEntry.amount_minor))
        .join(
            LedgerEntry,
            (LedgerEntry.organization_id == Journal.organization_id)
            & (LedgerEntry.journal_id == Journal.id),
        )
        .where(
            Journal.organization_id == document.organization_id,
            LedgerEntry.document_id == document.id,
        )
        .group_by(Journal.kind)
    )
    sums = {kind: int(amount_minor) for kind, amount_minor in rows}
    return Settled(-sums.get("collection", 0), sums.get("refund", 0))


async def _book(
    tx: AsyncSession, payment: Payment, refund: Refund | None, amount: Money, *, at: datetime
) -> None:
    journal = Journal(
        organization_id=payment.organization_id,
        id=new_id(),
        kind="collection" if refund is None else "refund",
        payment_id=payment.id,
        refund_id=None if refund is None else refund.id,
        booked_at=at,
    )
    tx.add(journal)
    await tx.flush()
    sides: Sequence[tuple[str, UUID | None, Money]] = (
        ("provider" if payment.provider_id else _HOLDS[payment.method], None, amount),
        ("receivable", payment.document_id, -amount),
    )
    tx.add_all(
        LedgerEntry(
            organization_id=journal.organization_id,
            journal_id=journal.id,
            position=position,
            account=account,
            document_id=document_id,
            amount_minor=side.amount_minor,
            currency=side.currency,
        )
        for position, (account, document_id, side) in enumerate(sides, start=1)
    )
    await tx.flush()
