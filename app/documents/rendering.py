"""Verb: make and store the PDF of a revision, outside any transaction."""

import asyncio
import hashlib
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from app.documents import printable, queries
from app.documents.models import Document, DocumentPdf
from app.documents.ports import Printer
from app.kernel.database import Database
from app.organizations import queries as organizations


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
    """
    async with database.transaction(organization_id) as tx:
        held = await queries.revision(tx, organization_id, document_id, revision)
        stored = await queries.find_pdf(tx, organization_id, document_id, revision, held.language)
        if stored is not None:
            return stored.content
        says = printable.from_json(held.snapshot)
        logo = await organizations.logo(tx, organization_id, says.logo_sha256)
    content = await asyncio.to_thread(printer.document, says, logo=logo, band=None)
    sha256 = hashlib.sha256(content).hexdigest()
    async with database.transaction(organization_id) as tx:
        await tx.execute(
            insert(DocumentPdf)
            .values(
                organization_id=organization_id,
                document_id=document_id,
                revision=revision,
                language=held.language,
                sha256=sha256,
                content=content,
                made_at=at,
            )
            .on_conflict_do_nothing()
        )
        await tx.execute(
            update(Document)
            .where(
                Document.organization_id == organization_id,
                Document.id == document_id,
                Document.revision == revision,
                Document.pdf_state != "ready",
            )
            .values(pdf_state="ready", pdf_sha256=sha256, version=Document.version + 1)
        )
    return content
