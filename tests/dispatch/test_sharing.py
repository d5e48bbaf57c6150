"""Links handed over outside the mail: by WhatsApp, SMS, on paper."""

import base64
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.factories import Json, a_contact, a_quote, an_issued_quote
from tests.fakes import FakeMail
from tests.offices import Office

PERSON = {"name": "Ana Ruiz", "phone": "611 222 444", "can_decide": True}


async def handed(office: Office, document: Json, **order: object) -> httpx.Response:
    body = {"channel": "whatsapp", **order}
    return await office.api.post(f"/v1/documents/{document['id']}/share-links", json=body)


def path_of(given: Json) -> str:
    token = urlsplit(given["url"]).path.rpartition("/")[2]
    return f"/public/v1/documents/{token}"


async def test_a_link_by_whatsapp_is_its_persons_own(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    contact = await a_contact(office, persons=[PERSON])
    document = await an_issued_quote(office, contact)
    person_id = contact["persons"][0]["id"]
    answer = await handed(office, document, contact_person_id=person_id)
    assert answer.status_code == 201, answer.text
    given = answer.json()

    (recipient,) = given["dispatch"]["recipients"]
    assert (recipient["address"], recipient["delivery_state"]) == ("+34611222444", "sent")
    assert given["dispatch"]["channel"] == "whatsapp"
    assert given["url"] not in str(given["dispatch"])
    whatsapp = urlsplit(given["whatsapp_url"])
    assert (whatsapp.netloc, whatsapp.path) == ("wa.me", "/34611222444")
    assert parse_qs(whatsapp.query)["text"] == [given["text"]]
    assert given["text"].startswith(f"Presupuesto {document['number']} de ")
    assert given["text"].endswith(given["url"])
    assert base64.b64decode(given["qr_png"]).startswith(b"\x89PNG")

    shown = (await office.api.get(f"/v1/documents/{document['id']}")).json()
    assert (shown["status"], shown["delivery_state"]) == ("sent", "sent")
    seen = (await anonymous.get(path_of(given))).json()
    assert seen["reasons"]["pay"] == "recipient_read_only"
    form = {"name": "Ana", "form_nonce": seen["form_nonce"], "statement_accepted": True}
    assert (await anonymous.post(f"{path_of(given)}/accept", json=form)).status_code == 200
    await office.deliver()
    assert mail.sent == []


@pytest.mark.parametrize(
    ("channel", "told"),
    [
        ("link", "ha pasado un enlace de"),
        ("whatsapp", "por WhatsApp a"),
        ("sms", "por SMS a"),
        ("manual", "ha entregado"),
    ],
)
async def test_history_tells_how_it_was_handed_over(
    office: Office, channel: str, told: str
) -> None:
    document = await an_issued_quote(office)
    given = (await handed(office, document, channel=channel)).json()
    timeline = f"/v1/contacts/{document['contact']['id']}/timeline?group=messages"
    (entry,) = (await office.api.get(timeline)).json()["data"]
    assert told in entry["summary"]
    assert document["contact"]["display_name"] in entry["summary"]
    assert entry["payload"]["channel"] == channel
    assert entry["payload"]["recipients"][0]["delivery_state"] == "sent"
    assert given["url"] not in str(entry)
    in_english = await office.api.get(timeline, headers={"Accept-Language": "en"})
    assert in_english.json()["data"][0]["summary"] != entry["summary"]


async def test_the_address_is_told_once(office: Office) -> None:
    document = await an_issued_quote(office)
    body, headers = {"channel": "link"}, {"Idempotency-Key": "once"}
    path = f"/v1/documents/{document['id']}/share-links"
    first = await office.api.post(path, json=body, headers=headers)
    again = await office.api.post(path, json=body, headers=headers)
    assert again.status_code == 201
    secret = dict.fromkeys(("url", "text", "whatsapp_url", "qr_png"))
    assert again.json() == {**first.json(), **secret}
    listed = (await office.api.get(f"/v1/dispatches?document_id={document['id']}")).json()
    assert len(listed["data"]) == 1
    assert first.json()["url"] not in str(listed)


async def test_a_draft_is_not_handed_over(office: Office) -> None:
    draft = await a_quote(office)
    answer = await handed(office, draft)
    assert (answer.status_code, answer.json()["reason"]) == (409, "not_issued")


async def test_another_contacts_person_is_a_fault(office: Office) -> None:
    stranger = await a_contact(office, persons=[PERSON])
    document = await an_issued_quote(office)
    answer = await handed(office, document, contact_person_id=stranger["persons"][0]["id"])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/contact_person_id"


async def test_what_was_handed_over_is_not_mailed_again(
    office: Office, anonymous: httpx.AsyncClient
) -> None:
    document = await an_issued_quote(office)
    given = (await handed(office, document)).json()
    path = f"/v1/dispatches/{given['dispatch']['id']}/resend"
    again = await office.api.post(path, headers={"Idempotency-Key": "r"})
    assert (again.status_code, again.json()["reason"]) == (409, "no_recipient")
    renewed = await anonymous.post(f"{path_of(given)}/renewals")
    assert (renewed.status_code, renewed.json()["reason"]) == (409, "no_recipient")


async def test_a_link_to_a_revision_before_leads_nobody_on(
    office: Office, anonymous: httpx.AsyncClient
) -> None:
    """Two links without an address are not one person's."""
    document = await an_issued_quote(office)
    old = (await handed(office, document, channel="manual")).json()
    draft = (await office.api.post(f"/v1/documents/{document['id']}/revise")).json()
    issued = await office.api.post(f"/v1/documents/{draft['id']}/issue")
    assert issued.status_code == 200, issued.text
    await handed(office, document, channel="manual")
    seen = (await anonymous.get(path_of(old))).json()
    assert set(seen["reasons"].values()) - {None} == {"not_current_revision"}
    token = path_of(old).rpartition("/")[2]
    answer = await anonymous.post(f"/d/{token}/latest")
    assert answer.status_code == 409
