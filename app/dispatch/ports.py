"""What sending asks of whoever tells staff."""

from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch.models import Recipient
from app.documents.models import Document
from app.kernel.actor import Actor


class Alarm(Protocol):
    """Tells staff, in the same transaction, that a message will not arrive by itself."""

    async def __call__(
        self, tx: AsyncSession, actor: Actor, document: Document, recipient: Recipient,
        *, at: datetime,
    ) -> None:  # fmt: skip
        """Raise the notice."""
        ...
