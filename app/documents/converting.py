"""Verb: convert. A document becomes another; several delivery notes become one invoice.

The order of locks is by id among the documents that are converted; what comes out is new.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from app.documents import advancing, deductions, lineage, queries, rewriting
from app.documents.breakdown import taxes_of, withholdings_of
from app.documents.converting_schemas import Conversion, Goal
from app.documents.deductions import Deduction
from app.documents.drafting import begin, conflict_facts, require_issued
from app.documents.models import Document
from app.documents.printable import DocumentType
from app.documents.schemas import DocumentDraft, LineBody
from app.kernel.actor import Actor, Permission
from app.kernel.errors import Conflict, Fault, Invalid, NotFound
from app.organizations import queries as organizations

LINES_MAX = 1000
DISBURSEMENTS_MAX = 50
NOTES_MAX = 5000

_GOALS: Mapping[str, frozenset[Goal]] = {
    DocumentType.QUOTE: frozenset(Goal),
    DocumentType.DELIVERY_NOTE: frozenset({Goal.INVOICE}),
    DocumentType.PROFORMA: frozenset({Goal.INVOICE}),
    DocumentType.INVOICE: frozenset(),
}

_ALIKE = ("contact_id", "currency", "prices_include_tax", "withholding_rate")
"""What documents must share to go into one."""


async def convert(
    tx: AsyncSession, actor: Actor, sources: Sequence[Document], order: Conversion, *, at: datetime
) -> Document:
    """Make a draft out of documents: of one, or of several delivery notes.

    Args:
        tx: The request's transaction.
        actor: Who converts.
        sources: Read for update, with their lines; the one asked for comes first.
        order: What they become.
        at: Now.

    Raises:
        Conflict: One is not issued, no longer stands, or was converted; or a draft of an
            advance invoice is still to be issued or deleted.
        Invalid: Such a document does not become that, they do not fit together, or an
            advance is beyond what the quote has left.
    """
    actor.require(Permission.DOCUMENTS_WRITE)
    goal = _goal(order)
    for source in sources:
        _require_convertible(source, goal)
    if goal is Goal.ADVANCE:
        if len(sources) > 1:
            raise Invalid(faults=[Fault("/document_ids", "conversion.alone")])
        amount = await advancing.asked_for(tx, sources[0], order)
        return await advancing.bill(tx, actor, sources[0], amount, at=at)
    return await take_place(tx, actor, sources, goal, order, at=at)


async def load(
    tx: AsyncSession, actor: Actor, document_id: UUID, further: Sequence[UUID]
) -> list[Document]:
    """Read documents for a conversion, locked in the order of their ids; the first one first.

    Raises:
        NotFound: The actor sees no such first document.
        Invalid: Nor some of the others.
    """
    found: dict[UUID, Document] = {}
    faults = []
    for wanted in sorted({document_id, *further}):
        try:
            found[wanted] = await queries.get(tx, actor, wanted, for_update=True, with_lines=True)
        except NotFound:
            if wanted == document_id:
                raise
            place = list(further).index(wanted)
            faults.append(Fault(f"/document_ids/{place}", "reference.unknown"))
    if faults:
        raise Invalid(faults=faults)
    return [found[one] for one in dict.fromkeys((document_id, *further))]


async def take_place(
    tx: AsyncSession,
    actor: Actor,
    sources: Sequence[Document],
    goal: Goal,
    order: Conversion,
    *,
    at: datetime,
    payment_id: UUID | None = None,
) -> Document:
    """Make the draft that takes the place of documents, advances taken off.

    Args:
        tx: One transaction.
        actor: Who converts.
        sources: Read for update, with their lines; they can be converted.
        goal: What they become.
        order: How the draft is written.
        at: Now.
        payment_id: The payment that brought it about.
    """
    pending = await lineage.results_of(
        tx, actor.organization_id, [one.id for one in sources], "advance_of"
    )
    if any(one.issue_state == "draft" for one in pending):
        raise Conflict(reason="advance_not_issued", extra=conflict_facts(sources[0]))
    organization = await organizations.get(tx, actor.organization_id)
    today = at.astimezone(ZoneInfo(organization.time_zone)).date()
    contact = await queries.contact_of(tx, sources[0], parts=())
    draft = _draft(sources, goal, order, today)
    target = await begin(tx, actor, draft, contact, organization, at=at)
    for source in sources:
        lineage.link(tx, source, target, "converted", at=at, payment_id=payment_id)
        payment_id = None
    await tx.flush()
    if goal is not Goal.DELIVERY_NOTE:
        await _take_off_advances(tx, target, at=at)
    for source in sources:
        await lineage.tell(tx, actor, source, target, at=at)
    return target


def _goal(order: Conversion) -> Goal:
    is_part = order.percent is not None or order.amount is not None
    if order.percent is not None and order.amount is not None:
        raise Invalid(faults=[Fault("/amount", "conversion.percent_or_amount")])
    if is_part and order.to not in (Goal.INVOICE, Goal.ADVANCE):
        pointer = "/percent" if order.percent is not None else "/amount"
        raise Invalid(faults=[Fault(pointer, "conversion.not_advance")])
    return Goal.ADVANCE if is_part else order.to


def _require_convertible(source: Document, goal: Goal) -> None:
    if not _GOALS[source.type]:
        raise Conflict(reason="not_convertible", extra=conflict_facts(source))
    if goal not in _GOALS[source.type]:
        raise Invalid(faults=[Fault("/to", "conversion.impossible")])
    require_issued(source)
    if source.is_converted:
        raise Conflict(reason="document_converted", extra=conflict_facts(source))


def _draft(
    sources: Sequence[Document], goal: Goal, order: Conversion, today: date
) -> DocumentDraft:
    first = sources[0]
    if len(sources) > 1:
        _require_alike(sources)
    lines = _lines(sources, order)
    disbursements = [one for source in sources for one in rewriting.disbursements_of(source)]
    notes = "\n\n".join(dict.fromkeys(one.notes for one in sources if one.notes))
    faults = []
    if len(lines) > LINES_MAX:
        faults.append(Fault("/line_format", "conversion.too_many_lines"))
    if len(disbursements) > DISBURSEMENTS_MAX:
        faults.append(Fault("/document_ids", "conversion.too_many_disbursements"))
    if order.carry_notes and len(notes) > NOTES_MAX:
        faults.append(Fault("/carry_notes", "conversion.notes_too_long"))
    if faults:
        raise Invalid(faults=faults)
    return DocumentDraft.model_validate(
        {
            "type": goal.value,
            "contact_id": first.contact_id,
            "salesperson_id": first.salesperson_id,
            "vessel_id": first.vessel_id,
            "title": first.title,
            "language": first.language,
            "operation_date": _operation_date(sources, goal, today),
            "withholding_rate": rewriting.written(first.withholding_rate),
            "discount": rewriting.discount_of(first),
            "prices_include_tax": first.prices_include_tax,
            "disbursements": disbursements,
            "notes": notes if order.carry_notes else "",
            "lines": lines,
        }
    )


def _lines(sources: Sequence[Document], order: Conversion) -> list[LineBody]:
    if order.line_format == "summary":
        return [line for source in sources for line in rewriting.summary(source)]
    if len(sources) > 1:
        return [line for source in sources for line in rewriting.told_lines(source)]
    return [rewriting.line_of(line) for line in sources[0].lines]


def _require_alike(sources: Sequence[Document]) -> None:
    """Refuse documents that one cannot stand for, naming each that differs."""
    first, faults = sources[0], []
    for place, other in enumerate(sources[1:]):
        pointer = f"/document_ids/{place}"
        if {first.type, other.type} != {DocumentType.DELIVERY_NOTE}:
            faults.append(Fault(pointer, "conversion.alone"))
        if any(getattr(first, name) != getattr(other, name) for name in _ALIKE):
            faults.append(Fault(pointer, "conversion.not_alike"))
        discounts = {(one.discount_kind, one.discount_value) for one in (first, other)}
        if len(discounts) > 1 or first.discount_kind == "amount":
            faults.append(Fault(pointer, "conversion.discounts"))
    if faults:
        raise Invalid(faults=faults)


def _operation_date(sources: Sequence[Document], goal: Goal, today: date) -> date | None:
    """Carry the day of the operation: for what was delivered, the day it was."""
    if goal is Goal.INVOICE and sources[0].type == DocumentType.DELIVERY_NOTE:
        days = [one.operation_date or one.issue_date for one in sources]
        last = max(day for day in days if day is not None)
        return last if last < today or sources[0].operation_date else None
    return sources[0].operation_date


async def _take_off_advances(tx: AsyncSession, target: Document, *, at: datetime) -> None:
    taken_off = await lineage.deductible(tx, target)
    for one in taken_off:
        lineage.link(tx, one, target, "deducts", at=at)
    # What was credited of an advance is not taken off: its credit is put on again.
    given_back = await lineage.credits_of(tx, target.organization_id, [one.id for one in taken_off])
    target.deductions = deductions.to_json(
        tuple(_deduction(one) for one in (*taken_off, *given_back))
    )
    await advancing.count_money(tx, target)


def _deduction(invoice: Document) -> Deduction:
    assert invoice.number is not None  # noqa: S101 - it was issued
    assert invoice.issue_date is not None  # noqa: S101 - it was issued
    return Deduction(
        document_id=invoice.id,
        number=invoice.number,
        issue_date=invoice.issue_date,
        taxes=taxes_of(invoice),
        withholdings=withholdings_of(invoice),
    )
