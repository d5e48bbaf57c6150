"""Verb: make a document out to another client.

A draft is changed; what was issued gets a further revision under its number, for the new
client, and the links of the old one open nothing any more. An invoice stays whose it is.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from pydantic import JsonValue
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from app.contacts.models import Contact
from app.documents import drafting, lineage, rates, revising
from app.documents.breakdown import store_figures
from app.documents.events import contact_changed
from app.documents.issuing import Issued
from app.documents.models import ClientLink, Document
from app.documents.printable import DocumentType, TaxKind, TaxTreatment
from app.events.record import record
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Conflict, Fault, Invalid
from app.organizations import queries as organizations


class Kept(StrEnum):
    """What stays as it is instead of following the new client."""

    LANGUAGE = "language"
    TERMS = "terms"
    TAXES = "taxes"


@dataclass(frozen=True, slots=True)
class Moved:
    """What came of a change of client.

    Attributes:
        issued: The next revision, when the document was issued.
        warnings: What a person should look at: `taxes_changed`.
    """

    document: Document
    issued: Issued | None
    warnings: list[str]


@dataclass(frozen=True, slots=True)
class Move:
    """To whom, and what is known of it.

    Attributes:
        contact: The new client.
        keep: What does not follow them.
        is_confirmed: Whether somebody said yes to moving what was answered or paid.
    """

    contact: Contact
    keep: Collection[Kept]
    is_confirmed: bool


async def move(
    tx: AsyncSession, actor: Actor, document: Document, to: Move, *, at: datetime
) -> Moved:
    """Make a document out to another client; both histories tell it.

    Money is not moved here: whose it is was settled before.

    Args:
        tx: The request's transaction.
        actor: Who changes it.
        document: Read for update, with its lines.
        to: To whom.
        at: Now.

    Raises:
        Conflict: It cannot be moved, or was answered, paid or converted, and nobody confirmed.
        Invalid: They are no client, or the same one.
    """
    actor.require(Permission.DOCUMENTS_WRITE)
    require_movable(document, to)
    old_id = document.contact_id
    organization = await organizations.get(tx, document.organization_id)
    today = at.astimezone(ZoneInfo(organization.time_zone)).date()
    issued = None
    if document.issue_state == "draft":
        warnings = _take(document, to, today)
        document.updated_at = at
        await tx.flush()
    else:
        draft = await revising.begin(tx, actor, document, at=at)
        warnings = _take(draft, to, today)
        document.is_commented = False
        document, issued = await revising.replace(tx, actor, document, draft, at=at)
        await _close_links(tx, document, at=at)
        await _take_drafts_along(tx, actor, document, to, at=at)
    for fact in contact_changed(document, old_id):
        await record(tx, actor, fact, at=at)
    return Moved(document, issued, warnings)


async def _take_drafts_along(
    tx: AsyncSession, actor: Actor, document: Document, to: Move, *, at: datetime
) -> None:
    """Let the drafts of its invoices, such as of an advance that was paid, follow the client."""
    drafts = await lineage.unlocked_drafts(tx, await lineage.invoices_of(tx, document))
    for draft in drafts:
        old_id, draft.contact_id = draft.contact_id, to.contact.id
        draft.updated_at = at
        await tx.flush()
        for fact in contact_changed(draft, old_id):
            await record(tx, actor, fact, at=at)


def require_movable(document: Document, to: Move) -> None:
    """Refuse a client, or a document, that a change is not for.

    Raises:
        Conflict: It cannot be moved, or was answered, paid or converted, and nobody confirmed.
        Invalid: They are no client, or the same one.
    """
    if document.issue_state == "draft":
        _require_own_draft(document)
    else:
        revising.require_revisable(document)
    if to.contact.id == document.contact_id:
        raise Invalid(faults=[Fault("/contact_id", "contact.same")])
    if "client" not in to.contact.roles:
        raise Invalid(
            code="business_rule",
            reason="role_client_required",
            faults=[Fault("/contact_id", "role_client_required")],
        )
    because = list(_needs(document))
    if because and not to.is_confirmed:
        extra: dict[str, JsonValue] = {**drafting.conflict_facts(document), "because": because}
        raise Conflict(reason="confirmation_required", extra=extra)


def _require_own_draft(document: Document) -> None:
    if document.revises_id is not None:
        raise Conflict(reason="revision_open", extra=drafting.conflict_facts(document))
    if document.deductions or document.advances_minor > 0:
        raise Invalid(faults=[Fault("/contact_id", "conversion.client")])


def _needs(document: Document) -> list[JsonValue]:
    """Say what has happened already that somebody must say yes to."""
    needs = {
        "accepted": document.decision == "accepted",
        "paid": document.paid_minor > 0,
        "converted": document.is_converted or document.is_billed,
    }
    return [name for name, is_so in needs.items() if is_so]


def _take(draft: Document, to: Move, today: date) -> list[str]:
    """Put the new client in a draft, and what follows them."""
    contact, before = to.contact, _taxation(draft)
    draft.contact_id = contact.id
    if Kept.LANGUAGE not in to.keep:
        draft.language = contact.language
    if Kept.TERMS not in to.keep and draft.type == DocumentType.INVOICE:
        draft.due_date = None  # the new client's terms set it at issue
    if Kept.TAXES not in to.keep:
        _take_taxes(draft, contact, today)
    store_figures(draft)
    return ["taxes_changed"] if _taxation(draft) != before else []


def _take_taxes(draft: Document, contact: Contact, today: date) -> None:
    """Apply what the client is subject to: equivalence surcharge, and what they withhold."""
    draft.withholding_rate = contact.withholding_rate
    on = draft.operation_date or today
    for line in draft.lines:
        if line.tax_treatment != TaxTreatment.TAXABLE.value:
            continue
        kind = TaxKind(line.tax_kind)
        surcharge = rates.surcharge_of(kind, line.tax_rate, on)
        line.surcharge_rate = surcharge if contact.equivalence_surcharge else None


def _taxation(draft: Document) -> tuple[object, ...]:
    return draft.withholding_rate, *(line.surcharge_rate for line in draft.lines)


async def _close_links(tx: AsyncSession, document: Document, *, at: datetime) -> None:
    """Let nothing open any more that was given to the client before."""
    await tx.execute(
        update(ClientLink)
        .where(
            ClientLink.organization_id == document.organization_id,
            ClientLink.document_id == document.id,
            ClientLink.revision < document.revision,
            ClientLink.revoked_at.is_(None),
        )
        .values(revoked_at=at)
    )
