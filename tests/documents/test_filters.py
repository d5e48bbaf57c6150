"""The list of documents is narrowed by each of its filters, and counted by the same ones."""

from datetime import timedelta

import pytest

from tests.factories import a_contact, a_quote, a_sent_quote, an_issued_quote
from tests.fakes import FixedClock
from tests.offices import Office

CASES = {
    "type=quote": {"draft", "old", "sent"},
    "type=quote,invoice": {"draft", "old", "sent", "invoice"},
    "status=draft": {"draft"},
    "status=issued,sent": {"old", "sent", "invoice"},
    "delivery_state=sent": {"sent"},
    "payment_state=unpaid&type=invoice": {"invoice"},
    "issue_date_gte=2026-12-01": {"sent", "invoice"},
    "issue_date_lt=2026-12-01": {"old"},
    "issue_date_gte=2026-11-24&issue_date_lt=2026-11-25": {"old"},
    "expired=true": {"old"},
    "expired=false&type=quote": {"draft", "sent"},
    "total_gte=10891": {"invoice"},
    "total_lt=10891&status=sent": {"sent"},
}


@pytest.mark.parametrize("sort", ["", "&sort=-issue_date", "&sort=due_date", "&sort=-total"])
async def test_each_filter_narrows_and_counts_alike(
    office: Office, clock: FixedClock, sort: str
) -> None:
    contact = await a_contact(office)
    ids = {"old": (await an_issued_quote(office, contact, valid_until="2026-11-30"))["id"]}
    clock.advance(timedelta(days=7))
    ids["draft"] = (await a_quote(office, contact))["id"]
    ids["sent"] = (await a_sent_quote(office, contact))[0]["id"]
    line = {"description": "Pintura", "quantity": "10", "unit_price": "45.00"}
    ids["invoice"] = (await an_issued_quote(office, contact, type="invoice", lines=[line]))["id"]
    await an_issued_quote(office)  # another contact's
    for query, expected in CASES.items():
        asked = f"contact_id={contact['id']}&{query}"
        listed = (await office.api.get(f"/v1/documents?{asked}{sort}")).json()["data"]
        assert {one["id"] for one in listed} == {ids[name] for name in expected}, query
        counted = (await office.api.get(f"/v1/documents/count?{asked}")).json()
        assert counted["total"] == len(expected), query
