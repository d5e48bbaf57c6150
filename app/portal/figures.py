"""The lines and the figures of a client's page, as texts (pure).

Only stored figures are shown; nothing is computed here.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from app.documents.installments import next_of_plan
from app.documents.models import Document
from app.documents.printable import (
    DocumentType,
    Printable,
    PrintedLine,
    PrintedTax,
    TaxTreatment,
)
from app.documents.states import is_overdue
from app.kernel import formats
from app.kernel.money import Money
from app.kernel.wording import Wording, wording
from app.portal.reading import Shared

PAYABLE_TYPES = frozenset({DocumentType.PROFORMA, DocumentType.INVOICE})
"""Documents that ask for money; the others ask for an answer first."""


_ABSENT = "—"
"""What is exempt or not subject has no tax, which is not a tax of zero."""


@dataclass(frozen=True, slots=True)
class Amount:
    """The one figure a client looks for.

    Attributes:
        note: Which tax it includes, or what was paid of it; may be empty.
    """

    label: str
    figure: str
    note: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is read; `detail` may be empty."""

    title: str
    detail: str
    quantity: str
    price: str
    tax_name: str
    tax_rate: str
    net: str


@dataclass(frozen=True, slots=True)
class Sum:
    """One row under the lines."""

    label: str
    figure: str
    is_total: bool = False


def shows_prices(says: Printable) -> bool:
    """Tell whether a document has prices; a delivery note may have none."""
    return says.type != DocumentType.DELIVERY_NOTE or any(line.unit_price for line in says.lines)


def payment_stage(document: Document, says: Printable, *, at: datetime) -> str | None:
    """Tell how payment stands: `paid`, `partly_paid`, `processing`, `overdue` or `due`.

    None when there is nothing to say: nothing is owed, or only an answer is asked for.
    """
    if document.payment_state in {"paid", "overpaid"}:
        return "paid"
    if document.payment_state == "partially_paid":
        return "partly_paid"
    if document.payment_state == "processing":
        return "processing"
    if says.type not in PAYABLE_TYPES or says.totals.payable.amount_minor <= 0:
        return None
    if document.credited_minor > 0 and document.due.amount_minor <= 0:
        return None  # nothing is asked for any more, and nobody paid it
    today = at.astimezone(ZoneInfo(says.time_zone)).date()
    return "overdue" if is_overdue(document, today) else "due"


def shown_amount(shared: Shared, language: str) -> Amount:
    """Give the figure at the top of the page; a replaced revision says only its own."""
    document, says = shared.document, shared.says
    stage = None
    if shared.standing.is_current:
        stage = payment_stage(document, says, at=shared.at)
    texts = wording("pages", language)
    totals = says.totals
    if stage == "paid":
        paid = totals.payable + totals.advances
        return Amount(texts("amount.paid"), formats.money(paid, language), "")
    if stage == "partly_paid":
        note = texts(
            "amount.partial",
            total=formats.money(totals.payable, language),
            paid=formats.money(document.collected, language),
        )
        return Amount(texts("amount.remaining"), formats.money(document.due, language), note)
    if shared.standing.is_current and document.credited_minor > 0:
        credited = document.money(document.credited_minor)
        note = texts(
            "amount.credited",
            total=formats.money(totals.payable, language),
            credited=formats.money(credited, language),
        )
        left = max(document.due, document.money(0))
        return Amount(texts("amount.remaining"), formats.money(left, language), note)
    note = tax_note(says, language)
    if says.type in PAYABLE_TYPES and totals.payable.amount_minor >= 0:
        return Amount(texts("amount.payable"), formats.money(totals.payable, language), note)
    return Amount(texts("amount.total"), formats.money(totals.total, language), note)


def tax_note(says: Printable, language: str) -> str:
    """Say which tax the total includes; empty when it includes none."""
    texts = wording("pages", language)
    kinds = {tax.kind for tax in says.taxes if tax.amount.amount_minor}
    if not kinds:
        return ""
    if len(kinds) > 1:
        return texts("tax_note.several")
    (kind,) = kinds
    return texts("tax_note", tax=texts(f"tax.{kind}"))


def tax_column(says: Printable, language: str) -> str:
    """Head the column of taxes."""
    texts = wording("pages", language)
    kinds = {line.tax_kind for line in says.lines}
    return texts(f"tax.{kinds.pop()}") if len(kinds) == 1 else texts("tax.several")


def lines_of(says: Printable, language: str) -> tuple[Line, ...]:
    """Give every line of a document."""
    return tuple(_line(line, says.currency, language) for line in says.lines)


def _line(line: PrintedLine, currency: str, language: str) -> Line:
    texts = wording("pages", language)
    title, _, detail = line.description.partition("\n")
    details = [detail] if detail else []
    if line.discount_percent:
        share = formats.percent(line.discount_percent, language)
        details.append(texts("line.discount", share=share))
    quantity = formats.quantity(line.quantity, language)
    return Line(
        title=title,
        detail=" · ".join(details),
        quantity=f"{quantity}{formats.NO_BREAK_SPACE}{line.unit}" if line.unit else quantity,
        price=formats.unit_price(line.unit_price, currency, language),
        tax_name=texts(f"tax.{line.tax_kind}"),
        tax_rate=_rate(line, texts),
        net=formats.money(line.amount, language),
    )


def _rate(line: PrintedLine, texts: Wording) -> str:
    if line.tax_treatment != TaxTreatment.TAXABLE:
        return texts(f"treatment.{line.tax_treatment}")
    rate = formats.percent(line.tax_rate, texts.language)
    if not line.surcharge_rate:
        return rate
    return f"{rate} + {formats.percent(line.surcharge_rate, texts.language)}"


def sums_of(says: Printable, language: str) -> tuple[Sum, ...]:
    """Give the rows from the base to what is to be paid.

    What the document withholds, disburses or has advanced follows the total, and only
    then a second total says what is to be paid.
    """
    texts = wording("pages", language)
    totals = says.totals
    rows = []
    if totals.discount.amount_minor:
        rows.append(Sum(texts("sum.discount"), formats.money(-totals.discount, language)))
    rows.append(Sum(texts("sum.base"), formats.money(totals.taxable_base, language)))
    for tax in says.taxes:
        rows += _tax_rows(tax, texts)
    total = formats.money(totals.total, language)
    rows.append(Sum(texts("sum.total"), total, is_total=True))
    rest = [*_withheld(says, texts), *_disbursed(says, texts)]
    if totals.advances.amount_minor:
        rest.append(Sum(texts("sum.advances"), formats.money(-totals.advances, language)))
    if rest:
        payable = formats.money(totals.payable, language)
        rest.append(Sum(texts("sum.payable"), payable, is_total=True))
    return (*rows, *rest)


def _tax_rows(tax: PrintedTax, texts: Wording) -> list[Sum]:
    name = texts(f"tax.{tax.kind}")
    base = formats.money(tax.base, texts.language)
    if tax.treatment == TaxTreatment.TAXABLE:
        rate = formats.percent(tax.rate, texts.language)
        label = texts("sum.tax", tax=name, rate=rate, base=base)
    else:
        treatment = texts(f"treatment.{tax.treatment}")
        label = texts("sum.untaxed", tax=name, treatment=treatment, base=base)
    is_absent = tax.treatment in {TaxTreatment.EXEMPT, TaxTreatment.NOT_SUBJECT}
    rows = [Sum(label, _ABSENT if is_absent else formats.money(tax.amount, texts.language))]
    if tax.surcharge_rate:
        rate = formats.percent(tax.surcharge_rate, texts.language)
        label = texts("sum.surcharge", rate=rate, base=base)
        rows.append(Sum(label, formats.money(tax.surcharge, texts.language)))
    return rows


def _withheld(says: Printable, texts: Wording) -> list[Sum]:
    return [
        Sum(
            texts(
                "sum.withholding",
                rate=formats.percent(held.rate, texts.language),
                base=formats.money(held.base, texts.language),
            ),
            formats.money(-held.amount, texts.language),
        )
        for held in says.withholdings
    ]


def _disbursed(says: Printable, texts: Wording) -> list[Sum]:
    return [
        Sum(
            texts("sum.disbursement", description=item.description),
            formats.money(item.amount, texts.language),
        )
        for item in says.disbursements
    ]


def deposit_of(says: Printable, language: str) -> str | None:
    """Say what is asked in advance, and which share of the total that is."""
    if says.deposit is None or says.deposit_percent is None:
        return None
    return wording("pages", language)(
        "fact.deposit.value",
        amount=formats.money(says.deposit, language),
        share=formats.percent(Decimal(says.deposit_percent), language),
    )


def installment_to_pay(document: Document, language: str) -> tuple[str, Money] | None:
    """Name the next part of a payment plan, and what is due of it; None when it is the last."""
    found = next_of_plan(document)
    if found is None or found.due == document.due:
        return None
    texts = wording("pages", language)
    day = formats.long_date(found.due_date, language)
    return texts("pay.installment", no=found.no, count=found.count, date=day), found.due


def amount_to_pay(document: Document, says: Printable) -> tuple[Money, bool]:
    """Give what the button asks for, and whether it is only the deposit of a quote."""
    is_deposit = (
        says.type == DocumentType.QUOTE and says.deposit is not None and document.paid_minor == 0
    )
    if is_deposit and says.deposit is not None:
        return says.deposit, True
    return document.due, False
