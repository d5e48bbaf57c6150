"""The stored status and badges of a document, kept equal to their recomputation."""

from dataclasses import dataclass
from datetime import datetime

from app.documents import states
from app.documents.models import Document


@dataclass(frozen=True, slots=True)
class Delivery:
    """What dispatches made of the current revision, over its live "to" recipients.

    Attributes:
        state: The best of them; `not_sent` when there is none.
        was_sent: Whether any relay ever accepted a message.
        has_problem: Whether a recipient failed or bounced.
        dispatch_count: How many times it was sent or promised, not counting cancelled, nor new
            links that clients asked for.
    """

    state: str
    was_sent: bool
    has_problem: bool
    dispatch_count: int
    last_dispatched_at: datetime | None


UNSENT = Delivery("not_sent", False, False, 0, None)  # noqa: FBT003 - as its fields stand
"""What is known of a revision that was just issued."""


def project(document: Document) -> None:
    """Store the status and badges that follow from the document's dimensions."""
    document.status = states.status_of(document).value
    document.badges = states.badges_of(document)


def apply_delivery(document: Document, delivery: Delivery) -> None:
    """Take over what dispatches know, and project."""
    document.delivery_state = delivery.state
    document.was_sent = delivery.was_sent
    document.has_delivery_problem = delivery.has_problem
    document.dispatch_count = delivery.dispatch_count
    document.last_dispatched_at = delivery.last_dispatched_at
    project(document)
