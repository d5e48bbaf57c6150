"""A mail relay that accepts everything and delivers nothing: it keeps messages in a folder."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from app.kernel.clock import Clock
from app.kernel.identifiers import new_id

MESSAGE_BYTES_MAX = 32_000_000
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Kept:
    """One message as it arrived.

    Attributes:
        id: Sorts by arrival.
        content: Exactly the bytes that came after DATA.
        sender: The envelope's sender; empty for a bounce.
        recipients: The envelope's recipients.
    """

    id: str
    content: bytes
    sender: str
    recipients: tuple[str, ...]
    received_at: datetime


class Mailbox:
    """The messages, in memory and in a folder where a later run finds them.

    Each is `{id}.eml`, its bytes untouched, with the envelope in `{id}.json` beside it.
    """

    def __init__(self, folder: Path, clock: Clock) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._clock = clock
        self._kept = {kept.id: kept for kept in map(_read, sorted(folder.glob("*.json"))) if kept}
        self.unread: set[str] = set()

    def keep(self, content: bytes, sender: str, recipients: Sequence[str]) -> Kept:
        """Keep a message; the envelope is written last, so half a message never counts.

        Raises:
            OSError: It cannot be written.
        """
        kept = Kept(new_id().hex, content, sender, tuple(recipients), self._clock.now())
        (self._folder / f"{kept.id}.eml").write_bytes(content)
        envelope = {
            "sender": sender,
            "recipients": kept.recipients,
            "received_at": kept.received_at.isoformat(),
        }
        (self._folder / f"{kept.id}.json").write_text(json.dumps(envelope), encoding="utf-8")
        self._kept[kept.id] = kept
        self.unread.add(kept.id)
        return kept

    def list(self) -> list[Kept]:
        """Give all messages, newest first."""
        return [self._kept[key] for key in sorted(self._kept, reverse=True)]

    def find(self, message_id: str) -> Kept | None:
        """Give one message."""
        return self._kept.get(message_id)

    def drop(self, ids: Sequence[str] | None = None) -> None:
        """Forget some messages, or all."""
        for key in list(self._kept) if ids is None else [key for key in ids if key in self._kept]:
            for suffix in ("json", "eml"):
                (self._folder / f"{key}.{suffix}").unlink(missing_ok=True)
            del self._kept[key]
            self.unread.discard(key)


class _Handler:
    """What aiosmtpd calls; the name and the shape of the method are its own."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.original_content or b""
        try:
            kept = self._mailbox.keep(content, envelope.mail_from or "", envelope.rcpt_tos)
        except OSError as error:
            return f"452 Not kept: {error.strerror or 'cannot be written'}"
        return f"250 Kept as {kept.id}"


async def listen(mailbox: Mailbox, port: int) -> asyncio.Server:
    """Accept mail on loopback until the server is closed.

    Raises:
        OSError: The port is taken.
    """
    loop = asyncio.get_running_loop()

    def session() -> SMTP:
        return SMTP(
            _Handler(mailbox),
            data_size_limit=MESSAGE_BYTES_MAX,
            enable_SMTPUTF8=True,
            hostname="sandbox.example",
            ident="Conforme sandbox",
            loop=loop,
        )

    return await loop.create_server(session, HOST, port)


def _read(envelope_file: Path) -> Kept | None:
    try:
        envelope = json.loads(envelope_file.read_text(encoding="utf-8"))
        return Kept(
            id=envelope_file.stem,
            content=envelope_file.with_suffix(".eml").read_bytes(),
            sender=str(envelope["sender"]),
            recipients=tuple(str(address) for address in envelope["recipients"]),
            received_at=datetime.fromisoformat(envelope["received_at"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None
