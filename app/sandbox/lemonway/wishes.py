"""What a control is asked for, and how it answers."""

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from app.sandbox.lemonway.bank import Unknown


class Wish(BaseModel):
    """The body of a control; a name it does not know is a mistake."""

    model_config = ConfigDict(extra="forbid")


Kind = TypeVar("Kind", bound=BaseModel)

REFUSALS = (Unknown, ValidationError, ValueError)
"""What `refused` answers."""


async def read_wish(request: Request, kind: type[Kind]) -> Kind:
    """Read a body; none is an empty one.

    Raises:
        ValidationError: It is not what the control takes.
    """
    return kind.model_validate_json(await request.body() or b"{}")


def done() -> Response:
    """Answer that it is done."""
    return JSONResponse({"done": True})


async def refused(_: Request, error: Exception) -> Response:
    """Answer a control that names nothing, or says it wrong."""
    status = 404 if isinstance(error, Unknown) else 400
    return PlainTextResponse(f"{type(error).__name__}: {error}", status_code=status)
