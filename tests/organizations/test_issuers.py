"""Other letterheads, and the number series that issue under them."""

import asyncio
from datetime import timedelta
from io import BytesIO
from uuid import UUID

import pytest
from pypdf import PdfReader

from app.documents import numbering, queries
from app.kernel.errors import Conflict
from tests.factories import Json, a_png, a_quote, an_issued_quote
from tests.offices import Office

PATH = "/v1/issuer-profiles"
PROFILE: Json = {
    "label": "Escuela",
    "name": "Escuela de Vela",
    "legal_name": "Escuela de Vela Ejemplo, S.L.",
    "tax_id": "A58818501",
    "street": "Muelle 5",
    "postal_code": "08001",
    "city": "Barcelona",
    "email": "escuela@taller.example",
    "iban": "ES7921000813610123456789",
    "footer": "Inscrita en la Federación con el número 123",
}


async def a_profile(office: Office, **changes: object) -> Json:
    answer = await office.api.post(PATH, json={**PROFILE, **changes})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def a_series(office: Office, **changes: object) -> Json:
    body = {"type": "invoice", "name": "Escuela", "pattern": "E-[yy]%%%%", **changes}
    answer = await office.api.post("/v1/number-series", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def text_of(office: Office, document: Json, query: str = "") -> str:
    answer = await office.api.get(f"/v1/documents/{document['id']}/pdf{query}")
    return "\n".join(page.extract_text() for page in PdfReader(BytesIO(answer.content)).pages)


async def test_a_letterhead_lives_from_its_creation_to_the_archive(office: Office) -> None:
    made = await a_profile(office)
    assert made["province"] == "Barcelona"
    assert made["accent_color"] == "#0f5a78"
    path = f"{PATH}/{made['id']}"
    assert (await office.api.get(path)).json() == made
    changed = await office.api.patch(path, json={"label": "Vela", "phone": "931 00 00 00"})
    assert changed.json()["phone"] == "+34931000000"
    assert changed.json()["version"] == made["version"] + 1
    png = {"Content-Type": "image/png"}
    put = await office.api.put(f"{path}/logo", content=a_png(), headers=png)
    assert put.json()["logo_sha256"] is not None
    assert (await office.api.get(f"{path}/logo")).headers["content-type"] == "image/jpeg"
    assert (await office.api.delete(f"{path}/logo")).status_code == 204
    assert (await office.api.get(f"{path}/logo")).status_code == 404
    assert (await office.api.delete(path)).status_code == 204
    assert (await office.api.get(PATH)).json()["data"] == []
    put_away = await office.api.get(PATH, params={"status": "archived"})
    assert [one["id"] for one in put_away.json()["data"]] == [made["id"]]
    told = (await office.api.get("/v1/audit", params={"subject_id": made["id"]})).json()["data"]
    assert [entry["action"] for entry in reversed(told)] == [
        "issuer_profile.created", *["issuer_profile.updated"] * 4
    ]  # fmt: skip


async def test_its_legal_data_is_checked_and_wants_a_recent_sign_in(office: Office) -> None:
    wrong = await office.api.post(PATH, json={**PROFILE, "tax_id": "A58818502", "iban": "ES00"})
    assert {fault["pointer"] for fault in wrong.json()["errors"]} == {"/tax_id", "/iban"}
    made = await a_profile(office)
    office.clock.advance(timedelta(minutes=6))
    late = await office.api.post(PATH, json=PROFILE)
    assert (late.status_code, late.json()["reason"]) == (403, "recent_sign_in_required")
    path = f"{PATH}/{made['id']}"
    assert (await office.api.patch(path, json={"iban": None})).status_code == 403
    assert (await office.api.patch(path, json={"footer": ""})).status_code == 200


async def test_a_series_issues_under_its_letterhead_and_keeps_what_it_issued(
    office: Office,
) -> None:
    profile = await a_profile(office)
    series = await a_series(office, issuer_profile_id=profile["id"])
    draft = await a_quote(office, type="invoice", series_id=series["id"])
    assert PROFILE["legal_name"] in await text_of(office, draft, "?preview=true")
    issued = await office.api.post(f"/v1/documents/{draft['id']}/issue")
    assert issued.json()["number"] == "E-260001"
    printed = await text_of(office, draft)
    for told in ("legal_name", "tax_id", "footer"):
        assert PROFILE[told] in printed
    assert "ES79 2100 0813 6101 2345 6789" in printed
    await office.api.patch(f"{PATH}/{profile['id']}", json={"legal_name": "Otra, S.L."})
    assert await text_of(office, draft) == printed
    other = await an_issued_quote(office, type="invoice")
    assert PROFILE["legal_name"] not in await text_of(office, other)


async def test_only_what_exists_and_is_not_put_away_can_be_named(
    office: Office, rival: Office
) -> None:
    theirs, gone = await a_profile(rival), await a_profile(office)
    await office.api.delete(f"{PATH}/{gone['id']}")
    series = (await office.api.get("/v1/number-series")).json()["data"][0]
    for profile in (theirs, gone):
        named = {"issuer_profile_id": profile["id"]}
        answer = await office.api.patch(f"/v1/number-series/{series['id']}", json=named)
        faults = [(one["pointer"], one["code"]) for one in answer.json()["errors"]]
        assert faults == [("/issuer_profile_id", "reference.unknown")]


async def test_until_the_first_number_everything_can_change(office: Office) -> None:
    series = await a_series(office)
    body = {"name": "X", "pattern": "X-%%%%%", "reset_policy": "never", "default_notes": "Hola"}
    answer = await office.api.patch(f"/v1/number-series/{series['id']}", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json() == {**series, **body, "version": series["version"] + 1}
    document = await an_issued_quote(office, type="invoice", series_id=series["id"])
    assert document["number"] == "X-00001"


@pytest.mark.parametrize("body", [{"pattern": "X-[yy]%%%%"}, {"reset_policy": "never"}])
async def test_after_it_the_rules_stay(office: Office, body: dict[str, object]) -> None:
    series = await a_series(office)
    await an_issued_quote(office, type="invoice", series_id=series["id"])
    path = f"/v1/number-series/{series['id']}"
    answer = await office.api.patch(path, json=body)
    assert (answer.status_code, answer.json()["reason"]) == (409, "series_numbering")
    renamed = await office.api.patch(path, json={"name": "Otra", "pattern": series["pattern"]})
    assert renamed.status_code == 200


async def test_after_it_the_issuer_changes_only_its_looks(office: Office) -> None:
    own = (await office.api.get("/v1/organization")).json()
    other = await a_profile(office)
    same = await a_profile(office, tax_id=own["tax_id"], name="Taller Velas")
    series = await a_series(office)
    await an_issued_quote(office, type="invoice", series_id=series["id"])
    path = f"/v1/number-series/{series['id']}"
    refused = await office.api.patch(path, json={"issuer_profile_id": other["id"]})
    assert (refused.status_code, refused.json()["reason"]) == (409, "series_numbering")
    assert (await office.api.patch(path, json={"issuer_profile_id": same["id"]})).status_code == 200
    assert (await office.api.patch(path, json={"issuer_profile_id": None})).status_code == 200


async def test_a_pattern_stays_clear_of_every_other_even_of_archived_ones(office: Office) -> None:
    one, other = await a_series(office), await a_series(office, pattern="G-[yy]%%%%")
    path = f"/v1/number-series/{other['id']}"
    await office.api.patch(f"/v1/number-series/{one['id']}", json={"status": "archived"})
    for pattern in ("F-[yyyy]%%%%", "E-[yy]%%%"):
        answer = await office.api.patch(path, json={"pattern": pattern})
        assert [fault["code"] for fault in answer.json()["errors"]] == ["pattern.collides"]
    wrong = await office.api.patch(path, json={"pattern": "H-%%%%"})
    assert [fault["code"] for fault in wrong.json()["errors"]] == ["pattern.year_missing"]


async def test_a_change_while_the_first_number_is_given_waits_or_stops_it(office: Office) -> None:
    series = await a_series(office)
    path = f"/v1/number-series/{series['id']}"
    today = office.clock.now().date()
    database, actor = office.container.database, office.actor

    async def number_what_changed() -> None:
        async with database.transaction(office.organization_id) as tx:
            read = await queries.get_series(tx, actor, UUID(series["id"]))
            changed = await office.api.patch(path, json={"pattern": "X-[yy]%%%%"})
            assert changed.status_code == 200
            await numbering.allot(tx, read, today=today)

    with pytest.raises(Conflict, match="busy"):
        await number_what_changed()
    async with database.transaction(office.organization_id) as tx:
        read = await queries.get_series(tx, actor, UUID(series["id"]))
        assert (await numbering.allot(tx, read, today=today)).number == "X-260001"
        change = asyncio.create_task(office.api.patch(path, json={"pattern": "Y-[yy]%%%%"}))
        await asyncio.wait({change}, timeout=0.2)
        assert not change.done()
    answer = await change
    assert (answer.status_code, answer.json()["reason"]) == (409, "series_numbering")


async def test_one_default_there_always_is(office: Office) -> None:
    listed = await office.api.get("/v1/number-series", params={"type": "quote"})
    before = listed.json()["data"][0]
    path = f"/v1/number-series/{before['id']}"
    for body in ({"status": "archived"}, {"is_default": False}):
        answer = await office.api.patch(path, json=body)
        assert (answer.status_code, answer.json()["reason"]) == (409, "series_default")
    other = await a_series(office, type="quote", pattern="Q-[yy]%%%%")
    other_path = f"/v1/number-series/{other['id']}"
    assert (await office.api.patch(other_path, json={"is_default": True})).status_code == 200
    assert (await office.api.get(path)).json()["is_default"] is False
    assert (await office.api.patch(path, json={"status": "archived"})).status_code == 200
    again = await office.api.patch(path, json={"is_default": True})
    assert (again.status_code, again.json()["reason"]) == (409, "series_archived")
    assert (await an_issued_quote(office))["number"] == "Q-260001"


async def test_an_archived_series_gives_no_more_numbers(office: Office) -> None:
    series = await a_series(office)
    draft = await a_quote(office, type="invoice", series_id=series["id"])
    await office.api.patch(f"/v1/number-series/{series['id']}", json={"status": "archived"})
    answer = await office.api.post(f"/v1/documents/{draft['id']}/issue")
    assert ("/series_id", "series.required") in [
        (fault["pointer"], fault["code"]) for fault in answer.json()["errors"]
    ]
