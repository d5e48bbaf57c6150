"""What lists show is stored, and always equals what follows from the facts."""

import random
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select

from app.comments.models import Comment
from app.dispatch import queries as dispatches
from app.documents import queries, states
from app.mail.ports import Failure, MailError
from tests.clients import client_behind
from tests.factories import an_issued_quote
from tests.fakes import FakeMail, FixedClock
from tests.offices import Office

STEPS = 14


async def require_projected(office: Office, document_id: str) -> None:
    """Recompute everything a list shows, from the rows it follows from."""
    async with office.worker.database.transaction(office.organization_id) as tx:
        document = await queries.get(tx, office.actor, UUID(document_id))
        delivery = await dispatches.delivery_of(tx, document)
        assert document.delivery_state == delivery.state
        assert document.was_sent == delivery.was_sent
        assert document.has_delivery_problem == delivery.has_problem
        assert document.dispatch_count == delivery.dispatch_count
        assert document.last_dispatched_at == delivery.last_dispatched_at
        last = await queries.last_decision(tx, document, document.revision)
        pending = last is None or last.kind == "withdrawn"
        assert document.decision == ("pending" if pending else last.kind)  # type: ignore[union-attr]  # not pending means there is one
        count = await tx.scalar(
            select(func.count())
            .select_from(Comment)
            .where(Comment.document_id == document.id, Comment.author_kind == "client")
        )
        assert document.is_commented == bool(count)
        assert document.status == states.status_of(document).value
        assert document.badges == states.badges_of(document)


class Life:
    """One document's random life."""

    def __init__(
        self, office: Office, anonymous: httpx.AsyncClient, mail: FakeMail, clock: FixedClock,
        chance: random.Random,
    ) -> None:  # fmt: skip
        self.office, self.anonymous, self.mail = office, anonymous, mail
        self.clock, self.chance = clock, chance
        self.document_id = ""

    async def step(self) -> None:
        steps = (self.send, self.deliver, self.fail, self.open, self.accept, self.reject,
                 self.undo, self.comment, self.wait, self.on_behalf, self.cancel)  # fmt: skip
        await self.chance.choice(steps)()

    async def send(self) -> None:
        order = {"to": ["a@v.example", "b@v.example"][: self.chance.randint(1, 2)],
                 "cc": ["c@v.example"][: self.chance.randint(0, 1)]}  # fmt: skip
        path = f"/v1/documents/{self.document_id}/dispatches"
        assert (await self.office.api.post(path, json=order)).status_code == 201

    async def deliver(self) -> None:
        await self.office.deliver()

    async def fail(self) -> None:
        failure = self.chance.choice(list(Failure))
        self.mail.failures.append(MailError(failure, code=550, text="no", host="h"))
        await self.office.deliver()

    async def wait(self) -> None:
        self.clock.advance(timedelta(minutes=self.chance.choice((1, 16, 600))))

    async def cancel(self) -> None:
        path = f"/v1/dispatches?document_id={self.document_id}"
        for dispatch in (await self.office.api.get(path)).json()["data"][:1]:
            await self.office.api.post(f"/v1/dispatches/{dispatch['id']}/cancel")

    async def on_behalf(self) -> None:
        decision = self.chance.choice(("accepted", "rejected", "withdrawn"))
        await self.office.api.post(
            f"/v1/documents/{self.document_id}/decisions",
            json={"decision": decision, "told_by": "Ana", "note": "por teléfono"},
        )

    async def open(self) -> None:
        if self.mail.sent:
            await client_behind(self.anonymous, self.mail).open()

    async def accept(self) -> None:
        await self._answer("accept")

    async def reject(self) -> None:
        await self._answer("reject", comment=self.chance.choice(("", "caro")))

    async def undo(self) -> None:
        await self._answer("undo")

    async def comment(self) -> None:
        if self.mail.sent:
            client = client_behind(self.anonymous, self.mail)
            nonce = (await client.see())["form_nonce"]
            body = {"name": "Ana", "body": "¿Cuándo?", "form_nonce": nonce}
            await self.anonymous.post(f"{client.path}/comments", json=body)

    async def _answer(self, action: str, comment: str = "") -> None:
        if self.mail.sent:
            client = client_behind(self.anonymous, self.mail)
            nonce = (await client.see())["form_nonce"]
            if nonce is not None:
                await client.answer(action, comment=comment, nonce=nonce)


@pytest.mark.parametrize("seed", range(6))
async def test_stored_equals_recomputed_whatever_happens(
    seed: int,
    office: Office,
    anonymous: httpx.AsyncClient,
    mail: FakeMail,
    clock: FixedClock,
) -> None:
    chance = random.Random(seed)  # noqa: S311 - a reproducible choice
    life = Life(office, anonymous, mail, clock, chance)
    life.document_id = (await an_issued_quote(office))["id"]
    for _ in range(STEPS):
        await life.step()
        await require_projected(office, life.document_id)
