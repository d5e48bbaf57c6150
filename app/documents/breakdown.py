"""Between a document's rows and the arithmetic of `totals`."""

from decimal import Decimal

from pydantic import JsonValue, TypeAdapter

from app.documents import deductions, totals
from app.documents.models import Document, DocumentLine
from app.documents.printable import (
    PrintedDisbursement,
    PrintedTax,
    PrintedWithholding,
    TaxKind,
    TaxTreatment,
)
from app.documents.schemas import LineBody
from app.kernel.errors import Fault, Invalid
from app.kernel.money import Money

_TAXES: TypeAdapter[tuple[PrintedTax, ...]] = TypeAdapter(tuple[PrintedTax, ...])
_WITHHOLDINGS: TypeAdapter[tuple[PrintedWithholding, ...]] = TypeAdapter(
    tuple[PrintedWithholding, ...]
)


def line_of(document: Document, position: int, body: LineBody) -> DocumentLine:
    """Make a row of a line whose defaults are filled in; its net comes later."""
    return DocumentLine(
        organization_id=document.organization_id,
        document_id=document.id,
        position=position,
        description=body.description,
        quantity=body.quantity,
        unit=body.unit,
        unit_price=body.unit_price,
        discount_percent=body.discount_percent,
        tax_kind=body.tax_kind.value,
        tax_rate=body.tax_rate or Decimal(0),
        tax_treatment=body.tax_treatment.value,
        exemption_cause=body.exemption_cause,
        surcharge_rate=body.surcharge_rate,
        withholding_rate=body.withholding_rate,
        net_minor=0,
    )


def disbursements_of(document: Document) -> tuple[PrintedDisbursement, ...]:
    """Read a document's disbursements."""
    items = document.disbursements if isinstance(document.disbursements, list) else []
    return tuple(
        PrintedDisbursement(
            str(item["description"]), Money.of(Decimal(str(item["amount"])), document.currency)
        )
        for item in items
        if isinstance(item, dict)
    )


def figures_of(document: Document) -> totals.Figures:
    """Compute a document's figures from its loaded lines.

    Raises:
        Invalid: An amount has more than 12 integer digits, or the discount exceeds the lines.
    """
    discount = None
    if document.discount_value is not None:
        discount = totals.Discount(document.discount_kind == "percent", document.discount_value)
    try:
        return totals.of(
            [totals_line(document, line) for line in document.lines],
            currency=document.currency,
            discount=discount,
            prices_include_tax=document.prices_include_tax,
            disbursements=disbursements_of(document),
            deductions=deductions.from_json(document.deductions),
            advances=document.money(document.advances_minor),
        )
    except totals.AmountTooLarge:
        raise Invalid(faults=[Fault("/lines", "amount.too_large")]) from None
    except totals.DiscountTooLarge:
        raise Invalid(faults=[Fault("/discount/value", "discount.too_large")]) from None


def store_figures(document: Document) -> totals.Figures:
    """Compute and write a document's figures, and the nets of its lines.

    Raises:
        Invalid: An amount has more than 12 integer digits, or the discount exceeds the lines.
    """
    figures = figures_of(document)
    for line, net in zip(document.lines, figures.nets, strict=True):
        line.net_minor = net.amount_minor
    document.taxable_base_minor = figures.totals.taxable_base.amount_minor
    document.tax_minor = (figures.totals.tax + figures.totals.surcharge).amount_minor
    document.total_minor = figures.totals.total.amount_minor
    document.advances_minor = figures.totals.advances.amount_minor
    document.payable_minor = figures.totals.payable.amount_minor
    taxes: JsonValue = _TAXES.dump_python(figures.taxes, mode="json")
    withholdings: JsonValue = _WITHHOLDINGS.dump_python(figures.withholdings, mode="json")
    document.breakdown = {"taxes": taxes, "withholdings": withholdings}
    return figures


def taxes_of(document: Document) -> tuple[PrintedTax, ...]:
    """Read the stored tax groups."""
    return _TAXES.validate_python(document.breakdown["taxes"])


def withholdings_of(document: Document) -> tuple[PrintedWithholding, ...]:
    """Read the stored withholdings."""
    return _WITHHOLDINGS.validate_python(document.breakdown["withholdings"])


def totals_line(document: Document, line: DocumentLine) -> totals.Line:
    """Give what the arithmetic needs of a row."""
    own = line.withholding_rate
    return totals.Line(
        quantity=line.quantity,
        unit_price=line.unit_price,
        discount_percent=line.discount_percent,
        taxation=totals.Taxation(
            kind=TaxKind(line.tax_kind),
            treatment=TaxTreatment(line.tax_treatment),
            exemption_cause=line.exemption_cause,
            rate=line.tax_rate,
            surcharge_rate=line.surcharge_rate,
        ),
        withholding_rate=document.withholding_rate if own is None else own,
    )
