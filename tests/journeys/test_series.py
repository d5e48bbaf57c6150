"""Series over the turn of the year."""

from datetime import UTC, datetime
from uuid import UUID

from app.documents.models import SeriesCounter
from tests.factories import a_contact, a_quote
from tests.fakes import FixedClock
from tests.offices import Office

NEW_YEAR = datetime(2027, 1, 1, 8, tzinfo=UTC)


async def count_to(office: Office, series_id: str, year: int, last: int) -> None:
    """Let a series have given so many numbers."""
    async with office.container.database.transaction(office.organization_id) as tx:
        tx.add(
            SeriesCounter(
                organization_id=office.organization_id,
                series_id=UUID(series_id),
                year=year,
                last=last,
                last_issue_date=office.clock.now().date(),
            )
        )


async def test_25_a_yearly_series_begins_anew_and_a_continuous_one_goes_on(
    office: Office, clock: FixedClock
) -> None:
    contact = await a_contact(office)
    yearly = (await office.api.get("/v1/number-series?type=quote")).json()["data"][0]
    body = {
        "type": "delivery_note",
        "name": "Seguida",
        "pattern": "AC-[yy]%%%%",
        "reset_policy": "never",
        "default_notes": "Entrega en muelle",
    }
    continuous = (await office.api.post("/v1/number-series", json=body)).json()
    await count_to(office, yearly["id"], 2026, 784)
    await count_to(office, continuous["id"], 0, 784)

    async def issued(type_: str, series_id: str) -> tuple[str, str]:
        draft = await a_quote(office, contact, type=type_, series_id=series_id)
        answer = await office.api.post(f"/v1/documents/{draft['id']}/issue")
        assert answer.status_code == 200, answer.text
        return answer.json()["number"], answer.json()["notes"]

    assert await issued("quote", yearly["id"]) == ("P-260785", "")
    given = await issued("delivery_note", continuous["id"])
    assert given == ("AC-260785", "Entrega en muelle")
    clock.advance(NEW_YEAR - clock.now())
    assert (await issued("quote", yearly["id"]))[0] == "P-270001"
    assert (await issued("delivery_note", continuous["id"]))[0] == "AC-270786"
