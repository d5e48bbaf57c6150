"""Who a contact is: names and tax ids, and how they must fit together (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Self

from app.kernel import places, tax_ids
from app.kernel.findings import Findings
from app.kernel.tax_ids import TaxIdKind


class PartyKind(StrEnum):
    """A person, a company, or partners without a company (comunidad de bienes)."""

    NATURAL_PERSON = "natural_person"
    LEGAL_ENTITY = "legal_entity"
    UNINCORPORATED = "unincorporated"


class Role(StrEnum):
    """What a contact is to the organization; one can be several."""

    CLIENT = "client"
    SUPPLIER = "supplier"
    CREDITOR = "creditor"
    DEBTOR = "debtor"
    LEAD = "lead"


PERSON_NAMES = ("given_name", "surname", "second_surname")


@dataclass(frozen=True, slots=True)
class Identity:
    """The fields that say who a contact is; `tax_id_country` is an ISO 3166 code."""

    party_kind: PartyKind
    legal_name: str | None = None
    trade_name: str | None = None
    given_name: str | None = None
    surname: str | None = None
    second_surname: str | None = None
    tax_id: str | None = None
    tax_id_kind: TaxIdKind | None = None
    tax_id_country: str = "ES"
    vat_id: str | None = None

    @property
    def display_name(self) -> str:
        """The full or registered name."""
        if self.party_kind == PartyKind.NATURAL_PERSON:
            names = (self.given_name, self.surname, self.second_surname)
            return " ".join(name for name in names if name)
        return self.legal_name or ""

    def changed(self, came: Mapping[str, Any]) -> Self:
        """Give the identity with some fields changed.

        A party that turns into another kind leaves the names of the old kind behind.
        """
        kind = came.get("party_kind", self.party_kind)
        dropped: dict[str, None] = {}
        if kind != self.party_kind:
            is_person = kind == PartyKind.NATURAL_PERSON
            dropped = dict.fromkeys(("legal_name",) if is_person else PERSON_NAMES)
        return replace(self, **{**dropped, **came})

    def checked(self, findings: Findings) -> Self:
        """Give the identity normalized, noting what is wrong with it."""
        self._check_names(findings)
        country = findings.take("/tax_id_country", places.country, self.tax_id_country)
        vat_id = self.vat_id and findings.take("/vat_id", tax_ids.vat_id, self.vat_id)
        tax_id, kind = self._checked_tax_id(country, findings)
        return replace(
            self,
            tax_id=tax_id,
            tax_id_kind=kind,
            tax_id_country=country or self.tax_id_country,
            vat_id=vat_id,
        )

    def _check_names(self, findings: Findings) -> None:
        foreign: tuple[str, ...]
        if self.party_kind == PartyKind.NATURAL_PERSON:
            needed, foreign = "given_name", ("legal_name",)
        else:
            needed, foreign = "legal_name", PERSON_NAMES
        if not getattr(self, needed):
            findings.add(f"/{needed}", "name.required")
        for field in foreign:
            if getattr(self, field) is not None:
                findings.add(f"/{field}", "name.other_kind")

    def _checked_tax_id(
        self, country: str | None, findings: Findings
    ) -> tuple[str | None, TaxIdKind | None]:
        if self.tax_id is None or country is None:
            return None, None
        if country == "ES":
            found = findings.take("/tax_id", tax_ids.spanish_tax_id, self.tax_id)
            return found or (None, None)
        kind = TaxIdKind.FOREIGN
        if self.tax_id_kind == TaxIdKind.PASSPORT:
            kind = TaxIdKind.PASSPORT
        return findings.take("/tax_id", tax_ids.foreign_tax_id, self.tax_id), kind
