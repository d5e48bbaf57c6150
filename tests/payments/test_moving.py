"""Documents made out to another client: every type, every state, and the money."""

import asyncio

import httpx
import pytest

from tests.clients import client_behind
from tests.factories import Json, a_contact, a_payment, a_quote, a_sent_quote, an_issued_quote
from tests.fakes import FakeMail
from tests.invariants.checking import violations
from tests.offices import Office

TYPES = ("quote", "delivery_note", "proforma", "invoice")


async def moved(office: Office, document: Json, contact: Json, **how: object) -> httpx.Response:
    path = f"/v1/documents/{document['id']}/change-contact"
    return await office.api.post(path, json={"contact_id": contact["id"], **how})


def reason_of(answer: httpx.Response) -> tuple[int, str | None]:
    return answer.status_code, answer.json().get("reason")


async def now(office: Office, document: Json) -> Json:
    return dict((await office.api.get(f"/v1/documents/{document['id']}")).json())


@pytest.mark.parametrize("kind", TYPES)
async def test_a_draft_of_any_type_takes_the_new_client_and_what_follows_them(
    office: Office, kind: str
) -> None:
    old = await a_contact(office)
    new = await a_contact(
        office, language="en", withholding_rate="15.00", equivalence_surcharge=True
    )
    draft = await a_quote(office, old, type=kind)
    answer = await moved(office, draft, new)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["contact"]["id"], told["language"]) == (new["id"], "en")
    assert (told["withholding_rate"], told["lines"][0]["surcharge_rate"]) == ("15.00", "5.20")
    assert told["total"]["amount"] == 9000 + 1890 + 468
    assert (told["warnings"], told["status"]) == (["taxes_changed"], "draft")
    assert answer.headers["etag"] == f'"{told["version"]}"'
    kept = await moved(office, draft, old, keep=["language", "taxes", "terms"])
    assert (kept.json()["language"], kept.json()["warnings"]) == ("en", [])
    assert kept.json()["withholding_rate"] == "15.00"
    assert await violations(office) == []


@pytest.mark.parametrize("kind", TYPES[:3])
async def test_what_was_issued_is_the_new_clients_next_revision(office: Office, kind: str) -> None:
    old, new = await a_contact(office), await a_contact(office, language="en")
    document = await an_issued_quote(office, old, type=kind)
    answer = await moved(office, document, new)
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["number"], told["revision"], told["language"]) == (document["number"], 2, "en")
    assert told["pdf_sha256"] != document["pdf_sha256"]
    rows = (await office.api.get(f"/v1/documents/{document['id']}/revisions")).json()["data"]
    assert [one["contact"]["id"] for one in rows] == [old["id"], new["id"]]
    assert (await moved(office, document, old)).json()["revision"] == 3
    assert await violations(office) == []


async def test_who_cannot_be_its_client_is_refused(office: Office) -> None:
    document = await an_issued_quote(office)
    supplier = await a_contact(office, roles=["supplier"])
    archived = await a_contact(office)
    await office.api.delete(f"/v1/contacts/{archived['id']}")
    nobody = {"id": "019aa8c4-5c00-7000-8000-00000000ffff"}
    for contact, code in (
        (supplier, "role_client_required"), (archived, "contact.archived"),
        (nobody, "reference.unknown"), (document["contact"], "contact.same"),
    ):  # fmt: skip
        refused = await moved(office, document, contact)
        assert refused.status_code == 422, refused.text
        assert [one["code"] for one in refused.json()["errors"]] == [code]
    assert await now(office, document) == document


async def test_what_cannot_be_moved_says_why(office: Office) -> None:
    new = await a_contact(office)
    invoice = await an_issued_quote(office, type="invoice")
    voided = await an_issued_quote(office)
    await office.api.post(f"/v1/documents/{voided['id']}/void", json={"reason": "Error"})
    revised = await an_issued_quote(office)
    draft = (await office.api.post(f"/v1/documents/{revised['id']}/revise")).json()
    for document, reason in (
        (invoice, "invoice_immutable"), (voided, "document_voided"),
        (revised, "revision_open"), (draft, "revision_open"),
    ):  # fmt: skip
        before = await now(office, document)
        assert reason_of(await moved(office, document, new, confirm=True)) == (409, reason)
        assert await now(office, document) == before


async def test_what_was_answered_or_converted_is_confirmed_first(office: Office) -> None:
    new = await a_contact(office)
    accepted, converted = await an_issued_quote(office), await an_issued_quote(office)
    decision = {"decision": "accepted", "told_by": "Ana", "note": "Por teléfono"}
    await office.api.post(f"/v1/documents/{accepted['id']}/decisions", json=decision)
    await office.api.post(f"/v1/documents/{converted['id']}/convert", json={"to": "delivery_note"})
    for document, why in ((accepted, "accepted"), (converted, "converted")):
        refused = await moved(office, document, new)
        assert reason_of(refused) == (409, "confirmation_required")
        assert refused.json()["because"] == [why]
        answer = await moved(office, document, new, confirm=True)
        assert answer.status_code == 200, answer.text
        assert answer.json()["decision"] == "pending"
    assert await violations(office) == []


async def test_money_that_was_taken_is_given_back_or_moves_along(office: Office) -> None:
    new = await a_contact(office)
    for rule, paid_minor in (("refund", 0), ("move", 5000)):
        document = await an_issued_quote(office)
        await a_payment(office, document, 5000)
        assert (await moved(office, document, new)).json()["because"] == ["accepted", "paid"]
        refused = await moved(office, document, new, confirm=True)
        assert [one["code"] for one in refused.json()["errors"]] == ["missing"]
        answer = await moved(office, document, new, confirm=True, allocated=rule)
        assert answer.status_code == 200, answer.text
        assert answer.json()["amount_paid"]["amount"] == paid_minor
        (payment,) = (await office.api.get(f"/v1/documents/{document['id']}/payments")).json()[
            "data"
        ]
        assert payment["amount_refunded"]["amount"] == 5000 - paid_minor
        drafts = await office.api.get("/v1/documents", params={"status": "draft"})
        assert {one["contact"]["id"] for one in drafts.json()["data"]} == {new["id"]}
    assert await violations(office) == []


async def test_money_can_stay_as_the_old_clients_credit(office: Office) -> None:
    old, new = await a_contact(office), await a_contact(office)
    document = await an_issued_quote(office, old)
    payment = await a_payment(office, document, 5000)
    answer = await moved(office, document, new, confirm=True, allocated="credit")
    assert answer.status_code == 200, answer.text
    assert (answer.json()["amount_paid"]["amount"], answer.json()["payment_state"]) == (0, "unpaid")
    assert await credit_of(office, old) == 5000
    assert await credit_of(office, new) == 0
    headers = {"Idempotency-Key": "back"}
    back = await office.api.post(f"/v1/payments/{payment['id']}/refunds", json={}, headers=headers)
    assert reason_of(back) == (409, "nothing_to_refund")

    other = await an_issued_quote(office, old, type="invoice")
    spent = await a_payment(office, other, 3000, method="credit")
    assert spent["state"] == "succeeded"
    assert await credit_of(office, old) == 2000
    await a_payment(office, document, 1000)
    shown = await now(office, document)
    assert shown["amount_paid"]["amount"] == 1000
    assert await violations(office) == []

    home = await moved(office, document, old, confirm=True, allocated="move")
    assert home.status_code == 200, home.text
    assert await violations(office) == []


async def credit_of(office: Office, contact: Json) -> int:
    shown = (await office.api.get(f"/v1/contacts/{contact['id']}")).json()
    return int(shown["summary"]["balances"]["credit"]["amount"])


async def test_who_answers_while_it_moves_is_heard_or_finds_nothing(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    document, _ = await a_sent_quote(office)
    client = client_behind(anonymous, mail)
    nonce = (await client.see())["form_nonce"]
    new = await a_contact(office)
    move, answer = await asyncio.gather(
        moved(office, document, new), client.answer("reject", nonce=nonce)
    )
    assert move.status_code == 200, move.text
    assert answer.status_code in {200, 404}
    assert (await now(office, document))["decision"] == "pending"
    assert (await anonymous.get(client.path)).status_code == 404
    assert await violations(office) == []


async def test_a_repeated_key_moves_once(office: Office) -> None:
    document, new = await an_issued_quote(office), await a_contact(office)
    path = f"/v1/documents/{document['id']}/change-contact"
    body, key = {"contact_id": new["id"]}, {"Idempotency-Key": "mover-1"}
    first, second = [await office.api.post(path, json=body, headers=key) for _ in range(2)]
    assert first.json() == second.json()
    assert second.headers["idempotency-replayed"] == "true"
    assert (await now(office, document))["revision"] == 2
