"""Keyset pages behind opaque, signed cursors."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from fastapi import Request
from pydantic import JsonValue

from app.kernel.errors import Malformed
from app.web.schemas import PageQuery

_SIGNATURE_BYTES = 16
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Paging:
    """The page a request asks for.

    Attributes:
        limit: How many rows.
        after: The sort values of the last row seen; None for the first page.
    """

    limit: int
    after: list[JsonValue] | None
    _scope: str
    _key: bytes = field(repr=False)

    @classmethod
    def of(cls, request: Request, query: PageQuery) -> "Paging":
        """Read the cursor of a request.

        Raises:
            Malformed: The cursor was altered, or made for other filters or in another
                organization.
        """
        key = request.app.state.secret_key
        filters = sorted(
            (name, value)
            for name, value in request.query_params.multi_items()
            if name not in {"cursor", "limit"}
        )
        organization_id = str(getattr(request.state, "organization_id", ""))
        made_for = json.dumps([organization_id, request.url.path, filters])
        scope = hashlib.sha256(made_for.encode()).hexdigest()
        after = _decode(query.cursor, scope, key) if query.cursor else None
        return cls(query.limit, after, scope, key)

    def split(
        self, rows: Sequence[Row], key: Callable[[Row], list[JsonValue]]
    ) -> tuple[Sequence[Row], str | None]:
        """Cut `limit + 1` fetched rows to the page and its next cursor.

        Args:
            rows: At most `limit + 1` rows, in order.
            key: The sort values of a row, ending with its id, as JSON.
        """
        if len(rows) <= self.limit:
            return rows, None
        page = rows[: self.limit]
        return page, _encode(key(page[-1]), self._scope, self._key)


def _sign(payload: bytes, key: bytes) -> bytes:
    return hmac.new(key, b"cursor" + payload, hashlib.sha256).digest()[:_SIGNATURE_BYTES]


def _encode(values: list[JsonValue], scope: str, key: bytes) -> str:
    payload = json.dumps([1, scope[:16], values], separators=(",", ":")).encode()
    return urlsafe_b64encode(_sign(payload, key) + payload).decode().rstrip("=")


def _decode(cursor: str, scope: str, key: bytes) -> list[JsonValue]:
    try:
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        signature, payload = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, _sign(payload, key)):
            raise Malformed(code="cursor_invalid")
        version, made_for, values = json.loads(payload)
    except (ValueError, UnicodeEncodeError):
        raise Malformed(code="cursor_invalid") from None
    if version != 1 or made_for != scope[:16] or not isinstance(values, list):
        raise Malformed(code="cursor_invalid")
    return values
