"""Names and tax ids fit together, and everything wrong is told at once."""

import pytest

from app.contacts.identity import Identity, PartyKind
from app.contacts.search import fold, searchable
from app.kernel.errors import Invalid
from app.kernel.findings import Findings
from app.kernel.tax_ids import TaxIdKind

COMPANY = Identity(PartyKind.LEGAL_ENTITY, legal_name="Varadero Sol, S.L.")
PERSON = Identity(PartyKind.NATURAL_PERSON, given_name="Núria", surname="Roig")


def codes_of(identity: Identity) -> dict[str, str]:
    findings = Findings()
    identity.checked(findings)
    return {fault.pointer: fault.code for fault in findings.faults}


def test_names_are_shown() -> None:
    assert COMPANY.display_name == "Varadero Sol, S.L."
    assert PERSON.display_name == "Núria Roig"
    assert PERSON.changed({"second_surname": "Pons"}).display_name == "Núria Roig Pons"


def test_a_party_that_changes_kind_leaves_its_old_names() -> None:
    person = COMPANY.changed({"party_kind": PartyKind.NATURAL_PERSON, "given_name": "Ana"})
    assert (person.legal_name, person.display_name) == (None, "Ana")
    company = PERSON.changed({"party_kind": PartyKind.UNINCORPORATED, "legal_name": "Roig, C.B."})
    assert (company.given_name, company.surname) == (None, None)
    assert codes_of(person) == codes_of(company) == {}


def test_each_kind_has_its_own_names() -> None:
    assert codes_of(Identity(PartyKind.LEGAL_ENTITY)) == {"/legal_name": "name.required"}
    assert codes_of(Identity(PartyKind.NATURAL_PERSON, legal_name="X")) == {
        "/given_name": "name.required",
        "/legal_name": "name.other_kind",
    }


def test_spanish_ids_tell_their_kind_and_foreign_ones_are_believed() -> None:
    spanish = COMPANY.changed({"tax_id": "b-83534750", "tax_id_kind": TaxIdKind.PASSPORT})
    checked = spanish.checked(Findings())
    assert (checked.tax_id, checked.tax_id_kind) == ("B83534750", TaxIdKind.CIF)
    foreign = PERSON.changed(
        {"tax_id": "ab 12", "tax_id_country": "fr", "tax_id_kind": TaxIdKind.PASSPORT}
    )
    checked = foreign.checked(Findings())
    assert (checked.tax_id, checked.tax_id_country) == ("AB 12", "FR")
    assert checked.tax_id_kind == TaxIdKind.PASSPORT


def test_everything_wrong_is_told_at_once() -> None:
    wrong = Identity(PartyKind.LEGAL_ENTITY, tax_id="B12345678", vat_id="GB1", tax_id_country="ES")
    assert codes_of(wrong) == {
        "/legal_name": "name.required",
        "/vat_id": "vat_id.country",
        "/tax_id": "tax_id.checksum",
    }


def test_a_wrong_control_character_is_the_reason() -> None:
    findings = Findings()
    findings.require_none()
    findings.add("/tax_id", "tax_id.checksum")
    with pytest.raises(Invalid) as invalid:
        findings.require_none()
    assert invalid.value.reason == "tax_id_checksum"


def test_searches_forgive_accents_and_case() -> None:
    assert fold("  Núñez   S.L. ") == "nunez s.l."
    assert searchable("Ñandú", None, "B1") == "nandu b1"
