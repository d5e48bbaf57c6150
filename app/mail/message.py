"""Building the bytes of one message: same input, same bytes, fit for the wire."""

import re
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from uuid import UUID

from app.mail import body
from app.mail.body import LINE_LENGTH, Boundaries
from app.mail.text import block_text, header_text

ATTACHMENT_BYTES_MAX = 7_000_000
ID_LENGTH_MAX = 60

_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*")
_ADDRESS_LENGTH_MAX = 254
_SENDER = re.compile(rb"From: .*?<([^<>\s]+)>\r\n(?![ \t])", re.DOTALL)
_ID = re.compile(r"<[!-;=?-~]{3,250}>")
_LINE_LENGTH_MAX = 998
_SUBJECT_LENGTH_MAX = 200
_NAME_LENGTH_MAX = 100


class MessageError(ValueError):
    """What was asked for cannot be made into a message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """An ASCII address and the name to show beside it; the name may be anything."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A PDF to attach; `name` may be anything."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """Everything one message is made of; names, subject and texts may be hostile.

    Attributes:
        message_id: From `message_id()`; the boundaries derive from it too.
        sent_at: The Date header; aware.
        in_reply_to: Message-ID of the first sending of the same document.
        is_automatic: No person triggered it (RFC 3834).
        logo: PNG or JPEG that the HTML shows as `cid:logo`.
    """

    message_id: str
    sent_at: datetime
    sender: Mailbox
    to: Mailbox
    subject: str
    text: str
    html: str
    reply_to: Mailbox | None = None
    in_reply_to: str | None = None
    is_automatic: bool = False
    logo: bytes | None = None
    attachment: Attachment | None = None


def message_id(recipient_id: UUID, domain: str) -> str:
    """Name a recipient's message, for ever: `<{id in base32}@{domain}>`.

    Raises:
        MessageError: The domain is not ASCII, or over 31 characters.
    """
    key = b32encode(recipient_id.bytes).decode().rstrip("=").lower()
    made = f"<{key}@{domain}>"
    if len(made) > ID_LENGTH_MAX or not is_address(made[1:-1]):
        raise MessageError(f"{domain!r} makes no Message-ID")
    return made


def build(message: OutgoingMessage) -> bytes:
    """Make the bytes to store and to send on every attempt.

    Headers are written here and not by `email`: unpatched Pythons can be talked into
    extra headers (CVE-2024-6923, CVE-2026-1299), and all fold long identifiers into
    encoded words.

    Returns:
        7-bit content, CRLF only, no line over 998 bytes.

    Raises:
        MessageError: An address, identifier or date is malformed, or the
            attachment is over 7 MB.
    """
    content = "".join(_headers(message)).encode("ascii") + _body(message)
    require_wire_form(content)
    return content


def sender_of(content: bytes) -> str:
    """Read the sender's address back from what `build` made.

    Raises:
        MessageError: It did not make this.
    """
    found = _SENDER.match(content)
    if found is None:
        raise MessageError("the content does not begin with its sender")
    return found[1].decode("ascii")


def is_address(text: str) -> bool:
    """Whether it is a plain ASCII address, safe in a header and in a command."""
    return len(text) <= _ADDRESS_LENGTH_MAX and bool(_ADDRESS.fullmatch(text))


def require_wire_form(content: bytes) -> None:
    """Refuse content that is not 7-bit with CRLF line ends and lines up to 998 bytes.

    A lone CR or LF is how one message is smuggled inside another.

    Raises:
        MessageError: It is not.
    """
    joined = content.replace(b"\r\n", b"")
    if not content.isascii() or b"\r" in joined or b"\n" in joined:
        raise MessageError("the content is not 7-bit with CRLF line ends")
    if max(map(len, content.split(b"\r\n"))) > _LINE_LENGTH_MAX:
        raise MessageError("the content has a line over 998 bytes")


def _headers(message: OutgoingMessage) -> list[str]:
    if message.sent_at.tzinfo is None:
        raise MessageError("the date has no time zone")
    lines = [
        _mailbox("From", message.sender),
        _mailbox("To", message.to),
        _text("Subject", header_text(message.subject, _SUBJECT_LENGTH_MAX)),
        f"Date: {format_datetime(message.sent_at)}\r\n",
        _id("Message-ID", message.message_id, ID_LENGTH_MAX),
    ]
    if message.reply_to:
        lines.insert(1, _mailbox("Reply-To", message.reply_to))
    if message.in_reply_to:
        lines.append(_id("In-Reply-To", message.in_reply_to))
        lines.append(_id("References", message.in_reply_to))
    if message.is_automatic:
        lines.append("Auto-Submitted: auto-generated\r\n")
    lines.append("MIME-Version: 1.0\r\n")
    return lines


def _text(name: str, value: str) -> str:
    """Write a header of free text; anything but ASCII goes in encoded words."""
    charset = "us-ascii" if value.isascii() else "utf-8"
    header = Header(value, charset, maxlinelen=LINE_LENGTH, header_name=name)
    return f"{name}: " + header.encode(linesep="\r\n") + "\r\n"


def _mailbox(name: str, box: Mailbox) -> str:
    if not is_address(box.address):
        raise MessageError(f"{name} is not an ASCII address")
    shown = header_text(box.name, _NAME_LENGTH_MAX)
    if not shown:
        return f"{name}: <{box.address}>\r\n"
    if not shown.isascii():
        return f"{_text(name, shown)} <{box.address}>\r\n"
    quoted = '"' + shown.replace("\\", "\\\\").replace('"', '\\"') + '"'
    is_short = len(name) + len(quoted) + len(box.address) < LINE_LENGTH - len(":  <>")
    return f"{name}: {quoted}" + (" " if is_short else "\r\n ") + f"<{box.address}>\r\n"


def _id(name: str, value: str, length_max: int = _LINE_LENGTH_MAX) -> str:
    if len(value) > length_max or not _ID.fullmatch(value):
        raise MessageError(f"{name} is not an identifier")
    space = " " if len(name) + len(value) < LINE_LENGTH else "\r\n "
    return f"{name}:{space}{value}\r\n"


def _body(message: OutgoingMessage) -> bytes:
    boundaries = Boundaries(message.message_id)
    outer = 0 if message.attachment is None else 1
    html = body.text("html", block_text(message.html))
    if message.logo is not None:
        html = boundaries.multipart("related", outer + 2, html, body.logo(message.logo))
    plain = body.text("plain", block_text(message.text))
    words = boundaries.multipart("alternative", outer, plain, html)
    if message.attachment is None:
        return words
    if len(message.attachment.content) > ATTACHMENT_BYTES_MAX:
        raise MessageError("the attachment is over 7 MB")
    pdf = body.pdf(message.attachment.name, message.attachment.content)
    return boundaries.multipart("mixed", 0, words, pdf)
