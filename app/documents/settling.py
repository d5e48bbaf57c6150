"""Verb: take over what was paid for a document, as the ledger says."""

from datetime import datetime

from app.documents import states
from app.documents.installments import next_due_on
from app.documents.models import Document
from app.documents.projecting import project


def settle(
    document: Document,
    *,
    collected_minor: int,
    refunded_minor: int,
    is_processing: bool,
    at: datetime,
) -> None:
    """Store the paid sum, the payment state and what falls due next, and project.

    Args:
        document: Read for update.
        collected_minor: All that came in for it or was taken off, in minor units.
        refunded_minor: What of that went back.
        is_processing: Some payment is under way.
        at: Now.
    """
    document.paid_minor = collected_minor - refunded_minor
    document.payment_state = states.payment_state_of(
        payable_minor=document.payable_minor - document.credited_minor,
        collected_minor=collected_minor - document.credited_minor,
        refunded_minor=refunded_minor,
        is_processing=is_processing,
        advances_minor=document.advances_minor,
    )
    document.next_due_on = next_due_on(document)
    document.updated_at = at
    project(document)
