"""The legal data of whoever issues, normalized and checked (pure)."""

from collections.abc import Callable, Mapping
from typing import Any

from app.kernel import places, reach, tax_ids
from app.kernel.findings import Findings

FIELDS = (
    "name", "legal_name", "tax_id", "street", "postal_code", "city", "province", "country",
    "email", "phone", "mercantile_registry", "iban", "footer", "accent_color",
)  # fmt: skip
"""Everything of a letterhead but its logo, which is uploaded."""

SENSITIVE = frozenset({"tax_id", "iban"})
"""Where money goes and who receives it."""

_RULES: Mapping[str, Callable[[str], str]] = {
    "country": places.country,
    "email": reach.email,
    "phone": reach.phone,
    "iban": reach.iban,
    "accent_color": str.lower,
}


def checked(
    came: Mapping[str, Any], findings: Findings, present: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Give the fields that came as they are stored, noting what is wrong with them.

    A country that changes puts tax id and postcode to the test again. In Spain the
    postcode names the province, unless another came with it.

    Args:
        came: Fields of a letterhead by name.
        findings: Where faults are noted.
        present: All fields as they are now; None for a new letterhead.
    """
    values = {**(present or {}), **came}
    stored = dict(came)
    for name, rule in _RULES.items():
        if came.get(name) is not None:
            stored[name] = findings.take(f"/{name}", rule, came[name])
    is_spanish = values["country"].upper() == "ES"
    if {"country", "tax_id"} & came.keys():
        rule = _spanish_tax_id if is_spanish else tax_ids.foreign_tax_id
        stored["tax_id"] = findings.take("/tax_id", rule, values["tax_id"])
    if is_spanish and {"country", "postal_code"} & came.keys():
        rule = places.spanish_postal_code
        postal_code = findings.take("/postal_code", rule, values["postal_code"])
        if postal_code is not None and not came.get("province"):
            stored["province"] = places.province_of(postal_code)
    return stored


def _spanish_tax_id(raw: str) -> str:
    return tax_ids.spanish_tax_id(raw)[0]
