"""A new link that the client asked for: a letter of its own, and no resend."""

from email import message_from_bytes
from email.policy import default

import httpx

from tests.clients import client_behind
from tests.factories import a_sent_quote
from tests.fakes import FakeMail
from tests.offices import Office

ADDRESS = "cliente@velero.example"


async def test_a_new_link_is_told_as_the_clients_wish_and_not_as_a_resend(
    office: Office, anonymous: httpx.AsyncClient, mail: FakeMail
) -> None:
    document, first = await a_sent_quote(office)
    client = client_behind(anonymous, mail)
    assert (await anonymous.post(f"{client.path}/renewals")).status_code == 202
    timeline = f"/v1/documents/{document['id']}/events?kind=dispatch.queued,dispatch.sent"
    asked = (await office.api.get(timeline)).json()["data"][0]
    assert (asked["actor"]["kind"], asked["actor"]["name"]) == ("client", ADDRESS)
    assert asked["summary"].startswith(f"{ADDRESS} ha pedido un enlace nuevo")

    await office.deliver()
    letter = message_from_bytes(mail.sent[-1].content, policy=default)
    assert letter["Subject"] == f"Tu enlace nuevo: presupuesto {document['number']}"
    plain = letter.get_body(("plain",))
    assert plain is not None
    assert "Joan Muestra" not in plain.get_content()
    sent = (await office.api.get(timeline)).json()["data"][0]
    assert sent["summary"].startswith("Enlace nuevo, pedido por el cliente y enviado a")

    dispatches = (await office.api.get("/v1/dispatches")).json()["data"]
    assert [one["kind"] for one in dispatches] == ["link", "first"]
    assert (dispatches[0]["created_by"], dispatches[0]["created_by_name"]) == (None, ADDRESS)
    shown = (await office.api.get(f"/v1/documents/{document['id']}")).json()
    assert shown["badges"] == []
    assert shown["last_dispatched_at"] == first["created_at"]
