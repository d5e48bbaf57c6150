"""Things valid by default, made through the API; a test says only what it tests."""

from io import BytesIO
from typing import Any

from PIL import Image

from tests.offices import Office

Json = dict[str, Any]

CONTACT: Json = {
    "party_kind": "legal_entity",
    "legal_name": "Velero Ficticio, S.L.",
    "roles": ["client"],
    "tax_id": "A58818501",
    "emails": [{"address": "cliente@velero.example"}],
    "addresses": [
        {
            "kind": "fiscal",
            "street": "Calle de la Prueba 12",
            "postal_code": "07012",
            "city": "Palma",
        }
    ],
}

LINE: Json = {
    "description": "Limpieza de casco",
    "quantity": "2",
    "unit": "h",
    "unit_price": "45.00",
}


def a_png(color: str = "#0f5a78") -> bytes:
    """Draw a picture of one color."""
    output = BytesIO()
    Image.new("RGB", (300, 150), color).save(output, "PNG")
    return output.getvalue()


async def a_contact(office: Office, **changes: object) -> Json:
    """Create a contact that any document can be issued to."""
    body = {**CONTACT, "allow_duplicate": True, **changes}
    answer = await office.api.post("/v1/contacts", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def a_vessel(office: Office, owner: Json | None = None, **changes: object) -> Json:
    """Create a vessel of a contact; of nobody without one."""
    body = {"name": "Brisa de Prueba", "owner_id": owner and owner["id"], **changes}
    answer = await office.api.post("/v1/vessels", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def a_quote(office: Office, contact: Json | None = None, **changes: object) -> Json:
    """Create a draft of a quote; `type=` makes another document."""
    contact = contact or await a_contact(office)
    body = {"type": "quote", "contact_id": contact["id"], "title": "Antifouling", "lines": [LINE]}
    answer = await office.api.post("/v1/documents", json={**body, **changes})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def an_issued_quote(office: Office, contact: Json | None = None, **changes: object) -> Json:
    """Create and issue a quote."""
    draft = await a_quote(office, contact, **changes)
    answer = await office.api.post(f"/v1/documents/{draft['id']}/issue")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def a_sent_quote(
    office: Office, contact: Json | None = None, order: Json | None = None, **changes: object
) -> tuple[Json, Json]:
    """Create, issue and send a quote, the relay accepting it; give document and dispatch."""
    document = await an_issued_quote(office, contact, **changes)
    answer = await office.api.post(f"/v1/documents/{document['id']}/dispatches", json=order or {})
    assert answer.status_code == 201, answer.text
    await office.deliver()
    fresh = await office.api.get(f"/v1/documents/{document['id']}")
    sent = await office.api.get(f"/v1/dispatches/{answer.json()['id']}")
    return dict(fresh.json()), dict(sent.json())


async def a_payment(office: Office, document: Json, amount_minor: int, **changes: object) -> Json:
    """Note cash received for an issued document."""
    body = {"method": "cash", "amount": {"amount": amount_minor}, **changes}
    answer = await office.api.post(f"/v1/documents/{document['id']}/payments", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())
