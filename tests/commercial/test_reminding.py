"""Reminders are told once each, however often the scheduler runs, or after what pause."""

import asyncio
import random
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from app.commercial.models import AgendaLetter
from app.commercial.posting import SendAgendaLetter
from app.commercial.reminding import sweep_one
from app.mail.ports import Failure, MailError
from app.worker import handlers_of
from tests.commercial.acting import an_action, complete, told
from tests.factories import a_contact
from tests.fakes import FakeMail
from tests.offices import Office
from tests.organizations.people import a_colleague, do_jobs, mailed_text

NOTICE = {"channel": "notice", "minutes_before": 30}
EMAIL = {"channel": "email", "minutes_before": 60}


async def run_at(office: Office, day: int, hour: int = 0, minute: int = 0) -> None:
    """Let the scheduler run, by the clock in UTC, in November 2026."""
    office.clock.set(datetime(2026, 11, day, hour, minute, tzinfo=UTC))
    await run(office)


async def run(office: Office) -> None:
    await sweep_one(office.worker.database, office.organization_id, at=office.worker.clock.now())


async def noticed(office: Office) -> Counter[tuple[str, str]]:
    """Count what the admin was told: kind and action."""
    answer = await office.api.get("/v1/notices", params={"limit": 100})
    return Counter((one["kind"], one["subject_id"]) for one in answer.json()["data"])


async def test_a_notice_and_a_letter_by_the_salespersons_clock(
    office: Office, mail: FakeMail
) -> None:
    await office.api.patch(f"/v1/users/{office.user_id}", json={"time_zone": "Atlantic/Canary"})
    action = await an_action(
        office, due_time="18:00", description="Traer\nla muestra", reminders=[NOTICE, EMAIL]
    )
    await run_at(office, 25, 16, 59)
    assert await noticed(office) == Counter()
    await run_at(office, 25, 17, 0)
    assert await do_jobs(office, SendAgendaLetter) == 2  # the morning's letter too
    assert [one.recipient for one in mail.sent] == [office.email] * 2
    text = " ".join(mailed_text(mail).split())
    assert "Tienes «Llamar por el presupuesto» con Velero Ficticio, S.L." in text
    assert "el 25/11/2026 18:00." in text
    assert "Traer la muestra" in text
    assert "http://127.0.0.1:3000/agenda" in text
    await run_at(office, 25, 17, 30)
    assert await noticed(office) == {("action.due", action["id"]): 1}
    await run_at(office, 25, 18, 0)
    assert (await noticed(office))["action.overdue", action["id"]] == 1
    assert (await told(office, action["contact_id"]))[0] == (
        "action.overdue",
        "«Llamar por el presupuesto», de Joan Muestra, venció el 25/11/2026 18:00.",
    )
    fresh = (await office.api.get(f"/v1/commercial-actions/{action['id']}")).json()
    assert (fresh["is_overdue"], fresh["version"]) == (True, action["version"])


async def test_what_is_moved_is_reminded_of_anew_and_what_is_closed_no_more(
    office: Office,
) -> None:
    moved = await an_action(office, due_time="12:00", reminders=[NOTICE])
    done = await an_action(office, due_time="12:00", reminders=[NOTICE])
    await complete(office, done)
    await run_at(office, 25, 10, 30)
    path = f"/v1/commercial-actions/{moved['id']}"
    for day in ("2026-11-26", "2026-11-25"):
        assert (await office.api.patch(path, json={"due_on": day})).status_code == 200
        await run(office)
    assert await noticed(office) == {("action.due", moved["id"]): 1}
    await office.api.patch(path, json={"due_on": "2026-11-26"})
    await run_at(office, 26, 12)
    assert await noticed(office) == {
        ("action.due", moved["id"]): 2, ("action.overdue", moved["id"]): 1,
    }  # fmt: skip


async def test_the_morning_has_one_letter_with_what_is_late_and_what_is_for_today(
    office: Office, mail: FakeMail
) -> None:
    contact = await a_contact(office)
    await an_action(office, contact, subject="Atrasada", due_on="2026-11-24")
    await an_action(office, contact, subject="De hoy", due_time="13:00")
    await an_action(office, contact, subject="De mañana", due_on="2026-11-26")
    async with a_colleague(office, "salesperson") as (marta, _):
        await an_action(office, contact, subject="De Marta", assigned_to=marta)
        await run_at(office, 25, 6, 29)
        assert await do_jobs(office, SendAgendaLetter) == 0
        for minute in (30, 30, 31):
            await run_at(office, 25, 6, minute)
        assert await do_jobs(office, SendAgendaLetter) == 2
    letters = {one.recipient: one.content.decode() for one in mail.sent}
    assert set(letters) == {office.email, f"{marta}@taller.example"}
    mail.sent.sort(key=lambda one: one.recipient == office.email)
    text = mailed_text(mail)
    assert "Tu agenda del 25 de noviembre de 2026" in text
    assert text.index("Pendiente de días anteriores") < text.index("Atrasada")
    assert text.index("Para hoy:") < text.index("25/11/2026 13:00 · Velero Ficticio, S.L.: De hoy")
    assert "De mañana" not in text
    assert "De Marta" not in text
    # What is planned in the course of the day needs no letter.
    async with a_colleague(office, "salesperson") as (pau, _):
        await an_action(office, contact, assigned_to=pau)
        await run_at(office, 25, 12)
        assert await do_jobs(office, SendAgendaLetter) == 0


async def a_letter(office: Office) -> None:
    await an_action(office, due_time="18:00", reminders=[EMAIL], due_on="2026-11-24")
    await run_at(office, 24, 16)


async def state_of(office: Office) -> list[tuple[bool, bool, str | None]]:
    """Tell of every letter whether it left, was sent, and what failed."""
    own = AgendaLetter.organization_id == office.organization_id
    async with office.worker.database.transaction(office.organization_id) as tx:
        letters = await tx.scalars(select(AgendaLetter).where(own))
        return [(one.left_at is not None, one.sent_at is not None, one.failure) for one in letters]


def failing(failure: Failure) -> MailError:
    return MailError(failure, code=None, text="", host="relay.example")


async def test_a_letter_the_relay_may_take_later_is_tried_again(
    office: Office, mail: FakeMail
) -> None:
    await a_letter(office)
    (job,) = await letters_of(office)
    mail.failures = [failing(Failure.TEMPORARY)]
    with pytest.raises(MailError):
        await do_jobs(office, SendAgendaLetter)
    assert await state_of(office) == [(False, False, None)]
    for _ in range(2):
        await send(office, job)
    assert len(mail.sent) == 1
    assert await state_of(office) == [(True, True, None)]


async def test_a_letter_that_may_have_left_is_not_sent_twice(
    office: Office, mail: FakeMail
) -> None:
    await a_letter(office)
    (job,) = await letters_of(office)
    mail.failures = [failing(Failure.UNCERTAIN)]
    for _ in range(2):
        await send(office, job)
    assert mail.sent == []
    assert await state_of(office) == [(True, False, "uncertain")]


async def test_a_letter_of_what_was_done_meanwhile_is_not_sent(
    office: Office, mail: FakeMail
) -> None:
    action = await an_action(office, due_time="18:00", reminders=[EMAIL], due_on="2026-11-24")
    await run_at(office, 24, 16)
    await complete(office, action)
    await do_jobs(office, SendAgendaLetter)
    assert mail.sent == []
    assert await state_of(office) == [(False, False, "nothing_to_tell")]


async def letters_of(office: Office) -> list[SendAgendaLetter]:
    own = AgendaLetter.organization_id == office.organization_id
    async with office.worker.database.transaction(office.organization_id) as tx:
        ids = await tx.scalars(select(AgendaLetter.id).where(own))
        return [SendAgendaLetter(office.organization_id, one) for one in ids]


async def send(office: Office, job: SendAgendaLetter) -> None:
    await handlers_of(office.worker)[SendAgendaLetter](job)


@pytest.mark.parametrize("seed", range(3))
async def test_however_the_scheduler_runs_each_reminder_is_told_once(
    office: Office, seed: int
) -> None:
    """It runs once, again and again, or comes back after three days: the same is told."""
    chance = random.Random(seed)  # noqa: S311 - a simulation
    contact, expected = await a_contact(office), Counter[tuple[str, str]]()
    mailed = 0
    for _ in range(8):
        reminders = [
            {"channel": channel, "minutes_before": chance.choice([0, 15, 60, 1440])}
            for channel in chance.sample(["notice", "email", "calendar"], chance.randint(1, 3))
        ]
        hour = chance.choice([None, "08:15", "12:00", "19:45"])
        day = f"2026-11-{chance.randint(27, 29)}"
        action = await an_action(office, contact, due_on=day, due_time=hour, reminders=reminders)
        notices = [one for one in reminders if one["channel"] == "notice"]
        if notices:
            expected["action.due", action["id"]] = 1
        expected["action.overdue", action["id"]] = 1
        mailed += sum(one["channel"] == "email" for one in reminders)
    instants = [office.clock.now() + timedelta(minutes=chance.randint(1, 8000))
                for _ in range(chance.choice([0, 3, 12]))]  # fmt: skip
    for instant in [*sorted(instants), datetime(2026, 11, 30, 23, 30, tzinfo=UTC)]:
        office.clock.set(instant)
        await asyncio.gather(*(run(office) for _ in range(chance.choice([1, 1, 2, 5]))))
    assert await noticed(office) == expected
    async with office.worker.database.transaction(office.organization_id) as tx:
        count = await tx.scalar(
            select(func.count()).select_from(AgendaLetter).where(AgendaLetter.day.is_(None))
        )
    assert count == mailed
