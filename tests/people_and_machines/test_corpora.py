"""No scanner decides, pays or is taken for a person; every person gets through.

`CORPORA=write` writes `docs/people-and-machines.md` anew.
"""

import asyncio
import os
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from playwright.async_api import Browser
from sqlalchemy import select, text

from app.dispatch.models import Evidence
from tests.browser.conftest import address, chromium
from tests.fakes import FakeMail
from tests.offices import Office
from tests.people_and_machines.cases import MACHINES, PEOPLE, Case, Scene
from tests.portal.links import Shelf, a_shelf

__all__ = ["address", "chromium"]

pytestmark = pytest.mark.browser

PAGE = Path(__file__).parents[2] / "docs" / "people-and-machines.md"
TELEMETRY = ("dispatch_evidence",)
HEAD = """# People and machines

What is kept of those who use a client's link, as the tests of `tests/people_and_machines` drive
them: raw requests, and a real Chromium. Whatever a machine does, no row but the evidence itself
changes. The reason is
the longest that staff read; of a person, only what counts is told.

| {who} | status after | recorded | why |
|---|---|---|---|
"""


async def state_of(office: Office) -> dict[str, str]:
    """Fingerprint every table of the organization but the telemetry."""
    async with office.container.database.transaction(office.organization_id) as tx:
        tables = await tx.scalars(
            text(
                "select table_name from information_schema.columns"
                " where column_name = 'organization_id' and table_schema = 'public'"
                " and table_name <> all(:telemetry)"
            ).bindparams(telemetry=list(TELEMETRY))
        )
        return {
            table: str(
                await tx.scalar(
                    text(
                        f"select md5(coalesce(string_agg(t::text, '|' order by t::text), ''))"  # noqa: S608 - from the catalogue
                        f" from {table} t where organization_id = :organization_id"
                    ).bindparams(organization_id=office.organization_id)
                )
            )
            for table in tables
        }


async def evidence_of(office: Office, shelf: Shelf) -> list[Evidence]:
    recipient_id = UUID(shelf.dispatch["recipients"][0]["id"])
    async with office.container.database.transaction(office.organization_id) as tx:
        rows = await tx.scalars(
            select(Evidence)
            .where(
                Evidence.organization_id == office.organization_id,
                Evidence.recipient_id == recipient_id,
            )
            .order_by(Evidence.id)
        )
        return list(rows)


async def status_of(office: Office, shelf: Shelf) -> str:
    return str((await office.api.get(f"/v1/documents/{shelf.document['id']}")).json()["status"])


async def settled(office: Office, shelf: Shelf, expected: str) -> str:
    """Wait a moment for what a window said while it was closed."""
    status = await status_of(office, shelf)
    for _ in range(20):
        if status == expected:
            break
        await asyncio.sleep(0.1)
        status = await status_of(office, shelf)
    return status


async def play(case: Case, shelf: Shelf, address: str, chromium: Browser) -> None:
    """Let a case happen, and close the windows it opened."""
    url = f"{address}/d/{next(iter(shelf.tokens.values()))}"
    before = set(chromium.contexts)
    async with httpx.AsyncClient() as http:
        await case.act(Scene(url, http, chromium))
    for context in set(chromium.contexts) - before:
        await context.close()


def row_of(case: Case, status: str, evidence: list[Evidence]) -> str:
    """Tell a case in a line of the table."""
    recorded = sorted({f"{one.kind}: {one.verdict}" for one in evidence})
    why = max((one.explanation for one in evidence), key=len)
    return f"| {case.name} | {status} | {', '.join(recorded)} | {why} |\n"


async def test_no_machine_does_anything(
    office: Office, mail: FakeMail, anonymous: httpx.AsyncClient, address: str, chromium: Browser
) -> None:
    rows = []
    for case in MACHINES:
        shelf = await a_shelf(office, mail, anonymous)
        before = await state_of(office)
        await play(case, shelf, address, chromium)
        changed = {name for name, now in (await state_of(office)).items() if now != before[name]}
        assert not changed, f"{case.name} changed {changed}"
        evidence = await evidence_of(office, shelf)
        assert evidence, case.name
        taken = [one.kind for one in evidence if one.kind == "opened"]
        assert not taken, f"{case.name} is taken for a person"
        rows.append(row_of(case, await status_of(office, shelf), evidence))
    _told(HEAD.format(who="machine") + "".join(rows), "machine")


async def test_every_person_gets_through(
    office: Office, mail: FakeMail, anonymous: httpx.AsyncClient, address: str, chromium: Browser
) -> None:
    rows = []
    for case in PEOPLE:
        shelf = await a_shelf(office, mail, anonymous)
        await play(case, shelf, address, chromium)
        status = await settled(office, shelf, case.becomes)
        assert status == case.becomes, f"{case.name}: {status}"
        evidence = await evidence_of(office, shelf)
        touches = [one for one in evidence if one.kind == "opened"]
        assert {one.verdict for one in touches} == {"human"}, case.name
        path = f"/v1/documents/{shelf.document['id']}/decisions"
        assert len((await office.api.get(path)).json()["data"]) == (case.becomes != "opened")
        rows.append(row_of(case, status, touches))
    head = HEAD.split("| {who}")[1].replace(" | status", "| person | status", 1)
    _told("\n" + head + "".join(rows), "person")


def _told(table: str, who: str) -> None:
    """Compare one table with the page, or write it there."""
    page = PAGE.read_text() if PAGE.exists() else ""
    machines, _, people = page.partition("\n| person")
    if os.environ.get("CORPORA") == "write":
        machines = table if who == "machine" else machines
        people = table.partition("| person")[2] if who == "person" else people
        PAGE.write_text(f"{machines}\n| person{people}")
        return
    assert table.strip() in page, f"{PAGE.name} tells otherwise: CORPORA=write"
