"""The types every body is made of: strict where JSON is lax."""

import re
import unicodedata
from collections.abc import Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Generic, TypeVar

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    JsonValue,
    PlainSerializer,
    StrictInt,
    WithJsonSchema,
)
from pydantic.config import JsonDict
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from app.kernel.money import Money
from app.kernel.text import seen

_DECIMAL = re.compile(r"-?\d{1,12}(\.\d{1,6})?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})?")
_FIRST_INSTANT, _LAST_INSTANT = datetime(1900, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)
_ALLOWED_CONTROLS = "\n\t"


def _decimal(value: object) -> object:
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str) or not value.isascii() or not _DECIMAL.fullmatch(value):
        raise PydanticCustomError("decimal_pattern", "Expected a decimal string.")
    return Decimal(value)


def _civil_date(value: object) -> object:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not value.isascii() or not _DATE.fullmatch(value):
        raise PydanticCustomError("date_pattern", "Expected a date as YYYY-MM-DD.")
    return value


def _instant(value: object) -> object:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not value.isascii() or not _INSTANT.fullmatch(value):
        raise PydanticCustomError("instant_pattern", "Expected an instant (RFC 3339).")
    return value


def _clean(value: str) -> str:
    text = seen(value.replace("\r\n", "\n"))
    for character in text:
        if character in _ALLOWED_CONTROLS:
            continue
        if unicodedata.category(character) in {"Cc", "Cs"}:
            raise PydanticCustomError("text_control", "Control characters are not allowed.")
    return text


def _one_line(value: str) -> str:
    if "\n" in value or "\t" in value:
        raise PydanticCustomError("text_control", "Control characters are not allowed.")
    return value


def _write_decimal(value: Decimal) -> str:
    return f"{value:f}"


def _write_instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


DecimalText = Annotated[
    Decimal,
    BeforeValidator(_decimal),
    PlainSerializer(_write_decimal, return_type=str),
    WithJsonSchema(
        {"type": "string", "pattern": r"^-?\d{1,12}(\.\d{1,6})?$", "examples": ["45.00"]}
    ),
]
"""A decimal as a string; numbers, exponents, spaces and foreign digits are refused."""

CivilDate = Annotated[date, BeforeValidator(_civil_date)]
"""A day, `YYYY-MM-DD`; numbers and instants are refused."""

Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_instant),
    PlainSerializer(_write_instant, return_type=str),
]
"""An instant, RFC 3339 with its offset, written in UTC with milliseconds; numbers are refused."""

NearInstant = Annotated[Instant, Field(ge=_FIRST_INSTANT, lt=_LAST_INSTANT)]
"""An instant a body may name: far from the ends of the calendar, where zones leave it."""

Text = Annotated[str, AfterValidator(_clean)]
"""Several lines of text as they are seen (`app.kernel.text`): trimmed, NFC, no control
characters, nothing that reorders or hides. Bound its length."""

Line = Annotated[str, AfterValidator(_clean), AfterValidator(_one_line)]
"""One line of text. Bound its length."""


def among(values: Iterable[str]) -> WithJsonSchema:
    """Tell the contract that an answer's text is one of these; generated clients know them."""
    return WithJsonSchema({"type": "string", "enum": [str(value) for value in values]})


class AnyOf:
    """Marks a filter that takes one value or several, with commas between them.

    Args:
        values: All there are; another one is refused.
    """

    def __init__(self, values: Iterable[str]) -> None:
        self.values = tuple(str(value) for value in values)

    def __get_pydantic_core_schema__(
        self, source: type[str], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Check after pydantic has."""
        return core_schema.no_info_after_validator_function(self._known, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Say the same as a pattern."""
        one = "|".join(map(re.escape, self.values))
        return {**handler(schema), "pattern": f"^({one})(,({one}))*$"}

    def _known(self, text: str) -> str:
        if not set(text.split(",")) <= set(self.values):
            expected = ", ".join(self.values)
            raise PydanticCustomError("enum", "Expected {expected}.", {"expected": expected})
        return text


class Body(BaseModel):
    """A request body: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class View(BaseModel):
    """A response body: every field is always present."""

    model_config = ConfigDict(from_attributes=True)


def unset() -> Any:  # noqa: ANN401 - stands for a field of any type
    """Mark a field of a PATCH body: left out is left alone, null is refused.

    Which fields came is in `model_fields_set`; the default is never read.
    """
    return Field(default=None, json_schema_extra=_without_default)


def _without_default(schema: JsonDict) -> None:
    schema.pop("default", None)


class MoneyView(View):
    """An amount in minor units."""

    amount: StrictInt = Field(description="Integer minor units.", examples=[200297])
    currency: str = Field(description="ISO 4217 code.", examples=["EUR"])

    @classmethod
    def of(cls, money: Money) -> "MoneyView":
        """From the kernel's value."""
        return cls(amount=money.amount_minor, currency=money.currency)


class PageQuery(BaseModel):
    """What every list takes; filters inherit from it."""

    model_config = ConfigDict(extra="forbid")

    limit: int = Field(25, ge=1, le=100, description="How many, at most.")
    cursor: str | None = Field(
        None, max_length=2000, description="`next_cursor` of the page before, filters unchanged."
    )


Item = TypeVar("Item")


class Page(View, Generic[Item]):
    """One page of a list, newest or first in order first."""

    data: list[Item]
    has_more: bool
    next_cursor: str | None


class FaultView(View):
    """One thing wrong with one field."""

    place: str = Field(alias="in", description="`body`, `query`, `path` or `header`.")
    pointer: str = Field(description="JSON pointer into the body, or the parameter's name.")
    code: str
    detail: str
    params: dict[str, JsonValue]


class ProblemView(View):
    """RFC 9457 problem details."""

    type: str = Field(examples=["https://conforme.example/problems/validation_failed"])
    title: str
    status: int
    code: str = Field(description="From the closed list of GET /v1/meta/problems.")
    reason: str | None = Field(description="The specific cause, where one status has several.")
    detail: str
    instance: str
    request_id: str
    errors: list[FaultView]
