"""What the law wants said on a document, in Spanish and then in the reader's language (pure).

Literals j and m of ROF (RD 1619/2012) art. 6.1 (exempt with
its provision, «inversión del sujeto pasivo»), disbursements outside the base, and
that a proforma or a delivery note is not an invoice.
"""

from collections.abc import Iterator

from app.documents.printable import (
    DocumentType,
    InvoiceKind,
    Printable,
    PrintedCorrection,
    PrintedTax,
    TaxKind,
    TaxTreatment,
)
from app.kernel.formats import money, short_date
from app.kernel.wording import Wording, wording

LAW_LANGUAGE = "es"


def mentions(says: Printable, language: str | None = None) -> list[str]:
    """Give the sentences, each once; Spanish always stands first.

    Args:
        says: What the document says.
        language: Of the reader; the document's when left out.
    """
    spanish = wording("printed", LAW_LANGUAGE)
    own = wording("printed", language or says.language)
    sentences = list(dict.fromkeys(_keys(says)))
    told = [
        " ".join(dict.fromkeys(_say(sentence, words) for words in (spanish, own)))
        for sentence in sentences
    ]
    if says.correction is not None:
        first = (_correction(says.correction, words) for words in (spanish, own))
        told.insert(0, " ".join(dict.fromkeys(first)))
    return told


def _correction(correction: PrintedCorrection, words: Wording) -> str:
    """Name the invoice corrected, why, and of a substitution what it had come to."""
    return words(
        f"mention.correction.{correction.method}",
        number=correction.number,
        date=short_date(correction.issue_date, words.language),
        cause=words(f"cause.{correction.cause}"),
        code=correction.code,
        base=money(correction.base, words.language),
        tax=money(correction.tax + correction.surcharge, words.language),
    )


def _say(sentence: tuple[str, TaxKind | None], words: Wording) -> str:
    key, kind = sentence
    return words(key, tax=words(f"tax.{kind.value}") if kind else "")


def _keys(says: Printable) -> Iterator[tuple[str, TaxKind | None]]:
    for tax in says.taxes:
        if tax.treatment is not TaxTreatment.TAXABLE:
            yield _of_tax(tax), tax.kind
    if says.invoice_kind is InvoiceKind.SIMPLIFIED:
        yield "mention.simplified", None
    if says.prices_include_tax:
        yield "mention.prices_include_tax", None
    if says.disbursements:
        yield "mention.disbursements", None
    if says.type in (DocumentType.PROFORMA, DocumentType.DELIVERY_NOTE):
        yield f"mention.{says.type.value}", None


def _of_tax(tax: PrintedTax) -> str:
    plain = f"mention.{tax.treatment.value}"
    by_cause = f"{plain}.{tax.exemption_cause}"
    is_named = by_cause in wording("printed", LAW_LANGUAGE)
    if tax.treatment is TaxTreatment.EXEMPT and tax.kind is not TaxKind.IVA:
        return plain
    return by_cause if is_named else plain
