"""The printer that documents ask for."""

from app.adapters.pdf_reportlab import fonts
from app.adapters.pdf_reportlab.document import print_document, print_translation
from app.adapters.pdf_reportlab.receipt_page import print_payment_receipt, print_receipt
from app.documents.printable import Printable
from app.documents.receipt import PaymentReceipt, Receipt


class ReportlabPrinter:
    """A `Printer` on reportlab's canvas; safe to use from several threads."""

    def __init__(self) -> None:
        """Load the fonts, so that the first document does not wait for them."""
        fonts.load()

    def document(self, says: Printable, *, logo: bytes | None, band: str | None) -> bytes:
        """Print a document; see `Printer.document`.

        Raises:
            KeyError: The band is neither None, `draft` nor `duplicate`.
        """
        return print_document(says, logo, band)

    def translation(
        self, says: Printable, language: str, *, logo: bytes | None, original_sha256: str
    ) -> bytes:
        """Print a document in another language; see `Printer.translation`."""
        return print_translation(says, language, logo, original_sha256)

    def receipt(self, receipt: Receipt, *, logo: bytes | None) -> bytes:
        """Print what a client takes home after deciding."""
        return print_receipt(receipt, logo)

    def payment_receipt(self, receipt: PaymentReceipt, *, logo: bytes | None) -> bytes:
        """Print what a client takes home after paying."""
        return print_payment_receipt(receipt, logo)
