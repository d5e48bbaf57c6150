"""The sentences a client ticks, versioned (pure).

A statement is kept with the answer, word for word and with its id, so a text once
used is never changed: a new wording is a new number in the catalogue and here.

Source:
    The design reference, 5.3.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from app.documents.printable import DocumentType, Printable, TaxKind
from app.kernel import formats
from app.kernel.wording import wording

PRESENT: Mapping[str, int] = {
    "accept.quote": 1,
    "accept.delivery_note": 1,
    "accept.proforma": 1,
    "accept.invoice": 1,
    "reject.document": 1,
    "reject.invoice": 1,
}
"""Which version of each statement is shown today."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence as it was shown.

    Attributes:
        id: Its name, language and version, such as `accept.quote.es.1`.
        text: The sentence, its figures filled in.
    """

    id: str
    text: str


def statement(says: Printable, action: str, language: str) -> Statement:
    """Give the sentence to tick.

    Args:
        says: The revision answered to.
        action: `accept` or `reject`.
        language: Of the page; the document may be in another.
    """
    name = _name(says, action)
    version = PRESENT[name]
    texts = wording("statements", language)
    capacity = "as.company" if says.client.is_company else "as.person"
    values = {
        "n": says.number,
        "v": says.revision,
        "total": formats.money(says.totals.total, language),
        "tax_note": _tax_note(says, language),
        "doc": texts(f"noun.{says.type}"),
        "as": texts(capacity, client=says.client.name),
    }
    return Statement(f"{name}.{language}.{version}", texts(f"{name}.{version}", **values))


def _name(says: Printable, action: str) -> str:
    if action == "accept":
        return f"accept.{says.type}"
    return "reject.invoice" if says.type == DocumentType.INVOICE else "reject.document"


def _tax_note(says: Printable, language: str) -> str:
    """Say which tax the total includes; nothing when it includes none."""
    kinds = {tax.kind for tax in says.taxes if tax.amount.amount_minor}
    if not kinds:
        return ""
    texts = wording("statements", language)
    if len(kinds) > 1:
        return texts("tax_note.several")
    (kind,) = kinds
    return texts(f"tax_note.{TaxKind(kind)}")
