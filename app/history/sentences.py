"""What one entry of the history says, in the reader's language (pure)."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import date

from pydantic import JsonValue

from app.kernel.formats import money, short_date
from app.kernel.money import Money
from app.kernel.wording import Wording, wording
from app.notices.summaries import quoted

_VARIANTS = ("via", "channel", "kind", "role", "visibility", "direction")
"""Fields of a payload whose value may choose a text of its own, `<kind>.<value>`."""


def sentence_of(kind: str, payload: Mapping[str, JsonValue], actor: str, language: str) -> str:
    """Write the sentence of a fact.

    A kind without a text, or a payload without what its text needs, gives a generic
    sentence: history may hold facts older or newer than the catalogue.

    Args:
        kind: Such as `document.accepted`.
        payload: As the fact keeps it.
        actor: The author's name.
        language: `es` or `en`.
    """
    texts = wording("history", language)
    values = _values(payload, language, texts)
    try:
        return texts(_key(kind, payload, values, texts), actor=actor, **values)
    except KeyError:
        return texts("other", actor=actor, kind=kind)


def _key(
    kind: str, payload: Mapping[str, JsonValue], values: Mapping[str, str], texts: Wording
) -> str:
    variants = (f"{kind}.{payload.get(name)}" for name in _VARIANTS)
    key = next((name for name in variants if name in texts), kind)
    detail = next((name for name in ("comment", "reason") if values.get(name)), "")
    full = f"{key}.with_{detail}"
    return full if full in texts else key


def _values(payload: Mapping[str, JsonValue], language: str, texts: Wording) -> dict[str, str]:
    """Put a payload into words: names and addresses as they are, the rest written out."""
    values = {name: quoted(value) for name, value in payload.items() if isinstance(value, str)}
    values |= _documents(payload, values, language)
    for name in ("total", "amount"):
        if (sum_ := _money(payload.get(name))) is not None:
            values[name] = money(sum_, language)
    catalogues = {
        "method": texts,
        "role": texts,
        "reason": texts,
        "paper": wording("payments", language),
    }
    for name in catalogues.keys() & values.keys():
        values[name] = _named(f"{name}.{values[name]}", values[name], catalogues[name])
    for name in ("transferred_on", "valid_until"):
        if (day := _day(payload.get(name))) is not None:
            values[name] = short_date(day, language)
    if isinstance(changes := payload.get("changes"), list):
        values["changes"] = ", ".join(_named(f"field.{name}", str(name), texts) for name in changes)
    to = payload.get("to")
    if isinstance(to, list):
        values["to"] = ", ".join(str(address) for address in to)
    elif isinstance(to, str):
        values["state"] = _named(f"state.{to}", to, texts)
    return values | _planned(values, language, texts)


def _planned(values: Mapping[str, str], language: str, texts: Wording) -> dict[str, str]:
    """Put into words when an action is due, when it was before, and what came of it."""
    told = {}
    for name in ("due", "previous_due"):
        with suppress(ValueError):  # no day, and so no text that needs one
            day = short_date(date.fromisoformat(values.get(f"{name}_on", "")), language)
            told[name] = f"{day} {values.get(f'{name}_time', '')}".rstrip()
    if (outcome := values.get("outcome")) is not None:
        told["outcome"] = _named(f"outcome.{outcome}", outcome, texts)
    return told


def _documents(
    payload: Mapping[str, JsonValue], values: Mapping[str, str], language: str
) -> dict[str, str]:
    """Name the document a fact is about, and the other one it tells of."""
    letters = wording("letters", language)
    document_type = values.get("type")
    named = {}
    if f"{document_type}.noun" in letters:
        named["noun"] = letters(f"{document_type}.noun")
        the = letters(f"{document_type}.the")
        named["document"] = f"{the} {values.get('number', '')}".rstrip()
    if (other := _document(payload.get("other"), letters)) is not None:
        named["other"] = other
    return named


def _document(value: JsonValue, letters: Wording) -> str | None:
    """Name another document: what it is, and its number when it has one."""
    match value:
        case {"type": str(type_), "invoice_kind": kind, "number": number}:
            key = f"{type_}.{kind}.noun" if f"{type_}.{kind}.noun" in letters else f"{type_}.noun"
            return f"{letters(key)} {number or ''}".rstrip() if key in letters else None
    return None


def _named(key: str, otherwise: str, texts: Wording) -> str:
    return texts(key) if key in texts else otherwise


def _money(value: JsonValue) -> Money | None:
    match value:
        case {"amount": int(amount), "currency": str(currency)}:
            return Money(amount, currency)
    return None


def _day(value: JsonValue) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
