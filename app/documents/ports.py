"""What documents ask of a printer, and of who keeps the books."""

from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from app.documents.models import Document
from app.documents.printable import Printable
from app.documents.receipt import PaymentReceipt, Receipt
from app.kernel.money import Money


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


class Books(Protocol):
    """Who moves the money of documents that are corrected."""

    async def offset(
        self, tx: AsyncSession, invoice: Document, amount: Money, *, at: datetime
    ) -> Money:
        """Take off what a corrective invoice gives back; what was paid beyond becomes credit.

        Args:
            tx: The issuing transaction.
            invoice: The one corrected, read for update.
            amount: How much less it asks for.
            at: Now.

        Returns:
            The amount.
        """
        ...

    async def move(
        self, tx: AsyncSession, invoice: Document, successor: Document, *, at: datetime
    ) -> Money:
        """Let what was paid for an invoice be paid for the one in its place.

        Args:
            tx: The issuing transaction.
            invoice: The one replaced, read for update.
            successor: Just issued, read for update.
            at: Now.

        Returns:
            How much moved.

        Raises:
            Conflict: A payment is under way.
        """
        ...
