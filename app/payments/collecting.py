"""Verbs: note money received outside the service, settle what needs a person."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.documents.drafting import require_collecting
from app.documents.installments import current_no
from app.documents.models import Document
from app.events.record import record
from app.jobs.queue import enqueue
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Conflict, Fault, Invalid
from app.kernel.identifiers import new_id
from app.organizations import queries as organizations
from app.payments import client_credit, effects, intents, ledger
from app.payments.events import received
from app.payments.models import Payment
from app.payments.schemas import CollectionDraft
from app.payments.settlement import settle_document
from app.payments.tasks import SendReceipt

BACKDATED_MAX_YEARS = 5


async def record_collection(
    tx: AsyncSession, actor: Actor, document: Document, draft: CollectionDraft, *, at: datetime
) -> Payment:
    """Note money that staff have received: cash, a card terminal, a transfer at the bank.

    More than was due is taken too, since it was received, and a person is asked to look; what
    is above becomes credit of the client, with which another document is paid like this.

    Args:
        tx: The request's transaction.
        actor: Who received it.
        document: Read for update: its lock puts two collections in order.
        draft: How much, how, and when.
        at: Now.

    Raises:
        Conflict: The document is a draft, no longer stands, or an invoice asks for its money.
        Invalid: The day is to come or too long ago, or the client has not so much credit,
            or not so much is due.
    """
    actor.require(Permission.PAYMENTS_CREATE)
    require_collecting(document)
    today = await _today(tx, document, at)
    received_on = draft.received_on or today
    if received_on > today:
        raise Invalid(
            faults=[Fault("/received_on", "less_than_equal", params={"le": today.isoformat()})]
        )
    if received_on.year < today.year - BACKDATED_MAX_YEARS:
        oldest = f"{today.year - BACKDATED_MAX_YEARS}-01-01"
        raise Invalid(faults=[Fault("/received_on", "greater_than_equal", params={"ge": oldest})])
    due_minor = max(0, document.due.amount_minor)
    is_over = draft.amount.amount > due_minor
    if is_over and draft.method == "credit":
        faults = [Fault("/amount/amount", "less_than_equal", params={"le": due_minor})]
        raise Invalid(faults=faults)
    payment = Payment(
        organization_id=document.organization_id,
        id=new_id(),
        document_id=document.id,
        installment_no=current_no(document),
        method=draft.method,
        amount_minor=draft.amount.amount,
        currency=document.currency,
        state="succeeded",
        review_reason="overpaid" if is_over else None,
        reviewed_at=None,
        reviewed_by_name=None,
        review_note=None,
        received_on=received_on,
        note=draft.note,
        created_by=actor.id,
        created_by_name=actor.name,
        created_at=at,
        settled_at=at,
    )
    tx.add(payment)
    await tx.flush()
    if payment.method == "credit":
        await client_credit.spend(tx, document, payment, at=at)
    else:
        await ledger.book_collection(tx, payment, at=at)
    await settle_document(tx, document, at=at)
    await record(tx, actor, received(payment, document), at=at)
    await intents.reduce_awaited(tx, document, at=at)
    await effects.follow(tx, actor, document, payment, at=at)
    if draft.send_receipt:
        await enqueue(tx, SendReceipt(payment.organization_id, payment.id))
    return payment


async def resolve(
    tx: AsyncSession, actor: Actor, payment: Payment, note: str, *, at: datetime
) -> None:
    """Note who looked at a payment that needed a person, and what came of it.

    Raises:
        Conflict: Nobody needs to look at it.
    """
    actor.require(Permission.PAYMENTS_MANAGE)
    if not payment.needs_review:
        raise Conflict(reason="nothing_to_review")
    payment.reviewed_at = at
    payment.reviewed_by_name = actor.name
    payment.review_note = note
    await tx.flush()


async def _today(tx: AsyncSession, document: Document, at: datetime) -> date:
    organization = await organizations.get(tx, document.organization_id)
    return at.astimezone(ZoneInfo(organization.time_zone)).date()
