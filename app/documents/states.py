"""Which step may follow which, and what a reader is shown of it (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from app.documents.printable import DocumentType

UNDO_WINDOW = timedelta(minutes=15)


class Status(StrEnum):
    """StarNapp's single state, and the two it lacks; in the order of a life."""

    DRAFT = "draft"
    ISSUED = "issued"
    SENT = "sent"
    RECEIVED = "received"
    OPENED = "opened"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SUPERSEDED = "superseded"
    VOIDED = "voided"


COLORS: Mapping[Status, str] = {
    Status.DRAFT: "gray",
    Status.ISSUED: "blue",
    Status.SENT: "blue",
    Status.RECEIVED: "teal",
    Status.OPENED: "amber",
    Status.ACCEPTED: "green",
    Status.REJECTED: "red",
    Status.SUPERSEDED: "gray",
    Status.VOIDED: "gray",
}


ISSUE_STATES = ("draft", "issued", "superseded", "voided")
DECISIONS = ("pending", "accepted", "rejected")
PDF_STATES = ("none", "pending", "ready", "failed")
DELIVERY_STATES = ("not_sent", "queued", "sent", "deferred", "delivered", "opened", "failed")
PAYMENT_STATES = (
    "not_applicable", "unpaid", "processing", "partially_paid", "paid", "overpaid", "refunded"
)  # fmt: skip
BADGES = (
    "paid", "partly_paid", "payment_processing", "overdue", "expired", "commented",
    "delivery_problem", "corrected", "converted", "resent",
)  # fmt: skip
STAFF_ACTIONS = (
    "edit", "delete", "issue", "dispatch", "revise", "void", "convert", "copy", "correct",
    "change_contact", "extend", "decide", "record_payment",
)  # fmt: skip
"""Every value there is, also those that nothing gives yet: clients are generated from them."""


class Dimensions(Protocol):
    """The four dimensions of a document, and what they are derived with."""

    issue_state: str
    delivery_state: str
    was_sent: bool
    has_delivery_problem: bool
    dispatch_count: int
    decision: str
    payment_state: str
    is_commented: bool
    is_converted: bool
    is_corrected: bool


def status_of(document: Dimensions) -> Status:
    """Project the dimensions onto the single state."""
    if document.issue_state != "issued":
        return Status(document.issue_state)
    if document.decision != "pending":
        return Status(document.decision)
    if document.delivery_state == "opened":
        return Status.OPENED
    if document.delivery_state == "delivered":
        return Status.RECEIVED
    if document.was_sent:
        return Status.SENT
    return Status.ISSUED


_PAYMENT_BADGES = {
    "paid": "paid",
    "overpaid": "paid",
    "partially_paid": "partly_paid",
    "processing": "payment_processing",
}


def badges_of(document: Dimensions) -> list[str]:
    """List the badges that do not depend on the date."""
    badges = []
    if document.payment_state in _PAYMENT_BADGES:
        badges.append(_PAYMENT_BADGES[document.payment_state])
    if document.is_commented:
        badges.append("commented")
    if document.has_delivery_problem:
        badges.append("delivery_problem")
    if document.is_corrected:
        badges.append("corrected")
    if document.is_converted:
        badges.append("converted")
    if document.dispatch_count > 1:
        badges.append("resent")
    return badges


class Dated(Protocol):
    """What expiry and arrears are told from."""

    type: str
    issue_state: str
    decision: str
    valid_until: date | None
    payable_minor: int
    paid_minor: int
    is_converted: bool

    @property
    def falls_due_on(self) -> date | None:
        """From the day after it, what is not paid is late."""
        ...


def is_expired(document: Dated, today: date) -> bool:
    """Tell whether a quote's validity is over; the last day still counts."""
    return (
        document.type == DocumentType.QUOTE
        and document.issue_state == "issued"
        and not document.is_converted
        and document.decision != "accepted"
        and document.valid_until is not None
        and document.valid_until < today
    )


def is_overdue(document: Dated, today: date) -> bool:
    """Tell whether money is still due after its day."""
    return (
        document.issue_state == "issued"
        and not document.is_converted
        and document.falls_due_on is not None
        and document.falls_due_on < today
        and document.payable_minor > document.paid_minor
    )


def payment_state_of(
    *,
    payable_minor: int,
    collected_minor: int,
    refunded_minor: int,
    is_processing: bool,
    advances_minor: int = 0,
) -> str:
    """Tell how far a document is paid, from sums of the ledger in minor units.

    One whose money was all taken in advance is paid from its first day on.
    """
    paid_minor = collected_minor - refunded_minor
    if payable_minor <= 0 and collected_minor == 0:
        return "paid" if advances_minor > 0 else "not_applicable"
    if paid_minor <= 0:
        nothing = "refunded" if refunded_minor > 0 else "unpaid"
        return "processing" if is_processing else nothing
    if paid_minor < payable_minor:
        return "partially_paid"
    return "paid" if paid_minor == payable_minor else "overpaid"


class Actionable(Protocol):
    """What it depends on what staff may do."""

    type: str
    issue_state: str
    pdf_state: str
    payment_state: str
    paid_minor: int
    is_converted: bool
    revises_id: UUID | None
    is_billed: bool
    total_minor: int
    payable_minor: int
    credited_minor: int


def staff_actions(document: Actionable) -> list[str]:
    """List what staff may do with a document, in the order of `STAFF_ACTIONS`."""
    return [action for action, reason in staff_refusals(document).items() if reason is None]


def staff_refusals(document: Actionable) -> dict[str, str | None]:
    """Give, for each thing staff can do with a document, the reason why not, or None.

    The verbs refuse for the same reasons; what only they can know, such as a draft of the
    next revision that is open already, they refuse besides.
    """
    if document.issue_state == "draft":
        return _of_draft(document)
    is_invoice = document.type == DocumentType.INVOICE
    frozen = "invoice_immutable" if is_invoice else "already_issued"
    reasons: dict[str, str | None] = dict.fromkeys(("edit", "delete", "issue"), frozen)
    over = {"voided": "document_voided", "superseded": "not_current_revision"}
    closed = over.get(document.issue_state)
    converted = closed or ("document_converted" if document.is_converted else None)
    immutable = "invoice_immutable" if is_invoice else None
    billed = "document_converted" if document.is_billed else None
    reasons |= {
        "dispatch": closed or ("pdf_failed" if document.pdf_state == "failed" else None),
        "revise": closed or immutable or converted,
        "void": _void_refusal(document, closed, immutable or converted),
        "convert": ("not_convertible" if is_invoice else None) or converted,
        "copy": None,
        "correct": _correct_refusal(document, closed),
        "change_contact": closed or immutable,
        "extend": ("not_a_quote" if document.type != DocumentType.QUOTE else None) or converted,
        "decide": converted,
        "record_payment": converted or billed,
    }
    return {action: reasons[action] for action in STAFF_ACTIONS}


def _of_draft(document: Actionable) -> dict[str, str | None]:
    reasons: dict[str, str | None] = dict.fromkeys(STAFF_ACTIONS, "not_issued")
    reasons |= dict.fromkeys(("edit", "delete", "issue", "copy"), None)
    reasons["change_contact"] = "revision_open" if document.revises_id else None
    if document.type == DocumentType.INVOICE:
        reasons["convert"] = "not_convertible"
    else:
        reasons["correct"] = "not_an_invoice"
    if document.type != DocumentType.QUOTE:
        reasons["extend"] = "not_a_quote"
    return reasons


def _void_refusal(document: Actionable, closed: str | None, taken: str | None) -> str | None:
    if closed or taken:
        return closed or taken
    if document.payment_state == "processing":
        return "payment_live"
    return "has_payments" if document.paid_minor > 0 else None


def _correct_refusal(document: Actionable, closed: str | None) -> str | None:
    if document.type != DocumentType.INVOICE:
        return "not_an_invoice"
    is_spent = 0 < document.payable_minor <= document.credited_minor
    return closed or ("nothing_to_correct" if document.total_minor <= 0 or is_spent else None)


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a document stands when a client looks at it through a link.

    Attributes:
        can_decide: Whether the link may answer; a copy (CC) may only read.
        can_pay: Whether the link may pay.
        is_converted: Whether another document took its place.
        is_billed: Whether an invoice asks for its money.
        is_current: Whether the link's revision is the document's.
        client_answered_at: When the client gave the current answer; None when staff
            did, or there is none.
    """

    issue_state: str
    is_current: bool
    is_expired: bool
    decision: str
    client_answered_at: datetime | None
    can_decide: bool
    can_pay: bool
    payments_enabled: bool
    amount_due_minor: int
    is_converted: bool = False
    is_billed: bool = False


def refusals(standing: Standing, *, at: datetime) -> dict[str, str | None]:
    """Give, for each thing a client can do, the reason why not, or None if allowed.

    Source:
        The order of the checks is the order in which a client should
        learn of them.
    """
    read_only = "recipient_read_only"
    if not (standing.can_decide or standing.can_pay):
        return dict.fromkeys(("accept", "reject", "undo", "comment", "pay"), read_only)
    closed = _closed(standing)
    reasons = {
        "accept": closed or ("already_accepted" if standing.decision == "accepted" else None),
        "reject": closed
        or {"accepted": "already_accepted", "rejected": "already_rejected"}.get(standing.decision),
        "undo": closed or _undo_refusal(standing, at),
        "comment": None,
        "pay": closed or _pay_refusal(standing),
    }
    if not standing.can_decide:
        reasons |= dict.fromkeys(("accept", "reject", "undo"), read_only)
    if not standing.can_pay:
        reasons["pay"] = read_only
    return reasons


def _closed(standing: Standing) -> str | None:
    if standing.issue_state == "voided":
        return "document_voided"
    if standing.issue_state == "superseded" or not standing.is_current:
        return "not_current_revision"
    if standing.is_converted:
        return "document_converted"
    if standing.is_expired:
        return "document_expired"
    return None


def _undo_refusal(standing: Standing, at: datetime) -> str | None:
    answered = standing.client_answered_at
    if standing.decision == "pending" or answered is None:
        return "nothing_to_undo"
    return "undo_window_passed" if at - answered > UNDO_WINDOW else None


def _pay_refusal(standing: Standing) -> str | None:
    if not standing.payments_enabled:
        return "payments_not_enabled"
    if standing.is_billed:
        return "document_converted"
    if standing.amount_due_minor <= 0:
        return "nothing_due"
    return None
