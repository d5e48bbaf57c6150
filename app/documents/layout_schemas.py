"""What goes in and out about layouts."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictBool, StringConstraints

from app.documents.printable import DocumentType
from app.kernel.languages import DEFAULT_LANGUAGE, LANGUAGES, Language
from app.web.schemas import Body, Instant, Line, PageQuery, Text, View, unset

Name = Annotated[Line, StringConstraints(min_length=1, max_length=80)]
Passage = Annotated[Text, StringConstraints(max_length=2000)]
Foot = Annotated[Line, StringConstraints(max_length=200)]
Color = Annotated[str, StringConstraints(pattern="^#[0-9A-Fa-f]{6}$")]
ColumnName = Literal["quantity", "unit_price", "discount", "tax"]

COLUMNS: tuple[ColumnName, ...] = ("quantity", "unit_price", "discount", "tax")


class LayoutTexts(Body):
    """The organization's own words in one language; an empty one is not printed."""

    language: Language = Field(DEFAULT_LANGUAGE, examples=["es"])
    intro: Passage = Field("", description="Above the lines.", examples=["Gracias por tu visita."])
    terms: Passage = Field(
        "", description="Terms of payment and delivery, before the document's own.", examples=[""]
    )
    closing: Passage = Field("", description="Below everything else.", examples=[""])
    footer: Foot = Field(
        "", description="At the foot of every page, instead of the letterhead's.", examples=[""]
    )


class Look(Body):
    """How a document is laid out; what is left out is as without a layout.

    An invoice always shows what the law wants on it (RD 1619/2012 art. 6.1): its lines
    whole, with unit price, discount and tax rate.
    """

    lines: Literal["detailed", "summary"] = Field(
        "detailed",
        description="`summary` prints of each line its concept and amount alone, no details.",
        examples=["detailed"],
    )
    columns: Annotated[list[ColumnName], Field(max_length=len(COLUMNS))] = Field(
        list(COLUMNS),
        description="Those shown besides concept and amount, of detailed lines.",
    )
    logo: Literal["left", "right", "none"] = Field("left", examples=["left"])
    accent_color: Color | None = Field(
        None,
        description="The letterhead's when null; texts in it are darkened until they contrast.",
        examples=["#0f5a78"],
    )
    shows_bank_account: StrictBool = Field(
        default=True, description="The IBAN of proformas and invoices.", examples=[True]
    )
    texts: Annotated[list[LayoutTexts], Field(max_length=len(LANGUAGES))] = Field(
        [], description="One for each language; none in a language prints none."
    )


class LayoutCreate(Body):
    """A new layout."""

    type: DocumentType = Field(examples=["quote"])
    name: Name = Field(examples=["Presupuesto resumido"])
    look: Look = Field(default_factory=Look)
    is_default: StrictBool = Field(
        default=False, description="Take it when a document names none.", examples=[False]
    )


class LayoutChanges(Body):
    """Changes of a layout: what is left out is left alone; `look` is replaced whole."""

    name: Name = unset()
    look: Look = unset()
    is_default: StrictBool = unset()
    status: Literal["active", "archived"] = unset()


class LayoutTrial(Body):
    """A look to try before it is kept."""

    type: DocumentType = Field(DocumentType.QUOTE, examples=["quote"])
    look: Look = Field(default_factory=Look)
    language: Language | None = Field(
        None, description="The document's, or the organization's, when null.", examples=["es"]
    )
    document_id: UUID | None = Field(
        None,
        description="Print this document, whose type then counts; one made up when null.",
        examples=[None],
    )


class LayoutTextsView(View):
    """The organization's own words in one language."""

    language: str = Field(examples=["es"])
    intro: str
    terms: str
    closing: str
    footer: str


class LookView(View):
    """How a document is laid out."""

    lines: str = Field(description="`detailed` or `summary`.", examples=["detailed"])
    columns: list[str] = Field(examples=[list(COLUMNS)])
    logo: str = Field(description="`left`, `right` or `none`.", examples=["left"])
    accent_color: str | None = Field(examples=["#0f5a78"])
    shows_bank_account: bool
    texts: list[LayoutTextsView]


class LayoutView(View):
    """A layout."""

    id: UUID
    type: str = Field(examples=["quote"])
    name: str = Field(examples=["Presupuesto resumido"])
    look: LookView
    is_default: bool
    status: str = Field(description="`active` or `archived`.", examples=["active"])
    created_at: Instant
    version: int = Field(description="What If-Match takes.", examples=[1])


class LayoutQuery(PageQuery):
    """Filters of the list."""

    type: DocumentType | None = Field(None, description="Only layouts of this type.")
