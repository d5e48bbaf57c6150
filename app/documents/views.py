"""From a document's row to what the API shows of it (pure)."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import overload

from app.documents import corrections, deductions, states
from app.documents.breakdown import disbursements_of, taxes_of, withholdings_of
from app.documents.correcting_schemas import CorrectionView
from app.documents.installments import installments_of
from app.documents.lineage import Related
from app.documents.models import Decision, Document, DocumentLine
from app.documents.printable import PrintedLine, PrintedTax
from app.documents.schemas import (
    ContactSummary,
    DecisionView,
    DeductionView,
    DisbursementView,
    DiscountView,
    DocumentItem,
    DocumentView,
    InstallmentView,
    LineView,
    RelatedDocument,
    TaxView,
    WithholdingView,
)
from app.kernel.wording import wording
from app.web.schemas import MoneyView


def item_of(
    document: Document, contact_name: str, *, payments_enabled: bool, today: date, language: str
) -> DocumentItem:
    """Show a document as lists do.

    Args:
        document: The row.
        contact_name: Its contact's display name.
        payments_enabled: Whether the organization can be paid.
        today: The day in the organization's zone: badges of time depend on it.
        language: Of the label.
    """
    reasons = pay_reasons(document, payments_enabled=payments_enabled, today=today)

    currency = document.currency

    def money(amount_minor: int) -> MoneyView:
        return MoneyView(amount=amount_minor, currency=currency)

    return DocumentItem(
        id=document.id,
        type=document.type,
        invoice_kind=document.invoice_kind,
        number=document.number,
        title=document.title,
        contact=ContactSummary(id=document.contact_id, display_name=contact_name),
        vessel_id=document.vessel_id,
        revises_id=document.revises_id,
        salesperson_id=document.salesperson_id,
        language=document.language,
        currency=currency,
        issue_date=document.issue_date,
        valid_until=document.valid_until,
        due_date=document.due_date,
        operation_date=document.operation_date,
        status=document.status,
        status_label=wording("states", language)(document.status),
        status_color=states.COLORS[states.Status(document.status)],
        badges=[*document.badges, *dated_badges(document, today)],
        issue_state=document.issue_state,
        delivery_state=document.delivery_state,
        decision=document.decision,
        payment_state=document.payment_state,
        taxable_base=money(document.taxable_base_minor),
        tax_total=money(document.tax_minor),
        total=money(document.total_minor),
        amount_payable=money(document.payable_minor),
        amount_credited=money(document.credited_minor),
        amount_paid=money(document.paid_minor - document.credited_minor),
        amount_due=money(document.due.amount_minor),
        can_pay=not reasons,
        pay_reasons=reasons,
        pdf_state=document.pdf_state,
        pdf_sha256=document.pdf_sha256,
        revision=document.revision,
        version=document.version,
        last_dispatched_at=document.last_dispatched_at,
        allowed_actions=states.staff_actions(document),
        created_at=document.created_at,
        updated_at=document.updated_at,
    )


def view_of(
    document: Document,
    contact_name: str,
    related: Sequence[Related],
    *,
    payments_enabled: bool,
    today: date,
    language: str,
) -> DocumentView:
    """Show a document whole; its lines are loaded."""
    item = item_of(
        document, contact_name, payments_enabled=payments_enabled, today=today, language=language
    )

    def money(amount_minor: int) -> MoneyView:
        return MoneyView(amount=amount_minor, currency=document.currency)

    discount = None
    if document.discount_kind is not None and document.discount_value is not None:
        discount = DiscountView(
            kind=document.discount_kind, value=written(document.discount_value, 2)
        )
    return DocumentView(
        **dict(item),
        series_id=document.series_id,
        layout_id=document.layout_id,
        deposit_percent=written(document.deposit_percent, 2),
        withholding_rate=written(document.withholding_rate, 2),
        discount=discount,
        prices_include_tax=document.prices_include_tax,
        disbursements=[
            DisbursementView(description=one.description, amount=MoneyView.of(one.amount))
            for one in disbursements_of(document)
        ],
        notes=document.notes,
        lines=[_line(document, line) for line in document.lines],
        taxes=[tax_of(tax) for tax in taxes_of(document)],
        withholdings=[
            WithholdingView(
                rate=written(one.rate, 2),
                base=MoneyView.of(one.base),
                amount=MoneyView.of(one.amount),
            )
            for one in withholdings_of(document)
        ],
        installments=installment_views(document),
        deductions=[
            DeductionView(
                document_id=one.document_id,
                number=one.number,
                issue_date=one.issue_date,
                taxes=[tax_of(tax) for tax in one.taxes],
            )
            for one in deductions.from_json(document.deductions)
        ],
        advances=money(document.advances_minor),
        correction=_correction(document),
        links=[_related(one) for one in related],
    )


def _correction(document: Document) -> CorrectionView | None:
    correction = corrections.from_json(document.correction)
    if correction is None:
        return None
    before: tuple[MoneyView | None, MoneyView | None] = None, None
    if correction.is_substitution:
        tax_minor = correction.tax_minor + correction.surcharge_minor
        before = (
            MoneyView(amount=correction.base_minor, currency=document.currency),
            MoneyView(amount=tax_minor, currency=document.currency),
        )
    return CorrectionView(
        method=correction.method.value,
        cause=correction.cause.value,
        code=correction.code,
        document_id=correction.document_id,
        number=correction.number,
        issue_date=correction.issue_date,
        taxable_base=before[0],
        tax_total=before[1],
    )


@overload
def written(value: Decimal, places_min: int) -> Decimal: ...
@overload
def written(value: Decimal | None, places_min: int) -> Decimal | None: ...
def written(value: Decimal | None, places_min: int) -> Decimal | None:
    """Write a decimal the same way however it is stored: no superfluous zeros, but these."""
    if value is None:
        return None
    places = max(places_min, -int(value.normalize().as_tuple().exponent))
    return value.quantize(Decimal(1).scaleb(-places))


def decision_of(decision: Decision, *, is_current: bool) -> DecisionView:
    """Show one answer."""
    kinds = {"user": "staff", "integration": "staff", "payment_partner": "payment"}
    return DecisionView(
        id=decision.id,
        revision=decision.revision,
        decision=decision.kind,
        actor_kind=kinds.get(decision.actor_kind, decision.actor_kind),
        actor_name=decision.actor_name,
        channel=decision.channel,
        comment=decision.comment,
        pdf_sha256=decision.pdf_sha256,
        decided_at=decision.decided_at,
        is_current=is_current,
    )


def dated_badges(document: Document, today: date) -> list[str]:
    """List the badges that come with the calendar."""
    badges = []
    if states.is_overdue(document, today):
        badges.append("overdue")
    if states.is_expired(document, today):
        badges.append("expired")
    return badges


def pay_reasons(document: Document, *, payments_enabled: bool, today: date) -> list[str]:
    """Say why a document cannot be paid now; empty when it can."""
    reasons = []
    if document.issue_state == "draft":
        reasons.append("not_issued")
    elif document.issue_state != "issued":
        reasons.append("document_voided")
    elif states.is_expired(document, today):
        reasons.append("document_expired")
    if document.is_converted or document.is_billed:
        reasons.append("document_converted")
    if not payments_enabled:
        reasons.append("payments_not_enabled")
    if document.due.amount_minor <= 0:
        reasons.append("nothing_due")
    return reasons


def _related(one: Related) -> RelatedDocument:
    other = one.document
    return RelatedDocument(
        id=other.id,
        kind=one.kind,
        direction="result" if one.is_result else "source",
        type=other.type,
        invoice_kind=other.invoice_kind,
        number=other.number,
        issue_state=other.issue_state,
        total=MoneyView.of(other.total),
    )


def _line(document: Document, line: DocumentLine) -> LineView:
    return LineView(
        description=line.description,
        quantity=written(line.quantity, 0),
        unit=line.unit,
        unit_price=written(line.unit_price, 2),
        discount_percent=written(line.discount_percent, 2),
        tax_kind=line.tax_kind,
        tax_rate=written(line.tax_rate, 2),
        tax_treatment=line.tax_treatment,
        exemption_cause=line.exemption_cause,
        surcharge_rate=written(line.surcharge_rate, 2),
        withholding_rate=written(line.withholding_rate, 2),
        net=MoneyView.of(document.money(line.net_minor)),
    )


def printed_line(line: PrintedLine) -> LineView:
    """Show a line as a revision prints it."""
    return LineView(
        description=line.description,
        quantity=written(line.quantity, 0),
        unit=line.unit,
        unit_price=written(line.unit_price, 2),
        discount_percent=written(line.discount_percent, 2),
        tax_kind=line.tax_kind.value,
        tax_rate=written(line.tax_rate, 2),
        tax_treatment=line.tax_treatment.value,
        exemption_cause=line.exemption_cause,
        surcharge_rate=written(line.surcharge_rate, 2),
        withholding_rate=written(line.withholding_rate, 2),
        net=MoneyView.of(line.net),
    )


def tax_of(tax: PrintedTax) -> TaxView:
    """Show the tax of one group of lines."""
    return TaxView(
        kind=tax.kind.value,
        treatment=tax.treatment.value,
        exemption_cause=tax.exemption_cause,
        rate=written(tax.rate, 2),
        surcharge_rate=written(tax.surcharge_rate, 2),
        base=MoneyView.of(tax.base),
        amount=MoneyView.of(tax.amount),
        surcharge=MoneyView.of(tax.surcharge),
    )


def installment_views(document: Document) -> list[InstallmentView]:
    """Show when which part of a document falls due, and what is left of it."""
    return [
        InstallmentView(
            no=one.no,
            due_date=one.due_date,
            amount=MoneyView.of(one.amount),
            amount_due=MoneyView.of(one.due),
        )
        for one in installments_of(document)
    ]
