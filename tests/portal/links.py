"""A sent document and the links its recipients hold."""

from dataclasses import dataclass
from typing import Any

import httpx

from tests.clients import link_of
from tests.factories import Json, a_sent_quote
from tests.fakes import FakeMail
from tests.offices import Office

NAME = "Ana Ruiz Soler"


@dataclass
class Shelf:
    """What a client holds: a document's link, and a phone to use it with."""

    document: Json
    dispatch: Json
    tokens: dict[str, str]
    phone: httpx.AsyncClient

    def path(self, rest: str = "", *, address: str | None = None) -> str:
        """Address something behind the link of an address, the first by default."""
        token = self.tokens[address] if address else next(iter(self.tokens.values()))
        return f"/public/v1/documents/{token}{rest}"

    async def read(self, address: str | None = None) -> Json:
        """Read the document as JSON."""
        answer = await self.phone.get(self.path(address=address))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def form(self, **changes: object) -> Json:
        """Fill in the form of a page just read."""
        nonce = (await self.read())["form_nonce"]
        return {"name": NAME, "form_nonce": nonce, "statement_accepted": True, **changes}

    async def post(self, rest: str, body: Json, **headers: str) -> httpx.Response:
        """Send a form."""
        return await self.phone.post(self.path(rest), json=body, headers=headers)

    async def answer(self, action: str, **changes: object) -> httpx.Response:
        """Read, fill in, send."""
        return await self.post(f"/{action}", await self.form(**changes))


async def a_shelf(
    office: Office,
    mail: FakeMail,
    phone: httpx.AsyncClient,
    order: Json | None = None,
    **changes: Any,  # noqa: ANN401 - whatever a document has
) -> Shelf:
    """Send a document and open the messages."""
    before = len(mail.sent)
    document, dispatch = await a_sent_quote(office, order=order, **changes)
    tokens = {one.recipient: link_of(one.content) for one in mail.sent[before:]}
    return Shelf(document, dispatch, tokens, phone)
