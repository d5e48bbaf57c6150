"""What the document promises is what answers carry."""

import re
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest

from app.payments.checking import check
from app.payments.movements import MoneyInState
from app.payments.tasks import CheckPayment
from tests.clients import Client, client_behind
from tests.commercial.acting import an_action, complete
from tests.factories import a_contact, an_issued_quote
from tests.fakes import FakeMail
from tests.fakes_payments import FakeProvider
from tests.offices import Office
from tests.organizations.people import a_colleague
from tests.organizations.test_logos import drawn
from tests.payments.paying import pay, refresh_account, wallet_of
from tests.two_organizations.test_sweep import World, a_world, filled, names_in, operations_of

NOT_DONE = {
    "log_in", "refresh_session", "log_out", "step_up", "cancel_dispatch",
    "accept_invitation", "reset_password", "change_password", "delete_access_role",
    "confirm_totp",
}  # fmt: skip
"""Operations that this walk leaves to tests of their own."""

SOMETIMES = {"Idempotency-Replayed", "Retry-After"}


def _patterns(office: Office) -> Iterator[tuple[str, re.Pattern[str], dict[str, Any]]]:
    paths = office.app.openapi()["paths"]
    for path in sorted(paths, key=lambda one: one.count("{")):
        pattern = re.compile(re.sub(r"{\w+}", "[^/]+", path))
        for method, operation in paths[path].items():
            yield method.upper(), pattern, operation


def _operation_of(office: Office, request: httpx.Request) -> dict[str, Any] | None:
    for method, pattern, operation in _patterns(office):
        if method == request.method and pattern.fullmatch(request.url.path):
            return operation
    return None


def _falsehoods(operation: dict[str, Any], answer: httpx.Response) -> Iterator[str]:
    status = str(answer.status_code)
    told = operation["responses"].get(status)
    if told is None:
        yield f"status {status} is not documented"
        return
    if "$ref" in told:
        if answer.headers["content-type"] != "application/problem+json":
            yield f"{status} is no problem+json"
        return
    for header in set(told["headers"]) - SOMETIMES:
        if header not in answer.headers:
            yield f"{header} is documented and not sent"
    for header in {"ETag", "Location"} - set(told["headers"]):
        if header in answer.headers:
            yield f"{header} is sent and not documented"
    media = answer.headers.get("content-type", "").split(";")[0]
    if media not in (told.get("content") or {"": None}):
        yield f"{media} is not documented"


async def _decide(client: Client) -> None:
    """Look at a document, answer it, and read what there is of that."""
    await client.open()
    await client.answer("undo")
    await client.answer("accept")
    for part in ("comments", "pdf", "receipt"):
        await client.api.get(f"{client.path}/{part}")
    await client.api.post(f"{client.path}/renewals")


async def _send(office: Office, document_id: str) -> None:
    """See what would be sent, hand a link over, and send many at once."""
    path = f"/v1/documents/{document_id}"
    await office.api.post(f"{path}/dispatches/preview", json={})
    await office.api.post(f"{path}/share-links", json={"channel": "whatsapp"})
    many = await office.api.post("/v1/dispatches/bulk", json={"document_ids": [document_id]})
    await office.api.get(f"/v1/operations/{many.json()['id']}/items")


async def _sail(office: Office, world: World) -> None:
    """Change a vessel, sell it and put it away."""
    vessel = f"/v1/vessels/{world.ids['vessel_id'][0]}"
    await office.api.patch(vessel, json={"berth": "112"})
    await office.api.post(
        f"{vessel}/transfers", json={"contact_id": (await a_contact(office))["id"]}
    )
    await office.api.delete(vessel)
    await _revise(office)


async def _revise(office: Office) -> None:
    """Revise a quote, let it be accepted for longer, move it and take it back."""
    quote = f"/v1/documents/{(await an_issued_quote(office))['id']}"
    revised = await office.api.post(f"{quote}/revise")
    await office.api.post(f"/v1/documents/{revised.json()['id']}/issue")
    await office.api.post(f"{quote}/extend", json={"valid_until": "2027-03-31"})
    other = (await a_contact(office))["id"]
    await office.api.post(f"{quote}/change-contact", json={"contact_id": other})
    await office.api.post(f"{quote}/copy", json={})
    await office.api.post(f"{quote}/void", json={"reason": "Otro trabajo"})


async def _follow(office: Office, created: dict[str, str]) -> None:
    """Read what was created at its Location; every operation that promises one gave one."""
    for name, address in list(created.items()):
        assert (await office.api.get(address)).status_code == 200, f"{name}: {address}"
    promised = {
        operation["operationId"]
        for _, _, operation in _patterns(office)
        if "Location" in operation["responses"].get("201", {}).get("headers", {})
    }
    assert set(created) == promised


async def _administer(office: Office) -> None:
    """Change what an organization says of itself."""
    series = {"type": "invoice", "name": "Otra", "pattern": "Z-[yy]%%%%"}
    await office.api.post("/v1/number-series", json=series)
    await office.api.patch("/v1/organization", json={"phone": "+34971000000"})
    logo = "/v1/organization/logo"
    kind = {"Content-Type": "image/png"}
    await office.api.put(logo, content=drawn((200, 60)), headers=kind)
    await office.api.get(logo)
    await office.api.delete(logo)


async def _govern(office: Office, world: World) -> None:
    """Change who belongs to an organization."""
    invitation = f"/v1/invitations/{world.ids['invitation_id'][0]}"
    await office.api.patch(f"/v1/users/{office.user_id}", json={"team": "Palma"})
    await office.api.post(f"{invitation}/resend")
    await office.api.delete(invitation)
    async with a_colleague(office, "salesperson") as (user_id, _):
        to = {"to_user_id": user_id}
        await office.api.post(f"/v1/users/{office.user_id}/reassign", json=to)
    await office.api.post("/v1/me/totp")
    await office.api.delete("/v1/me/totp")
    role = {"name": "Taller", "permissions": ["contacts:read"], "visibility": "own"}
    made = await office.api.post("/v1/access-roles", json=role)
    path = f"/v1/access-roles/{made.json()['id']}"
    await office.api.patch(path, json={"visibility": "team"})
    await office.api.get(path)


async def _collect(office: Office, document_id: str) -> None:
    """Note too much cash, give a cent back, settle what needs a person; ask for an advance."""
    received = {"method": "cash", "amount": {"amount": 10**6}}
    paid = await office.api.post(f"/v1/documents/{document_id}/payments", json=received)
    payment = f"/v1/payments/{paid.json()['id']}"
    await office.api.post(f"{payment}/refunds", json={"amount": {"amount": 1}})
    await office.api.post(f"{payment}/resolve", json={"note": "Queda a cuenta"})
    advance = {"to": "advance", "percent": "10"}
    await office.api.post(f"/v1/documents/{document_id}/convert", json=advance)


async def _go_on(office: Office, document_id: str) -> None:
    """Copy a quote; let the copy become a delivery note, that an invoice, and correct it."""
    copy = (await office.api.post(f"/v1/documents/{document_id}/copy", json={})).json()
    await office.api.post(f"/v1/documents/{copy['id']}/issue")
    note = await office.api.post(
        f"/v1/documents/{copy['id']}/convert", json={"to": "delivery_note"}
    )
    await office.api.post(f"/v1/documents/{note.json()['id']}/issue")
    path = f"/v1/documents/{note.json()['id']}/convert"
    invoice = (await office.api.post(path, json={"to": "invoice"})).json()
    await office.api.post(f"/v1/documents/{invoice['id']}/issue")
    order = {"method": "substitution", "cause": "tax"}
    await office.api.post(f"/v1/documents/{invoice['id']}/correct", json=order)


async def _match(office: Office, world: World) -> None:
    """Say whose a transfer is, and take that back."""
    path = f"/v1/unmatched-transfers/{world.ids['transfer_id'][0]}/match"
    body = {"document_id": world.ids["document_id"][0]}
    payment = (await office.api.post(path, json=body)).json()
    await office.api.post(f"/v1/payments/{payment['id']}/unmatch")


async def _pay(office: Office, client: Client, provider: FakeProvider) -> None:
    """Have the papers accepted, begin to pay, call it off, and pay all the same."""
    provider.accept(wallet_of(office))
    await refresh_account(office)
    await office.api.post("/v1/payment-account/resume")
    begun = await pay(client)
    path = f"{client.path}/payments/{begun.json()['id']}"
    await client.api.get(path)
    nonce = (await client.see())["form_nonce"]
    await client.api.post(f"{path}/cancel", json={"form_nonce": nonce})
    provider.move(provider.orders[-1].reference, MoneyInState.SUCCEEDED)
    desk = office.worker.desk
    assert desk is not None
    await check(CheckPayment(office.organization_id, UUID(begun.json()["id"])), desk)
    await client.api.get(f"{path}/receipt")
    bank = {"iban": "DE89370400440532013000", "holder": "Taller"}
    await office.api.post("/v1/payout-accounts", json=bank)
    await office.api.post("/v1/payouts", json={})


async def _follow_up(office: Office, anonymous: httpx.AsyncClient, world: World) -> None:
    """Give an action to somebody, do it, call another off, and show the agenda elsewhere."""
    action = f"/v1/commercial-actions/{world.ids['action_id'][0]}"
    await office.api.patch(action, json={"priority": "high"})
    await office.api.post(f"{action}/reassign", json={"assigned_to": str(office.user_id)})
    await complete(office, {"id": world.ids["action_id"][0]})
    made = await office.api.post("/v1/agenda-feed")
    await anonymous.get("/v1/agenda.ics", params={"token": made.json()["token"]})
    await office.api.delete("/v1/agenda-feed")
    other = await an_action(office)
    await office.api.post(f"/v1/commercial-actions/{other['id']}/cancel", json={})
    kind = {"code": "sea_trial", "name": "Prueba de mar"}
    await office.api.post("/v1/action-kinds", json=kind)
    await office.api.patch(f"/v1/action-kinds/{world.ids['action_kind_id'][0]}", json={"name": "X"})


async def _set_up(office: Office, world: World) -> None:
    """Change letterhead, series, words of letters and the way they leave."""
    profile = f"/v1/issuer-profiles/{world.ids['issuer_profile_id'][0]}"
    await office.api.patch(profile, json={"label": "Otra"})
    await office.api.delete(f"{profile}/logo")
    await office.api.delete(profile)
    await office.api.patch(f"/v1/number-series/{world.ids['series_id'][0]}", json={"name": "X"})
    policy = f"/v1/reminder-policies/{world.ids['policy_id'][0]}"
    await office.api.patch(policy, json={"status": "paused"})
    await office.api.delete(policy)
    layout = f"/v1/document-layouts/{world.ids['layout_id'][0]}"
    await office.api.patch(layout, json={"name": "Otro"})
    await office.api.post("/v1/document-layouts/preview", json={})
    template = f"/v1/email-templates/{world.ids['email_template_id'][0]}"
    await office.api.patch(template, json={"subject": "{{ document.number }}"})
    trial = {"document_type": "quote", "language": "es"}
    await office.api.post("/v1/email-templates/preview", json=trial)
    await office.api.delete(template)
    await office.api.put("/v1/mail-settings", json={"sender_name": "Taller"})
    await office.api.post("/v1/mail-settings/test")


@pytest.mark.usefixtures("rival")
async def test_answers_are_as_documented(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, provider: FakeProvider
) -> None:
    seen: dict[str, set[str]] = {}
    wrong: set[str] = set()
    created: dict[str, str] = {}

    async def check(answer: httpx.Response) -> None:
        operation = _operation_of(office, answer.request)
        if operation is None:
            return
        name = operation["operationId"]
        seen.setdefault(name, set()).add(str(answer.status_code))
        wrong.update(f"{name}: {one}" for one in _falsehoods(operation, answer))
        if "location" in answer.headers:
            created.setdefault(name, answer.headers["location"])

    for api in (office.api, anonymous):
        api.event_hooks = {**api.event_hooks, "response": [check]}
    world = await a_world(office, anonymous, mail)
    client = client_behind(anonymous, mail)
    nonce = (await client.see())["form_nonce"]
    said = {"name": "Ana", "body": "¿Y el IVA?", "form_nonce": nonce}
    await anonymous.post(f"{client.path}/comments", json=said)
    await _decide(client)
    contact, (sent, draft) = world.ids["contact_id"][0], world.ids["document_id"]
    await office.api.patch(f"/v1/contacts/{contact}", json={"tags": ["puerto"]})
    await office.api.patch(f"/v1/documents/{draft}", json={"title": "Otro"})
    await _sail(office, world)
    await office.api.get(f"/v1/documents/{sent}/explain")
    await _send(office, sent)
    await office.api.post(f"/v1/dispatches/{world.ids['dispatch_id'][0]}/resend", json={})
    await office.api.post(f"/v1/notices/{world.ids['notice_id'][0]}/review")
    await _pay(office, client, provider)
    await _match(office, world)
    await _collect(office, sent)
    await _go_on(office, sent)
    await _follow_up(office, anonymous, world)
    await _administer(office)
    await _govern(office, world)
    await anonymous.post("/v1/auth/password-reset", json={"email": "nadie@taller.example"})
    for method, path, _ in operations_of(office):
        if method == "GET":
            for address in filled(path, world) if names_in(path) else [path]:
                await office.api.get(address)
    await _follow(office, created)
    decision = {"decision": "accepted", "told_by": "Ana", "note": "Por teléfono"}
    await office.api.post(f"/v1/documents/{sent}/decisions", json=decision)
    await office.api.post(f"/v1/operations/{world.ids['operation_id'][0]}/cancel")
    await office.api.delete(f"/v1/documents/{draft}")
    await office.api.delete(f"/v1/contacts/{contact}")
    await _set_up(office, world)
    await office.api.delete(f"/v1/api-keys/{world.ids['api_key_id'][0]}")
    for path in ("/v1/meta/problems", "/v1/meta/event-kinds", "/health/live", "/health/ready"):
        await anonymous.get(path)
    assert not wrong, "\n".join(sorted(wrong))
    done = {name for name, statuses in seen.items() if any(s < "300" for s in statuses)}
    every = {operation["operationId"] for _, _, operation in _patterns(office)}
    assert every - done <= NOT_DONE
