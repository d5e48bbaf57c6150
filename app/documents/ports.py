"""What documents ask of a printer."""

from typing import Protocol

from app.documents.printable import Printable
from app.documents.receipt import PaymentReceipt, Receipt


class Printer(Protocol):
    """Something that turns values into PDF bytes; the same value gives the same bytes."""

    def document(self, says: Printable, *, logo: bytes | None, band: str | None) -> bytes:
        """Print a document.

        Args:
            says: What the page says.
            logo: JPEG or PNG bytes of the issuer's logo.
            band: `draft` or `duplicate` to mark every page; None for the stored original.
        """
        ...

    def translation(
        self, says: Printable, language: str, *, logo: bytes | None, original_sha256: str
    ) -> bytes:
        """Print an issued document in another language, every page marked as a translation.

        Args:
            says: What the original says.
            language: Of the translation.
            logo: As for the original.
            original_sha256: Fingerprint of the original's PDF, which stays the one that counts.
        """
        ...

    def receipt(self, receipt: Receipt, *, logo: bytes | None) -> bytes:
        """Print what a client takes home after deciding."""
        ...

    def payment_receipt(self, receipt: PaymentReceipt, *, logo: bytes | None) -> bytes:
        """Print what a client takes home after paying."""
        ...
