"""Candidates for the same contact, each with what it shares."""

from tests.factories import Json, a_contact
from tests.offices import Office

PALMA = {"kind": "fiscal", "street": "Muelle 1", "postal_code": "07012", "city": "Palma"}
IBIZA = {**PALMA, "postal_code": "07800", "city": "Ibiza"}
ALONE: Json = {"tax_id": None, "emails": [], "phones": [], "addresses": []}


async def reasons(office: Office, contact: Json) -> list[tuple[str, list[str]]]:
    answer = await office.api.get(f"/v1/contacts/{contact['id']}/duplicates")
    assert answer.status_code == 200, answer.text
    return [(row["display_name"], row["reasons"]) for row in answer.json()["data"]]


async def test_each_candidate_says_what_it_shares(office: Office) -> None:
    first = await a_contact(
        office,
        legal_name="Náutica Poniente, S.L.",
        tax_id="B83534750",
        emails=[{"address": "Oficina@poniente.example"}],
        phones=[{"number": "611 222 333"}],
        addresses=[PALMA],
    )
    others: dict[str, Json] = {
        "Filial": {"tax_id": "B-83.534.750"},
        "Buzón": {"emails": [{"address": "oficina@poniente.example"}]},
        "Teléfono": {"phones": [{"number": "+34611222333"}]},
        "Nautica Poniente": {"addresses": [PALMA]},
        "Náutica Poniente SL": {"addresses": [PALMA], "phones": [{"number": "611222333"}]},
        "Náutica Poniente, S. L.": {"addresses": [IBIZA]},  # in another place
        "Carpintería Palma": {"addresses": [PALMA]},  # a neighbor
        "Otro buzón": {"emails": [{"address": "otra-oficina@poniente.example"}]},
    }
    for name, parts in others.items():
        await a_contact(office, **{**ALONE, "legal_name": name, **parts})
    assert await reasons(office, first) == [
        ("Náutica Poniente SL", ["name_and_place", "phone"]),
        ("Buzón", ["email"]),
        ("Filial", ["tax_id"]),
        ("Nautica Poniente", ["name_and_place"]),
        ("Teléfono", ["phone"]),
    ]


async def test_who_shares_nothing_has_no_duplicates(office: Office) -> None:
    alone = await a_contact(office, **{**ALONE, "legal_name": "Único"})
    await a_contact(office, **{**ALONE, "legal_name": "Único"})  # no place to compare
    assert await reasons(office, alone) == []


async def test_archived_and_foreign_contacts_are_no_candidates(
    office: Office, rival: Office
) -> None:
    first = await a_contact(office)
    twin = await a_contact(office)
    await a_contact(rival)
    assert len(await reasons(office, first)) == 1
    await office.api.delete(f"/v1/contacts/{twin['id']}")
    assert await reasons(office, first) == []
    answer = await rival.api.get(f"/v1/contacts/{first['id']}/duplicates")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_a_wildcard_in_an_address_is_a_letter(office: Office) -> None:
    first = await a_contact(
        office, **{**ALONE, "legal_name": "Uno", "emails": [{"address": "a_b%c@sol.example"}]}
    )
    await a_contact(
        office, **{**ALONE, "legal_name": "Dos", "emails": [{"address": "axb-c@sol.example"}]}
    )
    assert await reasons(office, first) == []
