"""What goes in and out about the organization itself."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictBool, StringConstraints

from app.web.schemas import Body, DecimalText, Instant, Line, View, unset

Name = Annotated[Line, StringConstraints(min_length=1, max_length=120)]
LegalName = Annotated[Line, StringConstraints(min_length=1, max_length=200)]
TaxId = Annotated[Line, StringConstraints(min_length=1, max_length=40)]
Street = Annotated[Line, StringConstraints(min_length=1, max_length=200)]
PostalCode = Annotated[Line, StringConstraints(max_length=12)]
City = Annotated[Line, StringConstraints(min_length=1, max_length=120)]
Province = Annotated[Line, StringConstraints(max_length=120)]
Country = Annotated[Line, StringConstraints(min_length=2, max_length=2)]
Email = Annotated[Line, StringConstraints(min_length=1, max_length=254)]
Phone = Annotated[Line, StringConstraints(min_length=1, max_length=40)]
Registry = Annotated[Line, StringConstraints(min_length=1, max_length=200)]
Iban = Annotated[Line, StringConstraints(min_length=1, max_length=50)]
Color = Annotated[str, StringConstraints(pattern="^#[0-9A-Fa-f]{6}$")]
Days = Annotated[int, Field(strict=True, ge=0, le=365)]
ValidDays = Annotated[int, Field(strict=True, ge=1, le=365)]
Rate = Annotated[DecimalText, Field(ge=0, le=100, decimal_places=2)]
TimeZone = Annotated[Line, StringConstraints(min_length=1, max_length=64)]

_ACCENT = "Of rules, links and the filled button; what is read on it is chosen to contrast."
_NAME = "The name clients know."
_REGISTRY = "Mercantile Registry data, printed at the foot (CCom art. 24.1)."


class LetterheadChanges(Body):
    """Changes of who issues: what is left out is left alone, null clears."""

    name: Name = unset()
    legal_name: LegalName = unset()
    tax_id: TaxId = unset()
    street: Street = unset()
    postal_code: PostalCode = unset()
    city: City = unset()
    province: Province = unset()
    country: Country = unset()
    email: Email = unset()
    phone: Phone | None = Field(None, examples=["+34971000000"])
    mercantile_registry: Registry | None = Field(None, description=_REGISTRY, examples=[None])
    iban: Iban | None = Field(None, examples=["ES9121000418450200051332"])
    accent_color: Color = unset()


class OrganizationChanges(LetterheadChanges):
    """Changes: what is left out is left alone, null clears.

    Documents already issued keep what they say.
    """

    time_zone: TimeZone = unset()
    default_language: Literal["es", "en"] = unset()
    default_tax_rate: Rate = unset()
    quote_validity_days: ValidDays = unset()
    payment_terms_days: Days = unset()
    simplified_activity: StrictBool = unset()


class LetterheadView(View):
    """The legal data and the looks that a document prints."""

    id: UUID
    name: str = Field(description=_NAME, examples=["Taller Náutico Ejemplo"])
    legal_name: str = Field(examples=["Taller Náutico Ejemplo, S.L."])
    tax_id: str = Field(examples=["B83534750"])
    street: str = Field(examples=["Muelle de Muestra 3"])
    postal_code: str = Field(examples=["07001"])
    city: str = Field(examples=["Palma"])
    province: str = Field(examples=["Illes Balears"])
    country: str = Field(examples=["ES"])
    email: str = Field(examples=["oficina@taller.example"])
    phone: str | None = Field(examples=["+34900000000"])
    mercantile_registry: str | None = Field(
        description=_REGISTRY, examples=["R.M. de Palma, tomo 1, folio 1, hoja PM-1"]
    )
    iban: str | None = Field(examples=["ES9121000418450200051332"])
    accent_color: str = Field(description=_ACCENT, examples=["#0f5a78"])
    logo_sha256: str | None = Field(
        description="Of the prepared logo; null without one.", examples=[None]
    )


class OrganizationView(LetterheadView):
    """The organization's legal data and defaults."""

    time_zone: str = Field(examples=["Europe/Madrid"])
    default_language: str = Field(examples=["es"])
    default_tax_rate: DecimalText
    quote_validity_days: int = Field(examples=[30])
    payment_terms_days: int = Field(examples=[30])
    simplified_activity: bool = Field(
        description="Whether its activity is one of ROF art. 4.2 (retail, hospitality, parking, "
        "services at home, …): simplified invoices up to 3,000 € with tax, and not 400 €."
    )
    payments_enabled: bool
    created_at: Instant
    version: int = Field(description="What If-Match takes.", examples=[1])
