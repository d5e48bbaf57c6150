"""What can happen to a reminder, as history tells it."""

from pydantic import JsonValue

from app.documents.models import Document
from app.events.record import Fact, Group
from app.reminders.models import Reminder, ReminderPolicy


def sent(document: Document, reminder: Reminder, policy: ReminderPolicy) -> Fact:
    """A client was reminded of a document."""
    return _fact("reminder.sent", document, reminder, policy)


def skipped(document: Document, reminder: Reminder, policy: ReminderPolicy) -> Fact:
    """A reminder was due and not sent, for a reason."""
    return _fact("reminder.skipped", document, reminder, policy)


def _fact(kind: str, document: Document, reminder: Reminder, policy: ReminderPolicy) -> Fact:
    dispatch_id = None if reminder.dispatch_id is None else str(reminder.dispatch_id)
    payload: dict[str, JsonValue] = {
        "type": document.type,
        "number": document.number,
        "revision": document.revision,
        "policy_id": str(policy.id),
        "policy": policy.name,
        "deadline": str(reminder.deadline),
        "offset_days": reminder.offset_days,
        "dispatch_id": dispatch_id,
        "reason": reminder.reason,
    }
    return Fact(
        kind=kind,
        group=Group.MESSAGES,
        subject_type="document",
        subject_id=document.id,
        contact_id=document.contact_id,
        document_id=document.id,
        vessel_id=document.vessel_id,
        payload=payload,
    )
