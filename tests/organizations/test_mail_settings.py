"""How messages leave: under which names, by whose server; and a message to try it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from sqlalchemy import text

from app.adapters.dialing import Dialer
from app.adapters.smtp_relays import SmtpRelays
from app.container import Container
from app.mail.ports import Failure, MailError, SmtpAccount
from tests.adapters.mail.relay import EHLO, Relay, listening
from tests.factories import Json, a_sent_quote, an_issued_quote
from tests.fakes import FakeMail
from tests.offices import Office, found_office

PATH = "/v1/mail-settings"
SECRET = "una clave de aplicacion"


@dataclass
class Served:
    """An office that may use servers on this machine, and such a server."""

    office: Office
    relay: Relay

    @property
    def smtp(self) -> Json:
        return {
            "host": "127.0.0.1",
            "port": self.relay.port,
            "security": "none",
            "from_address": "facturas@taller.example",
            "username": "facturas",
            "password": SECRET,
        }

    async def steps(self) -> list[tuple[str, str]]:
        answer = await self.office.api.post(f"{PATH}/test")
        assert answer.status_code == 200, answer.text
        return [(step["step"], step["outcome"]) for step in answer.json()["steps"]]


@pytest.fixture
async def served(container: Container, worker: Container) -> AsyncIterator[Served]:
    async with listening(Relay(extensions=(*EHLO, "AUTH PLAIN LOGIN"))) as relay:
        platform = SmtpAccount("127.0.0.1", relay.port, "none")
        relays = SmtpRelays(platform, Dialer(allows_private=True), container.clock)
        api, work = replace(container, relays=relays), replace(worker, relays=relays)
        async with found_office(api, work, "Taller Servido") as office:
            yield Served(office, relay)
        await relays.aclose()


def read(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=default)


async def set_to(office: Office, body: Json) -> Json:
    answer = await office.api.put(PATH, json=body)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_before_any_change_messages_leave_as_the_platforms_do(office: Office) -> None:
    answer = await office.api.get(PATH)
    assert answer.json() == {
        "transport": "platform", "sender_name": None, "reply_to": None, "smtp": None, "version": 0
    }  # fmt: skip
    assert answer.headers["etag"] == '"0"'
    body = {"sender_name": "Taller"}
    stale = await office.api.put(PATH, json=body, headers={"If-Match": '"3"'})
    assert stale.status_code == 412
    put = await office.api.put(PATH, json=body, headers={"If-Match": '"0"'})
    assert (put.status_code, put.headers["etag"]) == (200, '"1"')


async def test_names_and_reply_address_are_on_every_message(office: Office, mail: FakeMail) -> None:
    body = {"sender_name": "Ana, del taller", "reply_to": "Ana@Taller.Example"}
    assert (await set_to(office, body))["reply_to"] == "Ana@taller.example"
    await a_sent_quote(office)
    message = read(mail.sent[0].content)
    assert message["From"] == '"Ana, del taller" <documentos@conforme.example>'
    assert message["Reply-To"] == "Ana@taller.example"


async def test_documents_leave_by_the_organizations_own_server(
    served: Served, mail: FakeMail
) -> None:
    view = await set_to(served.office, {"smtp": served.smtp})
    assert view["transport"] == "smtp"
    assert view["smtp"]["has_password"] is True
    document, dispatch = await a_sent_quote(served.office)
    assert document["delivery_state"] == "sent"
    assert dispatch["recipients"][0]["delivery_state"] == "sent"
    assert mail.sent == []
    message = read(served.relay.messages[0])
    assert message["From"] == "Taller Servido <facturas@taller.example>"
    assert "MAIL FROM:<facturas@taller.example>" in " ".join(served.relay.commands)
    await set_to(served.office, {})
    await a_sent_quote(served.office)
    assert len(mail.sent) == 1


async def test_what_was_built_as_the_platforms_leaves_as_the_platforms(
    served: Served, mail: FakeMail
) -> None:
    office = served.office
    document = await an_issued_quote(office)
    away = MailError(Failure.TRANSPORT, code=None, text="no answer", host="relay.example")
    mail.failures = [away]
    await office.api.post(f"/v1/documents/{document['id']}/dispatches", json={})
    await office.deliver()
    await set_to(office, {"smtp": served.smtp})
    office.clock.advance(timedelta(hours=1))
    await office.deliver()
    assert [envelope.sender for envelope in mail.sent] == ["documentos@conforme.example"]
    assert served.relay.messages == []


async def test_a_password_goes_in_and_never_comes_out(served: Served) -> None:
    office, smtp = served.office, served.smtp
    first = await office.api.put(PATH, json={"smtp": smtp})
    kept = {name: value for name, value in smtp.items() if name != "password"}
    again = await office.api.put(PATH, json={"smtp": kept, "sender_name": "Otro"})
    assert again.json()["smtp"]["has_password"] is True
    told = await office.api.get("/v1/audit", params={"action": "mail_settings.updated"})
    for answer in (first, again, await office.api.get(PATH), told):
        assert SECRET not in answer.text
    async with office.container.database.transaction(office.organization_id) as tx:
        stored = (await tx.execute(text("select smtp_password from mail_settings"))).scalar_one()
    assert SECRET.encode() not in stored
    assert office.container.vault.open(stored, office.organization_id) == SECRET.encode()
    forgotten = await set_to(office, {"smtp": {**kept, "username": None, "password": None}})
    assert forgotten["smtp"]["has_password"] is False


@pytest.mark.parametrize("change", [{"host": "localhost"}, {"port": 1}, {"username": "otro"}])
async def test_a_password_kept_is_not_shown_to_another_server(served: Served, change: Json) -> None:
    await set_to(served.office, {"smtp": served.smtp})
    kept = {name: value for name, value in served.smtp.items() if name != "password"}
    answer = await served.office.api.put(PATH, json={"smtp": {**kept, **change}})
    faults = [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]]
    assert faults == [("/smtp/password", "smtp.password_again")]


@pytest.mark.parametrize(
    ("change", "pointer", "code"),
    [
        ({"host": "127.0.0.1"}, "/smtp/host", "smtp.host_private"),
        ({"host": "localhost"}, "/smtp/host", "smtp.host_private"),
        ({"host": "169.254.169.254"}, "/smtp/host", "smtp.host_private"),
        ({"host": "8.8.8.8", "port": 22}, "/smtp/port", "smtp.port"),
        ({"host": "8.8.8.8", "security": "none"}, "/smtp/security", "smtp.clear_text"),
        ({"host": "8.8.8.8", "from_address": "nobody"}, "/smtp/from_address", "email.format"),
        ({"host": "a b"}, "/smtp/host", "string_pattern_mismatch"),
    ],
)
async def test_what_leads_inside_or_cannot_be_is_refused(
    office: Office, change: Json, pointer: str, code: str
) -> None:
    smtp = {"port": 587, "security": "tls", "from_address": "a@taller.example", **change}
    answer = await office.api.put(PATH, json={"smtp": smtp})
    faults = [(fault["pointer"], fault["code"]) for fault in answer.json()["errors"]]
    assert (answer.status_code, faults) == (422, [(pointer, code)])


async def test_it_wants_a_recent_sign_in(office: Office) -> None:
    office.clock.advance(timedelta(minutes=6))
    answer = await office.api.put(PATH, json={})
    assert (answer.status_code, answer.json()["reason"]) == (403, "recent_sign_in_required")


async def test_a_message_to_oneself_tells_every_step(served: Served) -> None:
    answer = await served.office.api.post(f"{PATH}/test")
    assert answer.json()["is_accepted"] is True
    assert answer.json()["to"] == served.office.email
    assert [(step["step"], step["outcome"]) for step in answer.json()["steps"]] == [
        ("connect", "done"), ("tls", "not_needed"), ("log_in", "not_needed"), ("accepted", "done")
    ]  # fmt: skip
    assert read(served.relay.messages[0])["To"] == f"Joan Muestra <{served.office.email}>"
    await set_to(served.office, {"smtp": served.smtp})
    assert await served.steps() == [
        ("connect", "done"), ("tls", "not_needed"), ("log_in", "done"), ("accepted", "done")
    ]  # fmt: skip
    assert read(served.relay.messages[1])["From"] == "Taller Servido <facturas@taller.example>"


@pytest.mark.parametrize(
    ("answers", "outcomes"),
    [
        ({"CONNECT": "554 go away"}, ["failed", "not_reached", "not_reached", "not_reached"]),
        ({"AUTH": "535 no"}, ["done", "not_needed", "failed", "not_reached"]),
        ({"RCPT": "550 5.1.1 nobody"}, ["done", "not_needed", "done", "failed"]),
        ({"DOT": "554 5.7.1 spam"}, ["done", "not_needed", "done", "failed"]),
    ],
)
async def test_the_step_that_failed_is_named_in_words_without_secrets(
    served: Served, answers: dict[str, str], outcomes: list[str]
) -> None:
    await set_to(served.office, {"smtp": served.smtp})
    served.relay.answers = answers
    answer = await served.office.api.post(f"{PATH}/test")
    steps = answer.json()["steps"]
    assert [step["outcome"] for step in steps] == outcomes
    failed = steps[outcomes.index("failed")]["words"]
    assert next(iter(answers.values())).split()[-1] in failed
    assert answer.json()["is_accepted"] is False
    assert SECRET not in answer.text


async def test_a_server_without_encryption_fails_at_that_step(served: Served) -> None:
    served.relay.extensions = ("relay.example",)
    await set_to(served.office, {"smtp": {**served.smtp, "security": "starttls"}})
    assert (await served.steps())[1] == ("tls", "failed")
    document = await an_issued_quote(served.office)
    order = await served.office.api.post(f"/v1/documents/{document['id']}/dispatches", json={})
    await served.office.deliver()
    sent = await served.office.api.get(f"/v1/dispatches/{order.json()['id']}")
    assert sent.json()["recipients"][0]["delivery_state"] == "deferred"
    assert served.relay.messages == []


async def test_an_api_key_has_no_address_to_write_to(office: Office) -> None:
    key = {"name": "Web", "scopes": ["settings:write"]}
    secret = (await office.api.post("/v1/api-keys", json=key)).json()["secret"]
    bearer = {"Authorization": f"Bearer {secret}"}
    answer = await office.api.post(f"{PATH}/test", headers=bearer)
    assert (answer.status_code, answer.json()["reason"]) == (409, "no_own_address")


async def test_a_test_repeated_under_its_key_sends_nothing_more(served: Served) -> None:
    key = {"Idempotency-Key": "once"}
    first = await served.office.api.post(f"{PATH}/test", headers=key)
    again = await served.office.api.post(f"{PATH}/test", headers=key)
    assert again.json() == first.json()
    assert len(served.relay.messages) == 1
