"""Answering as Lemonway does: tokens, errors in one of three places, bodies it will not take."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError
from pydantic.alias_generators import to_camel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.sandbox.lemonway.store import Store
from app.sandbox.lemonway.switches import Switches

Handler: TypeAlias = Callable[[Request], Awaitable[Response]]

WALLET_MISSING, TRANSACTION_MISSING, BAD_INPUT, BAD_DATE, BAD_IP = 147, 143, 234, 247, 248


class Failed(Exception):
    """A functional error.

    Attributes:
        code: Lemonway's number.
        acquirer: The acquirer's own words.
    """

    def __init__(self, code: int, message: str, acquirer: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.acquirer = acquirer


class Input(BaseModel):
    """The body of a request, names as on the wire."""

    model_config = ConfigDict(alias_generator=to_camel, strict=True)


Body = TypeVar("Body", bound=Input)


async def read(request: Request, kind: type[Body]) -> Body:
    """Read a body.

    Raises:
        Failed: It is not what it should be.
    """
    try:
        return kind.model_validate_json(await request.body())
    except ValidationError as invalid:
        fields = ", ".join(".".join(map(str, one["loc"])) for one in invalid.errors())
        raise Failed(BAD_INPUT, f"Bad input data: {fields}") from None


def seconds_of(request: Request, name: str, default: int | None = None) -> int:
    """Read a date of the query, digits.

    Raises:
        Failed: It is missing or no number.
    """
    text = request.query_params.get(name, "" if default is None else str(default))
    if not (text.isascii() and text.isdecimal()):
        raise Failed(BAD_DATE, f"{name} is not a date")
    return int(text)


def page_of(request: Request, lines: list[JsonValue]) -> dict[str, JsonValue]:
    """Cut a list as `page` and `limit` say; without a page everything is given."""
    page, limit = request.query_params.get("page"), request.query_params.get("limit")
    size = int(limit) if limit and limit.isdecimal() else 20
    if page and page.isdecimal():
        first = (int(page) - 1) * size
        lines = lines[first : first + size]
    links: JsonValue = {"self": {"href": str(request.url)}}
    return {"transactions": {"value": lines}, "_links": links}


class Door:
    """Gives tokens out and lets calls in."""

    def __init__(self, store: Store, switches: Switches) -> None:
        self._store = store
        self._switches = switches
        self._tokens: dict[str, int] = {}

    async def token(self, request: Request) -> Response:
        """Exchange an API key for a token; `Grant_type` in any capitals."""
        form = (await request.body()).decode().lower()
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme != "Basic" or not key or ":" in key or "revoked" in key:
            return JSONResponse({"Error": {"Message": "Unauthorized"}}, status_code=401)
        if "grant_type=client_credentials" not in form:
            return JSONResponse({"Error": {"Message": "Bad grant"}}, status_code=400)
        token = secrets.token_urlsafe(24)
        self._tokens[token] = self._store.seconds() + self._switches.token_s
        return JSONResponse(
            {"access_token": token, "token_type": "bearer", "expires_in": self._switches.token_s}
        )

    def forget_tokens(self) -> None:
        """End all tokens now."""
        self._tokens.clear()

    def directkit(self, handler: Handler) -> Handler:
        """Let a call of DirectKit in: a token, and somebody's address on every call."""

        async def guarded(request: Request) -> Response:
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or not self._holds(token):
                return JSONResponse({"message": "Unauthorized"}, status_code=401)
            if not request.headers.get("psu-ip-address"):
                return self._failure(Failed(BAD_IP, "PSU-IP-Address is missing"))
            try:
                return await handler(request)
            except Failed as failed:
                return self._failure(failed)

        return guarded

    def onboarding(self, handler: Handler) -> Handler:
        """Let a call of Online Onboarding in: the word must be exactly `Bearer`."""

        async def guarded(request: Request) -> Response:
            scheme, _, token = request.headers.get("authorization", "").partition(" ")
            if scheme != "Bearer":
                return self.onboarding_failure(request, 403, ["Forbidden"])
            if not self._holds(token):
                return self.onboarding_failure(request, 401, ["Unauthorized"])
            try:
                return await handler(request)
            except Failed as failed:
                return self.onboarding_failure(request, 400, [failed.message])

        return guarded

    def onboarding_failure(self, request: Request, status: int, messages: list[str]) -> Response:
        """Answer an error of Online Onboarding."""
        body: Mapping[str, JsonValue] = {
            "statusCode": status,
            "timestamp": self._store.now().isoformat(),
            "method": request.method,
            "path": request.url.path,
            "message": [*messages],
        }
        return JSONResponse(body, status_code=status)

    def _failure(self, failed: Failed) -> Response:
        error: dict[str, JsonValue] = {"code": failed.code, "message": failed.message}
        if failed.acquirer:
            error["psp"] = {"message": failed.acquirer}
        match self._switches.errors:
            case "in_200":
                return JSONResponse({"error": error})
            case "bare_400":
                return JSONResponse(error, status_code=400)
            case "in_500":
                return JSONResponse({"error": error}, status_code=500)

    def _holds(self, token: str) -> bool:
        return self._tokens.get(token, 0) > self._store.seconds()
