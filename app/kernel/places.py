"""Countries, and the province a Spanish postcode lies in (pure)."""

import re

from babel import Locale

from app.kernel.findings import Refused

_NOT_COUNTRIES = frozenset({
    "AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ",
})  # fmt: skip
"""Codes the locale data knows beside those of ISO 3166."""

COUNTRIES = frozenset(
    code
    for code in map(str, Locale("en").territories)
    if len(code) == 2 and code.isalpha() and code not in _NOT_COUNTRIES  # noqa: PLR2004 - ISO 3166 alpha-2
)

_SPANISH_POSTAL_CODE = re.compile(r"(0[1-9]|[1-4][0-9]|5[0-2])[0-9]{3}")

_PROVINCES = (
    "Araba/Álava", "Albacete", "Alicante/Alacant", "Almería", "Ávila", "Badajoz",
    "Illes Balears", "Barcelona", "Burgos", "Cáceres", "Cádiz", "Castellón/Castelló",
    "Ciudad Real", "Córdoba", "A Coruña", "Cuenca", "Girona", "Granada", "Guadalajara",
    "Gipuzkoa", "Huelva", "Huesca", "Jaén", "León", "Lleida", "La Rioja", "Lugo", "Madrid",
    "Málaga", "Murcia", "Navarra", "Ourense", "Asturias", "Palencia", "Las Palmas",
    "Pontevedra", "Salamanca", "Santa Cruz de Tenerife", "Cantabria", "Segovia", "Sevilla",
    "Soria", "Tarragona", "Teruel", "Toledo", "Valencia/València", "Valladolid", "Bizkaia",
    "Zamora", "Zaragoza", "Ceuta", "Melilla",
)  # fmt: skip
"""By the first two digits of the postcode, from 01 (INE, official names)."""


def country(raw: str) -> str:
    """Normalize a country's ISO 3166 code of two letters.

    Raises:
        Refused: `country.unknown`.
    """
    code = raw.upper()
    if code not in COUNTRIES:
        raise Refused("country.unknown")
    return code


def country_name(code: str, language: str) -> str:
    """Name a country in Spanish or English."""
    name = Locale(language).territories.get(code)
    return code if name is None else str(name)


def spanish_postal_code(raw: str) -> str:
    """Check a Spanish postcode.

    Raises:
        Refused: `postal_code.format`.
    """
    if not _SPANISH_POSTAL_CODE.fullmatch(raw):
        raise Refused("postal_code.format")
    return raw


def province_of(postal_code: str) -> str:
    """Name the province of a Spanish postcode that was checked."""
    return _PROVINCES[int(postal_code[:2]) - 1]
