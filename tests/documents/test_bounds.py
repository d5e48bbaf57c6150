"""Filters, figures and dates out of bounds are refused, by name."""

from typing import Any

import pytest

from tests.factories import LINE, a_contact, a_quote, an_issued_quote
from tests.offices import Office

Fault = tuple[str, str]


async def faults_of(office: Office, method: str, path: str, **content: Any) -> list[Fault]:  # noqa: ANN401 - httpx's own
    answer = await office.api.request(method, path, **content)
    assert answer.status_code == 422, answer.text
    return [(one["pointer"], one["code"]) for one in answer.json()["errors"]]


async def drafted(office: Office, **changes: Any) -> list[Fault]:  # noqa: ANN401 - JSON
    contact = await a_contact(office)
    body = {"type": "quote", "contact_id": contact["id"], "lines": [LINE], **changes}
    return await faults_of(office, "POST", "/v1/documents", json=body)


@pytest.mark.parametrize("name", ["type", "status", "payment_state", "delivery_state"])
async def test_a_filter_takes_only_values_there_are(office: Office, name: str) -> None:
    for path in ("/v1/documents", "/v1/documents/count"):
        for value in ("nothing", "quote,nothing", "sent,", ""):
            assert await faults_of(office, "GET", f"{path}?{name}={value}") == [(name, "enum")]


async def test_filters_take_every_value_there_is(office: Office) -> None:
    await an_issued_quote(office)
    query = "type=quote,invoice&status=issued,sent&payment_state=unpaid&delivery_state=not_sent"
    assert len((await office.api.get(f"/v1/documents?{query}")).json()["data"]) == 1
    assert (await office.api.get(f"/v1/documents/count?{query}")).json()["total"] == 1


async def test_timelines_and_notices_take_only_values_there_are(office: Office) -> None:
    contact = await a_contact(office)
    path = f"/v1/contacts/{contact['id']}/timeline"
    assert await faults_of(office, "GET", f"{path}?kind=contact.eaten") == [("kind", "enum")]
    assert await faults_of(office, "GET", f"{path}?group=gossip") == [("group", "enum")]
    shown = await office.api.get(f"{path}?kind=contact.created&group=changes")
    assert len(shown.json()["data"]) == 1
    assert await faults_of(office, "GET", "/v1/notices?reviewed=perhaps") == [
        ("reviewed", "bool_parsing")
    ]


async def test_counting_takes_no_page_and_no_order(office: Office) -> None:
    path = "/v1/documents/count?cursor=x&limit=5&sort=-total"
    assert await faults_of(office, "GET", path) == [
        (name, "extra_forbidden") for name in ("cursor", "limit", "sort")
    ]


async def test_a_fixed_discount_is_no_more_than_the_lines(office: Office) -> None:
    too_much = {"kind": "amount", "value": "90.01"}
    fault = ("/discount/value", "discount.too_large")
    assert await drafted(office, discount=too_much) == [fault]
    whole = await a_quote(office, discount={"kind": "amount", "value": "90.00"})
    assert whole["total"]["amount"] == 0
    path = f"/v1/documents/{whole['id']}"
    assert await faults_of(office, "PATCH", path, json={"lines": [{**LINE, "quantity": "1"}]}) == [
        fault
    ]
    assert (await office.api.get(path)).json()["total"]["amount"] == 0
    gross = await a_quote(
        office,
        prices_include_tax=True,
        lines=[{**LINE, "quantity": "1", "unit_price": "121.00"}],
        discount={"kind": "amount", "value": "121.00"},
    )
    assert gross["amount_payable"]["amount"] == 0
    empty = await a_quote(office, lines=[], discount={"kind": "amount", "value": "5"})
    assert empty["total"]["amount"] == 0


@pytest.mark.parametrize("kind", ["percent", "amount"])
async def test_a_discount_has_two_decimals(office: Office, kind: str) -> None:
    assert await drafted(office, discount={"kind": kind, "value": "1.001"}) == [
        ("/discount/value", "decimal_max_places")
    ]


async def test_no_figure_is_longer_than_the_tax_agency_takes(office: Office) -> None:
    much = {"description": "x", "unit_price": "999999999999.00"}
    lines = [{**much, "withholding_rate": "19"}, {**much, "quantity": "-1", "tax_rate": "10"}]
    withheld = [{**much, "withholding_rate": "19"}] * 2 + [{**much, "quantity": "-1"}] * 2
    for some in ([much, much], lines + lines, withheld):
        assert await drafted(office, lines=some) == [("/lines", "amount.too_large")]


@pytest.mark.parametrize(
    ("day", "code"),
    [
        ("0001-01-01", "greater_than_equal"),
        ("1899-12-31", "greater_than_equal"),
        ("9999-12-31", "less_than_equal"),
        ("0000-01-01", "date_parsing"),
    ],
)
async def test_days_at_the_ends_of_the_calendar(office: Office, day: str, code: str) -> None:
    names = ("valid_until", "due_date", "operation_date")
    refused = await drafted(office, **dict.fromkeys(names, day))
    assert refused == [(f"/{name}", code) for name in names]


async def test_the_farthest_days_are_printed_sorted_and_sent(office: Office) -> None:
    far = "2999-12-31"
    document = await an_issued_quote(office, type="proforma", valid_until=far, due_date=far)
    assert document["pdf_state"] == "ready"
    await a_quote(office)
    page = await office.api.get("/v1/documents?sort=due_date&limit=1")
    rest = await office.api.get(
        f"/v1/documents?sort=due_date&limit=1&cursor={page.json()['next_cursor']}"
    )
    assert len(rest.json()["data"]) == 1
    sent = await office.api.post(f"/v1/documents/{document['id']}/dispatches", json={})
    assert sent.status_code == 201
    assert await office.deliver() == 1
    for bound in ("issue_date_gte=0001-01-01", "issue_date_lt=9999-12-31"):
        assert len((await office.api.get(f"/v1/documents?{bound}")).json()["data"]) == 1


@pytest.mark.parametrize("day", ["2005-12-31", "2028-01-01"])
async def test_an_operation_is_of_years_that_invoices_take(office: Office, day: str) -> None:
    fault = ("/operation_date", "operation_date.range")
    assert await drafted(office, operation_date=day) == [fault]
    draft = await a_quote(office, operation_date="2027-12-31")
    path = f"/v1/documents/{draft['id']}"
    assert await faults_of(office, "PATCH", path, json={"operation_date": day}) == [fault]


async def test_instants_are_written_as_rfc_3339(office: Office) -> None:
    document = await an_issued_quote(office)
    sending = f"/v1/documents/{document['id']}/dispatches"
    for instant in (
        1795510800, 1795510800.5, "1795510800", "2026-12-01", "2026-12-01 10:00:00Z",
        "20261201T100000Z", "2026-12-01T10:00Z",
    ):  # fmt: skip
        key = {"name": "Web", "scopes": ["documents:read"], "expires_at": instant}
        assert await faults_of(office, "POST", "/v1/api-keys", json=key) == [
            ("/expires_at", "instant_pattern")
        ]
        assert await faults_of(office, "POST", sending, json={"send_at": instant}) == [
            ("/send_at", "instant_pattern")
        ]


async def test_instants_at_the_ends_of_the_calendar(office: Office) -> None:
    document = await an_issued_quote(office)
    sending = f"/v1/documents/{document['id']}/dispatches"
    for instant, code in (
        ("0001-01-01T00:00:00+14:00", "greater_than_equal"),
        ("1899-12-31T23:59:59Z", "greater_than_equal"),
        ("2999-12-31T23:59:59-01:00", "less_than"),
        ("9999-12-31T23:59:59-12:00", "less_than"),
        ("2026-02-30T00:00:00Z", "datetime_from_date_parsing"),
        ("2026-11-25T00:00:00", "timezone_aware"),
    ):
        key = {"name": "Web", "scopes": ["documents:read"], "expires_at": instant}
        refused = await faults_of(office, "POST", "/v1/api-keys", json=key)
        assert refused == [("/expires_at", code)]
        refused = await faults_of(office, "POST", sending, json={"send_at": instant})
        assert refused == [("/send_at", code)]


async def test_a_key_that_has_expired_is_not_made(office: Office) -> None:
    key = {"name": "Web", "scopes": ["documents:read"]}
    for instant in ("2026-11-24T09:00:00Z", "2026-11-24T09:59:59+01:00"):
        refused = await faults_of(
            office, "POST", "/v1/api-keys", json={**key, "expires_at": instant}
        )
        assert refused == [("/expires_at", "date.past")]
    far = "2999-12-31T23:59:59+01:00"
    made = await office.api.post("/v1/api-keys", json={**key, "expires_at": far})
    assert made.json()["expires_at"] == "2999-12-31T22:59:59.000Z"


@pytest.mark.parametrize("hidden", ["\u200b", "\u202e\u200d", "\u3164", " \u2066\u2069 "])
async def test_what_cannot_be_seen_is_no_subject_and_no_name(office: Office, hidden: str) -> None:
    document = await an_issued_quote(office)
    sending = f"/v1/documents/{document['id']}/dispatches"
    assert await faults_of(office, "POST", sending, json={"subject": hidden}) == [
        ("/subject", "too_short")
    ]
    contact = {"party_kind": "legal_entity", "legal_name": hidden, "roles": ["client"]}
    assert await faults_of(office, "POST", "/v1/contacts", json=contact) == [
        ("/legal_name", "too_short")
    ]
    assert (await a_quote(office, title=hidden))["title"] == ""


async def test_marks_that_reorder_are_taken_out(office: Office) -> None:
    name = "Velero \u202eoicitciF\u202c, S.L."
    contact = await a_contact(office, legal_name=name)
    assert contact["legal_name"] == "Velero oicitciF, S.L."
    document = await an_issued_quote(office, contact, title="\u2067Antifouling\u2069")
    assert document["title"] == "Antifouling"
    path = f"/v1/documents/{document['id']}/dispatches"
    sent = await office.api.post(path, json={"subject": "Pre\u202esupuesto\u200b"})
    assert sent.json()["subject"] == "Presupuesto"
    assert await office.deliver() == 1
