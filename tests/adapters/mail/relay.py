"""A relay that follows a script, line by line."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum

EHLO = ("relay.example", "8BITMIME", "SIZE 20000000")


class Break(Enum):
    """What a relay may do in place of an answer."""

    DROP = "closes the connection"
    SILENCE = "says nothing more"


Answer = str | Break

ACCEPTING: Mapping[str, Answer] = {
    "CONNECT": "220 relay.example",
    "STARTTLS": "220 go ahead",
    "AUTH": "235 2.7.0 welcome",
    "MAIL": "250 2.1.0 Ok",
    "RCPT": "250 2.1.5 Ok",
    "DATA": "354 go on",
    "DOT": "250 2.0.0 Ok: queued as 4ABC12",
    "RSET": "250 2.0.0 Ok",
    "QUIT": "221 2.0.0 Bye",
}


@dataclass
class Relay:
    """What it answers, and what it saw.

    Attributes:
        answers: By step; `DOT` answers the final dot, `CONTENT` the first line of content.
        once: The same, used up by the first time it applies.
        extensions: What EHLO offers.
    """

    answers: Mapping[str, Answer] = field(default_factory=dict)
    once: dict[str, Answer] = field(default_factory=dict)
    extensions: tuple[str, ...] = EHLO
    tls: ssl.SSLContext | None = None
    port: int = 0
    connections: int = 0
    commands: list[str] = field(default_factory=list)
    encrypted: list[str] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    said: str = ""

    def verbs(self) -> list[str]:
        """Name the commands it was given."""
        return [command.split(" ")[0].split(":")[0].upper() for command in self.commands]

    def hang_up(self) -> None:
        """Close every connection from this side."""
        for writer in self.writers:
            writer.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk to one client."""
        self.connections += 1
        self.writers.append(writer)
        try:
            if await self._answer("CONNECT", writer):
                while line := await reader.readline():
                    if not await self._step(line, reader, writer):
                        break
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _step(
        self, line: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        command = line.decode().rstrip("\r\n")
        self.commands.append(command)
        verb = self.verbs()[-1]
        if writer.get_extra_info("sslcontext"):
            self.encrypted.append(verb)
        if verb == "EHLO" and "EHLO" not in self.once:
            *first, last = self.extensions
            lines = [f"250-{one}" for one in first] + [f"250 {last}"]
            writer.write("".join(f"{one}\r\n" for one in lines).encode())
            return True
        if not await self._answer(verb, writer):
            return False
        if verb == "STARTTLS" and self.tls:
            await writer.start_tls(self.tls)
        if verb == "DATA" and self.said.startswith("354"):
            return await self._take_content(reader, writer)
        return verb != "QUIT"

    async def _take_content(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        content = b""
        if "CONTENT" in self.answers:
            await reader.readline()
            return await self._answer("CONTENT", writer)
        while (line := await reader.readline()) != b".\r\n":
            if not line:
                return False
            content += line[1:] if line.startswith(b".") else line
        self.messages.append(content)
        return await self._answer("DOT", writer)

    async def _answer(self, step: str, writer: asyncio.StreamWriter) -> bool:
        usual = self.answers.get(step) or ACCEPTING.get(step, "502 no")
        answer = self.once.pop(step, usual)
        if answer is Break.DROP:
            return False
        if answer is Break.SILENCE:
            await asyncio.sleep(30)
            return False
        self.said = answer
        writer.write(f"{answer}\r\n".encode())
        await writer.drain()
        return True


@asynccontextmanager
async def listening(relay: Relay, tls: ssl.SSLContext | None = None) -> AsyncIterator[Relay]:
    """Let a relay listen on this machine; with a context, inside TLS from the start."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await relay.serve(reader, writer)
        except asyncio.CancelledError:
            pass  # the test is over
        finally:
            tasks.discard(task)

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    relay.port = server.sockets[0].getsockname()[1]
    try:
        yield relay
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
