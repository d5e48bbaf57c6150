"""The types of every body: strict where JSON is lax."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, StringConstraints, TypeAdapter, ValidationError

from app.kernel.money import Money
from app.web.schemas import (
    Body,
    CivilDate,
    DecimalText,
    Instant,
    Line,
    MoneyView,
    PageQuery,
    Text,
    unset,
)

Value = TypeVar("Value")

decimals = TypeAdapter[Decimal](DecimalText)
rates = TypeAdapter[Decimal](Annotated[DecimalText, Field(ge=0, le=100, decimal_places=2)])
days = TypeAdapter[date](CivilDate)
instants = TypeAdapter[datetime](Instant)
lines = TypeAdapter[str](Annotated[Line, StringConstraints(min_length=1, max_length=5)])
texts = TypeAdapter[str](Text)


def cause(adapter: TypeAdapter[Value], value: object) -> str:
    with pytest.raises(ValidationError) as refused:
        adapter.validate_python(value)
    return refused.value.errors()[0]["type"]


@pytest.mark.parametrize("value", ["0", "45.00", "-1.5", "999999999999.999999", "007"])
def test_decimal_strings_are_taken(value: str) -> None:
    assert decimals.validate_python(value) == Decimal(value)


@pytest.mark.parametrize(
    "value",
    [
        1, 1.5, True, None, "", " 1", "1 ", "1_000", "1,5", "1e3", "1E+3", "+1", ".5", "1.", "NaN",
        "Infinity", "１", "٣", "1234567890123", "1.1234567", "1\n", [], {}, "--1",
    ],
)  # fmt: skip
def test_anything_else_is_no_decimal(value: object) -> None:
    assert cause(decimals, value) == "decimal_pattern"


@pytest.mark.parametrize(
    ("value", "code"),
    [
        ("-0.01", "greater_than_equal"),
        ("100.01", "less_than_equal"),
        ("1.001", "decimal_max_places"),
    ],
)
def test_decimals_are_bounded(value: str, code: str) -> None:
    assert cause(rates, value) == code


@given(st.decimals(-(10**11), 10**11, places=6))
def test_decimals_are_written_without_exponent_and_read_back(value: Decimal) -> None:
    written = decimals.dump_python(value)
    assert "E" not in str(written)
    assert decimals.validate_python(written) == value


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (20261231, "date_pattern"),
        (0, "date_pattern"),
        ("2026-12-31T00:00:00Z", "date_pattern"),
        ("31/12/2026", "date_pattern"),
        ("2026-1-1", "date_pattern"),
        ("２０２６-12-31", "date_pattern"),
        ("2026-02-30", "date_from_datetime_parsing"),
        (datetime(2026, 1, 1, tzinfo=UTC), "date_pattern"),
    ],
)
def test_only_days_are_days(value: object, code: str) -> None:
    assert cause(days, value) == code


def test_days_and_instants_are_written_as_the_contract_says() -> None:
    assert days.validate_python("2026-12-31") == date(2026, 12, 31)
    instant = instants.validate_python("2026-11-24T10:12:03.5127+01:00")
    assert instants.dump_python(instant) == "2026-11-24T09:12:03.512Z"
    assert cause(instants, "2026-11-24T10:12:03") == "timezone_aware"


@pytest.mark.parametrize("value", ["a\0b", "a\x1bb", "a\x7fb", "a\rb", "a\ud800b"])
def test_control_characters_are_refused(value: str) -> None:
    assert cause(texts, value) == "text_control"
    assert cause(lines, value) == "text_control"


def test_texts_are_trimmed_and_composed() -> None:
    assert texts.validate_python("  un\r\ndos\tn\u0303 ") == "un\ndos\tñ"
    assert lines.validate_python(" n\u0303 ") == "ñ"
    assert cause(lines, "un\ndos") == cause(lines, "un\tdos") == "text_control"


def test_marks_nobody_sees_are_not_stored() -> None:
    assert texts.validate_python("a\u202eb\u200b\u2028c") == "ab\nc"
    assert lines.validate_python("\u2066ab\u2069") == "ab"
    assert cause(lines, "\u200b\u200d\u3164") == "too_short"
    assert cause(lines, "a\u2028b") == "text_control"


def test_lengths_count_what_is_stored() -> None:
    assert lines.validate_python("  12345  ") == "12345"
    assert cause(lines, "123456") == "too_long"
    assert cause(lines, "     ") == "too_short"


@given(st.text(max_size=200))
def test_any_text_is_clean_or_refused(value: str) -> None:
    try:
        stored = texts.validate_python(value)
    except ValidationError:
        return
    assert texts.validate_python(stored) == stored
    assert "\0" not in stored
    stored.encode()


class Changes(Body):
    name: str = unset()
    note: str | None = None


def test_left_out_is_not_null() -> None:
    assert Changes.model_validate({}).model_fields_set == set()
    assert Changes.model_validate({"note": None}).model_fields_set == {"note"}
    with pytest.raises(ValidationError, match="name"):
        Changes.model_validate({"name": None})
    with pytest.raises(ValidationError, match="nmae"):
        Changes.model_validate({"nmae": "x"})
    assert "default" not in Changes.model_json_schema()["properties"]["name"]


def test_limits_of_a_page() -> None:
    assert PageQuery.model_validate({}).limit == 25
    for limit in (0, 101, "x"):
        with pytest.raises(ValidationError):
            PageQuery.model_validate({"limit": limit})


def test_money_is_minor_units() -> None:
    assert MoneyView.of(Money(200297)).model_dump() == {"amount": 200297, "currency": "EUR"}
