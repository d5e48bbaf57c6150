"""The test inbox: what the mail sink kept, as a page and in Mailpit's API shape.

Messages are hostile until shown otherwise: the page escapes all of them, their HTML is
shown in a frame that can neither run scripts nor load anything from elsewhere.
Source: https://mailpit.axllent.org/docs/api-v1/.
"""

import argparse
import asyncio
import hashlib
import html as markup
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote
from zoneinfo import ZoneInfo

import uvicorn
from jinja2 import Environment, FileSystemLoader, select_autoescape
from pydantic import JsonValue
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import (
    FileResponse,
    HTMLResponse,
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Route

from app.kernel import formats
from app.kernel.clock import Clock, SystemClock
from app.kernel.languages import DEFAULT_LANGUAGE, LANGUAGES
from app.kernel.wording import wording
from app.sandbox import mail_sink, mime
from app.sandbox.mail_sink import Kept, Mailbox
from app.sandbox.mime import Address, Letter, Part

HOST = "127.0.0.1"
TABS = ("html", "mobile", "text", "headers", "source")

_ZONE = ZoneInfo("Europe/Madrid")
_TEMPLATES = Path(__file__).parent.parent / "templates"
_STYLES = {
    "page.css": _TEMPLATES / "pages" / "static" / "page.css",
    "sandbox.css": _TEMPLATES / "sandbox" / "sandbox.css",
}
_PAGE_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; frame-src 'self'; form-action 'self';"
        " base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}
_FRAME_HEADERS = _PAGE_HEADERS | {
    "Content-Security-Policy": (
        "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none';"
        " img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'"
    )
}
_PART_HEADERS = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
_SHOWN_TYPES = ("application/pdf", "image/png", "image/jpeg", "image/gif", "text/plain")
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
_KB = 1000


@dataclass(frozen=True, slots=True)
class Opened:
    """A kept message and what it says."""

    kept: Kept
    letter: Letter

    @property
    def to(self) -> list[Address]:
        """Whom the header names; else whom the envelope does."""
        return self.letter.to or [Address("", address) for address in self.kept.recipients]

    @property
    def bcc(self) -> list[Address]:
        """Recipients of the envelope that no header names."""
        named = {box.address.lower() for box in (*self.to, *self.letter.cc)}
        return [Address("", box) for box in self.kept.recipients if box.lower() not in named]


def create_inbox(mailbox: Mailbox, clock: Clock) -> Starlette:
    """Make the application that shows one mailbox."""
    inbox = _Inbox(mailbox, clock)
    return Starlette(
        routes=[
            Route("/", inbox.page),
            Route("/view/{id}.html", inbox.frame),
            Route("/view/{id}", inbox.page),
            Route("/view/{id}/{tab}", inbox.page),
            Route("/empty", inbox.empty, methods=["POST"]),
            Route("/static/{name}", inbox.style),
            Route("/readyz", inbox.ready),
            Route("/api/v1/messages", inbox.list, methods=["GET"]),
            Route("/api/v1/messages", inbox.delete, methods=["DELETE"]),
            Route("/api/v1/message/{id}", inbox.message),
            Route("/api/v1/message/{id}/headers", inbox.headers),
            Route("/api/v1/message/{id}/raw", inbox.raw),
            Route("/api/v1/message/{id}/part/{part}", inbox.part),
        ],
        middleware=[
            # Another site could otherwise read the inbox through a name of its own.
            Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost", "[::1]"])
        ],
    )


class _Inbox:
    def __init__(self, mailbox: Mailbox, clock: Clock) -> None:
        self._mailbox = mailbox
        self._clock = clock
        self._letters: dict[str, Letter] = {}
        self._templates = Environment(
            loader=FileSystemLoader(_TEMPLATES / "sandbox"), autoescape=select_autoescape()
        )

    # The page

    async def page(self, request: Request) -> Response:
        """Show the list, and beside it one message: the named one, else the newest."""
        kept = self._mailbox.list()
        message_id = request.path_params.get("id")
        tab = request.path_params.get("tab", "html")
        chosen = self._mailbox.find(message_id) if message_id else (kept[0] if kept else None)
        is_missing = tab not in TABS or (message_id is not None and chosen is None)
        if is_missing:
            chosen, tab = None, "html"
        opened = self._open(chosen) if chosen else None
        if opened and message_id:
            self._mailbox.unread.discard(opened.kept.id)
        if opened and tab == "html" and not opened.letter.html:
            tab = "text"
        language = _language(request)
        page = self._templates.get_template("inbox.html").render(
            t=wording("sandbox", language),
            language=language,
            messages=[self._open(message) for message in kept],
            opened=opened,
            unread=self._mailbox.unread,
            is_named=message_id is not None,
            is_missing=is_missing,
            tab=tab,
            tabs=TABS,
            when=lambda message: _when(message, language),
            briefly=lambda message: _briefly(message, self._clock.now(), language),
            size=_size,
        )
        return HTMLResponse(page, status_code=404 if is_missing else 200, headers=_PAGE_HEADERS)

    async def frame(self, request: Request) -> Response:
        """Give a message's HTML for its frame, images inside, nothing from elsewhere."""
        opened = self._find(request)
        if opened is None:
            return _not_found()
        return HTMLResponse(_contained(opened.letter), headers=_FRAME_HEADERS)

    async def empty(self, request: Request) -> Response:
        """Forget all messages; only the page itself may ask."""
        if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return PlainTextResponse("cross-site", status_code=403)
        self._mailbox.drop()
        self._letters.clear()
        return RedirectResponse("/", status_code=303)

    async def style(self, request: Request) -> Response:
        """Give a stylesheet."""
        path = _STYLES.get(request.path_params["name"])
        return FileResponse(path, media_type="text/css") if path else _not_found()

    async def ready(self, _: Request) -> Response:
        """Say that it answers."""
        return PlainTextResponse("ok")

    # Mailpit's API

    async def list(self, request: Request) -> Response:
        """List messages, newest first; `start` and `limit` as Mailpit has them."""
        kept = self._mailbox.list()
        start, limit = _number(request, "start", 0), _number(request, "limit", 50)
        shown = kept[start : start + limit]
        unread = len(self._mailbox.unread)
        return _json(
            {
                "total": len(kept),
                "unread": unread,
                "count": len(shown),
                "messages_count": len(kept),
                "messages_unread": unread,
                "start": start,
                "tags": [],
                "messages": [self._summary(self._open(message)) for message in shown],
            }
        )

    async def message(self, request: Request) -> Response:
        """Give one message, taken apart; `latest` is the newest."""
        opened = self._find(request)
        if opened is None:
            return _not_found()
        self._mailbox.unread.discard(opened.kept.id)
        letter = opened.letter
        sent_at = letter.date or opened.kept.received_at
        return _json(
            {
                **self._heads(opened),
                "ReturnPath": opened.kept.sender,
                "Date": sent_at.isoformat(),
                "Text": letter.text,
                "HTML": letter.html,
                "Inline": [_file(part) for part in letter.inline],
                "Attachments": [_file(part) for part in letter.attachments],
                "ListUnsubscribe": {"Header": "", "Links": [], "Errors": "", "HeaderPost": ""},
            }
        )

    async def headers(self, request: Request) -> Response:
        """Give a message's headers, each with all its values."""
        opened = self._find(request)
        if opened is None:
            return _not_found()
        values: dict[str, list[JsonValue]] = {}
        for name, value in opened.letter.headers:
            values.setdefault(name, []).append(value)
        return _json(values)

    async def raw(self, request: Request) -> Response:
        """Give the bytes that arrived."""
        opened = self._find(request)
        if opened is None:
            return _not_found()
        return Response(opened.kept.content, media_type="text/plain", headers=_PART_HEADERS)

    async def part(self, request: Request) -> Response:
        """Give one file of a message; what could run in a browser is only offered to save."""
        opened = self._find(request)
        part_id = request.path_params["part"]
        parts = opened.letter.files if opened else []
        part = next((part for part in parts if part.id == part_id), None)
        if part is None:
            return _not_found()
        how = "inline" if part.content_type in _SHOWN_TYPES else "attachment"
        name = quote(part.file_name or f"part-{part.id}", safe="")
        disposition = f"{how}; filename*=utf-8''{name}"
        kind = part.content_type if how == "inline" else "application/octet-stream"
        return Response(
            part.content,
            headers={
                **_PART_HEADERS,
                "Content-Type": kind,
                "Content-Disposition": disposition,
            },
        )

    async def delete(self, request: Request) -> Response:
        """Forget the messages named in `IDs`, or all."""
        ids: list[str] = []
        if await request.body():
            try:
                body = await request.json()
                ids = [str(key) for key in body.get("IDs", [])]
            except (ValueError, AttributeError, TypeError):
                return PlainTextResponse("the body is not JSON with IDs", status_code=400)
        self._mailbox.drop(ids or None)
        return PlainTextResponse("ok")

    # Pieces

    def _open(self, kept: Kept) -> Opened:
        letter = self._letters.get(kept.id)
        if letter is None:
            letter = self._letters[kept.id] = mime.read(kept.content)
        return Opened(kept, letter)

    def _find(self, request: Request) -> Opened | None:
        message_id = request.path_params["id"]
        if message_id == "latest":
            kept = next(iter(self._mailbox.list()), None)
        else:
            kept = self._mailbox.find(message_id)
        return self._open(kept) if kept else None

    def _heads(self, opened: Opened) -> dict[str, JsonValue]:
        letter = opened.letter
        return {
            "ID": opened.kept.id,
            "MessageID": letter.message_id,
            "From": _box(letter.sender or Address("", opened.kept.sender)),
            "To": [_box(box) for box in opened.to],
            "Cc": [_box(box) for box in letter.cc],
            "Bcc": [_box(box) for box in opened.bcc],
            "ReplyTo": [_box(box) for box in letter.reply_to],
            "Subject": letter.subject,
            "Tags": [],
            "Username": "",
            "Size": len(opened.kept.content),
        }

    def _summary(self, opened: Opened) -> dict[str, JsonValue]:
        return {
            **self._heads(opened),
            "Read": opened.kept.id not in self._mailbox.unread,
            "Created": opened.kept.received_at.isoformat(),
            "Attachments": len(opened.letter.attachments),
            "Snippet": opened.letter.snippet,
        }


def _box(box: Address) -> dict[str, JsonValue]:
    return {"Name": box.name, "Address": box.address}


def _file(part: Part) -> dict[str, JsonValue]:
    return {
        "PartID": part.id,
        "FileName": part.file_name,
        "ContentType": part.content_type,
        "ContentID": part.content_id,
        "Size": len(part.content),
        "Checksums": {
            "MD5": hashlib.md5(part.content, usedforsecurity=False).hexdigest(),
            "SHA1": hashlib.sha1(part.content, usedforsecurity=False).hexdigest(),
            "SHA256": hashlib.sha256(part.content).hexdigest(),
        },
    }


def _contained(letter: Letter) -> str:
    """Put inline images into the HTML, and let its links open a window of their own."""
    html = letter.html
    for part in letter.inline:
        if part.content_id and part.content_type in {"image/png", "image/jpeg", "image/gif"}:
            data = f"data:{part.content_type};base64,{b64encode(part.content).decode()}"
            for name in {part.content_id, markup.escape(part.content_id)}:
                html = html.replace(f"cid:{name}", data)
    base = '<base target="_blank">'
    head = _HEAD.search(html)
    return html[: head.end()] + base + html[head.end() :] if head else base + html


def _language(request: Request) -> str:
    for choice in request.headers.get("accept-language", "").split(","):
        language = choice.split(";")[0].strip()[:2].lower()
        if language in LANGUAGES:
            return language
    return DEFAULT_LANGUAGE


def _when(opened: Opened, language: str) -> str:
    local = opened.kept.received_at.astimezone(_ZONE)
    day = formats.short_date(local.date(), language)
    return f"{day}, {formats.clock_time(local, _ZONE)}"


def _briefly(opened: Opened, now: datetime, language: str) -> str:
    """Write the time of today's messages, the day of earlier ones."""
    local = opened.kept.received_at.astimezone(_ZONE)
    if local.date() == now.astimezone(_ZONE).date():
        return formats.clock_time(local, _ZONE)
    return formats.short_date(local.date(), language)


def _size(part: Part) -> str:
    return f"{max(1, round(len(part.content) / _KB))} kB"


def _number(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else default


def _json(body: Mapping[str, JsonValue] | Mapping[str, list[JsonValue]]) -> Response:
    return JSONResponse(body, headers=_PART_HEADERS)


def _not_found() -> Response:
    return PlainTextResponse("404 not found", status_code=404)


async def serve(folder: Path, *, smtp_port: int, http_port: int) -> None:
    """Run sink and inbox until the process is told to stop."""
    clock = SystemClock()
    mailbox = Mailbox(folder, clock)
    smtp = await mail_sink.listen(mailbox, smtp_port)
    config = uvicorn.Config(
        create_inbox(mailbox, clock),
        host=HOST,
        port=http_port,
        log_level="warning",
        access_log=False,
        server_header=False,
    )
    try:
        await uvicorn.Server(config).serve()
    finally:
        smtp.close()


def main() -> None:
    """Run as a process of the sandbox: `python -m app.sandbox.inbox FOLDER SMTP HTTP`."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("smtp_port", type=int)
    parser.add_argument("http_port", type=int)
    options = parser.parse_args()
    asyncio.run(serve(options.folder, smtp_port=options.smtp_port, http_port=options.http_port))


if __name__ == "__main__":
    main()
