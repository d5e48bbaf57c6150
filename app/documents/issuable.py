"""What a document lacks before it can be issued, everything named at once (pure)."""

from collections.abc import Iterator
from datetime import date

from app.contacts.legal import missing_legal_fields
from app.contacts.models import Contact
from app.documents import consistency, corrections, rates
from app.documents.consistency import Breach, Group, Invoice, Recipient
from app.documents.models import Document, DocumentLine
from app.documents.printable import PrintedTax, TaxKind, TaxTreatment
from app.documents.schemas import pointer_of
from app.documents.totals import Figures
from app.kernel.errors import Fault
from app.kernel.money import Money
from app.organizations.models import IssuerProfile, Letterhead, Organization

SIMPLIFIED_MOST_MINOR = 400_00
"""ROF art. 4.1.a: 400 € with tax."""

SIMPLIFIED_ACTIVITY_MOST_MINOR = 3_000_00
"""ROF art. 4.2: 3,000 € with tax, in the activities it lists."""

_FISCAL = frozenset({"invoice", "proforma"})
_ISSUER = ("legal_name", "tax_id", "street", "postal_code", "city")
_TAXES = {TaxKind.IVA: "01", TaxKind.IPSI: "02", TaxKind.IGIC: "03"}
_UNNUMBERED = "0"
_SAID_ELSEWHERE = frozenset({
    "t8.recipient_required", "t7.other_id_required", "rate.not_in_force",
    "surcharge.not_in_force", "t10.total", "t9.simplified_total",
})  # fmt: skip
"""Breaches another fault names better."""


def is_simplified(document: Document) -> bool:
    """Tell whether a document is a simplified invoice, or corrects one."""
    correction = corrections.from_json(document.correction)
    corrects_one = correction is not None and correction.is_simplified
    return corrects_one or document.invoice_kind == "simplified"


def missing_fields(document: Document, issuer: Letterhead, contact: Contact) -> Iterator[Fault]:
    """Name the legal data that issuer and client lack.

    A simplified invoice says nothing of the client (ROF art. 7.1); a delivery within
    the Union needs their VAT id, reverse charge their tax id (ROF art. 6.1.d).
    """
    if document.type in _FISCAL:
        place = "/issuer_profile" if isinstance(issuer, IssuerProfile) else "/organization"
        for name in _ISSUER:
            if not getattr(issuer, name).strip():
                yield Fault(f"{place}/{name}", "legal_field.missing")
    if is_simplified(document):
        return
    yield from missing_legal_fields(contact, document.type)
    if document.type == "invoice" and not _is_intra_union(contact):
        causes = {line.exemption_cause for line in document.lines}
        if "E5" in causes:
            yield Fault("/contact/vat_id", "legal_field.missing")


def tax_faults(document: Document, *, today: date) -> Iterator[Fault]:
    """Name rates that are not in force on the day of the operation."""
    on = document.operation_date or today
    for line in document.lines:
        if line.tax_treatment != TaxTreatment.TAXABLE.value:
            continue
        kind = TaxKind(line.tax_kind)
        if not rates.is_rate(kind, line.tax_rate, on):
            yield Fault(pointer_of(line.position, "tax_rate"), "tax_rate.not_in_force")
        elif line.surcharge_rate is not None and not rates.is_surcharge(
            kind, line.tax_rate, line.surcharge_rate, on
        ):
            yield Fault(pointer_of(line.position, "surcharge_rate"), "surcharge_rate.not_in_force")


def invoice_faults(
    document: Document,
    organization: Organization,
    contact: Contact,
    figures: Figures,
    *,
    today: date,
) -> Iterator[Fault]:
    """Name what the tax agency would refuse of an invoice."""
    if is_simplified(document):
        yield from _simplified_faults(document, organization, figures)
    if not figures.taxes:
        return
    for breach in consistency.breaches(fiscal_of(document, contact, figures, today), today=today):
        if breach.code not in _SAID_ELSEWHERE:
            yield _fault(document, figures, breach)


def fiscal_of(document: Document, contact: Contact, figures: Figures, today: date) -> Invoice:
    """Say an invoice in the tax agency's codes; a draft has no number yet."""
    recipient = _recipient(contact)
    has_client = recipient is not None and bool(contact.fiscal_address)
    correction = corrections.from_json(document.correction)
    qualifies = is_simplified(document) and has_client and correction is None
    is_short = is_simplified(document) and not qualifies
    totals = figures.totals
    return Invoice(
        kind=correction.code if correction else "F2" if is_short else "F1",
        mode=None if correction is None else "S" if correction.is_substitution else "I",
        has_corrected_amount=correction is not None and correction.is_substitution,
        names_corrected=correction is not None,
        number=document.number or _UNNUMBERED,
        issue_date=document.issue_date or today,
        operation_date=document.operation_date,
        groups=[_group(tax) for tax in figures.taxes],
        tax_total=(totals.tax + totals.surcharge).decimal,
        total=totals.total.decimal,
        recipients=() if recipient is None or is_short else (recipient,),
        is_qualified=qualifies,
        is_large=abs(totals.total.decimal) >= consistency.LARGE,
    )


def _simplified_faults(
    document: Document, organization: Organization, figures: Figures
) -> Iterator[Fault]:
    total = figures.totals.total
    if document.correction is not None:
        return  # a corrective one may be of any amount (ROF art. 4.1.a)
    is_listed = organization.simplified_activity
    most_minor = SIMPLIFIED_ACTIVITY_MOST_MINOR if is_listed else SIMPLIFIED_MOST_MINOR
    if total.amount_minor > most_minor:
        most = Money(most_minor, total.currency)
        yield Fault("/total", "simplified.too_large", params={"most": str(most.decimal)})
    for line in document.lines:
        is_reverse = line.tax_treatment == TaxTreatment.REVERSE_CHARGE.value
        if is_reverse or line.exemption_cause == "E5":
            yield Fault(pointer_of(line.position, "tax_treatment"), "simplified.treatment")


def _fault(document: Document, figures: Figures, breach: Breach) -> Fault:
    """Point at what the caller can change."""
    if breach.code.startswith("operation_date"):
        return Fault("/operation_date", breach.code)
    if breach.code == "t14.groups":
        return Fault("/lines", "lines.too_many_taxes", params={"most": consistency.GROUPS_MOST})
    line = None
    if breach.group is not None:
        tax = figures.taxes[breach.group]
        line = next((one for one in document.lines if _is_of(one, tax)), None)
    pointer = "/lines" if line is None else pointer_of(line.position, "tax_treatment")
    return Fault(pointer, "tax.inconsistent", params={"rule": breach.code})


def _is_of(line: DocumentLine, tax: PrintedTax) -> bool:
    return (line.tax_kind, line.tax_treatment, line.exemption_cause, line.tax_rate) == (
        tax.kind.value, tax.treatment.value, tax.exemption_cause, tax.rate
    )  # fmt: skip


def _group(tax: PrintedTax) -> Group:
    is_taxed = tax.treatment in (TaxTreatment.TAXABLE, TaxTreatment.REVERSE_CHARGE)
    has_surcharge = tax.surcharge_rate is not None
    return Group(
        tax=_TAXES[tax.kind],
        regime=_regime(tax),
        classification=_classification(tax),
        base=tax.base.decimal,
        rate=tax.rate if is_taxed else None,
        amount=tax.amount.decimal if is_taxed else None,
        surcharge_rate=tax.surcharge_rate,
        surcharge=tax.surcharge.decimal if has_surcharge else None,
    )


def _classification(tax: PrintedTax) -> str:
    if tax.treatment is TaxTreatment.TAXABLE:
        return "S1"
    if tax.treatment is TaxTreatment.REVERSE_CHARGE:
        return "S2"
    return tax.exemption_cause or ""


def _regime(tax: PrintedTax) -> str:
    """Export for what is exempt as such, surcharge where there is one, else general."""
    if tax.kind is TaxKind.IVA and tax.exemption_cause in {"E2", "E3"}:
        return "02"
    return "01" if tax.surcharge_rate is None else "18"


def _recipient(contact: Contact) -> Recipient | None:
    if _is_intra_union(contact):
        return Recipient(id_type="02", other_id=contact.vat_id)
    if contact.tax_id is None:
        return None
    if contact.tax_id_country == "ES":
        return Recipient(nif=contact.tax_id)
    id_type = "03" if contact.tax_id_kind == "passport" else "04"
    return Recipient(id_type=id_type, country=contact.tax_id_country, other_id=contact.tax_id)


def _is_intra_union(contact: Contact) -> bool:
    return contact.vat_id is not None and not contact.vat_id.startswith("ES")
