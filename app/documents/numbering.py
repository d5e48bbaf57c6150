"""The next number of a series, without gaps.

The counter's row is locked by the statement that raises it, and stays locked until
the issuing transaction ends: a rollback gives the number back.
"""

import re
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Date, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from app.documents.models import NumberSeries, SeriesCounter
from app.kernel.errors import Conflict
from app.kernel.rows import Statement, rows_of

NUMBER_LENGTH_MAX = 20
"""Facturae takes at most 20 characters (the invoicing reference, 1.5)."""

_PATTERN = re.compile(
    r"[A-Z0-9](?:[A-Z0-9/._-]|\[yy\]|\[yyyy\])*%{1,10}|\[yy(?:yy)?\][A-Z0-9/._-]*%{1,10}"
)


@dataclass(frozen=True, slots=True)
class Allotted:
    """A number and the date it must carry: dates never decrease within a series."""

    number: str
    issue_date: date


def pattern_fault(pattern: str, reset_policy: str) -> str | None:
    """Tell what is wrong with a pattern such as `P-[yy]%%%%`: a code, or None."""
    if not _PATTERN.fullmatch(pattern):
        return "pattern.format"
    if reset_policy == "yearly" and "[yy" not in pattern:
        return "pattern.year_missing"
    if len(write(pattern, 1, 2026)) > NUMBER_LENGTH_MAX - 2:
        return "pattern.too_long"
    return None


def write(pattern: str, counter: int, year: int) -> str:
    """Write a number: `P-[yy]%%%%`, 1 and 2024 give `P-240001`."""
    text = pattern.replace("[yyyy]", f"{year:04}").replace("[yy]", f"{year % 100:02}")
    return re.sub("%+", lambda run: f"{counter:0{len(run.group())}}", text)


def may_collide(one: str, other: str) -> bool:
    """Tell whether two patterns could ever write the same number.

    `P-[yy]%%%%` and `P-26%%%%` could, and so could `P-%%` with its 260001st.
    """
    for left in _prefixes(one):
        for right in _prefixes(other):
            shorter, longer = sorted((left, right), key=len)
            rest = longer.removeprefix(shorter)
            if longer.startswith(shorter) and (not rest or rest.isdigit()):
                return True
    return False


def _prefixes(pattern: str) -> set[str]:
    """What stands before the counter, for every year of the century."""
    before = pattern.rstrip("%")
    return {
        before.replace("[yyyy]", f"{year:04}").replace("[yy]", f"{year % 100:02}")
        for year in range(2000, 2100)
    }


def _counting() -> Statement:
    """Raise the counter, or begin it: the one statement that holds its row."""
    today = bindparam("today", type_=Date)
    begun = insert(SeriesCounter).values(
        organization_id=bindparam("organization_id"),
        series_id=bindparam("series_id"),
        year=bindparam("year"),
        last=1,
        last_issue_date=today,
    )
    raised = begun.on_conflict_do_update(
        index_elements=["organization_id", "series_id", "year"],
        set_={
            "last": SeriesCounter.last + 1,
            "last_issue_date": func.greatest(SeriesCounter.last_issue_date, today),
        },
    )
    return Statement(raised.returning(SeriesCounter.last, SeriesCounter.last_issue_date))


_COUNT = _counting()


async def allot(tx: AsyncSession, series: NumberSeries, *, today: date) -> Allotted:
    """Take the next number; call it as late as possible, it serializes the series.

    Args:
        tx: The issuing transaction.
        series: Whose number.
        today: The day in the organization's zone.

    Raises:
        Conflict: The series was changed since it was read; nothing is issued yet.
    """
    year = today.year if series.reset_policy == "yearly" else 0
    rows = await rows_of(tx)
    row = await rows.first(
        _COUNT,
        organization_id=series.organization_id,
        series_id=series.id,
        year=year,
        today=today,
    )
    assert row is not None  # noqa: S101 - it is written or raised
    last, issue_date = row
    if last == 1:
        await _require_unchanged(tx, series)
    return Allotted(write(series.pattern, last, issue_date.year), issue_date)


async def _require_unchanged(tx: AsyncSession, series: NumberSeries) -> None:
    """Read the rules of a series again, once its first number keeps them from changing.

    The counter's foreign key holds the row of the series, so from here on nobody changes
    them; but somebody may have between our reading and the counter.
    """
    rules = (NumberSeries.pattern, NumberSeries.reset_policy, NumberSeries.issuer_profile_id)
    query = select(*rules).where(
        NumberSeries.organization_id == series.organization_id, NumberSeries.id == series.id
    )
    read = (series.pattern, series.reset_policy, series.issuer_profile_id)
    if tuple((await tx.execute(query)).one()) != read:
        raise Conflict(reason="busy", retry_after_s=1)
