"""What an issued document says, free of tables.

A `Printable` is frozen into the revision when a document is issued. The PDF, the
client's page and the letter are all made from it, so they cannot disagree, and
a later change of the contact or the organization changes none of them.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from pydantic import JsonValue, TypeAdapter

from app.kernel.money import Money


class DocumentType(StrEnum):
    """The four kinds of document a company sends."""

    QUOTE = "quote"
    DELIVERY_NOTE = "delivery_note"
    PROFORMA = "proforma"
    INVOICE = "invoice"


class InvoiceKind(StrEnum):
    """What kind of invoice; other documents have none."""

    STANDARD = "standard"
    ADVANCE = "advance"
    CORRECTIVE = "corrective"
    SIMPLIFIED = "simplified"


class TaxKind(StrEnum):
    """Peninsula and Balearics, Canary Islands, Ceuta and Melilla."""

    IVA = "iva"
    IGIC = "igic"
    IPSI = "ipsi"


class TaxTreatment(StrEnum):
    """How the tax applies to a line (AEAT lists L9 and L10)."""

    TAXABLE = "taxable"
    EXEMPT = "exempt"
    REVERSE_CHARGE = "reverse_charge"
    NOT_SUBJECT = "not_subject"


@dataclass(frozen=True, slots=True)
class Party:
    """The issuer or the client, as they were on the day of issue."""

    name: str
    trade_name: str | None
    tax_id: str | None
    address: tuple[str, ...]
    email: str | None
    phone: str | None
    is_company: bool
    registry: str | None = None
    """Mercantile Registry data of the issuer (CCom art. 24.1)."""
    footer: str = ""
    """The issuer's own line at the foot of every page."""


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """One line; `net` is after its discount and before tax.

    `unit_price` is with its tax when `gross` is there, which is then the line's amount.

    The first line of `description` is the concept, the rest are details.
    """

    description: str
    quantity: Decimal
    unit: str
    unit_price: Decimal
    discount_percent: Decimal
    tax_kind: TaxKind
    tax_rate: Decimal
    tax_treatment: TaxTreatment
    exemption_cause: str | None
    surcharge_rate: Decimal | None
    withholding_rate: Decimal | None
    net: Money
    gross: Money | None = None

    @property
    def amount(self) -> Money:
        """The line's amount as it is priced."""
        return self.net if self.gross is None else self.gross


@dataclass(frozen=True, slots=True)
class PrintedTax:
    """One row of the breakdown: lines sharing kind, treatment, cause and rates."""

    kind: TaxKind
    treatment: TaxTreatment
    exemption_cause: str | None
    rate: Decimal
    surcharge_rate: Decimal | None
    base: Money
    amount: Money
    surcharge: Money


@dataclass(frozen=True, slots=True)
class PrintedWithholding:
    """Income tax the client withholds (IRPF) at one rate."""

    rate: Decimal
    base: Money
    amount: Money


@dataclass(frozen=True, slots=True)
class PrintedDisbursement:
    """Money spent in the client's name (suplido), outside the taxable base."""

    description: str
    amount: Money


@dataclass(frozen=True, slots=True)
class PrintedInstallment:
    """A part of what is to be paid, and the day on which it falls due."""

    due_date: date
    amount: Money


@dataclass(frozen=True, slots=True)
class PrintedTotals:
    """The figures at the foot.

    `discount` is with its tax when the printed prices are.
    `total` is bases + taxes + surcharges; `payable` is `total` − withholdings +
    disbursements − advances (the invoicing reference, 2.4).
    """

    discount: Money
    taxable_base: Money
    tax: Money
    surcharge: Money
    total: Money
    withholding: Money
    disbursements: Money
    advances: Money
    payable: Money


@dataclass(frozen=True, slots=True)
class PrintedVessel:
    """The vessel a document is about, as it was on the day of issue."""

    name: str
    registration_number: str | None


@dataclass(frozen=True, slots=True)
class Layout:
    """How the page is laid out, when the organization has a way of its own.

    Attributes:
        is_summary: Lines are concept and amount alone.
        columns: Those shown besides concept and amount.
        is_logo_right: The logo stands above type and number.
        intro: What is said above the lines; may be empty, as the next two.
        terms: Terms of every such document, before its own.
        closing: What is said below everything else.
    """

    is_summary: bool
    columns: tuple[str, ...]
    is_logo_right: bool
    intro: str
    terms: str
    closing: str


@dataclass(frozen=True, slots=True)
class PrintedCorrection:
    """Which invoice a corrective one corrects, how and why (ROF art. 15.5).

    Attributes:
        method: `differences` or `substitution`.
        code: AEAT's kind, R1 to R5.
        base: Invoiced before, of a substitution; else zero, as the next two.
    """

    method: str
    cause: str
    code: str
    number: str
    issue_date: date
    base: Money
    tax: Money
    surcharge: Money


@dataclass(frozen=True, slots=True)
class Printable:
    """A document as it is to be read, in one language.

    Attributes:
        number: None on a draft's preview.
        title: The job, such as "Antifouling"; may be empty.
        notes: Terms and remarks (Condiciones), as written.
        accent_color: `#rrggbb` of the organization.
        logo_sha256: Which stored logo to print; None for none.
        iban: Where to pay, printed on proformas and invoices.
        time_zone: IANA name of the organization's zone.
    """

    type: DocumentType
    invoice_kind: InvoiceKind | None
    number: str | None
    revision: int
    language: str
    issue_date: date | None
    operation_date: date | None
    valid_until: date | None
    due_date: date | None
    title: str
    notes: str
    issuer: Party
    client: Party
    lines: tuple[PrintedLine, ...]
    taxes: tuple[PrintedTax, ...]
    withholdings: tuple[PrintedWithholding, ...]
    disbursements: tuple[PrintedDisbursement, ...]
    totals: PrintedTotals
    deposit_percent: Decimal | None
    deposit: Money | None
    iban: str | None
    accent_color: str
    logo_sha256: str | None
    time_zone: str
    prices_include_tax: bool = False
    """Prices, amounts of lines and discount are printed with their tax."""
    installments: tuple[PrintedInstallment, ...] = ()
    """The payment plan; empty when all falls due at once."""
    vessel: PrintedVessel | None = None
    revised_on: date | None = None
    """The day a revision after the first was issued; its number keeps its own day."""
    correction: PrintedCorrection | None = None
    """Of a corrective invoice."""
    layout: Layout | None = None
    """How the page is laid out; None for our own way."""

    @property
    def subject(self) -> str:
        """The job and the vessel it is done on, in one line; may be empty."""
        vessel = "" if self.vessel is None else self.vessel.name
        return " · ".join(filter(None, (self.title, vessel)))

    @property
    def currency(self) -> str:
        """ISO 4217 code of every amount."""
        return self.totals.total.currency


_ADAPTER: TypeAdapter[Printable] = TypeAdapter(Printable)


def to_json(printable: Printable) -> JsonValue:
    """Turn a printable into the JSON a revision stores."""
    value: JsonValue = _ADAPTER.dump_python(printable, mode="json")
    return value


def from_json(value: JsonValue) -> Printable:
    """Read a printable back from a revision."""
    return _ADAPTER.validate_python(value)
