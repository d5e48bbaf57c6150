"""Which front ends may read our answers: a global list, and one per organization."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from uuid import UUID

from fastapi import Request
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from typing_extensions import override

from app.kernel.errors import Malformed
from app.web import problems
from app.web.middleware import Requests

REFRESH_S = 30.0

LoadOrigins = Callable[[], Awaitable[Mapping[str, frozenset[UUID]]]]
"""Gives each front end with the organizations that list it."""


class Cors(CORSMiddleware):
    """Starlette's CORS with an allow-list that organizations can add to.

    A preflight carries no credentials, so it is answered from the union of all lists.
    The answer itself is readable only where the organization it is about
    (`note_organization`) lists the origin; what is about none, such as signing in or a
    missing token, any listed front end may read.
    """

    def __init__(self, app: ASGIApp, *, origins: tuple[str, ...], load: LoadOrigins) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_credentials=True,
            allow_methods=["GET", "POST", "PATCH", "PUT", "DELETE"],
            allow_headers=[
                "Authorization",
                "Content-Type",
                "If-Match",
                "If-None-Match",
                "Idempotency-Key",
                "Organization-Id",
                "Accept-Language",
                "Request-Id",
            ],
            expose_headers=[
                "ETag",
                "Location",
                "Request-Id",
                "Retry-After",
                "Idempotency-Replayed",
            ],
            max_age=600,
        )
        self._load = load
        self._listed: Mapping[str, frozenset[UUID]] = {}
        self._fresh_until = 0.0
        self._preflights = Requests(self._answer_preflight)

    @override
    def is_allowed_origin(self, origin: str) -> bool:
        return super().is_allowed_origin(origin) or origin in self._listed

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else {}
        if "origin" not in headers:
            await self.app(scope, receive, send)
            return
        await self._refresh()
        if scope["method"] == "OPTIONS" and "access-control-request-method" in headers:
            await self._preflights(scope, receive, send)
            return
        await self._answer(headers["origin"], scope, receive, send)

    async def _refresh(self) -> None:
        moment = asyncio.get_running_loop().time()
        if moment >= self._fresh_until:
            self._fresh_until = moment + REFRESH_S
            # Without the database, the list known last still holds.
            with suppress(SQLAlchemyError, OSError):
                self._listed = await self._load()

    async def _answer_preflight(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        response = self.preflight_response(request_headers=request.headers)
        if response.status_code >= 400:  # noqa: PLR2004 - the first status of a refusal
            vary = response.headers["Vary"]
            response = problems.render(Malformed(reason="cross_origin_refused"), request)
            response.headers["Vary"] = vary
        await response(scope, receive, send)

    async def _answer(self, origin: str, scope: Scope, receive: Receive, send: Send) -> None:
        state = scope.setdefault("state", {})

        async def send_readable(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.add_vary_header("Origin")
                if self._may_read(origin, state.get("organization_id")):
                    headers["Access-Control-Allow-Origin"] = origin
                    headers.update(self.simple_headers)
            await send(message)

        await self.app(scope, receive, send_readable)

    def _may_read(self, origin: str, organization_id: UUID | None) -> bool:
        if organization_id is None or origin in self.allow_origins:
            return self.is_allowed_origin(origin)
        return organization_id in self._listed.get(origin, frozenset())
