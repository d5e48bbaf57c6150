"""The list of what was sent, and its filters."""

from datetime import UTC, datetime

import httpx
import pytest

from app.mail.ports import Failure, MailError
from tests.clients import client_behind
from tests.factories import a_sent_quote
from tests.fakes import FakeMail, FixedClock
from tests.offices import Office


async def listed(office: Office, **filters: str) -> list[str]:
    answer = await office.api.get("/v1/dispatches", params=filters)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["data"]]


async def test_days_are_the_organizations_and_instants_are_exact(
    office: Office, clock: FixedClock
) -> None:
    clock.set(datetime(2026, 11, 24, 22, 59, 59, tzinfo=UTC))
    _, first = await a_sent_quote(office)
    clock.set(datetime(2026, 11, 24, 23, 0, tzinfo=UTC))  # midnight in Madrid
    _, second = await a_sent_quote(office)
    both = [second["id"], first["id"]]
    assert await listed(office) == both
    assert await listed(office, **{"from": "2026-11-25"}) == both[:1]
    assert await listed(office, to="2026-11-24") == both[1:]
    assert await listed(office, **{"from": "2026-11-24", "to": "2026-11-25"}) == both
    assert await listed(office, **{"from": "2026-11-24T23:00:00Z"}) == both[:1]
    assert await listed(office, to="2026-11-25T00:00:00+01:00") == both[1:]


async def test_a_state_is_that_of_any_message_as_it_is_shown(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    order = {"to": ["ana@velero.example", "zoe@velero.example"]}
    _, opened = await a_sent_quote(office, order=order)
    await client_behind(anonymous, mail, "ana@velero.example").open()
    no = MailError(Failure.NO_SUCH_ADDRESS, code=550, text="no", host="relay.example")
    mail.failures = [no]
    _, bounced = await a_sent_quote(office)
    assert await listed(office, delivery_state="opened") == [opened["id"]]
    assert await listed(office, delivery_state="sent") == [opened["id"]]
    assert await listed(office, delivery_state="bounced") == [bounced["id"]]
    assert await listed(office, delivery_state="queued") == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("delivery_state", "not_sent"),
        ("delivery_state", "sent,opened"),
        ("from", "24/11/2026"),
        ("from", "2026-11-24T09:00:00"),
        ("to", "0001-01-01"),
        ("to", ""),
    ],
)
async def test_a_filter_that_means_nothing_is_refused(
    office: Office, name: str, value: str
) -> None:
    answer = await office.api.get("/v1/dispatches", params={name: value})
    assert answer.status_code == 422, answer.text
