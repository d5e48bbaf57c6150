"""One pack of checks over one organization's rows; it reads, and changes nothing.

Tests run it after every fault, operators after a restore or an incident
(`conforme check`). Each check is one statement, so it sees one instant.

Source:
    The numbers, I1 to I22, are stable names. What rows cannot show (I7, I8, I11, I12,
    I14, I19, I20) is left to tests.
"""

import hashlib
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from app.documents.issuing import canonical
from app.documents.models import Decision, Document, DocumentRevision, NumberSeries, SeriesCounter
from app.documents.numbering import write
from app.documents.states import status_of
from app.events.models import Event
from app.events.sequencing import first_break
from app.invariants import statements
from app.organizations.models import AuditEntry

SHOWN_MAX = 20
"""Violations named per invariant; more of the same would say nothing new."""

Finder = Callable[[AsyncSession, UUID, datetime], AsyncIterator[str]]


@dataclass(frozen=True, slots=True)
class Invariant:
    """One thing that must hold.

    Attributes:
        code: Its number, by which reports and tests name it.
        meaning: What it promises.
        find: Yields one sentence per row that breaks it.
    """

    code: str
    meaning: str
    find: Finder


@dataclass(frozen=True, slots=True)
class Violation:
    """A row that breaks an invariant."""

    code: str
    organization_id: UUID
    what: str


async def check(tx: AsyncSession, organization_id: UUID, *, at: datetime) -> list[Violation]:
    """Check every invariant for one organization.

    Args:
        tx: A transaction with the organization entered; it becomes read-only.
        organization_id: Whose rows.
        at: Now, for leases that ran out.
    """
    await tx.execute(text("set transaction read only"))
    found = []
    for invariant in INVARIANTS:
        count = 0
        async for what in invariant.find(tx, organization_id, at):
            found.append(Violation(invariant.code, organization_id, what))
            count += 1
            if count == SHOWN_MAX:
                break
    return found


async def organizations(tx: AsyncSession) -> list[UUID]:
    """List every organization there is; only the worker's role sees them all."""
    return list(await tx.scalars(text("select id from organizations order by id")))


def _rows(statement: str) -> Finder:
    """Make a check of a statement whose every row is a violation."""

    async def find(tx: AsyncSession, organization_id: UUID, at: datetime) -> AsyncIterator[str]:
        values = {"organization_id": organization_id, "at": at}
        query = text(statement)
        bound = {name: value for name, value in values.items() if f":{name}" in statement}
        for what in await tx.scalars(query, bound):
            yield str(what)

    return find


async def _numbers(tx: AsyncSession, organization_id: UUID, _: datetime) -> AsyncIterator[str]:
    rows = await tx.execute(
        select(
            NumberSeries.id,
            NumberSeries.pattern,
            NumberSeries.reset_policy,
            Document.number,
            Document.issue_date,
        )
        .join(
            Document,
            (Document.organization_id == NumberSeries.organization_id)
            & (Document.series_id == NumberSeries.id),
        )
        .where(NumberSeries.organization_id == organization_id, Document.issue_date.is_not(None))
    )
    given: dict[tuple[UUID, int], list[tuple[int, date]]] = defaultdict(list)
    for series_id, pattern, reset_policy, number, issue_date in rows:
        assert number is not None  # noqa: S101 - so the query says
        assert issue_date is not None  # noqa: S101 - a constraint ties it to the number
        counter = _counter(pattern, number, issue_date)
        if counter is None:
            yield f"number {number} is not of its series' pattern {pattern}"
            continue
        year = issue_date.year if reset_policy == "yearly" else 0
        given[series_id, year].append((counter, issue_date))
    counters = await tx.execute(
        select(SeriesCounter.series_id, SeriesCounter.year, SeriesCounter.last).where(
            SeriesCounter.organization_id == organization_id
        )
    )
    last = {(series_id, year): number for series_id, year, number in counters}
    for key in sorted(given.keys() | last.keys(), key=str):
        numbers = sorted(given[key])
        where = f"series {key[0]}, year {key[1]}"
        if [number for number, _ in numbers] != list(range(1, len(numbers) + 1)):
            yield f"{where}: a number is missing or given twice"
        if last.get(key, 0) != len(numbers):
            yield f"{where}: the counter says {last.get(key, 0)}, {len(numbers)} were given"
        dates = [issue_date for _, issue_date in numbers]
        if dates != sorted(dates):
            yield f"{where}: a later number has an earlier date"


def _counter(pattern: str, number: str, issue_date: date) -> int | None:
    """Read the counter out of a number, if the pattern could have written it."""
    before = write(pattern.rstrip("%"), 0, issue_date.year)
    digits = number.removeprefix(before)
    if not number.startswith(before) or not (digits.isascii() and digits.isdigit()):
        return None
    counter = int(digits)
    return counter if write(pattern, counter, issue_date.year) == number else None


async def _frozen(tx: AsyncSession, organization_id: UUID, at: datetime) -> AsyncIterator[str]:
    revisions = await tx.stream(
        select(
            DocumentRevision.document_id,
            DocumentRevision.number,
            DocumentRevision.snapshot,
            DocumentRevision.snapshot_sha256,
        ).where(DocumentRevision.organization_id == organization_id)
    )
    async for document_id, number, snapshot, stored in revisions:
        if hashlib.sha256(canonical(snapshot).encode()).hexdigest() != stored:
            yield f"document {document_id}, revision {number}: the snapshot is not its hash's"
    async for what in _rows(statements.FROZEN)(tx, organization_id, at):
        yield what


async def _states(tx: AsyncSession, organization_id: UUID, at: datetime) -> AsyncIterator[str]:
    # Rows read as objects would be compared with what the session already holds.
    documents = await tx.stream(
        select(Document)
        .where(Document.organization_id == organization_id)
        .execution_options(populate_existing=True, yield_per=500)
    )
    async for document in documents.scalars():
        if document.status != status_of(document):
            yield f"document {document.id}: status {document.status}, not {status_of(document)}"
    async for what in _rows(statements.STATES)(tx, organization_id, at):
        yield what


async def _chains(tx: AsyncSession, organization_id: UUID, _: datetime) -> AsyncIterator[str]:
    for model in (Event, Decision, AuditEntry):
        table = model.metadata.tables[model.__tablename__]
        broken = await first_break(tx, organization_id, table)
        if broken is not None:
            yield f"the chain of {table.name} breaks at place {broken}"


INVARIANTS = (
    Invariant("I1", "Numbers of a series and year are 1…n, dates never decreasing", _numbers),
    Invariant("I2", "What was issued never changed: snapshot, PDF and figures agree", _frozen),
    Invariant(
        "I3", "One current decision per revision, and none lost", _rows(statements.DECISIONS)
    ),
    Invariant(
        "I4",
        "Every recorded answer is a decision, and the reverse",
        _rows(statements.ANSWERS),
    ),
    Invariant("I5", "What was promised exists and can still be done", _rows(statements.PROMISES)),
    Invariant("I6", "No two keys answered for one effect", _rows(statements.KEYS)),
    Invariant("I8", "Every transaction of the provider is linked once", _rows(statements.LINKS)),
    Invariant(
        "I9",
        "Paid is what the ledger says; the excess is credit, and a person looks or looked",
        _rows(statements.PAID),
    ),
    Invariant("I10", "Every journal sums to zero per currency", _rows(statements.BALANCE)),
    Invariant("I13", "No row of another organization shows", _rows(statements.WALLS)),
    Invariant(
        "I15",
        "Sent means accepted by a relay; twice at most, after a doubt",
        _rows(statements.MAIL),
    ),
    Invariant("I16", "No work is held by a worker that is gone", _rows(statements.HELD)),
    Invariant("I17", "Every state is one that rules lead to", _states),
    Invariant("I18", "The chains of events, decisions and the audit verify", _chains),
    Invariant("I21", "Statements and locks have a time limit", _rows(statements.LIMITS)),
    Invariant("I22", "No transaction of ours is left open", _rows(statements.LEFT_OPEN)),
)
