"""The outbox: what is promised is sent once, and nothing is called sent that is not."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from typing_extensions import override

from app.dispatch import sending
from app.dispatch.models import Attempt, Recipient
from app.dispatch.tasks import SendMessage
from app.documents import queries as documents
from app.jobs.runner import Runner
from app.mail.ports import AboutToSend, Envelope, Failure, MailError, Receipt
from app.worker import handlers_of, outbox_of
from tests.factories import a_contact, a_sent_quote, an_issued_quote
from tests.fakes import DyingMail, FakeMail, Killed
from tests.offices import Office


def refusal(
    failure: Failure, code: int | None = 550, retry_after_s: int | None = None
) -> MailError:
    return MailError(
        failure, code=code, text="no", host="relay.example", retry_after_s=retry_after_s
    )


async def state_of(office: Office, document_id: str) -> tuple[str, list[str]]:
    answer = (await office.api.get(f"/v1/documents/{document_id}")).json()
    return answer["status"], answer["badges"]


async def test_a_document_is_sent_only_once_the_relay_accepted(
    office: Office, mail: FakeMail
) -> None:
    document = await an_issued_quote(office)
    answer = await office.api.post(f"/v1/documents/{document['id']}/dispatches", json={})
    assert answer.status_code == 201
    dispatch = answer.json()
    assert [one["delivery_state"] for one in dispatch["recipients"]] == ["queued"]
    assert (await state_of(office, document["id"]))[0] == "issued"
    assert await office.deliver() == 1
    assert (await state_of(office, document["id"]))[0] == "sent"
    again = (await office.api.get(f"/v1/dispatches/{dispatch['id']}")).json()
    assert again["recipients"][0]["delivery_state"] == "sent"
    assert again["recipients"][0]["sent_at"] is not None
    assert len(mail.sent) == 1
    assert await office.deliver() == 0


async def test_the_message_carries_the_pdf_and_a_link_of_its_own(
    office: Office, mail: FakeMail
) -> None:
    order = {"to": ["ana@velero.example", "luis@velero.example"], "cc": ["gestor@velero.example"]}
    document, dispatch = await a_sent_quote(office, order=order)
    assert len(mail.sent) == 3
    links = set()
    for envelope in mail.sent:
        message = message_from_bytes(envelope.content, policy=default)
        assert message["To"].addresses[0].addr_spec == envelope.recipient
        assert document["number"] in message["Subject"]
        (pdf,) = message.iter_attachments()
        assert pdf.get_content().startswith(b"%PDF")
        plain = message.get_body(("plain",))
        assert plain is not None
        text = plain.get_content()
        links |= {word for word in text.split() if "/d/" in word and word.count("/") == 4}
    assert len(links) == 3
    assert "{link}" in dispatch["body_text"]
    assert not any(link in dispatch["body_text"] for link in links)


async def test_a_refused_address_bounces_and_raises_a_notice(
    office: Office, mail: FakeMail
) -> None:
    mail.failures = [refusal(Failure.NO_SUCH_ADDRESS)]
    document, dispatch = await a_sent_quote(office)
    assert dispatch["recipients"][0]["delivery_state"] == "bounced"
    assert dispatch["recipients"][0]["last_error"] == "no"
    assert await state_of(office, document["id"]) == ("issued", ["delivery_problem"])
    notices = (await office.api.get("/v1/notices?reviewed=false")).json()["data"]
    assert [one["kind"] for one in notices] == ["dispatch.recipient_state_changed"]


@pytest.mark.parametrize(
    "failure", [Failure.SENDER, Failure.TOO_LARGE, Failure.POLICY, Failure.REFUSED]
)
async def test_a_final_refusal_fails(office: Office, mail: FakeMail, failure: Failure) -> None:
    mail.failures = [refusal(failure)]
    document, dispatch = await a_sent_quote(office)
    assert dispatch["recipients"][0]["delivery_state"] == "failed"
    assert (await state_of(office, document["id"]))[0] == "issued"
    assert await office.deliver() == 0


async def test_a_relay_that_is_away_is_waited_for(office: Office, mail: FakeMail) -> None:
    mail.failures = [refusal(Failure.TRANSPORT, None)] * 3
    document, dispatch = await a_sent_quote(office)
    assert dispatch["recipients"][0]["delivery_state"] == "deferred"
    assert dispatch["recipients"][0]["attempts"] == 0
    assert await office.deliver() == 0
    for _ in range(3):
        office.clock.advance(timedelta(minutes=11))
        await office.deliver()
    assert (await state_of(office, document["id"]))[0] == "sent"
    assert len({one.content for one in mail.sent}) == 1


async def test_a_relay_away_for_two_days_fails_and_tells(office: Office, mail: FakeMail) -> None:
    mail.failures = [refusal(Failure.TRANSPORT, None)] * 2
    document, _ = await a_sent_quote(office)
    office.clock.advance(timedelta(hours=48))
    await office.deliver()
    assert await state_of(office, document["id"]) == ("issued", ["delivery_problem"])


async def test_later_is_later_by_the_wait_the_server_named(office: Office, mail: FakeMail) -> None:
    mail.failures = [refusal(Failure.TEMPORARY, 451, retry_after_s=300)]
    _, dispatch = await a_sent_quote(office)
    assert dispatch["recipients"][0]["attempts"] == 1
    office.clock.advance(timedelta(seconds=309))
    assert await office.deliver() == 0
    office.clock.advance(timedelta(seconds=1))
    assert await office.deliver() == 1
    assert len(mail.sent) == 1


async def test_a_doubt_is_sent_once_more_with_the_same_bytes_then_left_to_a_person(
    office: Office, mail: FakeMail
) -> None:
    mail.failures = [refusal(Failure.UNCERTAIN, None)] * 2
    document, dispatch = await a_sent_quote(office)
    assert dispatch["recipients"][0]["delivery_state"] == "uncertain"
    assert (await state_of(office, document["id"]))[0] == "issued"
    office.clock.advance(timedelta(minutes=10))
    assert await office.deliver() == 1
    office.clock.advance(timedelta(hours=10))
    assert await office.deliver() == 0
    assert (await state_of(office, document["id"]))[1] == ["delivery_problem"]


async def die_while_sending(office: Office, *, in_data: bool) -> DyingMail:
    """Let a worker die over the office's one message; give the relay it died at."""
    row = await only_recipient(office)
    relay = DyingMail(in_data=in_data)
    outbox = outbox_of(replace(office.worker, mail=relay))
    with pytest.raises(Killed):
        await sending.send(SendMessage(row.organization_id, row.id), outbox)
    return relay


async def test_a_worker_that_died_before_the_bytes_left_leaves_no_doubt(
    office: Office, mail: FakeMail
) -> None:
    document = await an_issued_quote(office)
    await office.api.post(f"/v1/documents/{document['id']}/dispatches", json={})
    await die_while_sending(office, in_data=False)
    assert await office.deliver() == 1
    assert mail.sent == []
    office.clock.advance(timedelta(minutes=16))
    await sending.sweep(outbox_of(office.worker))  # other offices' messages leave, too
    row = await only_recipient(office)
    assert [one.message_id for one in mail.sent].count(row.message_id) == 1
    assert (row.uncertain_count, row.lost_leases) == (0, 1)


async def test_a_worker_that_died_while_sending_leaves_a_doubt_and_one_duplicate_at_most(
    office: Office, mail: FakeMail
) -> None:
    document = await an_issued_quote(office)
    await office.api.post(f"/v1/documents/{document['id']}/dispatches", json={})
    relay = await die_while_sending(office, in_data=True)
    office.clock.advance(timedelta(minutes=15))
    await office.deliver()
    assert (await only_recipient(office)).state == "uncertain"
    office.clock.advance(timedelta(minutes=10))
    await office.deliver()
    assert (await only_recipient(office)).state == "sent"
    (first,), (second,) = relay.sent, mail.sent
    assert first == second


async def test_a_message_that_kills_its_worker_is_given_up_by_name(
    office: Office, mail: FakeMail
) -> None:
    document = await an_issued_quote(office)
    await office.api.post(f"/v1/documents/{document['id']}/dispatches", json={})
    for _ in range(5):
        await die_while_sending(office, in_data=False)
        office.clock.advance(timedelta(minutes=16))
    await sending.sweep(outbox_of(office.worker))
    row = await only_recipient(office)
    assert (row.queue_state, row.state, row.last_error) == ("dead", "failed", "worker_died")
    assert (row.lease_owner, row.sealed_mime, mail.sent) == (None, None, [])
    assert await state_of(office, document["id"]) == ("issued", ["delivery_problem"])
    summary = (await history_of(office, document["id"]))[0]["summary"]
    assert summary == (
        "Mensaje a cliente@velero.example: fallido (el programa que lo enviaba se interrumpió)."
    )
    (notice,) = (await office.api.get("/v1/notices")).json()["data"]
    assert "el programa que lo enviaba se interrumpió" in notice["summary"]


async def test_what_was_replaced_before_it_left_is_called_off_and_told(
    office: Office, mail: FakeMail
) -> None:
    document = await an_issued_quote(office)
    path = f"/v1/documents/{document['id']}"
    await office.api.post(f"{path}/dispatches", json={})
    async with office.worker.database.transaction(office.organization_id) as tx:
        row = await documents.get(tx, office.actor, UUID(document["id"]))
        row.issue_state = "voided"
    await office.deliver()
    left = await only_recipient(office)
    assert (left.queue_state, left.state, left.sealed_token) == ("cancelled", "cancelled", None)
    assert mail.sent == []
    shown = (await office.api.get(path)).json()
    assert (shown["status"], shown["delivery_state"]) == ("voided", "not_sent")
    news = await history_of(office, document["id"])
    assert news[0]["payload"]["to"] == "cancelled"
    assert news[0]["summary"] == (
        "Mensaje a cliente@velero.example: cancelado (el documento había cambiado)."
    )


async def test_a_lease_lost_before_the_bytes_left_holds_the_message_back(
    office: Office, mail: FakeMail
) -> None:
    document = await an_issued_quote(office)
    await office.api.post(f"/v1/documents/{document['id']}/dispatches", json={})
    row = await only_recipient(office)
    job = SendMessage(row.organization_id, row.id)

    class Slow(FakeMail):
        @override
        async def send(self, envelope: Envelope, about_to_send: AboutToSend) -> Receipt:
            office.clock.advance(timedelta(minutes=16))
            await sending.send(job, outbox_of(office.worker))
            return await super().send(envelope, about_to_send)

    slow = Slow()
    await sending.send(job, outbox_of(replace(office.worker, mail=slow)))
    assert (len(mail.sent), slow.sent) == (1, [])
    assert (await only_recipient(office)).state == "sent"


async def test_a_lease_that_ran_out_waits_for_the_document_before_it_holds_the_row(
    office: Office,
) -> None:
    """Whoever has the document may take the row: the other way round both would wait for ever."""
    document = await an_issued_quote(office)
    await office.api.post(f"/v1/documents/{document['id']}/dispatches", json={})
    await die_while_sending(office, in_data=True)
    office.clock.advance(timedelta(minutes=16))
    database, own = office.worker.database, office.organization_id
    async with database.transaction(own) as tx:
        await documents.get(tx, office.actor, UUID(document["id"]), for_update=True)
        sweeping = asyncio.create_task(sending.sweep(outbox_of(office.worker)))
        done, _ = await asyncio.wait([sweeping], timeout=0.3)
        assert not done, "the document was judged without its lock"
        taken = select(Recipient.id).where(Recipient.organization_id == own)
        assert await tx.scalar(taken.with_for_update(nowait=True)) is not None
    await sweeping
    assert (await only_recipient(office)).state == "uncertain"


async def test_a_second_worker_leaves_a_leased_row_alone(office: Office) -> None:
    document = await an_issued_quote(office)
    await office.api.post(f"/v1/documents/{document['id']}/dispatches", json={})
    outbox = outbox_of(office.worker)
    row = await only_recipient(office)
    job = SendMessage(row.organization_id, row.id)
    assert await sending.claim(job, outbox) is not None
    assert await sending.claim(job, outbox) is None


async def test_secrets_are_dropped_after_delivery_and_attempts_are_kept(office: Office) -> None:
    await a_sent_quote(office)
    row = await only_recipient(office)
    assert row.sealed_token is None
    assert row.sealed_mime is None
    assert row.mime_sha256 is not None
    async with office.worker.database.transaction(office.organization_id) as tx:
        attempts = list(await tx.scalars(select(Attempt)))
    assert [(one.outcome, one.code, one.is_encrypted) for one in attempts] == [
        ("accepted", 250, True)
    ]


async def test_a_dispatch_is_called_off_before_it_leaves_and_not_after(
    office: Office, mail: FakeMail
) -> None:
    document = await an_issued_quote(office)
    answer = await office.api.post(f"/v1/documents/{document['id']}/dispatches", json={})
    path = f"/v1/dispatches/{answer.json()['id']}/cancel"
    called_off = await office.api.post(path)
    assert called_off.status_code == 200
    assert called_off.json()["recipients"][0]["delivery_state"] == "cancelled"
    await office.deliver()
    assert mail.sent == []
    _, dispatch = await a_sent_quote(office)
    late = await office.api.post(f"/v1/dispatches/{dispatch['id']}/cancel")
    assert (late.status_code, late.json()["reason"]) == (409, "already_sent")


async def test_sending_again_makes_a_new_dispatch_and_moves_nothing_back(
    office: Office, mail: FakeMail
) -> None:
    document, dispatch = await a_sent_quote(office)
    answer = await office.api.post(f"/v1/dispatches/{dispatch['id']}/resend")
    assert answer.status_code == 201
    assert answer.json()["kind"] == "resend"
    assert await state_of(office, document["id"]) == ("sent", ["resent"])
    await office.deliver()
    second = message_from_bytes(mail.sent[1].content, policy=default)
    assert second["In-Reply-To"] == mail.sent[0].message_id


async def test_what_cannot_be_sent_says_why(office: Office) -> None:
    contact = await a_contact(office, emails=[])
    document = await an_issued_quote(office, contact)
    path = f"/v1/documents/{document['id']}/dispatches"
    nobody = await office.api.post(path, json={})
    assert (nobody.status_code, nobody.json()["reason"]) == (422, "no_recipient")
    wrong = await office.api.post(path, json={"to": ["a@b.example", "nonsense"]})
    assert wrong.json()["errors"][0]["pointer"] == "/to/1"
    twice = await office.api.post(path, json={"to": ["a@b.example"], "cc": ["A@b.example"]})
    assert twice.json()["errors"][0]["pointer"] == "/cc/0"
    listed = await office.api.get(f"/v1/dispatches?document_id={document['id']}")
    assert listed.json()["data"] == []


async def test_a_preview_stores_nothing_and_shows_the_words(office: Office) -> None:
    document = await an_issued_quote(office)
    path = f"/v1/documents/{document['id']}/dispatches/preview"
    answer = await office.api.post(path, json={"body": "Hola {link} {0} <b>"})
    assert answer.status_code == 200
    preview = answer.json()
    assert preview["to"] == ["cliente@velero.example"]
    assert "Hola {link} {0} <b>" in preview["body_text"]
    assert "&lt;b&gt;" in preview["body_html"]
    assert (await office.api.get("/v1/dispatches")).json()["data"] == []


async def history_of(office: Office, document_id: str) -> list[dict[str, Any]]:
    """Give the news of a document's messages, newest first."""
    path = f"/v1/documents/{document_id}/events?kind=dispatch.recipient_state_changed"
    return list((await office.api.get(path)).json()["data"])


async def only_recipient(office: Office) -> Recipient:
    async with office.worker.database.transaction(office.organization_id) as tx:
        query = select(Recipient).where(Recipient.organization_id == office.organization_id)
        return (await tx.scalars(query)).one()


async def test_a_first_message_after_one_that_was_called_off_is_a_first_one(
    office: Office,
) -> None:
    document = await an_issued_quote(office)
    path = f"/v1/documents/{document['id']}/dispatches"
    early = await office.api.post(path, json={"send_at": "2026-12-01T09:00:00Z"})
    await office.api.post(f"/v1/dispatches/{early.json()['id']}/cancel")
    assert (await office.api.post(path, json={})).json()["kind"] == "first"


async def test_a_quote_valid_for_ever_can_be_sent(office: Office) -> None:
    _, dispatch = await a_sent_quote(office, valid_until="2999-12-31")
    assert dispatch["recipients"][0]["delivery_state"] == "sent"


async def test_a_burst_leaves_nobody_out_and_nobody_twice(office: Office, mail: FakeMail) -> None:
    """The worker's engine at work, with more messages than connections."""
    document = await an_issued_quote(office)
    path = f"/v1/documents/{document['id']}/dispatches"
    for wave in range(4):
        order = {"to": [f"burst{wave}-{number}@velero.example" for number in range(20)]}
        assert (await office.api.post(path, json=order)).status_code == 201
    url = office.container.settings.database_url.get_secret_value()
    runner = Runner(url, handlers_of(office.worker))
    task = asyncio.create_task(runner.run())
    for _ in range(600):
        await asyncio.sleep(0.05)
        if len([one for one in mail.sent if one.recipient.startswith("burst")]) >= 80:
            break
    await asyncio.sleep(0.3)
    runner.stop()
    await task
    ours = [one.recipient for one in mail.sent if one.recipient.startswith("burst")]
    assert sorted(ours) == sorted(set(ours))
    assert len(ours) == 80
    async with office.worker.database.transaction(office.organization_id) as tx:
        own = Recipient.organization_id == office.organization_id
        rows = list(await tx.scalars(select(Recipient).where(own)))
    assert {(row.queue_state, row.state, row.attempts) for row in rows} == {("done", "sent", 1)}
