"""Many clients answer one document at the same time; the row lock decides."""

import asyncio
import random
from uuid import UUID

import httpx

from app.documents import queries
from tests.factories import Json
from tests.fakes import FakeMail
from tests.invariants.checking import violations
from tests.offices import Office
from tests.portal.links import NAME, Shelf, a_shelf

ROUNDS = 3
CLIENTS = 10
MAY_FOLLOW = {
    None: {"accepted", "rejected"},
    "accepted": {"withdrawn"},
    "rejected": {"accepted", "withdrawn"},
    "withdrawn": {"accepted", "rejected"},
}


async def test_ten_at_once_leave_one_consistent_history(
    office: Office, mail: FakeMail, anonymous: httpx.AsyncClient
) -> None:
    order = {"to": [f"client{n}@velero.example" for n in range(CLIENTS)]}
    chance = random.Random(20261124)  # noqa: S311 - which client does what
    for _ in range(ROUNDS):
        shelf = await a_shelf(office, mail, anonymous, order)
        nonces = {address: (await shelf.read(address))["form_nonce"] for address in shelf.tokens}
        start = asyncio.Event()

        async def act(
            address: str,
            action: str,
            shelf: Shelf = shelf,
            nonces: dict[str, str] = nonces,
            start: asyncio.Event = start,
        ) -> tuple[str, httpx.Response]:
            body: Json = {"name": NAME, "form_nonce": nonces[address]}
            if action != "undo":
                body["statement_accepted"] = True
            await start.wait()
            path = shelf.path(f"/{action}", address=address)
            return action, await shelf.phone.post(path, json=body)

        actions = [chance.choice(["accept", "reject", "reject", "undo"]) for _ in shelf.tokens]
        racing = [
            asyncio.create_task(act(address, action))
            for address, action in zip(shelf.tokens, actions, strict=True)
        ]
        start.set()
        answers = await asyncio.gather(*racing)

        assert {answer.status_code for _, answer in answers} <= {200, 409}
        async with office.container.database.transaction(office.organization_id) as tx:
            document_id = UUID(shelf.document["id"])
            document = await queries.get(tx, office.actor, document_id)
            rows = await queries.decisions(tx, office.actor, document_id)
        kinds = [row.kind for row in rows]
        assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
        for before, after in zip([None, *kinds], kinds, strict=False):
            assert after in MAY_FOLLOW[before]
        last = kinds[-1] if kinds else "withdrawn"
        assert document.decision == ("pending" if last == "withdrawn" else last)
        wanted = {"accept": "accepted", "reject": "rejected", "undo": "withdrawn"}
        for action, answer in answers:
            if answer.status_code == 200:
                assert wanted[action] in kinds
            else:
                assert answer.json()["reason"] in {"already_accepted", "nothing_to_undo"}
    assert await violations(office) == []


async def test_ten_times_the_same_answer_is_one_decision(
    office: Office, mail: FakeMail, anonymous: httpx.AsyncClient
) -> None:
    shelf = await a_shelf(office, mail, anonymous)
    form = await shelf.form()
    answers = await asyncio.gather(*(shelf.post("/accept", form) for _ in range(CLIENTS)))
    assert [one.status_code for one in answers] == [200] * CLIENTS
    async with office.container.database.transaction(office.organization_id) as tx:
        rows = await queries.decisions(tx, office.actor, UUID(shelf.document["id"]))
    assert [row.kind for row in rows] == ["accepted"]
    assert await violations(office) == []
