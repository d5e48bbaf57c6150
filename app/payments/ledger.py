"""The ledger: every movement of money is a journal that sums to zero."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.documents.models import Document
from app.kernel.identifiers import new_id
from app.payments.models import Dispute, Journal, LedgerEntry, Payment, Refund

_HOLDS = {"cash": "cash", "card_terminal": "card_terminal", "bank_transfer": "bank"}
"""Which account holds the money that staff received; the provider holds all other."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What a document's journals say, in minor units of its currency.

    Attributes:
        collected_minor: What came in and stayed; reversals and chargebacks take it away.
    """

    collected_minor: int
    refunded_minor: int


async def book_collection(tx: AsyncSession, payment: Payment, *, at: datetime) -> None:
    """Book that a payment's money came in, for its document."""
    sides = [_Side(_holder(payment), payment.amount_minor), _owed(payment, -payment.amount_minor)]
    await _book(tx, payment, Journal(kind="collection"), sides, at=at)


async def book_refund(tx: AsyncSession, payment: Payment, refund: Refund, *, at: datetime) -> None:
    """Book that money of a payment went back; its document is owed it again."""
    sides = await _taken_back(tx, payment, refund.amount_minor)
    await _book(tx, payment, Journal(kind="refund", refund_id=refund.id), sides, at=at)


async def book_chargeback(
    tx: AsyncSession, payment: Payment, dispute: Dispute, *, at: datetime
) -> None:
    """Book that a payment was taken back; its document is owed it again."""
    sides = await _taken_back(tx, payment, dispute.amount_minor)
    journal = Journal(kind="chargeback", dispute_id=dispute.id)
    await _book(tx, payment, journal, sides, at=at)


async def book_won(tx: AsyncSession, payment: Payment, dispute: Dispute, *, at: datetime) -> None:
    """Book that what a chargeback took came again: the opposite of its journal."""
    entries = await tx.scalars(
        select(LedgerEntry)
        .join(
            Journal,
            (Journal.organization_id == LedgerEntry.organization_id)
            & (Journal.id == LedgerEntry.journal_id),
        )
        .where(
            Journal.organization_id == payment.organization_id,
            Journal.dispute_id == dispute.id,
            Journal.kind == "chargeback",
        )
        .order_by(LedgerEntry.position)
    )
    sides = [_Side(one.account, -one.amount_minor, one.document_id) for one in entries]
    journal = Journal(kind="chargeback_won", dispute_id=dispute.id)
    await _book(tx, payment, journal, sides, at=at)


async def book_reversal(tx: AsyncSession, payment: Payment, *, at: datetime) -> None:
    """Book that a payment's money was not for its document; where it is does not change."""
    sides = [_Side(_holder(payment), -payment.amount_minor), _owed(payment, payment.amount_minor)]
    await _book(tx, payment, Journal(kind="reversal"), sides, at=at)


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
    refunded_minor = sums.pop("refund", 0)
    return Settled(-sum(sums.values()), refunded_minor)


async def _taken_back(tx: AsyncSession, payment: Payment, amount_minor: int) -> list["_Side"]:
    """Give the sides of money that left: its document is owed at most what it had got.

    A refund and a chargeback of the same payment can cross: the second is a loss.
    """
    left_minor = await tx.scalar(
        select(func.coalesce(-func.sum(LedgerEntry.amount_minor), 0))
        .join(
            Journal,
            (Journal.organization_id == LedgerEntry.organization_id)
            & (Journal.id == LedgerEntry.journal_id),
        )
        .where(
            Journal.organization_id == payment.organization_id,
            Journal.payment_id == payment.id,
            LedgerEntry.account == "receivable",
        )
    )
    owed_minor = min(amount_minor, int(left_minor or 0))
    return [
        _Side(_holder(payment), -amount_minor),
        _owed(payment, owed_minor),
        _Side("loss", amount_minor - owed_minor),
    ]


def _holder(payment: Payment) -> str:
    return "provider" if payment.provider_id else _HOLDS[payment.method]


def _owed(payment: Payment, amount_minor: int) -> "_Side":
    return _Side("receivable", amount_minor, payment.document_id)


@dataclass(frozen=True, slots=True)
class _Side:
    account: str
    amount_minor: int
    document_id: UUID | None = None


async def _book(
    tx: AsyncSession, payment: Payment, journal: Journal, sides: Sequence[_Side], *, at: datetime
) -> None:
    journal.organization_id = payment.organization_id
    journal.id = new_id()
    journal.payment_id = payment.id
    journal.booked_at = at
    tx.add(journal)
    await tx.flush()
    tx.add_all(
        LedgerEntry(
            organization_id=journal.organization_id,
            journal_id=journal.id,
            position=position,
            account=side.account,
            document_id=side.document_id,
            amount_minor=side.amount_minor,
            currency=payment.currency,
        )
        for position, side in enumerate((one for one in sides if one.amount_minor), start=1)
    )
    await tx.flush()
