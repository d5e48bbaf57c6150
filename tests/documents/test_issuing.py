"""Issuing: a number, a frozen revision, a PDF that never changes."""

import asyncio
import hashlib
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.documents.tasks import RenderPdf
from app.worker import handlers_of
from tests.factories import a_contact, a_quote, an_issued_quote
from tests.fakes import FixedClock
from tests.offices import Office


async def test_issuing_numbers_freezes_and_prints(office: Office) -> None:
    document = await an_issued_quote(office)
    assert document["number"] == "P-260001"
    assert document["issue_date"] == "2026-11-24"
    assert document["valid_until"] == "2026-12-24"
    assert document["pdf_state"] == "ready"
    pdf = await office.api.get(f"/v1/documents/{document['id']}/pdf")
    assert pdf.headers["content-type"] == "application/pdf"
    assert 'filename="P-260001.pdf"' in pdf.headers["content-disposition"]
    assert hashlib.sha256(pdf.content).hexdigest() == document["pdf_sha256"]
    again = await office.api.get(f"/v1/documents/{document['id']}/pdf")
    assert again.content == pdf.content


async def test_what_was_issued_is_not_edited_deleted_or_issued_again(office: Office) -> None:
    document = await an_issued_quote(office)
    path = f"/v1/documents/{document['id']}"
    edited = await office.api.patch(path, json={"title": "Otra cosa"})
    deleted = await office.api.delete(path)
    issued = await office.api.post(f"{path}/issue")
    for answer in (edited, deleted, issued):
        assert (answer.status_code, answer.json()["reason"]) == (409, "already_issued")
    invoice = await an_issued_quote(office, type="invoice")
    answer = await office.api.patch(f"/v1/documents/{invoice['id']}", json={"title": "x"})
    assert answer.json()["reason"] == "invoice_immutable"


@pytest.mark.parametrize(
    "statement",
    [
        "update document_revisions set snapshot = '{}'",
        "delete from document_revisions",
        "update document_pdfs set content = ''",
        "delete from document_pdfs",
        "truncate document_pdfs",
        "update documents set total_minor = 1",
        "update documents set number = 'P-269999'",
        (
            "update documents set issue_state = 'draft', number = null, revision = 0,"
            " issue_date = null"
        ),
        "delete from documents",
        "update document_lines set unit_price = 1",
        "delete from document_lines",
        (
            "insert into document_lines select organization_id, document_id, 99, description,"
            " quantity, unit, unit_price, discount_percent, tax_kind, tax_rate, tax_treatment,"
            " exemption_cause, surcharge_rate, withholding_rate, net_minor from document_lines"
        ),
        "update events set payload = '{}'",
        "delete from events",
    ],
)
@pytest.mark.parametrize("role", ["conforme_owner", "conforme_api", "conforme_worker"])
async def test_the_database_itself_refuses_to_change_what_was_issued(
    office: Office, statement: str, role: str
) -> None:
    await an_issued_quote(office)

    async def change() -> None:
        async with office.container.database.transaction(office.organization_id) as tx:
            await tx.execute(text(f"set local role {role}"))
            await tx.execute(text(statement))

    with pytest.raises(DBAPIError) as refused:
        await change()
    assert getattr(refused.value.orig, "sqlstate", "") in {"23001", "42501"}


async def test_a_repeated_key_issues_once_and_repeats_the_reply(office: Office) -> None:
    draft = await a_quote(office)
    path = f"/v1/documents/{draft['id']}/issue"
    headers = {"Idempotency-Key": "issue-once"}
    first = await office.api.post(path, headers=headers)
    second = await office.api.post(path, headers=headers)
    assert second.status_code == 200
    assert second.headers["idempotency-replayed"] == "true"
    assert second.json() == first.json()
    assert second.headers["etag"] == first.headers["etag"]
    other = await a_quote(office)
    reused = await office.api.post(f"/v1/documents/{other['id']}/issue", headers=headers)
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")


async def test_a_version_that_was_not_seen_is_not_issued(office: Office) -> None:
    draft = await a_quote(office)
    path = f"/v1/documents/{draft['id']}"
    await office.api.patch(path, json={"title": "Más trabajo"})
    stale = await office.api.post(f"{path}/issue", headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "version_conflict")
    assert (await office.api.get(path)).json()["status"] == "draft"


async def test_everything_that_is_missing_is_named_at_once(office: Office) -> None:
    contact = await a_contact(office, tax_id=None, addresses=[])
    draft = await a_quote(office, contact, type="invoice", lines=[], due_date="2026-01-01")
    answer = await office.api.post(f"/v1/documents/{draft['id']}/issue")
    assert (answer.status_code, answer.json()["reason"]) == (422, "legal_fields_missing")
    assert {one["pointer"] for one in answer.json()["errors"]} == {
        "/lines", "/due_date", "/contact/tax_id", "/contact/addresses"
    }  # fmt: skip
    assert (await office.api.get(f"/v1/documents/{draft['id']}")).json()["number"] is None


async def test_a_failed_issue_gives_its_number_back(office: Office) -> None:
    good = await a_contact(office)
    bad = await a_contact(office, roles=["supplier"])
    await an_issued_quote(office, good)
    draft = await a_quote(office, bad)
    assert (await office.api.post(f"/v1/documents/{draft['id']}/issue")).status_code == 422
    assert (await an_issued_quote(office, good))["number"] == "P-260002"


async def test_dates_never_go_back_within_a_series(office: Office, clock: FixedClock) -> None:
    contact = await a_contact(office)
    clock.advance(timedelta(days=2))
    await an_issued_quote(office, contact)
    clock.advance(timedelta(days=-1))
    late = await an_issued_quote(office, contact)
    assert (late["number"], late["issue_date"]) == ("P-260002", "2026-11-26")


async def test_the_same_draft_issued_twice_at_once_gets_one_number(office: Office) -> None:
    draft = await a_quote(office)
    path = f"/v1/documents/{draft['id']}/issue"
    answers = await asyncio.gather(*(office.api.post(path) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


async def test_an_interrupted_issue_is_finished_by_the_worker_with_the_same_bytes(
    office: Office,
) -> None:
    document = await an_issued_quote(office)
    pdf = (await office.api.get(f"/v1/documents/{document['id']}/pdf")).content
    fresh = await an_issued_quote(office)
    job = RenderPdf(office.organization_id, UUID(fresh["id"]), 1)
    await handlers_of(office.worker)[RenderPdf](job)
    says = await office.api.get(f"/v1/documents/{fresh['id']}")
    assert says.json()["pdf_state"] == "ready"
    assert pdf == (await office.api.get(f"/v1/documents/{document['id']}/pdf")).content


async def test_a_draft_is_previewed_and_marked(office: Office) -> None:
    draft = await a_quote(office)
    path = f"/v1/documents/{draft['id']}/pdf"
    assert (await office.api.get(path)).json()["reason"] == "not_issued"
    preview = await office.api.get(f"{path}?preview=true")
    assert preview.content.startswith(b"%PDF")


async def test_decimals_read_the_same_when_made_when_read_and_when_issued(office: Office) -> None:
    line = {"description": "x", "quantity": "1.50", "unit_price": "45", "discount_percent": "5",
            "tax_rate": "21"}  # fmt: skip
    draft = await a_quote(office, lines=[line], withholding_rate="15")
    read = (await office.api.get(f"/v1/documents/{draft['id']}")).json()
    issued = (await office.api.post(f"/v1/documents/{draft['id']}/issue")).json()
    for shown in (draft, read, issued):
        (one,) = shown["lines"]
        told = [one[name] for name in ("quantity", "unit_price", "discount_percent", "tax_rate")]
        assert told == ["1.5", "45.00", "5.00", "21.00"]
        assert shown["withholding_rate"] == "15.00"
        assert shown["taxes"][0]["rate"] == "21.00"


async def test_a_negative_total_and_an_archived_contact_are_not_issued(office: Office) -> None:
    contact = await a_contact(office)
    line = {"description": "x", "quantity": "-1", "unit_price": "5"}
    negative = await a_quote(office, contact, lines=[line])
    answer = await office.api.post(f"/v1/documents/{negative['id']}/issue")
    assert [one["code"] for one in answer.json()["errors"]] == ["total.negative"]
    draft = await a_quote(office, contact)
    await office.api.delete(f"/v1/contacts/{contact['id']}")
    answer = await office.api.post(f"/v1/documents/{draft['id']}/issue")
    assert [one["code"] for one in answer.json()["errors"]] == ["contact.archived"]
