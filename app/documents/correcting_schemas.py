"""What goes in to correct an invoice, and what is shown of it."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import Field, StrictBool

from app.documents.corrections import Cause, Method
from app.web.schemas import Body, MoneyView, View


class CorrectionOrder(Body):
    """How an invoice is corrected, and why."""

    method: Method = Field(
        description="`differences`: a credit, of all or a part; the invoice stands and less of "
        "it is due. `substitution`: an invoice in its place; the other is voided at issue, and "
        "what was paid moves along.",
        examples=["differences"],
    )
    cause: Cause = Field(
        Cause.OTHER,
        description="It chooses R1 to R4 (a simplified invoice is always R5): `return`, "
        "`discount`, `cancellation`, `price` and `tax` R1, `insolvency` R2, `bad_debt` R3, "
        "`client_data` and `other` R4.",
        examples=["return"],
    )
    line_format: Literal["detailed", "summary"] = Field(
        "detailed", description="Every line, or one line for each tax.", examples=["detailed"]
    )
    carry_notes: StrictBool = Field(
        default=True, description="Take the notes along; the series' own otherwise."
    )


class CorrectionView(View):
    """What a corrective invoice corrects, and how."""

    method: str = Field(examples=["differences"])
    cause: str = Field(examples=["return"])
    code: str = Field(description="AEAT's kind of invoice, `R1` to `R5`.", examples=["R1"])
    document_id: UUID = Field(description="The invoice corrected.")
    number: str = Field(examples=["F-260012"])
    issue_date: date
    taxable_base: MoneyView | None = Field(
        description="Of a substitution: the base invoiced before (BaseRectificada)."
    )
    tax_total: MoneyView | None = Field(
        description="Of a substitution: the tax and surcharge invoiced before."
    )
