"""Verbs: create, edit and delete a draft."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from app.contacts import queries as contacts
from app.contacts.models import Contact
from app.documents import consistency, layouts, lineage, queries, rates
from app.documents.breakdown import line_of, store_figures
from app.documents.events import created, deleted
from app.documents.installments import due_date_of, plan_faults, write_plan
from app.documents.models import Document
from app.documents.printable import DocumentType, InvoiceKind, TaxTreatment
from app.documents.projecting import project
from app.documents.schemas import (
    DocumentChanges,
    DocumentDraft,
    InstallmentBody,
    LineBody,
    pointer_of,
)
from app.documents.states import staff_actions
from app.events.record import record
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Conflict, Fault, Invalid, NotFound
from app.kernel.identifiers import new_id
from app.organizations import queries as organizations
from app.organizations.models import Organization
from app.vessels import queries as vessels

_WHOLE = Decimal(100)

_NOT_ISSUED = {
    "draft": "not_issued",
    "voided": "document_voided",
    "superseded": "not_current_revision",
}

_PLAIN_FIELDS = (
    "vessel_id", "title", "notes", "valid_until", "due_date", "operation_date", "language",
    "deposit_percent", "withholding_rate", "prices_include_tax", "layout_id",
)  # fmt: skip


async def create(tx: AsyncSession, actor: Actor, draft: DocumentDraft, *, at: datetime) -> Document:
    """Begin a document; it has no number until it is issued.

    Raises:
        Invalid: A reference is unknown or a line does not add up.
    """
    actor.require(Permission.DOCUMENTS_WRITE)
    organization = await organizations.get(tx, actor.organization_id)
    contact = await _contact(tx, actor, draft.contact_id)
    kind = _invoice_kind(draft)
    await _check_references(tx, actor, draft.type.value, kind, draft)
    today = at.astimezone(ZoneInfo(organization.time_zone)).date()
    _check_operation_date(draft.operation_date, today)
    return await begin(tx, actor, draft, contact, organization, at=at)


async def begin(
    tx: AsyncSession,
    actor: Actor,
    draft: DocumentDraft,
    contact: Contact,
    organization: Organization,
    *,
    at: datetime,
) -> Document:
    """Begin a document whose references are known to be good.

    Raises:
        Invalid: A line does not add up.
    """
    today = at.astimezone(ZoneInfo(organization.time_zone)).date()
    document = _blank(actor, draft, _invoice_kind(draft), today, at)
    _write_plan(document, draft.installments)
    document.language = draft.language or contact.language
    document.contact_id = contact.id
    _write_discount(document, draft)
    lines = _lines(draft.lines, organization)
    document.lines = [line_of(document, index, line) for index, line in enumerate(lines)]
    store_figures(document)
    project(document)
    tx.add(document)
    await tx.flush()
    await record(tx, actor, created(document), at=at)
    return document


async def edit(
    tx: AsyncSession, actor: Actor, document: Document, changes: DocumentChanges, *, at: datetime
) -> None:
    """Change a draft; fields that did not come are left alone.

    Args:
        tx: The request's transaction.
        actor: Who edits.
        document: Read for update, with its lines.
        changes: The body; what came is in its `model_fields_set`.
        at: Now.

    Raises:
        Conflict: The document was issued.
        Invalid: A reference is unknown or a line does not add up.
    """
    actor.require(Permission.DOCUMENTS_WRITE)
    require_draft(document)
    came = changes.model_fields_set
    _require_same_place(document, changes)
    if "contact_id" in came:
        _require_same_client(document, changes)
        document.contact_id = (await _contact(tx, actor, changes.contact_id)).id
    await _check_references(tx, actor, document.type, document.invoice_kind, changes)
    for name in (*_PLAIN_FIELDS, "salesperson_id", "series_id"):
        if name in came:
            setattr(document, name, getattr(changes, name))
    if "installments" in came:
        _write_plan(document, changes.installments)
    document.due_date = due_date_of(document)
    if "discount" in came or "disbursements" in came:
        _write_discount(document, changes)
    organization = await organizations.get(tx, actor.organization_id)
    if "operation_date" in came:
        today = at.astimezone(ZoneInfo(organization.time_zone)).date()
        _check_operation_date(changes.operation_date, today)
    if "lines" in came:
        lines = _lines(changes.lines, organization)
        document.lines = []
        await tx.flush()
        document.lines = [line_of(document, index, line) for index, line in enumerate(lines)]
    store_figures(document)
    document.updated_at = at
    await tx.flush()
    if document.invoice_kind == InvoiceKind.ADVANCE:
        for quote in await lineage.sources_of(tx, document, "advance_of"):
            await lineage.refresh(tx, quote, at=at)


def _require_same_place(document: Document, changes: DocumentChanges) -> None:
    """Refuse to take the draft of a revision away from the document that it revises."""
    if document.revises_id is None:
        return
    came, faults = changes.model_fields_set, []
    if "contact_id" in came and changes.contact_id != document.contact_id:
        faults.append(Fault("/contact_id", "revision.contact"))
    if "series_id" in came and changes.series_id != document.series_id:
        faults.append(Fault("/series_id", "revision.same_series"))
    if faults:
        raise Invalid(faults=faults)


def _require_same_client(document: Document, changes: DocumentChanges) -> None:
    """Refuse to bill another client what this one has paid or was asked for in advance."""
    has_own = bool(document.deductions) or document.advances_minor > 0
    if has_own and changes.contact_id != document.contact_id:
        raise Invalid(faults=[Fault("/contact_id", "conversion.client")])


async def delete(tx: AsyncSession, actor: Actor, document: Document, *, at: datetime) -> None:
    """Delete a draft; nothing that was issued is ever deleted.

    What it was made from can be converted again.

    Raises:
        Conflict: The document was issued.
    """
    actor.require(Permission.DOCUMENTS_WRITE)
    require_draft(document)
    sources = await lineage.sources_of(tx, document)
    await record(tx, actor, deleted(document), at=at)
    await tx.delete(document)
    for source in sources:
        await lineage.refresh(tx, source, at=at)
    await tx.flush()


def require_draft(document: Document) -> None:
    """Refuse to touch what was issued.

    Raises:
        Conflict: `invoice_immutable` or `already_issued`.
    """
    if document.issue_state != "draft":
        is_invoice = document.type == DocumentType.INVOICE
        raise Conflict(
            reason="invoice_immutable" if is_invoice else "already_issued",
            extra=conflict_facts(document),
        )


def require_issued(document: Document) -> None:
    """Refuse what is no document yet, or no longer the word that counts.

    Raises:
        Conflict: `not_issued`, `document_voided` or `not_current_revision`.
    """
    reason = _NOT_ISSUED.get(document.issue_state)
    if reason is not None:
        raise Conflict(reason=reason, extra=conflict_facts(document))


def require_collecting(document: Document) -> None:
    """Refuse to note money for what is no document, or whose money an invoice asks for.

    Raises:
        Conflict: `not_issued`, `document_voided`, `not_current_revision` or
            `document_converted`.
    """
    require_issued(document)
    if document.is_converted or document.is_billed:
        raise Conflict(reason="document_converted", extra=conflict_facts(document))


def conflict_facts(document: Document) -> dict[str, JsonValue]:
    """What a 409 tells about a document's present state."""
    return {
        "current_status": document.status,
        "allowed_actions": [*staff_actions(document)],
    }


def _blank(
    actor: Actor, draft: DocumentDraft, kind: InvoiceKind | None, today: date, at: datetime
) -> Document:
    document = Document(
        organization_id=actor.organization_id,
        id=new_id(),
        type=draft.type.value,
        invoice_kind=kind.value if kind else None,
        series_id=draft.series_id,
        salesperson_id=draft.salesperson_id,
        currency=draft.currency,
        deductions=[],
        advances_minor=0,
        paid_minor=0,
        listed_on=today,
        revision=0,
        issue_state="draft",
        delivery_state="not_sent",
        was_sent=False,
        has_delivery_problem=False,
        dispatch_count=0,
        decision="pending",
        payment_state="not_applicable",
        is_commented=False,
        is_converted=False,
        is_billed=False,
        pdf_state="none",
        created_by=actor.id,
        created_at=at,
        updated_at=at,
    )
    for name in _PLAIN_FIELDS:
        setattr(document, name, getattr(draft, name))
    return document


def _invoice_kind(draft: DocumentDraft) -> InvoiceKind | None:
    if draft.type != DocumentType.INVOICE:
        if draft.invoice_kind is not None:
            raise Invalid(faults=[Fault("/invoice_kind", "invoice_kind.not_invoice")])
        return None
    kind = draft.invoice_kind or InvoiceKind.STANDARD
    if kind is InvoiceKind.CORRECTIVE:
        raise Invalid(faults=[Fault("/invoice_kind", "not_available")])
    return kind


async def _contact(tx: AsyncSession, actor: Actor, contact_id: UUID) -> Contact:
    try:
        contact = await contacts.get(tx, actor, contact_id, parts=())
    except NotFound:
        raise Invalid(faults=[Fault("/contact_id", "reference.unknown")]) from None
    if contact.status != "active":
        raise Invalid(faults=[Fault("/contact_id", "contact.archived")])
    return contact


async def _check_references(
    tx: AsyncSession,
    actor: Actor,
    document_type: str,
    kind: str | None,
    body: DocumentDraft | DocumentChanges,
) -> None:
    """Refuse references to what is not there, all at once."""
    faults = []
    person, series = body.salesperson_id, body.series_id
    if person and not await organizations.may_own(tx, actor, person):
        faults.append(Fault("/salesperson_id", "reference.unknown"))
    if series and not await queries.find_series(
        tx, actor, document_type, series, invoice_kind=kind
    ):
        faults.append(Fault("/series_id", "reference.unknown"))
    layout = body.layout_id
    if layout and not await layouts.find(tx, actor.organization_id, document_type, layout):
        faults.append(Fault("/layout_id", "reference.unknown"))
    if body.vessel_id is not None and not await _is_usable(tx, actor, body.vessel_id):
        faults.append(Fault("/vessel_id", "reference.unknown"))
    if faults:
        raise Invalid(faults=faults)


async def _is_usable(tx: AsyncSession, actor: Actor, vessel_id: UUID) -> bool:
    """Tell whether a document may be about a vessel: one the actor sees, and not put away."""
    try:
        return (await vessels.get(tx, actor, vessel_id)).status == "active"
    except NotFound:
        return False


def _write_plan(document: Document, plan: Sequence[InstallmentBody]) -> None:
    if faults := plan_faults(document.type, plan):
        raise Invalid(faults=faults)
    write_plan(document, plan)
    document.due_date = due_date_of(document)


def _check_operation_date(day: date | None, today: date) -> None:
    """Refuse a day that no invoice could name, whatever the document is or becomes."""
    if day is not None and not consistency.is_operation_year(day.year, today):
        raise Invalid(faults=[Fault("/operation_date", "operation_date.range")])


def _write_discount(document: Document, body: DocumentDraft | DocumentChanges) -> None:
    came = body.model_fields_set
    is_new = isinstance(body, DocumentDraft)
    if is_new or "discount" in came:
        discount = body.discount
        if discount is not None and discount.kind == "percent" and discount.value > _WHOLE:
            fault = Fault("/discount/value", "less_than_equal", params={"le": "100"})
            raise Invalid(faults=[fault])
        document.discount_kind = discount.kind if discount else None
        document.discount_value = discount.value if discount else None
    if is_new or "disbursements" in came:
        document.disbursements = [
            {"description": item.description, "amount": f"{item.amount:f}"}
            for item in body.disbursements
        ]


def _lines(bodies: Sequence[LineBody], organization: Organization) -> list[LineBody]:
    """Fill in the defaults of lines and refuse contradictions, all at once."""
    faults: list[Fault] = []
    lines = []
    for index, body in enumerate(bodies):
        is_taxable = body.tax_treatment == TaxTreatment.TAXABLE
        default = organization.default_tax_rate if is_taxable else Decimal(0)
        rate = default if body.tax_rate is None else body.tax_rate
        faults += _line_faults(index, body, rate)
        lines.append(body.model_copy(update={"tax_rate": rate}))
    if faults:
        raise Invalid(faults=faults)
    return lines


def _line_faults(index: int, line: LineBody, rate: Decimal) -> list[Fault]:
    faults = []
    treatment, cause = line.tax_treatment, line.exemption_cause
    if treatment != TaxTreatment.TAXABLE and rate != 0:
        faults.append(Fault(pointer_of(index, "tax_rate"), "tax_rate.not_zero"))
    if treatment == TaxTreatment.TAXABLE and not rates.is_rate(line.tax_kind, rate):
        faults.append(Fault(pointer_of(index, "tax_rate"), "tax_rate.unknown"))
    expected = {TaxTreatment.EXEMPT: "E", TaxTreatment.NOT_SUBJECT: "N"}.get(treatment)
    if expected and (cause is None or not cause.startswith(expected)):
        faults.append(Fault(pointer_of(index, "exemption_cause"), "exemption_cause.required"))
    if expected is None and cause is not None:
        faults.append(Fault(pointer_of(index, "exemption_cause"), "exemption_cause.forbidden"))
    if line.surcharge_rate is not None and treatment != TaxTreatment.TAXABLE:
        faults.append(Fault(pointer_of(index, "surcharge_rate"), "surcharge_rate.not_taxable"))
    elif line.surcharge_rate is not None and not rates.is_surcharge(
        line.tax_kind, rate, line.surcharge_rate
    ):
        faults.append(Fault(pointer_of(index, "surcharge_rate"), "surcharge_rate.unknown"))
    return faults
