"""Two organizations with clients and documents in every state, made once.

The organizations are founded in the database, as an operator would; all the rest goes
through the HTTP API, real e-mails and the clients' links. Every request carries a key of
its own, so a seeding that was interrupted goes on where it stopped.
"""

import argparse
import asyncio
import io
import json
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

from PIL import Image, ImageDraw
from sqlalchemy.ext.asyncio import AsyncSession

from app.commercial import kinds
from app.container import Container, open_container
from app.documents import series
from app.kernel.actor import Actor, ActorKind, Permission
from app.kernel.database import enter_organization
from app.organizations import editing, queries, service
from app.organizations.service import Founding
from app.sandbox.calling import Caller, Json, Surprise, await_message, token_in
from app.sandbox.files import write_facts
from app.settings import Settings

FILE = "demonstration.json"

_DATA = Path(__file__).with_suffix(".json")
_LOGO_PX = 256
_HULL, _SAIL, _JIB = "#0f5a78", "#0f5a78", "#7fb6cc"
_VIEW = {"signal": "scroll"}
ENROLMENT_TIMEOUT_S = 30
_ENROLMENT = {
    "kind": "company",
    "registered_on": "2009-03-02",
    "representative": {
        "first_name": "Joana",
        "last_name": "Ferrer Mas",
        "email": "joana.ferrer@taller.example",
        "birth_date": "1979-05-14",
        "birth_country": "ES",
        "country": "ES",
        "nationalities": ["ES"],
    },
}


def credentials(local: Path) -> Json:
    """Give the log-ins of both organizations, as `sandbox.json` shows them.

    Raises:
        OSError: Nothing was seeded.
    """
    first, other = _kept(local)["organizations"]
    return {**first, "other_organization": other}


def is_done(local: Path, api_url: str) -> bool:
    """Whether a seeding ended, and its keys open this database."""
    try:
        kept = _kept(local)["organizations"]
    except (OSError, ValueError, KeyError):
        return False
    try:
        for entry in kept:
            with Caller(api_url, entry["api_key"]) as api:
                api.call("GET", "/v1/organization")
    except Surprise:
        return False
    return True


def seed(local: Path, api_url: str, inbox_url: str, lemonway_url: str) -> None:
    """Make everything that is not there.

    Args:
        local: Where the log-ins are kept.
        api_url: The running API.
        inbox_url: The running inbox.
        lemonway_url: The running stand-in for Lemonway.

    Raises:
        Surprise: The API answered something unexpected.
    """
    plan: list[Json] = json.loads(_DATA.read_text(encoding="utf-8"))
    organizations = asyncio.run(_found_all(plan))
    for organization, entry in zip(plan, organizations, strict=True):
        with Caller(api_url, _log_in(api_url, entry)) as api, Caller(lemonway_url) as lemonway:
            _enroll(api, lemonway)
        _play(organization, entry, api_url, inbox_url)
    kept: Json = {"organizations": organizations}
    write_facts(local / FILE, kept)


# Founding


async def _found_all(plan: list[Json]) -> list[Json]:
    settings = Settings()
    async with open_container(settings, for_worker=False) as container:
        return [await _found(container, organization) for organization in plan]


async def _found(container: Container, plan: Json) -> Json:
    """Found one organization; where an interrupted seeding did, only give new log-ins."""
    at = container.clock.now()
    email, name = plan["admin"]["email"], plan["admin"]["name"]
    password = secrets.token_urlsafe(12)
    password_hash = await container.passwords.hash(password)
    async with container.database.transaction() as tx:
        user = await queries.find_user_by_email(tx, email)
        if user is None:
            organization, user = await service.found_organization(
                tx,
                Founding(**plan["founding"]),
                admin_email=email,
                admin_name=name,
                password_hash=password_hash,
                at=at,
            )
            organization_id = organization.id
            await series.create_defaults(tx, organization_id, at=at)
            await kinds.create_defaults(tx, organization, at=at)
            if plan["logo"]:
                organization.logo_sha256 = await editing.keep_logo(
                    tx, organization_id, sailboat(), at=at
                )
        else:
            user.password_hash = password_hash
            memberships = await queries.memberships(tx, user.id)
            organization_id = memberships[0].organization_id
            await enter_organization(tx, organization_id)
        key = await _new_key(tx, container, organization_id, user.id, name)
    return {"admin_email": email, "admin_password": password, "api_key": key}


async def _new_key(
    tx: AsyncSession, container: Container, organization_id: UUID, user_id: UUID, name: str
) -> str:
    actor = Actor(ActorKind.USER, organization_id, user_id, name, frozenset(Permission))
    _, secret = await service.create_api_key(
        tx,
        actor,
        name="Sandbox",
        scopes=list(Permission),
        expires_at=None,
        pepper=container.secret_key,
        at=container.clock.now(),
    )
    return secret


def sailboat() -> bytes:
    """Draw the logo of a boatyard: two sails and a hull, as JPEG."""
    large = 4 * _LOGO_PX
    image = Image.new("RGB", (large, large), "white")
    draw = ImageDraw.Draw(image)

    def shape(points: list[tuple[int, int]], fill: str) -> None:
        draw.polygon([(x * large // 100, y * large // 100) for x, y in points], fill=fill)

    shape([(50, 8), (50, 62), (16, 62)], _SAIL)
    shape([(56, 20), (56, 62), (84, 62)], _JIB)
    shape([(8, 69), (92, 69), (83, 84), (76, 90), (24, 90), (17, 84)], _HULL)
    output = io.BytesIO()
    image.resize((_LOGO_PX, _LOGO_PX), Image.Resampling.LANCZOS).save(
        output, "JPEG", quality=92, subsampling=0
    )
    return output.getvalue()


# Playing, over HTTP


def _enroll(api: Caller, lemonway: Caller) -> None:
    """Have the organization's papers accepted, so that clients can pay."""
    account = api.call("GET", "/v1/payment-account")
    if account["can_receive"]:
        return
    if account["state"] == "not_started":
        api.call("POST", "/v1/payment-account", _ENROLMENT)
    wallets = {
        one["name"]: one["id"] for one in lemonway.call("GET", "/_control/state")["applicants"]
    }
    legal_name = api.call("GET", "/v1/organization")["legal_name"]
    for decision in ("submit", "accept"):
        lemonway.call("POST", f"/_control/onboarding/{wallets[legal_name]}/{decision}", {})
    deadline = time.monotonic() + ENROLMENT_TIMEOUT_S
    while not api.call("GET", "/v1/payment-account")["can_receive"]:
        if time.monotonic() > deadline:
            raise Surprise("the payment account does not become able to receive")
        time.sleep(0.2)


def _play(plan: Json, entry: Mapping[str, str], api_url: str, inbox_url: str) -> None:
    """Create contacts and documents, send what is to be sent, answer as the clients."""
    with Caller(api_url, _log_in(api_url, entry)) as api, Caller(inbox_url) as inbox:
        contacts = {
            name: api.call("POST", "/v1/contacts", body, key=f"{entry['admin_email']}:{name}")
            for name, body in plan["contacts"].items()
        }
        vessels = {
            name: _enter(api, body, contacts, f"{entry['admin_email']}:{name}")
            for name, body in plan.get("vessels", {}).items()
        }
        answers: list[tuple[str, str, Json]] = []
        for document in plan["documents"]:
            contact = contacts[document["draft"]["contact_id"]]
            vessel = vessels.get(document["draft"].get("vessel_id"))
            number = _make(api, document, contact, vessel, entry["admin_email"])
            if "answer" in document:
                answers.append((number, contact["emails"][0]["address"], document["answer"]))
        with Caller(api_url) as client:
            for number, address, answer in answers:
                _answer(client, token_in(await_message(inbox, to=address, about=number)), answer)


def _log_in(api_url: str, entry: Mapping[str, str]) -> str:
    body = {"email": entry["admin_email"], "password": entry["admin_password"]}
    with Caller(api_url) as api:
        return str(api.call("POST", "/v1/auth/login", body)["access_token"])


def _enter(api: Caller, body: Json, contacts: Mapping[str, Json], key: str) -> Json:
    """Create a vessel of a contact."""
    owned = {**body, "owner_id": contacts[body["owner_id"]]["id"]}
    return api.call("POST", "/v1/vessels", owned, key=key)


def _make(api: Caller, document: Json, contact: Json, vessel: Json | None, owner: str) -> str:
    """Create a document and take it through its steps; its number."""
    key = f"{owner}:{document['key']}"
    draft = {
        **document["draft"],
        "contact_id": contact["id"],
        "vessel_id": vessel and vessel["id"],
    }
    made = api.call("POST", "/v1/documents", draft, key=key)
    if "issue" in document["steps"]:
        made = api.call("POST", f"/v1/documents/{made['id']}/issue", key=f"{key}:issue")
    if "send" in document["steps"]:
        api.call("POST", f"/v1/documents/{made['id']}/dispatches", {}, key=f"{key}:send")
    return str(made["number"])


def _answer(client: Caller, token: str, answer: Json) -> None:
    """Do what a client does behind the link."""
    path = f"/public/v1/documents/{token}"
    client.call("POST", f"{path}/views", _VIEW)
    nonce = client.call("GET", path)["form_nonce"]
    form: dict[str, Any] = {"name": answer.get("name", ""), "form_nonce": nonce}
    for deed in ("accept", "reject"):
        if deed in answer:
            body = {**form, "statement_accepted": True, "comment": answer[deed]}
            client.call("POST", f"{path}/{deed}", body)
    if "comment" in answer:
        key = f"{token}:comment"
        client.call("POST", f"{path}/comments", {**form, "body": answer["comment"]}, key=key)


def _kept(local: Path) -> Json:
    return dict(json.loads((local / FILE).read_text(encoding="utf-8")))


def main() -> None:
    """Run as a step of the sandbox, with its folder and three addresses."""
    parser = argparse.ArgumentParser()
    parser.add_argument("local", type=Path)
    parser.add_argument("api_url")
    parser.add_argument("inbox_url")
    parser.add_argument("lemonway_url")
    options = parser.parse_args()
    seed(options.local, options.api_url, options.inbox_url, options.lemonway_url)


if __name__ == "__main__":
    main()
