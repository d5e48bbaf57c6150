"""Verb: correct an issued invoice by another one (factura rectificativa).

By differences the invoice stands, and what is taken off offsets what is due; by
substitution the new one takes its place, and what was paid moves along. Either is a
draft until it is issued, and until then nothing of the invoice changes.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncSession

from app.documents import corrections, deductions, lineage, queries, rewriting
from app.documents.breakdown import figures_of, store_figures, taxes_of
from app.documents.correcting_schemas import CorrectionOrder
from app.documents.corrections import STILL_OWED, Correction, Method
from app.documents.drafting import begin, conflict_facts, require_issued
from app.documents.events import corrected
from app.documents.models import Document
from app.documents.ports import Books
from app.documents.printable import DocumentType, InvoiceKind
from app.documents.projecting import project
from app.documents.schemas import DocumentDraft, LineBody
from app.events.record import record
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Conflict, Fault, Invalid
from app.organizations import queries as organizations

CORRECTS = "corrects"
_DESCENT = ("converted", "advance_of")


async def correct(
    tx: AsyncSession, actor: Actor, invoice: Document, order: CorrectionOrder, *, at: datetime
) -> Document:
    """Make the draft of a corrective invoice; whole credit, or the same invoice again, to edit.

    Args:
        tx: The request's transaction.
        actor: Who corrects.
        invoice: Read for update, with its lines.
        order: How and why.
        at: Now.

    Raises:
        Conflict: It is no invoice, does not stand, has nothing left to correct, or another
            draft corrects it already.
    """
    actor.require(Permission.DOCUMENTS_WRITE)
    await _require_correctable(tx, invoice)
    organization = await organizations.get(tx, actor.organization_id)
    contact = await queries.contact_of(tx, invoice, parts=())
    correction = _correction(invoice, order)
    draft = await begin(tx, actor, _draft(invoice, order), contact, organization, at=at)
    draft.correction = corrections.to_json(correction)
    draft.invoice_kind = InvoiceKind.CORRECTIVE.value
    lineage.link(tx, invoice, draft, CORRECTS, at=at)
    if correction.is_substitution:
        draft.deductions = invoice.deductions
        draft.advances_minor = invoice.advances_minor
    store_figures(draft)
    invoice.updated_at = at
    await tx.flush()
    return draft


async def require_good(tx: AsyncSession, corrective: Document) -> None:
    """Refuse to issue a corrective invoice that does not fit the one it corrects.

    Args:
        tx: The issuing transaction.
        corrective: Its figures are stored.

    Raises:
        Conflict: The other no longer stands.
        Invalid: It takes off nothing, or more than there is; or what takes the other's place
            is negative.
    """
    correction = corrections.from_json(corrective.correction)
    assert correction is not None  # noqa: S101 - it is a corrective invoice
    (invoice,) = await lineage.sources_of(tx, corrective, CORRECTS)
    require_issued(invoice)
    faults = []
    if correction.is_substitution:
        if corrective.total_minor < 0:
            faults.append(Fault("/lines", "correction.negative"))
        if await _offset_minor(tx, invoice):
            raise Conflict(reason="already_corrected", extra=conflict_facts(invoice))
    elif corrective.total_minor >= 0:
        faults.append(Fault("/lines", "correction.not_negative"))
    else:
        left = invoice.money(invoice.total_minor + await _offset_minor(tx, invoice))
        if -corrective.total_minor > left.amount_minor:
            params = {"most": str(left.decimal)}
            faults.append(Fault("/lines", "correction.too_large", params=params))
        if corrective.contact_id != invoice.contact_id:
            faults.append(Fault("/contact_id", "correction.client"))
    if faults:
        raise Invalid(faults=faults)


async def take_effect(
    tx: AsyncSession, actor: Actor, corrective: Document, books: Books, *, at: datetime
) -> None:
    """Let a corrective invoice that was just issued change what the other one comes to.

    Args:
        tx: The issuing transaction.
        actor: Who issues.
        corrective: Just issued.
        books: Moves and offsets the money.
        at: Now.

    Raises:
        Conflict: A payment of the invoice is under way.
    """
    correction = corrections.from_json(corrective.correction)
    assert correction is not None  # noqa: S101 - it is a corrective invoice
    (invoice,) = await lineage.sources_of(tx, corrective, CORRECTS)
    invoice.is_corrected = True
    if correction.is_substitution:
        moved = await books.move(tx, invoice, corrective, at=at)
        invoice.issue_state = "voided"
        invoice.payment_state = "not_applicable"
        await _take_place(tx, invoice, corrective, at=at)
    elif correction.code in STILL_OWED:
        moved = invoice.money(0)
    else:
        invoice.credited_minor -= corrective.payable_minor
        moved = await books.offset(tx, invoice, -corrective.money(corrective.payable_minor), at=at)
    invoice.updated_at = at
    project(invoice)
    await tx.flush()
    about = (correction.method.value, moved)
    await record(tx, actor, corrected(invoice, corrective, *about, role="source"), at=at)
    await record(tx, actor, corrected(corrective, invoice, *about, role="result"), at=at)


async def _take_place(
    tx: AsyncSession, invoice: Document, corrective: Document, *, at: datetime
) -> None:
    """Stand where the other stood: what it came out of, and what takes it off."""
    for kind in _DESCENT:
        for source in await lineage.sources_of(tx, invoice, kind):
            lineage.link(tx, source, corrective, kind, at=at)
            await lineage.refresh(tx, source, at=at)
    for advance in await lineage.sources_of(tx, invoice, "deducts"):
        lineage.link(tx, advance, corrective, "deducts", at=at)


async def _require_correctable(tx: AsyncSession, invoice: Document) -> None:
    if invoice.type != DocumentType.INVOICE:
        raise Conflict(reason="not_an_invoice", extra=conflict_facts(invoice))
    require_issued(invoice)
    if invoice.total_minor <= 0:
        raise Conflict(reason="nothing_to_correct", extra=conflict_facts(invoice))
    earlier = await lineage.results_of(tx, invoice.organization_id, [invoice.id], CORRECTS)
    if any(one.issue_state == "draft" for one in earlier):
        raise Conflict(reason="correction_open", extra=conflict_facts(invoice))
    if invoice.total_minor + sum(one.total_minor for one in earlier) <= 0:
        raise Conflict(reason="nothing_to_correct", extra=conflict_facts(invoice))


async def _offset_minor(tx: AsyncSession, invoice: Document) -> int:
    """Tell what was taken off an invoice already: negative, in minor units."""
    earlier = await lineage.results_of(tx, invoice.organization_id, [invoice.id], CORRECTS)
    return sum(one.total_minor for one in earlier if one.issue_state == "issued")


def _correction(invoice: Document, order: CorrectionOrder) -> Correction:
    assert invoice.number is not None  # noqa: S101 - it was issued
    assert invoice.issue_date is not None  # noqa: S101 - it was issued
    totals = figures_of(invoice).totals
    is_whole = order.method is Method.SUBSTITUTION
    return Correction(
        method=order.method,
        cause=order.cause,
        code=corrections.code_of(order.cause, invoice.invoice_kind, invoice.correction),
        document_id=invoice.id,
        number=invoice.number,
        issue_date=invoice.issue_date,
        base_minor=totals.taxable_base.amount_minor if is_whole else 0,
        tax_minor=totals.tax.amount_minor if is_whole else 0,
        surcharge_minor=totals.surcharge.amount_minor if is_whole else 0,
    )


def _draft(invoice: Document, order: CorrectionOrder) -> DocumentDraft:
    is_whole = order.method is Method.SUBSTITUTION
    lines = list(_lines(invoice, order))
    return DocumentDraft.model_validate(
        {
            "type": DocumentType.INVOICE,
            "invoice_kind": None,
            "contact_id": invoice.contact_id,
            "salesperson_id": invoice.salesperson_id,
            "vessel_id": invoice.vessel_id,
            "title": invoice.title,
            "language": invoice.language,
            "operation_date": invoice.operation_date,
            "withholding_rate": rewriting.written(invoice.withholding_rate),
            "discount": rewriting.discount_of(invoice) if is_whole else None,
            "prices_include_tax": invoice.prices_include_tax,
            "disbursements": rewriting.disbursements_of(invoice) if is_whole else [],
            "notes": invoice.notes if order.carry_notes else "",
            "lines": lines,
        }
    )


def _lines(invoice: Document, order: CorrectionOrder) -> Iterator[LineBody]:
    """Write the lines again; what is taken off has negative quantities, never prices (BR-27)."""
    if order.method is Method.SUBSTITUTION:
        written = (
            rewriting.summary(invoice)
            if order.line_format == "summary"
            else map(rewriting.line_of, invoice.lines)
        )
        yield from written
        return
    is_plain = order.line_format == "detailed" and invoice.discount_kind is None
    if is_plain and not deductions.from_json(invoice.deductions):
        for line in map(rewriting.line_of, invoice.lines):
            yield line.model_copy(update={"quantity": -line.quantity})
        return
    # A discount of the whole, or advances taken off, belong to no line: one for each tax.
    for line in rewriting.of_taxes(invoice, taxes_of(invoice)):
        yield line.model_copy(update={"quantity": Decimal(-1)})
