"""The agenda in a calendar program."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest
import structlog
from icalendar import Calendar
from structlog.testing import capture_logs

from app.container import Container
from app.main import create_app
from app.web.rate_limits import BAD_TOKENS
from tests.commercial.acting import an_action, complete
from tests.offices import Office, client_of
from tests.organizations.people import a_colleague


async def subscribe(api: httpx.AsyncClient) -> str:
    """Make a feed; give its secret."""
    made = await api.post("/v1/agenda-feed")
    assert made.status_code == 201, made.text
    token = str(made.json()["token"])
    assert made.json()["url"] == f"http://docs.example/v1/agenda.ics?token={token}"
    return token


async def read(api: httpx.AsyncClient, token: str) -> httpx.Response:
    return await api.get("/v1/agenda.ics", params={"token": token})


def events_in(answer: httpx.Response) -> list[Any]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
    return list(Calendar.from_ical(answer.content).walk("VEVENT"))


async def test_a_calendar_program_reads_what_is_open(
    office: Office, anonymous: httpx.AsyncClient
) -> None:
    hostile = "Medir; la vela, «génova»\\nBEGIN:VEVENT " + "ñ" * 60
    timed = await an_action(
        office, subject=hostile, description="Dos\nlíneas", due_time="10:30", duration_minutes=45,
        priority="high", kind="visit",
        reminders=[{"channel": "calendar", "minutes_before": 30}],
    )  # fmt: skip
    whole_day = await an_action(
        office, due_on="2026-11-30", reminders=[{"channel": "calendar", "minutes_before": 60}]
    )
    await complete(office, await an_action(office))
    async with a_colleague(office, "salesperson") as (marta, hers):
        await an_action(office, assigned_to=marta)
        ours, theirs = await subscribe(office.api), await subscribe(hers)
        assert len(events_in(await read(anonymous, theirs))) == 1
    first, second = events_in(await read(anonymous, ours))
    assert first["UID"] == f"{timed['id']}@conforme"
    assert first["SUMMARY"] == f"Velero Ficticio, S.L.: {hostile}"
    assert first["DESCRIPTION"] == "Dos\nlíneas"
    assert first.start == datetime(2026, 11, 25, 9, 30, tzinfo=UTC)
    assert first.end == datetime(2026, 11, 25, 10, 15, tzinfo=UTC)
    assert (first["PRIORITY"], first["CATEGORIES"].to_ical()) == (1, b"Visita")
    assert [alarm["TRIGGER"].dt for alarm in first.walk("VALARM")] == [timedelta(minutes=-30)]
    assert second["UID"] == f"{whole_day['id']}@conforme"
    assert (second.start, second.end) == (date(2026, 11, 30), date(2026, 12, 1))
    assert [alarm["TRIGGER"].dt for alarm in second.walk("VALARM")] == [timedelta(hours=8)]


async def test_its_address_is_shown_once_and_replaced_and_revoked(
    office: Office, anonymous: httpx.AsyncClient
) -> None:
    assert (await office.api.get("/v1/agenda-feed")).json() == {
        "is_active": False, "created_at": None, "version": 0,
    }  # fmt: skip
    once = {"Idempotency-Key": "a-feed"}
    made = (await office.api.post("/v1/agenda-feed", headers=once)).json()
    again = (await office.api.post("/v1/agenda-feed", headers=once)).json()
    assert (again["token"], again["url"], again["version"]) == (None, None, 1)
    assert made["token"] not in (await office.api.get("/v1/agenda-feed")).text
    replaced = await subscribe(office.api)
    assert (await read(anonymous, replaced)).status_code == 200
    stale = await office.api.delete("/v1/agenda-feed", headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    revoked = await office.api.delete("/v1/agenda-feed", headers={"If-Match": '"2"'})
    assert revoked.status_code == 204
    answers = [await read(anonymous, one) for one in (made["token"], replaced, "nobody's")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({answer.json()["detail"] for answer in answers}) == 1
    told = (await office.api.get("/v1/audit")).json()["data"]
    assert [entry["action"] for entry in told] == [
        "agenda_feed.closed", "agenda_feed.opened", "agenda_feed.opened",
    ]  # fmt: skip


async def test_who_leaves_takes_the_feed_along(
    office: Office, anonymous: httpx.AsyncClient
) -> None:
    async with a_colleague(office, "salesperson") as (marta, hers):
        token = await subscribe(hers)
    assert (await read(anonymous, token)).status_code == 200
    left = await office.api.patch(f"/v1/users/{marta}", json={"status": "inactive"})
    assert left.status_code == 200, left.text
    assert (await read(anonymous, token)).status_code == 404


async def test_an_api_key_has_no_agenda(office: Office) -> None:
    key = {"name": "Web", "scopes": ["commercial:read"]}
    secret = (await office.api.post("/v1/api-keys", json=key)).json()["secret"]
    bearer = {"Authorization": f"Bearer {secret}"}
    assert (await office.api.get("/v1/agenda-feed", headers=bearer)).status_code == 200
    refused = await office.api.post("/v1/agenda-feed", headers=bearer)
    assert (refused.status_code, refused.json()["reason"]) == (409, "no_own_agenda")


@pytest.fixture
def everything_logged() -> Iterator[None]:
    """Log as a production process does, not only warnings."""
    quiet = structlog.get_config()["wrapper_class"]
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG))
    yield
    structlog.configure(wrapper_class=quiet)


@pytest.mark.usefixtures("everything_logged")
async def test_its_secret_is_in_no_log(office: Office, anonymous: httpx.AsyncClient) -> None:
    token = await subscribe(office.api)
    with capture_logs() as lines:
        await read(anonymous, token)
    assert [line["path"] for line in lines if line["event"] == "request"] == ["/v1/agenda.ics"]
    assert token not in str(lines)


async def test_whoever_guesses_secrets_is_slowed_down(office: Office, container: Container) -> None:
    strict = container.settings.model_copy(update={"rate_limit_factor": 1})
    token = await subscribe(office.api)
    async with client_of(create_app(replace(container, settings=strict))) as api:
        guesses = [(await read(api, f"guess{n}")).status_code for n in range(BAD_TOKENS.count)]
        assert set(guesses) == {404}
        assert (await read(api, token)).status_code == 429
