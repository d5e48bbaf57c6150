"""A client reads everything in one language: documents, messages, pages, receipts, refusals."""

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from io import BytesIO

import httpx
import pytest
from pypdf import PdfReader

from app.kernel.languages import LANGUAGES
from app.kernel.wording import LOCALES, wording
from app.payments.tasks import SendReceipt
from tests.clients import Client, client_behind
from tests.factories import LINE, Json, a_contact, a_payment, a_quote, a_sent_quote, an_issued_quote
from tests.fakes import FakeMail, FixedClock
from tests.fakes_payments import FakeProvider
from tests.jobs_done import do_jobs
from tests.offices import Office
from tests.payments.paying import enroll

TYPES = ("quote", "delivery_note", "proforma", "invoice")
MARK = "Ŝentinel 7"
"""What a user wrote, and no catalogue has; it is never translated."""

_TO_CLIENTS = ("printed", "letters", "pages", "payments", "statements", "evidence", "problems")
_LENGTH_LEAST = 12
"""Shorter texts are words that two languages share, or that a name may hold."""

_SPACES = re.compile(r"\s+")
_TAGS = re.compile(r"<(?:style|script).*?</(?:style|script)>|<[^>]+>", re.DOTALL)


def pieces(text: str) -> Iterator[str]:
    """Cut a text where its placeholders are."""
    for piece in re.split(r"\{[^}]*\}|\*\*|\n", text):
        plain = _SPACES.sub(" ", piece).strip(" .,:;·()")
        if len(plain) >= _LENGTH_LEAST:
            yield plain


def texts_of(language: str) -> list[str]:
    """Give every text a client may read; what the law wants in Spanish stands in every language."""
    return [
        text
        for domain in _TO_CLIENTS
        for key, text in wording(domain, language).texts.items()
        if not key.startswith(("mention.", "language.", "sample."))
    ]


def foreign(language: str) -> set[str]:
    """Give the pieces of text that only the other languages have."""
    own = _SPACES.sub(" ", "\n".join(texts_of(language)))
    others = (text for other in LANGUAGES if other != language for text in texts_of(other))
    return {piece for text in others for piece in pieces(text) if piece not in own}


def text_of_pdf(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


class Reader:
    """Reads what reaches a client, and tells what is not in the client's language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.foreign = foreign(language)
        self.read: dict[str, str] = {}

    def pdf(self, name: str, answer: httpx.Response) -> str:
        assert answer.status_code == 200, answer.text
        return self.note(name, text_of_pdf(answer.content))

    def page(self, name: str, answer: httpx.Response) -> str:
        assert f'lang="{self.language}"' in answer.text, (name, answer.text)
        return self.note(name, html.unescape(_TAGS.sub(" ", answer.text)))

    def mail(self, name: str, content: bytes) -> None:
        message = message_from_bytes(content, policy=default, _class=EmailMessage)
        self.note(f"{name}, subject", str(message["Subject"]))
        for part in message.walk():
            if part.get_content_type() == "text/plain":
                self.note(f"{name}, text", part.get_content())
            elif part.get_content_type() == "text/html":
                self.note(f"{name}, html", html.unescape(_TAGS.sub(" ", part.get_content())))
            elif part.get_content_type() == "application/pdf":
                self.note(f"{name}, {part.get_filename()}", text_of_pdf(part.get_content()))

    def note(self, name: str, text: str) -> str:
        self.read[name] = _SPACES.sub(" ", text)
        return self.read[name]

    def leaks(self) -> list[tuple[str, str]]:
        return [
            (name, piece)
            for name, text in self.read.items()
            for piece in self.foreign
            if piece in text
        ]


async def pdf_of(office: Office, document: Json, **query: str) -> httpx.Response:
    return await office.api.get(f"/v1/documents/{document['id']}/pdf", params=query)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_16_a_client_meets_one_language_alone(
    office: Office,
    anonymous: httpx.AsyncClient,
    mail: FakeMail,
    provider: FakeProvider,
    clock: FixedClock,
    language: str,
) -> None:
    await enroll(office, provider)
    contact = await a_contact(office, language=language)
    reader = Reader(language)
    clients: dict[str, Client] = {}
    documents: dict[str, Json] = {}
    for kind in TYPES:
        line = {**LINE, "description": MARK, "withholding_rate": "15.00", "discount_percent": "5"}
        more: Json = {"valid_until": "2026-12-31"} if kind == "quote" else {}
        document, _ = await a_sent_quote(
            office, contact, type=kind, title=MARK, notes=MARK, lines=[line], **more
        )
        documents[kind], clients[kind] = document, client_behind(anonymous, mail)
        assert document["language"] == language
        assert MARK in reader.pdf(f"{kind}: PDF", await pdf_of(office, document))
        reader.mail(f"{kind}: mail", mail.sent[-1].content)
        page = f"/d/{clients[kind].token}"
        assert MARK in reader.page(f"{kind}: page", await anonymous.get(page))
        for part in ("accept", "reject", "pay"):
            reader.page(f"{kind}: {part}", await anonymous.get(f"{page}/{part}"))

    for kind, action in (("quote", "accept"), ("delivery_note", "reject")):
        assert (await clients[kind].answer(action)).status_code == 200
        page = f"/d/{clients[kind].token}"
        reader.page(f"{kind}: answered", await anonymous.get(page))
        reader.pdf(f"{kind}: receipt", await anonymous.get(f"{page}/receipt"))
    speaking = {"Accept-Language": language, "Idempotency-Key": "0"}
    wrong = {"form_nonce": "x" * 20, "name": "", "statement_accepted": True}
    for path in (
        clients["proforma"].path + "/accept",
        "/public/v1/documents/" + "x" * 43 + "/accept",
    ):
        refused = await anonymous.post(path, json=wrong, headers=speaking)
        reader.note(f"refusal of {path}", refused.text)
    reader.page("unknown link", await anonymous.get(f"/d/{'x' * 43}?lang={language}"))

    await a_payment(
        office,
        documents["invoice"],
        documents["invoice"]["amount_due"]["amount"],
        send_receipt=True,
    )
    await do_jobs(office, SendReceipt)
    await office.deliver()
    reader.mail("receipt of a payment", mail.sent[-1].content)
    reader.page("invoice: paid", await anonymous.get(f"/d/{clients['invoice'].token}"))
    revised = await office.api.post(f"/v1/documents/{documents['proforma']['id']}/revise")
    await office.api.post(f"/v1/documents/{revised.json()['id']}/issue")
    reader.page("proforma: superseded", await anonymous.get(f"/d/{clients['proforma'].token}"))
    late, _ = await a_sent_quote(office, contact, valid_until="2026-11-25")
    clock.advance(timedelta(days=3))
    assert late["language"] == language
    page = f"/d/{client_behind(anonymous, mail).token}"
    reader.page("quote: expired", await anonymous.get(page))

    assert len(reader.read) == 50
    assert reader.leaks() == []
    other = Reader(next(code for code in LANGUAGES if code != language))
    other.read = reader.read
    assert len({name for name, _ in other.leaks()}) > 40  # the test can tell


async def test_the_language_of_a_contact_is_that_of_what_comes_after(
    office: Office, mail: FakeMail
) -> None:
    contact = await a_contact(office, language="en")
    draft = await a_quote(office, contact)
    issued = await an_issued_quote(office, contact)
    ours = await a_quote(office, contact, language="es")
    before = (await pdf_of(office, issued)).content
    changed = await office.api.patch(f"/v1/contacts/{contact['id']}", json={"language": "es"})
    assert changed.status_code == 200
    for document, language in ((draft, "en"), (issued, "en"), (ours, "es")):
        read = (await office.api.get(f"/v1/documents/{document['id']}")).json()
        assert read["language"] == language
    assert (await pdf_of(office, issued)).content == before
    assert (await a_quote(office, contact))["language"] == "es"
    overridden = await office.api.patch(f"/v1/documents/{draft['id']}", json={"language": "es"})
    assert overridden.json()["language"] == "es"
    for query, words in (({}, "Presupuesto"), ({"language": "en"}, "Quote")):
        seen = await pdf_of(office, draft, preview="true", **query)
        assert words in text_of_pdf(seen.content)
    await office.api.post(f"/v1/documents/{issued['id']}/dispatches", json={})
    await office.deliver()
    assert str(issued["number"]) in str(message_from_bytes(mail.sent[-1].content)["Subject"])


async def test_an_issued_document_is_read_translated_and_the_original_stands(
    office: Office,
) -> None:
    contact = await a_contact(office)
    lines = [{**LINE, "description": f"{MARK} {no}"} for no in range(60)]
    document = await an_issued_quote(office, contact, type="invoice", lines=lines)
    original = await pdf_of(office, document)
    english = await pdf_of(office, document, language="en")
    assert (
        english.headers["content-disposition"] == f'inline; filename="{document["number"]}-en.pdf"'
    )
    pages = [page.extract_text() for page in PdfReader(BytesIO(english.content)).pages]
    assert len(pages) > 1
    mark = f"Translation of {document['number']}; the original in Spanish is authoritative"
    assert all(mark in _SPACES.sub(" ", page) for page in pages)
    text = _SPACES.sub("", "".join(pages))
    assert document["pdf_sha256"] in text
    assert "€6,534.00" in text
    assert "6.534,00€" in _SPACES.sub("", text_of_pdf(original.content))
    assert "Translation" not in text_of_pdf(original.content)

    assert (await pdf_of(office, document, language="en")).content == english.content
    assert (await pdf_of(office, document, language="es")).content == original.content
    assert (await pdf_of(office, document)).content == original.content
    after = (await office.api.get(f"/v1/documents/{document['id']}")).json()
    assert (after["pdf_sha256"], after["version"]) == (document["pdf_sha256"], document["version"])

    assert (await pdf_of(office, document, language="xx")).status_code == 422
    assert (await pdf_of(office, document, language="en", revision="2")).status_code == 404
    draft = await a_quote(office, contact)
    assert (await pdf_of(office, draft, language="en")).json()["reason"] == "not_issued"


def test_every_language_has_every_catalogue() -> None:
    names = [{path.name for path in (LOCALES / code).iterdir()} for code in LANGUAGES]
    assert all(one == names[0] for one in names)
