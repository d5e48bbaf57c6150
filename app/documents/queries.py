"""Reading documents; tenancy is in every query."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVarTuple
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ColumnElement, Select, and_, bindparam, false, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, joinedload, selectinload

from app.contacts import reading, search
from app.contacts.models import Contact
from app.contacts.search import Sought
from app.documents.models import (
    Decision,
    Document,
    DocumentPdf,
    DocumentRevision,
    NumberSeries,
    SeriesCounter,
)
from app.documents.schemas import DocumentFilters, DocumentQuery
from app.documents.search import closeness, matching_documents
from app.documents.visibility import sees_document
from app.kernel.actor import Actor
from app.kernel.errors import NotFound
from app.kernel.rows import Statement, columns_of, names_of, plain, rows_of

Columns = TypeVarTuple("Columns")


async def get(
    tx: AsyncSession,
    actor: Actor,
    document_id: UUID,
    *,
    for_update: bool = False,
    with_lines: bool = False,
) -> Document:
    """Give one document of the actor's organization.

    Raises:
        NotFound: There is none that the actor sees.
    """
    query = _one(select(Document), actor, document_id)
    if with_lines:
        query = query.options(selectinload(Document.lines))
    if for_update:
        query = query.with_for_update()
    document = await tx.scalar(query.execution_options(populate_existing=True))
    if document is None:
        became = await _became(tx, actor, document_id)
        return await get(tx, actor, became, for_update=for_update, with_lines=with_lines)
    return document


async def read(tx: AsyncSession, actor: Actor, document_id: UUID) -> tuple[Document, str]:
    """Give one document with its lines, and its contact's name, in one statement.

    Raises:
        NotFound: There is none that the actor sees.
    """
    query = select(Document, Contact.display_name).join(
        Contact,
        and_(
            Contact.organization_id == Document.organization_id, Contact.id == Document.contact_id
        ),
    )
    query = _one(query, actor, document_id).options(joinedload(Document.lines))
    found = (await tx.execute(query)).unique().first()
    if found is None:
        return await read(tx, actor, await _became(tx, actor, document_id))
    return found[0], found[1]


async def _became(tx: AsyncSession, actor: Actor, draft_id: UUID) -> UUID:
    """Tell which document the draft of a revision became a part of.

    Raises:
        NotFound: There was no such draft, or it was not issued.
    """
    document_id = await tx.scalar(
        select(DocumentRevision.document_id).where(
            DocumentRevision.organization_id == actor.organization_id,
            DocumentRevision.draft_id == draft_id,
        )
    )
    if document_id is None:
        raise NotFound
    return document_id


def _one(query: Select[*Columns], actor: Actor, document_id: UUID) -> Select[*Columns]:
    return query.where(
        Document.organization_id == actor.organization_id,
        Document.id == document_id,
        sees_document(actor),
    )


async def contact_of(
    tx: AsyncSession, document: Document, *, parts: Sequence[InstrumentedAttribute[Any]]
) -> Contact:
    """Give a document's contact, to be read: who sees the document may know whom it is for.

    Args:
        tx: The request's transaction.
        document: Whose contact.
        parts: Which lists of the contact to read; another raises when it is touched.
    """
    own = document.organization_id
    return await reading.read(tx, own, document.contact_id, parts=parts)


async def contact_name(tx: AsyncSession, document: Document) -> str:
    """Give the display name of a document's contact."""
    name = await tx.scalar(
        select(Contact.display_name).where(
            Contact.organization_id == document.organization_id, Contact.id == document.contact_id
        )
    )
    return name or ""


async def revision(
    tx: AsyncSession, organization_id: UUID, document_id: UUID, number: int
) -> DocumentRevision:
    """Give one issued revision; it never changes, and is no object of the session.

    Raises:
        NotFound: There is none.
    """
    rows = await rows_of(tx)
    found = await rows.first(
        _REVISION, organization_id=organization_id, document_id=document_id, number=number
    )
    if found is None:
        raise NotFound
    return plain(DocumentRevision, _REVISION_COLUMNS, found)


_REVISION_COLUMNS = names_of(DocumentRevision)
_REVISION = Statement(
    select(*columns_of(DocumentRevision)).where(
        DocumentRevision.organization_id == bindparam("organization_id"),
        DocumentRevision.document_id == bindparam("document_id"),
        DocumentRevision.number == bindparam("number"),
    )
)


async def find_pdf(
    tx: AsyncSession, organization_id: UUID, document_id: UUID, number: int, language: str
) -> DocumentPdf | None:
    """Find the stored bytes of a revision; they never change either."""
    rows = await rows_of(tx)
    found = await rows.first(
        _PDF,
        organization_id=organization_id,
        document_id=document_id,
        number=number,
        language=language,
    )
    return None if found is None else plain(DocumentPdf, _PDF_COLUMNS, found)


_PDF_COLUMNS = names_of(DocumentPdf)
_PDF = Statement(
    select(*columns_of(DocumentPdf)).where(
        DocumentPdf.organization_id == bindparam("organization_id"),
        DocumentPdf.document_id == bindparam("document_id"),
        DocumentPdf.revision == bindparam("number"),
        DocumentPdf.language == bindparam("language"),
    )
)


async def decisions(tx: AsyncSession, actor: Actor, document_id: UUID) -> Sequence[Decision]:
    """List every answer to a document, oldest first."""
    return list(
        await tx.scalars(
            select(Decision)
            .where(
                Decision.organization_id == actor.organization_id,
                Decision.document_id == document_id,
            )
            .order_by(Decision.revision, Decision.sequence)
        )
    )


async def last_decision(tx: AsyncSession, document: Document, number: int) -> Decision | None:
    """Find the answer that counts for a revision."""
    return await tx.scalar(
        select(Decision)
        .where(
            Decision.organization_id == document.organization_id,
            Decision.document_id == document.id,
            Decision.revision == number,
        )
        .order_by(Decision.sequence.desc())
        .limit(1)
    )


async def find_series(
    tx: AsyncSession,
    actor: Actor,
    document_type: str,
    series_id: UUID | None,
    *,
    invoice_kind: str | None,
) -> NumberSeries | None:
    """Find the named active series of a type, or its default.

    Simplified invoices have series of their own.
    """
    own = NumberSeries.invoice_kind
    query = select(NumberSeries).where(
        NumberSeries.organization_id == actor.organization_id,
        NumberSeries.type == document_type,
        own == "simplified" if invoice_kind == "simplified" else own.is_(None),
        NumberSeries.status == "active",
    )
    query = query.where(NumberSeries.id == series_id if series_id else NumberSeries.is_default)
    return await tx.scalar(query)


async def list_series(
    tx: AsyncSession, actor: Actor, *, document_type: str | None, after: UUID | None, limit: int
) -> Sequence[NumberSeries]:
    """List series, oldest first, one more than the limit."""
    query = select(NumberSeries).where(NumberSeries.organization_id == actor.organization_id)
    if document_type:
        query = query.where(NumberSeries.type == document_type)
    if after is not None:
        query = query.where(NumberSeries.id > after)
    return list(await tx.scalars(query.order_by(NumberSeries.id).limit(limit + 1)))


@dataclass(frozen=True, slots=True)
class _Sort:
    column: ColumnElement[Any]
    is_descending: bool
    read: type[date] | type[datetime] | type[int]


_NEVER = date(9999, 12, 31)
_SORTS = {
    "-issue_date": _Sort(Document.listed_on.expression, True, date),  # noqa: FBT003
    "-created_at": _Sort(Document.created_at.expression, True, datetime),  # noqa: FBT003
    "due_date": _Sort(func.coalesce(Document.due_date, _NEVER), False, date),  # noqa: FBT003
    "-total": _Sort(Document.total_minor.expression, True, int),  # noqa: FBT003
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A document in a list.

    Attributes:
        document: Without its lines.
        contact_name: Whom it is for.
        key: What the list sorts by, as a cursor keeps it.
    """

    document: Document
    contact_name: str
    key: list[JsonValue]


async def list_documents(
    tx: AsyncSession,
    actor: Actor,
    query: DocumentQuery,
    *,
    after: list[JsonValue] | None,
    today: date,
) -> Sequence[Listed]:
    """List documents in the order asked, one more than the limit.

    What a search finds is listed closest first unless an order is asked. Closeness
    depends on document, contact and text alone, so pages fit together.
    """
    sought = await search.read(tx, query.q) if query.q else None
    if sought is not None and not sought.words:
        return []
    sort = _sort(query, sought)
    columns = select(Document, Contact.display_name, sort.column.label("key"))
    statement = _filtered(columns, actor, query, sought, today)
    if after is not None:
        value, last_id = after
        bound = int(str(value)) if sort.read is int else sort.read.fromisoformat(str(value))  # type: ignore[union-attr]  # mypy does not narrow `is int`
        key = tuple_(sort.column, Document.id)
        limit = (bound, UUID(str(last_id)))
        statement = statement.where(key < limit if sort.is_descending else key > limit)
    order = (sort.column, Document.id)
    ordered = [column.desc() for column in order] if sort.is_descending else list(order)
    rows = await tx.execute(statement.order_by(*ordered).limit(query.limit + 1))
    return [
        Listed(document, name, [_as_json(value), str(document.id)])
        for document, name, value in rows
    ]


def _sort(query: DocumentQuery, sought: Sought | None) -> _Sort:
    if sought is not None and query.sort is None:
        return _Sort(closeness(sought), True, int)  # noqa: FBT003
    return _SORTS[query.sort or "-created_at"]


def _as_json(value: date | datetime | int) -> JsonValue:
    return value if isinstance(value, int) else value.isoformat()


async def count_by_status(
    tx: AsyncSession, actor: Actor, query: DocumentFilters, *, today: date
) -> dict[str, int]:
    """Count the documents that match, by status."""
    sought = await search.read(tx, query.q) if query.q else None
    statement = _filtered(select(Document.status, func.count()), actor, query, sought, today)
    rows = await tx.execute(statement.group_by(Document.status))
    return {status: count for status, count in rows}  # noqa: C416 - rows are not a mapping


def _filtered(
    statement: Select[*Columns],
    actor: Actor,
    query: DocumentFilters,
    sought: Sought | None,
    today: date,
) -> Select[*Columns]:
    joined = and_(
        Contact.organization_id == Document.organization_id, Contact.id == Document.contact_id
    )
    conditions = [*_exact(query), *_ranges(query), *_dated(query, today)]
    if sought is not None:
        conditions.append(_matching(actor, sought))
    own = Document.organization_id == actor.organization_id
    return statement.join(Contact, joined).where(own, sees_document(actor), *conditions)


def _exact(query: DocumentFilters) -> Iterator[ColumnElement[bool]]:
    for name in ("type", "status", "payment_state", "delivery_state"):
        value = getattr(query, name)
        if value is not None:
            yield getattr(Document, name).in_(value.split(","))
    for name in ("contact_id", "salesperson_id", "vessel_id"):
        value = getattr(query, name)
        if value is not None:
            yield getattr(Document, name) == value


def _ranges(query: DocumentFilters) -> Iterator[ColumnElement[bool]]:
    if query.issue_date_gte is not None:
        yield Document.issue_date >= query.issue_date_gte
    if query.issue_date_lt is not None:
        yield Document.issue_date < query.issue_date_lt
    if query.total_gte is not None:
        yield Document.total_minor >= query.total_gte
    if query.total_lt is not None:
        yield Document.total_minor < query.total_lt


def _dated(query: DocumentFilters, today: date) -> Iterator[ColumnElement[bool]]:
    if query.expired is not None:
        yield _expired(today) if query.expired else ~_expired(today)
    if query.overdue is not None:
        yield _overdue(today) if query.overdue else ~_overdue(today)


def _expired(today: date) -> ColumnElement[bool]:
    return and_(
        Document.type == "quote",
        Document.issue_state == "issued",
        Document.is_converted.is_(False),
        Document.decision != "accepted",
        func.coalesce(Document.valid_until, _NEVER) < today,
    )


def _overdue(today: date) -> ColumnElement[bool]:
    return and_(
        Document.issue_state == "issued",
        Document.is_converted.is_(False),
        func.coalesce(Document.next_due_on, Document.due_date, _NEVER) < today,
        Document.payable_minor > Document.paid_minor,
    )


def _matching(actor: Actor, sought: Sought) -> ColumnElement[bool]:
    if not sought.words:
        return false()  # punctuation alone is in no document rather than in all
    return Document.id == search.one_of(matching_documents(actor, sought))


async def get_series(
    tx: AsyncSession, actor: Actor, series_id: UUID, *, for_update: bool = False
) -> NumberSeries:
    """Give one series of the actor's organization.

    Locked for update, it gives no first number until the transaction ends.

    Raises:
        NotFound: There is none.
    """
    key = (actor.organization_id, series_id)
    found = await tx.get(NumberSeries, key, with_for_update=for_update)
    if found is None:
        raise NotFound
    return found


async def is_numbering(tx: AsyncSession, series: NumberSeries) -> bool:
    """Tell whether a series ever gave a number."""
    counters = select(SeriesCounter.last).where(
        SeriesCounter.organization_id == series.organization_id,
        SeriesCounter.series_id == series.id,
    )
    return await tx.scalar(counters.limit(1)) is not None
