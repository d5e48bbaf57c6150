"""What happens to a document after it was sent, as its users live it."""

import httpx

from tests.clients import client_behind
from tests.factories import LINE, Json, a_contact, a_sent_quote, a_vessel, an_issued_quote
from tests.fakes import FakeMail
from tests.offices import Office


async def status_of(office: Office, document_id: str) -> Json:
    document = (await office.api.get(f"/v1/documents/{document_id}")).json()
    return {name: document[name] for name in ("status", "decision", "revision")}


async def kinds_of(office: Office, contact_id: str) -> list[str]:
    answer = await office.api.get(f"/v1/contacts/{contact_id}/timeline?raw=true&limit=100")
    return [entry["kind"] for entry in answer.json()["data"]]


async def test_08_a_price_is_revised_and_the_old_link_leads_to_the_new_one(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    document, _ = await a_sent_quote(office)
    path = f"/v1/documents/{document['id']}"
    old = client_behind(anonymous, mail)
    open_page = (await old.see())["form_nonce"]
    await old.answer("reject", comment="Demasiado caro")

    draft = (await office.api.post(f"{path}/revise")).json()
    lines = [{**LINE, "unit_price": "40.00"}]
    await office.api.patch(f"/v1/documents/{draft['id']}", json={"lines": lines})
    assert await status_of(office, document["id"]) == {
        "status": "rejected", "decision": "rejected", "revision": 1,
    }  # fmt: skip
    assert (await office.api.post(f"/v1/documents/{draft['id']}/issue")).status_code == 200
    page = (await anonymous.get(f"/d/{old.token}")).text
    assert "Hay una versión más reciente" in page
    assert "Ver la versión 2" not in page, "it was not sent to them yet"
    refused = await anonymous.post(f"/d/{old.token}/latest")
    assert refused.status_code == 409

    assert (await office.api.post(f"{path}/dispatches", json={})).status_code == 201
    await office.deliver()
    assert await status_of(office, document["id"]) == {
        "status": "sent", "decision": "pending", "revision": 2,
    }  # fmt: skip

    refused = await old.answer("accept", nonce=open_page)
    assert (refused.status_code, refused.json()["reason"]) == (409, "not_current_revision")
    assert refused.json()["current_revision"] == 2
    form = {"action": "accept", "name": "Ana", "statement": "on", "form_nonce": open_page}
    told = await anonymous.post(f"/d/{old.token}/decision", data=form)
    assert told.status_code == 409
    assert "Ver la versión 2" in told.text
    assert "Ver la versión 2" in (await anonymous.get(f"/d/{old.token}")).text

    lead = await anonymous.post(f"/d/{old.token}/latest")
    assert lead.status_code == 303
    shown = (await anonymous.get(lead.headers["location"])).text
    assert "Qué cambia respecto a la versión 1" in shown
    assert "Cambia: Limpieza de casco (90,00\u00a0€ → 80,00\u00a0€)" in shown
    assert "Total: 108,90\u00a0€ → 96,80\u00a0€" in shown
    new = client_behind(anonymous, mail)
    seen = await new.see()
    assert (seen["document"]["revision"], seen["changes"]["against"]) == (2, 1)
    assert (await new.answer("accept")).status_code == 200
    assert (await status_of(office, document["id"]))["status"] == "accepted"
    decisions = (await office.api.get(f"{path}/decisions")).json()["data"]
    assert [(one["revision"], one["decision"]) for one in decisions] == [
        (1, "rejected"), (2, "accepted"),
    ]  # fmt: skip


async def test_14_a_vessel_is_sold_and_what_was_before_stays(office: Office) -> None:
    seller = await a_contact(office)
    buyer = await a_contact(office, legal_name="Compradora Ficticia, S.L.")
    vessel = await a_vessel(office, seller)
    before = await an_issued_quote(office, seller, vessel_id=vessel["id"])
    path = f"/v1/vessels/{vessel['id']}"
    sold = await office.api.post(f"{path}/transfers", json={"contact_id": buyer["id"]})
    assert sold.status_code == 200, sold.text
    proposed = sold.json()["proposed_clients"][0]["contact"]
    after = await an_issued_quote(office, proposed, vessel_id=vessel["id"])
    for contact, documents in ((seller, [before]), (buyer, [after])):
        listed = await office.api.get(f"/v1/documents?contact_id={contact['id']}")
        assert [one["id"] for one in listed.json()["data"]] == [one["id"] for one in documents]
        entries = await kinds_of(office, contact["id"])
        assert entries.count("vessel.transferred") == 1
    listed = (await office.api.get(f"/v1/documents?vessel_id={vessel['id']}")).json()["data"]
    assert {one["id"] for one in listed} == {before["id"], after["id"]}


async def test_15_a_delivery_note_goes_to_another_client(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    old = await a_contact(office, emails=[{"address": "viejo@velero.example"}])
    new = await a_contact(
        office, legal_name="Nueva Ficticia, S.L.", emails=[{"address": "nuevo@velero.example"}]
    )
    note, _ = await a_sent_quote(office, old, type="delivery_note")
    path = f"/v1/documents/{note['id']}"
    was_theirs = client_behind(anonymous, mail, "viejo@velero.example")
    open_page = (await was_theirs.see())["form_nonce"]
    asked = {"name": "Ana", "body": "¿Y la factura?", "form_nonce": open_page}
    await anonymous.post(f"{was_theirs.path}/comments", json=asked)

    moved = await office.api.post(f"{path}/change-contact", json={"contact_id": new["id"]})
    assert moved.status_code == 200, moved.text
    told = moved.json()
    assert (told["id"], told["number"], told["revision"]) == (note["id"], note["number"], 2)
    assert (told["contact"]["id"], told["status"], told["pdf_state"]) == (
        new["id"], "issued", "ready",
    )  # fmt: skip
    assert told["badges"] == []

    unknown = await anonymous.get("/public/v1/documents/" + "x" * 43)
    for method, part in (("GET", ""), ("GET", "/pdf"), ("POST", "/accept"), ("GET", "/comments")):
        body = {"name": "Ana", "statement_accepted": True, "form_nonce": open_page}
        gone = await anonymous.request(
            method, was_theirs.path + part, json=body if method == "POST" else None
        )
        assert gone.status_code == 404
        different = {"instance", "request_id"}
        assert {k: v for k, v in gone.json().items() if k not in different} == {
            k: v for k, v in unknown.json().items() if k not in different
        }
    assert (await anonymous.get(f"/d/{was_theirs.token}")).status_code == 404

    assert (await office.api.post(f"{path}/dispatches", json={})).status_code == 201
    await office.deliver()
    theirs = client_behind(anonymous, mail, "nuevo@velero.example")
    seen = await theirs.see()
    assert (seen["client"]["name"], seen["comments"]) == ("Nueva Ficticia, S.L.", [])
    assert seen["changes"] is None, "what another client was to pay is nobody's business"
    assert (await theirs.answer("accept")).status_code == 200

    for contact, direction in ((old, "out"), (new, "in")):
        timeline = await office.api.get(f"/v1/contacts/{contact['id']}/timeline")
        (entry,) = [
            one for one in timeline.json()["data"] if one["kind"] == "document.contact_changed"
        ]
        assert entry["payload"]["direction"] == direction
        assert note["number"] in entry["summary"]
    assert "document.accepted" not in await kinds_of(office, old["id"])

    invoice = await an_issued_quote(office, old, type="invoice")
    refused = await office.api.post(
        f"/v1/documents/{invoice['id']}/change-contact", json={"contact_id": new["id"]}
    )
    assert (refused.status_code, refused.json()["reason"]) == (409, "invoice_immutable")
