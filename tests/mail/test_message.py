"""The bytes of a message: always the same, fit for the wire, proof against hostile text."""

import re
from datetime import UTC, datetime, timedelta, timezone
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.mail.message import (
    ATTACHMENT_BYTES_MAX,
    Attachment,
    Mailbox,
    MessageError,
    OutgoingMessage,
    build,
    is_address,
    message_id,
    require_wire_form,
    sender_of,
)

GOLDEN = Path(__file__).parent / "golden.eml"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 3 + b"\n%%EOF\n"
RECIPIENT_ID = UUID("019aa8c4-5c00-7000-8000-000000000001")


def a_message(**changes: object) -> OutgoingMessage:
    values: dict[str, object] = {
        "message_id": message_id(RECIPIENT_ID, "taller.example"),
        "sent_at": datetime(2026, 11, 24, 9, 0, tzinfo=UTC),
        "sender": Mailbox(address="documentos@taller.example", name="Taller Náutico Ejemplo"),
        "to": Mailbox(address="ana@velero.example", name="Ana Ruiz"),
        "subject": "Presupuesto P-260041 «Puesta a punto»",
        "text": "Hola, Ana:\n\nTe enviamos el presupuesto.\n.\nFrom aquí, 2.002,97 €\n",
        "html": "<p>Hola, Ana:</p>\n<p>2.002,97&nbsp;€</p>\n",
        "reply_to": Mailbox(address="joan@taller.example", name="Joan"),
        "in_reply_to": "<first@taller.example>",
        "is_automatic": True,
        "logo": PNG,
        "attachment": Attachment(name="Presupuesto-P-260041.pdf", content=PDF),
        **changes,
    }
    return OutgoingMessage(**values)  # type: ignore[arg-type]  # each test names its own


def read(content: bytes) -> EmailMessage:
    message = message_from_bytes(content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    for part in message.walk():
        assert not part.defects
        for value in part.values():
            assert not getattr(value, "defects", ())
    return message


def header_names(content: bytes) -> list[str]:
    head = content.split(b"\r\n\r\n", 1)[0].decode("ascii")
    return [line.split(":")[0] for line in head.split("\r\n") if not line.startswith(" ")]


EXPECTED_HEADERS = [
    "From", "Reply-To", "To", "Subject", "Date", "Message-ID", "In-Reply-To", "References",
    "Auto-Submitted", "MIME-Version", "Content-Type",
]  # fmt: skip


def test_the_bytes_are_those_agreed() -> None:
    """A change here changes what clients and their filters see: look at it, then copy it."""
    assert build(a_message()) == GOLDEN.read_bytes()


def test_the_same_message_has_the_same_bytes() -> None:
    assert build(a_message()) == build(a_message())


def test_everything_can_be_read_back() -> None:
    message = read(build(a_message()))
    assert message["From"].addresses[0].display_name == "Taller Náutico Ejemplo"
    assert message["To"].addresses[0].addr_spec == "ana@velero.example"
    assert message["Reply-To"].addresses[0].addr_spec == "joan@taller.example"
    assert message["Subject"] == "Presupuesto P-260041 «Puesta a punto»"
    assert message["Date"].datetime == datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["In-Reply-To"] == message["References"] == "<first@taller.example>"
    text = message.get_body(("plain",))
    html = message.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == a_message().text
    assert html.get_content().replace("\r\n", "\n") == a_message().html
    (pdf,) = message.iter_attachments()
    assert pdf.get_content() == PDF
    assert pdf.get_filename() == "Presupuesto-P-260041.pdf"
    assert pdf.get_content_type() == "application/pdf"
    (logo,) = [part for part in message.walk() if part.get_content_type() == "image/png"]
    assert logo.get_content() == PNG
    assert logo["Content-ID"] == "<logo>"


def test_a_bare_message_needs_no_more_than_two_texts() -> None:
    bare = a_message(
        reply_to=None, in_reply_to=None, is_automatic=False, logo=None, attachment=None
    )
    content = build(bare)
    assert header_names(content) == [
        "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type",
    ]  # fmt: skip
    assert read(content).get_content_type() == "multipart/alternative"


def test_a_photograph_is_a_jpeg() -> None:
    content = build(a_message(logo=b"\xff\xd8\xff\xe0 photograph"))
    assert [p for p in read(content).walk() if p.get_content_type() == "image/jpeg"]


def test_identifiers_are_never_folded_or_encoded() -> None:
    long = "<" + "x" * 200 + "@taller.example>"
    content = build(a_message(in_reply_to=long))
    assert f"In-Reply-To:\r\n {long}\r\n".encode() in content
    assert f"Message-ID: {message_id(RECIPIENT_ID, 'taller.example')}\r\n".encode() in content
    assert b"=?" not in content.split(b"Message-ID")[1].split(b"\r\n\r\n")[0]


HOSTILE = [
    "=?UTF-8?Q?hola=0D=0ABcc:_z@e.com?=",
    "=?utf-8?b?aG9sYQ0KQmNjOiB6QGUuY29t?=",
    "a\r\nBcc: z@e.com",
    "a\nBcc: z@e.com",
    "a\rBcc: z@e.com",
    "a\u2028Bcc: z@e.com",
    "a\u2029Bcc: z@e.com",
    "a\x85Bcc: z@e.com",
    "a\x00b\x1b[31mc",
    "a\x0bb\x0cc",
    'a" <z@e.com>, "b',
    "a\\",
    '\\"',
    "<z@e.com>",
    "ab\u202ecod.exe",
    "=?",
    "=\u200e?UTF-8?Q?=0D=0A?=",
    "a?==?b",
    "\ud800",
    "ñ" * 500,
    "x" * 5000,
    "🛥️" * 60,
    "",
    "   ",
    "Ana, Joan; (y) @ [otros]:",
]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_stays_where_it_was_put(hostile: str) -> None:
    content = build(
        a_message(
            subject=hostile,
            text=hostile,
            html=hostile,
            sender=Mailbox(address="documentos@taller.example", name=hostile),
            to=Mailbox(address="ana@velero.example", name=hostile),
            reply_to=Mailbox(address="joan@taller.example", name=hostile),
            attachment=Attachment(name=hostile, content=PDF),
        )
    )
    _require_intact(content)


@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=120))
@settings(max_examples=150, deadline=None)
def test_any_text_stays_where_it_was_put(subject: str, text: str, name: str) -> None:
    message = a_message(
        subject=subject,
        text=text,
        html=text,
        to=Mailbox(address="ana@velero.example", name=name),
        attachment=Attachment(name=name, content=PDF),
    )
    content = build(message)
    _require_intact(content)
    assert build(message) == content


@given(st.text(max_size=150) | st.text(alphabet='<>@a "\\\r\n', max_size=150))
@settings(max_examples=150, deadline=None)
def test_the_sender_is_read_back_whatever_the_name(name: str) -> None:
    box = Mailbox(address="documentos@taller.example", name=name)
    assert sender_of(build(a_message(sender=box))) == "documentos@taller.example"


def test_what_was_not_built_here_has_no_sender() -> None:
    with pytest.raises(MessageError):
        sender_of(b"Subject: hola\r\n\r\nFrom: <a@b.example>\r\n")


SYNTAX = ("=", "?", "Q", "=?", "\r", "\n", " ", "\0", "é", "_", ":", "\\", '"')


@given(st.lists(st.sampled_from(SYNTAX)))
@settings(max_examples=200, deadline=None)
def test_pieces_of_syntax_stay_where_they_were_put(pieces: list[str]) -> None:
    text = "".join(pieces)
    _require_intact(
        build(a_message(subject=text, to=Mailbox(address="ana@velero.example", name=text)))
    )


def _require_intact(content: bytes) -> None:
    require_wire_form(content)
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", content)
    assert max(map(len, content.split(b"\r\n"))) <= 998
    assert header_names(content) == EXPECTED_HEADERS
    message = read(content)
    assert [box.addr_spec for box in message["To"].addresses] == ["ana@velero.example"]
    assert [box.addr_spec for box in message["From"].addresses] == ["documentos@taller.example"]
    assert [box.addr_spec for box in message["Reply-To"].addresses] == ["joan@taller.example"]
    assert "\n" not in message["Subject"]
    assert "\r" not in message["Subject"]
    (pdf,) = message.iter_attachments()
    name = pdf.get_filename()
    assert name
    assert not re.search(r"[\x00-\x1f\x7f/\\\u2028\u2029\u202e]", name)
    assert pdf.get_content() == PDF
    assert message.get_content_type() == "multipart/mixed"


@pytest.mark.parametrize(
    "address",
    ["", "ana", "ana@", "@x.example", "ana@x.example\r\n", "ana@x.example>", "a b@x.example",
     "ñ@x.example", "ana@niña.example", "ana@x..example", "ana@.example", "a" * 65 + "@x.example",
     "ana@" + "x" * 63 + ".example" * 40],
)  # fmt: skip
def test_what_is_no_address_makes_no_message(address: str) -> None:
    assert not is_address(address)
    for field in ("sender", "to", "reply_to"):
        with pytest.raises(MessageError):
            build(a_message(**{field: Mailbox(address=address)}))


@pytest.mark.parametrize(
    "value", ["", "a@b", "<>", "<a@b>\r\nBcc: z@e.com", "<a b@c>", "<a@b><c@d>", "<ñ@b>"]
)
def test_what_is_no_identifier_makes_no_message(value: str) -> None:
    with pytest.raises(MessageError):
        build(a_message(message_id=value))
    if value:
        with pytest.raises(MessageError):
            build(a_message(in_reply_to=value))


def test_a_message_id_belongs_to_its_recipient_and_is_short() -> None:
    made = message_id(RECIPIENT_ID, "taller.example")
    assert made == message_id(RECIPIENT_ID, "taller.example")
    assert made != message_id(UUID(int=1), "taller.example")
    assert len(message_id(RECIPIENT_ID, "x" * 31)) <= 60
    for domain in ("x" * 32, "niña.example", "", "a b", "a>b"):
        with pytest.raises(MessageError):
            message_id(RECIPIENT_ID, domain)


def test_a_date_without_a_zone_is_a_mistake() -> None:
    with pytest.raises(MessageError):
        build(a_message(sent_at=datetime(2026, 11, 24, 9, 0)))  # noqa: DTZ001 - the mistake
    zone = timezone(timedelta(hours=1))
    content = build(a_message(sent_at=datetime(2026, 11, 24, 10, 0, tzinfo=zone)))
    assert b"Date: Tue, 24 Nov 2026 10:00:00 +0100\r\n" in content


def test_an_attachment_too_large_is_refused() -> None:
    with pytest.raises(MessageError):
        build(a_message(attachment=Attachment(name="a.pdf", content=b"x" * 7_000_001)))
    assert ATTACHMENT_BYTES_MAX == 7_000_000


@pytest.mark.parametrize("content", [b"a\nb", b"a\rb", b"a\r\r\n", b"\xff", b"x" * 999])
def test_what_is_unfit_for_the_wire_is_refused(content: bytes) -> None:
    with pytest.raises(MessageError):
        require_wire_form(content)
