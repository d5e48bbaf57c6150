"""What goes in to convert and to copy documents."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictBool

from app.documents.printable import DocumentType
from app.documents.schemas import Percent
from app.web.schemas import Body

AMOUNT_MAX_MINOR = 10**14


class Goal(StrEnum):
    """What a document can become."""

    DELIVERY_NOTE = "delivery_note"
    PROFORMA = "proforma"
    INVOICE = "invoice"
    ADVANCE = "advance"


class AmountBody(Body):
    """An amount in minor units."""

    amount: Annotated[int, Field(strict=True, gt=0, le=AMOUNT_MAX_MINOR)] = Field(
        description="Integer minor units.", examples=[30000]
    )
    currency: Literal["EUR"] = Field("EUR", description="The document's currency.")


class Conversion(Body):
    """What a document is to become."""

    to: Goal = Field(
        description="`advance` is an advance invoice of a quote, of `percent` or `amount`; "
        "`invoice` with either of them is the same.",
        examples=["invoice"],
    )
    line_format: Literal["detailed", "summary"] = Field(
        "detailed", description="Every line, or one line for each tax.", examples=["detailed"]
    )
    percent: Annotated[Percent, Field(gt=0)] | None = Field(
        None,
        description="Share of the quote's total to ask for in advance; its deposit's, when "
        "neither this nor `amount` comes.",
        examples=[None],
    )
    amount: AmountBody | None = Field(
        None, description="What to ask for in advance, with its taxes.", examples=[None]
    )
    document_ids: Annotated[list[UUID], Field(max_length=100)] = Field(
        default_factory=list,
        description="Further delivery notes of the same client to go into the same invoice.",
        examples=[[]],
    )
    carry_notes: StrictBool = Field(
        default=True, description="Take the notes along; the series' own otherwise."
    )


class Copying(Body):
    """How a copy differs; what is left out stays as it is."""

    type: DocumentType | None = Field(None, examples=["quote"])
    contact_id: UUID | None = Field(None, description="Another client.", examples=[None])
    vessel_id: UUID | None = Field(None, examples=[None])
    refresh_prices: StrictBool = Field(
        default=False,
        description="Rates of tax that are no longer in force become the organization's default. "
        "There is no list of prices: the written ones stay.",
    )
    keep_discounts: StrictBool = Field(
        default=True, description="False for full prices, of the lines and of the whole."
    )
