"""A transport, a message, and certificates."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Literal, Protocol

import pytest

from app.adapters.mail_smtp import SmtpTransport, Timeouts
from app.mail.ports import Envelope
from tests.adapters.mail.certificates import Authority
from tests.adapters.mail.relay import Relay

QUICK = Timeouts(connect_s=2.0, command_s=0.4, data_s=0.4, final_s=0.4, total_s=3.0)
CONTENT = b"Subject: hola\r\n\r\nUna carta\r\n.con un punto\r\n"


def envelope(content: bytes = CONTENT, **changes: str) -> Envelope:
    """Make a message that leaves."""
    values = {
        "sender": "vuelta@taller.example",
        "recipient": "ana@velero.example",
        "message_id": "<a@b.example>",
        **changes,
    }
    return Envelope(content=content, **values)


async def go() -> bool:
    """Let a message leave."""
    return True


class Connect(Protocol):
    """Makes a transport to a relay."""

    def __call__(
        self,
        relay: Relay,
        security: Literal["tls", "starttls", "none"] = "none",
        **options: object,
    ) -> SmtpTransport: ...


@pytest.fixture
async def connect() -> AsyncIterator[Callable[..., SmtpTransport]]:
    """Make transports; they are closed at the end."""
    async with AsyncExitStack() as stack:

        def make(
            relay: Relay,
            security: Literal["tls", "starttls", "none"] = "none",
            **options: object,
        ) -> SmtpTransport:
            arguments = {"timeouts": QUICK, **options}
            transport = SmtpTransport("127.0.0.1", relay.port, security, **arguments)  # type: ignore[arg-type]  # each test names its own
            stack.push_async_callback(transport.aclose)
            return transport

        yield make


@pytest.fixture(scope="session")
def authority() -> Authority:
    """Whom the transport trusts."""
    return Authority.make()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where certificates lie."""
    return tmp_path
