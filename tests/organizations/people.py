"""People who can sign in, and what is mailed to them."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.policy import default
from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import select, text

from app.jobs.queue import Job
from app.kernel.identifiers import new_id
from app.organizations import sessions
from app.organizations.models import AccessRole, Membership, User
from app.organizations.roles import Template
from app.worker import handlers_of
from tests.fakes import FakeMail
from tests.offices import PASSWORD, PASSWORD_HASH, Office, client_of

_TOKEN = re.compile(r"#token=([A-Za-z0-9_-]{43})")


async def sign_in(api: httpx.AsyncClient, email: str, password: str = PASSWORD) -> httpx.Response:
    """Try to sign in."""
    return await api.post("/v1/auth/login", json={"email": email, "password": password})


async def role_id(office: Office, template: str) -> str:
    """Find a role the organization began with."""
    async with office.container.database.transaction(office.organization_id) as tx:
        query = select(AccessRole.id).where(
            AccessRole.organization_id == office.organization_id, AccessRole.template == template
        )
        return str((await tx.scalars(query)).one())


@asynccontextmanager
async def a_colleague(
    office: Office, role: str, *, team: str | None = None, name: str = "Marta Ejemplo"
) -> AsyncIterator[tuple[str, httpx.AsyncClient]]:
    """Add a member with a role (a template's name, or an id), and sign them in.

    Gives their id and their client.
    """
    user_id = new_id()
    if role in set(Template):
        role = await role_id(office, role)
    at = office.clock.now()
    async with office.container.database.transaction(office.organization_id) as tx:
        email = f"{user_id}@taller.example"
        tx.add(
            User(
                id=user_id,
                email=email,
                name=name,
                password_hash=PASSWORD_HASH,
                status="active",
                created_at=at,
            )
        )
        await tx.flush()
        tx.add(
            Membership(
                user_id=user_id,
                organization_id=office.organization_id,
                name=name,
                access_role_id=UUID(role),
                team=team,
                status="active",
                created_at=at,
                version=1,
            )
        )
        tokens, _ = await sessions.begin(tx, user_id, at=at)
    async with client_of(office.app, Authorization=f"Bearer {tokens.access}") as api:
        api.event_hooks = office.api.event_hooks
        yield str(user_id), api


async def do_jobs(office: Office, kind: type[Job], *, everyones: bool = False) -> int:
    """Do what is queued of one kind, for the office or for all; tell how many there were."""
    query = text(
        "delete from pgqueuer where entrypoint = :name"
        " and (:everyones or headers->>'organization_id' = :organization_id) returning payload"
    )
    of = {"name": kind.name, "everyones": everyones, "organization_id": str(office.organization_id)}
    async with office.worker.database.transaction() as tx:
        payloads = list(await tx.scalars(query, of))
    for payload in payloads:
        await handlers_of(office.worker)[kind](kind.from_bytes(payload))
    return len(payloads)


def mailed_text(mail: FakeMail, kind: str = "plain") -> str:
    """Give the text of the last message, or its HTML."""
    message = message_from_bytes(mail.sent[-1].content, policy=default)
    body: Any = message.get_body((kind,))
    return str(body.get_content())


def mailed_token(mail: FakeMail) -> str:
    """Give the secret of the last message."""
    found = _TOKEN.search(mailed_text(mail))
    assert found is not None
    return found[1]
