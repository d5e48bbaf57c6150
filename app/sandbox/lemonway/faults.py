"""Faults on order: the next calls that match get one instead of, or after, their answer."""

import asyncio
import json
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field
from starlette.types import ASGIApp, Message, Receive, Scope, Send

API = ("/oauth/", "/mb/", "/onboarding/")
"""What faults may strike: pages and controls always work."""

_UNAVAILABLE = b"<html>unavailable</html>"
_HUGE_PIECE = b" " * 1_000_000
_HUGE_PIECES = 6


class Fault(BaseModel):
    """What happens to some calls.

    Attributes:
        kind: `status` answers with `status` and nothing is done; `code` is Lemonway's own error
            of that number; `garbage` and `huge` are answers nobody can read; `silence` does
            nothing and never answers; `effect_then_…` does what was asked first; `late` answers
            after `seconds`.
        method: Of the calls it strikes; any when empty.
        path: A part of their path.
        times: How many calls it strikes.
        status: The HTTP status.
        code: Lemonway's number.
        retry_after: Seconds, sent with the status.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal[
        "status", "code", "garbage", "huge", "silence", "effect_then_silence",
        "effect_then_status", "late",
    ]  # fmt: skip
    method: str = ""
    path: str = ""
    times: int = Field(1, ge=1)
    status: int = Field(500, ge=400, le=599)
    code: int = 1
    retry_after: int | None = None
    seconds: float = Field(0, ge=0, le=600)


class Faults:
    """The faults ordered, and every call that came: middleware around the whole stand-in."""

    def __init__(self) -> None:
        self.ordered: list[Fault] = []
        self.calls: list[str] = []
        """Each as `PUT /v2/refund/70001`."""

    def around(self, app: ASGIApp) -> ASGIApp:
        """Give the application with faults."""

        async def faulty(scope: Scope, receive: Receive, send: Send) -> None:
            fault = self._next(scope) if scope["type"] == "http" else None
            if fault is None:
                await app(scope, receive, send)
            else:
                await _strike(fault, app, scope, receive, send)

        return faulty

    def _next(self, scope: Scope) -> Fault | None:
        path, method = str(scope["path"]), str(scope["method"])
        if not path.startswith(API):
            return None
        self.calls.append(f"{method} {path.partition('/directkitrest')[2] or path}")
        for fault in self.ordered:
            if fault.method in {"", method} and fault.path in path:
                fault.times -= 1
                if not fault.times:
                    self.ordered.remove(fault)
                return fault
        return None


async def _strike(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    match fault.kind:
        case "late":
            await asyncio.sleep(fault.seconds)
            await app(scope, receive, send)
        case "status":
            await _answer(send, fault.status, _UNAVAILABLE, retry_after=fault.retry_after)
        case "code":
            error = {"error": {"code": fault.code, "message": "ordered fault"}}
            await _answer(send, 200, json.dumps(error).encode())
        case "garbage":
            await _answer(send, 200, b"<html>not what you asked for</html>")
        case "huge":
            await _answer(send, 200, *[_HUGE_PIECE] * _HUGE_PIECES)
        case "silence":
            await _until_gone(receive)
        case "effect_then_silence":
            await app(scope, receive, _unsent)
            await _until_gone(receive)
        case "effect_then_status":
            await app(scope, receive, _unsent)
            await _answer(send, fault.status, _UNAVAILABLE, retry_after=fault.retry_after)


async def _answer(send: Send, status: int, *pieces: bytes, retry_after: int | None = None) -> None:
    headers = [(b"content-type", b"text/html")]
    if retry_after is not None:
        headers.append((b"retry-after", str(retry_after).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def _unsent(_: Message) -> None:
    """Do not let an answer out."""


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
