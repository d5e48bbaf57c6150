"""Verbs: say which document a transfer pays, and take that back."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.documents import queries as documents
from app.documents.drafting import require_collecting
from app.documents.installments import current_no
from app.documents.models import Document
from app.events.record import record
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Conflict
from app.kernel.identifiers import new_id
from app.payments import effects, intents, ledger, queries
from app.payments.events import matched, unmatched
from app.payments.models import Payment, UnmatchedTransfer
from app.payments.settlement import settle_document


async def match(
    tx: AsyncSession,
    actor: Actor,
    document: Document,
    transfer: UnmatchedTransfer,
    *,
    at: datetime,
) -> Payment:
    """Make a transfer a payment of a document; a quote paid is accepted.

    Args:
        tx: The request's transaction.
        actor: Who says so.
        document: Read for update. More than is due is taken, and waits for a person.
        transfer: Read for update.
        at: Now.

    Raises:
        Conflict: `already_matched`, or the document is a draft or no longer stands.
    """
    actor.require(Permission.PAYMENTS_MANAGE)
    if transfer.payment_id is not None:
        raise Conflict(reason="already_matched", extra={"payment_id": str(transfer.payment_id)})
    require_collecting(document)
    payment = Payment(
        organization_id=document.organization_id,
        id=new_id(),
        document_id=document.id,
        installment_no=current_no(document),
        method="bank_transfer",
        amount_minor=transfer.amount_minor,
        currency=transfer.currency,
        state="succeeded",
        provider_id=transfer.provider_id,
        review_reason="overpaid" if transfer.amount_minor > document.due.amount_minor else None,
        note=transfer.text,
        created_by=actor.id,
        created_by_name=await documents.contact_name(tx, document),
        created_at=at,
        settled_at=at,
    )
    tx.add(payment)
    await tx.flush()
    transfer.payment_id = payment.id
    await intents.book(tx, actor, document, payment, matched(payment, document), at=at)
    return payment


async def unmatch(
    tx: AsyncSession, actor: Actor, document: Document, payment: Payment, *, at: datetime
) -> None:
    """Take a transfer off its document: its journal is reversed, and it waits for a match again.

    Args:
        tx: The request's transaction.
        actor: Who does it.
        document: The payment's, read for update.
        payment: Read for update; it stays, cancelled.
        at: Now.

    Raises:
        Conflict: `not_a_transfer`: no transfer of the provider; `has_refunds`: some of it
            went back, or is about to.
    """
    actor.require(Permission.PAYMENTS_MANAGE)
    is_transfer = payment.method == "bank_transfer" and payment.provider_id is not None
    if not is_transfer or payment.state != "succeeded":
        raise Conflict(reason="not_a_transfer")
    if await queries.taken_minor(tx, payment) > 0:
        raise Conflict(reason="has_refunds")
    await ledger.book_reversal(tx, payment, at=at)
    await record(tx, actor, unmatched(payment, document), at=at)
    await _release(tx, payment)
    payment.state = "cancelled"
    payment.provider_id = payment.settled_at = None
    if payment.needs_review:
        payment.review_reason = None
    await tx.flush()
    await settle_document(tx, document, at=at)
    await effects.give_back(tx, document, payment, at=at)
    await _await_all(tx, document)


async def _release(tx: AsyncSession, payment: Payment) -> None:
    """Let the transfer wait for a person, as one that never matched by itself does."""
    values = {
        "organization_id": payment.organization_id,
        "id": new_id(),
        "provider_id": payment.provider_id,
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
        "text": payment.note,
        "received_at": payment.settled_at,
        "payment_id": None,
    }
    await tx.execute(
        insert(UnmatchedTransfer)
        .values(values)
        .on_conflict_do_update(
            index_elements=["organization_id", "provider_id"], set_={"payment_id": None}
        )
    )


async def _await_all(tx: AsyncSession, document: Document) -> None:
    """Let a transfer that is awaited for the document be of all that is due again."""
    awaited = await queries.live(tx, document, for_update=True)
    if awaited is not None and awaited.state == "awaiting_funds" and document.due.amount_minor > 0:
        awaited.amount_minor = document.due.amount_minor
        await tx.flush()
