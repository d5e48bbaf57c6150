"""Layouts: what they change on the page, what the law keeps, and that what is issued stays."""

from io import BytesIO

import httpx
from pypdf import PdfReader

from tests.factories import LINE, Json, a_contact, a_png, a_quote, an_issued_quote
from tests.offices import Office

PATH = "/v1/document-layouts"
LINES = [{**LINE, "description": "Casco\nDetalle oculto", "discount_percent": "10"}]
HOSTILE = "<b>& \u00abGracias\u00bb</b> {number}"
LOOK: Json = {
    "lines": "summary",
    "logo": "right",
    "accent_color": "#AA2200",
    "shows_bank_account": False,
    "texts": [
        {"language": "es", "intro": HOSTILE, "terms": "A 30 días", "footer": "Pie propio"},
        {"language": "en", "intro": "Thank you", "closing": "Fair winds"},
    ],
}


async def made(office: Office, **changes: object) -> Json:
    body = {"type": "quote", "name": "Resumen", "look": LOOK, **changes}
    answer = await office.api.post(PATH, json=body)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"].endswith(answer.json()["id"])
    return dict(answer.json())


async def pdf_of(office: Office, document: Json, **query: str) -> bytes:
    answer = await office.api.get(f"/v1/documents/{document['id']}/pdf", params=query)
    assert answer.status_code == 200, answer.text
    return answer.content


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)


def reasons(answer: httpx.Response) -> list[tuple[str, str]]:
    return [(one["pointer"], one["code"]) for one in answer.json()["errors"]]


async def test_the_default_of_a_type_prints_and_what_is_issued_keeps_its_look(
    office: Office,
) -> None:
    png = {"Content-Type": "image/png"}
    await office.api.put("/v1/organization/logo", content=a_png(), headers=png)
    contact = await a_contact(office)
    before = await an_issued_quote(office, contact, lines=LINES)
    layout = await made(office, is_default=True)
    plain = await pdf_of(office, before)
    assert "Detalle oculto" in text_of(plain)

    document = await an_issued_quote(office, contact, lines=LINES, notes="Y esto")
    assert document["layout_id"] is None
    content = await pdf_of(office, document)
    text = text_of(content)
    for told in (HOSTILE, "A 30 días", "Y esto", "Pie propio", "Casco", "81,00", "98,01"):
        assert told in text, told
    for hidden in ("Detalle oculto", "Cantidad", "Precio", "Dto."):
        assert hidden not in text, hidden
    assert "IVA 21" in text  # the breakdown of taxes is always there

    english = await an_issued_quote(office, contact, lines=LINES, language="en")
    assert "Fair winds" in text_of(await pdf_of(office, english))
    assert HOSTILE not in text_of(await pdf_of(office, english))

    path = f"{PATH}/{layout['id']}"
    changed = await office.api.patch(path, json={"look": {"logo": "none"}})
    assert changed.json()["look"]["lines"] == "detailed"
    assert await pdf_of(office, document) == content
    assert await pdf_of(office, before) == plain
    draft = await a_quote(office, contact, lines=LINES)
    shown = await pdf_of(office, draft, preview="true")
    assert "Detalle oculto" in text_of(shown)
    assert len(PdfReader(BytesIO(shown)).pages[0].images) == 0


async def test_a_draft_names_its_layout_and_its_revision_keeps_it(office: Office) -> None:
    contact = await a_contact(office)
    layout = await made(office)
    document = await an_issued_quote(office, contact, lines=LINES, layout_id=layout["id"])
    assert document["layout_id"] == layout["id"]
    assert "Detalle oculto" not in text_of(await pdf_of(office, document))
    revised = (await office.api.post(f"/v1/documents/{document['id']}/revise")).json()
    assert revised["layout_id"] == layout["id"]
    await office.api.patch(f"/v1/documents/{revised['id']}", json={"layout_id": None})
    again = await office.api.post(f"/v1/documents/{revised['id']}/issue")
    assert again.json()["layout_id"] is None
    assert "Detalle oculto" in text_of(await pdf_of(office, document))

    other = {"type": "invoice", "contact_id": contact["id"], "layout_id": layout["id"]}
    wrong = await office.api.post("/v1/documents", json=other)
    assert reasons(wrong) == [("/layout_id", "reference.unknown")]
    archived = await office.api.patch(f"{PATH}/{layout['id']}", json={"status": "archived"})
    assert archived.json()["status"] == "archived"
    late = await office.api.post("/v1/documents", json={**other, "type": "quote"})
    assert reasons(late) == [("/layout_id", "reference.unknown")]


async def test_an_invoice_shows_what_the_law_wants(office: Office) -> None:
    body = {"type": "invoice", "name": "Corta", "look": {**LOOK, "columns": ["quantity"]}}
    refused = await office.api.post(PATH, json=body)
    assert reasons(refused) == [
        ("/look/lines", "layout.invoice_whole"),
        ("/look/columns", "layout.invoice_whole"),
    ]
    tried = await office.api.post(f"{PATH}/preview", json={"type": "invoice", "look": body["look"]})
    assert reasons(tried) == reasons(refused)
    twice = {"columns": ["tax", "tax"], "texts": [{"language": "es"}, {"language": "es"}]}
    answer = await office.api.post(PATH, json={"type": "quote", "name": "X", "look": twice})
    assert reasons(answer) == [("/look/columns", "layout.twice"), ("/look/texts", "layout.twice")]
    for wrong in ({"accent_color": "red"}, {"texts": [{"language": "xx"}]}, {"columns": ["net"]}):
        answer = await office.api.post(PATH, json={"type": "quote", "name": "X", "look": wrong})
        assert answer.status_code == 422


async def test_a_look_is_tried_before_it_is_kept(office: Office, rival: Office) -> None:
    made_up = await office.api.post(f"{PATH}/preview", json={"look": LOOK, "language": "en"})
    assert made_up.headers["content-type"] == "application/pdf"
    for told in ("DRAFT", "Thank you", "Fair winds"):
        assert told in text_of(made_up.content)
    contact = await a_contact(office)
    issued = await an_issued_quote(office, contact, lines=LINES)
    on = {"look": LOOK, "document_id": issued["id"]}
    seen = await office.api.post(f"{PATH}/preview", json=on)
    assert issued["number"] in text_of(seen.content)
    assert HOSTILE in text_of(seen.content)
    assert (await rival.api.post(f"{PATH}/preview", json=on)).status_code == 404
    assert (await office.api.get(PATH)).json()["data"] == []
    after = await office.api.get(f"/v1/documents/{issued['id']}")
    assert after.json()["version"] == issued["version"]


async def test_there_is_one_default_of_each_type(office: Office) -> None:
    first = await made(office, is_default=True)
    second = await made(office, name="Otra", is_default=True)
    listed = (await office.api.get(PATH, params={"type": "quote"})).json()["data"]
    assert [one["is_default"] for one in listed] == [False, True]
    path = f"{PATH}/{second['id']}"
    refused = await office.api.patch(path, json={"status": "archived"})
    assert (refused.status_code, refused.json()["reason"]) == (409, "layout_default")
    put_away = await office.api.patch(path, json={"status": "archived", "is_default": False})
    assert put_away.json()["status"] == "archived"
    same = await office.api.post(PATH, json={"type": "quote", "name": "Resumen"})
    assert (same.status_code, same.json()["code"]) == (409, "duplicate")
    stale = await office.api.patch(
        f"{PATH}/{first['id']}", json={"name": "Y"}, headers={"If-Match": '"1"'}
    )
    assert stale.status_code == 412
