"""What changed since the version before, in plain words (pure)."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from pydantic import JsonValue

from app.documents.differing import Difference, FieldChange, LineChange
from app.documents.printable import PrintedLine
from app.kernel import formats
from app.kernel.money import Money
from app.kernel.wording import Wording

_DAYS = frozenset({"operation_date", "valid_until", "due_date"})
_SUMS = frozenset({"discount", "disbursements", "withholding"})
_SHOWN = _DAYS | _SUMS | {"title", "vessel", "deposit_percent"}
"""Fields told with both values; the rest is only said to have changed, or is not told."""


def told(found: Difference, texts: Wording, *, with_prices: bool) -> tuple[str, ...]:
    """Write a difference as sentences.

    Args:
        found: Between the version before and the one that is shown.
        texts: The page's catalogue.
        with_prices: Whether the document shows amounts.
    """
    return tuple(_sentences(found, texts, with_prices=with_prices))


def _sentences(found: Difference, texts: Wording, *, with_prices: bool) -> Iterator[str]:
    if with_prices and found.total_before != found.total_after:
        sums = (found.total_before, found.total_after)
        before, after = (formats.money(one, texts.language) for one in sums)
        yield texts("change.total", before=before, after=after)
    for line in found.lines:
        yield _line(line, texts, with_prices=with_prices)
    currency = found.total_after.currency
    for field in found.fields:
        if field.field == "notes":
            yield texts("change.notes")
        elif field.field in _SHOWN and (with_prices or field.field not in _SUMS):
            yield _field(field, currency, texts)


def _line(change: LineChange, texts: Wording, *, with_prices: bool) -> str:
    before, after = change.before, change.after
    line = after or before
    assert line is not None  # noqa: S101 - a change has one side at least
    key = f"change.{change.change}"
    if before is None or after is None:
        return texts(key, line=_concept(line))
    if with_prices and before.amount != after.amount:
        sums = (before.amount, after.amount)
        old, new = (formats.money(one, texts.language) for one in sums)
        return texts(f"{key}.amount", line=_concept(line), before=old, after=new)
    return texts(key, line=_concept(line))


def _concept(line: PrintedLine) -> str:
    return line.description.split("\n", 1)[0]


def _field(change: FieldChange, currency: str, texts: Wording) -> str:
    before, after = (
        _written(change.field, value, currency, texts) for value in (change.before, change.after)
    )
    label = texts(f"change.field.{change.field}")
    return texts("change.field", field=label, before=before, after=after)


def _written(field: str, value: JsonValue, currency: str, texts: Wording) -> str:
    if not isinstance(value, str) or not value:
        return texts("change.none")
    if field in _DAYS:
        return formats.long_date(date.fromisoformat(value), texts.language)
    if field in _SUMS:
        return formats.money(Money.of(Decimal(value), currency), texts.language)
    if field == "deposit_percent":
        return formats.percent(Decimal(value), texts.language)
    return value
