"""What goes in and out about the organization itself."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StrictBool, StringConstraints

from app.kernel.colors import HOUSE_ACCENT
from app.kernel.languages import Language
from app.web.schemas import Body, DecimalText, Instant, Line, PageQuery, View, unset

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
Footer = Annotated[Line, StringConstraints(max_length=200)]
Label = Annotated[Line, StringConstraints(min_length=1, max_length=80)]
Color = Annotated[str, StringConstraints(pattern="^#[0-9A-Fa-f]{6}$")]
Days = Annotated[int, Field(strict=True, ge=0, le=365)]
ValidDays = Annotated[int, Field(strict=True, ge=1, le=365)]
Rate = Annotated[DecimalText, Field(ge=0, le=100, decimal_places=2)]
Status = Literal["active", "archived"]
TimeZone = Annotated[Line, StringConstraints(min_length=1, max_length=64)]

_ACCENT = "Of rules, links and the filled button; what is read on it is chosen to contrast."
_FOOTER = "A line of the house's own at the foot of every page."
_LABEL = "What staff call it; clients never see it."
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
    footer: Footer = unset()
    accent_color: Color = unset()


class OrganizationChanges(LetterheadChanges):
    """Changes: what is left out is left alone, null clears.

    Documents already issued keep what they say.
    """

    time_zone: TimeZone = unset()
    default_language: Language = unset()
    default_tax_rate: Rate = unset()
    quote_validity_days: ValidDays = unset()
    payment_terms_days: Days = unset()
    simplified_activity: StrictBool = unset()


class IssuerProfileCreate(Body):
    """Another letterhead to issue under; give it a logo afterwards."""

    label: Label = Field(description=_LABEL, examples=["Escuela de vela"])
    name: Name = Field(description=_NAME, examples=["Escuela de Vela Ejemplo"])
    legal_name: LegalName = Field(examples=["Escuela de Vela Ejemplo, S.L."])
    tax_id: TaxId = Field(examples=["B83534750"])
    street: Street = Field(examples=["Muelle de Muestra 5"])
    postal_code: PostalCode = Field(examples=["07001"])
    city: City = Field(examples=["Palma"])
    province: Province = Field(
        "", description="In Spain, the postcode's when left out or empty.", examples=[""]
    )
    country: Country = Field("ES", description="ISO 3166, two letters.", examples=["ES"])
    email: Email = Field(examples=["escuela@taller.example"])
    phone: Phone | None = Field(None, examples=["+34971000001"])
    mercantile_registry: Registry | None = Field(None, description=_REGISTRY, examples=[None])
    iban: Iban | None = Field(None, examples=["ES9121000418450200051332"])
    footer: Footer = Field("", description=_FOOTER, examples=[""])
    accent_color: Color = Field(HOUSE_ACCENT, description=_ACCENT, examples=[HOUSE_ACCENT])


class IssuerProfileChanges(LetterheadChanges):
    """Changes: what is left out is left alone, null clears.

    Documents already issued keep what they say.
    """

    label: Label = unset()
    status: Status = unset()


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
    footer: str = Field(description=_FOOTER, examples=[""])
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


class IssuerProfileView(LetterheadView):
    """Another letterhead of the organization."""

    label: str = Field(description=_LABEL, examples=["Escuela de vela"])
    status: str = Field(description="`active` or `archived`.", examples=["active"])
    created_at: Instant
    version: int = Field(description="What If-Match takes.", examples=[1])


class IssuerProfileQuery(PageQuery):
    """Filters of the list of issuer profiles."""

    status: Status = Field("active", description="`archived` for those put away.")
