"""What goes in and out about the words of letters."""

from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.dispatch import placeholders
from app.documents.printable import DocumentType
from app.kernel.languages import Language
from app.web.schemas import Body, Instant, Line, PageQuery, Text, View, unset

Subject = Annotated[Line, StringConstraints(min_length=1, max_length=300)]
Words = Annotated[Text, StringConstraints(min_length=1, max_length=10_000)]

_EXAMPLE = "Te enviamos {{ document.the_name }} {{ document.number }}."
_SUBJECT = "Liquid, on one line; it may name what the body may."
_BODY = (
    "Liquid, plain text; greeting, buttons, signature and legal footer are added around it. "
    f"It may name {placeholders.NAMES}; what a document lacks is empty, and `if` tells. "
    "Tags: `if`, `unless`, `case`, `for`, "
    "`assign`, `capture`, `comment`."
)


class Purpose(StrEnum):
    """What a letter is for: to send a document, again, or a new version; to remind of one."""

    FIRST = "first"
    RESEND = "resend"
    REVISION = "revision"
    REMINDER = "reminder"


class TemplateCreate(Body):
    """Words for one type of document, purpose and language."""

    document_type: DocumentType = Field(examples=["quote"])
    purpose: Purpose = Field(Purpose.FIRST, examples=["first"])
    language: Language = Field(examples=["es"])
    subject: Subject = Field(
        description=_SUBJECT, examples=["{{ document.number }} de {{ organization.name }}"]
    )
    body: Words = Field(description=_BODY, examples=[_EXAMPLE])


class TemplateChanges(Body):
    """Changes: what is left out is left alone."""

    subject: Subject = unset()
    body: Words = unset()


class TemplateView(View):
    """An organization's own words; where it has none, ours are sent."""

    id: UUID
    document_type: str = Field(examples=["quote"])
    purpose: str = Field(examples=["first"])
    language: str = Field(examples=["es"])
    subject: str = Field(examples=["{{ document.number }} de {{ organization.name }}"])
    body: str = Field(description=_BODY, examples=[_EXAMPLE])
    created_at: Instant
    updated_at: Instant
    version: int = Field(description="What If-Match takes.", examples=[1])


class TemplateQuery(PageQuery):
    """Filters of the list of templates."""

    document_type: DocumentType | None = Field(None, description="Only those of this type.")
    purpose: Purpose | None = Field(None, description="Only those for this.")
    language: Language | None = Field(None, description="Only those in this language.")


class TemplateTrial(Body):
    """Words to try on a document, real or made up."""

    document_type: DocumentType = Field(examples=["quote"])
    purpose: Purpose = Field(Purpose.FIRST, examples=["first"])
    language: Language = Field(examples=["es"])
    subject: Subject | None = Field(
        None, description="Our own words when left out.", examples=["{{ document.number }}"]
    )
    body: Words | None = Field(
        None, description="Our own words when left out.", examples=[_EXAMPLE]
    )
    document_id: UUID | None = Field(
        None,
        description="An issued document of the type; one is made up when left out.",
        examples=[None],
    )


class TemplatePreview(View):
    """The letter as it would be sent, nothing stored; `{link}` stands for the link."""

    subject: str = Field(examples=["P-260041 de Taller Ejemplo"])
    body: str = Field(description="The words alone.", examples=["Te enviamos el presupuesto…"])
    body_text: str = Field(description="The whole letter.", examples=["Hola, Ana:\n\n…"])
    body_html: str = Field(examples=["<!doctype html>…"])
    language: str = Field(examples=["es"])
