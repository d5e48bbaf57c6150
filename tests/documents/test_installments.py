"""Payment plans: written on a draft, frozen at issue, filled in their order by what is paid."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader

from app.documents.installments import installments_of, next_of_plan
from app.documents.models import Document
from tests.factories import Json, a_payment, a_quote, an_issued_quote
from tests.fakes import FixedClock
from tests.offices import Office

PAYABLE = 10890
THREE = [
    {"due_date": "2026-11-30", "percent": "33.33"},
    {"due_date": "2026-12-31", "percent": "33.33"},
    {"due_date": "2027-01-31", "percent": "33.34"},
]


async def read(office: Office, document: Json) -> Json:
    return dict((await office.api.get(f"/v1/documents/{document['id']}")).json())


def words_of(pdf: bytes) -> str:
    text = "".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return " ".join(text.split())


def parts(document: Json) -> list[tuple[int, int]]:
    return [
        (one["amount"]["amount"], one["amount_due"]["amount"]) for one in document["installments"]
    ]


async def overdue(office: Office) -> list[str]:
    found = (await office.api.get("/v1/documents?overdue=true")).json()["data"]
    return [one["number"] for one in found]


async def test_a_plan_is_filled_in_its_order_and_late_by_its_parts(
    office: Office, clock: FixedClock
) -> None:
    invoice = await an_issued_quote(office, type="invoice", installments=THREE)
    assert parts(invoice) == [(3630, 3630), (3629, 3629), (3631, 3631)]
    assert [one["no"] for one in invoice["installments"]] == [1, 2, 3]
    assert invoice["due_date"] == "2027-01-31"
    pdf = await office.api.get(f"/v1/documents/{invoice['id']}/pdf")
    assert "3 de 3: 36,31 €, el 31 de enero de 2027." in words_of(pdf.content)

    payment = await a_payment(office, invoice, 4000)
    assert payment["installment_no"] == 1
    assert parts(await read(office, invoice)) == [(3630, 0), (3629, 3259), (3631, 3631)]
    clock.set(clock.now().replace(month=12, day=20))
    assert await overdue(office) == []
    clock.set(clock.now().replace(year=2027, month=1, day=1))
    assert await overdue(office) == [invoice["number"]]
    assert "overdue" in (await read(office, invoice))["badges"]
    payment = await a_payment(office, invoice, 3259)
    assert payment["installment_no"] == 2
    assert await overdue(office) == []
    await a_payment(office, invoice, 3631 + 5)
    assert parts(await read(office, invoice)) == [(3630, 0), (3629, 0), (3631, 0)]


@pytest.mark.parametrize(
    ("changes", "code", "pointer"),
    [
        ({"type": "quote", "installments": THREE}, "installments.type", "/installments"),
        ({"installments": THREE[:2]}, "installments.sum", "/installments"),
        ({"installments": [{**THREE[0], "amount": "1.00"}]}, "installments.kind", "/installments"),
        ({"installments": [{"due_date": "2026-11-30"}]}, "installments.kind", "/installments"),
        ({"installments": THREE[::-1]}, "installments.order", "/installments/1/due_date"),
    ],
)
async def test_a_plan_that_cannot_be_is_refused(
    office: Office, changes: Json, code: str, pointer: str
) -> None:
    draft = await a_quote(office)
    body = {"type": "invoice", "contact_id": draft["contact"]["id"], **changes}
    answer = await office.api.post("/v1/documents", json=body)
    assert answer.status_code == 422
    faults = [(one["code"], one["pointer"]) for one in answer.json()["errors"]]
    assert (code, pointer) in faults


async def test_amounts_add_up_when_it_is_issued_and_a_draft_may_change_its_plan(
    office: Office,
) -> None:
    plan = [
        {"due_date": "2026-11-20", "amount": "50.00"},
        {"due_date": "2026-12-24", "amount": "58.89"},
    ]
    draft = await a_quote(office, type="invoice", installments=plan)
    path = f"/v1/documents/{draft['id']}"
    refused = await office.api.post(f"{path}/issue")
    assert [(one["pointer"], one["code"]) for one in refused.json()["errors"]] == [
        ("/installments", "installments.sum"),
        ("/installments/0/due_date", "date.past"),
    ]
    plan[0]["due_date"], plan[1]["amount"] = "2026-11-30", "58.90"
    changed = await office.api.patch(path, json={"installments": plan, "due_date": None})
    assert (changed.status_code, changed.json()["due_date"]) == (200, "2026-12-24")
    assert (await office.api.post(f"{path}/issue")).status_code == 200
    assert parts(await read(office, draft)) == [(5000, 5000), (5890, 5890)]


@given(
    payable=st.integers(1, 10**9),
    paid=st.integers(0, 2 * 10**9),
    shares=st.lists(st.integers(1, 99), min_size=1, max_size=6),
)
def test_the_parts_always_make_the_whole(payable: int, paid: int, shares: list[int]) -> None:
    document = Document(currency="EUR", payable_minor=payable, paid_minor=paid)
    document.installments = [
        {"due_date": f"2027-01-{day:02}", "percent": f"{share}", "amount": None}
        for day, share in enumerate(shares, start=1)
    ]
    found = installments_of(document)
    assert sum(one.amount.amount_minor for one in found) == payable
    assert sum(one.due.amount_minor for one in found) == max(0, payable - paid)
    open_ = next_of_plan(document)
    assert (open_ is None) == (paid >= payable)
