"""While something is printed or mailed, no transaction is open: its locks would wait with it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import QueuePool
from typing_extensions import override

from app.container import Container
from app.documents.ports import Printer
from app.mail.ports import AboutToSend, Envelope, Receipt
from app.main import create_app
from tests.clients import client_behind
from tests.factories import a_quote
from tests.fakes import FakeMail
from tests.offices import Office, client_of


class Watch:
    """Notes how many connections were out whenever something slow began."""

    def __init__(self, *containers: Container) -> None:
        self._pools = [one.database.engine.pool for one in containers]
        self.seen: dict[str, set[int]] = {}

    def note(self, what: str) -> None:
        held = sum(pool.checkedout() for pool in self._pools if isinstance(pool, QueuePool))
        self.seen.setdefault(what, set()).add(held)


class WatchedPrinter:
    """The real printer, watched."""

    def __init__(self, printer: Printer, watch: Watch) -> None:
        self._printer, self._watch = printer, watch

    def __getattr__(self, name: str) -> Callable[..., bytes]:
        def printed(*given: Any, **named: Any) -> bytes:  # noqa: ANN401 - whatever the port takes
            self._watch.note(name)
            content: bytes = getattr(self._printer, name)(*given, **named)
            return content

        return printed


class WatchedMail(FakeMail):
    """A relay that is watched when a message comes and once its bytes may leave."""

    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self._watch = watch

    @override
    async def send(self, envelope: Envelope, about_to_send: AboutToSend) -> Receipt:
        self._watch.note("mail")

        async def about() -> bool:
            may = await about_to_send()
            self._watch.note("bytes")
            return may

        return await super().send(envelope, about)


@pytest.fixture
def watch(container: Container, worker: Container) -> Watch:
    return Watch(container, worker)


async def test_nobody_holds_a_connection_while_it_prints_or_mails(
    office: Office, container: Container, worker: Container, watch: Watch
) -> None:
    printer, relay = WatchedPrinter(container.printer, watch), WatchedMail(watch)
    office.worker = replace(worker, printer=printer, mail=relay)
    app = create_app(replace(container, printer=printer))
    async with client_of(app) as anyone:
        anyone.headers["Authorization"] = f"Bearer {office.access_token}"
        draft = await a_quote(office)
        path = f"/v1/documents/{draft['id']}"
        for answer in (
            await anyone.get(f"{path}/pdf?preview=true"),
            await anyone.post(f"{path}/issue"),
            await anyone.post(f"{path}/dispatches", json={}, headers={"Idempotency-Key": "once"}),
        ):
            assert answer.is_success, answer.text
    await office.deliver()
    async with client_of(app) as client:
        await _answer_and_take_the_receipt(client, relay)
    async with container.database.transaction(office.organization_id):
        watch.note("a transaction")  # so that the watch is known to see one
    free = {name: {0} for name in ("document", "mail", "bytes", "receipt")}
    assert watch.seen == {**free, "a transaction": {1}}


async def _answer_and_take_the_receipt(api: httpx.AsyncClient, relay: FakeMail) -> None:
    client = client_behind(api, relay)
    assert (await client.answer("accept")).status_code == 200
    assert (await api.get(f"{client.path}/receipt")).status_code == 200
