"""What can happen to a document, as history tells it."""

from pydantic import JsonValue

from app.documents.models import Decision, Document
from app.events.record import Fact, Group


def _about(document: Document) -> dict[str, JsonValue]:
    return {
        "type": document.type,
        "number": document.number,
        "revision": document.revision,
        "total": {"amount": document.total_minor, "currency": document.currency},
    }


def _fact(kind: str, document: Document, payload: dict[str, JsonValue], *, shared: bool) -> Fact:
    return Fact(
        kind=kind,
        group=Group.DOCUMENTS,
        subject_type="document",
        subject_id=document.id,
        contact_id=document.contact_id,
        document_id=document.id,
        payload={**_about(document), **payload},
        is_shared=shared,
    )


def created(document: Document) -> Fact:
    """A draft was begun."""
    return _fact("document.created", document, {}, shared=False)


def deleted(document: Document) -> Fact:
    """A draft was thrown away."""
    return _fact("document.deleted", document, {}, shared=False)


def issued(document: Document) -> Fact:
    """The document has its number and is frozen."""
    return _fact("document.issued", document, {}, shared=True)


def pdf_failed(document: Document) -> Fact:
    """The PDF could not be made, however often it was tried."""
    return _fact("document.pdf_failed", document, {}, shared=False)


def viewed(document: Document, recipient: str) -> Fact:
    """A person opened the document for the first time."""
    return _fact("document.viewed", document, {"recipient": recipient}, shared=False)


def decided(document: Document, decision: Decision) -> Fact:
    """The client, or staff for them, accepted, rejected or took the answer back."""
    kind = "decision_withdrawn" if decision.kind == "withdrawn" else decision.kind
    payload: dict[str, JsonValue] = {
        "name": decision.actor_name,
        "channel": decision.channel,
        "comment": decision.comment,
        "decision_id": str(decision.id),
    }
    return _fact(f"document.{kind}", document, payload, shared=True)


def converted(document: Document, other: Document, *, role: str) -> Fact:
    """The document became another (role `source`), or came out of another (`result`)."""
    return _fact("document.converted", document, _beside(other, role), shared=False)


def copied(document: Document, other: Document, *, role: str) -> Fact:
    """The document was written again (role `source`), or after another (`result`)."""
    return _fact("document.copied", document, _beside(other, role), shared=False)


def _beside(other: Document, role: str) -> dict[str, JsonValue]:
    about: dict[str, JsonValue] = {
        "id": str(other.id),
        "type": other.type,
        "invoice_kind": other.invoice_kind,
        "number": other.number,
    }
    return {"role": role, "other": about}
