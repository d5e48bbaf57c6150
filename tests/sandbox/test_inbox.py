"""The test inbox, fed over a real SMTP socket, read as a person and as Mailpit's client."""

from collections.abc import AsyncIterator
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import aiosmtplib
import httpx
import pytest

from app.sandbox import mail_sink, mime
from app.sandbox.inbox import create_inbox
from app.sandbox.mail_sink import Mailbox
from tests.fakes import FixedClock

PDF = b"%PDF-1.7\n" + bytes(range(256))
HOSTILE = "</title><script>alert(1)</script>"


@pytest.fixture
def mailbox(tmp_path: Path, clock: FixedClock) -> Mailbox:
    return Mailbox(tmp_path / "mail", clock)


@pytest.fixture
async def port(mailbox: Mailbox) -> AsyncIterator[int]:
    server = await mail_sink.listen(mailbox, 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


@pytest.fixture
async def inbox(mailbox: Mailbox, clock: FixedClock) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_inbox(mailbox, clock))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8025") as client:
        yield client


def a_message(subject: str = "Presupuesto P-260041", html: str = "<p>Hola</p>") -> EmailMessage:
    message = EmailMessage(SMTP)
    message["From"] = "Taller Náutico Ejemplo <documentos@taller.example>"
    message["To"] = "Ana Núñez <ana@velero.example>"
    message["Reply-To"] = "joan@taller.example"
    message["Subject"] = subject
    message["Message-ID"] = "<abc@taller.example>"
    message["Date"] = "Tue, 24 Nov 2026 10:00:00 +0100"
    message.set_content("Hola, Ana:\n\nver http://127.0.0.1:8000/d/abc\n")
    message.add_alternative(html, subtype="html")
    message.add_attachment(PDF, "application", "pdf", filename="Presupuesto ñ.pdf")
    return message


async def send(port: int, content: bytes, *recipients: str) -> None:
    await aiosmtplib.send(
        content,
        sender="bounce@taller.example",
        recipients=list(recipients) or ["ana@velero.example"],
        hostname="127.0.0.1",
        port=port,
        start_tls=False,
    )


async def test_a_message_arrives_as_it_was_sent(port: int, inbox: httpx.AsyncClient) -> None:
    content = a_message().as_bytes()
    await send(port, content)

    listed = (await inbox.get("/api/v1/messages")).json()
    assert (listed["total"], listed["unread"], listed["count"]) == (1, 1, 1)
    summary = listed["messages"][0]
    assert summary["Subject"] == "Presupuesto P-260041"
    assert summary["To"] == [{"Name": "Ana Núñez", "Address": "ana@velero.example"}]
    assert summary["Attachments"] == 1
    assert summary["Snippet"].startswith("Hola, Ana:")
    assert summary["Created"].startswith("2026-11-24T09:00:00")

    message = (await inbox.get(f"/api/v1/message/{summary['ID']}")).json()
    assert message["MessageID"] == "abc@taller.example"
    assert message["From"]["Name"] == "Taller Náutico Ejemplo"
    assert message["ReplyTo"][0]["Address"] == "joan@taller.example"
    assert message["ReturnPath"] == "bounce@taller.example"
    assert "http://127.0.0.1:8000/d/abc" in message["Text"]
    assert message["HTML"].strip() == "<p>Hola</p>"
    assert message["Date"] == "2026-11-24T10:00:00+01:00"
    attachment = message["Attachments"][0]
    assert attachment["FileName"] == "Presupuesto ñ.pdf"
    assert (attachment["ContentType"], attachment["Size"]) == ("application/pdf", len(PDF))

    part = await inbox.get(f"/api/v1/message/{summary['ID']}/part/{attachment['PartID']}")
    assert part.content == PDF
    assert part.headers["content-type"] == "application/pdf"
    raw = await inbox.get("/api/v1/message/latest/raw")
    assert raw.content == content
    assert (await inbox.get("/api/v1/messages")).json()["unread"] == 0


async def test_recipients_no_header_names_are_blind_copies(
    port: int, inbox: httpx.AsyncClient
) -> None:
    await send(port, a_message().as_bytes(), "ana@velero.example", "boss@velero.example")
    message = (await inbox.get("/api/v1/message/latest")).json()
    assert message["Bcc"] == [{"Name": "", "Address": "boss@velero.example"}]


async def test_a_second_run_finds_the_messages(
    port: int, mailbox: Mailbox, tmp_path: Path, clock: FixedClock
) -> None:
    await send(port, a_message().as_bytes())
    (tmp_path / "mail" / "half.json").write_text("{")
    (tmp_path / "mail" / "half.eml").write_bytes(b"Subject: half")
    assert Mailbox(tmp_path / "mail", clock).list() == mailbox.list()


async def test_deletes_some_or_all(port: int, inbox: httpx.AsyncClient, tmp_path: Path) -> None:
    for subject in ("one", "two", "three"):
        await send(port, a_message(subject).as_bytes())
    listed = (await inbox.get("/api/v1/messages")).json()["messages"]
    assert [message["Subject"] for message in listed] == ["three", "two", "one"]
    page = (await inbox.get("/api/v1/messages?start=1&limit=1")).json()
    assert [message["Subject"] for message in page["messages"]] == ["two"]

    ids = {"IDs": [listed[0]["ID"]]}
    assert (await inbox.request("DELETE", "/api/v1/messages", json=ids)).text == "ok"
    assert (await inbox.get("/api/v1/messages")).json()["total"] == 2
    assert (await inbox.delete("/api/v1/messages")).status_code == 200
    assert (await inbox.get("/api/v1/messages")).json()["messages"] == []
    assert list((tmp_path / "mail").iterdir()) == []


@pytest.mark.parametrize(
    "path", ["message/x", "message/x/part/1", "message/x/raw", "message/x/headers"]
)
async def test_what_is_not_there_is_404(path: str, inbox: httpx.AsyncClient) -> None:
    assert (await inbox.get(f"/api/v1/{path}")).status_code == 404


async def test_the_list_tells_the_time_today_and_the_day_later(
    mailbox: Mailbox, inbox: httpx.AsyncClient, clock: FixedClock
) -> None:
    mailbox.keep(a_message().as_bytes(), "", ["ana@velero.example"])
    assert ">10:00</time>" in (await inbox.get("/")).text
    clock.advance(timedelta(days=1))
    assert ">24/11/2026</time>" in (await inbox.get("/")).text


async def test_an_empty_inbox_says_what_to_do(inbox: httpx.AsyncClient) -> None:
    spanish = await inbox.get("/")
    assert "Aún no hay mensajes" in spanish.text
    english = await inbox.get("/", headers={"Accept-Language": "en-GB,en;q=0.9"})
    assert "No messages yet" in english.text
    assert '<html lang="en">' in english.text


@pytest.mark.parametrize("tab", ["html", "mobile", "text", "headers", "source"])
async def test_hostile_mail_is_shown_escaped(
    tab: str, port: int, inbox: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    hostile = a_message(HOSTILE, f"<p>{HOSTILE}</p>")
    hostile.replace_header("To", '"<img src=x onerror=alert(1)>" <ana@velero.example>')
    hostile.add_attachment(b"<script>1</script>", "text", "html", filename=f"{HOSTILE}.html")
    await send(port, hostile.as_bytes())
    kept = mailbox.list()[0]
    page = await inbox.get(f"/view/{kept.id}/{tab}")
    assert page.status_code == 200
    assert "<script" not in page.text
    assert "<img" not in page.text
    assert "script-src" not in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_html_of_a_message_can_run_nothing(
    port: int, inbox: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    message = a_message("s", '<html><head></head><body><img src="cid:logo"></body></html>')
    html = next(part for part in message.walk() if part.get_content_subtype() == "html")
    html.add_related(b"\x89PNG", "image", "png", cid="<logo>", disposition="inline")
    message.add_attachment(b"<script>1</script>", "text", "html", filename="x.html")
    await send(port, message.as_bytes())
    kept = mailbox.list()[0]

    frame = await inbox.get(f"/view/{kept.id}.html")
    policy = frame.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-popups")
    assert "allow-scripts" not in policy
    assert "img-src data:" in policy
    assert 'src="data:image/png;base64,' in frame.text
    assert '<head><base target="_blank">' in frame.text

    found = (await inbox.get(f"/api/v1/message/{kept.id}")).json()
    assert [part["ContentID"] for part in found["Inline"]] == ["logo"]
    script = found["Attachments"][1]
    part = await inbox.get(f"/api/v1/message/{kept.id}/part/{script['PartID']}")
    assert part.headers["content-type"] == "application/octet-stream"
    assert part.headers["content-disposition"].startswith("attachment;")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\r\n\r\n",
        b"Subject: =?utf-8?b?////?=\r\nFrom: <<<>>>\r\nTo: a@b@c\r\nDate: never\r\n\r\nx",
        b"Subject: =?nonsense?q?a?=\r\nContent-Type: text/plain; charset=nonsense\r\n\r\n\xff\xfe",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\n",
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Subject: a\r\n b\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!",
        b'Content-Disposition: attachment; filename="a\r\n\tb"\r\n\r\nx',
        b"Date: Tue, 99 Nov 99999 10:00:00 +9999\r\n\xff\xfe: \xff\r\n\r\nx",
    ],
)
async def test_any_bytes_can_be_read(
    content: bytes, mailbox: Mailbox, inbox: httpx.AsyncClient
) -> None:
    letter = mime.read(content)
    assert "\n" not in letter.subject
    kept = mailbox.keep(content, "", ["ana@velero.example"])
    assert (await inbox.get("/")).status_code == 200
    assert (await inbox.get(f"/view/{kept.id}/source")).status_code == 200
    assert (await inbox.get(f"/api/v1/message/{kept.id}")).status_code == 200


async def test_a_smuggled_header_stays_one_line() -> None:
    letter = mime.read(b"Subject: =?utf-8?q?a=0D=0ABcc:_x@evil.example?=\r\n\r\nx")
    assert letter.subject == "a Bcc: x@evil.example"


async def test_only_the_page_itself_empties_the_inbox(
    port: int, inbox: httpx.AsyncClient, mailbox: Mailbox
) -> None:
    await send(port, a_message().as_bytes())
    foreign = await inbox.post("/empty", headers={"Sec-Fetch-Site": "cross-site"})
    assert foreign.status_code == 403
    assert len(mailbox.list()) == 1
    own = await inbox.post("/empty", headers={"Sec-Fetch-Site": "same-origin"})
    assert (own.status_code, own.headers["location"]) == (303, "/")
    assert mailbox.list() == []


async def test_another_host_name_is_refused(inbox: httpx.AsyncClient) -> None:
    assert (await inbox.get("/", headers={"Host": "evil.example"})).status_code == 400


async def test_a_message_that_cannot_be_written_is_refused(port: int, tmp_path: Path) -> None:
    for leftover in (tmp_path / "mail").iterdir():
        leftover.unlink()
    (tmp_path / "mail").rmdir()
    with pytest.raises(aiosmtplib.SMTPDataError, match="452"):
        await send(port, a_message().as_bytes())


async def test_the_styles_are_served(inbox: httpx.AsyncClient) -> None:
    for name in ("page.css", "sandbox.css"):
        assert (await inbox.get(f"/static/{name}")).headers["content-type"].startswith("text/css")
    assert (await inbox.get("/static/secrets.json")).status_code == 404
