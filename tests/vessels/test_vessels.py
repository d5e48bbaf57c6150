"""Vessels over HTTP: what they are, whose they are, and whose they were."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.kernel.identifiers import new_id
from tests.factories import Json, a_contact, a_vessel
from tests.fakes import FixedClock
from tests.offices import Office

WHOLE: Json = {
    "name": "Brisa de Prueba",
    "kind": "sail",
    "brand": "Bavaria",
    "model": "Cruiser 37",
    "year": 2015,
    "registration_number": "7ª-PM-1-123-20",
    "flag_country_code": "es",
    "home_port": "Palma",
    "hin": "ES-ABC 12345A616",
    "mmsi": "224 123 456",
    "call_sign": "ea1234",
    "length_m": "11.4",
    "engines": [{"brand": "Volvo Penta", "model": "D2-40", "power_kw": "28.00", "hours": 1240}],
    "certificates": [{"name": "Certificado de navegabilidad", "expires_on": "2028-05-31"}],
    "insurance": {"company": "Seguros Ficticios", "policy_number": "POL-1"},
    "tags": ["invierno"],
}


def faults_of(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {fault["pointer"]: fault["code"] for fault in answer.json()["errors"]}


async def told(office: Office, contact: Json, **filters: str) -> list[tuple[str, str]]:
    """Give kind and sentence of what the history tells of a contact's vessels."""
    path = f"/v1/contacts/{contact['id']}/timeline"
    entries = (await office.api.get(path, params=filters)).json()["data"]
    return [(one["kind"], one["summary"]) for one in entries if one["kind"].startswith("vessel.")]


async def found(office: Office, path: str, **query: str) -> list[str]:
    answer = await office.api.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return [one["id"] for one in answer.json()["data"]]


async def test_a_vessel_is_entered_whole_and_normalized(office: Office) -> None:
    owner, skipper = await a_contact(office), await a_contact(office, legal_name="Patrón, S.L.")
    parties = [{"contact_id": skipper["id"], "role": "skipper"}]
    body = {**WHOLE, "owner_id": owner["id"], "owned_since": "2020-03-01", "parties": parties}
    made = await office.api.post("/v1/vessels", json=body)
    assert made.status_code == 201, made.text
    vessel = made.json()
    assert vessel["hin"] == "ESABC12345A616"
    assert (vessel["mmsi"], vessel["call_sign"]) == ("224123456", "EA1234")
    assert (vessel["flag_country_code"], vessel["length_m"]) == ("ES", "11.40")
    assert vessel["registration_number"] == "7ª-PM-1-123-20"
    assert vessel["engines"][0]["power_kw"] == "28.00"
    assert vessel["insurance"]["expires_on"] is None
    assert vessel["owner"] == {"id": owner["id"], "display_name": owner["display_name"]}
    assert [one["role"] for one in vessel["proposed_clients"]] == ["owner"]
    assert vessel["parties"][0]["contact"]["display_name"] == "Patrón, S.L."
    read = await office.api.get(made.headers["location"])
    assert (read.json(), read.headers["etag"]) == (vessel, '"1"')
    assert [kind for kind, _ in await told(office, owner)] == ["vessel.linked", "vessel.created"]
    assert await told(office, skipper) == [
        ("vessel.linked", "Joan Muestra ha vinculado la embarcación Brisa de Prueba: patrón.")
    ]


async def test_a_name_is_enough(office: Office) -> None:
    vessel = await a_vessel(office)
    assert (vessel["owner"], vessel["proposed_clients"], vessel["engines"]) == (None, [], [])


async def test_everything_wrong_is_told_at_once(office: Office) -> None:
    archived = await a_contact(office)
    await office.api.delete(f"/v1/contacts/{archived['id']}")
    skipper = {"contact_id": archived["id"], "role": "skipper"}
    body = {
        "name": "Brisa", "owner_id": str(new_id()), "owned_since": "2026-11-25",
        "hin": "corto", "mmsi": "12", "call_sign": "?", "flag_country_code": "XX",
        "parties": [
            {**skipper, "valid_from": "2026-05-01", "valid_to": "2026-04-30"}, skipper,
        ],
    }  # fmt: skip
    assert faults_of(await office.api.post("/v1/vessels", json=body)) == {
        "/owner_id": "reference.unknown",
        "/owned_since": "date.future",
        "/hin": "hin.format",
        "/mmsi": "mmsi.format",
        "/call_sign": "call_sign.format",
        "/flag_country_code": "country.unknown",
        "/parties/0/contact_id": "contact.archived",
        "/parties/0/valid_to": "date.before_start",
        "/parties/1": "party.repeated",
        "/parties/1/contact_id": "contact.archived",
    }
    assert await found(office, "/v1/vessels") == []


@pytest.mark.parametrize(
    ("mark", "twice"),
    [
        ("registration_number", "7a PM 1.123/20"),
        ("hin", "esabc12345a616"),
        ("mmsi", "224123456"),
    ],
)
async def test_two_vessels_share_no_mark_unless_told_to(
    office: Office, mark: str, twice: str
) -> None:
    first = await a_vessel(office, None, **{mark: WHOLE[mark]})
    body = {"name": "Otra", mark: twice}
    refused = await office.api.post("/v1/vessels", json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "duplicate")
    assert refused.json()["existing_id"] == first["id"]
    assert (await a_vessel(office, None, **{**body, "allow_duplicate": True}))["name"] == "Otra"
    await office.api.delete(f"/v1/vessels/{first['id']}")
    path = f"/v1/vessels/{first['id']}"
    again = await office.api.patch(path, json={"status": "active"})
    assert again.json()["code"] == "duplicate"


async def test_of_two_entered_at_once_one_is_told(office: Office) -> None:
    body = {"name": "Brisa", "mmsi": "224123456"}
    answers = await asyncio.gather(*(office.api.post("/v1/vessels", json=body) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_a_change_is_told_and_no_change_is_not(office: Office, clock: FixedClock) -> None:
    owner, payer = await a_contact(office), await a_contact(office, legal_name="Mandatario, S.L.")
    vessel = await a_vessel(office, owner, **WHOLE)
    path = f"/v1/vessels/{vessel['id']}"
    clock.advance(timedelta(hours=1))
    same = {"name": vessel["name"], "length_m": "11.40", "engines": vessel["engines"]}
    assert (await office.api.patch(path, json=same)).json() == vessel
    parties = [{"contact_id": payer["id"], "role": "payer"}]
    changed = await office.api.patch(path, json={"berth": "112", "parties": parties})
    assert changed.status_code == 200, changed.text
    assert changed.headers["etag"] == f'"{changed.json()["version"]}"'
    assert [one["role"] for one in changed.json()["proposed_clients"]] == ["owner", "payer"]
    assert (await told(office, owner))[0] == (
        "vessel.updated",
        "Joan Muestra ha cambiado de la embarcación Brisa de Prueba: amarre, personas vinculadas.",
    )
    await office.api.patch(path, json={"parties": []})
    assert [kind for kind, _ in await told(office, payer)] == ["vessel.unlinked", "vessel.linked"]
    stale = await office.api.patch(path, json={"berth": "1"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412


async def test_a_sale_is_dated_and_told_to_both(office: Office) -> None:
    old, new = await a_contact(office), await a_contact(office, legal_name="Compradora, S.L.")
    vessel = await a_vessel(office, old, owned_since="2020-03-01")
    path = f"/v1/vessels/{vessel['id']}"
    sale = {"contact_id": new["id"], "transferred_on": "2026-11-20"}
    sold = await office.api.post(f"{path}/transfers", json=sale)
    assert sold.status_code == 200, sold.text
    told_of = sold.json()
    assert (told_of["owner"]["id"], told_of["owned_since"]) == (new["id"], "2026-11-20")
    assert [
        (one["contact"]["id"], one["valid_from"], one["valid_to"]) for one in told_of["owners"]
    ] == [(new["id"], "2026-11-20", None), (old["id"], "2020-03-01", "2026-11-20")]
    assert [one["contact"]["id"] for one in told_of["proposed_clients"]] == [new["id"]]
    assert (await office.api.get(path)).json() == told_of
    for contact, sentence in (
        (old, "Brisa de Prueba deja de ser de este contacto el 20/11/2026."),
        (new, "Brisa de Prueba pasa a este contacto el 20/11/2026."),
    ):
        kind, summary = (await told(office, contact))[0]
        assert (kind, sentence in summary) == ("vessel.transferred", True), summary
        filtered = await told(office, contact, vessel_id=vessel["id"])
        assert filtered == await told(office, contact)
        assert await told(office, contact, vessel_id=old["id"]) == []
    assert await found(office, "/v1/vessels", contact_id=old["id"]) == []
    assert await found(office, "/v1/vessels", contact_id=new["id"]) == [vessel["id"]]


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"contact_id": None}, {"/contact_id": "owner.same"}),
        ({"contact_id": str(new_id())}, {"/contact_id": "reference.unknown"}),
        ({"transferred_on": "2026-11-25"}, {"/transferred_on": "date.future"}),
        ({"transferred_on": "2020-02-29"}, {"/transferred_on": "date.before_owner"}),
    ],
)
async def test_a_sale_that_cannot_be_is_refused(
    office: Office, changes: dict[str, Any], fault: dict[str, str]
) -> None:
    old, new = await a_contact(office), await a_contact(office)
    vessel = await a_vessel(office, old, owned_since="2020-03-01")
    body = {"contact_id": new["id"], **changes}
    body["contact_id"] = body["contact_id"] or old["id"]
    path = f"/v1/vessels/{vessel['id']}"
    assert faults_of(await office.api.post(f"{path}/transfers", json=body)) == fault
    assert (await office.api.get(path)).json() == vessel


async def test_of_two_sales_at_once_one_follows_the_other(office: Office) -> None:
    vessel = await a_vessel(office, await a_contact(office))
    buyers = [await a_contact(office) for _ in range(2)]
    path = f"/v1/vessels/{vessel['id']}"
    await asyncio.gather(
        *(office.api.post(f"{path}/transfers", json={"contact_id": one["id"]}) for one in buyers)
    )
    owners = (await office.api.get(path)).json()["owners"]
    assert len(owners) == 3
    assert [one["valid_to"] is None for one in owners] == [True, False, False]


async def test_what_is_archived_leaves_the_lists(office: Office) -> None:
    vessel = await a_vessel(office, await a_contact(office))
    path = f"/v1/vessels/{vessel['id']}"
    assert (await office.api.delete(path)).status_code == 204
    assert await found(office, "/v1/vessels") == []
    assert await found(office, "/v1/vessels", status="archived") == [vessel["id"]]
    assert (await office.api.get(path)).json()["status"] == "archived"


async def test_vessels_and_their_owners_are_found_by_words_and_marks(office: Office) -> None:
    owner = await a_contact(office)
    vessel = await a_vessel(office, owner, **WHOLE)
    await a_vessel(office, name="Otra")
    for q in ("brisa", "brissa prueba", "Bavaria", "7ª-PM-1-123-20", "7apm112320", "224 123 456"):
        assert await found(office, "/v1/vessels", q=q) == [vessel["id"]], q
    assert await found(office, "/v1/vessels", q="!") == []
    assert await found(office, "/v1/contacts", q="brisa") == [owner["id"]]
    await office.api.patch(f"/v1/vessels/{vessel['id']}", json={"name": "Tramontana"})
    assert await found(office, "/v1/contacts", q="tramontana") == [owner["id"]]
    assert await found(office, "/v1/contacts", q="brisa") == []


@pytest.mark.parametrize("q", [None, "barco"])
async def test_pages_fit_together(office: Office, q: str | None) -> None:
    made = [await a_vessel(office, name=f"Barco {name}") for name in ("C", "A", "B", "A", "D")]
    names, params = [], {"limit": "2", **({"q": q} if q else {})}
    while True:
        page = (await office.api.get("/v1/vessels", params=params)).json()
        names += [one["name"] for one in page["data"]]
        if not page["has_more"]:
            break
        params["cursor"] = page["next_cursor"]
    assert names == sorted(one["name"] for one in made)
