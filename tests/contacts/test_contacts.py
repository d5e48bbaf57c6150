"""Contacts over HTTP, on a real database."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import select

from app.contacts import service
from app.contacts.schemas import ContactDraft
from app.events.models import Event
from app.kernel.actor import Permission
from app.kernel.errors import Forbidden
from app.kernel.identifiers import new_id
from tests.fakes import FixedClock
from tests.offices import Office, client_of

Json = dict[str, object]

COMPANY: Json = {
    "party_kind": "legal_entity",
    "legal_name": "Varadero Sol, S.L.",
    "roles": ["client"],
    "tax_id": "B83534750",
    "language": "es",
    "emails": [
        {"address": "oficina@varaderosol.example", "label": "office", "is_primary": True},
        {"address": "taller@varaderosol.example"},
    ],
    "phones": [{"number": "611 222 333", "label": "mobile"}],
    "addresses": [
        {"kind": "fiscal", "street": "Muelle 3", "postal_code": "07001", "city": "Palma"}
    ],
    "persons": [{"name": "Ana Ruiz", "email": "ana@varaderosol.example", "can_decide": True}],
    "bank_accounts": [{"iban": "ES91 2100 0418 4502 0005 1332"}],
    "payment_terms_days": 30,
    "withholding_rate": "15.00",
    "tags": ["varadero", "varadero"],
}
PERSON: Json = {
    "party_kind": "natural_person",
    "given_name": "Núria",
    "surname": "Roig",
    "roles": ["lead"],
}


async def made(office: Office, **changes: object) -> Json:
    answer = await office.api.post("/v1/contacts", json={**PERSON, **changes})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def without_summary(answer: httpx.Response) -> Json:
    """Give a contact as writing it answers; reading it adds its record's figures."""
    told = dict(answer.json())
    assert told.pop("summary")
    return told


def faults_of(answer: httpx.Response) -> dict[str, str]:
    assert answer.status_code == 422, answer.text
    return {fault["pointer"]: fault["code"] for fault in answer.json()["errors"]}


async def events_of(office: Office, contact_id: object) -> list[Event]:
    async with office.container.database.transaction(office.organization_id) as tx:
        query = select(Event).where(
            Event.organization_id == office.organization_id, Event.contact_id == contact_id
        )
        return list(await tx.scalars(query.order_by(Event.id)))


async def test_a_company_is_created_whole_and_normalized(office: Office) -> None:
    answer = await office.api.post("/v1/contacts", json=COMPANY)
    assert answer.status_code == 201, answer.text
    contact = answer.json()
    assert answer.headers["location"] == f"/v1/contacts/{contact['id']}"
    assert answer.headers["etag"] == '"1"'
    assert contact["display_name"] == "Varadero Sol, S.L."
    assert contact["tax_id_kind"] == "cif"
    assert [email["is_primary"] for email in contact["emails"]] == [True, False]
    assert contact["phones"][0]["number"] == "+34611222333"
    assert contact["addresses"][0]["province"] == "Illes Balears"
    assert contact["bank_accounts"][0] == {
        "iban": "ES9121000418450200051332", "holder": "", "is_default": True,
    }  # fmt: skip
    assert contact["withholding_rate"] == "15.00"
    assert contact["tags"] == ["varadero"]
    assert contact["created_at"] == "2026-11-24T09:00:00.000Z"
    read = await office.api.get(answer.headers["location"])
    assert without_summary(read) == contact
    assert read.headers["etag"] == '"1"'
    (event,) = await events_of(office, contact["id"])
    assert (event.kind, event.payload) == ("contact.created", {"roles": ["client"]})


async def test_a_name_and_a_role_are_enough(office: Office) -> None:
    contact = await made(office)
    assert contact["display_name"] == "Núria Roig"
    assert contact["emails"] == contact["addresses"] == []
    assert (contact["language"], contact["status"], contact["version"]) == ("es", "active", 1)


async def test_a_supplier_and_a_community_of_owners(office: Office) -> None:
    contact = await made(office, roles=["supplier", "creditor", "supplier"])
    assert contact["roles"] == ["supplier", "creditor"]
    partners = await office.api.post(
        "/v1/contacts",
        json={
            "party_kind": "unincorporated", "legal_name": "Amarre 12, C.B.", "tax_id": "E12345674",
            "roles": ["client"],
        },
    )  # fmt: skip
    assert partners.status_code == 201, partners.text


@pytest.mark.parametrize("language", ["es", "en"])
async def test_everything_wrong_is_told_at_once(office: Office, language: str) -> None:
    body = {
        **COMPANY,
        "tax_id": "B12345678",
        "emails": [{"address": "nobody"}, {"address": "A@ejemplo.es"}, {"address": "a@EJEMPLO.es"}],
        "phones": [{"number": "12"}],
        "addresses": [
            {"kind": "fiscal", "postal_code": "99999"},
            {"kind": "fiscal", "country": "XX"},
        ],
        "bank_accounts": [{"iban": "ES9121000418450200051333"}],
        "assigned_salesperson_id": str(new_id()),
        "parent_contact_id": str(new_id()),
    }
    headers = {"Accept-Language": language}
    answer = await office.api.post("/v1/contacts", json=body, headers=headers)
    assert faults_of(answer) == {
        "/tax_id": "tax_id.checksum",
        "/emails/0/address": "email.format",
        "/phones/0/number": "phone.format",
        "/addresses/0/postal_code": "postal_code.format",
        "/addresses/1/kind": "only_one",
        "/addresses/1/country": "country.unknown",
        "/bank_accounts/0/iban": "iban.checksum",
        "/assigned_salesperson_id": "reference.unknown",
        "/parent_contact_id": "reference.unknown",
        "/emails/2/address": "email.repeated",
    }
    assert answer.json()["reason"] == "tax_id_checksum"
    listed = await office.api.get("/v1/contacts")
    assert listed.json()["data"] == []


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"roles": []}, "/roles", "too_short"),
        ({"roles": ["pirate"]}, "/roles/0", "enum"),
        ({"party_kind": "robot"}, "/party_kind", "enum"),
        ({"legal_name": "a\0b"}, "/legal_name", "text_control"),
        ({"legal_name": "a\x1b[31m"}, "/legal_name", "text_control"),
        ({"legal_name": "   "}, "/legal_name", "too_short"),
        ({"legal_name": "x" * 121}, "/legal_name", "too_long"),
        ({"legal_name": 7}, "/legal_name", "string_type"),
        ({"given_name": "Ana"}, "/given_name", "name.other_kind"),
        ({"client_id": "x"}, "/client_id", "extra_forbidden"),
        ({"emails": [{"address": "a@ejemplo.es"}] * 21}, "/emails", "too_long"),
        ({"emails": [{"address": "a@b.es\r\nBcc: c@d.es"}]}, "/emails/0/address", "text_control"),
        ({"tags": ["x"] * 10_000}, "/tags", "too_long"),
        ({"payment_terms_days": "30"}, "/payment_terms_days", "int_type"),
        ({"payment_terms_days": 366}, "/payment_terms_days", "less_than_equal"),
        ({"withholding_rate": 15}, "/withholding_rate", "decimal_pattern"),
        ({"withholding_rate": "100.01"}, "/withholding_rate", "less_than_equal"),
        ({"allow_duplicate": "true"}, "/allow_duplicate", "bool_type"),
        ({"language": "fr"}, "/language", "literal_error"),
        ({"internal_notes": "x" * 5_001}, "/internal_notes", "too_long"),
        ({"parent_contact_id": "x"}, "/parent_contact_id", "uuid_parsing"),
        ({"persons": [{"name": "Ana", "id": str(new_id())}]}, "/persons/0/id", "reference.unknown"),
        ({"display_name": "x"}, "/display_name", "extra_forbidden"),
    ],
)
async def test_hostile_input_is_refused_with_its_place(
    office: Office, changes: Json, pointer: str, code: str
) -> None:
    answer = await office.api.post("/v1/contacts", json={**COMPANY, **changes})
    assert faults_of(answer) == {pointer: code}
    assert answer.json()["errors"][0]["detail"]


async def test_markup_and_quotes_are_only_text(office: Office) -> None:
    name = "<script>alert('x')</script> \"'; drop table contacts; --%_\\"
    contact = await made(office, given_name=name)
    assert contact["given_name"] == name
    found = await office.api.get("/v1/contacts", params={"q": "drop table contacts; --%_\\"})
    assert [row["id"] for row in found.json()["data"]] == [contact["id"]]


async def test_a_tax_id_belongs_to_one_active_contact(office: Office) -> None:
    first = (await office.api.post("/v1/contacts", json=COMPANY)).json()
    again = {**COMPANY, "tax_id": "es-b83534750", "legal_name": "Otra, S.L."}
    answer = await office.api.post("/v1/contacts", json=again)
    assert answer.status_code == 409
    assert answer.json()["code"] == "duplicate"
    assert answer.json()["existing_id"] == first["id"]
    branch = {**again, "allow_duplicate": True, "parent_contact_id": first["id"]}
    shared = await office.api.post("/v1/contacts", json=branch)
    assert shared.status_code == 201, shared.text
    assert shared.json()["parent_contact_id"] == first["id"]
    place = f"/v1/contacts/{shared.json()['id']}"
    alone = await office.api.patch(place, json={"allow_duplicate": False})
    assert alone.json()["existing_id"] == first["id"]
    notes = await office.api.patch(f"/v1/contacts/{first['id']}", json={"internal_notes": "x"})
    assert notes.status_code == 200


async def test_an_archived_contact_frees_its_tax_id(office: Office) -> None:
    first = (await office.api.post("/v1/contacts", json=COMPANY)).json()
    await office.api.delete(f"/v1/contacts/{first['id']}")
    second = await office.api.post("/v1/contacts", json=COMPANY)
    assert second.status_code == 201
    back = await office.api.patch(f"/v1/contacts/{first['id']}", json={"status": "active"})
    assert back.json()["existing_id"] == second.json()["id"]
    other = await office.api.patch(f"/v1/contacts/{first['id']}", json={"tax_id": "A58818501"})
    assert other.status_code == 200
    back = await office.api.patch(f"/v1/contacts/{first['id']}", json={"status": "active"})
    assert back.json()["status"] == "active"
    events = [event.kind for event in await events_of(office, first["id"])]
    assert events == ["contact.created", "contact.archived", "contact.updated", "contact.updated"]


async def test_what_is_left_out_is_left_alone_and_null_clears(office: Office) -> None:
    contact = (await office.api.post("/v1/contacts", json=COMPANY)).json()
    place = f"/v1/contacts/{contact['id']}"
    answer = await office.api.patch(
        place, json={"trade_name": "Sol", "payment_terms_days": None}, headers={"If-Match": '"1"'}
    )
    assert answer.status_code == 200, answer.text
    assert answer.headers["etag"] == '"2"'
    changed = answer.json()
    assert (changed["trade_name"], changed["payment_terms_days"]) == ("Sol", None)
    same = contact.keys() - {"trade_name", "payment_terms_days", "version"}
    assert {key: changed[key] for key in same} == {key: contact[key] for key in same}
    assert without_summary(await office.api.get(place)) == changed
    event = (await events_of(office, contact["id"]))[-1]
    assert event.kind == "contact.updated"
    assert event.payload == {"changes": ["trade_name", "payment_terms_days"]}


async def test_a_merge_patch_is_json_too(office: Office) -> None:
    contact = await made(office)
    headers = {"Content-Type": "application/merge-patch+json"}
    answer = await office.api.patch(
        f"/v1/contacts/{contact['id']}", content=b'{"surname": "Pons"}', headers=headers
    )
    assert answer.json()["display_name"] == "Núria Pons"


@pytest.mark.parametrize("field", ["roles", "language", "emails", "status", "party_kind", "tags"])
async def test_what_cannot_be_null(office: Office, field: str) -> None:
    contact = await made(office)
    answer = await office.api.patch(f"/v1/contacts/{contact['id']}", json={field: None})
    assert list(faults_of(answer)) == [f"/{field}"]


async def test_a_list_replaces_the_whole_list(office: Office, clock: FixedClock) -> None:
    contact = (await office.api.post("/v1/contacts", json=COMPANY)).json()
    place = f"/v1/contacts/{contact['id']}"
    clock.advance(timedelta(minutes=1))
    moved = [
        {"address": "nuevo@varaderosol.example"},
        {"address": "OFICINA@varaderosol.example", "is_primary": True},
    ]
    answer = await office.api.patch(place, json={"emails": moved, "bank_accounts": []})
    assert answer.status_code == 200, answer.text
    changed = answer.json()
    assert [(email["address"], email["is_primary"]) for email in changed["emails"]] == [
        ("nuevo@varaderosol.example", False),
        ("OFICINA@varaderosol.example", True),
    ]
    assert changed["bank_accounts"] == []
    assert changed["phones"] == contact["phones"]
    assert changed["updated_at"] == "2026-11-24T09:01:00.000Z"
    assert without_summary(await office.api.get(place)) == changed
    found = await office.api.get("/v1/contacts", params={"q": "nuevo@varadero"})
    assert len(found.json()["data"]) == 1


async def test_rows_of_a_list_change_places(office: Office) -> None:
    emails = [{"address": "a@ejemplo.es"}, {"address": "b@ejemplo.es", "is_primary": True}]
    accounts = [{"iban": "DE89370400440532013000"}, {"iban": "ES9121000418450200051332"}]
    contact = await made(office, emails=emails, bank_accounts=accounts)
    place = f"/v1/contacts/{contact['id']}"
    for turn in (-1, 1):
        body = {"emails": emails[::turn], "bank_accounts": accounts[::turn]}
        answer = await office.api.patch(place, json=body)
        assert answer.status_code == 200, answer.text
        told = (await office.api.get(place)).json()
        assert [row["address"] for row in told["emails"] if row["is_primary"]] == ["b@ejemplo.es"]
        assert [row["iban"] for row in told["bank_accounts"]] == [
            row["iban"] for row in accounts[::turn]
        ]
        assert [row["is_default"] for row in told["bank_accounts"]] == [True, False]


async def test_changing_only_a_list_makes_a_new_version(office: Office) -> None:
    contact = await made(office, phones=[{"number": "611222333"}])
    place = f"/v1/contacts/{contact['id']}"
    answer = await office.api.patch(place, json={"phones": []})
    assert answer.headers["etag"] == '"2"'
    assert (await office.api.get(place)).headers["etag"] == '"2"'


async def test_a_body_that_changes_nothing_leaves_no_trace(
    office: Office, clock: FixedClock
) -> None:
    contact = (await office.api.post("/v1/contacts", json=COMPANY)).json()
    place = f"/v1/contacts/{contact['id']}"
    clock.advance(timedelta(minutes=1))
    for body in ({}, COMPANY, {"tax_id": " b-83534750"}):
        answer = await office.api.patch(place, json=body)
        assert answer.json() == contact
    assert len(await events_of(office, contact["id"])) == 1


async def test_a_person_stays_the_same_person(office: Office) -> None:
    contact = await made(office, persons=[{"name": "Ana Ruiz"}, {"name": "Pau Vidal"}])
    place = f"/v1/contacts/{contact['id']}"
    persons = contact["persons"]
    assert isinstance(persons, list)
    ana, pau = (person["id"] for person in persons)
    body = {"persons": [{"name": "Pau Vidal", "can_pay": True}, {"id": ana, "name": "Ana R. Mas"}]}
    answer = await office.api.patch(place, json=body)
    assert [person["id"] for person in answer.json()["persons"]] == [pau, ana]
    assert without_summary(await office.api.get(place)) == answer.json()


async def test_a_person_turns_into_a_company(office: Office) -> None:
    contact = await made(office)
    body = {"party_kind": "legal_entity", "legal_name": "N, S.L."}
    answer = await office.api.patch(f"/v1/contacts/{contact['id']}", json=body)
    assert answer.json()["display_name"] == "N, S.L."
    assert answer.json()["given_name"] is None


async def test_nobody_is_their_own_parent(office: Office) -> None:
    contact = await made(office)
    body = {"parent_contact_id": contact["id"]}
    answer = await office.api.patch(f"/v1/contacts/{contact['id']}", json=body)
    assert faults_of(answer) == {"/parent_contact_id": "reference.itself"}


async def test_parents_make_no_circle(office: Office, rival: Office) -> None:
    ids: list[object] = [None]
    for _ in range(4):
        ids.append((await made(office, parent_contact_id=ids[-1]))["id"])
    top, last = f"/v1/contacts/{ids[1]}", ids[-1]
    refused = await office.api.patch(top, json={"parent_contact_id": last})
    assert faults_of(refused) == {"/parent_contact_id": "reference.circle"}
    freed = await office.api.patch(f"/v1/contacts/{ids[3]}", json={"parent_contact_id": None})
    assert freed.status_code == 200
    assert (await office.api.patch(top, json={"parent_contact_id": last})).status_code == 200
    stranger = await made(rival)
    foreign = await office.api.patch(top, json={"parent_contact_id": stranger["id"]})
    assert faults_of(foreign) == {"/parent_contact_id": "reference.unknown"}


async def test_two_at_once_close_no_circle(office: Office) -> None:
    one, other = await made(office), await made(office)
    answers = await asyncio.gather(
        office.api.patch(f"/v1/contacts/{one['id']}", json={"parent_contact_id": other["id"]}),
        office.api.patch(f"/v1/contacts/{other['id']}", json={"parent_contact_id": one["id"]}),
    )
    assert sum(answer.status_code == 200 for answer in answers) == 1


async def test_a_salesperson_is_a_member(office: Office, rival: Office) -> None:
    contact = await made(office, assigned_salesperson_id=str(office.user_id))
    assert contact["assigned_salesperson_id"] == str(office.user_id)
    body = {"assigned_salesperson_id": str(rival.user_id)}
    answer = await office.api.patch(f"/v1/contacts/{contact['id']}", json=body)
    assert faults_of(answer) == {"/assigned_salesperson_id": "reference.unknown"}
    mine = await office.api.get("/v1/contacts", params={"salesperson_id": str(office.user_id)})
    assert len(mine.json()["data"]) == 1


async def test_changes_need_the_version_that_was_seen(office: Office) -> None:
    contact = await made(office)
    place = f"/v1/contacts/{contact['id']}"
    bare = client_of(office.app, Authorization=f"Bearer {office.access_token}")
    for method in ("PATCH", "DELETE"):
        answer = await bare.request(method, place, json={})
        assert (answer.status_code, answer.json()["code"]) == (428, "precondition_required")
        answer = await office.api.request(method, place, json={}, headers={"If-Match": '"9"'})
        assert (answer.status_code, answer.json()["code"]) == (412, "version_conflict")
        assert answer.json()["current_version"] == 1
        answer = await office.api.request(method, place, json={}, headers={"If-Match": "seven"})
        assert (answer.status_code, answer.json()["reason"]) == (400, "if_match_invalid")


async def test_archiving_keeps_the_contact(office: Office) -> None:
    contact = await made(office)
    place = f"/v1/contacts/{contact['id']}"
    for _ in range(2):
        answer = await office.api.delete(place)
        assert (answer.status_code, answer.content) == (204, b"")
    read = (await office.api.get(place)).json()
    assert (read["status"], read["version"]) == ("archived", 2)
    assert (await office.api.get("/v1/contacts")).json()["data"] == []
    archived = await office.api.get("/v1/contacts", params={"status": "archived"})
    assert [row["id"] for row in archived.json()["data"]] == [contact["id"]]
    assert [event.kind for event in await events_of(office, contact["id"])] == [
        "contact.created",
        "contact.archived",
    ]


@pytest.mark.parametrize(
    "q",
    ["varadero sol", "VARADERO", "sól", "b83534750", "B-83.534.750", "ESB83534750", "835347",
     "OFICINA@varaderosol", "taller@", "sol oficina", " varadero   sol, "],
)  # fmt: skip
async def test_a_search_forgives(office: Office, q: str) -> None:
    body = {**COMPANY, "vat_id": "ESB83534750"}
    company = (await office.api.post("/v1/contacts", json=body)).json()
    await made(office)
    found = await office.api.get("/v1/contacts", params={"q": q})
    assert [row["id"] for row in found.json()["data"]] == [company["id"]]


async def test_searches_and_filters(office: Office) -> None:
    await made(office, given_name="Íñigo", surname="Muñoz", tags=["vip"])
    await made(office, roles=["supplier"])

    async def names(**params: str) -> list[str]:
        answer = await office.api.get("/v1/contacts", params=params)
        return [row["display_name"] for row in answer.json()["data"]]

    assert await names(q="inigo munoz") == ["Íñigo Muñoz"]
    assert await names(q="nobody") == await names(q="%") == await names(q="_") == []
    assert await names(role="supplier") == ["Núria Roig"]
    assert await names(tag="vip") == ["Íñigo Muñoz"]
    assert await names(q="   ") == await names() == ["Íñigo Muñoz", "Núria Roig"]


@pytest.mark.parametrize(
    ("query", "pointer", "code"),
    [
        ("limit=0", "limit", "greater_than_equal"),
        ("limit=101", "limit", "less_than_equal"),
        ("role=pirate", "role", "enum"),
        ("salesperson_id=7", "salesperson_id", "uuid_parsing"),
        ("status=gone", "status", "literal_error"),
        ("rol=client", "rol", "extra_forbidden"),
        ("q=" + "x" * 101, "q", "too_long"),
    ],
)
async def test_wrong_queries(office: Office, query: str, pointer: str, code: str) -> None:
    answer = await office.api.get(f"/v1/contacts?{query}")
    assert faults_of(answer) == {pointer: code}


async def test_pages_give_every_contact_once_in_order(office: Office) -> None:
    names = ["Álvaro", "alvaro", "Zoe", "Ñaki", "Bea", "Bea", "Óscar"]
    for name in names:
        await made(office, given_name=name)
    seen: list[str] = []
    params: dict[str, str | int] = {"limit": 3}
    while True:
        page = (await office.api.get("/v1/contacts", params=params)).json()
        seen += [row["id"] for row in page["data"]]
        assert page["has_more"] == (page["next_cursor"] is not None)
        if not page["has_more"]:
            break
        params["cursor"] = page["next_cursor"]
    whole = (await office.api.get("/v1/contacts")).json()["data"]
    assert seen == [row["id"] for row in whole]
    assert [row["given_name"] for row in whole] == [
        "Álvaro", "alvaro", "Bea", "Bea", "Ñaki", "Óscar", "Zoe",
    ]  # fmt: skip
    assert len(set(seen)) == len(names)


async def test_cursors_of_others_are_refused(office: Office) -> None:
    for name in "abc":
        await made(office, given_name=name)
    cursor = (await office.api.get("/v1/contacts?limit=1")).json()["next_cursor"]
    for query in (f"cursor={cursor}&role=lead", f"cursor={cursor[:-2]}AA", "cursor=x"):
        answer = await office.api.get(f"/v1/contacts?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, "cursor_invalid")


async def test_without_credentials_nothing_is_told(
    office: Office, anonymous: httpx.AsyncClient
) -> None:
    contact = await made(office)
    place = f"/v1/contacts/{contact['id']}"
    for method, path in [
        ("GET", "/v1/contacts"), ("POST", "/v1/contacts"), ("GET", place), ("PATCH", place),
        ("DELETE", place),
    ]:  # fmt: skip
        answer = await anonymous.request(method, path, json=PERSON, headers={"If-Match": "*"})
        assert (answer.status_code, answer.json()["code"]) == (401, "authentication_required")


async def test_another_organization_sees_nothing(office: Office, rival: Office) -> None:
    contact = (await office.api.post("/v1/contacts", json=COMPANY)).json()
    place = f"/v1/contacts/{contact['id']}"
    assert (await rival.api.get("/v1/contacts", params={"q": "varadero"})).json()["data"] == []
    for method in ("GET", "PATCH", "DELETE"):
        answer = await rival.api.request(method, place, json={})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    parent = await rival.api.post(
        "/v1/contacts", json={**PERSON, "parent_contact_id": contact["id"]}
    )
    assert faults_of(parent) == {"/parent_contact_id": "reference.unknown"}
    same = await rival.api.post("/v1/contacts", json=COMPANY)
    assert same.status_code == 201
    assert without_summary(await office.api.get(place)) == contact


async def test_the_permission_is_asked_by_the_verb_too(office: Office) -> None:
    reader = replace(office.actor, permissions=frozenset({Permission.CONTACTS_READ}))
    async with office.container.database.transaction(office.organization_id) as tx:
        with pytest.raises(Forbidden):
            await service.create(
                tx,
                reader,
                ContactDraft.model_validate(PERSON),
                at=office.container.clock.now(),
            )


async def test_the_same_key_makes_one_contact(office: Office) -> None:
    headers = {"Idempotency-Key": "one"}
    first = await office.api.post("/v1/contacts", json=PERSON, headers=headers)
    second = await office.api.post("/v1/contacts", json=PERSON, headers=headers)
    assert second.headers["idempotency-replayed"] == "true"
    assert (second.status_code, second.json()) == (201, first.json())
    assert second.headers["location"] == first.headers["location"]
    other = await office.api.post("/v1/contacts", json=COMPANY, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert len((await office.api.get("/v1/contacts")).json()["data"]) == 1


async def test_of_ten_at_once_one_gets_the_tax_id(office: Office) -> None:
    answers = await asyncio.gather(
        *(office.api.post("/v1/contacts", json=COMPANY) for _ in range(10))
    )
    created = [answer.json()["id"] for answer in answers if answer.status_code == 201]
    assert len(created) == 1
    refused = [answer.json() for answer in answers if answer.status_code != 201]
    assert {told["code"] for told in refused} == {"duplicate"}
    assert {told["existing_id"] for told in refused} == set(created)


async def test_a_rate_keeps_its_decimals(office: Office) -> None:
    contact = await made(office, withholding_rate="7")
    assert contact["withholding_rate"] == "7.00"
    read = await office.api.get(f"/v1/contacts/{contact['id']}")
    assert without_summary(read) == contact
