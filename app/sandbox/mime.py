"""Reading a message as a mail program would, whatever it holds: nothing here raises."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime

_CHARSET = "utf-8"


@dataclass(frozen=True, slots=True)
class Address:
    """A name and an address, as a header names them."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Part:
    """A file inside a message; `id` counts as Mailpit does: `1`, `2`, `2.1`."""

    id: str
    file_name: str
    content_type: str
    content_id: str
    content: bytes
    is_inline: bool


@dataclass(frozen=True, slots=True)
class Letter:
    """A message taken apart."""

    message_id: str
    subject: str
    sender: Address | None
    to: list[Address]
    cc: list[Address]
    reply_to: list[Address]
    date: datetime | None
    headers: list[tuple[str, str]]
    text: str
    html: str
    files: list[Part] = field(default_factory=list)

    @property
    def attachments(self) -> list[Part]:
        """The files a reader is offered."""
        return [part for part in self.files if not part.is_inline]

    @property
    def inline(self) -> list[Part]:
        """The files the HTML shows."""
        return [part for part in self.files if part.is_inline]

    @property
    def snippet(self) -> str:
        """The beginning of the text, on one line."""
        return " ".join((self.text or re.sub(r"<[^>]*>", " ", self.html)).split())[:250]


def read(content: bytes) -> Letter:
    """Take a message apart.

    The old policy is used on purpose: the newer one parses headers while they are read
    and fails on hostile ones.
    """
    message = message_from_bytes(content, policy=policy.compat32)
    headers = [(name, _decoded(str(value))) for name, value in message.items()]
    senders = _addresses(message, "From")
    text, html, files = "", "", []
    for part_id, part in _leaves(message, ""):
        body = _bytes(part)
        disposition = (part.get_content_disposition() or "").lower()
        content_type = part.get_content_type()
        file_name = _one_line(_decoded(part.get_filename() or ""))
        is_body = not file_name and disposition != "attachment"
        if is_body and content_type == "text/plain" and not text:
            text = _text(part, body)
        elif is_body and content_type == "text/html" and not html:
            html = _text(part, body)
        else:
            content_id = _one_line(str(part.get("Content-ID", ""))).strip("<> ")
            is_inline = disposition == "inline" or (bool(content_id) and not file_name)
            files.append(Part(part_id, file_name, content_type, content_id, body, is_inline))
    return Letter(
        message_id=_one_line(str(message.get("Message-ID", ""))).strip("<> "),
        subject=_one_line(_decoded(str(message.get("Subject", "")))),
        sender=senders[0] if senders else None,
        to=_addresses(message, "To"),
        cc=_addresses(message, "Cc"),
        reply_to=_addresses(message, "Reply-To"),
        date=_date(message),
        headers=headers,
        text=text,
        html=html,
        files=files,
    )


def _leaves(message: Message, prefix: str) -> Iterator[tuple[str, Message]]:
    payload = message.get_payload()
    if not message.is_multipart() or not isinstance(payload, list):
        yield prefix or "0", message
        return
    for position, child in enumerate(payload, start=1):
        if isinstance(child, Message):
            yield from _leaves(child, f"{prefix}.{position}" if prefix else str(position))


def _bytes(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _text(part: Message, body: bytes) -> str:
    try:
        return body.decode(str(part.get_content_charset() or _CHARSET), errors="replace")
    except LookupError:
        return body.decode(_CHARSET, errors="replace")


def _addresses(message: Message, name: str) -> list[Address]:
    values = [str(value) for value in message.get_all(name, [])]
    return [
        Address(_one_line(_decoded(shown)), _one_line(address))
        for shown, address in getaddresses(values)
        if address
    ]


def _decoded(value: str) -> str:
    try:
        return str(make_header(decode_header(value)))
    except (ValueError, LookupError):
        return value


def _date(message: Message) -> datetime | None:
    try:
        date = parsedate_to_datetime(str(message.get("Date", "")))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else None


def _one_line(value: str) -> str:
    return " ".join(value.split())
