"""What goes in and out about documents."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints

from app.documents.correcting_schemas import CorrectionView
from app.documents.printable import DocumentType, InvoiceKind, TaxKind, TaxTreatment
from app.documents.states import (
    BADGES,
    COLORS,
    DECISIONS,
    DELIVERY_STATES,
    ISSUE_STATES,
    PAYMENT_STATES,
    PDF_STATES,
    STAFF_ACTIONS,
    Status,
)
from app.kernel.languages import Language
from app.web.schemas import (
    AnyOf,
    Body,
    CivilDate,
    DecimalText,
    Instant,
    Line,
    MoneyView,
    PageQuery,
    Text,
    View,
    among,
    unset,
)

Title = Annotated[Line, StringConstraints(max_length=200)]
Notes = Annotated[Text, StringConstraints(max_length=5000)]
Percent = Annotated[DecimalText, Field(ge=0, le=100, decimal_places=2)]
Quantity = DecimalText
Day = Annotated[CivilDate, Field(ge=date(1900, 1, 1), le=date(2999, 12, 31))]
"""A day documents can name: far from the ends of the calendar, where no day is before or after."""
Lines = Annotated[list["LineBody"], Field(max_length=1000)]
Installments = Annotated[list["InstallmentBody"], Field(max_length=24)]
Disbursements = Annotated[list["DisbursementBody"], Field(max_length=50)]


class LineBody(Body):
    """One line as written; what is left out has the organization's defaults."""

    description: Annotated[Text, StringConstraints(min_length=1, max_length=5000)] = Field(
        description="The first line is the concept, the rest are details.",
        examples=["Limpieza de casco con agua a presión"],
    )
    quantity: Quantity = Field(Decimal(1), examples=["2"])
    unit: Annotated[Line, StringConstraints(max_length=20)] = Field("", examples=["h"])
    unit_price: DecimalText = Field(
        description="Without tax, unless the document's prices include it.", examples=["45.00"]
    )
    discount_percent: Percent = Field(Decimal(0), examples=["0"])
    tax_kind: TaxKind = Field(TaxKind.IVA, examples=["iva"])
    tax_rate: Percent | None = Field(
        None, description="The organization's default rate when left out.", examples=["21.00"]
    )
    tax_treatment: TaxTreatment = Field(TaxTreatment.TAXABLE, examples=["taxable"])
    exemption_cause: Literal["E1", "E2", "E3", "E4", "E5", "E6", "N1", "N2"] | None = Field(
        None, description="`E1`…`E6` when exempt, `N1` or `N2` when not subject.", examples=[None]
    )
    surcharge_rate: Percent | None = Field(
        None, description="Equivalence surcharge.", examples=[None]
    )
    withholding_rate: Percent | None = Field(
        None, description="The document's when left out.", examples=[None]
    )


class DiscountBody(Body):
    """A discount on the whole document."""

    kind: Literal["percent", "amount"] = Field(examples=["percent"])
    value: Annotated[DecimalText, Field(ge=0, decimal_places=2)] = Field(examples=["10.00"])


class DisbursementBody(Body):
    """Money spent in the client's name (suplido), outside the taxable base."""

    description: Annotated[Line, StringConstraints(min_length=1, max_length=200)] = Field(
        examples=["Tasa portuaria"]
    )
    amount: Annotated[DecimalText, Field(ge=0, decimal_places=2)] = Field(examples=["35.00"])


class InstallmentBody(Body):
    """A part of what is to be paid: a share of it, or an amount; all parts alike."""

    due_date: Day = Field(examples=["2026-12-24"])
    percent: Percent | None = Field(None, examples=["40.00"])
    amount: Annotated[DecimalText, Field(gt=0, decimal_places=2)] | None = Field(
        None, examples=[None]
    )


_INSTALLMENTS = (
    "Of an invoice or a proforma: the parts that fall due one after the other. Shares make 100, "
    "amounts what is to be paid; the last is the document's `due_date`."
)


class DocumentDraft(Body):
    """A new document; only the type and the contact are required."""

    type: DocumentType = Field(examples=["quote"])
    contact_id: UUID
    invoice_kind: InvoiceKind | None = Field(None, examples=[None])
    series_id: UUID | None = Field(None, examples=[None])
    layout_id: UUID | None = Field(
        None, description="The default of its type when null.", examples=[None]
    )
    salesperson_id: UUID | None = Field(None, examples=[None])
    vessel_id: UUID | None = Field(None, examples=[None])
    title: Title = Field("", examples=["Antifouling"])
    currency: Literal["EUR"] = Field("EUR", examples=["EUR"])
    valid_until: Day | None = Field(None, examples=["2026-12-31"])
    due_date: Day | None = Field(None, examples=[None])
    operation_date: Day | None = Field(None, examples=[None])
    language: Language | None = Field(
        None, description="The contact's when left out.", examples=["es"]
    )
    deposit_percent: Percent | None = Field(None, examples=["30.00"])
    withholding_rate: Percent | None = Field(None, examples=[None])
    discount: DiscountBody | None = Field(None, examples=[None])
    prices_include_tax: StrictBool = Field(
        default=False, description="The lines' prices are with tax.", examples=[False]
    )
    disbursements: Disbursements = Field(default_factory=list, examples=[[]])
    installments: Installments = Field(
        default_factory=list, description=_INSTALLMENTS, examples=[[]]
    )
    notes: Notes = Field("", examples=["Plazo de ejecución: 10 días laborables."])
    lines: Lines = Field(default_factory=list)


class DocumentChanges(Body):
    """Changes to a draft: what is left out is left alone, null clears."""

    contact_id: UUID = unset()
    series_id: UUID | None = Field(None, examples=[None])
    layout_id: UUID | None = Field(
        None, description="The default of its type when null.", examples=[None]
    )
    salesperson_id: UUID | None = Field(None, examples=[None])
    vessel_id: UUID | None = Field(None, examples=[None])
    title: Title = unset()
    valid_until: Day | None = Field(None, examples=["2026-12-31"])
    due_date: Day | None = Field(None, examples=[None])
    operation_date: Day | None = Field(None, examples=[None])
    language: Language = unset()
    deposit_percent: Percent | None = Field(None, examples=[None])
    withholding_rate: Percent | None = Field(None, examples=["15.00"])
    discount: DiscountBody | None = Field(None, examples=[None])
    prices_include_tax: StrictBool = unset()
    disbursements: Disbursements = unset()
    installments: Installments = unset()
    notes: Notes = unset()
    lines: Lines = unset()


class LineView(View):
    """One line, its amount computed."""

    description: str = Field(examples=["Limpieza de casco con agua a presión"])
    quantity: DecimalText
    unit: str = Field(examples=["h"])
    unit_price: DecimalText
    discount_percent: DecimalText
    tax_kind: str = Field(examples=["iva"])
    tax_rate: DecimalText
    tax_treatment: str = Field(examples=["taxable"])
    exemption_cause: str | None
    surcharge_rate: DecimalText | None
    withholding_rate: DecimalText | None
    net: MoneyView


class TaxView(View):
    """The tax of one group of lines."""

    kind: str = Field(examples=["iva"])
    treatment: str = Field(examples=["taxable"])
    exemption_cause: str | None
    rate: DecimalText
    surcharge_rate: DecimalText | None
    base: MoneyView
    amount: MoneyView
    surcharge: MoneyView


class WithholdingView(View):
    """Income tax withheld at one rate."""

    rate: DecimalText
    base: MoneyView
    amount: MoneyView


class DiscountView(View):
    """The discount on the whole document."""

    kind: str = Field(examples=["percent"])
    value: DecimalText


class DisbursementView(View):
    """Money spent in the client's name."""

    description: str = Field(examples=["Tasa portuaria"])
    amount: MoneyView


class InstallmentView(View):
    """One due date and what is left of it."""

    no: int = Field(examples=[1])
    due_date: date
    amount: MoneyView
    amount_due: MoneyView


class ContactSummary(View):
    """Whom the document is for."""

    id: UUID
    display_name: str = Field(examples=["Varadero Sol, S.L."])


class DocumentItem(View):
    """A document as lists show it."""

    id: UUID
    type: Annotated[str, among(DocumentType)] = Field(examples=["quote"])
    invoice_kind: str | None
    number: str | None = Field(examples=["P-260041"])
    title: str = Field(examples=["Antifouling"])
    contact: ContactSummary
    vessel_id: UUID | None
    revises_id: UUID | None = Field(
        description="Of the draft of a revision: the issued document it is to take the place of."
    )
    salesperson_id: UUID | None
    language: str = Field(examples=["es"])
    currency: str = Field(examples=["EUR"])
    issue_date: date | None
    valid_until: date | None
    due_date: date | None
    operation_date: date | None
    status: Annotated[str, among(Status)] = Field(examples=["sent"])
    status_label: str = Field(examples=["Enviado"])
    status_color: Annotated[str, among(sorted(set(COLORS.values())))] = Field(examples=["blue"])
    badges: list[Annotated[str, among(BADGES)]] = Field(examples=[["commented"]])
    issue_state: Annotated[str, among(ISSUE_STATES)] = Field(examples=["issued"])
    delivery_state: Annotated[str, among(DELIVERY_STATES)] = Field(examples=["sent"])
    decision: Annotated[str, among(DECISIONS)] = Field(examples=["pending"])
    payment_state: Annotated[str, among(PAYMENT_STATES)] = Field(examples=["unpaid"])
    taxable_base: MoneyView
    tax_total: MoneyView
    total: MoneyView
    amount_payable: MoneyView
    amount_credited: MoneyView = Field(
        description="What corrective invoices by differences took off; nobody paid it."
    )
    amount_paid: MoneyView
    amount_due: MoneyView
    can_pay: bool
    pay_reasons: list[str] = Field(examples=[["payments_not_enabled"]])
    pdf_state: Annotated[str, among(PDF_STATES)] = Field(examples=["ready"])
    pdf_sha256: str | None
    revision: int = Field(examples=[1])
    version: int = Field(examples=[3])
    last_dispatched_at: Instant | None
    allowed_actions: list[Annotated[str, among(STAFF_ACTIONS)]] = Field(
        examples=[["dispatch", "decide"]]
    )
    created_at: Instant
    updated_at: Instant


class RelatedDocument(View):
    """A document this one came from or led to."""

    id: UUID
    kind: str = Field(
        description="`converted`: one took the other's place; `advance_of`: one bills a part of "
        "the other in advance; `deducts`: one takes the other, an advance invoice, off; "
        "`copied`: one was written after the other; `corrects`: one corrects the other.",
        examples=["converted"],
    )
    direction: str = Field(
        description="`source`: the other was there first; `result`: it came out of this one.",
        examples=["result"],
    )
    type: str = Field(examples=["invoice"])
    invoice_kind: str | None = Field(examples=["standard"])
    number: str | None = Field(examples=["F-260012"])
    issue_state: str = Field(examples=["draft"])
    total: MoneyView


class DeductionView(View):
    """An advance invoice that is taken off, with its tax."""

    document_id: UUID
    number: str = Field(examples=["F-260007"])
    issue_date: date
    taxes: list[TaxView]


class DocumentView(DocumentItem):
    """A document, whole."""

    series_id: UUID | None
    layout_id: UUID | None
    deposit_percent: DecimalText | None
    withholding_rate: DecimalText | None
    discount: DiscountView | None
    prices_include_tax: bool
    disbursements: list[DisbursementView]
    notes: str
    lines: list[LineView]
    taxes: list[TaxView]
    withholdings: list[WithholdingView]
    installments: list[InstallmentView]
    deductions: list[DeductionView] = Field(
        description="Advance invoices taken off the taxes; they are no lines and not edited."
    )
    advances: MoneyView = Field(
        description="Money taken for the documents it came from, which it does not ask for again."
    )
    correction: CorrectionView | None = Field(
        description="Of a corrective invoice: which one it corrects, how and why."
    )
    links: list[RelatedDocument]


class DocumentFilters(BaseModel):
    """Filters of documents, to list or to count them; a comma means any of."""

    model_config = ConfigDict(extra="forbid")

    contact_id: UUID | None = Field(None, description="Only this contact's.")
    type: Annotated[str, AnyOf(DocumentType)] | None = Field(
        None,
        max_length=80,
        description="`quote`, `delivery_note`, `proforma`, `invoice`; a comma means any of.",
        examples=["quote,invoice"],
    )
    status: Annotated[str, AnyOf(Status)] | None = Field(
        None,
        max_length=120,
        description="Codes of `GET /v1/meta/document-states`; a comma means any of.",
        examples=["sent,opened"],
    )
    payment_state: Annotated[str, AnyOf(PAYMENT_STATES)] | None = Field(
        None, max_length=120, description="Such as `unpaid,partially_paid`: any of."
    )
    delivery_state: Annotated[str, AnyOf(DELIVERY_STATES)] | None = Field(
        None, max_length=120, description="Such as `failed,deferred`: any of."
    )
    salesperson_id: UUID | None = Field(None, description="Only this user's.")
    vessel_id: UUID | None = Field(None, description="Only this vessel's.")
    issue_date_gte: CivilDate | None = Field(None, description="Issued on this day or later.")
    issue_date_lt: CivilDate | None = Field(None, description="Issued before this day.")
    total_gte: int | None = Field(None, ge=-(10**14), le=10**14, description="Minor units.")
    total_lt: int | None = Field(None, ge=-(10**14), le=10**14, description="Minor units.")
    overdue: bool | None = Field(None, description="Due before today and not paid.")
    expired: bool | None = Field(None, description="Valid until a day that is past.")
    q: Annotated[Line, StringConstraints(max_length=200)] | None = Field(
        None,
        description="Words of the title or the contact, the number with or without its signs, "
        "or the total as people write it; accents, case and small slips are forgiven.",
        examples=["P2026", "1.234,56", "antifouling velero"],
    )


class DocumentQuery(DocumentFilters, PageQuery):
    """The document list: its filters, its order, its page."""

    sort: Literal["-issue_date", "-created_at", "due_date", "-total"] | None = Field(
        None,
        description="A minus means the greatest, or newest, first. Left out, what a search "
        "finds comes closest first, and any other list newest first.",
    )


class DocumentCount(View):
    """How many documents there are in each status."""

    by_status: dict[str, int] = Field(examples=[{"draft": 2, "sent": 5}])
    total: int = Field(examples=[7])


class DecisionOnBehalf(Body):
    """What the client told staff, by phone or in person."""

    decision: Literal["accepted", "rejected", "withdrawn"] = Field(examples=["accepted"])
    told_by: Annotated[Line, StringConstraints(min_length=1, max_length=120)] = Field(
        description="Who said it.", examples=["Ana Ruiz"]
    )
    note: Annotated[Text, StringConstraints(max_length=2000)] = Field(
        "", description="Required to withdraw.", examples=["Por teléfono, a las 10"]
    )


class DecisionView(View):
    """One answer to a revision."""

    id: UUID
    revision: int = Field(examples=[1])
    decision: str = Field(examples=["accepted"])
    actor_kind: str = Field(description="`client`, `staff` or `payment`.", examples=["client"])
    actor_name: str = Field(examples=["Ana Ruiz"])
    channel: str = Field(examples=["public_link"])
    comment: str | None
    pdf_sha256: str
    decided_at: Instant
    is_current: bool


_ISSUER = "Whose letterhead it issues under; null for the organization's own."


class SeriesCreate(Body):
    """A new number series."""

    type: DocumentType = Field(examples=["quote"])
    invoice_kind: Literal["simplified", "corrective"] | None = Field(
        None,
        description="Simplified and corrective invoices have series of their own.",
        examples=[None],
    )
    name: Annotated[Line, StringConstraints(min_length=1, max_length=80)] = Field(
        examples=["Presupuestos 2026"]
    )
    pattern: Annotated[Line, StringConstraints(min_length=2, max_length=40)] = Field(
        description="`[yy]` or `[yyyy]` is the year, a run of `%` the counter.",
        examples=["PX-[yy]%%%%"],
    )
    reset_policy: Literal["yearly", "never"] = Field("yearly", examples=["yearly"])
    default_notes: Notes = Field("", examples=[""])
    is_default: StrictBool = Field(
        default=False, description="Take it when a document names none.", examples=[False]
    )
    issuer_profile_id: UUID | None = Field(None, description=_ISSUER, examples=[None])


class SeriesChanges(Body):
    """Changes of a series: what is left out is left alone.

    Pattern and reset policy change only until the first number is given, and the
    issuer afterwards only to another letterhead of the same tax id: what was issued
    is never renumbered, and no number is given twice.
    """

    name: Annotated[Line, StringConstraints(min_length=1, max_length=80)] = unset()
    pattern: Annotated[Line, StringConstraints(min_length=2, max_length=40)] = unset()
    reset_policy: Literal["yearly", "never"] = unset()
    default_notes: Notes = unset()
    is_default: StrictBool = unset()
    issuer_profile_id: UUID | None = Field(None, description=_ISSUER, examples=[None])
    status: Literal["active", "archived"] = unset()


class SeriesView(View):
    """A number series."""

    id: UUID
    type: str = Field(examples=["quote"])
    invoice_kind: str | None = Field(examples=[None])
    name: str = Field(examples=["Presupuestos"])
    pattern: str = Field(examples=["P-[yy]%%%%"])
    reset_policy: str = Field(examples=["yearly"])
    default_notes: str
    is_default: bool
    issuer_profile_id: UUID | None = Field(description=_ISSUER)
    status: str = Field(description="`active` or `archived`.", examples=["active"])
    created_at: Instant
    version: int = Field(description="What If-Match takes.", examples=[1])


class SeriesQuery(PageQuery):
    """Filters of the series list."""

    type: DocumentType | None = Field(None, description="Only series of this type.")


class StateView(View):
    """One value of `status`, as front ends show it."""

    code: str = Field(examples=["accepted"])
    label: str = Field(examples=["Aceptado"])
    color: str = Field(examples=["green"])
    order: int = Field(examples=[6])


class StatesView(View):
    """Every value of `status`, in order."""

    data: list[StateView]


def pointer_of(index: int, name: str) -> str:
    """Give the JSON pointer of a line's field."""
    return f"/lines/{index}/{name}"
