"""What can happen to a document, as history tells it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from uuid import UUID

from pydantic import JsonValue

from app.documents.models import Decision, Document
from app.events.record import Fact, Group
from app.kernel.money import Money


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
        vessel_id=document.vessel_id,
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


def revised(document: Document, draft: Document) -> Fact:
    """The next revision is being drafted; this one still counts."""
    payload: dict[str, JsonValue] = {"next_revision": draft.revision, "draft_id": str(draft.id)}
    return _fact("document.revised", document, payload, shared=False)


def superseded(document: Document) -> Fact:
    """The revision no longer counts: the next one takes its place."""
    return _fact("document.superseded", document, {}, shared=True)


def extended(document: Document, before: date | None) -> Fact:
    """The quote can be accepted until another day than it says."""
    payload: dict[str, JsonValue] = {
        "valid_until": str(document.valid_until),
        "valid_until_before": None if before is None else str(before),
    }
    return _fact("document.extended", document, payload, shared=True)


def voided(document: Document, reason: str) -> Fact:
    """The document does not count any more, and nothing takes its place."""
    return _fact("document.voided", document, {"reason": reason}, shared=False)


def contact_changed(document: Document, old_id: UUID) -> Iterator[Fact]:
    """The document is another client's from now on; each of the two is told."""
    told: dict[str, JsonValue] = {
        "from_contact_id": str(old_id),
        "to_contact_id": str(document.contact_id),
    }
    for contact_id, direction in ((old_id, "out"), (document.contact_id, "in")):
        fact = _fact(
            "document.contact_changed", document, {**told, "direction": direction}, shared=False
        )
        yield replace(fact, contact_id=contact_id)


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


def corrected(document: Document, other: Document, method: str, money: Money, *, role: str) -> Fact:
    """An invoice was corrected (role `source`), or issued to correct one (`result`).

    Args:
        document: Whose history tells it.
        other: The one that corrects it, or is corrected.
        method: `differences` or `substitution`.
        money: What is less to pay, or moved along.
        role: `source` or `result`; told as `replaced` and `replacement` of a substitution.
    """
    if method == "substitution":
        role = {"source": "replaced", "result": "replacement"}[role]
    payload: dict[str, JsonValue] = {
        **_beside(other, role),
        "method": method,
        "amount": {"amount": money.amount_minor, "currency": money.currency},
    }
    return _fact("document.corrected", document, payload, shared=False)


def _beside(other: Document, role: str) -> dict[str, JsonValue]:
    about: dict[str, JsonValue] = {
        "id": str(other.id),
        "type": other.type,
        "invoice_kind": other.invoice_kind,
        "number": other.number,
    }
    return {"role": role, "other": about}
