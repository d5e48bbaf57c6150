"""Why and how an invoice is corrected, and what the tax agency calls it (pure).

Sources: ROF (RD 1619/2012) art. 15; LIVA art. 80; AEAT lists L2 (kind) and L3 (mode).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from pydantic import JsonValue, TypeAdapter

from app.documents.printable import InvoiceKind


class Method(StrEnum):
    """How: by what is taken off (`I`), or by an invoice in the other's place (`S`)."""

    DIFFERENCES = "differences"
    SUBSTITUTION = "substitution"


class Cause(StrEnum):
    """Why an invoice is corrected."""

    RETURN = "return"
    DISCOUNT = "discount"
    CANCELLATION = "cancellation"
    PRICE = "price"
    TAX = "tax"
    INSOLVENCY = "insolvency"
    BAD_DEBT = "bad_debt"
    CLIENT_DATA = "client_data"
    OTHER = "other"


_CODES: Mapping[Cause, str] = {
    Cause.RETURN: "R1",
    Cause.DISCOUNT: "R1",
    Cause.CANCELLATION: "R1",
    Cause.PRICE: "R1",
    Cause.TAX: "R1",
    Cause.INSOLVENCY: "R2",
    Cause.BAD_DEBT: "R3",
    Cause.CLIENT_DATA: "R4",
    Cause.OTHER: "R4",
}

STILL_OWED = frozenset({"R2", "R3"})
"""Kinds that give tax back to the issuer; the client goes on owing (LIVA art. 80.Cinco)."""

SIMPLIFIED = "R5"
"""Of a simplified invoice, whatever the cause."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What a corrective invoice says of the one it corrects.

    Attributes:
        code: AEAT's kind, R1 to R5.
        document_id: The invoice corrected.
        base_minor: Of a substitution, the base that was invoiced before, in minor units.
        tax_minor: The tax invoiced before, without surcharge.
        surcharge_minor: The equivalence surcharge invoiced before.
    """

    method: Method
    cause: Cause
    code: str
    document_id: UUID
    number: str
    issue_date: date
    base_minor: int
    tax_minor: int
    surcharge_minor: int

    @property
    def is_substitution(self) -> bool:
        """Whether it takes the other's place."""
        return self.method is Method.SUBSTITUTION

    @property
    def is_simplified(self) -> bool:
        """Whether it corrects a simplified invoice, and so says no more than one (ROF art. 7)."""
        return self.code == SIMPLIFIED


_ADAPTER: TypeAdapter[Correction] = TypeAdapter(Correction)


def code_of(cause: Cause, invoice_kind: str | None, earlier: JsonValue) -> str:
    """Choose AEAT's kind.

    Args:
        cause: Why.
        invoice_kind: Of the invoice corrected.
        earlier: Its own correction, when it is a corrective one itself.
    """
    before = from_json(earlier)
    if invoice_kind == InvoiceKind.SIMPLIFIED or (before is not None and before.is_simplified):
        return SIMPLIFIED
    return _CODES[cause]


def from_json(value: JsonValue) -> Correction | None:
    """Read what a document keeps; None when it corrects nothing."""
    return None if value is None else _ADAPTER.validate_python(value)


def to_json(correction: Correction) -> JsonValue:
    """Turn a correction into the JSON a document keeps."""
    value: JsonValue = _ADAPTER.dump_python(correction, mode="json")
    return value
