"""Reading a `multipart/form-data` body that is in memory already (RFC 7578; pure).

Starlette's own reader puts large files into the system's temporary folder. What is read
here may be somebody's identity card, which must not lie there unencrypted.
"""

from dataclasses import dataclass
from email.message import Message
from email.parser import HeaderParser
from email.policy import HTTP

from app.kernel.errors import Malformed, Problem

PARTS_MAX = 10
_BOUNDARY_MAX = 70
_HEAD_BYTES_MAX = 4_000


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a form.

    Attributes:
        file_name: None for a plain field.
    """

    name: str
    file_name: str | None
    content: bytes


def read(content_type: str, body: bytes) -> dict[str, Part]:
    """Take a form apart, by the names of its fields.

    Raises:
        Problem: The body is not said to be a form.
        Malformed: It is not one, has too many fields, or one of them twice.
    """
    boundary = _boundary(content_type)
    # The first delimiter may open the body, the others follow a line's end.
    _, *pieces = (b"\r\n" + body).split(b"\r\n--" + boundary)
    if not pieces or len(pieces) > PARTS_MAX + 1 or not pieces[-1].startswith(b"--"):
        raise Malformed
    parts: dict[str, Part] = {}
    for piece in pieces[:-1]:
        part = _part(piece)
        if part.name in parts:
            raise Malformed
        parts[part.name] = part
    return parts


def _boundary(content_type: str) -> bytes:
    header = _headers(f"Content-Type: {content_type}")
    if header.get_content_type() != "multipart/form-data":
        raise Problem(code="media_type_unsupported")
    boundary = header.get_param("boundary")
    if not isinstance(boundary, str) or not boundary.isascii() or len(boundary) > _BOUNDARY_MAX:
        raise Malformed
    if not boundary:
        raise Malformed
    return boundary.encode()


def _part(piece: bytes) -> Part:
    head, separator, content = piece.partition(b"\r\n\r\n")
    if not separator or len(head) > _HEAD_BYTES_MAX:
        raise Malformed
    try:
        headers = _headers(head.decode().strip())
    except UnicodeDecodeError:
        raise Malformed from None
    name = headers.get_param("name", header="content-disposition")
    if headers.get_content_disposition() != "form-data" or not isinstance(name, str):
        raise Malformed
    return Part(name, headers.get_filename(), content)


def _headers(text: str) -> Message:
    try:
        return HeaderParser(policy=HTTP).parsestr(text, headersonly=True)
    except (ValueError, IndexError, LookupError):
        raise Malformed from None
