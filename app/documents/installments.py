"""The payment plan of a document: when which part of it falls due (pure).

A document without a plan falls due as a whole, on its due date. What is paid fills the
installments in their order, whatever each payment was meant for.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pydantic import JsonValue

from app.documents.models import Document
from app.documents.printable import DocumentType, PrintedInstallment
from app.documents.schemas import InstallmentBody
from app.documents.totals import spread
from app.kernel.errors import Fault
from app.kernel.money import Money

_PAYABLE_TYPES = frozenset({DocumentType.INVOICE, DocumentType.PROFORMA})
_WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True)
class Installment:
    """A part of what is to be paid.

    Attributes:
        no: From 1.
        count: How many there are.
        due: What of it is still to be paid.
    """

    no: int
    count: int
    due_date: date
    amount: Money
    due: Money


def plan_faults(document_type: str, plan: Sequence[InstallmentBody]) -> list[Fault]:
    """Tell what is wrong with a plan, whatever the document comes to."""
    if not plan:
        return []
    if document_type not in _PAYABLE_TYPES:
        return [Fault("/installments", "installments.type")]
    shares = [one.percent for one in plan if one.percent is not None]
    amounts = [one.amount for one in plan if one.amount is not None]
    faults = []
    if {len(shares), len(amounts)} != {0, len(plan)}:
        faults.append(Fault("/installments", "installments.kind"))
    elif shares and sum(shares) != _WHOLE:
        faults.append(Fault("/installments", "installments.sum"))
    days = [one.due_date for one in plan]
    faults += [
        Fault(f"/installments/{index}/due_date", "installments.order")
        for index, (before, day) in enumerate(itertools.pairwise(days), start=1)
        if day <= before
    ]
    return faults


def write_plan(document: Document, plan: Sequence[InstallmentBody]) -> None:
    """Keep a draft's plan; the last part of it is the document's due date."""
    document.installments = [
        {
            "due_date": one.due_date.isoformat(),
            "percent": None if one.percent is None else str(one.percent),
            "amount": None if one.amount is None else str(one.amount),
        }
        for one in plan
    ]


def issue_faults(document: Document, today: date) -> list[Fault]:
    """Tell why a draft with this plan cannot be issued."""
    plan = _plan(document)
    if not plan:
        return []
    faults = []
    if sum(one.amount.amount_minor for one in plan) != document.payable_minor:
        faults.append(Fault("/installments", "installments.sum"))
    if any(one.amount.amount_minor <= 0 for one in plan):
        faults.append(Fault("/installments", "installments.empty"))
    if plan[0].due_date < today:
        faults.append(Fault("/installments/0/due_date", "date.past"))
    return faults


def due_date_of(document: Document) -> date | None:
    """Give the day on which all is due: the plan's last, else the document's own."""
    days = _days(_entries(document))
    return days[-1] if days else document.due_date


def printed(document: Document) -> tuple[PrintedInstallment, ...]:
    """Give the plan as it is printed; empty without one."""
    return _plan(document)


def installments_of(document: Document) -> tuple[Installment, ...]:
    """Give a document's installments; one for the whole without a plan, none without a date."""
    plan = _plan(document)
    if not plan and document.due_date is not None:
        plan = (PrintedInstallment(document.due_date, document.money(document.payable_minor)),)
    found, left_minor = [], max(0, document.paid_minor)
    for no, one in enumerate(plan, start=1):
        paid_minor = min(left_minor, max(0, one.amount.amount_minor))
        left_minor -= paid_minor
        due = document.money(one.amount.amount_minor - paid_minor)
        found.append(Installment(no, len(plan), one.due_date, one.amount, due))
    return tuple(found)


def next_of_plan(document: Document) -> Installment | None:
    """Give the first part of a plan that is not paid; None without a plan, or when all is."""
    if not _plan(document):
        return None
    return next((one for one in installments_of(document) if one.due.amount_minor > 0), None)


def next_due_on(document: Document) -> date | None:
    """Give the day on which a plan's first open part falls due; None without one."""
    found = next_of_plan(document)
    return None if found is None else found.due_date


def current_no(document: Document) -> int:
    """Tell which installment a payment is of: the first one open, else the last."""
    found = next_of_plan(document)
    return found.no if found is not None else max(1, len(_plan(document)))


def _plan(document: Document) -> tuple[PrintedInstallment, ...]:
    entries = _entries(document)
    return tuple(
        PrintedInstallment(day, document.money(minor))
        for day, minor in zip(_days(entries), _amounts(document, entries), strict=True)
    )


def _entries(document: Document) -> list[dict[str, JsonValue]]:
    items = document.installments if isinstance(document.installments, list) else []
    return [item for item in items if isinstance(item, dict)]


def _days(entries: Sequence[dict[str, JsonValue]]) -> list[date]:
    return [date.fromisoformat(str(entry["due_date"])) for entry in entries]


def _amounts(document: Document, entries: Sequence[dict[str, JsonValue]]) -> list[int]:
    """Give each entry's sum in minor units; shares add up to the whole to the cent."""
    shares = [Decimal(str(entry["percent"])) for entry in entries if entry["percent"] is not None]
    if shares:
        return spread(document.payable_minor, [int(share * 100) for share in shares])
    return [Money.of(Decimal(str(entry["amount"]))).amount_minor for entry in entries]
