"""Verb: let a document follow what its ledger and its payments say."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.documents.models import Document
from app.documents.settling import settle
from app.payments import ledger, queries


async def settle_document(tx: AsyncSession, document: Document, *, at: datetime) -> None:
    """Store what was paid and whether a payment is under way; the document is locked.

    What it got beyond its sum becomes credit of its client.
    """
    sums = await ledger.settled(tx, document)
    await ledger.keep_excess(tx, document, sums, at=at)
    settle(
        document,
        collected_minor=sums.collected_minor,
        refunded_minor=sums.refunded_minor,
        is_processing=await queries.is_processing(tx, document),
        at=at,
    )
    await tx.flush()
