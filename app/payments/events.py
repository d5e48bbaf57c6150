"""What can happen to a payment, as history tells it."""

from pydantic import JsonValue

from app.documents.models import Document
from app.events.record import Fact, Group
from app.kernel.money import Money
from app.payments.models import Payment, Refund


def _fact(
    kind: str, payment: Payment, document: Document, amount: Money, **more: JsonValue
) -> Fact:
    return Fact(
        kind=kind,
        group=Group.PAYMENTS,
        subject_type="payment",
        subject_id=payment.id,
        contact_id=document.contact_id,
        document_id=document.id,
        payload={
            "payment_id": str(payment.id),
            "type": document.type,
            "number": document.number,
            "method": payment.method,
            "amount": {"amount": amount.amount_minor, "currency": amount.currency},
            **more,
        },
    )


def received(payment: Payment, document: Document) -> Fact:
    """The money of a payment is there."""
    return _fact("payment.received", payment, document, payment.amount)


def refunded(payment: Payment, refund: Refund, document: Document) -> Fact:
    """Money of a payment went back."""
    reason = {"reason": refund.reason} if refund.reason else {}
    return _fact("payment.refunded", payment, document, refund.amount, **reason)
