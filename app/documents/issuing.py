"""Verb: issue. The draft gets its number and becomes a frozen revision."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from app.contacts.models import Contact
from app.documents import (
    correcting,
    corrections,
    deductions,
    issuable,
    layouts,
    lineage,
    numbering,
    printable,
    queries,
)
from app.documents.breakdown import disbursements_of, store_figures, totals_line
from app.documents.drafting import require_draft
from app.documents.events import issued
from app.documents.installments import issue_faults, next_due_on, printed
from app.documents.layout_schemas import Look
from app.documents.models import Document, DocumentRevision, NumberSeries
from app.documents.printable import (
    DocumentType,
    InvoiceKind,
    Party,
    Printable,
    PrintedCorrection,
    PrintedLine,
    PrintedVessel,
    TaxKind,
    TaxTreatment,
)
from app.documents.projecting import UNSENT, apply_delivery, project
from app.documents.states import payment_state_of
from app.documents.tasks import RenderPdf
from app.documents.totals import Figures, price_without_tax
from app.events.record import record
from app.jobs.queue import enqueue
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Fault, Invalid
from app.kernel.money import Money
from app.organizations import queries as organizations
from app.organizations.models import Letterhead, Organization
from app.vessels import queries as vessels
from app.vessels.models import Vessel

PRINTED_PARTS = (Contact.emails, Contact.addresses)
"""What is printed of a contact besides its own row."""

RENDER_AFTER_S = 30
"""The request renders at once; the job is for when it could not finish."""


@dataclass(frozen=True, slots=True)
class Background:
    """The rows a document is issued and printed with, as they are now."""

    organization: Organization
    issuer: Letterhead
    contact: Contact
    vessel: Vessel | None
    layout: Look | None


@dataclass(frozen=True, slots=True)
class Issued:
    """What was issued, for whoever prints and shows it next."""

    contact_name: str
    says: Printable
    logo: bytes | None


async def issue(tx: AsyncSession, actor: Actor, document: Document, *, at: datetime) -> Issued:
    """Number and freeze a draft; the PDF comes after the commit.

    Args:
        tx: The issuing transaction.
        actor: Who issues.
        document: Read for update, with its lines.
        at: Now.

    Raises:
        Conflict: It was issued before.
        Invalid: Lines, dates or legal fields are missing or wrong; all are named.
    """
    actor.require(Permission.DOCUMENTS_WRITE)
    require_draft(document)
    series = await queries.find_series(
        tx, actor, document.type, document.series_id, invoice_kind=document.invoice_kind
    )
    background = await background_of(tx, actor, document, series)
    today = _today(background, at)
    sources = await lineage.sources_of(tx, document, "converted", "advance_of")
    if sources:
        document.advances_minor = await lineage.advances_minor(tx, document)
    figures = store_figures(document)
    if document.correction is not None:
        await correcting.require_good(tx, document)
    if document.invoice_kind == InvoiceKind.ADVANCE:
        await _require_within_quotes(tx, document, sources)
    _require_issuable(document, background, series, figures, today)
    assert series is not None  # noqa: S101 - checked by the line above
    allotted = await numbering.allot(tx, series, today=today)
    document.series_id = series.id
    document.number = allotted.number
    document.issue_date = document.listed_on = allotted.issue_date
    document.revision = 1
    document.issue_state = "issued"
    if not document.notes:
        document.notes = series.default_notes
    _fill_dates(document, background, allotted.issue_date)
    says = printable_of(document, background, figures)
    issued = await _freeze(tx, actor, document, background, says, at=at)
    for source in sources:
        await lineage.refresh(tx, source, at=at)
    return issued


async def issue_again(
    tx: AsyncSession, actor: Actor, document: Document, draft_id: UUID | None, *, at: datetime
) -> Issued:
    """Freeze the next revision of an issued document under its number, with its day.

    Nothing is answered, sent or printed of it yet; money taken stays taken.

    Args:
        tx: The issuing transaction.
        actor: Who issues.
        document: Read for update; its content and its lines are those of the new revision.
        draft_id: Of the draft they come from.
        at: Now.

    Raises:
        Invalid: Lines, dates or legal fields are missing or wrong; all are named.
    """
    assert document.series_id is not None  # noqa: S101 - it was issued
    series = await queries.get_series(tx, actor, document.series_id)
    background = await background_of(tx, actor, document, series)
    today = _today(background, at)
    figures = store_figures(document)
    _require_issuable(document, background, series, figures, today)
    document.decision = "pending"
    apply_delivery(document, UNSENT)
    _fill_dates(document, background, today)
    says = printable_of(document, background, figures, revised_on=today)
    return await _freeze(tx, actor, document, background, says, at=at, draft_id=draft_id)


async def _freeze(
    tx: AsyncSession,
    actor: Actor,
    document: Document,
    background: Background,
    says: Printable,
    *,
    at: datetime,
    draft_id: UUID | None = None,
) -> Issued:
    document.pdf_state = "pending"
    document.pdf_sha256 = None
    document.updated_at = at
    document.next_due_on = next_due_on(document)
    document.payment_state = payment_state_of(
        payable_minor=document.payable_minor,
        collected_minor=document.paid_minor,
        refunded_minor=0,
        is_processing=document.payment_state == "processing",
        advances_minor=document.advances_minor,
    )
    project(document)
    tx.add(_revision(document, says, actor, draft_id, at))
    await tx.flush()
    await record(tx, actor, issued(document), at=at)
    job = RenderPdf(document.organization_id, document.id, document.revision)
    await enqueue(tx, job, after_s=RENDER_AFTER_S)
    logo = await organizations.logo(tx, document.organization_id, says.logo_sha256)
    return Issued(background.contact.display_name, says, logo)


async def background_of(
    tx: AsyncSession, actor: Actor, document: Document, series: NumberSeries | None
) -> Background:
    """Read what a document is issued and printed with."""
    organization = await organizations.get(tx, actor.organization_id)
    vessel = None
    if document.vessel_id is not None:
        vessel = await vessels.get_of_document(tx, actor.organization_id, document.vessel_id)
    layout = await layouts.find(tx, actor.organization_id, document.type, document.layout_id)
    return Background(
        organization=organization,
        issuer=await issuer_of(tx, actor, series, organization),
        contact=await queries.contact_of(tx, document, parts=PRINTED_PARTS),
        vessel=vessel,
        layout=None if layout is None else Look.model_validate(layout.look),
    )


def _printed_correction(document: Document) -> PrintedCorrection | None:
    correction = corrections.from_json(document.correction)
    if correction is None:
        return None
    return PrintedCorrection(
        method=correction.method.value,
        cause=correction.cause.value,
        code=correction.code,
        number=correction.number,
        issue_date=correction.issue_date,
        base=document.money(correction.base_minor),
        tax=document.money(correction.tax_minor),
        surcharge=document.money(correction.surcharge_minor),
    )


def _today(background: Background, at: datetime) -> date:
    return at.astimezone(ZoneInfo(background.organization.time_zone)).date()


async def issuer_of(
    tx: AsyncSession, actor: Actor, series: NumberSeries | None, organization: Organization
) -> Letterhead:
    """Give the letterhead that a series issues under; the organization's own without another."""
    if series is None or series.issuer_profile_id is None:
        return organization
    return await organizations.issuer_profile(tx, actor, series.issuer_profile_id)


def printable_of(
    document: Document,
    background: Background,
    figures: Figures,
    *,
    revised_on: date | None = None,
) -> Printable:
    """Say what the document says, from the rows as they are now; also for previews."""
    issuer, vessel = background.issuer, background.vessel
    shows_tax = _prints_with_tax(document)
    totals = figures.totals
    asks_for_money = (
        document.type in {DocumentType.INVOICE, DocumentType.PROFORMA}
        and totals.payable.amount_minor > 0
    )
    deposit = None
    if document.deposit_percent:
        share = totals.payable.decimal * document.deposit_percent / Decimal(100)
        deposit = Money.of(share, document.currency)
    says = Printable(
        type=DocumentType(document.type),
        invoice_kind=InvoiceKind(document.invoice_kind) if document.invoice_kind else None,
        number=document.number,
        revision=document.revision,
        language=document.language,
        issue_date=document.issue_date,
        operation_date=document.operation_date,
        valid_until=document.valid_until,
        due_date=document.due_date,
        title=document.title,
        notes=document.notes,
        issuer=party_of(issuer),
        client=_client(background.contact),
        lines=_printed_lines(document, figures),
        taxes=figures.taxes,
        withholdings=figures.withholdings,
        disbursements=disbursements_of(document),
        totals=replace(totals, discount=figures.discount) if shows_tax else totals,
        deposit_percent=document.deposit_percent,
        deposit=deposit,
        iban=issuer.iban if asks_for_money else None,
        accent_color=issuer.accent_color,
        logo_sha256=issuer.logo_sha256,
        time_zone=background.organization.time_zone,
        prices_include_tax=shows_tax,
        installments=printed(document),
        vessel=None if vessel is None else PrintedVessel(vessel.name, vessel.registration_number),
        revised_on=revised_on,
        correction=_printed_correction(document),
    )
    return says if background.layout is None else layouts.laid_out(says, background.layout)


def _require_issuable(
    document: Document,
    background: Background,
    series: NumberSeries | None,
    figures: Figures,
    today: date,
) -> None:
    """Refuse a document that lacks what its type needs, naming everything at once."""
    organization, contact = background.organization, background.contact
    if "client" not in contact.roles:
        raise Invalid(
            code="business_rule",
            reason="role_client_required",
            faults=[Fault("/contact/roles", "role_client_required")],
        )
    faults = []
    if contact.status != "active":
        faults.append(Fault("/contact_id", "contact.archived"))
    if not document.lines:
        faults.append(Fault("/lines", "lines.required"))
    if figures.totals.total.amount_minor < 0 and document.correction is None:
        faults.append(Fault("/lines", "total.negative"))
    if series is None:
        faults.append(Fault("/series_id", "series.required"))
    if document.valid_until is not None and document.valid_until < today:
        faults.append(Fault("/valid_until", "date.past"))
    if document.due_date is not None and document.due_date < today:
        faults.append(Fault("/due_date", "date.past"))
    faults += issue_faults(document, today)
    faults += issuable.tax_faults(document, today=today)
    if document.type == DocumentType.INVOICE:
        faults += issuable.invoice_faults(document, organization, contact, figures, today=today)
    missing = tuple(issuable.missing_fields(document, background.issuer, contact))
    if faults or missing:
        raise Invalid(
            reason="legal_fields_missing" if missing else None, faults=[*faults, *missing]
        )


async def _require_within_quotes(
    tx: AsyncSession, document: Document, quotes: Iterable[Document]
) -> None:
    """Refuse an advance invoice that asks for more than others have left of its quote."""
    for quote in quotes:
        asked = await lineage.results_of(tx, quote.organization_id, [quote.id], "advance_of")
        others_minor = sum(one.total_minor for one in asked if one.id != document.id)
        left = quote.money(quote.total_minor - others_minor)
        if document.total > left:
            params = {"most": str(left.decimal)}
            raise Invalid(faults=[Fault("/lines", "advance.too_large", params=params)])


def _fill_dates(document: Document, background: Background, since: date) -> None:
    organization, terms = background.organization, background.contact.payment_terms_days
    if document.type == DocumentType.QUOTE and document.valid_until is None:
        document.valid_until = since + timedelta(days=organization.quote_validity_days)
    is_owed = document.type == DocumentType.INVOICE and document.payable_minor > 0
    if is_owed and document.due_date is None:
        days = organization.payment_terms_days if terms is None else terms
        document.due_date = since + timedelta(days=days)


def _revision(
    document: Document, says: Printable, actor: Actor, draft_id: UUID | None, at: datetime
) -> DocumentRevision:
    assert document.issue_date is not None  # noqa: S101 - just allotted
    snapshot = printable.to_json(says)
    return DocumentRevision(
        organization_id=document.organization_id,
        document_id=document.id,
        number=document.revision,
        contact_id=document.contact_id,
        language=document.language,
        currency=document.currency,
        total_minor=document.total_minor,
        payable_minor=document.payable_minor,
        issue_date=document.issue_date,
        valid_until=document.valid_until,
        snapshot=snapshot,
        snapshot_sha256=hashlib.sha256(canonical(snapshot).encode()).hexdigest(),
        draft_id=draft_id,
        issued_at=at,
        issued_by=actor.id,
    )


def canonical(snapshot: JsonValue) -> str:
    """Write a snapshot in the one form its hash is of."""
    return json.dumps(snapshot, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _prints_with_tax(document: Document) -> bool:
    """Tell whether prices are printed with tax: never on a full invoice (ROF art. 6.1.f)."""
    is_full = document.type == DocumentType.INVOICE and not issuable.is_simplified(document)
    return document.prices_include_tax and not is_full


def _printed_lines(document: Document, figures: Figures) -> tuple[PrintedLine, ...]:
    shows_tax = _prints_with_tax(document)
    prints_as_written = shows_tax or not document.prices_include_tax
    lines = tuple(
        PrintedLine(
            description=line.description,
            quantity=line.quantity,
            unit=line.unit,
            unit_price=line.unit_price
            if prints_as_written
            else price_without_tax(totals_line(document, line)),
            discount_percent=line.discount_percent,
            tax_kind=TaxKind(line.tax_kind),
            tax_rate=line.tax_rate,
            tax_treatment=TaxTreatment(line.tax_treatment),
            exemption_cause=line.exemption_cause,
            surcharge_rate=line.surcharge_rate,
            withholding_rate=line.withholding_rate,
            net=net,
            gross=amount if shows_tax else None,
        )
        for line, net, amount in zip(document.lines, figures.nets, figures.amounts, strict=True)
    )
    taken_off = deductions.from_json(document.deductions)
    return (
        *lines,
        *deductions.printed_lines(taken_off, document.language, shows_tax=shows_tax),
    )


def party_of(issuer: Letterhead) -> Party:
    """Say who issues, as a document prints it."""
    return Party(
        name=issuer.legal_name,
        trade_name=issuer.name,
        tax_id=issuer.tax_id,
        address=(
            issuer.street,
            f"{issuer.postal_code} {issuer.city}",
            issuer.province,
        ),
        email=issuer.email,
        phone=issuer.phone,
        is_company=True,
        registry=issuer.mercantile_registry,
        footer=issuer.footer,
    )


def _client(contact: Contact) -> Party:
    address = contact.fiscal_address
    lines = () if address is None else address.printed
    return Party(
        name=contact.display_name,
        trade_name=contact.trade_name,
        tax_id=contact.tax_id,
        address=lines,
        email=contact.primary_email,
        phone=None,
        is_company=contact.is_company,
    )
