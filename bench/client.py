"""An HTTP client that costs next to nothing: it shares the machine with what it measures."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from typing_extensions import override

HOST = "127.0.0.1"
_END = b"\r\n\r\n"


class UnexpectedAnswer(RuntimeError):
    """The server answered something else than the operation expects."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a body."""

    status: int
    body: bytes

    def json(self) -> Any:  # noqa: ANN401 - whatever the server says
        """Read the body."""
        return json.loads(self.body)


class Client(asyncio.Protocol):
    """One keep-alive connection, one request at a time; answers must tell their length."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._answer: asyncio.Future[Answer] | None = None

    @classmethod
    async def open(cls, port: int) -> "Client":
        """Connect on loopback."""
        _, client = await asyncio.get_running_loop().create_connection(cls, HOST, port)
        return client

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.close()

    async def request(self, wire: bytes, expected: int) -> Answer:
        """Send what `request_of` wrote and wait for the answer.

        Raises:
            UnexpectedAnswer: Its status is another.
            ConnectionError: The server hung up.
        """
        if self._transport is None:
            raise ConnectionError
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(wire)
        answer = await self._answer
        if answer.status != expected:
            raise UnexpectedAnswer(f"{answer.status}: {answer.body[:500].decode(errors='replace')}")
        return answer

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    @override
    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(_END)
        if not found or self._answer is None:
            return
        length = _length_of(head)
        if len(rest) < length:
            return
        self._buffer = b""
        self._answer.set_result(Answer(int(head[9:12]), rest[:length]))

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(ConnectionError("the server hung up"))


def _length_of(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def request_of(
    method: str, path: str, headers: Mapping[str, str], body: object | None = None
) -> bytes:
    """Write a request as it goes over the wire."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body is not None:
        lines.append("Content-Type: application/json")
    lines.append(f"Content-Length: {len(content)}")
    return "\r\n".join(lines).encode() + _END + content
