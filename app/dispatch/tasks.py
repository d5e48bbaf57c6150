"""Jobs about dispatches; the row is the truth, the job its wake-up."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.jobs.queue import Job


@dataclass(frozen=True, slots=True)
class SendMessage(Job):
    """Try to hand one recipient's message to the relay."""

    name: ClassVar[str] = "dispatch.send_message"
    concurrency: ClassVar[int] = 4
    """Fewer than the connections of a worker: a burst must not starve its own outcomes."""

    recipient_id: UUID
