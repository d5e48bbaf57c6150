"""What `allowed_actions` says is what happens: every state with every action, over HTTP."""

from collections.abc import Awaitable, Callable
from random import Random

import httpx
import pytest

from app.documents.states import STAFF_ACTIONS
from tests.factories import Json, a_contact, a_payment, a_quote, an_issued_quote
from tests.invariants.checking import violations
from tests.offices import Office

Making = Callable[[Office], Awaitable[Json]]


async def a_revisions_draft(office: Office) -> Json:
    quote = await an_issued_quote(office)
    return dict((await office.api.post(f"/v1/documents/{quote['id']}/revise")).json())


async def a_voided_quote(office: Office) -> Json:
    return await after(office, await an_issued_quote(office), "void", {"reason": "Error"})


async def a_converted_quote(office: Office) -> Json:
    return await after(office, await an_issued_quote(office), "convert", {"to": "invoice"})


async def a_paid_quote(office: Office) -> Json:
    quote = await an_issued_quote(office)
    await a_payment(office, quote, 100)
    return await now(office, quote)


async def a_delivery_note(office: Office) -> Json:
    return await an_issued_quote(office, type="delivery_note")


async def an_invoice(office: Office) -> Json:
    return await an_issued_quote(office, type="invoice")


async def a_credited_invoice(office: Office) -> Json:
    invoice = await an_invoice(office)
    await corrected(office, invoice, "differences")
    return await now(office, invoice)


async def a_corrective_invoice(office: Office) -> Json:
    return await corrected(office, await an_invoice(office), "differences")


async def a_replaced_invoice(office: Office) -> Json:
    invoice = await an_invoice(office)
    await corrected(office, invoice, "substitution")
    return await now(office, invoice)


async def corrected(office: Office, invoice: Json, method: str) -> Json:
    body = {"method": method, "cause": "return"}
    path = f"/v1/documents/{invoice['id']}/correct"
    draft = (await office.api.post(path, json=body)).json()
    return await after(office, draft, "issue", {})


STATES: tuple[Making, ...] = (
    a_quote, a_revisions_draft, an_issued_quote, a_delivery_note, an_invoice, a_paid_quote,
    a_converted_quote, a_voided_quote, a_credited_invoice, a_corrective_invoice, a_replaced_invoice,
)  # fmt: skip


async def after(office: Office, document: Json, action: str, body: Json) -> Json:
    done = await office.api.post(f"/v1/documents/{document['id']}/{action}", json=body)
    assert done.is_success, done.text
    return await now(office, document)


async def now(office: Office, document: Json) -> Json:
    return dict((await office.api.get(f"/v1/documents/{document['id']}")).json())


async def tried(office: Office, document: Json, action: str) -> httpx.Response:
    """Do one thing to a document, with a body that is right for it."""
    other = (await a_contact(office))["id"] if action == "change_contact" else ""
    is_paid = document["amount_paid"]["amount"] > 0  # a draft asks for that part of it already
    ways: dict[str, tuple[str, str, Json | None]] = {
        "edit": ("PATCH", "", {"title": "Otro"}),
        "delete": ("DELETE", "", None),
        "issue": ("POST", "/issue", None),
        "dispatch": ("POST", "/dispatches", {}),
        "revise": ("POST", "/revise", None),
        "void": ("POST", "/void", {"reason": "Error"}),
        "convert": (
            "POST",
            "/convert",
            {"to": "advance", "percent": "10"} if is_paid else {"to": "invoice"},
        ),
        "copy": ("POST", "/copy", {}),
        "correct": ("POST", "/correct", {"method": "differences", "cause": "return"}),
        "change_contact": (
            "POST",
            "/change-contact",
            {"contact_id": other, "confirm": True, "allocated": "move"},
        ),
        "extend": ("POST", "/extend", {"valid_until": "2027-06-30"}),
        "decide": ("POST", "/decisions", {"decision": "accepted", "told_by": "Ana"}),
        "record_payment": ("POST", "/payments", {"method": "cash", "amount": {"amount": 1}}),
    }
    method, part, body = ways[action]
    return await office.api.request(method, f"/v1/documents/{document['id']}{part}", json=body)


@pytest.mark.parametrize("make", STATES)
async def test_what_is_allowed_is_done_and_nothing_else(office: Office, make: Making) -> None:
    document = await make(office)
    allowed = document["allowed_actions"]
    told_of = (await office.api.get(f"/v1/documents/{document['id']}/explain")).json()["staff"]
    explained = {one["action"]: one["reason"] for one in told_of}
    assert [name for name, reason in explained.items() if reason is None] == allowed
    for action in sorted(set(STAFF_ACTIONS) - set(allowed)):
        refused = await tried(office, document, action)
        told = f"{action}: {refused.status_code} {refused.text}"
        problem = refused.json()
        assert (refused.status_code, problem["code"]) == (409, "state_conflict"), told
        assert problem["reason"] == explained[action], told
        assert problem["current_status"] == document["status"], told
        assert problem["allowed_actions"] == allowed, told
    assert await now(office, document) == document
    for action in allowed:
        done = await tried(office, await make(office), action)
        assert done.is_success, f"{action}: {done.status_code} {done.text}"


@pytest.mark.parametrize("seed", range(5))
async def test_any_sequence_of_actions_leaves_what_rules_lead_to(office: Office, seed: int) -> None:
    chance = Random(seed)  # noqa: S311 - repeatable, and no secret
    kind = chance.choice(["quote", "delivery_note", "proforma", "invoice"])
    alive = [await a_quote(office, type=kind)]
    for _ in range(16):
        document = await now(office, chance.choice(alive))
        likely = [*document["allowed_actions"], *document["allowed_actions"], *STAFF_ACTIONS]
        action = chance.choice(likely)
        done = await tried(office, document, action)
        told = f"{action} of {document['status']}: {done.status_code} {done.text}"
        assert done.is_success or done.status_code in {409, 422}, told
        if action not in document["allowed_actions"]:
            assert not done.is_success, told
        elif action == "delete" and done.is_success:
            alive = [one for one in alive if one["id"] != document["id"]] or [await a_quote(office)]
        elif action in {"revise", "convert", "copy", "correct"} and done.status_code == 201:
            alive.append(done.json())
    assert await violations(office) == []
