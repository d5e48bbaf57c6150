"""Reading documents; tenancy is in every query."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any, TypeVarTuple
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    and_,
    bindparam,
    false,
    func,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from app.contacts import reading, search
from app.contacts.models import Contact
from app.contacts.search import Sought
from app.documents.filters import NEVER, Shape, values_of
from app.documents.models import (
    Decision,
    Document,
    DocumentLine,
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
from app.kernel.rows import Rows, Statement, columns_of, names_of, plain, rows_of
from app.organizations import visibility

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
        became = await _became(await rows_of(tx), actor, document_id)
        return await get(tx, actor, became, for_update=for_update, with_lines=with_lines)
    return document


@dataclass(frozen=True, slots=True)
class Read:
    """A document with its lines, and what is shown of its contact; to be read only."""

    document: Document
    contact_name: str
    contact_updated_at: datetime


async def read(rows: Rows, actor: Actor, document_id: UUID) -> Read:
    """Give one document whole.

    Raises:
        NotFound: There is none that the actor sees.
    """
    values = {**visibility.values_of(actor), "document_id": document_id}
    row = await rows.first(_whole(visibility.stand_in(actor)), **values)
    if row is None:
        return await read(rows, actor, await _became(rows, actor, document_id))
    *columns, contact_name, contact_updated_at = row
    document = plain(Document, _COLUMNS, columns)
    lines = await rows.all(_LINES, **values)
    document.__dict__["lines"] = [plain(DocumentLine, _LINE_COLUMNS, line) for line in lines]
    return Read(document, contact_name, contact_updated_at)


_COLUMNS = names_of(Document)
_LINE_COLUMNS = names_of(DocumentLine)
_ITS_CONTACT = and_(
    Contact.organization_id == Document.organization_id, Contact.id == Document.contact_id
)
_LINES = Statement(
    select(*columns_of(DocumentLine))
    .where(
        DocumentLine.organization_id == bindparam("organization_id"),
        DocumentLine.document_id == bindparam("document_id"),
    )
    .order_by(DocumentLine.position)
)


@cache
def _whole(actor: Actor) -> Statement:
    columns = select(*columns_of(Document), Contact.display_name, Contact.updated_at)
    query = columns.join(Contact, _ITS_CONTACT).where(
        Document.organization_id == actor.organization_id,
        Document.id == bindparam("document_id"),
        sees_document(actor),
    )
    return Statement(query)


async def _became(rows: Rows, actor: Actor, draft_id: UUID) -> UUID:
    """Tell which document the draft of a revision became a part of.

    Raises:
        NotFound: There was no such draft, or it was not issued.
    """
    found = await rows.first(_BECAME, organization_id=actor.organization_id, draft_id=draft_id)
    if found is None:
        raise NotFound
    return UUID(str(found[0]))


_BECAME = Statement(
    select(DocumentRevision.document_id).where(
        DocumentRevision.organization_id == bindparam("organization_id"),
        DocumentRevision.draft_id == bindparam("draft_id"),
    )
)


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


OWN_SERIES = frozenset({"simplified", "corrective"})
"""Kinds of invoice whose numbers are their own (ROF arts. 6.1.a and 7.1.a)."""


async def find_series(
    tx: AsyncSession,
    actor: Actor,
    document_type: str,
    series_id: UUID | None,
    *,
    invoice_kind: str | None,
) -> NumberSeries | None:
    """Find the named active series of a type, or its default.

    Simplified and corrective invoices have series of their own.
    """
    own = NumberSeries.invoice_kind
    query = select(NumberSeries).where(
        NumberSeries.organization_id == actor.organization_id,
        NumberSeries.type == document_type,
        own == invoice_kind if invoice_kind in OWN_SERIES else own.is_(None),
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
    read: Callable[[str], date | int]


_SORTS = {
    "-issue_date": _Sort(Document.listed_on.expression, True, date.fromisoformat),  # noqa: FBT003
    "-created_at": _Sort(Document.created_at.expression, True, datetime.fromisoformat),  # noqa: FBT003
    "due_date": _Sort(func.coalesce(Document.due_date, NEVER), False, date.fromisoformat),  # noqa: FBT003
    "-total": _Sort(Document.total_minor.expression, True, int),  # noqa: FBT003
}


@dataclass(frozen=True, slots=True)
class Listed:
    """A document in a list.

    Attributes:
        document: Without its lines, to be read only.
        contact_name: Whom it is for.
        key: What the list sorts by.
    """

    document: Document
    contact_name: str
    key: date | datetime | int

    def cursor(self) -> list[JsonValue]:
        """Give its place in the list, as a cursor keeps it."""
        key = self.key if isinstance(self.key, int) else self.key.isoformat()
        return [key, str(self.document.id)]


async def list_documents(
    rows: Rows,
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
    sought = await search.read(rows, query.q) if query.q else None
    if sought is not None and not sought.words:
        return []
    who, shape, is_after = visibility.stand_in(actor), Shape.of(query), after is not None
    values = {**visibility.values_of(actor), **values_of(query, today), "limit": query.limit + 1}
    if sought is None:
        order = query.sort or "-created_at"
        sort, statement = _SORTS[order], _listing(who, shape, order, is_after=is_after)
    else:
        closest = _Sort(closeness(sought), True, int)  # noqa: FBT003
        sort = closest if query.sort is None else _SORTS[query.sort]
        statement = Statement(_sorted(who, shape, sort, sought, is_after=is_after))
    if after is not None:
        value, last_id = after
        values["after"] = sort.read(str(value))
        values["after_id"] = UUID(str(last_id))
    found = await rows.all(statement, **values)
    return [Listed(plain(Document, _COLUMNS, row), row[-2], row[-1]) for row in found]


@lru_cache(maxsize=500)
def _listing(actor: Actor, shape: Shape, order: str, *, is_after: bool) -> Statement:
    return Statement(_sorted(actor, shape, _SORTS[order], None, is_after=is_after))


def _sorted(
    actor: Actor, shape: Shape, sort: _Sort, sought: Sought | None, *, is_after: bool
) -> Select[*tuple[Any, ...]]:
    columns = select(*columns_of(Document), Contact.display_name, sort.column.label("key"))
    statement = _filtered(columns, actor, shape, sought)
    order = (sort.column, Document.id)
    if is_after:
        after: BindParameter[Any] = bindparam("after", type_=sort.column.type)
        key, limit = tuple_(*order), tuple_(after, bindparam("after_id"))
        statement = statement.where(key < limit if sort.is_descending else key > limit)
    ordered = [column.desc() for column in order] if sort.is_descending else list(order)
    return statement.order_by(*ordered).limit(bindparam("limit", type_=Integer()))


async def count_by_status(
    rows: Rows, actor: Actor, query: DocumentFilters, *, today: date
) -> dict[str, int]:
    """Count the documents that match, by status."""
    sought = await search.read(rows, query.q) if query.q else None
    counts = select(Document.status, func.count())
    statement = _filtered(counts, visibility.stand_in(actor), Shape.of(query), sought)
    values = {**visibility.values_of(actor), **values_of(query, today)}
    found = await rows.all(Statement(statement.group_by(Document.status)), **values)
    return {status: count for status, count in found}  # noqa: C416 - rows are not a mapping


def _filtered(
    statement: Select[*Columns], actor: Actor, shape: Shape, sought: Sought | None
) -> Select[*Columns]:
    conditions = [*shape.conditions()]
    if sought is not None:
        conditions.append(_matching(actor, sought))
    own = Document.organization_id == actor.organization_id
    return statement.join(Contact, _ITS_CONTACT).where(own, sees_document(actor), *conditions)


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
