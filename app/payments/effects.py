"""Verbs: what money brings about besides being booked.

Paying a quote accepts it and drafts the invoice of the advance, which the law wants for every
payment in advance (LIVA art. 75.Dos, ROF art. 2); a proforma or a delivery note that is paid
in full gets the draft of its invoice. The document's lock puts payments in order, and one
payment brings about one draft at most, which the database holds to as well.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from app.documents import advancing, converting, lineage, queries
from app.documents.converting_schemas import Conversion, Goal
from app.documents.deciding import accept_by_payment
from app.documents.models import Document
from app.documents.printable import DocumentType
from app.kernel.actor import Actor, system
from app.kernel.money import Money
from app.organizations import queries as organizations
from app.payments.models import Payment

_PAID = {"paid", "overpaid"}
_INVOICED_WHEN_PAID = {DocumentType.PROFORMA, DocumentType.DELIVERY_NOTE}


async def follow(
    tx: AsyncSession, actor: Actor, document: Document, payment: Payment, *, at: datetime
) -> None:
    """Accept a quote that is paid, and draft the invoice that a payment asks for.

    Nothing is drafted for what an invoice asks for already: that money waits for a person, and
    a draft counts it.

    Args:
        tx: The transaction that booked the payment.
        actor: Who said that the money is there.
        document: Read for update and settled.
        payment: Booked.
        at: Now.
    """
    if document.is_converted or document.issue_state != "issued":
        return
    if document.type == DocumentType.QUOTE:
        await accept_by_payment(
            tx, actor, document, payment.created_by_name, _evidence(payment), at=at
        )
    if document.is_billed:
        await _recount(tx, document, at=at)
        return
    if await lineage.came_of_payment(tx, document, payment.id):
        return
    if document.type == DocumentType.QUOTE:
        await _bill(tx, document, payment, at=at)
    elif document.type in _INVOICED_WHEN_PAID and document.payment_state in _PAID:
        await _invoice(tx, document, payment, at=at)


async def give_back(
    tx: AsyncSession, document: Document, payment: Payment, *, at: datetime
) -> None:
    """Let what was drafted follow money that went back; flag what was issued for a person.

    A draft that somebody changes at this moment counts its money anew when it is issued.

    Args:
        tx: The transaction that booked it.
        document: The payment's, read for update and settled.
        payment: Read for update.
        at: Now.
    """
    invoices = await lineage.invoices_of(tx, document)
    if not invoices:
        return
    await _recount(tx, document, at=at)
    counted_minor = sum(one.advances_minor for one in invoices if one.issue_state == "issued")
    if counted_minor > document.paid_minor and not payment.needs_review:
        payment.review_reason = "invoiced_money_returned"
        payment.reviewed_at = payment.reviewed_by_name = payment.review_note = None
        await tx.flush()


async def _recount(tx: AsyncSession, document: Document, *, at: datetime) -> None:
    """Let the drafts that came out of a document count what is there now."""
    for draft in await lineage.unlocked_drafts(tx, await lineage.invoices_of(tx, document)):
        await advancing.count_money(tx, draft)
    await lineage.refresh(tx, document, at=at)


async def _bill(tx: AsyncSession, quote: Document, payment: Payment, *, at: datetime) -> None:
    """Draft the invoice of an advance: of the payment, as far as no invoice counts it."""
    counted_minor = sum(one.advances_minor for one in await lineage.invoices_of(tx, quote))
    free_minor = min(payment.amount_minor, lineage.kept_minor(quote) - counted_minor)
    if free_minor <= 0:
        return
    actor = system(quote.organization_id)
    whole = await queries.get(tx, actor, quote.id, for_update=True, with_lines=True)
    amount = await advancing.worth_of(tx, whole, Money(free_minor, quote.currency))
    if amount.amount_minor > 0:
        await advancing.bill(
            tx,
            actor,
            whole,
            amount,
            at=at,
            payment_id=payment.id,
            paid_on=await _day_of(tx, payment, at),
        )


async def _invoice(tx: AsyncSession, document: Document, payment: Payment, *, at: datetime) -> None:
    actor = system(document.organization_id)
    whole = await queries.get(tx, actor, document.id, for_update=True, with_lines=True)
    order = Conversion(to=Goal.INVOICE)
    await converting.take_place(tx, actor, [whole], order.to, order, at=at, payment_id=payment.id)


async def _day_of(tx: AsyncSession, payment: Payment, at: datetime) -> date:
    """Tell on which day the money was received, where the organization is."""
    if payment.received_on is not None:
        return payment.received_on
    organization = await organizations.get(tx, payment.organization_id)
    return (payment.settled_at or at).astimezone(ZoneInfo(organization.time_zone)).date()


def _evidence(payment: Payment) -> dict[str, JsonValue]:
    return {
        "schema": "conforme.payment.1",
        "payment_id": str(payment.id),
        "method": payment.method,
        "provider_id": payment.provider_id,
        "amount_minor": payment.amount_minor,
        "currency": payment.currency,
    }
