"""Tax ids against known good and bad numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel.findings import Refused
from app.kernel.tax_ids import TaxIdKind, foreign_tax_id, spanish_tax_id, vat_id

LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"

VALID = {
    TaxIdKind.DNI: ["12345678Z", "00000000T", "00000001R", "99999999R", "89890001K", "89890002E"],
    TaxIdKind.NIE: ["X1234567L", "X0000000T", "Y0000000Z", "Y1234567X", "Z0000000M", "Z1234567R"],
    TaxIdKind.NIF: ["K1234567L", "L1234567L", "M1234567L"],
    TaxIdKind.CIF: [
        "A58818501", "B83891812", "A28015865", "B12345674", "A12345674", "P2807900B", "Q2826000H",
        "G28667152", "N0032484H", "W0184081H", "J12345674", "B83534750", "Q2818002D", "G28661684",
        "W0049001A",
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("value", "kind"), [(value, kind) for kind, values in VALID.items() for value in values]
)
def test_valid_ids_are_kept_and_their_kind_is_told(value: str, kind: TaxIdKind) -> None:
    assert spanish_tax_id(value) == (value, kind)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("12345678A", "tax_id.checksum"),
        ("12345678", "tax_id.format"),
        ("X1234567X", "tax_id.checksum"),
        ("L1234567K", "tax_id.checksum"),
        ("B12345678", "tax_id.checksum"),
        ("S2800000A", "tax_id.checksum"),
        ("P2807900C", "tax_id.checksum"),
        ("A5881850J", "tax_id.checksum"),
        ("B8389181", "tax_id.format"),
        ("１２３４５６７８Z", "tax_id.format"),
        ("", "tax_id.format"),
    ],
)
def test_invalid_ids_are_refused_with_their_cause(value: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        spanish_tax_id(value)
    assert refused.value.code == code


@pytest.mark.parametrize("raw", ["ESB83891812", "B-83891812", " b83891812 ", "B.83.891.812"])
def test_ways_of_writing_become_one(raw: str) -> None:
    assert spanish_tax_id(raw)[0] == "B83891812"


def test_a_short_dni_gets_its_zero() -> None:
    assert spanish_tax_id("1R".rjust(8, "0"))[0] == "00000001R"


@given(st.integers(0, 99_999_999))
def test_every_dni_has_exactly_one_letter(number: int) -> None:
    right = LETTERS[number % 23]
    assert spanish_tax_id(f"{number:08}{right}") == (f"{number:08}{right}", TaxIdKind.DNI)
    with pytest.raises(Refused, match=r"tax_id\.checksum"):
        spanish_tax_id(f"{number:08}{LETTERS[(number + 1) % 23]}")


@given(st.text(max_size=40))
def test_any_text_is_normalized_once_or_refused(raw: str) -> None:
    try:
        value, kind = spanish_tax_id(raw)
    except Refused:
        return
    assert spanish_tax_id(value) == (value, kind)


@pytest.mark.parametrize(
    "value",
    [
        "ESB83891812", "FR40303265045", "DE136695976", "IT00743110157", "PT501964843",
        "EL094259216",
    ],
)  # fmt: skip
def test_vat_ids_of_the_union(value: str) -> None:
    assert vat_id(value) == value


def test_greece_by_its_other_name() -> None:
    assert vat_id("gr 094259216") == "EL094259216"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("GB980780684", "vat_id.country"),
        ("", "vat_id.country"),
        ("ES", "vat_id.format"),
        ("DE136695977", "vat_id.checksum"),
        ("ES<script>", "vat_id.format"),
    ],
)
def test_vat_ids_refused(value: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        vat_id(value)
    assert refused.value.code == code


@given(st.text(max_size=40))
def test_any_text_is_a_vat_id_or_refused(raw: str) -> None:
    try:
        value = vat_id(raw)
    except Refused:
        return
    assert vat_id(value) == value


def test_foreign_ids_are_free_text() -> None:
    assert foreign_tax_id(" ab  12/3 ") == "AB 12/3"
    with pytest.raises(Refused, match=r"tax_id\.format"):
        foreign_tax_id("--")
