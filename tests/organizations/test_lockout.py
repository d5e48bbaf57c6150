"""Guessing becomes slower and slower; the owner of an account is never kept out for ever."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from app.kernel.errors import TooMany
from app.main import create_app
from app.organizations.lockout import FREE, Lockout, wait_after
from app.organizations.mailing import SendPasswordReset
from tests.fakes import FakeMail
from tests.offices import PASSWORD, Office
from tests.organizations.people import do_jobs, mailed_token
from tests.organizations.test_second_factor import turn_on


def test_each_failure_doubles_the_wait_up_to_a_quarter_of_an_hour() -> None:
    waits = [wait_after(failures, 5).total_seconds() for failures in range(4, 16)]
    assert waits == [0, 0, 5, 10, 20, 40, 80, 160, 320, 640, 900, 900]
    assert wait_after(10**6, 5).total_seconds() == 900


class Door:
    """The sign-in of an application with its real limits, reached from anywhere."""

    def __init__(self, app: FastAPI, office: Office) -> None:
        self.app = app
        self.office = office
        # Its own: the meters of sources are shared by all tests.
        self.stranger, self.home = f"stranger-{office.user_id}", f"home-{office.user_id}"

    async def knock(self, password: str, *, source: str = "", email: str = "") -> httpx.Response:
        transport = httpx.ASGITransport(self.app, client=(source or self.stranger, 1))
        body = {"email": email or self.office.email, "password": password}
        async with httpx.AsyncClient(transport=transport, base_url="http://api.example") as api:
            return await api.post("/v1/auth/login", json=body)

    async def guess(self, count: int, **where: str) -> list[int]:
        return [(await self.knock("no es esta", **where)).status_code for _ in range(count)]


@pytest.fixture
def door(office: Office) -> Door:
    settings = office.container.settings.model_copy(update={"rate_limit_factor": 1})
    return Door(create_app(replace(office.container, settings=settings)), office)


@pytest.fixture
def lockout(office: Office) -> Lockout:
    return Lockout(office.container.database, 1, b"pepper")


async def test_after_some_failures_even_the_right_password_waits(door: Door) -> None:
    assert await door.guess(FREE["pair"] + 1) == [401] * 6
    early = await door.knock(PASSWORD)
    assert (early.status_code, early.json()["reason"]) == (429, "sign_in_delayed")
    assert early.headers["retry-after"] == "6"
    door.office.clock.advance(timedelta(seconds=6))
    assert await door.guess(1) == [401], "what is refused is not counted"
    assert (await door.knock(PASSWORD)).headers["retry-after"] == "11"
    door.office.clock.advance(timedelta(seconds=11))
    assert (await door.knock(PASSWORD)).status_code == 200
    assert await door.guess(FREE["pair"]) == [401] * 5, "a success begins anew"


async def test_many_at_once_count_as_many(door: Door) -> None:
    answers = await asyncio.gather(*(door.knock("no es esta") for _ in range(12)))
    told = sorted(answer.status_code for answer in answers)
    assert told == [401] * 6 + [429] * 6


async def test_waiting_does_not_tell_whether_an_address_is_somebodys(door: Door) -> None:
    nobody = f"nadie-{door.office.user_id}@taller.example"
    answers = []
    for email in (door.office.email, nobody):
        assert await door.guess(6, email=email, source=email) == [401] * 6
        answers.append(await door.knock("no es esta", email=email, source=email))
    somebody, none = ({**answer.json(), "request_id": ""} for answer in answers)
    assert somebody == none
    assert {answer.headers["retry-after"] for answer in answers} == {"6"}


async def test_strangers_do_not_keep_the_owner_out_of_where_they_are_known(door: Door) -> None:
    assert (await door.knock(PASSWORD, source=door.home)).status_code == 200
    for number in range(FREE["account"] + 1):
        assert await door.guess(1, source=f"{door.stranger}-{number}") == [401]
    assert (await door.knock(PASSWORD, source=door.stranger)).status_code == 429
    assert (await door.knock(PASSWORD, source=door.home)).status_code == 200
    told = (await door.office.api.get("/v1/audit")).json()["data"]
    slowed = [one for one in told if one["action"] == "sign_in.slowed"]
    assert [one["subject_id"] for one in slowed] == [str(door.office.user_id)]


async def test_a_password_chosen_by_mail_lifts_the_wait(door: Door, mail: FakeMail) -> None:
    for number in range(FREE["account"] + 1):
        await door.knock("no es esta", source=f"{door.stranger}-{number}")
    assert (await door.knock(PASSWORD)).status_code == 429
    api = door.office.api
    await api.post("/v1/auth/password-reset", json={"email": door.office.email})
    await do_jobs(door.office, SendPasswordReset)
    chosen = {"token": mailed_token(mail), "password": "otra frase, también larga"}
    assert (await api.post("/v1/auth/password-reset/confirm", json=chosen)).status_code == 204
    assert (await door.knock(chosen["password"])).status_code == 200


async def test_a_source_that_tries_many_accounts_waits(lockout: Lockout, office: Office) -> None:
    at = office.clock.now()
    source = str(office.user_id)
    for number in range(FREE["source"] + 1):
        await lockout.begin(f"{number}-{office.email}", source, at=at)
    with pytest.raises(TooMany):
        await lockout.begin(f"next-{office.email}", source, at=at)
    await lockout.begin(f"next-{office.email}", f"not {source}", at=at)


async def test_a_day_without_failures_begins_anew(lockout: Lockout, office: Office) -> None:
    at = office.clock.now()
    for _ in range(FREE["pair"] + 1):
        await lockout.begin(office.email, "home", at=at)
    later = at + timedelta(days=1, seconds=1)
    for _ in range(FREE["pair"]):
        await lockout.begin(office.email, "home", at=later)


async def test_a_wrong_second_factor_is_a_failure_too(door: Door) -> None:
    await turn_on(door.office)
    transport = httpx.ASGITransport(door.app, client=(door.stranger, 1))
    body = {"email": door.office.email, "password": PASSWORD, "totp_code": "000000"}
    async with httpx.AsyncClient(transport=transport, base_url="http://api.example") as api:
        answers = [await api.post("/v1/auth/login", json=body) for _ in range(7)]
    assert [answer.status_code for answer in answers] == [401] * 6 + [429]
