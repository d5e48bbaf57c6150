"""A mail relay that takes everything at once and forgets it; it notes when."""

import asyncio
import time
from collections.abc import Callable
from typing import cast

from typing_extensions import override

from bench.client import HOST

TIMEOUT_S = 300

_ANSWERS = {
    b"EHLO": b"250-sink.example\r\n250-8BITMIME\r\n250 SIZE 32000000\r\n",
    b"DATA": b"354 Go on\r\n",
    b"QUIT": b"221 Bye\r\n",
}
_END = b"\r\n.\r\n"


class Sink:
    """What has arrived.

    Attributes:
        arrivals: When each message was complete, in seconds of the performance counter.
    """

    def __init__(self) -> None:
        self.arrivals: list[float] = []
        self._is_enough = asyncio.Event()
        self._wanted = 0

    def note(self) -> None:
        """Note a message."""
        self.arrivals.append(time.perf_counter())
        if len(self.arrivals) >= self._wanted:
            self._is_enough.set()

    async def wait_for(self, count: int) -> None:
        """Wait until so many have arrived.

        Raises:
            TimeoutError: They do not come.
        """
        self._wanted = count
        self._is_enough.clear()
        if len(self.arrivals) < count:
            async with asyncio.timeout(TIMEOUT_S):
                await self._is_enough.wait()

    async def listen(self, port: int) -> asyncio.Server:
        """Listen on loopback until closed."""
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: _Talk(self.note), HOST, port)


class _Talk(asyncio.Protocol):
    def __init__(self, note: Callable[[], None]) -> None:
        self._note = note
        self._buffer = b""
        self._is_content = False

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass
        self._transport.write(b"220 sink.example ESMTP\r\n")

    @override
    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._is_content:
            if self._buffer.endswith(_END):
                self._buffer = b""
                self._is_content = False
                self._note()
                self._transport.write(b"250 2.0.0 Ok\r\n")
            return
        while b"\r\n" in self._buffer and not self._is_content:
            line, _, self._buffer = self._buffer.partition(b"\r\n")
            verb = line[:4].upper()
            self._is_content = verb == b"DATA"
            self._transport.write(_ANSWERS.get(verb, b"250 2.0.0 Ok\r\n"))
