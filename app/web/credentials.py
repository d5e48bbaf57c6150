"""What a request shows to be let in, read without asking what it is worth."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.exceptions import RequestValidationError
from pydantic import TypeAdapter, ValidationError

COOKIE = "__Host-session"

SCHEMES: Mapping[str, Mapping[str, str]] = {
    "bearer": {
        "type": "http",
        "description": "An access token of POST /v1/auth/login, or an API key.",
        "scheme": "bearer",
    },
    "cookie": {
        "type": "apiKey",
        "description": "Set by POST /v1/auth/login?cookie=true.",
        "in": "cookie",
        "name": COOKIE,
    },
}
"""As OpenAPI describes them."""

_UUID = TypeAdapter(UUID)


@dataclass(frozen=True, slots=True)
class Presented:
    """What a request shows to be let in."""

    request: Request
    bearer: str | None
    cookie: str | None
    organization_id: UUID | None


async def presented(request: Request) -> Presented:
    """Collect the credentials of a request.

    Nearly every route depends on this, hence it is one dependency rather than four.

    Raises:
        RequestValidationError: The organization named is no id.
    """
    headers = request.headers
    scheme, _, token = headers.get("authorization", "").partition(" ")
    bearer = token.strip() if scheme.lower() == "bearer" else ""
    cookie = request.cookies.get(COOKIE) if "cookie" in headers else None
    return Presented(request, bearer or None, cookie or None, _organization_id(request))


def _organization_id(request: Request) -> UUID | None:
    named = request.headers.get("organization-id")
    if named is None:
        return None
    try:
        return _UUID.validate_python(named)
    except ValidationError as error:
        place = ("header", "organization-id")
        faults = [{**fault, "loc": place} for fault in error.errors()]
        raise RequestValidationError(faults) from None


Credentials = Annotated[Presented, Depends(presented)]
