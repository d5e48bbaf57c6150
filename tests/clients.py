"""A client behind a link: finds it in the mail, opens it, answers."""

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from typing import Any

import httpx

from app.kernel.identifiers import new_id
from tests.fakes import FakeMail

_LINK = re.compile(r"/d/([A-Za-z0-9_-]{43})(?![A-Za-z0-9_-])")
PERSON = {"signal": "scroll"}


def link_of(content: bytes) -> str:
    """Find the token in a message's text."""
    message = message_from_bytes(content, policy=default)
    body = message.get_body(("plain",))
    assert body is not None
    found = _LINK.search(body.get_content())
    assert found is not None
    return found[1]


@dataclass
class Client:
    """Somebody with a link."""

    api: httpx.AsyncClient
    token: str

    @property
    def path(self) -> str:
        return f"/public/v1/documents/{self.token}"

    async def see(self) -> dict[str, Any]:
        """Fetch the document, as scanners do too."""
        answer = await self.api.get(self.path)
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def open(self) -> httpx.Response:
        """Open the page as a person does."""
        return await self.api.post(f"{self.path}/views", json=PERSON)

    async def answer(
        self, action: str, *, name: str = "Ana Ruiz", comment: str = "", nonce: str | None = None
    ) -> httpx.Response:
        """Accept, reject or undo."""
        nonce = nonce or (await self.see())["form_nonce"]
        body: dict[str, object] = {"form_nonce": nonce}
        if action != "undo":
            body |= {"name": name, "statement_accepted": True, "comment": comment}
        return await self.api.post(
            f"{self.path}/{action}", json=body, headers={"Idempotency-Key": str(new_id())}
        )


def client_behind(api: httpx.AsyncClient, mail: FakeMail, address: str | None = None) -> Client:
    """Take the newest message, or the newest to an address, and follow its link."""
    for envelope in reversed(mail.sent):
        if address is None or envelope.recipient == address:
            return Client(api, link_of(envelope.content))
    raise AssertionError("no such message")
