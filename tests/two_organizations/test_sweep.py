"""Every operation of the contract, tried by one organization on another's things.

The document of the API says which operations there are, so a new one is swept without
a word here; a new kind of identifier fails until `World` knows one.
"""

import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest

from app.kernel.actor import Permission
from app.kernel.identifiers import new_id
from app.operations import service as operations
from app.operations.models import OperationKind
from app.payments.models import Payout, PayoutAccount, UnmatchedTransfer
from app.settings import Settings
from tests.clients import client_behind
from tests.commercial.acting import TOMORROW, an_action
from tests.dispatch.test_templates import QUOTE
from tests.factories import (
    CONTACT,
    Json,
    a_contact,
    a_payment,
    a_png,
    a_quote,
    a_sent_quote,
    a_vessel,
    an_issued_quote,
)
from tests.fakes import FakeMail
from tests.offices import Office, client_of
from tests.organizations.test_issuers import PROFILE
from tests.payments.paying import ENROLMENT
from tests.payments.test_inspecting import a_pdf

Operation = tuple[str, str, dict[str, Any]]
Row = tuple[str, str]

NOT_THE_STATE = {"idempotent_replies"}
"""Replies are remembered by reading offices too; they are not the organization's business."""


PLACES = {"number": "1"}
"""What stands after an identifier in a path, and means nothing without it."""


@dataclass
class World:
    """One organization with something of every kind.

    Attributes:
        ids: By the name of the path parameter; a document both as a draft and sent.
    """

    office: Office
    ids: dict[str, list[str]]
    api_key: str

    @property
    def everything(self) -> set[str]:
        """Every identifier a stranger must never read."""
        return {one for several in self.ids.values() for one in several}


async def a_world(office: Office, anonymous: httpx.AsyncClient, mail: FakeMail) -> World:
    contact = await a_contact(office)
    vessel = await a_vessel(office, contact)
    draft = await a_quote(office, contact)
    sent, dispatch = await a_sent_quote(office, contact)
    client = client_behind(anonymous, mail)
    assert (await client.answer("reject", comment="Muy caro")).status_code == 200
    comment = {"body": "Llamar mañana", "document_id": sent["id"], "visibility": "internal"}
    noted = await office.api.post(f"/v1/contacts/{contact['id']}/comments", json=comment)
    assert noted.status_code == 201, noted.text
    invoice = await an_issued_quote(office, contact, type="invoice")
    payment = await a_payment(office, invoice, 1000)
    path = f"/v1/payments/{payment['id']}/refunds"
    refund = (await office.api.post(path, json={"amount": {"amount": 1}})).json()
    key = {"name": "Web", "scopes": [permission.value for permission in Permission]}
    made = await office.api.post("/v1/api-keys", json=key)
    assert made.status_code == 201, made.text
    png = {"Content-Type": "image/png"}
    put = await office.api.put("/v1/organization/logo", content=a_png(), headers=png)
    assert put.status_code == 200, put.text
    profile = await office.api.post("/v1/issuer-profiles", json=PROFILE)
    assert profile.status_code == 201, profile.text
    logo = f"/v1/issuer-profiles/{profile.json()['id']}/logo"
    assert (await office.api.put(logo, content=a_png(), headers=png)).status_code == 200
    template = await office.api.post("/v1/email-templates", json=QUOTE)
    assert template.status_code == 201, template.text
    look = {"type": "quote", "name": "Resumen"}
    layout = await office.api.post("/v1/document-layouts", json=look)
    assert layout.status_code == 201, layout.text
    series = (await office.api.get("/v1/number-series")).json()["data"]
    account_id, payout_id = await a_payout(office)
    action = await an_action(office, contact, document_id=sent["id"])
    kinds = (await office.api.get("/v1/action-kinds")).json()["data"]
    file = await office.api.post("/v1/files", files={"file": ("nota.txt", b"hola")})
    assert file.status_code == 201, file.text
    notices = (await office.api.get("/v1/notices")).json()["data"]
    assert notices, "a rejection raises a notice"
    ids = {
        "contact_id": [contact["id"]],
        "vessel_id": [vessel["id"]],
        "document_id": [sent["id"], draft["id"]],
        "dispatch_id": [dispatch["id"]],
        "payment_id": [payment["id"]],
        "refund_id": [refund["id"]],
        "transfer_id": [await an_unmatched_transfer(office)],
        "paper_id": [await a_paper(office)],
        "payout_account_id": [account_id],
        "payout_id": [payout_id],
        "api_key_id": [made.json()["id"]],
        "email_template_id": [template.json()["id"]],
        "layout_id": [layout.json()["id"]],
        "issuer_profile_id": [profile.json()["id"]],
        "series_id": [one["id"] for one in series],
        "notice_id": [one["id"] for one in notices],
        "comment_id": [noted.json()["id"]],
        "action_id": [action["id"]],
        "action_kind_id": [one["id"] for one in kinds[:2]],
        "user_id": [str(office.user_id)],
        "invitation_id": [await an_invitation(office)],
        "access_role_id": await roles_of(office),
        "file_id": [file.json()["id"]],
        "operation_id": [await an_operation(office)],
        "policy_id": [await a_policy(office)],
    }
    return World(office, ids, made.json()["secret"])


async def a_policy(office: Office) -> str:
    """Remind clients of quotes."""
    body = {"name": "Caducidad", "document_type": "quote", "steps": [-3]}
    made = await office.api.post("/v1/reminder-policies", json=body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def an_operation(office: Office) -> str:
    """Ask for long work, as the routes do that begin it."""
    at = office.clock.now()
    async with office.container.database.transaction(office.organization_id) as tx:
        begun = await operations.begin(tx, office.actor, OperationKind.EXPORT, {}, at=at)
        return str(begun.id)


async def an_unmatched_transfer(office: Office) -> str:
    """Keep a transfer that nobody awaited, as the provider's calls do."""
    transfer = UnmatchedTransfer(
        organization_id=office.organization_id,
        id=new_id(),
        provider_id="70999",
        amount_minor=1000,
        currency="EUR",
        text="Pago factura enero",
        received_at=office.clock.now(),
    )
    async with office.worker.database.transaction(office.organization_id) as tx:
        tx.add(transfer)
    return str(transfer.id)


async def a_paper(office: Office) -> str:
    """Apply to be paid on line, and hand a paper in."""
    applied = await office.api.post("/v1/payment-account", json=ENROLMENT)
    assert applied.status_code == 200, applied.text
    file = {"file": ("registro.pdf", a_pdf())}
    path = "/v1/payment-account/documents"
    made = await office.api.post(path, data={"kind": "company_registry"}, files=file)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def a_payout(office: Office) -> tuple[str, str]:
    """Keep a bank account that was verified, and a payout that came back; give their ids."""
    at = office.clock.now()
    account = PayoutAccount(
        organization_id=office.organization_id,
        id=new_id(),
        iban="ES9121000418450200051332",
        holder="Taller",
        state="active",
        provider_id="301",
        created_by_name="Joan Muestra",
        created_at=at,
    )
    payout = Payout(
        organization_id=office.organization_id,
        id=new_id(),
        payout_account_id=account.id,
        amount_minor=1000,
        currency="EUR",
        state="failed",
        created_by_name="Joan Muestra",
        created_at=at,
        settled_at=at,
    )
    async with office.worker.database.transaction(office.organization_id) as tx:
        tx.add(account)
        await tx.flush()
        tx.add(payout)
    return str(account.id), str(payout.id)


async def an_invitation(office: Office) -> str:
    (role,) = await roles_of(office)
    body = {"email": "marta@taller.example", "name": "Marta", "access_role_id": role}
    made = await office.api.post("/v1/invitations", json=body)
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def roles_of(office: Office) -> list[str]:
    """Give a role that nobody holds."""
    roles = (await office.api.get("/v1/access-roles")).json()["data"]
    return [one["id"] for one in roles if one["template"] == "viewer"]


@pytest.fixture
async def ours(office: Office, anonymous: httpx.AsyncClient, mail: FakeMail) -> World:
    return await a_world(office, anonymous, mail)


@pytest.fixture
async def theirs(rival: Office, anonymous: httpx.AsyncClient, mail: FakeMail) -> World:
    return await a_world(rival, anonymous, mail)


@pytest.fixture(params=["session", "api_key"])
async def stranger(
    request: pytest.FixtureRequest, theirs: World
) -> AsyncIterator[httpx.AsyncClient]:
    """The rival's credentials, of either kind and with every permission."""
    if request.param == "session":
        yield theirs.office.api
        return
    bearer = f"Bearer {theirs.api_key}"
    async with client_of(theirs.office.app, Authorization=bearer) as api:
        api.event_hooks = theirs.office.api.event_hooks
        yield api


@pytest.fixture
async def owner(settings: Settings) -> AsyncIterator[asyncpg.Connection]:
    """Sees every row of every organization."""
    connection = await asyncpg.connect(settings.database_url.get_secret_value())
    yield connection
    await connection.close()


async def state_of(owner: asyncpg.Connection, organization_id: UUID) -> list[Row]:
    """Write down every row of an organization."""
    tables = await owner.fetch(
        "select table_name from information_schema.columns"
        " where table_schema = 'public' and column_name = 'organization_id' order by 1"
    )
    rows: list[Row] = []
    for (table,) in tables:
        if table not in NOT_THE_STATE:
            query = f'select t::text from "{table}" t where organization_id = $1 order by 1'  # noqa: S608 - names from the catalogue
            rows += [(table, row[0]) for row in await owner.fetch(query, organization_id)]
    assert rows
    return rows


def operations_of(office: Office) -> Iterator[Operation]:
    """Give what needs a sign-in; behind a link the token is the authority."""
    for path, item in office.app.openapi()["paths"].items():
        for method, operation in item.items():
            if operation["security"]:
                yield method.upper(), path, operation


def names_in(path: str) -> list[str]:
    return re.findall(r"{(\w+)}", path)


def filled(path: str, world: World) -> list[str]:
    """Give the path with each of the world's identifiers in turn."""
    name, *further = names_in(path)
    assert name in world.ids, f"{path}: give the world a {name}"
    for place in further:
        path = path.replace(f"{{{place}}}", PLACES[place])
    return [path.replace(f"{{{name}}}", one) for one in world.ids[name]]


def body_of(operation: dict[str, Any]) -> Json | None:
    content = operation.get("requestBody", {}).get("content", {})
    example: Json | None = content.get("application/json", {}).get("example")
    return example


async def test_what_is_another_organizations_is_not_there(
    ours: World, stranger: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    before = await state_of(owner, ours.office.organization_id)
    tried = 0
    for method, path, operation in operations_of(ours.office):
        if not names_in(path):
            continue
        for address in filled(path, ours):
            answer = await stranger.request(method, address, json=body_of(operation))
            told = f"{method} {address}: {answer.status_code} {answer.text}"
            assert answer.status_code == 404, told
            problem = answer.json()
            assert (problem["code"], problem["reason"], problem["errors"]) == (
                "not_found", None, [],
            ), told  # fmt: skip
            tried += 1
    assert tried > 25
    assert await state_of(owner, ours.office.organization_id) == before


async def test_absent_and_foreign_cannot_be_told_apart(
    ours: World, stranger: httpx.AsyncClient
) -> None:
    nobody = "019aa8c4-5c00-7000-8000-00000000ffff"
    for method, path, operation in operations_of(ours.office):
        for address in filled(path, ours)[:1] if names_in(path) else []:
            own = next(one for one in ours.everything if one in address)
            absent = address.replace(own, nobody)
            answers = [
                await stranger.request(method, one, json=body_of(operation))
                for one in (address, absent)
            ]
            foreign, missing = (
                {k: v for k, v in a.json().items() if k not in {"instance", "request_id"}}
                for a in answers
            )
            assert foreign == missing, path


async def test_the_same_addresses_work_for_their_own(ours: World) -> None:
    """Without this the sweep could pass on addresses that nobody can open."""
    for method, path, _ in operations_of(ours.office):
        if method == "GET" and names_in(path):
            answers = [await ours.office.api.get(address) for address in filled(path, ours)]
            assert 200 in {answer.status_code for answer in answers}, path
            assert 404 not in {answer.status_code for answer in answers}, path


async def test_lists_show_nothing_of_the_other(
    ours: World, theirs: World, stranger: httpx.AsyncClient
) -> None:
    listed = 0
    for method, path, operation in operations_of(ours.office):
        if method != "GET" or names_in(path):
            continue
        answer = await stranger.get(path)
        assert answer.status_code == 200, f"{path}: {answer.text}"
        assert not [one for one in ours.everything if one in answer.text], path
        assert str(ours.office.organization_id) not in answer.text, path
        listed += 1
        for parameter in operation.get("parameters", ()):
            if parameter["in"] != "query" or not parameter["name"].endswith("_id"):
                continue
            for one in ours.ids.get(parameter["name"], ours.ids["user_id"]):
                narrowed = await stranger.get(path, params={parameter["name"]: one})
                told = f"{path} {parameter['name']}: {narrowed.text}"
                assert narrowed.status_code == 200, told
                found = narrowed.json()
                assert not found.get("data"), told
                assert not found.get("total"), told
    assert listed > 8
    assert theirs.everything.isdisjoint(ours.everything)


async def test_another_organizations_ids_cannot_be_written_into_ones_own(
    ours: World, theirs: World, stranger: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    before = await state_of(owner, ours.office.organization_id)
    schemas = ours.office.app.openapi()["components"]["schemas"]
    own = {
        "create_contact": {**CONTACT, "allow_duplicate": True},
        "create_document": {"type": "quote", "contact_id": theirs.ids["contact_id"][0]},
        "create_comment": {"body": "Hola"},
        "create_vessel": {"name": "Brisa"},
        "create_commercial_action": {
            "subject": "Llamar", "due_on": TOMORROW, "assigned_to": theirs.ids["user_id"][0],
        },
    }  # fmt: skip
    foreign = {
        "contact_id": ours.ids["contact_id"][0],
        "parent_contact_id": ours.ids["contact_id"][0],
        "assigned_salesperson_id": ours.ids["user_id"][0],
        "salesperson_id": ours.ids["user_id"][0],
        "assigned_to": ours.ids["user_id"][0],
        "contact_person_id": ours.ids["contact_id"][0],
        "series_id": ours.ids["series_id"][0],
        "layout_id": ours.ids["layout_id"][0],
        "owner_id": ours.ids["contact_id"][0],
        "document_id": ours.ids["document_id"][0],
    }
    tried = 0
    for method, path, operation in operations_of(ours.office):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        shape = schemas.get(content.get("schema", {}).get("$ref", "").rsplit("/", 1)[-1], {})
        for name, property_ in shape.get("properties", {}).items():
            if "uuid" not in str(property_) or name not in foreign:
                continue
            address = filled(path, theirs)[-1] if names_in(path) else path
            body = {**own.get(operation["operationId"], {}), name: foreign[name]}
            answer = await stranger.request(method, address, json=body)
            told = f"{method} {address} {name}: {answer.status_code} {answer.text}"
            assert 400 <= answer.status_code < 500, told
            assert answer.json()["code"] in {"validation_failed", "not_found"}, told
            tried += 1
    assert tried >= 12
    assert await state_of(owner, ours.office.organization_id) == before


async def test_naming_another_organization_opens_nothing(
    ours: World, stranger: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    before = await state_of(owner, ours.office.organization_id)
    header = {"Organization-Id": str(ours.office.organization_id)}
    for method, path, operation in operations_of(ours.office):
        if operation["operationId"] == "log_out":
            continue
        address = filled(path, ours)[0] if names_in(path) else path
        answer = await stranger.request(method, address, json=body_of(operation), headers=header)
        assert answer.status_code in {403, 404}, f"{method} {path}: {answer.text}"
        assert not [one for one in ours.everything - {address} if f'"{one}"' in answer.text]
    assert await state_of(owner, ours.office.organization_id) == before


async def test_the_same_key_belongs_to_each_alone(office: Office, rival: Office) -> None:
    header = {"Idempotency-Key": "the-same-key"}
    first = await office.api.post("/v1/contacts", json=CONTACT, headers=header)
    second = await rival.api.post("/v1/contacts", json=CONTACT, headers=header)
    assert first.status_code == second.status_code == 201
    assert first.json()["id"] != second.json()["id"]
    assert "idempotency-replayed" not in second.headers


async def test_without_credentials_nothing_opens(
    ours: World, anonymous: httpx.AsyncClient, owner: asyncpg.Connection
) -> None:
    before = await state_of(owner, ours.office.organization_id)
    for method, path, operation in operations_of(ours.office):
        address = filled(path, ours)[0] if names_in(path) else path
        headers = {"Idempotency-Key": "k", "If-Match": "*"}
        answer = await anonymous.request(method, address, json=body_of(operation), headers=headers)
        assert answer.status_code == 401, f"{method} {path}: {answer.text}"
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["code"] == "authentication_required"
    assert await state_of(owner, ours.office.organization_id) == before
