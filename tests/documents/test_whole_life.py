"""Whatever staff, clients and money do in whatever order, the invariants hold.

`LIFE_WALKS` sets how many walks are taken, `LIFE_SEED` the first one's seed.
"""

import os
from random import Random

import httpx
import pytest

from app.documents.states import STAFF_ACTIONS
from tests.documents.test_actions import now, tried
from tests.factories import Json, a_quote
from tests.invariants.checking import violations
from tests.offices import Office

FIRST = int(os.environ.get("LIFE_SEED", "100"))
WALKS = int(os.environ.get("LIFE_WALKS", "6"))
STEPS = 24


class Walk:
    """A walk through the lives of a few documents that come out of each other."""

    def __init__(self, office: Office, phone: httpx.AsyncClient, seed: int) -> None:
        self.office, self.phone = office, phone
        self.chance = Random(seed)  # noqa: S311 - repeatable, and no secret
        self.alive: list[Json] = []
        self.done: list[str] = []

    async def go(self) -> None:
        kind = self.chance.choice(["quote", "quote", "delivery_note", "proforma", "invoice"])
        self.alive = [await a_quote(self.office, type=kind)]
        for step in range(STEPS):
            document = await now(self.office, self.chance.choice(self.alive))
            who = self.chance.choices([self.staff, self.client, self.money], [6, 2, 2])[0]
            await who(document)
            if step % 8 == 7:
                assert await violations(self.office) == [], self.done
        assert await violations(self.office) == [], self.done

    async def staff(self, document: Json) -> None:
        allowed = document["allowed_actions"]
        action = self.chance.choice([*allowed, *allowed, *STAFF_ACTIONS])
        answer = await tried(self.office, document, action)
        self._note(action, document, answer)
        assert answer.is_success or answer.status_code in {409, 422}, self.done
        if action not in allowed:
            assert not answer.is_success, self.done
        elif action == "delete" and answer.is_success:
            self.alive = [one for one in self.alive if one["id"] != document["id"]]
            self.alive = self.alive or [await a_quote(self.office)]
        elif answer.status_code == 201 and action in {"revise", "convert", "copy", "correct"}:
            self.alive.append(answer.json())

    async def client(self, document: Json) -> None:
        """Hand a link over, and answer behind it: what is offered is done."""
        path = f"/v1/documents/{document['id']}/share-links"
        given = await self.office.api.post(path, json={"channel": "link"})
        self._note("share", document, given)
        if given.status_code != 201:
            assert given.status_code == 409, self.done
            return
        link = "/public/v1/documents/" + given.json()["url"].rpartition("/")[2]
        seen = (await self.phone.get(link)).json()
        action = self.chance.choice(["accept", "reject", "undo"])
        form: Json = {"form_nonce": seen["form_nonce"]}
        if action != "undo":
            form |= {"name": "Ana Ruiz", "statement_accepted": True}
        answer = await self.phone.post(f"{link}/{action}", json=form)
        self._note(f"client {action}", document, answer)
        offered = action in seen["allowed_actions"]
        assert answer.status_code in ({200} if offered else {200, 409}), self.done

    async def money(self, document: Json) -> None:
        """Take money, or give some back."""
        path = f"/v1/documents/{document['id']}/payments"
        taken = (await self.office.api.get(path)).json()["data"]
        amount = {"amount": self.chance.choice([1, 1000, 10890])}
        if taken and self.chance.random() < 0.5:
            payment = self.chance.choice(taken)
            path = f"/v1/payments/{payment['id']}/refunds"
            answer = await self.office.api.post(path, json={"amount": amount})
        else:
            answer = await self.office.api.post(path, json={"method": "cash", "amount": amount})
        self._note("money", document, answer)
        assert answer.status_code in {201, 409, 422}, self.done

    def _note(self, what: str, document: Json, answer: httpx.Response) -> None:
        reason = "" if answer.is_success else answer.text[:300]
        self.done.append(
            f"{what} of {document['type']} {document['status']}: {answer.status_code} {reason}"
        )


@pytest.mark.parametrize("seed", range(FIRST, FIRST + WALKS))
async def test_any_life_leaves_everything_in_order(
    office: Office, anonymous: httpx.AsyncClient, seed: int
) -> None:
    await Walk(office, anonymous, seed).go()
