"""What a control is asked for, and how it answers."""

from typing import TypeVar
from urllib.parse import parse_qsl

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from app.sandbox.lemonway.answers import Handler
from app.sandbox.lemonway.bank import Unknown


class Wish(BaseModel):
    """The body of a control; a name it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid")


Kind = TypeVar("Kind", bound=BaseModel)

REFUSALS = (Unknown, ValidationError, ValueError)
"""What `refused` answers."""


async def read_wish(request: Request, kind: type[Kind]) -> Kind:
    """Read a body, JSON or a form; none is an empty one.

    Raises:
        ValidationError: It is not what the control takes.
    """
    body = await request.body()
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return kind.model_validate(dict(parse_qsl(body.decode())))
    return kind.model_validate_json(body or b"{}")


def done(request: Request, **facts: JsonValue) -> Response:
    """Answer that it is done, with what came of it; a browser goes back to the overview."""
    if "text/html" in request.headers.get("accept", ""):
        return RedirectResponse("/", status_code=303)
    return JSONResponse({"done": True, **facts})


def from_here(handler: Handler) -> Handler:
    """Let nothing in that another site sends through a person's browser."""

    async def guarded(request: Request) -> Response:
        if request.headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
            return PlainTextResponse("cross-site", status_code=403)
        return await handler(request)

    return guarded


async def refused(_: Request, error: Exception) -> Response:
    """Answer a control that names nothing, or says it wrong."""
    status = 404 if isinstance(error, Unknown) else 400
    return PlainTextResponse(f"{type(error).__name__}: {error}", status_code=status)
