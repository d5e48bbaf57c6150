"""A PDF too large for mailboxes goes as the link alone."""

from email import message_from_bytes
from email.policy import default

import pytest

from app.dispatch import building
from tests.factories import a_sent_quote
from tests.fakes import FakeMail
from tests.offices import Office


async def test_a_pdf_too_large_to_attach_goes_as_the_link(
    office: Office, mail: FakeMail, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "ATTACHMENT_BYTES_MAX", 1000)
    document, dispatch = await a_sent_quote(office)
    assert document["status"] == "sent"
    assert [one["delivery_state"] for one in dispatch["recipients"]] == ["sent"]
    message = message_from_bytes(mail.sent[-1].content, policy=default)
    assert [part.get_content_type() for part in message.iter_attachments()] == []
    body = message.get_body(("plain",))
    assert body is not None
    assert "/d/" in body.get_content()
