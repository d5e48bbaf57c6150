"""Traces say what took how long; no link, no query and no credential is in them."""

import json
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import httpx
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from typing_extensions import override

from app.adapters.traces_otlp import HIDDEN, TOLD, open_traces, traces_to
from app.container import Container
from app.kernel.identifiers import new_token
from app.main import create_app
from tests.clients import link_of
from tests.factories import a_sent_quote
from tests.fakes import FakeMail
from tests.offices import Office, client_of

SECRET = "lo-que-nadie-debe-ver"


async def visit(api: httpx.AsyncClient, office: Office, token: str) -> None:
    """Ask for everything that carries a secret somewhere."""
    bearer = {"Authorization": f"Bearer {office.access_token}", "Idempotency-Key": SECRET}
    json_body = {"name": SECRET, "form_nonce": SECRET, "statement_accepted": True}
    for method, path in (
        ("GET", f"/public/v1/documents/{token}?lang=es"),
        ("POST", f"/public/v1/documents/{token}/accept"),
        ("GET", f"/d/{token}?done={SECRET}"),
        ("GET", f"/d/{token}/accept"),
        ("POST", f"/d/{token}/decision"),
        ("GET", f"/d/{token}/nowhere/at/all"),
        ("GET", f"/public/v1/documents/{token}/nowhere"),
        ("POST", f"/v1/invitations/{token}/accept"),
        ("GET", f"/v1/contacts?q={SECRET}&limit=1"),
        ("POST", f"/v1/contacts?{SECRET}={SECRET}"),
        (SECRET.upper(), f"/d/{token}"),
    ):
        headers = {**bearer, "Cookie": f"__Host-session={SECRET}", "User-Agent": SECRET}
        await api.request(method, path, headers=headers, json=json_body)


async def test_no_secret_is_in_a_trace(
    container: Container, office: Office, mail: FakeMail
) -> None:
    await a_sent_quote(office)
    token = link_of(mail.sent[-1].content)
    kept = InMemorySpanExporter()
    provider = traces_to(kept, 100)
    async with client_of(create_app(replace(container, traces=provider))) as api:
        await visit(api, office, token)
    provider.shutdown()
    spans = kept.get_finished_spans()
    told = "\n".join(span.to_json() for span in spans)
    for secret in (token, SECRET, SECRET.upper(), office.access_token):
        assert secret not in told
    routes = {str((span.attributes or {}).get("http.route")) for span in spans}
    assert {"/d/{token}", "/public/v1/documents/{token}/accept", "/v1/contacts"} <= routes
    assert "GET /d/{token}" in {span.name for span in spans}
    for span in spans:
        for name, value in (span.attributes or {}).items():
            assert name in TOLD or value == HIDDEN, name
        assert not span.events


async def test_what_a_failure_says_stays_out(
    container: Container, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError(SECRET)

    monkeypatch.setattr("app.contacts.queries.list_contacts", fail)
    kept = InMemorySpanExporter()
    provider = traces_to(kept, 100)
    bearer = f"Bearer {office.access_token}"
    app = create_app(replace(container, traces=provider))
    async with client_of(app, Authorization=bearer) as api:
        assert (await api.get("/v1/contacts")).status_code == 500
    provider.shutdown()
    told = "\n".join(span.to_json() for span in kept.get_finished_spans())
    assert "RuntimeError" in told
    assert SECRET not in told


async def test_nothing_is_traced_unless_it_is_asked_for(
    container: Container, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = InMemorySpanExporter()
    somebodys = TracerProvider(shutdown_on_exit=False)
    somebodys.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr(trace, "get_tracer_provider", lambda: somebodys)
    monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
    assert container.traces is None
    async with client_of(create_app(container)) as api:
        assert (await api.get(f"/d/{new_token()}")).status_code == 404
    assert kept.get_finished_spans() == ()


async def test_a_collector_gets_them(container: Container) -> None:
    bodies: list[bytes] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        @override
        def log_message(self, *_: object) -> None:
            """Stay silent."""

    server = HTTPServer(("127.0.0.1", 0), Collector)
    Thread(target=server.serve_forever, daemon=True).start()
    provider = open_traces(f"http://127.0.0.1:{server.server_port}/v1/traces", 100)
    async with client_of(create_app(replace(container, traces=provider))) as api:
        answer = await api.get("/health/live")
    assert json.loads(answer.text) == {"status": "ok"}
    provider.shutdown()
    server.shutdown()
    server.server_close()
    assert b"/health/live" in b"".join(bodies)
