"""Whether the figures of an invoice agree with each other, as the tax agency sees it (pure).

The rules T1 to T15 of the invoicing reference, 2.3 (AEAT validation document 3.1.3),
over an invoice in the agency's own codes (lists L1, L2, L3, L7, L8, L9 and L10).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.documents import rates
from app.documents.printable import TaxKind

FIRST_DAY = date(2024, 10, 28)
"""AEAT takes no invoice issued before."""

SIMPLIFIED_MOST = Decimal(3000)
TOLERANCE = Decimal(10)
LARGE = Decimal(100_000_000)
GROUPS_MOST = 12

_FULL = frozenset({"F1", "F3", "R1", "R2", "R3", "R4"})
_NUMBER = re.compile(r"[ !#-&(-;?-~]{1,60}")
"""ASCII 32 to 126 without `" ' < > =`, at most 60."""

_LATER = frozenset({"14", "15"})
"""Regimes whose operation may come after the invoice."""

_UNSUMMED = frozenset({"03", "05", "06", "08", "09"})
_KINDS = {"01": TaxKind.IVA, "02": TaxKind.IPSI, "03": TaxKind.IGIC}
_YEARS_BACK = 20


@dataclass(frozen=True, slots=True)
class Group:
    """A tax group; what is None is absent, which is not zero.

    Attributes:
        tax: L1.
        regime: L8; None only where a tax has none.
        classification: S1, S2, N1, N2 (L9) or E1 to E8 (L10).
        cost_base: The base at cost of groups of entities.
    """

    base: Decimal
    rate: Decimal | None
    amount: Decimal | None
    classification: str = "S1"
    regime: str = "01"
    tax: str = "01"
    surcharge_rate: Decimal | None = None
    surcharge: Decimal | None = None
    cost_base: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who receives it, by NIF or by another id (`id_type` is L7, `country` ISO 3166)."""

    nif: str | None = None
    id_type: str | None = None
    country: str | None = None
    other_id: str | None = None


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice in the agency's codes.

    Attributes:
        kind: L2.
        tax_total: Taxes and surcharges (CuotaTotal).
        total: Bases, taxes and surcharges (ImporteTotal).
        mode: L3 of a corrective one.
        has_corrected_amount: Says what the amount was that it replaces.
        names_corrected: Names the invoices it corrects.
        names_replaced: Names the simplified invoices it replaces.
        is_qualified: FacturaSimplificadaArt7273.
        is_unidentified: FacturaSinIdentifDestinatarioArt61d.
        is_large: Macrodato.
        mends: Subsanacion.
        rejected_before: RechazoPrevio: N, S or X.
    """

    kind: str
    number: str
    issue_date: date
    groups: Sequence[Group]
    tax_total: Decimal
    total: Decimal
    recipients: Sequence[Recipient] = ()
    operation_date: date | None = None
    mode: str | None = None
    has_corrected_amount: bool = False
    names_corrected: bool = False
    names_replaced: bool = False
    is_qualified: bool = False
    is_unidentified: bool = False
    has_agreement: bool = False
    has_coupon: bool = False
    is_large: bool = False
    mends: bool = False
    rejected_before: str = "N"


@dataclass(frozen=True, slots=True)
class Breach:
    """A rule that is broken.

    Attributes:
        code: Machine word, after the rule: `t4.rate_forbidden`.
        group: Index of the tax group it is about, if any.
    """

    code: str
    group: int | None = None


def breaches(invoice: Invoice, *, today: date) -> tuple[Breach, ...]:
    """Name every rule an invoice breaks; empty when it is consistent."""
    found = [*_identity(invoice, today), *_parties(invoice), *_correction(invoice)]
    found += [Breach(code) for code in _sums(invoice)]
    for index, group in enumerate(invoice.groups):
        found += [Breach(code, index) for code in _of_group(invoice, group)]
    return tuple(found)


def _identity(invoice: Invoice, today: date) -> Iterator[Breach]:
    if not _NUMBER.fullmatch(invoice.number):
        yield Breach("number.format")
    if not FIRST_DAY <= invoice.issue_date <= today:
        yield Breach("issue_date.range")
    operation = invoice.operation_date
    if operation is None:
        return
    regimes = {group.regime for group in invoice.groups}
    if operation > invoice.issue_date and not regimes <= _LATER:
        yield Breach("operation_date.after_issue")
    if not is_operation_year(operation.year, today):
        yield Breach("operation_date.range")


def is_operation_year(year: int, today: date) -> bool:
    """Tell whether AEAT takes an operation of that year: 20 years back, one ahead."""
    return today.year - _YEARS_BACK <= year <= today.year + 1


def _parties(invoice: Invoice) -> Iterator[Breach]:
    is_full = invoice.kind in _FULL
    if is_full and not invoice.recipients:
        yield Breach("t8.recipient_required")
    if not is_full and invoice.recipients:
        yield Breach("t8.recipient_forbidden")
    if (invoice.is_qualified and not is_full) or (invoice.is_unidentified and is_full):
        yield Breach("t8.mark")
    for one in invoice.recipients:
        yield from _recipient(one)


def _recipient(one: Recipient) -> Iterator[Breach]:
    if (one.nif is None) == (one.id_type is None):
        yield Breach("t15.one_id")
    if one.id_type == "07" and one.country != "ES":
        yield Breach("t15.not_in_census")
    if one.id_type is not None and one.country == "ES" and one.id_type not in {"03", "07"}:
        yield Breach("t15.spanish")
    if one.id_type == "02" and not re.fullmatch(r"(?!GB)[A-Z]{2}[0-9A-Z+*]+", one.other_id or ""):
        yield Breach("t15.vat_id")


def _correction(invoice: Invoice) -> Iterator[Breach]:
    corrects = invoice.kind.startswith("R")
    if corrects != (invoice.mode is not None):
        yield Breach("t11.mode_required" if corrects else "t11.mode_forbidden")
    if invoice.has_corrected_amount != (invoice.mode == "S"):
        yield Breach("t11.corrected_amount")
    if invoice.names_corrected and not corrects:
        yield Breach("t11.corrected_forbidden")
    if invoice.names_replaced and invoice.kind != "F3":
        yield Breach("t11.replaced_forbidden")
    if invoice.has_coupon and invoice.kind not in {"R1", "R5"}:
        yield Breach("t13.coupon")
    if invoice.rejected_before == "X" and not invoice.mends:
        yield Breach("rejected_before.not_mended")


def _sums(invoice: Invoice) -> Iterator[str]:
    if not 1 <= len(invoice.groups) <= GROUPS_MOST:
        yield "t14.groups"
    taxes = sum(((g.amount or 0) + (g.surcharge or 0) for g in invoice.groups), Decimal(0))
    total = taxes + sum((group.base for group in invoice.groups), Decimal(0))
    if not _UNSUMMED & {group.regime for group in invoice.groups}:
        if abs(invoice.tax_total - taxes) > TOLERANCE:
            yield "t10.tax_total"
        if abs(invoice.total - total) > TOLERANCE:
            yield "t10.total"
    is_bounded = invoice.kind == "F2" and not (invoice.has_agreement or invoice.is_unidentified)
    without_surcharge = sum((g.base + (g.amount or 0) for g in invoice.groups), Decimal(0))
    if is_bounded and without_surcharge > SIMPLIFIED_MOST + TOLERANCE:
        yield "t9.simplified_total"
    if invoice.is_large != (abs(invoice.total) >= LARGE):
        yield "t12.large"


def _of_group(invoice: Invoice, group: Group) -> Iterator[str]:
    if group.classification == "S1":
        yield from _taxed(invoice, group)
    elif group.classification == "S2":
        if invoice.kind not in _FULL:
            yield "t3.kind"
        if group.rate != 0 or group.amount != 0:
            yield "t3.zero_required"
    elif group.rate is not None or group.amount is not None:
        yield "t4.rate_forbidden"
    if group.classification != "S1" and group.surcharge_rate is not None:
        yield "t5.surcharge_forbidden"
    if (group.surcharge_rate is None) != (group.surcharge is None):
        yield "t5.surcharge_half"
    if not _suits(invoice, group):
        yield f"t6.regime_{group.regime}"
    if group.classification == "E5" and any(one.nif for one in invoice.recipients):
        yield "t7.other_id_required"


def _taxed(invoice: Invoice, group: Group) -> Iterator[str]:
    if group.rate is None or group.amount is None:
        yield "t1.rate_required"
        return
    on = invoice.operation_date or invoice.issue_date
    kind = _KINDS.get(group.tax)
    if kind is not None and not rates.is_rate(kind, group.rate, on):
        yield "rate.not_in_force"
    if (
        kind is not None
        and group.surcharge_rate is not None
        and not rates.is_surcharge(kind, group.rate, group.surcharge_rate, on)
    ):
        yield "surcharge.not_in_force"
    if invoice.mode == "I" or invoice.kind in {"R2", "R3"}:
        return
    exact = group.base * group.rate / 100
    if group.base * group.amount < 0 or abs(group.amount - exact) > TOLERANCE:
        yield "t2.amount"


def _suits(invoice: Invoice, group: Group) -> bool:
    """Tell whether a group may stand in its regime (T6); only IVA's codes are ruled."""
    if group.tax != "01":
        return True
    code = group.classification
    nifs = [one.nif for one in invoice.recipients]
    is_exempt = code.startswith("E")
    wanted = {
        "01": code not in {"E2", "E3"},
        "02": is_exempt,
        "03": code == "S1" or is_exempt,
        "04": code == "S2" or is_exempt,
        "06": group.cost_base is not None and invoice.kind not in {"F2", "F3", "R5"},
        "07": code not in {"S2", "N1", "N2", "E2", "E3", "E4", "E5"},
        "08": code == "N2",
        "10": code == "N1" and invoice.kind == "F1" and bool(nifs) and all(nifs),
        "11": group.rate == Decimal(21),
        "14": _is_public_works(invoice),
    }
    return wanted.get(group.regime, True)


def _is_public_works(invoice: Invoice) -> bool:
    is_later = invoice.operation_date is not None and invoice.operation_date > invoice.issue_date
    is_public = bool(invoice.recipients) and all(
        (one.nif or "").startswith(("P", "Q", "S", "V")) for one in invoice.recipients
    )
    return is_later and is_public and invoice.kind in {"F1", "R1", "R2", "R3", "R4"}
