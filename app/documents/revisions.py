"""Reading revisions: what there are, and what each says otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.contacts.models import Contact
from app.documents import issuing, printable, queries, revising
from app.documents.breakdown import figures_of
from app.documents.differing import Difference, difference
from app.documents.drafting import conflict_facts
from app.documents.models import Document, DocumentPdf, DocumentRevision
from app.documents.printable import Printable
from app.documents.revising_schemas import RevisionView
from app.documents.schemas import ContactSummary
from app.kernel.actor import Actor, system
from app.kernel.errors import Conflict, NotFound
from app.web.schemas import MoneyView


@dataclass(frozen=True, slots=True)
class Story:
    """An issued document and the draft of its next revision, if there is one."""

    document: Document
    draft: Document | None


async def story_of(tx: AsyncSession, actor: Actor, document_id: UUID) -> Story:
    """Give the document of a story, asked for by its id or by its draft's.

    Raises:
        NotFound: There is none that the actor sees.
        Conflict: It was never issued.
    """
    document = await queries.get(tx, actor, document_id)
    owner = system(actor.organization_id)
    if document.revises_id is not None:
        document = await queries.get(tx, owner, document.revises_id)
    if document.issue_state == "draft":
        raise Conflict(reason="not_issued", extra=conflict_facts(document))
    draft_id = await revising.find_draft(tx, document)
    draft = None
    if draft_id is not None:
        draft = await queries.get(tx, owner, draft_id, with_lines=True)
    return Story(document, draft)


async def listed(tx: AsyncSession, actor: Actor, story: Story) -> Sequence[RevisionView]:
    """List the revisions of a document, oldest first, and the draft of the next."""
    document = story.document
    rows = await tx.execute(
        select(DocumentRevision, DocumentPdf.sha256, Contact.display_name)
        .outerjoin(
            DocumentPdf,
            and_(
                DocumentPdf.organization_id == DocumentRevision.organization_id,
                DocumentPdf.document_id == DocumentRevision.document_id,
                DocumentPdf.revision == DocumentRevision.number,
                DocumentPdf.language == DocumentRevision.language,
            ),
        )
        .join(
            Contact,
            and_(
                Contact.organization_id == DocumentRevision.organization_id,
                Contact.id == DocumentRevision.contact_id,
            ),
        )
        .where(
            DocumentRevision.organization_id == document.organization_id,
            DocumentRevision.document_id == document.id,
        )
        .order_by(DocumentRevision.number)
    )
    answers = {
        one.revision: one.kind for one in await queries.decisions(tx, actor, document.id)
    }  # the last of each revision counts
    shown = [
        _issued(document, revision, sha256, name, answers.get(revision.number, "withdrawn"))
        for revision, sha256, name in rows
    ]
    if story.draft is not None:
        shown.append(_drafted(story.draft, await queries.contact_name(tx, story.draft)))
    return shown


async def compared(
    tx: AsyncSession, actor: Actor, story: Story, number: int, against: int
) -> Difference:
    """Tell what a revision, or the draft of the next one, says otherwise than another.

    Raises:
        NotFound: There is no such revision.
    """
    before = await _says(tx, actor, story, against)
    return difference(before, await _says(tx, actor, story, number))


async def _says(tx: AsyncSession, actor: Actor, story: Story, number: int) -> Printable:
    draft = story.draft
    if draft is not None and draft.revision == number:
        series = await queries.get_series(tx, actor, _known(draft.series_id))
        background = await issuing.background_of(tx, actor, draft, series)
        return issuing.printable_of(draft, background, figures_of(draft))
    held = await queries.revision(tx, actor.organization_id, story.document.id, number)
    return printable.from_json(held.snapshot)


def _known(series_id: UUID | None) -> UUID:
    if series_id is None:
        raise NotFound
    return series_id


def _issued(
    document: Document, revision: DocumentRevision, sha256: str | None, name: str, answer: str
) -> RevisionView:
    is_current = revision.number == document.revision
    return RevisionView(
        revision=revision.number,
        issue_state=document.issue_state if is_current else "superseded",
        draft_id=None,
        contact=ContactSummary(id=revision.contact_id, display_name=name),
        language=revision.language,
        total=MoneyView(amount=revision.total_minor, currency=revision.currency),
        amount_payable=MoneyView(amount=revision.payable_minor, currency=revision.currency),
        valid_until=revision.valid_until,
        decision="pending" if answer == "withdrawn" else answer,
        pdf_sha256=sha256,
        issued_at=revision.issued_at,
        issued_by=revision.issued_by,
    )


def _drafted(draft: Document, name: str) -> RevisionView:
    return RevisionView(
        revision=draft.revision,
        issue_state=draft.issue_state,
        draft_id=draft.id,
        contact=ContactSummary(id=draft.contact_id, display_name=name),
        language=draft.language,
        total=MoneyView.of(draft.total),
        amount_payable=MoneyView.of(draft.money(draft.payable_minor)),
        valid_until=draft.valid_until,
        decision="pending",
        pdf_sha256=None,
        issued_at=None,
        issued_by=None,
    )
