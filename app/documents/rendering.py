"""Verbs: make and store the PDF of a revision, outside any transaction; give it up."""

import asyncio
import hashlib
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

import structlog
from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.documents import printable, queries
from app.documents.events import pdf_failed
from app.documents.models import Document, DocumentPdf
from app.documents.ports import Printer
from app.documents.printable import Printable
from app.events.record import record
from app.kernel.actor import system
from app.kernel.database import Database
from app.kernel.errors import NotFound, Unavailable
from app.kernel.rows import Statement, names_of, rows_of
from app.organizations import queries as organizations

log = structlog.get_logger()

RETRY_AFTER_S = 30


class NotPrinted(Unavailable):
    """The printer could not make a PDF now; asking again tries again."""

    def __init__(self) -> None:
        super().__init__(reason="pdf_failed", retry_after_s=RETRY_AFTER_S)


@dataclass(frozen=True, slots=True)
class PdfKey:
    """Which revision, in which language."""

    organization_id: UUID
    document_id: UUID
    revision: int
    language: str


@dataclass(frozen=True, slots=True)
class Printed:
    """What printing changes of a document, named as its view names it."""

    pdf_state: str
    pdf_sha256: str | None
    version: int


_PRINTED = Statement(
    select(Document.pdf_state, Document.pdf_sha256, Document.version).where(
        Document.organization_id == bindparam("organization_id"),
        Document.id == bindparam("document_id"),
    )
)
_KEEP = Statement(
    insert(DocumentPdf)
    .values({name: bindparam(name) for name in names_of(DocumentPdf)})
    .on_conflict_do_nothing()
)
_READY = Statement(
    update(Document)
    .where(
        Document.organization_id == bindparam("organization_id"),
        Document.id == bindparam("document_id"),
        Document.revision == bindparam("revision"),
        Document.pdf_state != "ready",
    )
    .values(pdf_state="ready", pdf_sha256=bindparam("sha256"), version=Document.version + 1)
)


async def ensure_pdf(
    database: Database,
    printer: Printer,
    organization_id: UUID,
    document_id: UUID,
    revision: int,
    *,
    at: datetime,
) -> bytes:
    """Give the stored bytes of a revision, made now when they were not.

    Rendering is deterministic, so two that race store the same bytes; the first
    insert stays.

    Raises:
        NotFound: There is no such revision.
        NotPrinted: The printer failed; the document is as it was.
    """
    async with database.transaction(organization_id) as tx:
        held = await queries.revision(tx, organization_id, document_id, revision)
        stored = await queries.find_pdf(tx, organization_id, document_id, revision, held.language)
        if stored is not None:
            return stored.content
        says = printable.from_json(held.snapshot)
        logo = await organizations.logo(tx, organization_id, says.logo_sha256)
    content = await print_document(printer, says, logo=logo, band=None)
    key = PdfKey(organization_id, document_id, revision, held.language)
    async with database.transaction(organization_id) as tx:
        await store(tx, key, content, at=at)
    return content


async def store(tx: AsyncSession, key: PdfKey, content: bytes, *, at: datetime) -> None:
    """Keep the bytes of a revision, unless they are kept; its document is ready then."""
    rows = await rows_of(tx)
    names = {**asdict(key), "sha256": hashlib.sha256(content).hexdigest()}
    await rows.all(_KEEP, **names, content=content, made_at=at)
    await rows.all(_READY, **names)


async def printed(tx: AsyncSession, organization_id: UUID, document_id: UUID) -> Printed:
    """Tell what became of the PDF of a document.

    Raises:
        NotFound: There is no such document.
    """
    rows = await rows_of(tx)
    found = await rows.first(_PRINTED, organization_id=organization_id, document_id=document_id)
    if found is None:
        raise NotFound
    return Printed(*found)


async def print_document(
    printer: Printer, says: Printable, *, logo: bytes | None, band: str | None
) -> bytes:
    """Print in a thread; what stops the printer is in the log.

    Raises:
        NotPrinted: The printer failed.
    """
    try:
        return await asyncio.to_thread(printer.document, says, logo=logo, band=band)
    except Exception as error:
        log.exception("pdf_not_made", number=says.number)
        raise NotPrinted from error


async def give_up(
    database: Database, organization_id: UUID, document_id: UUID, revision: int, *, at: datetime
) -> None:
    """Say of a document, and in its history, that its PDF could not be made."""
    actor = system(organization_id)
    async with database.transaction(organization_id) as tx:
        document = await queries.get(tx, actor, document_id, for_update=True)
        if document.revision != revision or document.pdf_state != "pending":
            return
        document.pdf_state = "failed"
        document.updated_at = at
        await tx.flush()
        await record(tx, actor, pdf_failed(document), at=at)
