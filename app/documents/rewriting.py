"""A document's lines, written again for another document (pure)."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from app.documents.advances import Share
from app.documents.breakdown import totals_line
from app.documents.models import Document, DocumentLine
from app.documents.printable import PrintedTax
from app.documents.schemas import DisbursementBody, DiscountBody, LineBody
from app.documents.totals import Taxation, amount_of
from app.kernel.formats import short_date
from app.kernel.money import CENT, Money
from app.kernel.wording import wording

DESCRIPTION_MAX = 5000


def line_of(line: DocumentLine) -> LineBody:
    """Write a line as it is."""
    return LineBody.model_validate(
        {
            "description": line.description,
            "quantity": written(line.quantity),
            "unit": line.unit,
            "unit_price": written(line.unit_price),
            "discount_percent": written(line.discount_percent),
            "tax_kind": line.tax_kind,
            "tax_rate": written(line.tax_rate),
            "tax_treatment": line.tax_treatment,
            "exemption_cause": line.exemption_cause,
            "surcharge_rate": written(line.surcharge_rate),
            "withholding_rate": written(line.withholding_rate),
        }
    )


def written(value: Decimal | None) -> str | None:
    """Write a decimal as bodies take it."""
    return None if value is None else f"{value:f}"


def told_lines(document: Document) -> Iterator[LineBody]:
    """Write a document's lines, each saying which document it is of."""
    of = said(document)
    for line in document.lines:
        body = line_of(line)
        told = f"{body.description}\n{of}"
        yield (
            body.model_copy(update={"description": told}) if len(told) <= DESCRIPTION_MAX else body
        )


def summary(document: Document) -> Iterator[LineBody]:
    """Write one line for each tax and withholding of a document, of the same amount."""
    sums: dict[tuple[Taxation, Decimal | None], Money] = {}
    for line in document.lines:
        counted = totals_line(document, line)
        key = (counted.taxation, line.withholding_rate)
        amount = amount_of(counted, document.currency)
        sums[key] = sums.get(key, Money(0, document.currency)) + amount
    of = said(document)
    description = f"{document.title}\n{of}" if document.title else of
    for (taxation, withholding_rate), amount in sums.items():
        yield _whole(description, taxation, withholding_rate, amount)


def of_taxes(document: Document, taxes: Iterable[PrintedTax]) -> Iterator[LineBody]:
    """Write one line for each tax group, of what the group comes to."""
    of = said(document)
    description = f"{document.title}\n{of}" if document.title else of
    for tax in taxes:
        gross = tax.base + tax.amount + tax.surcharge
        taxation = Taxation(
            kind=tax.kind,
            treatment=tax.treatment,
            exemption_cause=tax.exemption_cause,
            rate=tax.rate,
            surcharge_rate=tax.surcharge_rate,
        )
        price = gross if document.prices_include_tax else tax.base
        yield _whole(description, taxation, None, price)


def advance(document: Document, shares: Iterable[Share]) -> Iterator[LineBody]:
    """Write the lines of an advance invoice; their prices are with tax."""
    own = wording("letters", document.language)
    description = wording("printed", document.language)(
        "line.advance", document=own(f"{document.type}.of"), number=document.number
    )
    if document.title:
        description = f"{description}\n{document.title}"
    for share in shares:
        yield _whole(description, share.taxation, share.withholding_rate, share.gross)


def said(document: Document) -> str:
    """Name an issued document in its language, with its date."""
    assert isinstance(document.issue_date, date)  # noqa: S101 - it was issued
    says = wording("printed", document.language)
    day = short_date(document.issue_date, document.language)
    return says("line.source", document=says(document.type), number=document.number, date=day)


def discount_of(document: Document) -> DiscountBody | None:
    """Write the discount of the whole as it is."""
    if document.discount_value is None:
        return None
    value = written(document.discount_value.quantize(CENT))
    return DiscountBody.model_validate({"kind": document.discount_kind, "value": value})


def disbursements_of(document: Document) -> list[DisbursementBody]:
    """Write the disbursements as they are."""
    items = document.disbursements if isinstance(document.disbursements, list) else []
    return [DisbursementBody.model_validate(item) for item in items]


def _whole(
    description: str, taxation: Taxation, withholding_rate: Decimal | None, amount: Money
) -> LineBody:
    return LineBody.model_validate(
        {
            "description": description,
            "unit_price": written(amount.decimal),
            "tax_kind": taxation.kind,
            "tax_rate": written(taxation.rate),
            "tax_treatment": taxation.treatment,
            "exemption_cause": taxation.exemption_cause,
            "surcharge_rate": written(taxation.surcharge_rate),
            "withholding_rate": written(withholding_rate),
        }
    )
