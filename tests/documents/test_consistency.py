"""The tax agency's rules, against the negative cases of the invoicing reference (10.7)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from app.documents.consistency import Group, Invoice, Recipient, breaches

TODAY = date(2026, 11, 24)
NIF = Recipient(nif="A58818501")
PUBLIC = Recipient(nif="P2807900B")


def group(code: str = "S1", base: str = "100", rate: str | None = "21", **changes: object) -> Group:
    percent = None if rate is None else Decimal(rate)
    amount = None if percent is None else Decimal(base) * percent / 100
    made = Group(Decimal(base), percent, amount, code)
    return replace(made, **changes)  # type: ignore[arg-type]  # the caller names fields


def invoice(*groups: Group, **changes: object) -> Invoice:
    groups = groups or (group(),)
    zero = Decimal(0)
    taxes = sum(((one.amount or zero) + (one.surcharge or zero) for one in groups), zero)
    total = taxes + sum((one.base for one in groups), zero)
    made = Invoice("F1", "F-260001", TODAY, groups, taxes, total, (NIF,))
    return replace(made, **changes)  # type: ignore[arg-type]  # the caller names fields


def exempt(code: str, regime: str = "01", **changes: object) -> Group:
    return replace(group(code, rate=None, regime=regime), **changes)  # type: ignore[arg-type]  # same


def surcharged(rate: str, surcharge: str) -> Group:
    return group(rate=rate, regime="18", surcharge_rate=Decimal(surcharge), surcharge=Decimal(1))


def codes(one: Invoice) -> set[str]:
    return {breach.code for breach in breaches(one, today=TODAY)}


REVERSE = group("S2", rate="0")
UNION = Recipient(id_type="02", other_id="FR40303265045")
F2 = {"kind": "F2", "recipients": ()}
NEXT_MONTH = date(2026, 12, 24)

CONSISTENT = {
    "plain": invoice(),
    "reverse charge": invoice(REVERSE),
    "exempt": invoice(exempt("E1")),
    "export": invoice(exempt("E2", "02")),
    "surcharge": invoice(surcharged("21", "5.2"), surcharged("10", "1.4"), surcharged("4", "0.5")),
    "IGIC": invoice(group(rate="7", tax="03")),
    "IPSI": invoice(group(rate="4.5", tax="02")),
    "within the Union": invoice(exempt("E5"), recipients=(UNION,)),
    "simplified": invoice(group(base="2487.6"), **F2),
    "by differences": invoice(group(base="-100"), kind="R1", mode="I", names_corrected=True),
    "by substitution": invoice(kind="R1", mode="S", has_corrected_amount=True),
    "twelve groups": invoice(*[group()] * 12),
    "public works": invoice(
        group(regime="14"), operation_date=NEXT_MONTH, recipients=(PUBLIC,)
    ),
    "sixty characters": invoice(number="F" * 60),
    "historic rate": invoice(group(rate="5"), issue_date=TODAY, operation_date=date(2024, 9, 30)),
    "letting": invoice(group(regime="11")),
    "mediated": invoice(exempt("N1", "10")),
    "large": invoice(group(base="100000000"), is_large=True),
}  # fmt: skip


@pytest.mark.parametrize("name", CONSISTENT)
def test_what_is_consistent_breaks_no_rule(name: str) -> None:
    assert codes(CONSISTENT[name]) == set()


BROKEN = {
    "S2 without rate": (invoice(group("S2", rate=None)), "t3.zero_required"),
    "S2 simplified": (invoice(REVERSE, **F2), "t3.kind"),
    "exempt with rate": (invoice(group("E1")), "t4.rate_forbidden"),
    "not subject with rate": (invoice(group("N1", rate="0")), "t4.rate_forbidden"),
    "S1 without rate": (invoice(group(rate=None)), "t1.rate_required"),
    "amount too far": (invoice(group(amount=Decimal("31.01"))), "t2.amount"),
    "amount of another sign": (invoice(group(base="10", amount=Decimal(-1))), "t2.amount"),
    "F1 without recipient": (invoice(recipients=()), "t8.recipient_required"),
    "F2 with recipient": (invoice(kind="F2"), "t8.recipient_forbidden"),
    "qualified F2": (invoice(**F2, is_qualified=True), "t8.mark"),
    "unidentified F1": (invoice(is_unidentified=True), "t8.mark"),
    "regime 01 with E2": (invoice(exempt("E2")), "t6.regime_01"),
    "regime 01 with E3": (invoice(exempt("E3")), "t6.regime_01"),
    "regime 02 with S1": (invoice(group(regime="02")), "t6.regime_02"),
    "regime 03 with S2": (invoice(replace(REVERSE, regime="03")), "t6.regime_03"),
    "regime 04 with S1": (invoice(group(regime="04")), "t6.regime_04"),
    "regime 06 without cost": (invoice(group(regime="06")), "t6.regime_06"),
    "regime 07 with N1": (invoice(exempt("N1", "07")), "t6.regime_07"),
    "regime 08 with S1": (invoice(group(regime="08")), "t6.regime_08"),
    "regime 10 by VAT id": (invoice(exempt("N1", "10"), recipients=(UNION,)), "t6.regime_10"),
    "regime 11 at 10 %": (invoice(group(rate="10", regime="11")), "t6.regime_11"),
    "regime 14 of a company": (
        invoice(group(regime="14"), operation_date=NEXT_MONTH), "t6.regime_14",
    ),
    "surcharge 1.4 with 21": (invoice(surcharged("21", "1.4")), "surcharge.not_in_force"),
    "surcharge when exempt": (
        invoice(exempt("E1", surcharge_rate=Decimal("5.2"), surcharge=Decimal(1))),
        "t5.surcharge_forbidden",
    ),
    "surcharge by half": (invoice(group(surcharge_rate=Decimal("5.2"))), "t5.surcharge_half"),
    "rate of another day": (invoice(group(rate="5")), "rate.not_in_force"),
    "IGIC of 21": (invoice(group(tax="03")), "rate.not_in_force"),
    "R1 without mode": (invoice(kind="R1"), "t11.mode_required"),
    "F1 with mode": (invoice(mode="I"), "t11.mode_forbidden"),
    "S without amount": (invoice(kind="R1", mode="S"), "t11.corrected_amount"),
    "I with amount": (invoice(kind="R1", mode="I", has_corrected_amount=True),
                      "t11.corrected_amount"),
    "F1 correcting": (invoice(names_corrected=True), "t11.corrected_forbidden"),
    "F1 replacing": (invoice(names_replaced=True), "t11.replaced_forbidden"),
    "number with =": (invoice(number="F=1"), "number.format"),
    "number with ñ": (invoice(number="Fñ1"), "number.format"),
    "number of 61": (invoice(number="F" * 61), "number.format"),
    "issued tomorrow": (invoice(issue_date=date(2026, 11, 25)), "issue_date.range"),
    "issued on 27-10-2024": (invoice(issue_date=date(2024, 10, 27)), "issue_date.range"),
    "operation later": (invoice(operation_date=date(2026, 11, 25)), "operation_date.after_issue"),
    "operation long ago": (invoice(operation_date=date(2005, 1, 1)), "operation_date.range"),
    "no group": (replace(invoice(), groups=()), "t14.groups"),
    "thirteen groups": (invoice(*[group()] * 13), "t14.groups"),
    "F2 of 3010.01": (
        invoice(group(base="2487.61", amount=Decimal("522.40")), **F2), "t9.simplified_total",
    ),
    "E5 by NIF": (invoice(exempt("E5")), "t7.other_id_required"),
    "07 of FR": (invoice(recipients=(Recipient(id_type="07", country="FR"),)),
                 "t15.not_in_census"),
    "04 of ES": (invoice(recipients=(Recipient(id_type="04", country="ES"),)), "t15.spanish"),
    "VAT id of GB": (
        invoice(recipients=(Recipient(id_type="02", other_id="GB980780684"),)), "t15.vat_id",
    ),
    "two ids": (invoice(recipients=(replace(UNION, nif="A58818501"),)), "t15.one_id"),
    "rejected X, not mended": (invoice(rejected_before="X"), "rejected_before.not_mended"),
    "coupon on F1": (invoice(has_coupon=True), "t13.coupon"),
    "tax total": (invoice(tax_total=Decimal("31.01"), total=Decimal(121)), "t10.tax_total"),
    "total": (invoice(total=Decimal("131.01")), "t10.total"),
    "large, not said": (invoice(group(base="100000000")), "t12.large"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_each_broken_rule_is_named(name: str) -> None:
    broken, code = BROKEN[name]
    assert code in codes(broken)


def test_a_correction_by_differences_may_round_otherwise() -> None:
    odd = invoice(group(amount=Decimal(41)), kind="R1", mode="I")
    assert "t2.amount" not in codes(odd)
