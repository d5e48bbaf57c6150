"""What goes in and out about vessels."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StringConstraints

from app.contacts.part_schemas import Country
from app.contacts.schemas import Notes, Tags
from app.vessels.models import PartyRole, Vessel, VesselParty
from app.web.schemas import (
    Body,
    CivilDate,
    DecimalText,
    Instant,
    Line,
    PageQuery,
    View,
    among,
    unset,
)

_HUNDREDTH = Decimal("0.01")


def _with_two_places(length: Decimal) -> Decimal:
    """Give a length as it is stored, so that it reads the same from the first answer on."""
    return length.quantize(_HUNDREDTH)


Name = Annotated[Line, StringConstraints(min_length=1, max_length=120)]
Short = Annotated[Line, StringConstraints(max_length=120)]
Mark = Annotated[Line, StringConstraints(min_length=1, max_length=40)]
Day = Annotated[CivilDate, Field(ge=date(1900, 1, 1), le=date(2999, 12, 31))]
Metres = Annotated[
    DecimalText, Field(gt=0, lt=1000, decimal_places=2), AfterValidator(_with_two_places)
]
Year = Annotated[StrictInt, Field(ge=1800, le=2999)]
Kilograms = Annotated[StrictInt, Field(gt=0, le=10**9)]
Kind = Literal["sail", "motor", "rib", "jet_ski", "tender", "other"]
Status = Literal["active", "archived"]
OtherRole = Literal["co_owner", "operator", "skipper", "payer", "broker", "insurer", "manager"]

_ALLOW_DUPLICATE = "Share a registration, HIN or MMSI with another active vessel."


class EngineBody(Body):
    """An engine, and its hours on a day."""

    brand: Short = Field("", examples=["Volvo Penta"])
    model: Short = Field("", examples=["D2-40"])
    serial_number: Short = Field("", examples=["5102345678"])
    power_kw: Annotated[DecimalText, Field(gt=0, lt=100_000, decimal_places=2)] | None = Field(
        None, examples=["28.00"]
    )
    hours: Annotated[StrictInt, Field(ge=0, le=10**7)] | None = Field(None, examples=[1240])
    hours_on: Day | None = Field(
        None, description="The day the hours were read.", examples=["2026-11-24"]
    )


class CertificateBody(Body):
    """A paper of the vessel that runs out: navigation licence, inspection."""

    name: Name = Field(examples=["Certificado de navegabilidad"])
    number: Short = Field("", examples=["CN-1234"])
    expires_on: Day | None = Field(None, examples=["2028-05-31"])


class InsuranceBody(Body):
    """Who insures it."""

    company: Name = Field(examples=["Seguros Ficticios"])
    policy_number: Short = Field("", examples=["POL-0001"])
    expires_on: Day | None = Field(None, examples=["2027-06-30"])


class PartyBody(Body):
    """A contact in one role; the owner is changed by a transfer."""

    contact_id: UUID
    role: OtherRole = Field(examples=["skipper"])
    valid_from: Day | None = Field(None, examples=["2026-01-01"])
    valid_to: Day | None = Field(
        None, description="The day it ended; null while it lasts.", examples=[None]
    )


Engines = Annotated[list[EngineBody], Field(max_length=10)]
Certificates = Annotated[list[CertificateBody], Field(max_length=30)]
Parties = Annotated[list[PartyBody], Field(max_length=50)]


class VesselDraft(Body):
    """A new vessel: a name is enough."""

    name: Name = Field(examples=["Brisa de Prueba"])
    owner_id: UUID | None = Field(
        None, description="The contact it belongs to; changed later by transfers.", examples=[None]
    )
    owned_since: Day | None = Field(None, examples=["2020-03-01"])
    kind: Kind | None = Field(None, examples=["sail"])
    brand: Short = Field("", examples=["Bavaria"])
    model: Short = Field("", examples=["Cruiser 37"])
    year: Year | None = Field(None, examples=[2015])
    registration_number: Mark | None = Field(
        None, description="As it is painted.", examples=["7ª-PM-1-123-20"]
    )
    flag_country_code: Country | None = Field(
        None, description="ISO 3166, two letters.", examples=["ES"]
    )
    home_port: Short = Field("", examples=["Palma"])
    hin: Mark | None = Field(None, examples=["ES-ABC12345A616"])
    mmsi: Mark | None = Field(None, examples=["224123456"])
    call_sign: Mark | None = Field(None, examples=["EA1234"])
    length_m: Metres | None = Field(None, examples=["11.40"])
    beam_m: Metres | None = Field(None, examples=["3.67"])
    draft_m: Metres | None = Field(None, examples=["1.95"])
    depth_m: Metres | None = Field(None, examples=[None])
    displacement_kg: Kilograms | None = Field(None, examples=[7000])
    material: Short = Field("", examples=["Poliéster"])
    engines: Engines = Field(default_factory=list)
    certificates: Certificates = Field(default_factory=list)
    insurance: InsuranceBody | None = Field(None)
    berth: Short = Field("", examples=["Pantalán 4, 112"])
    storage_place: Short = Field("", examples=["Varadero, fila B"])
    parties: Parties = Field(
        default_factory=list, description="Who else has to do with it, in which role."
    )
    notes: Notes = Field("", examples=["Llaves en la oficina."])
    tags: Tags = Field(default_factory=list, examples=[["invierno"]])
    allow_duplicate: StrictBool = Field(
        default=False, description=_ALLOW_DUPLICATE, examples=[False]
    )


class VesselChanges(Body):
    """Changes: what is left out is left alone, null clears, a list replaces the whole list."""

    name: Name = unset()
    kind: Kind | None = Field(None, examples=["motor"])
    brand: Short = unset()
    model: Short = unset()
    year: Year | None = Field(None, examples=[2016])
    registration_number: Mark | None = Field(None, examples=["7ª-PM-1-123-20"])
    flag_country_code: Country | None = Field(None, examples=["ES"])
    home_port: Short = unset()
    hin: Mark | None = Field(None, examples=[None])
    mmsi: Mark | None = Field(None, examples=[None])
    call_sign: Mark | None = Field(None, examples=[None])
    length_m: Metres | None = Field(None, examples=["11.40"])
    beam_m: Metres | None = Field(None, examples=[None])
    draft_m: Metres | None = Field(None, examples=[None])
    depth_m: Metres | None = Field(None, examples=[None])
    displacement_kg: Kilograms | None = Field(None, examples=[None])
    material: Short = unset()
    engines: Engines = unset()
    certificates: Certificates = unset()
    insurance: InsuranceBody | None = Field(None)
    berth: Short = unset()
    storage_place: Short = unset()
    parties: Parties = unset()
    notes: Notes = unset()
    tags: Tags = unset()
    allow_duplicate: StrictBool = unset()
    status: Status = unset()


class Transfer(Body):
    """A change of owner."""

    contact_id: UUID = Field(description="The new owner.")
    transferred_on: Day | None = Field(
        None, description="The day of the sale; today when null.", examples=["2026-11-20"]
    )


class EngineView(View):
    """An engine, and its hours on a day."""

    brand: str = Field(examples=["Volvo Penta"])
    model: str = Field(examples=["D2-40"])
    serial_number: str = Field(examples=["5102345678"])
    power_kw: DecimalText | None = Field(examples=["28.00"])
    hours: int | None = Field(examples=[1240])
    hours_on: date | None = Field(examples=["2026-11-24"])


class CertificateView(View):
    """A paper of the vessel that runs out."""

    name: str = Field(examples=["Certificado de navegabilidad"])
    number: str = Field(examples=["CN-1234"])
    expires_on: date | None = Field(examples=["2028-05-31"])


class InsuranceView(View):
    """Who insures it."""

    company: str = Field(examples=["Seguros Ficticios"])
    policy_number: str = Field(examples=["POL-0001"])
    expires_on: date | None = Field(examples=["2027-06-30"])


class ContactRef(View):
    """A contact, by name."""

    id: UUID
    display_name: str = Field(examples=["Velero Ficticio, S.L."])


class PartyView(View):
    """A contact in one role of a vessel."""

    contact: ContactRef
    role: Annotated[str, among(PartyRole)] = Field(examples=["skipper"])
    valid_from: date | None = Field(examples=["2026-01-01"])
    valid_to: date | None = Field(
        description="The day it ended; null while it lasts.", examples=[None]
    )


class VesselView(View):
    """A vessel."""

    id: UUID
    name: str = Field(examples=["Brisa de Prueba"])
    owner: ContactRef | None
    owned_since: date | None = Field(examples=["2020-03-01"])
    owners: list[PartyView] = Field(description="Everybody it belonged to, the latest first.")
    parties: list[PartyView] = Field(description="Who has to do with it besides its owners.")
    proposed_clients: list[PartyView] = Field(
        description="Who its documents may be for: the owner first, then who pays, operates or "
        "owns it with them. Any other contact with the role `client` may be chosen.",
    )
    kind: str | None = Field(examples=["sail"])
    brand: str = Field(examples=["Bavaria"])
    model: str = Field(examples=["Cruiser 37"])
    year: int | None = Field(examples=[2015])
    registration_number: str | None = Field(examples=["7ª-PM-1-123-20"])
    flag_country_code: str | None = Field(examples=["ES"])
    home_port: str = Field(examples=["Palma"])
    hin: str | None = Field(examples=["ESABC12345A616"])
    mmsi: str | None = Field(examples=["224123456"])
    call_sign: str | None = Field(examples=["EA1234"])
    length_m: DecimalText | None = Field(examples=["11.40"])
    beam_m: DecimalText | None = Field(examples=["3.67"])
    draft_m: DecimalText | None = Field(examples=["1.95"])
    depth_m: DecimalText | None = Field(examples=[None])
    displacement_kg: int | None = Field(examples=[7000])
    material: str = Field(examples=["Poliéster"])
    engines: list[EngineView]
    certificates: list[CertificateView]
    insurance: InsuranceView | None
    berth: str = Field(examples=["Pantalán 4, 112"])
    storage_place: str = Field(examples=["Varadero, fila B"])
    notes: str = Field(examples=["Llaves en la oficina."])
    tags: list[str] = Field(examples=[["invierno"]])
    allow_duplicate: bool = Field(description=_ALLOW_DUPLICATE)
    status: str = Field(examples=["active"])
    version: int = Field(description="What If-Match takes.", examples=[1])
    created_at: Instant
    updated_at: Instant


class VesselQuery(PageQuery):
    """Which vessels to list."""

    q: Annotated[Line, StringConstraints(max_length=100)] | None = Field(
        None,
        description="Words of the name, brand, model or port, the registration with or without "
        "its signs, HIN, MMSI or call sign; accents, case and small slips are forgiven.",
        examples=["brisa"],
    )
    contact_id: UUID | None = Field(
        None, description="Only those this contact has to do with now, in any role."
    )
    tag: Annotated[Line, StringConstraints(max_length=40)] | None = Field(
        None, description="Only those with this tag."
    )
    status: Status = Field("active", description="`archived` for those put away.")


def view_of(vessel: Vessel) -> VesselView:
    """Show a vessel; its parties and their contacts are loaded."""
    ownership = vessel.ownership
    fields = {
        name: getattr(vessel, name)
        for name in VesselView.model_fields
        if name not in {"owner", "owned_since", "owners", "parties", "proposed_clients"}
    }
    return VesselView.model_validate(
        {
            **fields,
            "owner": ownership and ContactRef.model_validate(ownership.contact),
            "owned_since": ownership and ownership.valid_from,
            "owners": _parties(vessel.owners),
            "parties": _parties(vessel.parties),
            "proposed_clients": _parties(list(vessel.proposed_clients())),
        }
    )


def _parties(parties: list[VesselParty]) -> list[PartyView]:
    return [PartyView.model_validate(party) for party in parties]
