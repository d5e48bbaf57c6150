"""Verb: copy. A document is written again as a draft, for the same client or another."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.documents import lineage, rates, rewriting
from app.documents.converting_schemas import Copying
from app.documents.drafting import create
from app.documents.events import copied
from app.documents.models import Document
from app.documents.printable import DocumentType, InvoiceKind, TaxTreatment
from app.documents.schemas import DocumentDraft, LineBody
from app.events.record import record
from app.kernel.actor import Actor
from app.organizations import queries as organizations
from app.organizations.models import Organization


async def copy(
    tx: AsyncSession, actor: Actor, source: Document, order: Copying, *, at: datetime
) -> Document:
    """Write a document again; days, numbers and what became of it stay behind.

    Args:
        tx: The request's transaction.
        actor: Who copies.
        source: With its lines, in whatever state.
        order: What is to differ.
        at: Now.

    Raises:
        Invalid: A reference is unknown, or what is written is not possible (any more).
    """
    organization = await organizations.get(tx, actor.organization_id)
    today = at.astimezone(ZoneInfo(organization.time_zone)).date()
    draft = _draft(source, order, organization, today)
    target = await create(tx, actor, draft, at=at)
    lineage.link(tx, source, target, "copied", at=at)
    await tx.flush()
    await record(tx, actor, copied(source, target, role="source"), at=at)
    await record(tx, actor, copied(target, source, role="result"), at=at)
    return target


def _draft(
    source: Document, order: Copying, organization: Organization, today: date
) -> DocumentDraft:
    kind = order.type or DocumentType(source.type)
    lines = [rewriting.line_of(line) for line in source.lines]
    if order.refresh_prices:
        lines = [_refreshed(line, organization, today) for line in lines]
    if not order.keep_discounts:
        lines = [line.model_copy(update={"discount_percent": Decimal(0)}) for line in lines]
    deposit = source.deposit_percent if kind is DocumentType.QUOTE else None
    return DocumentDraft.model_validate(
        {
            "type": kind,
            "invoice_kind": _invoice_kind(source, kind),
            "contact_id": order.contact_id or source.contact_id,
            "vessel_id": order.vessel_id or source.vessel_id,
            "title": source.title,
            "language": source.language if order.contact_id is None else None,
            "deposit_percent": rewriting.written(deposit),
            "withholding_rate": rewriting.written(source.withholding_rate),
            "discount": rewriting.discount_of(source) if order.keep_discounts else None,
            "prices_include_tax": source.prices_include_tax,
            "disbursements": rewriting.disbursements_of(source),
            "notes": source.notes,
            "lines": lines,
        }
    )


def _invoice_kind(source: Document, kind: DocumentType) -> InvoiceKind | None:
    """Keep a simplified invoice simplified; what else a copy is, is an invoice like any other."""
    if kind is not DocumentType.INVOICE:
        return None
    is_simplified = source.invoice_kind == InvoiceKind.SIMPLIFIED
    return InvoiceKind.SIMPLIFIED if is_simplified else InvoiceKind.STANDARD


def _refreshed(line: LineBody, organization: Organization, today: date) -> LineBody:
    """Put today's rates in the place of those that are no longer in force."""
    rate = line.tax_rate
    if line.tax_treatment != TaxTreatment.TAXABLE or rate is None:
        return line
    if not rates.is_rate(line.tax_kind, rate, today):
        rate = organization.default_tax_rate
    surcharge = line.surcharge_rate
    if surcharge is not None and not rates.is_surcharge(line.tax_kind, rate, surcharge, today):
        surcharge = rates.surcharge_of(line.tax_kind, rate, today)
    return line.model_copy(update={"tax_rate": rate, "surcharge_rate": surcharge})
