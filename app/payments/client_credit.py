"""Credit of clients: what they paid beyond what was due, until it is spent or given back.

Credit belongs to a contact and lies with the document that got too much: there it is what
makes the document overpaid, and from there it is refunded or pays another document.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.documents import queries as documents
from app.documents.models import Document
from app.kernel.actor import system
from app.kernel.errors import Fault, Invalid
from app.kernel.money import Money
from app.payments import ledger
from app.payments.ledger import Lot
from app.payments.models import LedgerEntry, Payment
from app.payments.settlement import settle_document


async def credit_of(tx: AsyncSession, organization_id: UUID, contact_id: UUID) -> Money:
    """Give how much credit a contact has."""
    lots = await _lots(tx, organization_id, contact_id)
    return Money(sum(lot.amount_minor for lot in lots))


async def spend(tx: AsyncSession, document: Document, payment: Payment, *, at: datetime) -> None:
    """Pay a document with credit of its client, the oldest first.

    Args:
        tx: One transaction.
        document: What is paid, read for update; it settles with its other payments.
        payment: By the method `credit`, stored.
        at: Now.

    Raises:
        Invalid: There is not so much credit.
    """
    found = await _lots(tx, document.organization_id, document.contact_id)
    origins = await _lock(tx, document.organization_id, (lot.document_id for lot in found))
    lots = await _lots(tx, document.organization_id, document.contact_id)
    held = [lot for lot in lots if lot.document_id in {one.id for one in origins}]
    spent = _take(held, payment.amount_minor)
    await ledger.book_spending(tx, payment, document.contact_id, spent, at=at)
    for origin in origins:
        await settle_document(tx, origin, at=at)


async def settle_origins(tx: AsyncSession, payment: Payment, *, at: datetime) -> None:
    """Let the documents whose credit a payment had spent have it again, as was booked."""
    ids = await ledger.credited_by(tx, payment)
    for origin in await _lock(tx, payment.organization_id, ids):
        await settle_document(tx, origin, at=at)


def _take(lots: Sequence[Lot], amount_minor: int) -> list[Lot]:
    """Take a sum from lots in their order (pure).

    Raises:
        Invalid: They do not hold so much.
    """
    held_minor = sum(lot.amount_minor for lot in lots)
    if amount_minor > held_minor:
        faults = [Fault("/amount/amount", "less_than_equal", params={"le": held_minor})]
        raise Invalid(faults=faults)
    taken, left_minor = [], amount_minor
    for lot in lots:
        part_minor = min(left_minor, lot.amount_minor)
        taken.append(Lot(lot.document_id, part_minor))
        left_minor -= part_minor
    return taken


async def _lots(tx: AsyncSession, organization_id: UUID, contact_id: UUID) -> list[Lot]:
    """List a contact's credit by the document it lies with, oldest first."""
    amount_minor = -func.sum(LedgerEntry.amount_minor)
    rows = await tx.execute(
        select(LedgerEntry.document_id, amount_minor)
        .where(LedgerEntry.organization_id == organization_id, LedgerEntry.contact_id == contact_id)
        .group_by(LedgerEntry.document_id)
        .having(amount_minor > 0)
        .order_by(LedgerEntry.document_id)
    )
    return [Lot(document_id, int(minor)) for document_id, minor in rows if document_id is not None]


async def _lock(
    tx: AsyncSession, organization_id: UUID, document_ids: Iterable[UUID]
) -> list[Document]:
    """Lock documents in the order of their ids."""
    actor = system(organization_id)
    return [
        await documents.get(tx, actor, document_id, for_update=True)
        for document_id in sorted(document_ids)
    ]
