"""What advance invoices have asked for already, and the invoice of the rest takes off (pure).

An advance is invoiced with its tax when it is taken (LIVA art. 75.Dos); the invoice of the
whole then takes off each advance's base and tax, so that no tax is charged twice.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from pydantic import JsonValue, TypeAdapter

from app.documents.printable import PrintedLine, PrintedTax, PrintedWithholding
from app.kernel.formats import short_date
from app.kernel.wording import wording


@dataclass(frozen=True, slots=True)
class Deduction:
    """One advance invoice that is taken off, with the figures it was issued with."""

    document_id: UUID
    number: str
    issue_date: date
    taxes: tuple[PrintedTax, ...]
    withholdings: tuple[PrintedWithholding, ...]


_ADAPTER: TypeAdapter[tuple[Deduction, ...]] = TypeAdapter(tuple[Deduction, ...])


def from_json(value: JsonValue) -> tuple[Deduction, ...]:
    """Read what a document keeps."""
    return _ADAPTER.validate_python(value)


def to_json(deductions: tuple[Deduction, ...]) -> JsonValue:
    """Turn deductions into the JSON a document keeps."""
    value: JsonValue = _ADAPTER.dump_python(deductions, mode="json")
    return value


def printed_lines(
    deductions: Sequence[Deduction], language: str, *, shows_tax: bool
) -> Iterator[PrintedLine]:
    """Write each deduction as lines of a document, one for each of its taxes.

    The sign is the quantity's, for the price of a line is never negative (EN 16931, BR-27);
    what was credited of an advance is put on again.
    """
    says = wording("printed", language)
    for deduction in deductions:
        day = short_date(deduction.issue_date, language)
        for tax in deduction.taxes:
            gross = tax.base + tax.amount + tax.surcharge
            price = (gross if shows_tax else tax.base).decimal
            yield PrintedLine(
                description=says("line.deduction", number=deduction.number, date=day),
                quantity=Decimal(-1 if price >= 0 else 1),
                unit="",
                unit_price=abs(price),
                discount_percent=Decimal(0),
                tax_kind=tax.kind,
                tax_rate=tax.rate,
                tax_treatment=tax.treatment,
                exemption_cause=tax.exemption_cause,
                surcharge_rate=tax.surcharge_rate,
                withholding_rate=None,
                net=-tax.base,
                gross=-gross if shows_tax else None,
            )
