"""The ledger: every movement of money is a journal that sums to zero."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.documents.models import Document
from app.kernel.identifiers import new_id
from app.payments.models import Dispute, Journal, LedgerEntry, Payment, Payout, Refund

_HOLDS = {"cash": "cash", "card_terminal": "card_terminal", "bank_transfer": "bank"}
"""Which account holds the money that staff received; the provider holds all other."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What a document's journals say, in minor units of its currency.

    Attributes:
        collected_minor: What came in and stayed; reversals and chargebacks take it away.
        credit_minor: What of it is the client's credit.
    """

    collected_minor: int
    refunded_minor: int
    credit_minor: int

    @property
    def paid_minor(self) -> int:
        """What the document has."""
        return self.collected_minor - self.refunded_minor


@dataclass(frozen=True, slots=True)
class Lot:
    """Credit of a client that one document got too much.

    Attributes:
        document_id: Which one.
        amount_minor: How much, in minor units.
    """

    document_id: UUID
    amount_minor: int


async def book_collection(tx: AsyncSession, payment: Payment, *, at: datetime) -> None:
    """Book that a payment's money came in, for its document."""
    sides = [_Side(_holder(payment), payment.amount_minor), _owed(payment, -payment.amount_minor)]
    await _book(tx, payment, Journal(kind="collection"), sides, at=at)


async def book_spending(
    tx: AsyncSession, payment: Payment, contact_id: UUID, lots: Sequence[Lot], *, at: datetime
) -> None:
    """Book that a document was paid with credit of its client, lot by lot."""
    sides = [_Side("credit", lot.amount_minor, lot.document_id, contact_id) for lot in lots]
    sides.append(_owed(payment, -payment.amount_minor))
    await _book(tx, payment, Journal(kind="collection"), sides, at=at)


async def book_refund(tx: AsyncSession, payment: Payment, refund: Refund, *, at: datetime) -> None:
    """Book that money of a payment went back; its document is owed it again."""
    if payment.method == "credit":
        sides = await _credited_again(tx, payment, refund.amount_minor)
    else:
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
    sides = [
        _Side(one.account, -one.amount_minor, one.document_id, one.contact_id) for one in entries
    ]
    journal = Journal(kind="chargeback_won", dispute_id=dispute.id)
    await _book(tx, payment, journal, sides, at=at)


async def book_reversal(tx: AsyncSession, payment: Payment, *, at: datetime) -> None:
    """Book that a payment's money was not for its document; where it is does not change."""
    sides = [_Side(_holder(payment), -payment.amount_minor), _owed(payment, payment.amount_minor)]
    await _book(tx, payment, Journal(kind="reversal"), sides, at=at)


async def book_correction(
    tx: AsyncSession, invoice: Document, amount_minor: int, *, at: datetime
) -> None:
    """Book that a corrective invoice takes off what one asks for; no money moves."""
    sides = [_Side("correction", amount_minor), _Side("receivable", -amount_minor, invoice.id)]
    journal = Journal(kind="correction")
    await _write(tx, invoice.organization_id, journal, sides, invoice.currency, at)


async def book_move(
    tx: AsyncSession, payment: Payment, successor: Document, amount_minor: int, *, at: datetime
) -> None:
    """Book that what an invoice was paid is paid for the one in its place."""
    sides = [_owed(payment, amount_minor), _Side("receivable", -amount_minor, successor.id)]
    await _book(tx, payment, Journal(kind="move"), sides, at=at)


async def book_former_credit(tx: AsyncSession, document: Document, *, at: datetime) -> None:
    """Book that all a document was paid is credit of the client it is about to leave."""
    held = await tx.scalar(
        select(func.coalesce(-func.sum(LedgerEntry.amount_minor), 0)).where(
            LedgerEntry.organization_id == document.organization_id,
            LedgerEntry.document_id == document.id,
            LedgerEntry.account == "receivable",
        )
    )
    if not (held_minor := int(held or 0)):
        return
    sides = [
        _Side("receivable", held_minor, document.id),
        _Side("credit", -held_minor, document.id, document.contact_id),
    ]
    await _write(tx, document.organization_id, Journal(kind="credit"), sides, document.currency, at)


async def book_payout(tx: AsyncSession, payout: Payout, *, at: datetime) -> None:
    """Book that money is on its way from the provider to the bank: nobody else can have it."""
    await _book_payout(tx, payout, "payout", "provider", "payout", at)


async def book_payout_arrived(tx: AsyncSession, payout: Payout, *, at: datetime) -> None:
    """Book that money on its way is at the bank."""
    await _book_payout(tx, payout, "payout_arrived", "payout", "bank", at)


async def book_payout_returned(
    tx: AsyncSession, payout: Payout, *, had_arrived: bool, at: datetime
) -> None:
    """Book that money on its way, or the bank's, is the provider's again."""
    source = "bank" if had_arrived else "payout"
    await _book_payout(tx, payout, "payout_returned", source, "provider", at)


async def at_provider_minor(tx: AsyncSession, organization_id: UUID, currency: str) -> int:
    """Sum what the provider holds for an organization, in minor units."""
    held = await tx.scalar(
        select(func.coalesce(func.sum(LedgerEntry.amount_minor), 0)).where(
            LedgerEntry.organization_id == organization_id,
            LedgerEntry.currency == currency,
            LedgerEntry.account == "provider",
        )
    )
    return int(held or 0)


async def _book_payout(
    tx: AsyncSession, payout: Payout, kind: str, source: str, target: str, at: datetime
) -> None:
    journal = Journal(kind=kind, payout_id=payout.id)
    sides = [_Side(source, -payout.amount_minor), _Side(target, payout.amount_minor)]
    await _write(tx, payout.organization_id, journal, sides, payout.currency, at)


async def settled(tx: AsyncSession, document: Document) -> Settled:
    """Sum what a document's journals say was collected and given back.

    Credit of a client it was for before lies with it, and is not its own.
    """
    rows = await tx.execute(
        select(Journal.kind, LedgerEntry.account, func.sum(LedgerEntry.amount_minor))
        .join(
            LedgerEntry,
            (LedgerEntry.organization_id == Journal.organization_id)
            & (LedgerEntry.journal_id == Journal.id),
        )
        .where(
            Journal.organization_id == document.organization_id,
            LedgerEntry.document_id == document.id,
            _is_own(document.contact_id),
        )
        .group_by(Journal.kind, LedgerEntry.account)
    )
    collected_minor = refunded_minor = credit_minor = 0
    for kind, account, amount_minor in rows:
        if kind == "refund":
            refunded_minor += int(amount_minor)
        else:
            collected_minor -= int(amount_minor)
        if account == "credit":
            credit_minor -= int(amount_minor)
    return Settled(collected_minor, refunded_minor, credit_minor)


async def keep_excess(tx: AsyncSession, document: Document, sums: Settled, *, at: datetime) -> None:
    """Let what a document has beyond its sum be credit of its client, and no more than that."""
    excess_minor = max(0, sums.paid_minor - max(0, document.payable_minor))
    moved_minor = excess_minor - sums.credit_minor
    if moved_minor == 0:
        return
    sides = [
        _Side("receivable", moved_minor, document.id),
        _Side("credit", -moved_minor, document.id, document.contact_id),
    ]
    await _write(tx, document.organization_id, Journal(kind="credit"), sides, document.currency, at)


async def credited_by(tx: AsyncSession, payment: Payment) -> list[UUID]:
    """List the documents whose credit a payment spent."""
    rows = await tx.scalars(
        select(LedgerEntry.document_id)
        .join(
            Journal,
            (Journal.organization_id == LedgerEntry.organization_id)
            & (Journal.id == LedgerEntry.journal_id),
        )
        .where(
            Journal.organization_id == payment.organization_id,
            Journal.payment_id == payment.id,
            LedgerEntry.account == "credit",
        )
        .distinct()
    )
    return [document_id for document_id in rows if document_id is not None]


async def _taken_back(tx: AsyncSession, payment: Payment, amount_minor: int) -> list["_Side"]:
    """Give the sides of money that left: its document is owed at most what it had got.

    A refund and a chargeback of the same payment can cross: the second is a loss. So is what
    a document no longer has, because its client's credit paid another.
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
    rows = await tx.execute(
        select(
            LedgerEntry.contact_id,
            LedgerEntry.contact_id.is_(None) | (LedgerEntry.contact_id == Document.contact_id),
            -func.sum(LedgerEntry.amount_minor),
        )
        .join(
            Document,
            (Document.organization_id == LedgerEntry.organization_id)
            & (Document.id == LedgerEntry.document_id),
        )
        .where(
            LedgerEntry.organization_id == payment.organization_id,
            LedgerEntry.document_id == payment.document_id,
        )
        .group_by(LedgerEntry.contact_id, Document.contact_id)
        .order_by(LedgerEntry.contact_id)
    )
    held = [(contact_id, is_own, int(minor)) for contact_id, is_own, minor in rows]
    had_minor = sum(minor for _, is_own, minor in held if is_own)
    owed_minor = max(0, min(amount_minor, int(left_minor or 0), had_minor))
    sides, lost_minor = [_owed(payment, owed_minor)], amount_minor - owed_minor
    for contact_id, is_own, minor in held:
        # What a client it was for before has of it, goes before anything is lost.
        if not is_own and (taken_minor := min(lost_minor, max(0, minor))):
            sides.append(_Side("credit", taken_minor, payment.document_id, contact_id))
            lost_minor -= taken_minor
    return [_Side(_holder(payment), -amount_minor), *sides, _Side("loss", lost_minor)]


async def _credited_again(tx: AsyncSession, payment: Payment, amount_minor: int) -> list["_Side"]:
    """Give the sides of spent credit that is given back, to where it came from."""
    rows = await tx.execute(
        select(LedgerEntry.document_id, LedgerEntry.contact_id, func.sum(LedgerEntry.amount_minor))
        .join(
            Journal,
            (Journal.organization_id == LedgerEntry.organization_id)
            & (Journal.id == LedgerEntry.journal_id),
        )
        .where(
            Journal.organization_id == payment.organization_id,
            Journal.payment_id == payment.id,
            LedgerEntry.account == "credit",
        )
        .group_by(LedgerEntry.document_id, LedgerEntry.contact_id)
        .order_by(LedgerEntry.document_id)
    )
    sides, left_minor = [_owed(payment, amount_minor)], amount_minor
    for document_id, contact_id, spent_minor in rows:
        taken_minor = min(left_minor, int(spent_minor))
        sides.append(_Side("credit", -taken_minor, document_id, contact_id))
        left_minor -= taken_minor
    return sides


def _is_own(contact_id: UUID) -> ColumnElement[bool]:
    """Tell a document's own sides from credit of a client it was for before."""
    return or_(LedgerEntry.contact_id.is_(None), LedgerEntry.contact_id == contact_id)


def _holder(payment: Payment) -> str:
    return "provider" if payment.provider_id else _HOLDS[payment.method]


def _owed(payment: Payment, amount_minor: int) -> "_Side":
    return _Side("receivable", amount_minor, payment.document_id)


@dataclass(frozen=True, slots=True)
class _Side:
    account: str
    amount_minor: int
    document_id: UUID | None = None
    contact_id: UUID | None = None


async def _book(
    tx: AsyncSession, payment: Payment, journal: Journal, sides: Sequence[_Side], *, at: datetime
) -> None:
    journal.payment_id = payment.id
    await _write(tx, payment.organization_id, journal, sides, payment.currency, at)


async def _write(
    tx: AsyncSession,
    organization_id: UUID,
    journal: Journal,
    sides: Sequence[_Side],
    currency: str,
    at: datetime,
) -> None:
    journal.organization_id = organization_id
    journal.id = new_id()
    journal.booked_at = at
    tx.add(journal)
    await tx.flush()
    tx.add_all(
        LedgerEntry(
            organization_id=organization_id,
            journal_id=journal.id,
            position=position,
            account=side.account,
            document_id=side.document_id,
            contact_id=side.contact_id,
            amount_minor=side.amount_minor,
            currency=currency,
        )
        for position, side in enumerate((one for one in sides if one.amount_minor), start=1)
    )
    await tx.flush()
