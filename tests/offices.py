"""An organization at work: its admin signed in, its worker at hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import httpx
from fastapi import FastAPI
from sqlalchemy import select, text, update

from app.commercial import kinds
from app.container import Container
from app.dispatch.models import Recipient
from app.dispatch.tasks import SendMessage
from app.documents import series
from app.kernel.actor import Actor, ActorKind, Permission
from app.kernel.identifiers import hash_token, new_id
from app.main import create_app
from app.organizations import service, sessions
from app.organizations.models import SessionToken
from app.organizations.service import Founding
from app.worker import handlers_of
from tests.fakes import FixedClock

PASSWORD = "una frase larga y propia"
PASSWORD_HASH = (
    "$argon2id$v=19$m=8,t=1,p=1$/2ZiRdpsKEYgEe3giZzF8w$qzOdBWwhkHHvV82npIg0gn6EqKSTCjBlRBMe0u9jMA0"
)
"""Its hash, made with the least of everything: tests verify it often."""

LEFT: set[UUID] = set()
"""Organizations whose test has ended; their rows stay, and nothing goes on with them."""


@dataclass
class Office:
    """An organization made for one test.

    Attributes:
        api: Signed in as its admin; every POST carries a fresh Idempotency-Key unless it
            names one, every PATCH, PUT and DELETE the newest version unless it names one.
    """

    container: Container
    worker: Container
    organization_id: UUID
    user_id: UUID
    email: str
    actor: Actor
    access_token: str
    app: FastAPI
    api: httpx.AsyncClient
    extra: dict[str, object] = field(default_factory=dict)

    @property
    def clock(self) -> FixedClock:
        """The clock everything in this office goes by."""
        clock = self.container.clock
        assert isinstance(clock, FixedClock)
        return clock

    async def deliver(self) -> int:
        """Let the worker try every message that is due; tell how many were tried."""
        handlers = handlers_of(self.worker)
        async with self.worker.database.transaction(self.organization_id) as tx:
            due = list(
                await tx.scalars(
                    select(Recipient.id)
                    .where(
                        Recipient.organization_id == self.organization_id,
                        Recipient.queue_state.in_(("ready", "leased")),
                        Recipient.next_attempt_at <= self.container.clock.now(),
                    )
                    .order_by(Recipient.kind.desc(), Recipient.id)  # "to" before "cc"
                )
            )
        for recipient_id in due:
            await handlers[SendMessage](SendMessage(self.organization_id, recipient_id))
        return len(due)


def client_of(app: FastAPI, **headers: str) -> httpx.AsyncClient:
    """Make a client that talks to an application directly."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app, raise_app_exceptions=False),
        base_url="http://api.example",
        headers=headers,
        timeout=30,
    )


async def _complete(request: httpx.Request) -> None:
    """Do what a careful client does by itself."""
    if request.method == "POST" and "idempotency-key" not in request.headers:
        request.headers["Idempotency-Key"] = str(new_id())
    if request.method in {"PATCH", "PUT", "DELETE"} and "if-match" not in request.headers:
        request.headers["If-Match"] = "*"


async def _forget_meters(container: Container) -> None:
    """Begin without the meters of other tests.

    Every test's clock starts at the same instant, so a meter filled by one that moved its
    clock would lie in this one's future.
    """
    async with container.database.transaction() as tx:
        for meters in ("rate_limits", "sign_in_meters"):
            await tx.execute(text(f"delete from {meters}"))  # noqa: S608 - two names of ours


@asynccontextmanager
async def found_office(container: Container, worker: Container, name: str) -> AsyncIterator[Office]:
    """Found an organization with an admin, its number series and a session."""
    await _forget_meters(container)
    app = create_app(container)
    at = container.clock.now()
    email = f"admin-{new_id()}@taller.example"
    founding = Founding(
        name=name,
        legal_name=f"{name}, S.L.",
        tax_id="B83534750",
        street="Muelle de Muestra 3",
        postal_code="07001",
        city="Palma",
        province="Illes Balears",
        email="oficina@taller.example",
        phone="+34971000000",
        iban="ES9121000418450200051332",
    )
    async with container.database.transaction() as tx:
        organization, user = await service.found_organization(
            tx,
            founding,
            admin_email=email,
            admin_name="Joan Muestra",
            password_hash=PASSWORD_HASH,
            at=at,
        )
        await series.create_defaults(tx, organization.id, at=at)
        await kinds.create_defaults(tx, organization, at=at)
        tokens, _ = await sessions.begin(tx, user.id, at=at)
        # Tests move the clock by months and stay signed in.
        life = at + timedelta(days=1000)
        own = SessionToken.token_hash == hash_token(tokens.access)
        await tx.execute(update(SessionToken).where(own).values(expires_at=life))
    actor = Actor(ActorKind.USER, organization.id, user.id, user.name, frozenset(Permission))
    async with client_of(app, Authorization=f"Bearer {tokens.access}") as api:
        api.event_hooks = {"request": [_complete], "response": []}
        yield Office(
            container=container,
            worker=worker,
            organization_id=organization.id,
            user_id=user.id,
            email=email,
            actor=actor,
            access_token=tokens.access,
            app=app,
            api=api,
        )
    LEFT.add(organization.id)
