"""The edges of HTTP on the real application: sizes, hosts, methods, odd text, bad cursors."""

from collections.abc import AsyncIterator
from dataclasses import replace
from uuid import uuid4

import httpx
import pytest

from app.container import Container
from app.main import create_app
from app.web.problems import MEDIA_TYPE
from tests.factories import CONTACT, a_contact
from tests.offices import Office, client_of

NOBODY = "019aa8c4-5c00-7000-8000-000000000001"


def refused(answer: httpx.Response, status: int, code: str) -> None:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE
    assert answer.json()["code"] == code
    assert answer.headers["request-id"] == answer.json()["request_id"]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("/v1/contacts", "GET, POST"),
        (f"/v1/contacts/{NOBODY}", "DELETE, GET, PATCH"),
        (f"/v1/documents/{NOBODY}", "DELETE, GET, PATCH"),
        ("/v1/documents/count", "GET"),
        (f"/public/v1/documents/{'a' * 43}/comments", "GET, POST"),
        ("/health/live", "GET"),
    ],
)
@pytest.mark.parametrize("method", ["PUT", "OPTIONS", "TRACE", "QUERY"])
async def test_another_method_is_told_which_there_are(
    office: Office, path: str, allowed: str, method: str
) -> None:
    answer = await office.api.request(method, path)
    refused(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
async def test_a_name_is_not_taken_for_an_id(office: Office, method: str) -> None:
    answer = await office.api.request(method, "/v1/documents/count", json={})
    refused(answer, 405, "method_not_allowed")
    assert answer.headers["allow"] == "GET"


async def test_a_body_is_bounded_announced_or_not(office: Office) -> None:
    big = b'{"legal_name": "' + b"a" * 1_000_000 + b'"}'
    headers = {"Content-Type": "application/json"}
    refused(
        await office.api.post("/v1/contacts", content=big, headers=headers), 413, "body_too_large"
    )

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(big), 100_000):
            yield big[start : start + 100_000]

    headers["Idempotency-Key"] = str(uuid4())
    answer = await office.api.post("/v1/contacts", content=chunks(), headers=headers)
    refused(answer, 413, "body_too_large")


async def test_only_our_hosts_are_answered(container: Container) -> None:
    settings = container.settings.model_copy(update={"allowed_hosts": ("api.example",)})
    app = create_app(replace(container, settings=settings))
    async with client_of(app) as client:
        assert (await client.get("/health/live")).status_code == 200
        for host in ("evil.example", "api.example.evil.example", ""):
            answer = await client.get("/health/live", headers={"Host": host})
            refused(answer, 400, "malformed_request")


@pytest.mark.parametrize(
    ("header", "value", "status", "code"),
    [
        ("If-Match", '"' + "7" * 200 + '"', 422, "validation_failed"),
        ("If-Match", "seven", 400, "malformed_request"),
        ("Organization-Id", "a" * 8_000, 422, "validation_failed"),
        ("Authorization", "Bearer " + "a" * 8_000, 401, "authentication_required"),
        ("Content-Length", "many", 400, "malformed_request"),
    ],
)
async def test_headers_are_bounded(
    office: Office, header: str, value: str, status: int, code: str
) -> None:
    answer = await office.api.patch(
        f"/v1/contacts/{uuid4()}", json={"legal_name": "x"}, headers={header: value}
    )
    refused(answer, status, code)


@pytest.mark.parametrize("key", ["", "a" * 256, "with space"])
async def test_keys_are_bounded(office: Office, key: str) -> None:
    answer = await office.api.post("/v1/contacts", json=CONTACT, headers={"Idempotency-Key": key})
    refused(answer, 400, "idempotency_key_invalid")


@pytest.mark.parametrize("text", ["a\0b", "a\u0007b", "a\u0085b", "a\u009fb"])
async def test_control_characters_are_refused(office: Office, text: str) -> None:
    answer = await office.api.post("/v1/contacts", json={**CONTACT, "legal_name": text})
    refused(answer, 422, "validation_failed")
    assert [error["pointer"] for error in answer.json()["errors"]] == ["/legal_name"]


async def test_half_a_surrogate_is_refused(office: Office) -> None:
    content = rb'{"party_kind": "person", "legal_name": "a\ud800b", "roles": ["client"]}'
    answer = await office.api.post(
        "/v1/contacts", content=content, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code in {400, 422}, answer.text
    assert answer.headers["content-type"] == MEDIA_TYPE


@pytest.mark.parametrize("text", ["\u202egnp.exe", "👩‍👩‍👧‍👦", "ﷺ" * 50, "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤", "Ａｎａ", "שלום"])
async def test_odd_text_comes_back_as_it_went(office: Office, text: str) -> None:
    contact = await a_contact(office, legal_name=text)
    again = await office.api.get(f"/v1/contacts/{contact['id']}")
    assert again.json()["legal_name"] == contact["legal_name"]


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=9" + "9" * 400, "limit=-1", "limit=x"]
)
async def test_pages_are_bounded(office: Office, query: str) -> None:
    for path in ("/v1/contacts", "/v1/documents", "/v1/notices", "/v1/dispatches"):
        refused(await office.api.get(f"{path}?{query}"), 422, "validation_failed")


@pytest.mark.parametrize("cursor", ["x", "AAAA", "%F0%9F%92%A9", "a" * 1_999, "%22", "=", "...."])
async def test_cursors_that_are_not_ours_are_refused(office: Office, cursor: str) -> None:
    for path in ("/v1/contacts", "/v1/documents", "/v1/notices", "/v1/dispatches"):
        refused(await office.api.get(f"{path}?cursor={cursor}"), 400, "cursor_invalid")


async def test_addresses_are_bounded(office: Office) -> None:
    refused(await office.api.get("/v1/contacts?q=" + "a" * 8_001), 400, "malformed_request")
    refused(await office.api.get("/v1/contacts?q=a%00b"), 400, "malformed_request")


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "multipart/form-data", None])
async def test_another_type_of_body_is_refused(office: Office, kind: str | None) -> None:
    headers = {} if kind is None else {"Content-Type": kind}
    answer = await office.api.post("/v1/contacts", content=b'{"a": 1}', headers=headers)
    refused(answer, 415, "media_type_unsupported")
