"""Work: send whoever paid the receipt, through the outbox, once for each payment.

It is a job of its own, after the payment's transaction: nothing that goes wrong with a
letter can keep money from being booked.
"""

import structlog

from app.dispatch.paid import Paid
from app.dispatch.promising import Sender
from app.dispatch.receipts import send_receipt
from app.documents import queries as documents
from app.documents.models import Document
from app.kernel.actor import system
from app.kernel.clock import Clock
from app.kernel.database import Database
from app.payments import queries as payments
from app.payments.models import Payment
from app.payments.tasks import SendReceipt

log = structlog.get_logger()


async def send(job: SendReceipt, database: Database, sender: Sender, clock: Clock) -> None:
    """Promise the receipt of a payment, unless it is promised or was taken off its document."""
    actor = system(job.organization_id)
    async with database.transaction(job.organization_id) as tx:
        known = await payments.find(tx, job.organization_id, job.payment_id)
        if known is None:
            return
        document = await documents.get(tx, actor, known.document_id, for_update=True)
        payment = await payments.get(tx, actor, job.payment_id)
        paid = _paid(payment, document)
        if paid is None:
            return
        promised = await send_receipt(
            tx,
            actor,
            document,
            payment.id,
            paid,
            sender,
            payer_id=payment.recipient_id,
            at=clock.now(),
        )
    if promised is None:
        log.info("receipt_not_promised", payment_id=str(job.payment_id))


def _paid(payment: Payment, document: Document) -> Paid | None:
    if payment.settled_at is None:
        return None
    return Paid(
        amount_minor=payment.amount_minor,
        due_minor=document.due.amount_minor,
        currency=payment.currency,
        method=payment.method,
        paid_at=payment.settled_at,
        code=payment.provider_id or str(payment.id),
    )
