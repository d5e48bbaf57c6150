"""E-mails, phones, IBANs, postcodes and countries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kernel import places, reach
from app.kernel.findings import Refused


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ("oficina@varaderosol.example.com", "oficina@varaderosol.example.com"),
        ("Ana.Ruiz@EJEMPLO.ES", "Ana.Ruiz@ejemplo.es"),
        ("info@señal.es", "info@xn--seal-hqa.es"),
    ],
)
def test_emails_as_stored(raw: str, stored: str) -> None:
    assert reach.email(raw) == stored


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("nobody", "email.format"),
        ("a@b", "email.format"),
        ("a b@ejemplo.es", "email.format"),
        ("a@ejemplo.es\r\nBcc: x@ejemplo.es", "email.format"),
        ("Ana <ana@ejemplo.es>", "email.format"),
        ("ñu@ejemplo.es", "email.smtputf8"),
    ],
)
def test_emails_refused(raw: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        reach.email(raw)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ("611 222 333", "+34611222333"),
        ("+34 971-00-00-00", "+34971000000"),
        ("0034611222333", "+34611222333"),
        ("+49 30 901820", "+4930901820"),
    ],
)
def test_phones_as_stored(raw: str, stored: str) -> None:
    assert reach.phone(raw) == stored


@pytest.mark.parametrize("raw", ["", "12", "511222333", "61122233", "6112223334", "teléfono"])
def test_phones_refused(raw: str) -> None:
    with pytest.raises(Refused, match=r"phone\.format"):
        reach.phone(raw)


@pytest.mark.parametrize(
    "value",
    ["ES9121000418450200051332", "ES7921000813610123456789", "DE89370400440532013000"],
)
def test_ibans(value: str) -> None:
    spaced = " ".join(value[i : i + 4] for i in range(0, len(value), 4))
    assert reach.iban(spaced.lower()) == value


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("ES9121000418450200051333", "iban.checksum"),
        ("ES91", "iban.format"),
        ("ES982100041845020005133", "iban.format"),
        ("", "iban.format"),
    ],
)
def test_ibans_refused(value: str, code: str) -> None:
    with pytest.raises(Refused) as refused:
        reach.iban(value)
    assert refused.value.code == code


@given(st.text(max_size=60))
def test_no_text_makes_a_rule_fail_otherwise(raw: str) -> None:
    for rule in (reach.email, reach.phone, reach.iban, places.country, places.spanish_postal_code):
        try:
            stored = rule(raw)
        except Refused:
            continue
        assert rule(stored) == stored


@pytest.mark.parametrize(
    ("code", "province"),
    [
        ("01001", "Araba/Álava"), ("07001", "Illes Balears"), ("08001", "Barcelona"),
        ("28001", "Madrid"), ("35001", "Las Palmas"), ("38001", "Santa Cruz de Tenerife"),
        ("48001", "Bizkaia"), ("50001", "Zaragoza"), ("51001", "Ceuta"), ("52001", "Melilla"),
    ],
)  # fmt: skip
def test_provinces(code: str, province: str) -> None:
    assert places.province_of(places.spanish_postal_code(code)) == province


@pytest.mark.parametrize("code", ["00001", "53001", "7001", "070011", "0700a", "０７００１"])
def test_postcodes_refused(code: str) -> None:
    with pytest.raises(Refused, match=r"postal_code\.format"):
        places.spanish_postal_code(code)


def test_countries() -> None:
    assert places.country("es") == "ES"
    assert len(places.COUNTRIES) == 250  # ISO 3166's 249, and Kosovo as user-assigned XK
    for code in ("XX", "EU", "ZZ", "E", ""):
        with pytest.raises(Refused, match=r"country\.unknown"):
            places.country(code)
