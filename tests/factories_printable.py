"""Documents as values, for tests of whatever prints or shows one."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from app.documents import totals
from app.documents.printable import (
    DocumentType,
    InvoiceKind,
    Party,
    Printable,
    PrintedDisbursement,
    PrintedLine,
    TaxKind,
    TaxTreatment,
)
from app.documents.receipt import Receipt
from app.kernel.money import Money

ISSUER = Party(
    name="Taller Náutico Ejemplo, S.L.",
    trade_name="Taller Náutico Ejemplo",
    tax_id="B00000000",
    address=("Muelle de Muestra 3", "07001 Palma", "Illes Balears"),
    email="oficina@taller.example",
    phone="+34 900 000 000",
    is_company=True,
    registry="Registro Mercantil de Muestra, tomo 0, folio 0, hoja PM-0",
)
CLIENT = Party(
    name="Velero Ficticio, S.L.",
    trade_name=None,
    tax_id="B00000001",
    address=("Calle de la Prueba 12, 2.º B", "07012 Palma", "Illes Balears"),
    email="compras@velero.example",
    phone=None,
    is_company=True,
)


def a_line(description: str = "Limpieza de casco", **changes: object) -> PrintedLine:
    """Make a line; `net` is computed unless it is given."""
    line = PrintedLine(
        description=description,
        quantity=Decimal(1),
        unit="",
        unit_price=Decimal("45.00"),
        discount_percent=Decimal(0),
        tax_kind=TaxKind.IVA,
        tax_rate=Decimal("21.00"),
        tax_treatment=TaxTreatment.TAXABLE,
        exemption_cause=None,
        surcharge_rate=None,
        withholding_rate=None,
        net=Money(0),
    )
    line = replace(line, **changes)  # type: ignore[arg-type]  # the caller names fields
    return line if "net" in changes else replace(line, net=totals.amount_of(_figured(line), "EUR"))


def a_printable(
    lines: Sequence[PrintedLine] | None = None,
    *,
    discount: totals.Discount | None = None,
    disbursements: Sequence[PrintedDisbursement] = (),
    advances: Money | None = None,
    **changes: object,
) -> Printable:
    """Make a Spanish quote of three lines, or what the changes make of it.

    Taxes, withholdings and totals are computed from the lines. The type decides
    which dates there are, unless they are given.
    """
    lines = default_lines() if lines is None else tuple(lines)
    figures = totals.of(
        [_figured(line) for line in lines],
        discount=discount,
        disbursements=disbursements,
        advances=advances,
    )
    kind = DocumentType(str(changes.get("type", DocumentType.QUOTE)))
    is_invoice = kind is DocumentType.INVOICE
    says = Printable(
        type=kind,
        invoice_kind=InvoiceKind.STANDARD if is_invoice else None,
        number={"quote": "P-260041", "delivery_note": "A-260077", "proforma": "PF-260012"}.get(
            kind.value, "F-260118"
        ),
        revision=1,
        language="es",
        issue_date=date(2026, 11, 24),
        operation_date=None,
        valid_until=date(2026, 12, 31) if kind is DocumentType.QUOTE else None,
        due_date=date(2026, 12, 24) if is_invoice else None,
        title="Puesta a punto de invierno",
        notes="",
        issuer=ISSUER,
        client=CLIENT,
        lines=lines,
        taxes=figures.taxes,
        withholdings=figures.withholdings,
        disbursements=tuple(disbursements),
        totals=figures.totals,
        deposit_percent=None,
        deposit=None,
        iban="ES9121000418450200051332" if kind in ("invoice", "proforma") else None,
        accent_color="#0f5a78",
        logo_sha256=None,
        time_zone="Europe/Madrid",
    )
    return replace(says, **changes)  # type: ignore[arg-type]  # the caller names fields


def a_receipt(**changes: object) -> Receipt:
    """Make the receipt of an accepted quote."""
    receipt = Receipt(
        says=a_printable(),
        language="es",
        kind="accepted",
        name="María Ejemplo Prueba",
        statement="He leído el presupuesto P-260041, versión 1, y lo acepto.",
        comment=None,
        decided_at=datetime(2026, 11, 24, 9, 12, 33, tzinfo=UTC),
        pdf_sha256="0123456789abcdef" * 4,
    )
    return replace(receipt, **changes)  # type: ignore[arg-type]  # the caller names fields


def default_lines() -> tuple[PrintedLine, ...]:
    """Make three lines with a detail, a discount and two rates."""
    return (
        a_line(
            "Varada y botadura con travelift\nEslora 11,40 m · incluye calzado y retirada",
            unit="servicio",
            unit_price=Decimal("395.00"),
        ),
        a_line(
            "Imprimación epoxi y antifouling autopulimentable\nDos manos",
            quantity=Decimal(12),
            unit="l",
            unit_price=Decimal("38.50"),
            discount_percent=Decimal("10.00"),
        ),
        a_line(
            "Agua dulce suministrada en varadero",
            quantity=Decimal(3),
            unit="m³",
            unit_price=Decimal("2.40"),
            tax_rate=Decimal("10.00"),
        ),
    )


def _figured(line: PrintedLine) -> totals.Line:
    return totals.Line(
        quantity=line.quantity,
        unit_price=line.unit_price,
        discount_percent=line.discount_percent,
        taxation=totals.Taxation(
            kind=line.tax_kind,
            treatment=line.tax_treatment,
            exemption_cause=line.exemption_cause,
            rate=line.tax_rate if line.tax_treatment is TaxTreatment.TAXABLE else Decimal(0),
            surcharge_rate=line.surcharge_rate,
        ),
        withholding_rate=line.withholding_rate,
    )
