"""Which documents came out of which, and what follows for each.

A link whose target is voided no longer counts; a draft counts until it is deleted.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from uuid import UUID

from sqlalchemy import Select, Uuid, and_, bindparam, case, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from app.documents.events import converted
from app.documents.models import Document, DocumentLink
from app.documents.printable import DocumentType
from app.documents.projecting import project
from app.documents.visibility import sees_document
from app.events.record import record
from app.kernel.actor import Actor
from app.kernel.rows import Rows, Statement, columns_of, names_of, plain
from app.organizations import visibility

_LIVE = ("draft", "issued")
_TAKES_PLACE = "converted"
_BILLS_A_PART = "advance_of"
_TAKES_OFF = "deducts"


@dataclass(frozen=True, slots=True)
class Related:
    """A document at the other end of a link.

    Attributes:
        is_result: It came out of the one that is looked at, rather than the reverse.
    """

    kind: str
    is_result: bool
    document: Document


def link(
    tx: AsyncSession,
    source: Document,
    target: Document,
    kind: str,
    *,
    at: datetime,
    payment_id: UUID | None = None,
) -> None:
    """Write down that one document came out of another."""
    tx.add(
        DocumentLink(
            organization_id=source.organization_id,
            source_id=source.id,
            target_id=target.id,
            kind=kind,
            payment_id=payment_id,
            created_at=at,
        )
    )


async def related_to(rows: Rows, actor: Actor, document: Document) -> Sequence[Related]:
    """List what a document came from and led to, as far as the actor sees it, oldest first."""
    values = {**visibility.values_of(actor), "document_id": document.id}
    found = await rows.all(_related(visibility.stand_in(actor)), **values)
    return [
        Related(kind, is_result, plain(Document, _COLUMNS, columns))
        for kind, is_result, *columns in found
    ]


@cache
def _related(actor: Actor) -> Statement:
    here = bindparam("document_id", type_=Uuid())
    is_result = DocumentLink.source_id == here
    other_id = case((is_result, DocumentLink.target_id), else_=DocumentLink.source_id)
    query = (
        select(DocumentLink.kind, is_result, *columns_of(Document))
        .join(
            Document,
            and_(Document.organization_id == DocumentLink.organization_id, Document.id == other_id),
        )
        .where(
            DocumentLink.organization_id == actor.organization_id,
            or_(is_result, DocumentLink.target_id == here),
            sees_document(actor),
        )
        .order_by(DocumentLink.created_at, Document.id)
    )
    return Statement(query)


_COLUMNS = names_of(Document)


async def results_of(
    tx: AsyncSession, organization_id: UUID, source_ids: Collection[UUID], *kinds: str
) -> Sequence[Document]:
    """List the live documents that came out of others in one of these ways, oldest first."""
    query = _came_out_of(organization_id, source_ids, kinds).order_by(Document.id)
    return list(await tx.scalars(query))


async def upstream_of(tx: AsyncSession, document: Document) -> Sequence[Document]:
    """List what a document came out of, through every conversion, locked for update."""
    links = (
        select(DocumentLink.source_id, DocumentLink.target_id)
        .where(
            DocumentLink.organization_id == document.organization_id,
            DocumentLink.kind.in_((_TAKES_PLACE, _BILLS_A_PART)),
        )
        .subquery()
    )
    above = (
        select(links.c.source_id)
        .where(links.c.target_id == document.id)
        .cte("above", recursive=True)
    )
    further = select(links.c.source_id).join(above, links.c.target_id == above.c.source_id)
    query = (
        select(Document)
        .where(
            Document.organization_id == document.organization_id,
            Document.id.in_(select(above.union(further).c.source_id)),
        )
        .order_by(Document.id)
        .with_for_update()
    )
    return list(await tx.scalars(query.execution_options(populate_existing=True)))


async def invoices_of(tx: AsyncSession, document: Document) -> Sequence[Document]:
    """List the live invoices that came straight out of a document, and count its money."""
    kinds = (_TAKES_PLACE, _BILLS_A_PART)
    results = await results_of(tx, document.organization_id, [document.id], *kinds)
    return [one for one in results if one.type == DocumentType.INVOICE]


async def unlocked_drafts(tx: AsyncSession, invoices: Sequence[Document]) -> Sequence[Document]:
    """Lock those of some invoices that are drafts nobody else holds, and read their lines.

    Documents are locked before what they came out of; who holds a source already must not
    wait for what came out of it.
    """
    drafts = [one for one in invoices if one.issue_state == "draft"]
    query = (
        select(Document)
        .where(
            Document.organization_id.in_([one.organization_id for one in drafts]),
            Document.id.in_([one.id for one in drafts]),
        )
        .options(selectinload(Document.lines))
        .order_by(Document.id)
        .with_for_update(skip_locked=True)
    )
    return list(await tx.scalars(query.execution_options(populate_existing=True)))


async def came_of_payment(tx: AsyncSession, document: Document, payment_id: UUID) -> bool:
    """Tell whether a payment brought anything out of a document."""
    query = select(DocumentLink.target_id).where(
        DocumentLink.organization_id == document.organization_id,
        DocumentLink.payment_id == payment_id,
    )
    return await tx.scalar(query) is not None


def kept_minor(document: Document) -> int:
    """Tell what was paid of a document's sum; what came beyond it is credit of its client."""
    owed_minor = max(0, document.payable_minor - document.credited_minor)
    return min(document.collected.amount_minor, owed_minor)


async def advances_minor(tx: AsyncSession, document: Document) -> int:
    """Tell how much money taken for what an invoice came out of no other invoice counts."""
    if document.type != DocumentType.INVOICE:
        return 0
    family = await upstream_of(tx, document)
    taken_minor = sum(kept_minor(one) for one in family)
    if taken_minor <= 0:
        return 0
    ids = [one.id for one in family]
    others = await results_of(tx, document.organization_id, ids, _TAKES_PLACE, _BILLS_A_PART)
    counted_minor = sum(
        one.advances_minor
        for one in others
        if one.type == DocumentType.INVOICE and one.id != document.id
    )
    return max(0, taken_minor - counted_minor)


async def deductible(tx: AsyncSession, document: Document) -> Sequence[Document]:
    """List the issued advance invoices of what a document came out of that none took off yet."""
    ids = [one.id for one in await upstream_of(tx, document)]
    advances = await results_of(tx, document.organization_id, ids, _BILLS_A_PART)
    issued = [one for one in advances if one.issue_state == "issued"]
    return [
        one
        for one in issued
        if all(
            other.type != DocumentType.INVOICE
            for other in await results_of(tx, document.organization_id, [one.id], _TAKES_OFF)
        )
    ]


async def credits_of(
    tx: AsyncSession, organization_id: UUID, invoice_ids: Collection[UUID]
) -> Sequence[Document]:
    """List the corrective invoices that take something off some invoices, oldest first."""
    found = await results_of(tx, organization_id, invoice_ids, "corrects")
    return [one for one in found if one.issue_state == "issued" and one.total_minor < 0]


async def refresh(tx: AsyncSession, source: Document, *, at: datetime) -> None:
    """Let a document follow what came out of it: whether it was converted, and is billed.

    Args:
        tx: The transaction that made, deleted or voided what came out of it.
        source: Read for update.
        at: Now.
    """
    await tx.flush()
    ids = [source.id]
    conversions = await results_of(tx, source.organization_id, ids, _TAKES_PLACE)
    advances = await results_of(tx, source.organization_id, ids, _BILLS_A_PART)
    source.is_converted = bool(conversions)
    source.is_billed = any(one.type == DocumentType.INVOICE for one in conversions) or any(
        one.payable_minor > 0 for one in advances
    )
    source.updated_at = at
    project(source)
    await tx.flush()


async def tell(
    tx: AsyncSession, actor: Actor, source: Document, target: Document, *, at: datetime
) -> None:
    """Record that one document came out of another, in the history of both."""
    await refresh(tx, source, at=at)
    await record(tx, actor, converted(source, target, role="source"), at=at)
    await record(tx, actor, converted(target, source, role="result"), at=at)


async def sources_of(tx: AsyncSession, target: Document, *kinds: str) -> Sequence[Document]:
    """List what a document came out of in one of these ways, or any, locked for update."""
    query = (
        select(Document)
        .join(
            DocumentLink,
            and_(
                DocumentLink.organization_id == Document.organization_id,
                DocumentLink.source_id == Document.id,
            ),
        )
        .where(
            DocumentLink.organization_id == target.organization_id,
            DocumentLink.target_id == target.id,
            DocumentLink.kind.in_(kinds) if kinds else true(),
        )
        .order_by(Document.id)
        .with_for_update(of=Document)
    )
    return list(await tx.scalars(query.execution_options(populate_existing=True)))


def _came_out_of(
    organization_id: UUID, source_ids: Collection[UUID], kinds: Collection[str]
) -> Select[Document]:
    targets = select(DocumentLink.target_id).where(
        DocumentLink.organization_id == organization_id,
        DocumentLink.source_id.in_(source_ids),
        DocumentLink.kind.in_(kinds),
    )
    return select(Document).where(
        Document.organization_id == organization_id,
        Document.id.in_(targets),
        Document.issue_state.in_(_LIVE),
    )
