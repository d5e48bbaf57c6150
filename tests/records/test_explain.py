"""What can be done with a document: told as problems tell it, to whom it concerns."""

from datetime import timedelta
from uuid import UUID

import httpx
import pytest

from app.documents import states
from app.kernel.languages import LANGUAGES
from app.kernel.wording import wording
from tests.factories import Json, a_contact, a_quote, a_sent_quote, an_issued_quote
from tests.fakes import FakeMail, FixedClock
from tests.offices import Office
from tests.organizations.people import a_colleague
from tests.portal.links import a_shelf

BOSS, READER = "jefa@velero.example", "taller@velero.example"


async def explained(api: httpx.AsyncClient, document: Json, language: str = "es") -> Json:
    path = f"/v1/documents/{document['id']}/explain"
    answer = await api.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_each_client_reads_the_same_reasons_behind_their_link(
    office: Office, mail: FakeMail, anonymous: httpx.AsyncClient
) -> None:
    persons = [
        {"name": "Ana", "email": BOSS, "can_decide": True},
        {"name": "Leo", "email": READER},
    ]
    contact = await a_contact(office, persons=persons)
    order: Json = {"to": [BOSS, READER], "cc": []}
    shelf = await a_shelf(office, mail, anonymous, order, contact=contact)
    told = await explained(office.api, shelf.document)
    assert {one["address"] for one in told["clients"]} == {BOSS, READER}
    for holder in told["clients"]:
        seen = (await shelf.read(holder["address"]))["reasons"]
        assert {one["action"]: one["reason"] for one in holder["actions"] if one["reason"]} == seen
    reader = next(one for one in told["clients"] if one["address"] == READER)
    accept = next(one for one in reader["actions"] if one["action"] == "accept")
    assert accept["reason"] == "recipient_read_only"
    assert "ficha" in accept["remedy"]


async def test_why_it_cannot_be_paid_and_what_would_change_it(office: Office) -> None:
    document = await an_issued_quote(office)
    told = await explained(office.api, document, "en")
    assert [one["reason"] for one in told["payment"]] == document["pay_reasons"]
    assert all(one["remedy"] and one["reason_text"] for one in told["payment"])


async def test_a_permission_that_is_missing_is_the_reason(office: Office) -> None:
    document = await an_issued_quote(office)
    async with a_colleague(office, "viewer") as (_, api):
        told = await explained(api, document)
    reasons = {one["action"]: one["reason"] for one in told["staff"]}
    assert reasons["dispatch"] == "permission_missing"
    assert reasons["edit"] == "already_issued"


async def test_what_comes_by_itself_comes_with_its_day(office: Office, clock: FixedClock) -> None:
    quote = await an_issued_quote(office, valid_until="2026-12-31")
    later = (clock.now() + timedelta(days=2)).isoformat()
    await office.api.post(f"/v1/documents/{quote['id']}/dispatches", json={"send_at": later})
    coming = (await explained(office.api, quote))["next_events"]
    assert [(one["kind"], one["on"]) for one in coming] == [
        ("dispatch.sent", None), ("document.expired", "2027-01-01"),
    ]  # fmt: skip
    invoice = await an_issued_quote(office, type="invoice", due_date="2026-12-24")
    coming = (await explained(office.api, invoice))["next_events"]
    assert [(one["kind"], one["on"]) for one in coming] == [("document.overdue", "2026-12-25")]
    draft = await a_quote(office)
    assert (await explained(office.api, draft))["next_events"] == []


async def test_an_expired_link_is_the_reason(office: Office, clock: FixedClock) -> None:
    document, _ = await a_sent_quote(office)
    clock.advance(timedelta(days=400))
    (holder,) = (await explained(office.api, document))["clients"]
    assert {one["reason"] for one in holder["actions"]} == {"link_expired"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_reason_has_its_words_and_its_remedy(language: str) -> None:
    """Those that `states` can give; the table of states and actions shows they are all."""
    given = {
        "not_issued", "already_issued", "invoice_immutable", "not_current_revision",
        "document_voided", "document_converted", "document_expired", "already_accepted",
        "already_rejected", "undo_window_passed", "nothing_to_undo", "payments_not_enabled",
        "nothing_due", "payment_live", "has_payments", "recipient_read_only", "pdf_failed",
        "not_a_quote", "not_an_invoice", "nothing_to_correct", "not_convertible", "revision_open",
        "permission_missing", "link_expired",
    }  # fmt: skip
    assert given <= {key.removeprefix("reason.") for key in wording("problems", language).texts}
    assert given <= set(wording("remedies", language).texts)
    assert set(states.STAFF_ACTIONS) == set(states.staff_refusals(_Any()))


class _Any:
    type = "quote"
    issue_state = "issued"
    pdf_state = "ready"
    payment_state = "unpaid"
    paid_minor = 0
    is_converted = False
    revises_id: UUID | None = None
    is_billed = False
    total_minor = 1
    payable_minor = 1
    credited_minor = 0
