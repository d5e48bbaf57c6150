"""What can happen to a dispatch, as history tells it."""

from pydantic import JsonValue

from app.dispatch.models import EMAIL, Dispatch, Recipient
from app.dispatch.paid import Paid
from app.documents.models import Document
from app.events.record import Fact, Group


def _about(dispatch: Dispatch, document: Document) -> dict[str, JsonValue]:
    def addresses(kind: str) -> list[JsonValue]:
        return [one.address for one in dispatch.recipients if one.kind == kind]

    return {
        "dispatch_id": str(dispatch.id),
        "kind": dispatch.kind,
        "subject": dispatch.subject,
        "language": dispatch.language,
        "to": addresses("to"),
        "cc": addresses("cc"),
        "attach_pdf": dispatch.attach_pdf,
        "type": document.type,
        "number": document.number,
        "revision": dispatch.revision,
        "total": {"amount": document.total_minor, "currency": document.currency},
        **_receipt(dispatch),
        **_handed_over(dispatch),
    }


def _receipt(dispatch: Dispatch) -> dict[str, JsonValue]:
    """Tell of a receipt which payment it is of, and how much that was."""
    if dispatch.paid is None:
        return {}
    paid = Paid.from_json(dispatch.paid)
    return {
        "payment_id": str(dispatch.payment_id),
        "amount": {"amount": paid.amount_minor, "currency": paid.currency},
    }


_VIA = {"link": "copied_link", "whatsapp": "whatsapp", "sms": "sms", "manual": "by_hand"}


def _handed_over(dispatch: Dispatch) -> dict[str, JsonValue]:
    """Tell of a link that a person took to the client how, and to whom."""
    if dispatch.channel == EMAIL:
        return {}
    return {"via": _VIA[dispatch.channel], "name": dispatch.recipients[0].name}


def _fact(kind: str, dispatch: Dispatch, payload: dict[str, JsonValue]) -> Fact:
    return Fact(
        kind=kind,
        group=Group.MESSAGES,
        subject_type="dispatch",
        subject_id=dispatch.id,
        contact_id=dispatch.contact_id,
        document_id=dispatch.document_id,
        payload=payload,
    )


def queued(dispatch: Dispatch, document: Document) -> Fact:
    """Somebody sent a document; the worker takes it from here."""
    return _fact("dispatch.queued", dispatch, _about(dispatch, document))


def sent(dispatch: Dispatch, document: Document) -> Fact:
    """The relay accepted the first of its messages."""
    return _fact("dispatch.sent", dispatch, _about(dispatch, document))


def cancelled(dispatch: Dispatch, document: Document) -> Fact:
    """It was called off before it left."""
    return _fact("dispatch.cancelled", dispatch, _about(dispatch, document))


def recipient_state_changed(
    dispatch: Dispatch, recipient: Recipient, before: str, reason: str | None
) -> Fact:
    """News of one message."""
    payload: dict[str, JsonValue] = {
        "dispatch_id": str(dispatch.id),
        "recipient_id": str(recipient.id),
        "address": recipient.address,
        "from": before,
        "to": recipient.delivery_state,
        "reason": reason,
    }
    return _fact("dispatch.recipient_state_changed", dispatch, payload)
