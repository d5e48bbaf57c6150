"""The job of an operation; the row is the truth, the job its wake-up."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.jobs.queue import Job


@dataclass(frozen=True, slots=True)
class RunOperation(Job):
    """Do the work of an operation, or what is left of it."""

    name: ClassVar[str] = "operations.run"
    concurrency: ClassVar[int] = 2
    """Long work must leave room for what somebody waits for."""

    operation_id: UUID
