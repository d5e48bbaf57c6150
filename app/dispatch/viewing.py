"""Verbs: note what was seen of a link, and count a person's visit."""

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from app.dispatch import queries
from app.dispatch.events import recipient_state_changed
from app.dispatch.models import Evidence, Recipient
from app.documents.events import viewed
from app.documents.models import Document
from app.documents.projecting import apply_delivery
from app.events.record import record
from app.kernel.actor import Actor
from app.kernel.identifiers import new_id
from app.kernel.rows import inserting, rows_of

_NOTE = inserting(Evidence)


async def note(
    tx: AsyncSession,
    recipient: Recipient,
    kind: str,
    verdict: str,
    explanation: str,
    signals: Mapping[str, str],
    source: str,
    *,
    at: datetime,
) -> None:
    """Keep one signal and our reading of it; it decides nothing by itself."""
    rows = await rows_of(tx)
    await rows.all(
        _NOTE,
        organization_id=recipient.organization_id,
        id=new_id(),
        recipient_id=recipient.id,
        kind=kind,
        occurred_at=at,
        source=source,
        verdict=verdict,
        explanation=explanation,
        signals=json.dumps(dict(signals)),
    )


async def opened(
    tx: AsyncSession, actor: Actor, document: Document, recipient: Recipient, *, at: datetime
) -> None:
    """Count a person's visit; the first one is told and may turn the document to opened.

    A copy's visit is kept in history and moves no document; so does a visit to a
    revision that was replaced.

    Args:
        tx: The request's transaction.
        actor: The client behind the link.
        document: Read for update.
        recipient: Whose link it is, its dispatch loaded.
        at: Now.
    """
    recipient.view_count += 1
    recipient.last_viewed_at = at
    if recipient.opened_at is not None:
        await tx.flush()
        return
    before = recipient.delivery_state
    recipient.opened_at = at
    recipient.delivered_at = recipient.delivered_at or at
    await tx.flush()
    apply_delivery(document, await queries.delivery_of(tx, document))
    await tx.flush()
    dispatch = recipient.dispatch
    await record(tx, actor, viewed(document, recipient.address), at=at)
    await record(tx, actor, recipient_state_changed(dispatch, recipient, before, None), at=at)
