"""Further revisions of what was issued, longer validity, taking back."""

import asyncio
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from tests.clients import client_behind
from tests.factories import LINE, Json, a_contact, a_payment, a_quote, a_sent_quote, an_issued_quote
from tests.factories import a_vessel as a_boat
from tests.fakes import FakeMail, FixedClock
from tests.invariants.checking import violations
from tests.offices import Office


async def revised(office: Office, document: Json, **changes: object) -> Json:
    """Begin the next revision and change it."""
    begun = await office.api.post(f"/v1/documents/{document['id']}/revise")
    assert begun.status_code == 201, begun.text
    path = f"/v1/documents/{begun.json()['id']}"
    changed = await office.api.patch(path, json=changes)
    assert changed.status_code == 200, changed.text
    return dict(changed.json())


async def issued(office: Office, draft: Json) -> Json:
    answer = await office.api.post(f"/v1/documents/{draft['id']}/issue")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def kinds_of(office: Office, document_id: str) -> list[str]:
    answer = await office.api.get(f"/v1/documents/{document_id}/events?raw=true")
    return [entry["kind"] for entry in answer.json()["data"]]


def reason_of(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("reason")


@pytest.mark.parametrize("kind", ["quote", "delivery_note", "proforma"])
async def test_a_revision_keeps_number_and_day_and_takes_the_place(
    office: Office, clock: FixedClock, kind: str
) -> None:
    first = await an_issued_quote(office, type=kind)
    clock.advance(timedelta(days=3))
    draft = await revised(office, first, lines=[{**LINE, "unit_price": "40.00"}])
    assert (draft["number"], draft["revision"], draft["status"]) == (first["number"], 2, "draft")
    assert (draft["revises_id"], draft["issue_date"]) == (first["id"], None)
    assert draft["allowed_actions"] == ["edit", "delete", "issue", "copy"]
    assert (await office.api.get(f"/v1/documents/{first['id']}")).json() == first
    second = await issued(office, draft)
    assert (second["id"], second["number"], second["revision"]) == (first["id"], first["number"], 2)
    assert (second["status"], second["pdf_state"]) == ("issued", "ready")
    assert second["issue_date"] == first["issue_date"]
    assert second["total"]["amount"] == 9680
    assert [line["unit_price"] for line in second["lines"]] == ["40.00"]
    assert second["pdf_sha256"] != first["pdf_sha256"]
    read = await office.api.get(f"/v1/documents/{draft['id']}")
    assert read.json() == second, "the draft's id leads to the document"
    for number, sha256 in ((1, first["pdf_sha256"]), (2, second["pdf_sha256"])):
        pdf = await office.api.get(f"/v1/documents/{first['id']}/pdf?revision={number}")
        assert pdf.status_code == 200
        assert sha256 in (first["pdf_sha256"], second["pdf_sha256"])
    assert await kinds_of(office, first["id"]) == [
        "document.issued", "document.superseded", "document.revised", "document.issued",
        "document.created",
    ]  # fmt: skip
    listed = (await office.api.get("/v1/documents")).json()["data"]
    assert [one["id"] for one in listed] == [first["id"]]
    assert await violations(office) == []


async def test_revisions_are_listed_and_compared(office: Office) -> None:
    first = await an_issued_quote(office, valid_until="2026-12-31")
    path = f"/v1/documents/{first['id']}"
    more = {"description": "Antifouling\nDos manos", "unit_price": "100.00"}
    lines = [{**LINE, "unit_price": "40.00"}, more]
    draft = await revised(office, first, lines=lines, valid_until="2027-01-31")

    async def states() -> list[tuple[int, str, str | None]]:
        rows = (await office.api.get(f"{path}/revisions")).json()["data"]
        return [(one["revision"], one["issue_state"], one["draft_id"]) for one in rows]

    assert await states() == [(1, "issued", None), (2, "draft", draft["id"])]
    before = (await office.api.get(f"{path}/revisions/2/diff")).json()
    second = await issued(office, draft)
    assert await states() == [(1, "superseded", None), (2, "issued", None)]
    after = (await office.api.get(f"{path}/revisions/2/diff")).json()
    assert after == before, "a draft is compared as it would be issued"
    assert (after["revision"], after["against"]) == (2, 1)
    assert after["fields"] == [
        {"field": "valid_until", "before": "2026-12-31", "after": "2027-01-31"}
    ]
    assert [(one["change"], one["before"] is None) for one in after["lines"]] == [
        ("changed", False), ("added", True),
    ]  # fmt: skip
    assert after["lines"][0]["before"]["unit_price"] == "45.00"
    assert after["total_before"] == first["total"]
    assert after["total_after"] == second["total"]
    back = (await office.api.get(f"{path}/revisions/1/diff?against=2")).json()
    assert [one["change"] for one in back["lines"]] == ["changed", "removed"]
    same = (await office.api.get(f"{path}/revisions/1/diff")).json()
    assert (same["fields"], same["lines"]) == ([], [])
    assert (await office.api.get(f"{path}/revisions/3/diff")).status_code == 404


async def test_what_cannot_be_revised_says_why(office: Office) -> None:
    draft = await a_quote(office)
    invoice = await an_issued_quote(office, type="invoice")
    converted = await an_issued_quote(office)
    await office.api.post(f"/v1/documents/{converted['id']}/convert", json={"to": "invoice"})
    voided = await an_issued_quote(office)
    await office.api.post(f"/v1/documents/{voided['id']}/void", json={"reason": "Error"})
    for document, reason in (
        (draft, "not_issued"), (invoice, "invoice_immutable"),
        (converted, "document_converted"), (voided, "document_voided"),
    ):  # fmt: skip
        refused = await office.api.post(f"/v1/documents/{document['id']}/revise")
        assert reason_of(refused) == (409, reason)
        assert "revise" not in refused.json()["allowed_actions"]


async def test_one_draft_of_a_revision_at_a_time(office: Office) -> None:
    quote = await an_issued_quote(office)
    path = f"/v1/documents/{quote['id']}/revise"
    both = await asyncio.gather(office.api.post(path), office.api.post(path))
    made, refused = sorted(both, key=lambda answer: answer.status_code)
    assert (made.status_code, reason_of(refused)) == (201, (409, "revision_open"))
    assert refused.json()["draft_id"] == made.json()["id"]
    assert (await office.api.delete(f"/v1/documents/{made.json()['id']}")).status_code == 204
    assert (await office.api.post(path)).status_code == 201


async def test_issued_twice_at_once_it_is_one_revision(office: Office) -> None:
    quote = await an_issued_quote(office)
    draft = await revised(office, quote, title="Otro")
    path = f"/v1/documents/{draft['id']}/issue"
    both = await asyncio.gather(office.api.post(path), office.api.post(path))
    done, refused = sorted(both, key=lambda answer: answer.status_code)
    assert (done.status_code, reason_of(refused)) == (200, (409, "already_issued"))
    assert done.json()["revision"] == 2
    assert await violations(office) == []


async def test_a_draft_of_a_revision_stays_with_its_document(office: Office) -> None:
    quote = await an_issued_quote(office)
    draft = await revised(office, quote)
    other = await a_contact(office)
    series = {"type": "quote", "name": "Otra", "pattern": "O-[yy]%%%%"}
    made = (await office.api.post("/v1/number-series", json=series)).json()
    refused = await office.api.patch(
        f"/v1/documents/{draft['id']}", json={"contact_id": other["id"], "series_id": made["id"]}
    )
    assert {one["code"] for one in refused.json()["errors"]} == {
        "revision.contact", "revision.same_series",
    }  # fmt: skip


async def test_the_draft_of_a_voided_document_is_not_issued(office: Office) -> None:
    quote = await an_issued_quote(office)
    draft = await revised(office, quote)
    await office.api.post(f"/v1/documents/{quote['id']}/void", json={"reason": "Error"})
    refused = await office.api.post(f"/v1/documents/{draft['id']}/issue")
    assert reason_of(refused) == (409, "document_voided")
    assert (await office.api.delete(f"/v1/documents/{draft['id']}")).status_code == 204


async def test_money_taken_stays_taken(office: Office) -> None:
    quote = await an_issued_quote(office)
    await a_payment(office, quote, 5000)
    less = await revised(office, quote, lines=[{**LINE, "unit_price": "20.00"}])
    refused = await office.api.post(f"/v1/documents/{less['id']}/issue")
    assert [one["code"] for one in refused.json()["errors"]] == ["total.below_paid"]
    await office.api.delete(f"/v1/documents/{less['id']}")
    draft = await revised(office, quote, lines=[{**LINE, "unit_price": "25.00"}])
    second = await issued(office, draft)
    assert (second["amount_paid"]["amount"], second["amount_due"]["amount"]) == (5000, 1050)
    assert (second["payment_state"], second["badges"]) == ("partially_paid", ["partly_paid"])
    assert await violations(office) == []


async def test_what_was_invoiced_in_advance_is_asked_for_at_least(office: Office) -> None:
    quote = await an_issued_quote(office)
    half = {"to": "advance", "percent": "50"}
    advance = await office.api.post(f"/v1/documents/{quote['id']}/convert", json=half)
    assert advance.status_code == 201, advance.text
    less = await revised(office, quote, lines=[{**LINE, "unit_price": "20.00"}])
    refused = await office.api.post(f"/v1/documents/{less['id']}/issue")
    assert [one["code"] for one in refused.json()["errors"]] == ["total.below_billed"]
    more = {"lines": [{**LINE, "unit_price": "22.50"}]}
    await office.api.patch(f"/v1/documents/{less['id']}", json=more)
    second = await issued(office, less)
    assert (second["revision"], second["total"]["amount"]) == (2, 5445)


async def test_the_lines_of_every_issued_revision_are_frozen(office: Office) -> None:
    quote = await an_issued_quote(office)
    await issued(office, await revised(office, quote, title="Otro"))
    statements = (
        "update document_lines set unit_price = 1 where document_id = :id",
        "delete from document_lines where document_id = :id",
        "update documents set total_minor = 1 where id = :id",
        "update documents set number = 'X' where id = :id",
    )
    for statement in statements:
        with pytest.raises(DBAPIError, match=r"frozen|was issued"):
            async with office.container.database.transaction(office.organization_id) as tx:
                await tx.execute(text(statement), {"id": UUID(quote["id"])})


async def test_who_answers_while_it_is_replaced_is_heard_or_told(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    document, _ = await a_sent_quote(office)
    client = client_behind(anonymous, mail)
    nonce = (await client.see())["form_nonce"]
    draft = await revised(office, document, title="Otro")
    issue = office.api.post(f"/v1/documents/{draft['id']}/issue")
    second, answer = await asyncio.gather(issue, client.answer("accept", nonce=nonce))
    assert second.status_code == 200
    now = (await office.api.get(f"/v1/documents/{document['id']}")).json()
    assert (now["revision"], now["decision"], now["status"]) == (2, "pending", "issued")
    decisions = (await office.api.get(f"/v1/documents/{document['id']}/decisions")).json()["data"]
    if answer.status_code == 200:
        assert [(one["revision"], one["decision"]) for one in decisions] == [(1, "accepted")]
    else:
        assert reason_of(answer) == (409, "not_current_revision")
        assert decisions == []
    assert await violations(office) == []


async def test_a_quote_is_extended_and_accepted_after_all(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, clock: FixedClock
) -> None:
    document, _ = await a_sent_quote(office, valid_until="2026-11-30")
    path = f"/v1/documents/{document['id']}"
    client = client_behind(anonymous, mail)
    clock.advance(timedelta(days=10))
    assert reason_of(await client.answer("accept")) == (409, "document_expired")
    for until, code in (("2026-12-03", "date.past"), ("2026-11-30", "date.past")):
        refused = await office.api.post(f"{path}/extend", json={"valid_until": until})
        assert refused.json()["errors"][0]["code"] == code
    extended = await office.api.post(f"{path}/extend", json={"valid_until": "2027-02-28"})
    assert extended.status_code == 200, extended.text
    assert (extended.json()["valid_until"], extended.json()["badges"]) == ("2027-02-28", [])
    assert extended.json()["pdf_sha256"] == document["pdf_sha256"]
    again = await office.api.post(f"{path}/extend", json={"valid_until": "2027-02-28"})
    assert again.json()["errors"][0]["code"] == "date.not_later"
    clock.advance(timedelta(days=60))
    seen = await client.see()
    assert seen["document"]["valid_until"] == "2027-02-28"
    assert (await client.answer("accept")).status_code == 200
    entry = (await office.api.get(f"{path}/events?kind=document.extended")).json()["data"][0]
    assert entry["summary"].endswith("hasta el 28/02/2027.")
    assert entry["payload"]["valid_until_before"] == "2026-11-30"
    note = await an_issued_quote(office, type="delivery_note")
    refused = await office.api.post(
        f"/v1/documents/{note['id']}/extend", json={"valid_until": "2027-03-31"}
    )
    assert reason_of(refused) == (409, "not_a_quote")


async def test_what_is_voided_says_so_and_frees_what_it_was_made_from(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    document, _ = await a_sent_quote(office, type="delivery_note")
    client = client_behind(anonymous, mail)
    path = f"/v1/documents/{document['id']}"
    voided = await office.api.post(f"{path}/void", json={"reason": "No se hizo"})
    assert voided.status_code == 200, voided.text
    told = voided.json()
    assert (told["status"], told["payment_state"], told["allowed_actions"]) == (
        "voided", "not_applicable", ["copy"],
    )  # fmt: skip
    assert (await client.see())["reasons"]["accept"] == "document_voided"
    entry = (await office.api.get(f"{path}/events?kind=document.voided")).json()["data"][0]
    assert entry["summary"].endswith("«No se hizo»")
    assert reason_of(await office.api.post(f"{path}/void", json={"reason": "x"})) == (
        409, "document_voided",
    )  # fmt: skip
    quote = await an_issued_quote(office)
    converted = f"/v1/documents/{quote['id']}/convert"
    note = (await office.api.post(converted, json={"to": "delivery_note"})).json()
    await issued(office, note)
    assert reason_of(
        await office.api.post(f"/v1/documents/{quote['id']}/void", json={"reason": "x"})
    ) == (409, "document_converted")
    await office.api.post(f"/v1/documents/{note['id']}/void", json={"reason": "Error"})
    assert (await office.api.post(converted, json={"to": "invoice"})).status_code == 201


async def test_what_was_paid_or_is_an_invoice_is_not_voided(office: Office) -> None:
    paid = await an_issued_quote(office)
    await a_payment(office, paid, 100)
    invoice = await an_issued_quote(office, type="invoice")
    for document, reason in ((paid, "has_payments"), (invoice, "invoice_immutable")):
        path = f"/v1/documents/{document['id']}"
        assert reason_of(await office.api.post(f"{path}/void", json={"reason": "x"})) == (
            409, reason,
        )  # fmt: skip
        assert "void" not in (await office.api.get(path)).json()["allowed_actions"]


async def test_a_document_is_about_a_vessel(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    owner, payer = await a_contact(office), await a_contact(office)
    boat = await a_boat(office, owner, registration_number="7ª-PM-1-123-20")
    assert boat["proposed_clients"][0]["contact"]["id"] == owner["id"]
    document, _ = await a_sent_quote(office, payer, vessel_id=boat["id"])
    await a_quote(office, owner)
    listed = (await office.api.get(f"/v1/documents?vessel_id={boat['id']}")).json()["data"]
    assert [(one["id"], one["vessel_id"]) for one in listed] == [(document["id"], boat["id"])]
    client = client_behind(anonymous, mail)
    assert (await client.see())["document"]["vessel"] == {
        "name": "Brisa de Prueba", "registration_number": "7ª-PM-1-123-20",
    }  # fmt: skip
    page = (await anonymous.get(f"/d/{client.token}")).text
    assert "Antifouling · Brisa de Prueba" in page
    entries = (await office.api.get(f"/v1/documents/{document['id']}/events")).json()["data"]
    assert {one["vessel_id"] for one in entries if one["group"] == "documents"} == {boat["id"]}
    await office.api.delete(f"/v1/vessels/{boat['id']}")
    refused = await office.api.post(
        "/v1/documents", json={"type": "quote", "contact_id": owner["id"], "vessel_id": boat["id"]}
    )
    assert refused.json()["errors"][0]["pointer"] == "/vessel_id"
