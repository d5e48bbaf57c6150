"""Which front ends may read our answers: a global list and one per organization."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override

REFRESH_S = 30.0

LoadOrigins = Callable[[], Awaitable[frozenset[str]]]


class Cors(CORSMiddleware):
    """Starlette's CORS with an allow-list that organizations can add to.

    A preflight carries no credentials, so it is answered from the union of all
    lists; that says nothing about whose data a later request may read.
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
        self._more: frozenset[str] = frozenset()
        self._fresh_until = 0.0

    @override
    def is_allowed_origin(self, origin: str) -> bool:
        return super().is_allowed_origin(origin) or origin in self._more

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and any(name == b"origin" for name, _ in scope["headers"]):
            moment = asyncio.get_running_loop().time()
            if moment >= self._fresh_until:
                self._fresh_until = moment + REFRESH_S
                # Without the database, the list known last still holds.
                with suppress(SQLAlchemyError, OSError):
                    self._more = await self._load()
        await super().__call__(scope, receive, send)
