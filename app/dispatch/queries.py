"""Reading dispatches; tenancy is in every query."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload
from sqlalchemy.orm.attributes import set_committed_value

from app.dispatch.models import (
    EMAIL,
    LINK,
    NOT_SENDINGS,
    RECEIPT,
    REMINDER,
    Dispatch,
    Evidence,
    Recipient,
    shown_state,
)
from app.dispatch.schemas import DispatchQuery, DispatchView
from app.documents.models import Document, DocumentPdf, DocumentRevision
from app.documents.projecting import Delivery
from app.documents.visibility import sees_document_of
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.rows import Statement, columns_of, names_of, plain, rows_of
from app.organizations import queries as organizations
from app.web.moments import end_of, start_of

EVIDENCE_MAX = 50
"""How much of what was noted of one recipient is shown, newest first."""

_BEST_FIRST = ("opened", "delivered", "sent", "deferred", "queued", "failed")
_SHOWN = {
    "held": "queued",
    "uncertain": "deferred",
    "bounced": "failed",
    "complained": "delivered",
}
"""How a recipient's state counts for its document."""

_PROBLEMS = frozenset({"failed", "bounced", "complained", "uncertain"})


async def get(tx: AsyncSession, actor: Actor, dispatch_id: UUID) -> Dispatch:
    """Give one dispatch of the actor's organization, with its recipients.

    Raises:
        NotFound: There is none.
    """
    found = await _whole(
        tx,
        Dispatch.organization_id == actor.organization_id,
        Dispatch.id == dispatch_id,
        sees_document_of(actor, Dispatch.document_id),
    )
    if not found:
        raise NotFound
    return found[0]


async def list_dispatches(
    tx: AsyncSession,
    actor: Actor,
    query: DispatchQuery,
    *,
    before: UUID | None,
    limit: int,
) -> Sequence[Dispatch]:
    """List dispatches, newest first, one more than the limit.

    Args:
        tx: The request's transaction.
        actor: Whose organization.
        query: The filters; a day is one of the organization's zone.
        before: The last dispatch seen.
        limit: How many.
    """
    statement = (
        select(Dispatch)
        .where(
            Dispatch.organization_id == actor.organization_id,
            sees_document_of(actor, Dispatch.document_id),
        )
        .options(selectinload(Dispatch.recipients))
    )
    if query.contact_id is not None:
        statement = statement.where(Dispatch.contact_id == query.contact_id)
    if query.document_id is not None:
        statement = statement.where(Dispatch.document_id == query.document_id)
    if query.delivery_state is not None:
        statement = statement.where(Dispatch.recipients.any(_is_in(query.delivery_state)))
    zone = ZoneInfo((await organizations.get(tx, actor.organization_id)).time_zone)
    if query.from_ is not None:
        statement = statement.where(Dispatch.created_at >= start_of(query.from_, zone))
    if query.to is not None:
        statement = statement.where(Dispatch.created_at < end_of(query.to, zone))
    if before is not None:
        statement = statement.where(Dispatch.id < before)
    return list(await tx.scalars(statement.order_by(Dispatch.id.desc()).limit(limit + 1)))


def _is_in(delivery_state: str) -> ColumnElement[bool]:
    """Say in SQL what `Recipient.delivery_state` says."""
    if delivery_state == "opened":
        return Recipient.opened_at.is_not(None)
    return and_(Recipient.state == delivery_state, Recipient.opened_at.is_(None))


async def of_document(tx: AsyncSession, document: Document) -> Sequence[Dispatch]:
    """List the dispatches of a document's current revision, oldest first."""
    return await _whole(
        tx,
        Dispatch.organization_id == document.organization_id,
        Dispatch.document_id == document.id,
        Dispatch.revision == document.revision,
    )


async def recipient(
    tx: AsyncSession, organization_id: UUID, recipient_id: UUID, *, for_update: bool = False
) -> Recipient:
    """Give one recipient with its dispatch and all its recipients.

    Raises:
        NotFound: There is none.
    """
    query = (
        select(Recipient, Dispatch)
        .join(Recipient.dispatch)
        .where(Recipient.organization_id == organization_id, Recipient.id == recipient_id)
    )
    if for_update:
        query = query.with_for_update(of=Recipient)
    row = (await tx.execute(query.execution_options(populate_existing=True))).first()
    if row is None:
        raise NotFound
    found, dispatch = row
    others = await tx.scalars(
        select(Recipient)
        .where(
            Recipient.organization_id == organization_id,
            Recipient.dispatch_id == dispatch.id,
            Recipient.id != recipient_id,
        )
        .execution_options(populate_existing=True)
    )
    _gather(dispatch, [found, *others])
    return found


async def find_recipient(tx: AsyncSession, document: Document, address: str) -> Recipient | None:
    """Find who got, or is to get, a document's current revision at an address; the latest."""
    return await tx.scalar(
        select(Recipient)
        .join(Recipient.dispatch)
        .where(
            Recipient.organization_id == document.organization_id,
            func.lower(Recipient.address) == address.lower(),
            Recipient.state != "cancelled",
            Dispatch.channel == EMAIL,
            Dispatch.document_id == document.id,
            Dispatch.revision == document.revision,
        )
        .order_by(Recipient.id.desc())
        .limit(1)
    )


def _gather(dispatch: Dispatch, recipients: Iterable[Recipient]) -> None:
    """Let a dispatch and its recipients know each other."""
    in_order = sorted(recipients, key=lambda one: one.position)
    set_committed_value(dispatch, "recipients", in_order)
    for one in in_order:
        set_committed_value(one, "dispatch", dispatch)


async def outgoing(
    tx: AsyncSession, organization_id: UUID, recipient_id: UUID
) -> tuple[Recipient, Document]:
    """Give one recipient with its dispatch, and the document, all to be read only.

    Raises:
        NotFound: There is none.
    """
    rows = await rows_of(tx)
    found = await rows.first(_OUTGOING, organization_id=organization_id, recipient_id=recipient_id)
    if found is None:
        raise NotFound
    columns = iter(found)
    one = plain(Recipient, _RECIPIENT_COLUMNS, islice(columns, len(_RECIPIENT_COLUMNS)))
    dispatch = plain(Dispatch, _DISPATCH_COLUMNS, islice(columns, len(_DISPATCH_COLUMNS)))
    one.__dict__["dispatch"] = dispatch
    return one, plain(Document, _DOCUMENT_COLUMNS, columns)


_RECIPIENT_COLUMNS = names_of(Recipient)
_DISPATCH_COLUMNS = names_of(Dispatch)
_DOCUMENT_COLUMNS = names_of(Document)
_OUTGOING = Statement(
    select(*columns_of(Recipient), *columns_of(Dispatch), *columns_of(Document))
    .join_from(Recipient, Dispatch, Recipient.dispatch)
    .join(
        Document,
        and_(
            Document.organization_id == Dispatch.organization_id,
            Document.id == Dispatch.document_id,
        ),
    )
    .where(
        Recipient.organization_id == bindparam("organization_id"),
        Recipient.id == bindparam("recipient_id"),
    )
)


async def document_id_of(tx: AsyncSession, organization_id: UUID, recipient_id: UUID) -> UUID:
    """Tell which document was sent to a recipient.

    Raises:
        NotFound: There is no such recipient.
    """
    rows = await rows_of(tx)
    found = await rows.first(
        _DOCUMENT_OF, organization_id=organization_id, recipient_id=recipient_id
    )
    if found is None:
        raise NotFound
    document_id: UUID = found[0]
    return document_id


_DOCUMENT_OF = Statement(
    select(Dispatch.document_id)
    .join(Dispatch.recipients)
    .where(
        Recipient.organization_id == bindparam("organization_id"),
        Recipient.id == bindparam("recipient_id"),
    )
)


async def _whole(tx: AsyncSession, *conditions: ColumnElement[bool]) -> Sequence[Dispatch]:
    """Load dispatches with their recipients, each of which knows its dispatch."""
    dispatches = list(
        await tx.scalars(
            select(Dispatch)
            .where(*conditions)
            .order_by(Dispatch.id)
            .options(selectinload(Dispatch.recipients))
            .execution_options(populate_existing=True)
        )
    )
    for dispatch in dispatches:
        # Loading one side of the relation leaves the other unloaded.
        _gather(dispatch, dispatch.recipients)
    return dispatches


@dataclass(frozen=True, slots=True)
class _Message:
    """What counts of one recipient; nothing of a dispatch that has none."""

    kind: str
    state: str
    sent_at: datetime | None
    opened_at: datetime | None


_DELIVERIES = Statement(
    select(
        Dispatch.id,
        Dispatch.kind,
        Dispatch.created_at,
        Recipient.kind,
        Recipient.state,
        Recipient.sent_at,
        Recipient.opened_at,
    )
    .outerjoin(Dispatch.recipients)
    .where(
        Dispatch.organization_id == bindparam("organization_id"),
        Dispatch.document_id == bindparam("document_id"),
        Dispatch.revision == bindparam("revision"),
        Dispatch.cancelled_at.is_(None),
        Dispatch.kind != RECEIPT,
    )
)


async def delivery_of(tx: AsyncSession, document: Document) -> Delivery:
    """Tell what became of all dispatches of a document's current revision, receipts aside."""
    await tx.flush()
    rows = await rows_of(tx)
    found = await rows.all(
        _DELIVERIES,
        organization_id=document.organization_id,
        document_id=document.id,
        revision=document.revision,
    )
    sendings = {key: made_at for key, kind, made_at, *_ in found if kind not in {LINK, REMINDER}}
    messages = [_Message(*columns) for _, _, _, *columns in found]
    live = [one for one in messages if one.state not in {None, "cancelled"}]
    main = [one for one in live if one.kind == "to"]
    return Delivery(
        state=best_state(main),
        was_sent=any(one.sent_at is not None for one in main),
        has_problem=any(one.state in _PROBLEMS for one in live),
        dispatch_count=len(sendings),
        last_dispatched_at=max(sendings.values(), default=None),
    )


class Delivered(Protocol):
    """What became of one message, as far as a state tells it."""

    @property
    def state(self) -> str:
        """As the outbox keeps it."""
        ...

    @property
    def opened_at(self) -> datetime | None:
        """When a person opened it first."""
        ...


def best_state(messages: Iterable[Delivered]) -> str:
    """Tell the best that any of some messages came to, as a `delivery_state` (pure)."""
    shown = {shown_state(one.state, one.opened_at) for one in messages}
    states = {_SHOWN.get(state, state) for state in shown}
    return next((state for state in _BEST_FIRST if state in states), "not_sent")


async def evidence_of(
    tx: AsyncSession, organization_id: UUID, dispatches: Sequence[Dispatch]
) -> dict[UUID, list[Evidence]]:
    """Give what was noted of each recipient, newest first."""
    ids = [recipient.id for dispatch in dispatches for recipient in dispatch.recipients]
    rows = await tx.scalars(
        select(Evidence)
        .where(Evidence.organization_id == organization_id, Evidence.recipient_id.in_(ids))
        .order_by(Evidence.id.desc())
        .limit(EVIDENCE_MAX * max(1, len(ids)))
    )
    found: dict[UUID, list[Evidence]] = {}
    for row in rows:
        kept = found.setdefault(row.recipient_id, [])
        if len(kept) < EVIDENCE_MAX:
            kept.append(row)
    return found


async def pdf_hashes(
    tx: AsyncSession, organization_id: UUID, dispatches: Sequence[Dispatch]
) -> dict[tuple[UUID, int], str]:
    """Give the fingerprint of each dispatched revision's PDF, by document and revision."""
    rows = await tx.execute(
        select(DocumentPdf.document_id, DocumentPdf.revision, DocumentPdf.sha256)
        .join(
            DocumentRevision,
            and_(
                DocumentRevision.organization_id == DocumentPdf.organization_id,
                DocumentRevision.document_id == DocumentPdf.document_id,
                DocumentRevision.number == DocumentPdf.revision,
                DocumentRevision.language == DocumentPdf.language,
            ),
        )
        .where(
            DocumentPdf.organization_id == organization_id,
            DocumentPdf.document_id.in_({one.document_id for one in dispatches}),
        )
    )
    return {(document_id, revision): sha256 for document_id, revision, sha256 in rows}


async def views(
    tx: AsyncSession, actor: Actor, dispatches: Sequence[Dispatch]
) -> list[DispatchView]:
    """Show dispatches, their recipients loaded, with what was noted of each."""
    evidence = await evidence_of(tx, actor.organization_id, dispatches)
    hashes = await pdf_hashes(tx, actor.organization_id, dispatches)
    return [
        DispatchView.of(
            one,
            pdf_sha256=hashes.get((one.document_id, one.revision)) if one.kind != RECEIPT else None,
            evidence=evidence,
        )
        for one in dispatches
    ]


async def last_addresses(tx: AsyncSession, document: Document) -> list[str]:
    """Give whom the present revision was last sent to by mail, as its addressees."""
    last = (
        select(Dispatch.id)
        .where(
            Dispatch.organization_id == document.organization_id,
            Dispatch.document_id == document.id,
            Dispatch.revision == document.revision,
            Dispatch.channel == EMAIL,
            Dispatch.kind.not_in(NOT_SENDINGS),
            Dispatch.cancelled_at.is_(None),
        )
        .order_by(Dispatch.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    rows = await tx.scalars(
        select(Recipient.address)
        .where(
            Recipient.organization_id == document.organization_id,
            Recipient.dispatch_id == last,
            Recipient.kind == "to",
        )
        .order_by(Recipient.position)
    )
    return list(rows)


async def pages_fetched(tx: AsyncSession, recipient: Recipient, *, since: datetime) -> set[str]:
    """Tell which pages of a recipient's links were fetched lately, whoever did."""
    rows = await tx.scalars(
        select(Evidence.signals["page"].as_string())
        .where(
            Evidence.organization_id == recipient.organization_id,
            Evidence.recipient_id == recipient.id,
            Evidence.kind == "page_fetched",
            Evidence.occurred_at >= since,
        )
        .distinct()
    )
    return {page for page in rows if page is not None}


async def failed_before(
    tx: AsyncSession, organization_id: UUID, addresses: Sequence[str]
) -> set[str]:
    """Tell which addresses a message failed to reach for good before."""
    rows = await tx.scalars(
        select(Recipient.address)
        .where(
            Recipient.organization_id == organization_id,
            func.lower(Recipient.address).in_([address.lower() for address in addresses]),
            Recipient.state.in_(("bounced", "failed", "complained")),
        )
        .distinct()
    )
    return set(rows)


async def first_message_id(tx: AsyncSession, document: Document, address: str) -> str | None:
    """Find the Message-ID of the first message about a document to an address."""
    rows = await rows_of(tx)
    found = await rows.first(
        _FIRST_MESSAGE,
        organization_id=document.organization_id,
        document_id=document.id,
        address=address.lower(),
    )
    return None if found is None else found[0]


_FIRST_MESSAGE = Statement(
    select(Recipient.message_id)
    .join(Recipient.dispatch)
    .where(
        Recipient.organization_id == bindparam("organization_id"),
        Dispatch.document_id == bindparam("document_id"),
        func.lower(Recipient.address) == bindparam("address"),
        Recipient.sent_at.is_not(None),
    )
    .order_by(Recipient.id)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Due:
    """A row that waits for the worker."""

    organization_id: UUID
    recipient_id: UUID


async def overdue(tx: AsyncSession, *, before: datetime, limit: int) -> Sequence[Due]:
    """List rows of all organizations that nobody took up, oldest first; the worker's sweep.

    Args:
        tx: A transaction of the worker, no organization entered.
        before: Rows due by then, or leased until then, count.
        limit: How many.
    """
    rows = await tx.execute(
        select(Recipient.organization_id, Recipient.id)
        .where(
            or_(
                and_(Recipient.queue_state == "ready", Recipient.next_attempt_at <= before),
                and_(Recipient.queue_state == "leased", Recipient.lease_until <= before),
            )
        )
        .order_by(Recipient.next_attempt_at)
        .limit(limit)
    )
    return [Due(organization_id, recipient_id) for organization_id, recipient_id in rows]
