"""What each person of a contact may do behind a link: decide, pay, or only read."""

import httpx
import pytest

from tests.factories import CONTACT, Json, a_contact
from tests.fakes import FakeMail
from tests.offices import Office
from tests.portal.links import Shelf, a_shelf

BOSS, PAYER, READER = "jefa@velero.example", "pagos@velero.example", "taller@velero.example"
PERSONS = [
    {"name": "Ana Ruiz", "email": BOSS, "can_decide": True},
    {"name": "Pau Pagos", "email": PAYER, "can_pay": True},
    {"name": "Leo Taller", "email": READER},
]


@pytest.fixture
async def shelf(office: Office, mail: FakeMail, anonymous: httpx.AsyncClient) -> Shelf:
    contact = await a_contact(office, persons=PERSONS)
    order: Json = {"to": [BOSS, PAYER, READER], "cc": []}
    return await a_shelf(office, mail, anonymous, order, contact=contact)


@pytest.mark.parametrize(
    ("address", "refused"),
    [
        (BOSS, {"pay"}),
        (PAYER, {"accept", "reject", "undo"}),
        (READER, {"accept", "reject", "undo", "comment", "pay"}),
    ],
)
async def test_a_person_may_do_what_the_record_says(
    shelf: Shelf, address: str, refused: set[str]
) -> None:
    seen = await shelf.read(address)
    read_only = {name for name, why in seen["reasons"].items() if why == "recipient_read_only"}
    assert read_only == refused
    assert (seen["form_nonce"] is None) == (address == READER)


@pytest.mark.parametrize("action", ["accept", "reject"])
async def test_who_may_only_pay_decides_nothing(office: Office, shelf: Shelf, action: str) -> None:
    nonce = (await shelf.read(PAYER))["form_nonce"]
    form = {"name": "Pau", "form_nonce": nonce, "statement_accepted": True}
    answer = await shelf.phone.post(shelf.path(f"/{action}", address=PAYER), json=form)
    assert (answer.status_code, answer.json()["reason"]) == (403, "recipient_read_only")
    shown = (await office.api.get(f"/v1/documents/{shelf.document['id']}")).json()
    assert shown["decision"] == "pending"


async def test_who_may_only_pay_asks_a_question(shelf: Shelf) -> None:
    nonce = (await shelf.read(PAYER))["form_nonce"]
    question = {"name": "Pau", "body": "¿Hay que pagar hoy?", "form_nonce": nonce}
    answer = await shelf.phone.post(shelf.path("/comments", address=PAYER), json=question)
    assert answer.status_code == 201, answer.text


async def test_who_may_only_decide_begins_no_payment(shelf: Shelf) -> None:
    nonce = (await shelf.read(BOSS))["form_nonce"]
    wish = {"method": "card", "form_nonce": nonce}
    headers = {"Idempotency-Key": "p-1"}
    path = shelf.path("/payments", address=BOSS)
    answer = await shelf.phone.post(path, json=wish, headers=headers)
    assert (answer.status_code, answer.json()["reason"]) == (403, "recipient_read_only")


async def test_the_letter_has_the_buttons_its_reader_may_use(shelf: Shelf, mail: FakeMail) -> None:
    letters = {one.recipient: one.content.decode() for one in mail.sent}
    assert "/accept" in letters[BOSS]
    assert "/accept" not in letters[PAYER]
    assert "/accept" not in letters[READER]
    rights = {
        one["address"]: (one["can_decide"], one["can_pay"]) for one in shelf.dispatch["recipients"]
    }
    assert rights == {BOSS: (True, False), PAYER: (False, True), READER: (False, False)}


async def test_a_preview_warns_when_nobody_may_decide(office: Office, shelf: Shelf) -> None:
    path = f"/v1/documents/{shelf.document['id']}/dispatches/preview"
    warned = (await office.api.post(path, json={"to": [READER]})).json()
    assert warned["warnings"] == ["nobody_can_decide"]
    assert "/accept" not in warned["body_html"]
    assert (await office.api.post(path, json={"to": [BOSS]})).json()["warnings"] == []


async def test_the_contacts_own_address_may_do_everything_whoever_reads_it(
    office: Office, mail: FakeMail, anonymous: httpx.AsyncClient
) -> None:
    address = CONTACT["emails"][0]["address"]
    contact = await a_contact(office, persons=[{"name": "Leo", "email": address.upper()}])
    shelf = await a_shelf(office, mail, anonymous, contact=contact)
    assert (await shelf.answer("accept")).status_code == 200


async def test_a_new_link_allows_no_more_than_the_one_before(
    office: Office, shelf: Shelf, mail: FakeMail
) -> None:
    before = len(mail.sent)
    answer = await shelf.phone.post(shelf.path("/renewals", address=READER))
    assert answer.status_code == 202
    await office.deliver()
    (letter,) = mail.sent[before:]
    assert letter.recipient == READER
    assert b"/accept" not in letter.content


async def test_rights_stay_as_they_were_when_it_was_sent(office: Office, shelf: Shelf) -> None:
    contact_id = shelf.document["contact"]["id"]
    contact = await office.api.get(f"/v1/contacts/{contact_id}")
    persons = [{**one, "can_decide": True} for one in contact.json()["persons"]]
    headers = {"If-Match": contact.headers["etag"]}
    changed = await office.api.patch(
        f"/v1/contacts/{contact_id}", json={"persons": persons}, headers=headers
    )
    assert changed.status_code == 200, changed.text
    assert (await shelf.read(READER))["reasons"]["accept"] == "recipient_read_only"
