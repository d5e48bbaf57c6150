"""Jobs about documents."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.documents.ports import Printer
from app.documents.rendering import ensure_pdf, give_up
from app.jobs.queue import Job
from app.kernel.clock import Clock
from app.kernel.database import Database


@dataclass(frozen=True, slots=True)
class RenderPdf(Job):
    """Make the PDF of a revision whose request could not finish it."""

    name: ClassVar[str] = "documents.render_pdf"
    concurrency: ClassVar[int] = 2

    document_id: UUID
    revision: int


async def render_pdf(job: RenderPdf, database: Database, printer: Printer, clock: Clock) -> None:
    """Make and store the bytes, unless they are there."""
    await ensure_pdf(
        database, printer, job.organization_id, job.document_id, job.revision, at=clock.now()
    )


async def give_up_pdf(job: RenderPdf, database: Database, clock: Clock) -> None:
    """Say that the PDF failed, once the job is tried no more; a retried job can still make it."""
    await give_up(database, job.organization_id, job.document_id, job.revision, at=clock.now())
