"""Actions valid by default; a test says only what it tests."""

from typing import Any

from tests.factories import Json, a_contact
from tests.offices import Office

TOMORROW = "2026-11-25"
"""Of the clock that tests start with, Tuesday 24 November 2026 at ten in Madrid."""


async def an_action(office: Office, contact: Json | None = None, **changes: object) -> Json:
    """Plan an action for the admin, tomorrow."""
    contact = contact or await a_contact(office)
    body = {
        "kind": "call",
        "subject": "Llamar por el presupuesto",
        "due_on": TOMORROW,
        "assigned_to": str(office.user_id),
    }
    path = f"/v1/contacts/{contact['id']}/commercial-actions"
    answer = await office.api.post(path, json={**body, **changes})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def complete(office: Office, action: Json, **said: Any) -> Json:  # noqa: ANN401 - a body
    """Close an action with its outcome."""
    path = f"/v1/commercial-actions/{action['id']}/complete"
    answer = await office.api.post(path, json={"outcome": "reached", **said})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def listed(office: Office, **query: str | bool) -> list[Json]:
    """List actions."""
    answer = await office.api.get("/v1/commercial-actions", params=query)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


async def told(office: Office, contact_id: str) -> list[tuple[str, str]]:
    """Give kind and sentence of what the history tells of a contact's actions, newest first."""
    path = f"/v1/contacts/{contact_id}/timeline"
    answer = await office.api.get(path, params={"group": "commercial"})
    assert answer.status_code == 200, answer.text
    return [(entry["kind"], entry["summary"]) for entry in answer.json()["data"]]
