"""Verb: an issued document in another language, made when it is asked for and never kept.

What was issued stays the original, whose fingerprint the translation names. The same
original gives the same translation, so there is nothing to keep.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from app.documents import printable, queries
from app.documents.ports import Printer
from app.documents.rendering import NotPrinted, ensure_pdf
from app.kernel.database import Database
from app.organizations import queries as organizations

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which revision is to be read in which language."""

    organization_id: UUID
    document_id: UUID
    revision: int
    language: str


async def pdf_in(database: Database, printer: Printer, wanted: Wanted, *, at: datetime) -> bytes:
    """Give a revision's PDF in a language: the original in its own, else a translation.

    Raises:
        NotFound: There is no such revision.
        NotPrinted: The printer failed.
    """
    organization_id = wanted.organization_id
    original = await ensure_pdf(
        database, printer, organization_id, wanted.document_id, wanted.revision, at=at
    )
    async with database.transaction(organization_id) as tx:
        held = await queries.revision(tx, organization_id, wanted.document_id, wanted.revision)
        says = printable.from_json(held.snapshot)
        if wanted.language == says.language:
            return original
        logo = await organizations.logo(tx, organization_id, says.logo_sha256)
    try:
        return await asyncio.to_thread(
            printer.translation,
            says,
            wanted.language,
            logo=logo,
            original_sha256=hashlib.sha256(original).hexdigest(),
        )
    except Exception as error:
        log.exception("translation_not_made", number=says.number)
        raise NotPrinted from error
