"""Jobs about documents."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.jobs.queue import Job


@dataclass(frozen=True, slots=True)
class RenderPdf(Job):
    """Make the PDF of a revision whose request could not finish it."""

    name: ClassVar[str] = "documents.render_pdf"
    queue: ClassVar[str] = "render"

    document_id: UUID
    revision: int
