"""How taxes are named: in a line's column, in the breakdown and in the mentions."""

from collections.abc import Iterable

from app.documents.printable import PrintedLine, PrintedTax, TaxKind, TaxTreatment
from app.kernel import formats
from app.kernel.wording import Wording

UNTAXED = frozenset({TaxTreatment.EXEMPT, TaxTreatment.NOT_SUBJECT})
"""Treatments whose tax amount is absent, not zero (the invoicing reference, 2.6)."""


def tax_name(kinds: Iterable[TaxKind], words: Wording) -> str:
    """Name the tax of a document: IVA, IGIC, IPSI, or taxes when there are several."""
    distinct = set(kinds)
    return words("tax.mixed") if len(distinct) != 1 else words(f"tax.{distinct.pop().value}")


def column_title(lines: Iterable[PrintedLine], words: Wording) -> str:
    """Title the column of tax rates."""
    kinds = {line.tax_kind for line in lines}
    return words("tax.one") if len(kinds) != 1 else words(f"tax.{kinds.pop().value}")


def cell(line: PrintedLine, words: Wording, *, named: bool) -> str:
    """Say how a line is taxed: its rate, or the treatment in short."""
    if line.tax_treatment is not TaxTreatment.TAXABLE:
        return words(f"cell.{line.tax_treatment.value}")
    rate = formats.percent(line.tax_rate, words.language)
    return f"{words(f'tax.{line.tax_kind.value}')} {rate}" if named else rate


def group_label(tax: PrintedTax, words: Wording) -> str:
    """Name a row of the breakdown."""
    name = words(f"tax.{tax.kind.value}")
    if tax.treatment is TaxTreatment.TAXABLE:
        return f"{name} {formats.percent(tax.rate, words.language)}"
    key = f"cause.{tax.exemption_cause}"
    if tax.treatment is TaxTreatment.EXEMPT and tax.kind is TaxKind.IVA and key in words:
        return words("group.exempt_by", tax=name, cause=words(key))
    return words(f"group.{tax.treatment.value}", tax=name)
