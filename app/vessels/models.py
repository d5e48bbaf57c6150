"""Vessels, and the contacts that have to do with them."""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Numeric,
    Text,
    and_,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from app.contacts.models import Contact
from app.contacts.search import fold, searchable
from app.kernel.database import Base
from app.organizations.models import Organization
from app.vessels.marks import registration_key


class PartyRole(StrEnum):
    """What a contact is to a vessel; only one at a time is the owner who is billed."""

    OWNER = "owner"
    CO_OWNER = "co_owner"
    OPERATOR = "operator"
    SKIPPER = "skipper"
    PAYER = "payer"
    BROKER = "broker"
    INSURER = "insurer"
    MANAGER = "manager"


class VesselParty(Base):
    """A contact in one role of a vessel; `valid_to` is the day it ended, None while it lasts."""

    __tablename__ = "vessel_parties"
    __table_args__ = (
        ForeignKeyConstraint(
            ["organization_id", "vessel_id"], ["vessels.organization_id", "vessels.id"]
        ),
        ForeignKeyConstraint(
            ["organization_id", "contact_id"], [Contact.organization_id, Contact.id]
        ),
        CheckConstraint(
            "role in ('owner', 'co_owner', 'operator', 'skipper', 'payer', 'broker', "
            "'insurer', 'manager')",
            name="role",
        ),
        CheckConstraint("valid_to >= valid_from", name="dates"),
        Index(
            "uq_vessel_parties_owner",
            "organization_id",
            "vessel_id",
            unique=True,
            postgresql_where=text("role = 'owner' and valid_to is null"),
        ),
        Index("ix_vessel_parties_vessel", "organization_id", "vessel_id", "position"),
        Index("ix_vessel_parties_contact", "organization_id", "contact_id", "vessel_id"),
    )

    organization_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    vessel_id: Mapped[UUID]
    contact_id: Mapped[UUID]
    role: Mapped[str]
    position: Mapped[int]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]

    contact: Mapped[Contact] = relationship(
        primaryjoin=lambda: and_(
            Contact.organization_id == VesselParty.organization_id,
            Contact.id == foreign(VesselParty.contact_id),
        ),
        viewonly=True,
        lazy="raise",
    )


def _unlike(column: str) -> Index:
    """Keep two active vessels from having one mark, unless that was said to be right."""
    return Index(
        f"uq_vessels_{column}",
        "organization_id",
        column,
        unique=True,
        postgresql_where=text("status = 'active' and not allow_duplicate"),
    )


class Vessel(Base):
    """A boat that work is done on and documents are about."""

    __tablename__ = "vessels"
    __table_args__ = (
        CheckConstraint(
            "kind in ('sail', 'motor', 'rib', 'jet_ski', 'tender', 'other')", name="kind"
        ),
        CheckConstraint("status in ('active', 'archived')", name="status"),
        CheckConstraint(
            "(registration_number is null) = (registration_key is null)", name="registration"
        ),
        _unlike("registration_key"),
        _unlike("hin"),
        _unlike("mmsi"),
        Index("ix_vessels_name", "organization_id", "search_name", "id"),
        Index(
            "ix_vessels_words",
            "organization_id",
            "words",
            postgresql_using="gin",
            postgresql_ops={"words": "gin_trgm_ops"},
        ),
    )

    organization_id: Mapped[UUID] = mapped_column(ForeignKey(Organization.id), primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str]
    kind: Mapped[str | None]
    brand: Mapped[str]
    model: Mapped[str]
    year: Mapped[int | None]
    registration_number: Mapped[str | None]
    registration_key: Mapped[str | None]
    """The registration without signs, so that two ways to write it are one."""
    flag_country_code: Mapped[str | None]
    home_port: Mapped[str]
    hin: Mapped[str | None]
    mmsi: Mapped[str | None]
    call_sign: Mapped[str | None]
    length_m: Mapped[Decimal | None] = mapped_column(Numeric(6, 2))
    beam_m: Mapped[Decimal | None] = mapped_column(Numeric(6, 2))
    draft_m: Mapped[Decimal | None] = mapped_column(Numeric(6, 2))
    depth_m: Mapped[Decimal | None] = mapped_column(Numeric(6, 2))
    displacement_kg: Mapped[int | None]
    material: Mapped[str]
    engines: Mapped[list[JsonValue]] = mapped_column(JSONB)
    certificates: Mapped[list[JsonValue]] = mapped_column(JSONB)
    insurance: Mapped[JsonValue] = mapped_column(JSONB(none_as_null=True), nullable=True)
    berth: Mapped[str]
    storage_place: Mapped[str]
    notes: Mapped[str]
    tags: Mapped[list[str]]
    allow_duplicate: Mapped[bool]
    """Shares a mark with another vessel on purpose."""
    status: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    version: Mapped[int] = mapped_column()

    search_name: Mapped[str] = mapped_column(Text(collation="C"))
    search_text: Mapped[str]
    words: Mapped[str] = mapped_column(Computed("folded(search_text)"), deferred=True)
    """What searches look through: the text above, folded by the database."""

    all_parties: Mapped[list[VesselParty]] = relationship(
        cascade="all, delete-orphan", order_by=VesselParty.position, lazy="raise"
    )
    """Of now and of before, in every role."""

    __mapper_args__ = {  # noqa: RUF012 - SQLAlchemy's own form
        "version_id_col": version,
        "eager_defaults": False,  # nobody reads the words back
    }

    @property
    def owners(self) -> list[VesselParty]:
        """Everybody it belonged to, the present owner first."""
        return [party for party in reversed(self.all_parties) if party.role == PartyRole.OWNER]

    @property
    def ownership(self) -> VesselParty | None:
        """Whose it is now, when that is known."""
        return next((party for party in self.owners if party.valid_to is None), None)

    @property
    def parties(self) -> list[VesselParty]:
        """Who has to do with it besides its owners."""
        return [party for party in self.all_parties if party.role != PartyRole.OWNER]

    def proposed_clients(self) -> Iterator[VesselParty]:
        """Give who its documents may be for: the owner first, then who pays or operates it."""
        order = (PartyRole.OWNER, PartyRole.PAYER, PartyRole.OPERATOR, PartyRole.CO_OWNER)
        for role in order:
            for party in self.all_parties:
                is_current = party.role == role and party.valid_to is None
                if is_current and party.contact.status == "active":
                    yield party

    def index(self) -> None:
        """Renew what lists sort by and searches look through."""
        number = self.registration_number
        self.registration_key = None if number is None else registration_key(number)
        self.search_name = fold(self.name)
        marks = (number, self.registration_key, self.hin, self.mmsi, self.call_sign)
        self.search_text = searchable(self.name, *marks, self.brand, self.model, self.home_port)
