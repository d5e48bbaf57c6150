"""Pure ASGI around every request: its id, its size, its log line, its headers."""

import re
import time
from collections.abc import Callable
from uuid import uuid4

import structlog
from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.kernel.errors import Problem
from app.web import problems

log = structlog.get_logger()

BODY_BYTES_MAX = 1_000_000
UPLOAD_BYTES_MAX = {"/v1/payment-account/documents": 10_050_000, "/v1/files": 10_050_000}
"""By path, what may be larger: a file within a form."""

URL_BYTES_MAX = 8_000
_LENGTH_DIGITS_MAX = 20
_SECRET_PATHS = (
    re.compile(r"^(/d/)[^/]+"),
    re.compile(r"^(/public/v1/documents/)[^/]+"),
    re.compile(r"^(/v1/invitations/)[^/]+"),
    re.compile(r"^(/hooks/(?:mail/)?[^/]+/)[^/]+"),
    re.compile(r"^(/pay/return/)[^/]+"),
)


def safe_path(path: str) -> str:
    """Give a path for the log, secret segments hidden."""
    for pattern in _SECRET_PATHS:
        path = pattern.sub(r"\1…", path)
    return path[:300]


def route_of(scope: Scope) -> str:
    """Give the template a request matched; it holds no id and no token."""
    return str(getattr(scope.get("route"), "path", "") or "unmatched")


class Requests:
    """Gives each request an id, bounds its body, logs it once, marks its answer."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        allowed_hosts: tuple[str, ...] = (),
        observe: Callable[[str, str, int, float], None] | None = None,
    ) -> None:
        self._app = app
        self._observe = observe
        self._allowed_hosts = frozenset(host.lower() for host in allowed_hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, unless its form alone refuses it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = f"req_{uuid4().hex}"
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status = 500
        received = 0
        allowed = UPLOAD_BYTES_MAX.get(scope["path"], BODY_BYTES_MAX)
        is_started = False

        async def receive_bounded() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > allowed:
                raise Problem(code="body_too_large")
            return message

        async def send_marked(message: Message) -> None:
            nonlocal status, is_started
            if message["type"] == "http.response.start":
                is_started = True
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["Request-Id"] = request_id
                headers.setdefault("Cache-Control", "no-store")
                headers.setdefault("X-Content-Type-Options", "nosniff")
            await send(message)

        headers = Headers(scope=scope)
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            refusal = self._refusal(scope, headers)
            try:
                if refusal is not None:
                    answer = problems.render(refusal, Request(scope))
                    await answer(scope, receive, send_marked)
                else:
                    await self._app(scope, receive_bounded, send_marked)
            except Exception as error:
                if is_started:
                    raise
                # Answered here, not by the framework around us: the answer keeps its id.
                response = await problems.on_unexpected(Request(scope), error)
                await response(scope, receive, send_marked)
            finally:
                seconds = time.perf_counter() - started
                if self._observe is not None:
                    self._observe(scope["method"], route_of(scope), status, seconds)
                log.info(
                    "request",
                    method=scope["method"],
                    path=safe_path(scope["path"]),
                    status=status,
                    duration_ms=round(seconds * 1000, 1),
                    client_request_id=headers.get("request-id", "")[:64] or None,
                )

    def _refusal(self, scope: Scope, headers: Headers) -> Problem | None:
        length = headers.get("content-length", "0")
        if not length.isascii() or not length.isdigit():
            return Problem(code="malformed_request")
        if len(length) > _LENGTH_DIGITS_MAX or int(length) > UPLOAD_BYTES_MAX.get(
            scope["path"], BODY_BYTES_MAX
        ):
            return Problem(code="body_too_large")
        if len(scope["path"]) + len(scope["query_string"]) > URL_BYTES_MAX:
            return Problem(code="malformed_request")
        if "\0" in scope["path"] or b"%00" in scope["query_string"]:
            return Problem(code="malformed_request")
        host = headers.get("host", "").rsplit(":", 1)[0].lower()
        if self._allowed_hosts and host not in self._allowed_hosts:
            return Problem(code="malformed_request")
        return None
