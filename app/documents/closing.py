"""Verbs: let a quote be accepted for longer; take a document back for good."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.documents import lineage, links
from app.documents.drafting import conflict_facts, require_issued
from app.documents.events import extended, voided
from app.documents.models import ClientLink, Document
from app.documents.printable import DocumentType
from app.documents.projecting import project
from app.events.record import record
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Conflict, Fault, Invalid
from app.organizations import queries as organizations


async def extend(
    tx: AsyncSession, actor: Actor, document: Document, until: date, *, at: datetime
) -> None:
    """Let an issued quote be accepted until a later day; its PDF keeps the day it says.

    Its links live as much longer.

    Args:
        tx: The request's transaction.
        actor: Who extends it.
        document: Read for update.
        until: The last day.
        at: Now.

    Raises:
        Conflict: It is no quote, no longer stands, or was converted.
        Invalid: The day has passed, or is no later one.
    """
    actor.require(Permission.DOCUMENTS_WRITE)
    if document.type != DocumentType.QUOTE:
        raise Conflict(reason="not_a_quote", extra=conflict_facts(document))
    _require_standing(document)
    zone = ZoneInfo((await organizations.get(tx, document.organization_id)).time_zone)
    before = document.valid_until
    if until < at.astimezone(zone).date():
        raise Invalid(faults=[Fault("/valid_until", "date.past")])
    if before is not None and until <= before:
        raise Invalid(faults=[Fault("/valid_until", "date.not_later")])
    document.valid_until = until
    document.updated_at = at
    await tx.flush()
    expires_at = links.expiry_of(document, zone, at=at)
    await tx.execute(
        update(ClientLink)
        .where(
            ClientLink.organization_id == document.organization_id,
            ClientLink.document_id == document.id,
            ClientLink.revision == document.revision,
            ClientLink.expires_at < expires_at,
        )
        .values(expires_at=expires_at)
    )
    await record(tx, actor, extended(document, before), at=at)


async def void(
    tx: AsyncSession, actor: Actor, document: Document, reason: str, *, at: datetime
) -> None:
    """Take an issued document back; what it was made from can be converted again.

    Args:
        tx: The request's transaction.
        actor: Who voids it.
        document: Read for update.
        reason: Why, for the history.
        at: Now.

    Raises:
        Conflict: It is an invoice, no longer stands, was converted, or money was taken
            for it or is under way.
    """
    actor.require(Permission.DOCUMENTS_WRITE)
    if document.issue_state == "issued" and document.type == DocumentType.INVOICE:
        raise Conflict(reason="invoice_immutable", extra=conflict_facts(document))
    _require_standing(document)
    if document.payment_state == "processing":
        raise Conflict(reason="payment_live", extra=conflict_facts(document))
    if document.paid_minor > 0:
        raise Conflict(reason="has_payments", extra=conflict_facts(document))
    document.issue_state = "voided"
    document.payment_state = "not_applicable"
    document.updated_at = at
    project(document)
    await tx.flush()
    await record(tx, actor, voided(document, reason), at=at)
    for source in await lineage.sources_of(tx, document):
        await lineage.refresh(tx, source, at=at)


def _require_standing(document: Document) -> None:
    require_issued(document)
    if document.is_converted:
        raise Conflict(reason="document_converted", extra=conflict_facts(document))
