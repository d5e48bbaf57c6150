"""The receipts of an answer and of a payment, printed when they are asked for."""

import asyncio
from datetime import datetime
from uuid import UUID

from app.documents.models import Decision
from app.documents.ports import Printer
from app.documents.receipt import PaymentReceipt, Receipt
from app.kernel.actor import ActorKind
from app.kernel.database import Database
from app.kernel.errors import NotFound
from app.kernel.wording import wording
from app.organizations import queries as organizations
from app.portal import paying, service
from app.portal.reading import Shared


async def receipt_pdf(
    database: Database, printer: Printer, token: str, language: str | None, *, at: datetime
) -> tuple[bytes, str]:
    """Print the receipt of the answer that stands; the same one gives the same bytes.

    Args:
        database: Read from in a short transaction; printing happens outside.
        printer: Prints.
        token: The link's.
        language: Of the receipt; None for the document's.
        at: Now.

    Returns:
        The PDF and the name of its file.

    Raises:
        UnknownLink: The token is unknown, malformed or revoked.
        Gone: The link has expired.
        NotFound: Nothing is answered.
    """
    async with database.transaction() as tx:
        shared = await service.read(tx, token, at=at)
        decision = shared.decision
        if decision is None or decision.kind == "withdrawn":
            raise NotFound
        logo = await organizations.logo(tx, shared.organization.id, shared.says.logo_sha256)
    receipt = receipt_of(shared, decision, language or shared.says.language)
    content = await asyncio.to_thread(printer.receipt, receipt, logo=logo)
    word = wording("statements", receipt.language)("receipt.file")
    return content, file_name(word, shared.says.number)


async def payment_receipt_pdf(
    database: Database,
    printer: Printer,
    token: str,
    payment_id: UUID,
    language: str | None,
    *,
    at: datetime,
) -> tuple[bytes, str]:
    """Print the receipt of a payment; the same one gives the same bytes.

    Returns:
        The PDF and the name of its file.

    Raises:
        UnknownLink: The token is unknown, malformed or revoked.
        Gone: The link has expired.
        NotFound: The document has no such payment, or it did not succeed.
    """
    async with database.transaction() as tx:
        begun = await paying.look(tx, token, payment_id, at=at)
        shared, payment = begun.shared, begun.payment
        if payment.settled_at is None:
            raise NotFound
        logo = await organizations.logo(tx, shared.organization.id, shared.says.logo_sha256)
    receipt = PaymentReceipt(
        says=shared.says,
        language=language or shared.says.language,
        method=payment.method,
        amount=payment.amount,
        paid_at=payment.settled_at,
        code=payment.provider_id or str(payment.id),
    )
    content = await asyncio.to_thread(printer.payment_receipt, receipt, logo=logo)
    word = wording("pages", receipt.language)("receipt.paid.file")
    return content, file_name(word, shared.says.number)


def receipt_of(shared: Shared, decision: Decision, language: str) -> Receipt:
    """Put together what is printed of an answer (pure)."""
    by_client = decision.actor_kind == ActorKind.CLIENT or decision.channel == "payment"
    statement = decision.evidence.get("statement")
    recorded_by = decision.evidence.get("recorded_by")
    return Receipt(
        says=shared.says,
        language=language,
        kind=decision.kind,
        name=decision.actor_name,
        statement=str(statement["text"]) if isinstance(statement, dict) else None,
        comment=decision.comment if by_client else None,
        decided_at=decision.decided_at,
        pdf_sha256=decision.pdf_sha256,
        told_to=None if by_client else str(recorded_by or shared.says.issuer.name),
    )


def file_name(word: str, number: str | None) -> str:
    """Name a PDF so that any system can keep it: `Justificante-P-260041.pdf` (pure)."""
    safe = "".join(c if c.isascii() and c.isalnum() else "-" for c in f"{word}-{number or ''}")
    return f"{safe.strip('-')}.pdf"
