"""Reading what Lemonway sends us: forms, JSON or query strings, all values texts, unsigned."""

import hashlib
import json
from urllib.parse import parse_qsl

from app.adapters.lemonway.directkit_values import PAPER_KINDS, paper_outcome
from app.payments.hints import Hint, HintKind, ReturnHint

_KINDS = {
    "8": HintKind.ACCOUNT,
    "9": HintKind.PAPER,
    "10": HintKind.TRANSFER_IN,
    "13": HintKind.ACCOUNT,
    "14": HintKind.CHARGEBACK,
    "15": HintKind.PAYOUT,
    "19": HintKind.LOW_BALANCE,
    "37": HintKind.PAYOUT,
    "42": HintKind.PAYMENT,
    "47": HintKind.CHARGEBACK,
    "48": HintKind.LOW_IBAN_STOCK,
    "49": HintKind.ACCOUNT,
    "50": HintKind.ACCOUNT,
    "52": HintKind.ACCOUNT,
}
_NAME_LENGTH = 100
_NUMBER_LENGTH = 19


class LemonwayHints:
    """A `HintReader`."""

    def read_hook(self, content_type: str, body: bytes, query: str) -> Hint:
        """Read a notification; `key` is made of all its fields, for it has no id of its own."""
        fields = _fields(content_type, body, query)
        category = fields.get("NotifCategory", "")[:_NAME_LENGTH]
        kind, state, fault = None, None, None
        status = _small(fields.get("Status"))
        if category == "9" and status is not None:
            state, fault = paper_outcome(status)
        if category == "9" and (number := _small(fields.get("DocType"))) is not None:
            kind = PAPER_KINDS.get(number)
        return Hint(
            kind=_KINDS.get(category, HintKind.OTHER),
            category=category,
            key=_key(fields),
            wallet=_name(fields.get("ExtId")),
            transaction_id=_number(fields.get("IdTransaction")),
            origin_id=_number(fields.get("IdOriginTransaction")),
            paper_id=_number(fields.get("DocId")),
            paper_kind=kind,
            paper_state=state,
            paper_fault=fault,
        )

    def read_return(self, body: bytes, query: str) -> ReturnHint:
        """Read a return; `response_wkToken` is our own reference, whatever its name says."""
        fields = {**_pairs(query), **_pairs(body.decode("utf-8", "replace"))}
        return ReturnHint(
            _name(fields.get("response_wkToken")), _number(fields.get("response_transactionId"))
        )


def _fields(content_type: str, body: bytes, query: str) -> dict[str, str]:
    fields = _pairs(query)
    if content_type.partition(";")[0].strip().lower() == "application/json":
        return fields | _json(body)
    return fields | _pairs(body.decode("utf-8", "replace"))


def _pairs(text: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=100))
    except ValueError:
        return {}


def _json(body: bytes) -> dict[str, str]:
    try:
        content: object = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(content, dict):
        return {}
    return {
        str(name): str(value) for name, value in content.items() if isinstance(value, str | int)
    }


def _key(fields: dict[str, str]) -> str:
    canonical = json.dumps(sorted(fields.items()))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _name(text: str | None) -> str | None:
    return text if text and len(text) <= _NAME_LENGTH else None


def _number(text: str | None) -> str | None:
    if text is None or len(text) > _NUMBER_LENGTH or not (text.isascii() and text.isdecimal()):
        return None
    return text


def _small(text: str | None) -> int | None:
    number = _number(text)
    return int(number[:3]) if number is not None else None
