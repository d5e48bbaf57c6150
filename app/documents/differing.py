"""What one revision of a document says otherwise than another (pure)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Literal

from pydantic import JsonValue

from app.documents.printable import Printable, PrintedLine
from app.kernel.money import Money


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A field outside the lines, as each revision has it."""

    field: str
    before: JsonValue
    after: JsonValue


@dataclass(frozen=True, slots=True)
class LineChange:
    """A line that came, went, or says otherwise."""

    change: Literal["added", "removed", "changed"]
    before: PrintedLine | None
    after: PrintedLine | None


@dataclass(frozen=True, slots=True)
class Difference:
    """Everything that differs; lines in the order they are read."""

    fields: tuple[FieldChange, ...]
    lines: tuple[LineChange, ...]
    total_before: Money
    total_after: Money

    @property
    def is_nothing(self) -> bool:
        """Whether both say the same."""
        return not self.fields and not self.lines and self.total_before == self.total_after


def difference(before: Printable, after: Printable) -> Difference:
    """Compare what two revisions say."""
    return Difference(
        fields=tuple(_fields(before, after)),
        lines=tuple(_lines(before.lines, after.lines)),
        total_before=before.totals.total,
        total_after=after.totals.total,
    )


def _fields(before: Printable, after: Printable) -> Iterator[FieldChange]:
    then, now = _told(before), _told(after)
    for name, value in now.items():
        if value != then[name]:
            yield FieldChange(name, then[name], value)


def _told(says: Printable) -> dict[str, JsonValue]:
    """Give what a reader would miss if it changed, as JSON."""
    return {
        "client": says.client.name,
        "vessel": None if says.vessel is None else says.vessel.name,
        "title": says.title,
        "notes": says.notes,
        "language": says.language,
        "operation_date": _day(says.operation_date),
        "valid_until": _day(says.valid_until),
        "due_date": _day(says.due_date),
        "deposit_percent": _number(says.deposit_percent),
        "discount": _number(says.totals.discount.decimal),
        "disbursements": _number(says.totals.disbursements.decimal),
        "withholding": _number(says.totals.withholding.decimal),
    }


def _day(value: date | None) -> str | None:
    return None if value is None else str(value)


def _number(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f}"


def _lines(before: Sequence[PrintedLine], after: Sequence[PrintedLine]) -> Iterator[LineChange]:
    """Pair lines by what they describe; those that describe something else, by their place."""
    then = [line.description for line in before]
    now = [line.description for line in after]
    for _, a_from, a_to, b_from, b_to in SequenceMatcher(
        None, then, now, autojunk=False
    ).get_opcodes():
        olds, news = before[a_from:a_to], after[b_from:b_to]
        for old, new in zip(olds, news, strict=False):
            if old != new:
                yield LineChange("changed", old, new)
        for old in olds[len(news) :]:
            yield LineChange("removed", old, None)
        for new in news[len(olds) :]:
            yield LineChange("added", None, new)
