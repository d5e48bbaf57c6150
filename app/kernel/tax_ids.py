"""Tax ids: Spanish ones with their control character, foreign and EU ones (pure)."""

import re
from enum import StrEnum

from stdnum.es import nif
from stdnum.eu import vat
from stdnum.exceptions import InvalidChecksum, ValidationError

from app.kernel.findings import Refused


class TaxIdKind(StrEnum):
    """What a tax id is; `cif` is the everyday word for an entity's NIF."""

    NIF = "nif"
    DNI = "dni"
    NIE = "nie"
    CIF = "cif"
    PASSPORT = "passport"
    FOREIGN = "foreign"


_SEPARATORS = re.compile(r"[\s.\-\u2010-\u2015]")
_DNI_WITHOUT_ZERO = re.compile(r"[0-9]{7}[A-Z]")
_SHAPES = {
    TaxIdKind.DNI: re.compile(r"[0-9]{8}[A-Z]"),
    TaxIdKind.NIE: re.compile(r"[XYZ][0-9]{7}[A-Z]"),
    TaxIdKind.NIF: re.compile(r"[KLM][0-9]{7}[A-Z]"),
    TaxIdKind.CIF: re.compile(r"[ABCDEFGHJNPQRSUVW][0-9]{7}[0-9A-J]"),
}
_VAT = re.compile(r"[A-Z]{2}[0-9A-Z+*]{2,13}")
_VAT_COUNTRIES = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU", "IE",
    "IT", "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XI",
})  # fmt: skip
"""Member states as VAT ids name them: Greece is EL; XI is Northern Ireland."""


def compact(raw: str) -> str:
    """Upper-case a tax id and strip its spaces, dots and hyphens."""
    return _SEPARATORS.sub("", raw).upper()


def spanish_tax_id(raw: str) -> tuple[str, TaxIdKind]:
    """Normalize a Spanish tax id and tell its kind.

    An entity's control may be the digit or the letter, whatever its first letter:
    sources disagree on which takes which.

    Raises:
        Refused: `tax_id.format`, or `tax_id.checksum` when only the control is wrong.

    Source:
        Orden EHA/451/2008 (entities), RD 1065/2007 arts. 19-20 (persons).
    """
    value = compact(raw).removeprefix("ES")
    if _DNI_WITHOUT_ZERO.fullmatch(value):
        value = f"0{value}"
    kind = next((kind for kind, shape in _SHAPES.items() if shape.fullmatch(value)), None)
    if kind is None:
        raise Refused("tax_id.format")
    if not nif.is_valid(value):
        raise Refused("tax_id.checksum")
    return value, kind


def foreign_tax_id(raw: str) -> str:
    """Normalize another country's id: free text, upper case, single spaces.

    Raises:
        Refused: `tax_id.format` when it has neither letter nor digit.
    """
    value = " ".join(raw.upper().split())
    if not any(character.isalnum() for character in value):
        raise Refused("tax_id.format")
    return value


def vat_id(raw: str) -> str:
    """Normalize an EU VAT id, its country in front.

    Raises:
        Refused: `vat_id.country` outside the EU, `vat_id.format` or `vat_id.checksum`.
    """
    value = compact(raw)
    if value.startswith("GR"):
        value = f"EL{value[2:]}"
    if value[:2] not in _VAT_COUNTRIES:
        raise Refused("vat_id.country")
    if not _VAT.fullmatch(value):
        raise Refused("vat_id.format")
    try:
        return str(vat.validate(value))
    except InvalidChecksum:
        raise Refused("vat_id.checksum") from None
    except ValidationError:
        raise Refused("vat_id.format") from None
