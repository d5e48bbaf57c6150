"""The one route class: what a route did not ask for is refused, replies remembered."""

import json
import operator
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

from fastapi import HTTPException, Request, Response
from fastapi.dependencies.models import Dependant
from fastapi.params import Form
from fastapi.routing import APIRoute
from pydantic import BaseModel
from starlette.routing import Match
from starlette.types import Scope
from typing_extensions import override

from app.kernel.errors import Fault, Invalid
from app.web import conditional, idempotency, methods
from app.web.problems import faults_of


class Route(APIRoute):
    """What our routes do beyond FastAPI's.

    The wrapped handler returns after serialization and before the transaction of
    the request commits; so a reply is stored if and only if its effect is.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:  # noqa: ANN401 - FastAPI's own
        """Name the operation as its function is named."""
        options["generate_unique_id_function"] = operator.attrgetter("name")
        super().__init__(path, endpoint, **options)
        self._beginning = path.partition("{")[0]

    @override
    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        # Two hundred routes are tried one after the other: most differ from the first letters on.
        if not scope["path"].startswith(self._beginning):
            return Match.NONE, {}
        return super().matches(scope)

    @override
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()
        known = set(_query_names(self.dependant))
        reads_json = self.body_field is not None and not isinstance(
            self.body_field.field_info, Form
        )

        reads_itself = "requestBody" in (self.openapi_extra or {})
        takes_nothing = self.body_field is None and not reads_itself

        async def handle(request: Request) -> Response:
            if request.path_params and methods.is_name(
                request.app, request.url.path, request.method
            ):
                raise HTTPException(405)
            if reads_json and not _is_json(request):
                raise HTTPException(415)
            unknown = sorted(set(request.query_params) - known)
            if unknown:
                raise Invalid(faults=[Fault(name, "extra_forbidden", "query") for name in unknown])
            if takes_nothing and request.method == "POST":
                _require_no_content(await request.body())
            response = await handler(request)
            if response.status_code == 204:  # noqa: PLR2004 - no content, and so no type of it
                del response.headers["content-type"]
            await _remember(request, response)
            return conditional.unless_known(request, response)

        return handle


async def _remember(request: Request, response: Response) -> None:
    tx = getattr(request.state, "tx", None)
    if tx is not None and response.status_code < 300:  # noqa: PLR2004 - success only
        now = request.app.state.container.clock.now()
        await idempotency.remember(tx, request, response, at=now)


def _require_no_content(body: bytes) -> None:
    """Refuse what a route that takes no body would ignore; `{}` says nothing and may come.

    Raises:
        Invalid: Every field is one too many, or it is no object at all.
    """
    try:
        content = json.loads(body) if body.strip() else {}
    except (ValueError, RecursionError):
        content = None
    if not isinstance(content, dict):
        raise Invalid(faults=[Fault("", "body.unexpected")])
    if content:
        unknown = [{"loc": ("body", name), "type": "extra_forbidden"} for name in content]
        raise Invalid(faults=faults_of(unknown))


def _is_json(request: Request) -> bool:
    """Tell whether a body is said to be JSON; no body is no lie."""
    headers = request.headers
    if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
        return True
    kind = headers.get("content-type", "").split(";")[0].strip().lower()
    return kind == "application/json" or (
        kind.startswith("application/") and kind.endswith("+json")
    )


def _query_names(dependant: Dependant) -> Iterator[str]:
    for parameter in dependant.query_params:
        annotation = parameter.field_info.annotation
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            for name, field in annotation.model_fields.items():
                yield field.alias or name
        else:
            yield parameter.alias
    for inner in dependant.dependencies:
        yield from _query_names(inner)
