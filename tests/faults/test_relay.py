"""A relay that fails at every step, from the API's order to the row's end.

Each case goes through the API, the outbox and the real SMTP client to a scripted relay.
Afterwards: nothing is lost, nothing is called sent that is not, at most one duplicate
with the same Message-ID, and the invariant pack holds.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from typing import Literal

import pytest
from sqlalchemy import select

from app.adapters.mail_smtp import SmtpTransport
from app.container import Container
from app.dispatch.models import Recipient
from tests.adapters.mail.conftest import QUICK
from tests.adapters.mail.relay import EHLO, Answer, Break, Relay, listening
from tests.factories import an_issued_quote
from tests.invariants.checking import violations
from tests.offices import Office

LATER: dict[str, tuple[str, Answer]] = {
    "greeting 4xx": ("CONNECT", "421 too busy"),
    "greeting 5xx": ("CONNECT", "554 no service"),
    "greeting dropped": ("CONNECT", Break.DROP),
    "EHLO 4xx": ("EHLO", "421 4.3.2 not now"),
    "EHLO 5xx": ("EHLO", "550 5.7.1 who are you"),
    "EHLO dropped": ("EHLO", Break.DROP),
    "AUTH 4xx": ("AUTH", "454 4.7.0 later"),
    "AUTH 5xx": ("AUTH", "535 5.7.8 wrong password"),
    "MAIL 4xx": ("MAIL", "451 4.3.0 later"),
    "MAIL dropped": ("MAIL", Break.DROP),
    "MAIL slow": ("MAIL", Break.SILENCE),
    "RCPT 4xx": ("RCPT", "450 4.2.1 mailbox busy"),
    "RCPT 421": ("RCPT", "421 4.3.2 shutting down"),
    "RCPT dropped": ("RCPT", Break.DROP),
    "RCPT slow": ("RCPT", Break.SILENCE),
    "DATA 4xx": ("DATA", "451 4.3.0 later"),
    "DATA dropped": ("DATA", Break.DROP),
    "DATA slow": ("DATA", Break.SILENCE),
    "dot 4xx": ("DOT", "451 4.7.1 greylisted"),
}
"""Once, then all is well: the message must arrive by itself, once."""

NEVER: dict[str, tuple[str, str, str]] = {
    "MAIL 5xx": ("MAIL", "550 5.7.1 domain is not verified", "failed"),
    "RCPT 5xx": ("RCPT", "550 5.1.1 no such user", "bounced"),
    "DATA 5xx": ("DATA", "554 5.7.1 spam", "failed"),
    "dot 5xx": ("DOT", "554 5.6.0 cannot read it", "failed"),
}

DOUBTFUL: dict[str, tuple[str, Answer]] = {
    "dropped before the dot": ("CONTENT", Break.DROP),
    "silent before the dot": ("CONTENT", Break.SILENCE),
    "dropped after the dot": ("DOT", Break.DROP),
    "silent after the dot": ("DOT", Break.SILENCE),
}


@pytest.fixture
async def through(office: Office) -> AsyncIterator[Callable[..., Office]]:
    """Put a real SMTP client to a relay into the office's worker."""
    async with AsyncExitStack() as stack:

        def connect(
            relay: Relay,
            security: Literal["starttls", "none"] = "none",
            username: str | None = None,
        ) -> Office:
            transport = SmtpTransport(
                "127.0.0.1",
                relay.port,
                security,
                username=username,
                password="secreta",
                timeouts=QUICK,
                clock=office.clock,
            )
            stack.push_async_callback(transport.aclose)
            worker: Container = replace(office.worker, mail=transport)
            return replace(office, worker=worker)

        yield connect


async def order(office: Office, *addresses: str) -> str:
    """Issue a quote and order it to be sent; give the document's id."""
    document = await an_issued_quote(office)
    body = {"to": list(addresses or ("ana@velero.example",))}
    answer = await office.api.post(f"/v1/documents/{document['id']}/dispatches", json=body)
    assert answer.status_code == 201, answer.text
    return str(document["id"])


async def rows(office: Office) -> list[Recipient]:
    async with office.worker.database.transaction(office.organization_id) as tx:
        query = select(Recipient).where(Recipient.organization_id == office.organization_id)
        return list(await tx.scalars(query.order_by(Recipient.address)))


async def status(office: Office, document_id: str) -> str:
    return str((await office.api.get(f"/v1/documents/{document_id}")).json()["status"])


def message_ids(relay: Relay) -> list[str]:
    return [str(message_from_bytes(content)["Message-ID"]) for content in relay.messages]


@pytest.mark.parametrize("name", LATER)
async def test_a_passing_failure_delays_and_loses_nothing(
    office: Office, through: Callable[..., Office], name: str
) -> None:
    step, answer = LATER[name]
    offers = (*EHLO, "AUTH PLAIN")
    async with listening(Relay(once={step: answer}, extensions=offers)) as relay:
        faulty = through(relay, username="taller" if step == "AUTH" else None)
        document_id = await order(faulty)
        await faulty.deliver()
        (row,) = await rows(office)
        assert (row.queue_state, row.state, row.sent_at) == ("ready", "deferred", None)
        assert await status(office, document_id) == "issued"
        assert await violations(office) == []
        office.clock.advance(timedelta(minutes=11))
        await faulty.deliver()
    (row,) = await rows(office)
    assert (row.queue_state, row.state) == ("done", "sent")
    assert await status(office, document_id) == "sent"
    assert set(message_ids(relay)) == {row.message_id}
    assert await violations(office) == []


@pytest.mark.parametrize("name", NEVER)
async def test_a_final_refusal_is_never_called_sent(
    office: Office, through: Callable[..., Office], name: str
) -> None:
    step, answer, state = NEVER[name]
    async with listening(Relay(answers={step: answer})) as relay:
        faulty = through(relay)
        document_id = await order(faulty)
        await faulty.deliver()
        office.clock.advance(timedelta(hours=5))
        assert await faulty.deliver() == 0
    (row,) = await rows(office)
    assert (row.queue_state, row.state, row.sent_at) == ("dead", state, None)
    assert await status(office, document_id) == "issued"
    notices = (await office.api.get("/v1/notices")).json()["data"]
    assert len(notices) == 1
    assert await violations(office) == []


@pytest.mark.parametrize("name", DOUBTFUL)
async def test_a_doubt_sends_once_more_and_no_oftener(
    office: Office, through: Callable[..., Office], name: str
) -> None:
    step, answer = DOUBTFUL[name]
    async with listening(Relay(answers={step: answer})) as relay:
        faulty = through(relay)
        document_id = await order(faulty)
        for _ in range(4):
            await faulty.deliver()
            assert await status(office, document_id) == "issued"
            office.clock.advance(timedelta(minutes=16))
    (row,) = await rows(office)
    assert (row.queue_state, row.state, row.sent_at) == ("dead", "uncertain", None)
    assert relay.verbs().count("DATA") == 2
    assert len(set(relay.messages)) <= 1
    assert await violations(office) == []


async def test_a_doubt_that_clears_leaves_one_duplicate_of_the_same_bytes(
    office: Office, through: Callable[..., Office]
) -> None:
    async with listening(Relay(once={"DOT": Break.DROP})) as relay:
        faulty = through(relay)
        document_id = await order(faulty)
        await faulty.deliver()
        assert await status(office, document_id) == "issued"
        office.clock.advance(timedelta(minutes=11))
        await faulty.deliver()
    assert len(relay.messages) == 2
    assert len(set(relay.messages)) == 1
    assert await status(office, document_id) == "sent"
    assert await violations(office) == []


async def test_one_refused_recipient_does_not_hold_the_other(
    office: Office, through: Callable[..., Office]
) -> None:
    async with listening(Relay(once={"RCPT": "550 5.1.1 no such user"})) as relay:
        faulty = through(relay)
        document_id = await order(faulty, "ana@velero.example", "zoe@velero.example")
        await faulty.deliver()
    assert sorted(row.state for row in await rows(office)) == ["bounced", "sent"]
    assert len(relay.messages) == 1
    shown = (await office.api.get(f"/v1/documents/{document_id}")).json()
    assert shown["status"] == "sent"
    assert "delivery_problem" in shown["badges"]
    assert await violations(office) == []


@pytest.mark.parametrize("answer", [None, "454 4.7.0 later", "501 5.5.4 no", Break.DROP])
async def test_without_starttls_nothing_leaves_in_clear(
    office: Office, through: Callable[..., Office], answer: Answer | None
) -> None:
    """Not offered, or offered and then refused."""
    answers = {"STARTTLS": answer} if answer else {}
    offers = (*EHLO, "STARTTLS") if answer else EHLO
    async with listening(Relay(answers, extensions=offers)) as relay:
        faulty = through(relay, "starttls")
        document_id = await order(faulty)
        await faulty.deliver()
    (row,) = await rows(office)
    assert (row.queue_state, row.state, row.attempts) == ("ready", "deferred", 0)
    assert "MAIL" not in relay.verbs()
    assert await status(office, document_id) == "issued"
    assert await violations(office) == []


async def test_a_relay_away_for_everybody_is_asked_once_a_rest_and_costs_no_attempt(
    office: Office, through: Callable[..., Office]
) -> None:
    """However many messages wait: while the relay rests they hear so at once."""
    async with listening(Relay(answers={"CONNECT": "421 4.3.2 too busy"})) as relay:
        faulty = through(relay)
        document_id = await order(faulty, *(f"a{n}@velero.example" for n in range(5)))
        assert await faulty.deliver() == 5
        assert relay.connections == 1
        for rested, connections in ((31, 2), (40, 2), (21, 3)):
            office.clock.advance(timedelta(seconds=rested))
            await faulty.deliver()
            assert relay.connections == connections
        waiting = await rows(office)
        assert {(row.queue_state, row.state, row.attempts) for row in waiting} == {
            ("ready", "deferred", 0)
        }
        assert {row.last_error for row in waiting} == {"4.3.2 too busy"}
        relay.answers = {}
        office.clock.advance(timedelta(minutes=11))
        assert await faulty.deliver() == 5
    assert {row.state for row in await rows(office)} == {"sent"}
    assert relay.connections == 4
    assert await status(office, document_id) == "sent"
    assert await violations(office) == []


async def test_a_relay_that_never_comes_back_ends_with_the_messages_age(
    office: Office, through: Callable[..., Office]
) -> None:
    async with listening(Relay(answers={"CONNECT": Break.DROP})) as relay:
        faulty = through(relay)
        document_id = await order(faulty, "ana@velero.example", "zoe@velero.example")
        await faulty.deliver()
        office.clock.advance(timedelta(hours=47, minutes=59))
        await faulty.deliver()
    assert {(row.queue_state, row.state, row.attempts) for row in await rows(office)} == {
        ("dead", "failed", 0)
    }
    assert await status(office, document_id) == "issued"
    assert await violations(office) == []


async def test_one_messages_trouble_does_not_make_the_relay_rest(
    office: Office, through: Callable[..., Office]
) -> None:
    async with listening(Relay(once={"RCPT": "421 4.3.2 not that one"})) as relay:
        faulty = through(relay)
        await order(faulty, "ana@velero.example", "zoe@velero.example")
        await faulty.deliver()
    assert sorted(row.state for row in await rows(office)) == ["deferred", "sent"]
