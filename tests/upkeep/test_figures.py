"""The figures: what they count, what they never tell, and whom they are told."""

import re
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from app.container import Container
from app.documents.tasks import RenderPdf
from app.jobs.queue import enqueue
from app.kernel.identifiers import new_id
from app.main import create_app
from app.upkeep.figures import BACKLOG
from tests.factories import a_contact, an_issued_quote
from tests.offices import Office
from tests.payments.paying import hook_of

TOKEN = "a token of sixteen or more"


def client(container: Container, *, host: str = "127.0.0.1") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=create_app(container), client=(host, 4711))
    return httpx.AsyncClient(transport=transport, base_url="http://api")


def with_settings(container: Container, **changes: object) -> Container:
    return replace(container, settings=container.settings.model_copy(update=changes))


def value(told: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", told, re.MULTILINE)
    assert found, name
    return float(found[1])


async def figures_of(office: Office) -> str:
    transport = httpx.ASGITransport(app=office.app, client=("127.0.0.1", 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://api") as reader:
        answer = await reader.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain")
    return answer.text


async def test_requests_are_counted_by_template_without_ids_or_tokens(office: Office) -> None:
    contact = await a_contact(office)
    for _ in range(2):
        await office.api.get(f"/v1/contacts/{contact['id']}")
    token = "t" * 43
    await office.api.get(f"/d/{token}")
    await office.api.get(f"/public/v1/documents/{token}")
    await office.api.get("/nothing/secret-path")
    told = await figures_of(office)
    labels = '{method="GET",route="/v1/contacts/{contact_id}",status="200"}'
    assert value(told, f"conforme_request_duration_seconds_count{labels}") == 2
    assert 'route="unmatched",status="404"' in told
    assert 'route="/d/{token}"' in told
    for secret in (contact["id"], token, "secret-path", str(office.organization_id)):
        assert secret not in told


async def test_what_waits_is_told_over_all_organizations(office: Office) -> None:
    document = await an_issued_quote(office)
    before = await figures_of(office)
    path = f"/v1/documents/{document['id']}/dispatches"
    answer = await office.api.post(path, json={"to": ["cliente@velero.example"]})
    assert answer.status_code == 201
    office.clock.advance(timedelta(minutes=3))
    after = await figures_of(office)
    assert all(f"# TYPE {name} gauge" in after for name in BACKLOG)
    assert value(after, "conforme_oldest_due_message_seconds") >= 180
    assert value(after, "conforme_queued_jobs") > value(before, "conforme_queued_jobs")
    assert value(after, "conforme_unchained_facts") > value(before, "conforme_unchained_facts")
    assert value(after, "conforme_backlog_read") == 1

    async with office.worker.database.transaction(office.organization_id) as tx:
        await tx.execute(
            text(
                "update dispatch_recipients set state = 'uncertain', queue_state = 'dead'"
                " where organization_id = :id"
            ),
            {"id": office.organization_id},
        )
    ill = await figures_of(office)
    for name in ("conforme_uncertain_messages", "conforme_dead_messages"):
        assert value(ill, name) == value(after, name) + 1


async def test_what_the_provider_warns_of_is_told_for_a_day(
    office: Office, anonymous: httpx.AsyncClient
) -> None:
    before = await figures_of(office)
    fields = {"NotifCategory": "19", "NotifDate": "2026-11-24T09:00:00", "ExtId": "SC"}
    assert (await anonymous.post(hook_of(office), data=fields)).status_code == 200
    name = "conforme_provider_warnings"
    assert value(await figures_of(office), name) == value(before, name) + 1
    office.clock.advance(timedelta(days=2))
    assert value(await figures_of(office), name) == 0


async def test_dead_jobs_the_pool_and_the_build_are_told(office: Office) -> None:
    before = await figures_of(office)
    async with office.worker.database.transaction() as tx:
        await enqueue(tx, RenderPdf(office.organization_id, new_id(), 1))
        await tx.execute(
            text(
                "update pgqueuer set status = 'failed' where headers->>'organization_id' = :id"
                " and entrypoint = 'documents.render_pdf'"
            ),
            {"id": str(office.organization_id)},
        )
    told = await figures_of(office)
    assert value(told, "conforme_dead_jobs") == value(before, "conforme_dead_jobs") + 1
    assert (await office.api.get("/health/ready")).status_code == 200
    assert value(told, "conforme_pool_in_use") >= 0
    assert value(told, "conforme_pool_size") == office.container.settings.database_pool_size
    assert 'conforme_build_info{python="3.' in told


async def test_a_backlog_that_cannot_be_read_is_left_out(container: Container) -> None:
    nowhere = SecretStr("postgresql://postgres@127.0.0.1:1/nowhere")
    async with client(with_settings(container, database_worker_url=nowhere)) as reader:
        answer = await reader.get("/metrics")
    assert answer.status_code == 200
    assert value(answer.text, "conforme_backlog_read") == 0
    assert value(answer.text, "conforme_backlog_failures_total") == 1
    assert "conforme_dead_jobs" not in answer.text


@pytest.mark.parametrize(
    ("host", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("203.0.113.9", {}, 404),
        ("10.0.0.7", {}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "203.0.113.9"}, 404),
        ("127.0.0.1", {"Forwarded": "for=203.0.113.9"}, 404),
        ("127.0.0.1", {"X-Real-Ip": "203.0.113.9"}, 404),
    ],
)
async def test_without_a_token_only_this_machine_reads(
    container: Container, host: str, headers: dict[str, str], status: int
) -> None:
    async with client(container, host=host) as reader:
        assert (await reader.get("/metrics", headers=headers)).status_code == status


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (f"Bearer {TOKEN}", 200),
        (f"Bearer {TOKEN}x", 404),
        ("Bearer ñ", 404),
        (TOKEN, 404),
        ("", 404),
    ],
)
@pytest.mark.parametrize("host", ["127.0.0.1", "203.0.113.9"])
async def test_with_a_token_only_who_shows_it_reads(
    container: Container, header: str, status: int, host: str
) -> None:
    guarded = with_settings(container, metrics_token=SecretStr(TOKEN))
    async with client(guarded, host=host) as reader:
        headers = {b"Authorization": header.encode()}
        assert (await reader.get("/metrics", headers=headers)).status_code == status
