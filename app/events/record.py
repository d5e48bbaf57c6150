"""record(): the fact, written in the transaction that makes it true."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from app.events.models import Event
from app.kernel.actor import Actor
from app.kernel.identifiers import new_id
from app.kernel.rows import inserting, rows_of

_WRITE = inserting(Event, without=("position", "previous_hash", "hash"))


class Group(StrEnum):
    """How a timeline sorts its entries for a reader."""

    MESSAGES = "messages"
    DOCUMENTS = "documents"
    COMMENTS = "comments"
    COMMERCIAL = "commercial"
    PAYMENTS = "payments"
    CHANGES = "changes"


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that happened, in the past tense.

    Attributes:
        kind: Dotted and public, such as `document.accepted`.
        subject_type: `contact`, `document`, `dispatch`, `recipient`, `comment`, `notice`,
            `action`, `vessel`.
        payload: Only what a reader needs; it is shown as it is.
        is_shared: Whether the client may see it.
    """

    kind: str
    group: Group
    subject_type: str
    subject_id: UUID
    contact_id: UUID | None = None
    document_id: UUID | None = None
    vessel_id: UUID | None = None
    payload: Mapping[str, JsonValue] = field(default_factory=dict)
    is_shared: bool = False


async def record(tx: AsyncSession, actor: Actor, fact: Fact, *, at: datetime) -> UUID:
    """Write a fact into the caller's transaction and give its id."""
    event_id = new_id()
    await tx.flush()
    rows = await rows_of(tx)
    await rows.all(
        _WRITE,
        organization_id=actor.organization_id,
        id=event_id,
        kind=fact.kind,
        group=fact.group.value,
        occurred_at=at,
        recorded_at=at,
        actor_kind=actor.kind.value,
        actor_id=actor.id,
        actor_name=actor.name,
        subject_type=fact.subject_type,
        subject_id=fact.subject_id,
        contact_id=fact.contact_id,
        document_id=fact.document_id,
        vessel_id=fact.vessel_id,
        visibility="shared" if fact.is_shared else "internal",
        payload=json.dumps(dict(fact.payload)),
    )
    return event_id
