"""A document nobody issued, to try words on (pure)."""

from datetime import date, timedelta
from decimal import Decimal

from app.documents import totals
from app.documents.issuing import party_of
from app.documents.printable import (
    DocumentType,
    InvoiceKind,
    Party,
    Printable,
    PrintedLine,
    TaxKind,
    TaxTreatment,
)
from app.kernel.wording import wording
from app.organizations.models import Organization

_QUANTITY, _PRICE = Decimal(2), Decimal("45.00")
_VALID_FOR, _DUE_IN = timedelta(days=30), timedelta(days=30)
_NUMBERS = {
    DocumentType.QUOTE: "P-260041",
    DocumentType.DELIVERY_NOTE: "A-260077",
    DocumentType.PROFORMA: "FP-260012",
    DocumentType.INVOICE: "F-260118",
}


def sample_of(
    kind: DocumentType, organization: Organization, language: str, *, today: date
) -> Printable:
    """Make up a document of a type, issued today by the organization to nobody real."""
    words = wording("letters", language)
    rate = organization.default_tax_rate
    taxation = totals.Taxation(TaxKind.IVA, TaxTreatment.TAXABLE, None, rate, None)
    figures = totals.of([totals.Line(_QUANTITY, _PRICE, Decimal(0), taxation, None)])
    line = PrintedLine(
        description=words("sample.line"),
        quantity=_QUANTITY,
        unit="h",
        unit_price=_PRICE,
        discount_percent=Decimal(0),
        tax_kind=taxation.kind,
        tax_rate=rate,
        tax_treatment=taxation.treatment,
        exemption_cause=None,
        surcharge_rate=None,
        withholding_rate=None,
        net=figures.nets[0],
    )
    return Printable(
        type=kind,
        invoice_kind=InvoiceKind.STANDARD if kind is DocumentType.INVOICE else None,
        number=_NUMBERS[kind],
        revision=1,
        language=language,
        issue_date=today,
        operation_date=None,
        valid_until=today + _VALID_FOR if kind is DocumentType.QUOTE else None,
        due_date=today + _DUE_IN if kind is DocumentType.INVOICE else None,
        title=words("sample.title"),
        notes="",
        issuer=party_of(organization),
        client=_client(words("sample.client")),
        lines=(line,),
        taxes=figures.taxes,
        withholdings=figures.withholdings,
        disbursements=(),
        totals=figures.totals,
        deposit_percent=None,
        deposit=None,
        iban=organization.iban,
        accent_color=organization.accent_color,
        logo_sha256=organization.logo_sha256,
        time_zone=organization.time_zone,
    )


def _client(name: str) -> Party:
    return Party(
        name=name, trade_name=None, tax_id=None, address=(), email=None, phone=None, is_company=True
    )
