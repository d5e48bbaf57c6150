"""Filters of documents as conditions on named parameters, and the values of those.

A list's statement depends only on which filters there are, not on what they say: it is
written once for each such shape.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Date,
    Text,
    and_,
    any_,
    bindparam,
    func,
    not_,
)

from app.documents.models import Document
from app.documents.schemas import DocumentFilters

NEVER = date(9999, 12, 31)

_ANY_OF = ("type", "status", "payment_state", "delivery_state")
_EXACT = ("contact_id", "salesperson_id", "vessel_id")
_RANGES = ("issue_date_gte", "issue_date_lt", "total_gte", "total_lt")


@dataclass(frozen=True, slots=True)
class Shape:
    """Which filters there are.

    Attributes:
        names: Of those that compare with a value.
        is_expired: Whether to keep quotes past their validity, or all others; None for both.
        is_overdue: The same for documents past their due date.
    """

    names: frozenset[str]
    is_expired: bool | None
    is_overdue: bool | None

    @classmethod
    def of(cls, query: DocumentFilters) -> "Shape":
        """Read which filters a query has."""
        compared = (*_ANY_OF, *_EXACT, *_RANGES)
        names = frozenset(name for name in compared if getattr(query, name) is not None)
        return cls(names, query.expired, query.overdue)

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """Give what a document must meet, the values as parameters."""
        for name in _ANY_OF:
            if name in self.names:
                yield getattr(Document, name) == any_(bindparam(name, type_=ARRAY(Text())))
        for name in _EXACT:
            if name in self.names:
                yield getattr(Document, name) == bindparam(name)
        yield from self._ranges()
        if self.is_expired is not None:
            yield _expired() if self.is_expired else not_(_expired())
        if self.is_overdue is not None:
            yield is_overdue() if self.is_overdue else not_(is_overdue())

    def _ranges(self) -> Iterator[ColumnElement[bool]]:
        if "issue_date_gte" in self.names:
            yield Document.issue_date >= bindparam("issue_date_gte")
        if "issue_date_lt" in self.names:
            yield Document.issue_date < bindparam("issue_date_lt")
        if "total_gte" in self.names:
            yield Document.total_minor >= bindparam("total_gte")
        if "total_lt" in self.names:
            yield Document.total_minor < bindparam("total_lt")


def values_of(query: DocumentFilters, today: date) -> dict[str, object]:
    """Give the values of the parameters of a query's conditions.

    Args:
        query: The filters.
        today: The day in the organization's zone.
    """
    values: dict[str, object] = {name: getattr(query, name) for name in (*_EXACT, *_RANGES)}
    for name in _ANY_OF:
        text = getattr(query, name)
        values[name] = text.split(",") if text is not None else None
    return {**values, "today": today}


def _today() -> BindParameter[date]:
    return bindparam("today", type_=Date())


def _expired() -> ColumnElement[bool]:
    return and_(
        Document.type == "quote",
        Document.issue_state == "issued",
        Document.is_converted.is_(False),
        Document.decision != "accepted",
        func.coalesce(Document.valid_until, NEVER) < _today(),
    )


def is_overdue() -> ColumnElement[bool]:
    """Tell whether money is due after its day; the parameter `today` is the day."""
    return and_(
        Document.issue_state == "issued",
        Document.is_converted.is_(False),
        func.coalesce(Document.next_due_on, Document.due_date, NEVER) < _today(),
        Document.payable_minor > Document.paid_minor,
    )
