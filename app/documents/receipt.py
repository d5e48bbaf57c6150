"""What a client takes home after a decision, free of tables."""

from dataclasses import dataclass
from datetime import datetime

from app.documents.printable import Printable
from app.kernel.money import Money


@dataclass(frozen=True, slots=True)
class Receipt:
    """A decision as it is printed, in one language.

    Attributes:
        says: The revision decided upon: type, number, version, parties, totals, zone.
        language: Of the receipt; the page the decision was made on.
        kind: `accepted` or `rejected`.
        name: Who decided, as typed.
        statement: The sentence that was ticked; None when staff decided on behalf.
        comment: What the client added, if anything.
        decided_at: The instant, UTC; printed in the organization's zone and in UTC.
        pdf_sha256: Fingerprint of the PDF decided upon, 64 hexadecimal digits.
        told_to: Who recorded it, when staff decided on the client's behalf.
    """

    says: Printable
    language: str
    kind: str
    name: str
    statement: str | None
    comment: str | None
    decided_at: datetime
    pdf_sha256: str
    told_to: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentReceipt:
    """A payment as it is printed, in one language.

    Attributes:
        says: The revision paid for: type, number, parties, zone.
        language: Of the receipt.
        method: `card`, `pay_by_bank`, `bank_transfer`, `cash` or `card_terminal`.
        amount: What was paid.
        paid_at: When the money was there, UTC.
        code: What the payment is known by, to find it again.
    """

    says: Printable
    language: str
    method: str
    amount: Money
    paid_at: datetime
    code: str
