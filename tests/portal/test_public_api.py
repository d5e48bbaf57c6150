"""The public routes: what a link shows, hides and withstands."""

import io
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from pypdf import PdfReader
from sqlalchemy import func, select, update

from app.container import Container
from app.dispatch.models import Evidence
from app.documents.models import ClientLink
from app.events.models import Event
from app.kernel.identifiers import new_id, new_token
from app.main import create_app
from app.settings import Settings
from tests.clients import link_of
from tests.factories import Json
from tests.fakes import FakeMail, FixedClock
from tests.offices import Office
from tests.portal.links import NAME, Shelf, a_shelf


@pytest.fixture
async def shelf(office: Office, mail: FakeMail, anonymous: httpx.AsyncClient) -> Shelf:
    return await a_shelf(office, mail, anonymous)


async def evidence_of(office: Office, shelf: Shelf) -> list[Evidence]:
    async with office.container.database.transaction(office.organization_id) as tx:
        rows = await tx.scalars(
            select(Evidence)
            .where(
                Evidence.organization_id == office.organization_id,
                Evidence.recipient_id == UUID(shelf.dispatch["recipients"][0]["id"]),
            )
            .order_by(Evidence.id)
        )
        return list(rows)


async def test_the_document_is_shown_whole(shelf: Shelf) -> None:
    seen = await shelf.read()
    document = seen["document"]
    assert document["type"] == "quote"
    assert document["number"] == shelf.document["number"]
    assert document["title"] == "Antifouling"
    assert document["total"] == {"amount": 10890, "currency": "EUR"}
    assert document["tax_total"] == {"amount": 1890, "currency": "EUR"}
    assert document["amount_due"] == {"amount": 10890, "currency": "EUR"}
    assert document["lines"][0]["net"] == {"amount": 9000, "currency": "EUR"}
    assert document["lines"][0]["quantity"].startswith("2")
    assert document["taxes"][0]["base"] == {"amount": 9000, "currency": "EUR"}
    assert document["status"] == "sent"
    assert document["pdf_sha256"] == shelf.document["pdf_sha256"]
    assert seen["issuer"]["name"] == "Taller Náutico Ejemplo, S.L."
    assert seen["client"]["name"] == "Velero Ficticio, S.L."
    assert seen["allowed_actions"] == ["accept", "reject", "comment"]
    assert seen["reasons"] == {"undo": "nothing_to_undo", "pay": "payments_not_enabled"}
    assert seen["decision"] is None
    assert seen["comments"] == []
    assert seen["newer_revision"] is None


async def test_the_answer_names_nobodys_mailbox_and_no_inner_id(
    office: Office, shelf: Shelf
) -> None:
    text = (await shelf.phone.get(shelf.path())).text
    assert "cliente@velero.example" not in text
    assert shelf.document["id"] not in text
    assert str(office.organization_id) not in text


async def test_statements_come_in_the_language_asked_for(shelf: Shelf) -> None:
    spanish = await shelf.read()
    assert spanish["statements"]["accept"]["text"].startswith("He leído el presupuesto")
    english = (await shelf.phone.get(shelf.path("?lang=en"))).json()
    assert english["statements"]["accept"]["text"].startswith("I have read quote")
    assert (await shelf.phone.get(shelf.path("?lang=fr"))).status_code == 422
    assert (await shelf.phone.get(shelf.path("?extra=1"))).status_code == 422


async def test_unknown_malformed_and_revoked_links_answer_alike(
    office: Office, shelf: Shelf
) -> None:
    async with office.container.database.transaction(office.organization_id) as tx:
        await tx.execute(
            update(ClientLink)
            .where(ClientLink.organization_id == office.organization_id)
            .values(revoked_at=office.container.clock.now())
        )
    revoked = next(iter(shelf.tokens.values()))
    answers = []
    for token in (new_token(), "too-short", "ñ" * 43, "z" * 300, revoked):
        for rest in ("", "/pdf", "/receipt", "/comments"):
            answer = await shelf.phone.get(f"/public/v1/documents/{token}{rest}")
            body = {name: value for name, value in answer.json().items() if name != "request_id"}
            answers.append((answer.status_code, body))
        answer = await shelf.phone.post(f"/public/v1/documents/{token}/views", json={})
        body = {name: value for name, value in answer.json().items() if name != "request_id"}
        answers.append((answer.status_code, body))
        assert token not in answer.text
    assert answers[0][0] == 404
    assert all(one == answers[0] for one in answers)


async def test_an_expired_link_is_gone_and_can_be_renewed(
    office: Office, mail: FakeMail, shelf: Shelf, clock: FixedClock
) -> None:
    clock.advance(timedelta(days=399))
    gone = await shelf.phone.get(shelf.path())
    assert gone.status_code == 410
    assert gone.json()["code"] == "link_expired"
    assert shelf.document["number"] not in gone.text
    for rest in ("/pdf", "/receipt", "/comments"):
        assert (await shelf.phone.get(shelf.path(rest))).status_code == 410
    body = {"name": NAME, "form_nonce": "x", "statement_accepted": True}
    assert (await shelf.post("/accept", body)).status_code == 410
    renewed = await shelf.post("/renewals", {})
    assert renewed.status_code == 202, renewed.text
    assert "velero" not in renewed.text
    await office.deliver()
    assert mail.sent[-1].recipient == "cliente@velero.example"
    fresh = link_of(mail.sent[-1].content)
    assert (await shelf.phone.get(f"/public/v1/documents/{fresh}")).status_code == 200


async def test_fetching_is_noted_and_opens_nothing(office: Office, shelf: Shelf) -> None:
    await shelf.phone.get(shelf.path(), headers={"User-Agent": "SafeLinks scanner"})
    await shelf.phone.head(shelf.path())
    rows = await evidence_of(office, shelf)
    assert [(one.kind, one.verdict) for one in rows] == [("page_fetched", "machine")] * 2
    assert "robot_user_agent" in str(rows[0].signals["signs"])
    assert "head_request" in str(rows[1].signals["signs"])
    assert rows[0].explanation.startswith("Programa automático, ")
    document = (await office.api.get(f"/v1/documents/{shelf.document['id']}")).json()
    assert document["status"] == "sent"
    assert document["version"] == shelf.document["version"]


async def test_a_touch_opens_the_document_once(office: Office, shelf: Shelf) -> None:
    for _ in range(2):
        answer = await shelf.post("/views", {"signal": "scroll"})
        assert answer.status_code == 204, answer.text
    document = (await office.api.get(f"/v1/documents/{shelf.document['id']}")).json()
    assert document["status"] == "opened"
    sent = (await office.api.get(f"/v1/dispatches/{shelf.dispatch['id']}")).json()
    assert sent["recipients"][0]["view_count"] == 2
    async with office.container.database.transaction(office.organization_id) as tx:
        told = await tx.scalar(
            select(func.count())
            .select_from(Event)
            .where(Event.organization_id == office.organization_id, Event.kind == "document.viewed")
        )
    assert told == 1


async def test_a_copys_view_moves_no_document(
    office: Office, mail: FakeMail, anonymous: httpx.AsyncClient
) -> None:
    order = {"to": ["ana@velero.example"], "cc": ["gestor@velero.example"]}
    shelf = await a_shelf(office, mail, anonymous, order)
    path = shelf.path("/views", address="gestor@velero.example")
    assert (await shelf.phone.post(path, json={})).status_code == 204
    document = (await office.api.get(f"/v1/documents/{shelf.document['id']}")).json()
    assert document["status"] == "sent"


async def test_the_pdf_is_the_stored_one(office: Office, shelf: Shelf) -> None:
    answer = await shelf.phone.get(shelf.path("/pdf"))
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"].startswith("inline; filename=")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow, noarchive"
    own = await office.api.get(f"/v1/documents/{shelf.document['id']}/pdf")
    assert answer.content == own.content


async def test_the_receipt_says_who_accepted_what_and_is_always_the_same(shelf: Shelf) -> None:
    assert (await shelf.phone.get(shelf.path("/receipt"))).status_code == 404
    await shelf.answer("accept")
    first = await shelf.phone.get(shelf.path("/receipt"))
    assert first.status_code == 200, first.text
    assert "Justificante-P-26" in first.headers["content-disposition"]
    text = " ".join(PdfReader(io.BytesIO(first.content)).pages[0].extract_text().split())
    assert NAME in text
    assert shelf.document["number"] in text
    assert "He leído el presupuesto" in text
    assert (await shelf.phone.get(shelf.path("/receipt"))).content == first.content
    english = await shelf.phone.get(shelf.path("/receipt?lang=en"))
    assert "Receipt-P-26" in english.headers["content-disposition"]
    nonce = (await shelf.form())["form_nonce"]
    await shelf.post("/undo", {"form_nonce": nonce})
    assert (await shelf.phone.get(shelf.path("/receipt"))).status_code == 404


async def test_a_receipt_of_what_staff_recorded(office: Office, shelf: Shelf) -> None:
    body = {"decision": "accepted", "told_by": "Ana Ruiz", "note": "Por teléfono"}
    await office.api.post(f"/v1/documents/{shelf.document['id']}/decisions", json=body)
    answer = await shelf.phone.get(shelf.path("/receipt"))
    text = " ".join(PdfReader(io.BytesIO(answer.content)).pages[0].extract_text().split())
    assert "Ana Ruiz" in text
    assert "Joan Muestra" in text


async def test_a_comment_joins_the_thread_and_alerts_staff(office: Office, shelf: Shelf) -> None:
    nonce = (await shelf.form())["form_nonce"]
    body = {"name": NAME, "body": "¿Incluye la grúa?", "form_nonce": nonce}
    answer = await shelf.post("/comments", body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["body"] == "¿Incluye la grúa?"
    listed = (await shelf.phone.get(shelf.path("/comments"))).json()
    assert [one["author_name"] for one in listed["data"]] == [NAME]
    assert listed["has_more"] is False
    notices = (await office.api.get("/v1/notices?reviewed=false")).json()["data"]
    assert [one["kind"] for one in notices] == ["document.commented"]
    document = (await office.api.get(f"/v1/documents/{shelf.document['id']}")).json()
    assert document["decision"] == "pending"
    assert "commented" in document["badges"]


async def test_the_client_never_reads_internal_notes(office: Office, shelf: Shelf) -> None:
    path = f"/v1/contacts/{shelf.document['contact']['id']}/comments"
    note = {"body": "Paga tarde", "document_id": shelf.document["id"]}
    assert (await office.api.post(path, json=note)).status_code == 201
    shared = {**note, "body": "Incluida.", "visibility": "shared"}
    assert (await office.api.post(path, json=shared)).status_code == 201
    seen = await shelf.read()
    assert [(one["author_kind"], one["body"]) for one in seen["comments"]] == [
        ("staff", "Incluida.")
    ]


@pytest.mark.parametrize(
    ("changes", "pointer", "code"),
    [
        ({"body": " "}, "/body", "comment.required"),
        ({"name": ""}, "/name", "name.required"),
        ({"body": "x" * 2001}, "/body", "too_long"),
        ({"body": "a\u0000b"}, "/body", "text_control"),
        ({"extra": 1}, "/extra", "extra_forbidden"),
    ],
)
async def test_a_comment_is_checked(shelf: Shelf, changes: Json, pointer: str, code: str) -> None:
    nonce = (await shelf.form())["form_nonce"]
    body = {"name": NAME, "body": "Hola", "form_nonce": nonce, **changes}
    answer = await shelf.post("/comments", body)
    assert answer.status_code == 422
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [(pointer, code)]


async def test_a_key_makes_a_post_happen_once(shelf: Shelf) -> None:
    nonce = (await shelf.form())["form_nonce"]
    body = {"name": NAME, "body": "Una vez", "form_nonce": nonce}
    key = {"Idempotency-Key": "comment-1"}
    first = await shelf.post("/comments", body, **key)
    again = await shelf.post("/comments", body, **key)
    assert again.status_code == first.status_code == 201
    assert again.content == first.content
    assert again.headers["idempotency-replayed"] == "true"
    assert len((await shelf.read())["comments"]) == 1
    other = await shelf.post("/comments", {**body, "body": "Otra"}, **key)
    assert other.status_code == 422
    assert other.json()["code"] == "idempotency_key_reused"


async def test_a_link_shows_only_its_own_document(
    rival: Office, mail: FakeMail, shelf: Shelf
) -> None:
    other = await a_shelf(rival, mail, shelf.phone)
    await shelf.answer("accept")
    seen = await other.read()
    assert seen["decision"] is None
    assert seen["issuer"]["trade_name"] == "Varadero Rival"


@pytest.fixture
async def strict(container: Container) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an application with the limits of production, from an address of its own."""
    settings = Settings.model_validate({**dict(container.settings), "rate_limit_factor": 1})
    app = create_app(replace(container, settings=settings))
    random = new_id().hex
    network = f"2001:db8:{random[-8:-4]}:{random[-4:]}"
    transport = httpx.ASGITransport(app, client=(f"{network}::1", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://api.example") as client:
        yield client


async def test_guessing_tokens_is_stopped(strict: httpx.AsyncClient, shelf: Shelf) -> None:
    for _ in range(30):
        path = f"/public/v1/documents/{new_token()}"
        assert (await strict.get(path)).status_code == 404
    refused = await strict.get(f"/public/v1/documents/{new_token()}")
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert (await strict.get(shelf.path())).status_code == 429


async def test_what_is_right_is_no_guess(strict: httpx.AsyncClient, shelf: Shelf) -> None:
    for _ in range(35):
        assert (await strict.get(shelf.path())).status_code == 200
    assert (await strict.get(f"/public/v1/documents/{new_token()}")).status_code == 404


async def test_a_link_can_be_asked_for_sixty_times_a_minute(
    strict: httpx.AsyncClient, shelf: Shelf, clock: FixedClock
) -> None:
    for _ in range(60):
        assert (await strict.get(shelf.path("/comments"))).status_code == 200
    assert (await strict.get(shelf.path("/comments"))).status_code == 429
    clock.advance(timedelta(seconds=2))
    assert (await strict.get(shelf.path("/comments"))).status_code == 200


async def test_comments_and_renewals_are_sparing(strict: httpx.AsyncClient, shelf: Shelf) -> None:
    nonce = (await shelf.form())["form_nonce"]
    body = {"name": NAME, "body": "Otra vez", "form_nonce": nonce}
    for _ in range(10):
        assert (await strict.post(shelf.path("/comments"), json=body)).status_code == 201
    assert (await strict.post(shelf.path("/comments"), json=body)).status_code == 429
    for _ in range(3):
        assert (await strict.post(shelf.path("/renewals"))).status_code == 202
    assert (await strict.post(shelf.path("/renewals"))).status_code == 429


async def test_answering_and_taking_back_is_sparing(
    office: Office, strict: httpx.AsyncClient, shelf: Shelf, clock: FixedClock
) -> None:
    form = await shelf.form(comment="No y no")
    undo = {"name": NAME, "form_nonce": form["form_nonce"]}
    for _ in range(10):
        assert (await strict.post(shelf.path("/reject"), json=form)).status_code == 200
        assert (await strict.post(shelf.path("/undo"), json=undo)).status_code == 200
    wait_s = 0
    for action, body in (("reject", form), ("undo", undo), ("accept", form)):
        refused = await strict.post(shelf.path(f"/{action}"), json=body)
        assert refused.status_code == 429
        assert refused.json()["code"] == "rate_limited"
        wait_s = int(refused.headers["retry-after"])
        assert wait_s > 0
    notices = (await office.api.get("/v1/notices?limit=100")).json()["data"]
    assert sum(notice["kind"] == "document.rejected" for notice in notices) == 10
    clock.advance(timedelta(seconds=wait_s))
    assert (await strict.post(shelf.path("/accept"), json=form)).status_code == 200
