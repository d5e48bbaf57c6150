"""Verbs: revise an issued document, and issue the draft of a revision in its place.

A revision is drafted beside the document it is to replace, which stays what counts, and can
be answered, until the revision is issued. Then the document says what the draft said, under
its own id and number, and the draft is gone; its id leads to the document.
"""

from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from app.documents import correcting, issuing, lineage, queries
from app.documents.breakdown import store_figures
from app.documents.drafting import conflict_facts, require_draft, require_issued
from app.documents.events import revised, superseded
from app.documents.issuing import Issued
from app.documents.models import Document, DocumentLine
from app.documents.ports import Books
from app.documents.printable import DocumentType
from app.documents.projecting import UNSENT, apply_delivery
from app.events.record import record
from app.kernel.actor import Actor, Permission, system
from app.kernel.errors import Conflict, Fault, Invalid
from app.kernel.identifiers import new_id
from app.organizations import queries as organizations

_CONTENT = (
    "contact_id", "vessel_id", "salesperson_id", "title", "notes", "language", "currency",
    "valid_until", "due_date", "operation_date", "deposit_percent", "withholding_rate",
    "discount_kind", "discount_value", "prices_include_tax", "disbursements", "deductions",
    "advances_minor", "installments", "layout_id",
)  # fmt: skip
"""What a revision may say otherwise."""

_FIGURES = ("taxable_base_minor", "tax_minor", "total_minor", "payable_minor", "breakdown")

_LINE = tuple(
    column.key for column in DocumentLine.__table__.columns if column.key != "document_id"
)


async def revise(tx: AsyncSession, actor: Actor, document: Document, *, at: datetime) -> Document:
    """Begin the draft of the next revision, with the number it will have.

    Days that have passed are left for the new revision to set.

    Args:
        tx: The request's transaction.
        actor: Who revises.
        document: Read for update, with its lines.
        at: Now.

    Raises:
        Conflict: It is an invoice, no longer stands, was converted, or is being revised.
    """
    actor.require(Permission.DOCUMENTS_WRITE)
    require_revisable(document)
    if document.is_converted:
        raise Conflict(reason="document_converted", extra=conflict_facts(document))
    draft = await begin(tx, actor, document, at=at)
    await record(tx, actor, revised(document, draft), at=at)
    return draft


def require_revisable(document: Document) -> None:
    """Refuse what can have no further revision.

    Raises:
        Conflict: `invoice_immutable`, `not_issued`, `document_voided`.
    """
    require_issued(document)
    if document.type == DocumentType.INVOICE:
        raise Conflict(reason="invoice_immutable", extra=conflict_facts(document))


async def begin(tx: AsyncSession, actor: Actor, document: Document, *, at: datetime) -> Document:
    """Write a document down as the draft of its next revision.

    Raises:
        Conflict: There is such a draft already.
    """
    open_id = await find_draft(tx, document)
    if open_id is not None:
        extra = {**conflict_facts(document), "draft_id": str(open_id)}
        raise Conflict(reason="revision_open", extra=extra)
    organization = await organizations.get(tx, document.organization_id)
    today = at.astimezone(ZoneInfo(organization.time_zone)).date()
    draft = Document(
        organization_id=document.organization_id,
        id=new_id(),
        type=document.type,
        series_id=document.series_id,
        revises_id=document.id,
        number=document.number,
        revision=document.revision + 1,
        listed_on=today,
        paid_minor=0,
        issue_state="draft",
        status="draft",
        badges=[],
        decision="pending",
        payment_state="not_applicable",
        is_commented=False,
        is_converted=False,
        is_billed=False,
        pdf_state="none",
        created_by=actor.id,
        created_at=at,
        updated_at=at,
    )
    for name in _CONTENT:
        setattr(draft, name, getattr(document, name))
    for name in ("valid_until", "due_date"):
        day = getattr(draft, name)
        setattr(draft, name, None if day is None or day < today else day)
    draft.lines = [
        DocumentLine(**{name: getattr(line, name) for name in _LINE}) for line in document.lines
    ]
    apply_delivery(draft, UNSENT)
    store_figures(draft)
    tx.add(draft)
    await tx.flush()
    return draft


async def find_draft(tx: AsyncSession, document: Document) -> UUID | None:
    """Find the draft of a document's next revision."""
    return await tx.scalar(
        select(Document.id).where(
            Document.organization_id == document.organization_id,
            Document.revises_id == document.id,
        )
    )


async def issue(
    tx: AsyncSession, actor: Actor, draft: Document, books: Books, *, at: datetime
) -> tuple[Document, Issued]:
    """Issue a draft; give the document it became: that of a revision, the one it replaces.

    Args:
        tx: The issuing transaction.
        actor: Who issues.
        draft: Read for update, with its lines.
        books: Settles what a corrective invoice changes.
        at: Now.

    Raises:
        Conflict: It was issued before, or what it revises no longer stands.
        Invalid: Lines, dates or legal fields are missing or wrong; all are named.
    """
    if draft.revises_id is None:
        issued = await issuing.issue(tx, actor, draft, at=at)
        if draft.correction is not None:
            await correcting.take_effect(tx, actor, draft, books, at=at)
        return draft, issued
    actor.require(Permission.DOCUMENTS_WRITE)
    require_draft(draft)
    document = await queries.get(
        tx, system(draft.organization_id), draft.revises_id, for_update=True
    )
    require_revisable(document)
    if document.is_converted:
        raise Conflict(reason="document_converted", extra=conflict_facts(document))
    return await replace(tx, actor, document, draft, at=at)


async def replace(
    tx: AsyncSession, actor: Actor, document: Document, draft: Document, *, at: datetime
) -> tuple[Document, Issued]:
    """Let a document say what the draft of its next revision says, and issue that.

    Its lines may change between the update that counts the revision and the row that
    freezes it, and at no other time.

    Args:
        tx: The issuing transaction.
        actor: Who issues.
        document: Read for update; it can be revised.
        draft: Read for update, with its lines.
        at: Now.

    Raises:
        Invalid: Lines, dates or legal fields are missing or wrong; all are named. Or more
            was paid, or invoiced in advance, than it asks for.
    """
    store_figures(draft)
    await _require_enough(tx, document, draft)
    await record(tx, actor, superseded(document), at=at)
    for name in (*_CONTENT, *_FIGURES):
        setattr(document, name, getattr(draft, name))
    document.revision = draft.revision
    await tx.flush()
    await _move_lines(tx, draft, document)
    organization_id, draft_id = draft.organization_id, draft.id
    tx.expunge(draft)
    await tx.execute(
        delete(Document).where(Document.organization_id == organization_id, Document.id == draft_id)
    )
    owner = system(organization_id)
    document = await queries.get(tx, owner, document.id, for_update=True, with_lines=True)
    issued = await issuing.issue_again(tx, actor, document, draft_id, at=at)
    if document.is_billed:
        await lineage.refresh(tx, document, at=at)
    return document, issued


async def _require_enough(tx: AsyncSession, document: Document, draft: Document) -> None:
    """Refuse a revision that asks for less than was paid, or invoiced in advance."""
    asked = await lineage.results_of(tx, document.organization_id, [document.id], "advance_of")
    billed_minor = sum(one.total_minor for one in asked)
    if draft.payable_minor < document.paid_minor:
        params = {"least": str(document.money(document.paid_minor).decimal)}
        raise Invalid(faults=[Fault("/lines", "total.below_paid", params=params)])
    if draft.total_minor < billed_minor:
        params = {"least": str(document.money(billed_minor).decimal)}
        raise Invalid(faults=[Fault("/lines", "total.below_billed", params=params)])


async def _move_lines(tx: AsyncSession, draft: Document, document: Document) -> None:
    own = DocumentLine.organization_id == document.organization_id
    await tx.execute(delete(DocumentLine).where(own, DocumentLine.document_id == document.id))
    await tx.execute(
        update(DocumentLine)
        .where(own, DocumentLine.document_id == draft.id)
        .values(document_id=document.id)
        .execution_options(synchronize_session=False)
    )
