"""Reading events as a timeline, newest first; tenancy is in every query."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, exists, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, selectinload

from app.dispatch.models import Dispatch, Recipient
from app.documents.models import Decision, Document
from app.events.models import Event
from app.history.schemas import EventQuery
from app.kernel.actor import Actor, ActorKind
from app.organizations import queries as organizations
from app.web.moments import end_of, start_of

QUEUED, SENT = "dispatch.queued", "dispatch.sent"
NEWS = "dispatch.recipient_state_changed"
FOLDED = (NEWS, "notice.created")
"""Told by another entry: the dispatch's card, the fact a notice was raised for."""

FAILURES = ("failed", "bounced", "complained", "uncertain")
_FAILED_KINDS = ("payment.failed", "payment.charged_back")


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose history is read.

    Attributes:
        by: `contact_id` or `document_id`.
    """

    by: Literal["contact_id", "document_id"]
    id: UUID


async def read(
    tx: AsyncSession,
    actor: Actor,
    subject: Subject,
    query: EventQuery,
    *,
    document_id: UUID | None = None,
    vessel_id: UUID | None = None,
    before: tuple[datetime, UUID] | None,
) -> Sequence[Event]:
    """List the entries of a contact or a document, newest first, one more than the limit.

    Unless `query.raw` is set, a dispatch is one entry, `dispatch.sent` or, until a relay
    has accepted a message, `dispatch.queued`; news of its messages and the raising of
    notices are left out. A kind asked for by name is always given.

    Args:
        tx: The request's transaction.
        actor: Whose organization.
        subject: Whose history.
        query: The filters.
        document_id: Only what concerns this document.
        vessel_id: Only what concerns this vessel.
        before: Instant and id of the last entry seen.
    """
    conditions = [Event.organization_id == actor.organization_id, _of(subject, Event)]
    for column, wanted in ((Event.document_id, document_id), (Event.vessel_id, vessel_id)):
        if wanted is not None:
            conditions.append(column == wanted)
    if query.group is not None:
        conditions.append(Event.group.in_(query.group.split(",")))
    if query.kind is not None:
        conditions.append(Event.kind.in_(query.kind.split(",")))
    elif not query.raw:
        conditions.append(_unfolded(actor, subject))
    if query.user_id is not None:
        conditions.append(_by_user(query.user_id, is_raw=query.raw))
    if query.only_failures:
        conditions.append(_failed())
    conditions += await _between(tx, actor, query)
    if before is not None:
        conditions.append(tuple_(Event.occurred_at, Event.id) < before)
    order = (Event.occurred_at.desc(), Event.id.desc())
    statement = select(Event).where(*conditions).order_by(*order).limit(query.limit + 1)
    return list(await tx.scalars(statement))


async def _between(tx: AsyncSession, actor: Actor, query: EventQuery) -> list[ColumnElement[bool]]:
    """Days are those of the organization's zone."""
    zone = ZoneInfo((await organizations.get(tx, actor.organization_id)).time_zone)
    conditions: list[ColumnElement[bool]] = []
    if query.from_ is not None:
        conditions.append(Event.occurred_at >= start_of(query.from_, zone))
    if query.to is not None:
        conditions.append(Event.occurred_at < end_of(query.to, zone))
    return conditions


def _of(subject: Subject, event: type[Event]) -> ColumnElement[bool]:
    column = event.contact_id if subject.by == "contact_id" else event.document_id
    return column == subject.id


def _unfolded(actor: Actor, subject: Subject) -> ColumnElement[bool]:
    sent = aliased(Event)
    has_left = select(sent.subject_id).where(
        sent.organization_id == actor.organization_id, _of(subject, sent), sent.kind == SENT
    )
    return and_(
        Event.kind.not_in(FOLDED), or_(Event.kind != QUEUED, Event.subject_id.not_in(has_left))
    )


def _by_user(user_id: UUID, *, is_raw: bool) -> ColumnElement[bool]:
    """What a user did; a card counts as done by who sent it, though a worker recorded it."""
    did = and_(Event.actor_kind == ActorKind.USER.value, Event.actor_id == user_id)
    if is_raw:
        return did
    sender = exists().where(
        Dispatch.organization_id == Event.organization_id,
        Dispatch.id == Event.subject_id,
        Dispatch.created_by == user_id,
    )
    return or_(did, and_(Event.kind == SENT, sender))


def _failed() -> ColumnElement[bool]:
    failed_message = exists().where(
        Recipient.organization_id == Event.organization_id,
        Recipient.dispatch_id == Event.subject_id,
        Recipient.state.in_(FAILURES),
    )
    return or_(
        and_(Event.kind.in_((QUEUED, SENT)), failed_message),
        and_(Event.kind == NEWS, Event.payload["to"].as_string().in_(FAILURES)),
        Event.kind.in_(_FAILED_KINDS),
    )


@dataclass(frozen=True, slots=True)
class Card:
    """What a dispatch's entry tells beside the fact: how things stand now.

    Attributes:
        dispatch: With its recipients.
        answer: The last answer to the revision sent; None when there is none.
    """

    dispatch: Dispatch
    payment_state: str
    answer: Decision | None


async def cards(tx: AsyncSession, actor: Actor, entries: Sequence[Event]) -> dict[UUID, Card]:
    """Give the card of every entry that is a dispatch's, by the dispatch's id."""
    ids = {entry.subject_id for entry in entries if entry.kind in {QUEUED, SENT}}
    if not ids:
        return {}
    joined = and_(
        Document.organization_id == Dispatch.organization_id, Document.id == Dispatch.document_id
    )
    rows = await tx.execute(
        select(Dispatch, Document.payment_state)
        .join(Document, joined)
        .where(Dispatch.organization_id == actor.organization_id, Dispatch.id.in_(ids))
        .options(selectinload(Dispatch.recipients))
    )
    found = [(dispatch, payment_state) for dispatch, payment_state in rows]
    answers = await _answers(tx, actor, {dispatch.document_id for dispatch, _ in found})
    return {
        dispatch.id: Card(
            dispatch, payment_state, answers.get((dispatch.document_id, dispatch.revision))
        )
        for dispatch, payment_state in found
    }


async def _answers(
    tx: AsyncSession, actor: Actor, document_ids: set[UUID]
) -> dict[tuple[UUID, int], Decision]:
    """Give the last answer to every revision: a later one takes an earlier one's place."""
    rows = await tx.scalars(
        select(Decision)
        .where(
            Decision.organization_id == actor.organization_id,
            Decision.document_id.in_(document_ids),
        )
        .order_by(Decision.sequence)
    )
    return {(row.document_id, row.revision): row for row in rows}
