"""What a route did not ask for is refused, on every route."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.factories import a_quote
from tests.offices import Office

ID = "019aa8c4-5c00-7000-8000-000000000001"


def operations_of(office: Office) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Give the method of every operation, an address it is asked at, and what is told of it."""
    for path, item in office.app.openapi()["paths"].items():
        for method, operation in item.items():
            yield method.upper(), re.sub(r"{\w+}", ID, path), operation


async def test_an_unknown_query_parameter_is_refused_everywhere(
    office: Office, anonymous: httpx.AsyncClient
) -> None:
    asked = 0
    for method, address, _ in operations_of(office):
        answer = await anonymous.request(method, f"{address}?nothing=1&cursor2=x")
        assert answer.status_code == 422, f"{method} {address}: {answer.text}"
        assert [(one["in"], one["pointer"], one["code"]) for one in answer.json()["errors"]] == [
            ("query", "cursor2", "extra_forbidden"),
            ("query", "nothing", "extra_forbidden"),
        ]
        asked += 1
    assert asked > 40


async def test_a_body_nobody_asked_for_is_refused_everywhere(
    office: Office, anonymous: httpx.AsyncClient
) -> None:
    asked = set()
    for method, address, operation in operations_of(office):
        if method != "POST" or "requestBody" in operation:
            continue
        answer = await anonymous.post(address, json={"force": True, "a/b": 1})
        assert answer.status_code == 422, f"{address}: {answer.text}"
        assert {one["pointer"] for one in answer.json()["errors"]} == {"/force", "/a~1b"}
        asked.add(operation["operationId"])
    assert {"issue_document", "review_notice", "cancel_dispatch", "log_out"} <= asked


@pytest.mark.parametrize("body", [b"[]", b'"x"', b"null", b"{", b"draft=1", b"\xff", b"1"])
async def test_what_is_no_object_is_no_empty_body(office: Office, body: bytes) -> None:
    draft = await a_quote(office)
    answer = await office.api.post(f"/v1/documents/{draft['id']}/issue", content=body)
    assert answer.status_code == 422
    assert [(one["pointer"], one["code"]) for one in answer.json()["errors"]] == [
        ("", "body.unexpected")
    ]


@pytest.mark.parametrize("body", [b"", b"{}", b" {\n} "])
async def test_an_empty_body_is_none(office: Office, body: bytes) -> None:
    draft = await a_quote(office)
    answer = await office.api.post(f"/v1/documents/{draft['id']}/issue", content=body)
    assert answer.status_code == 200
