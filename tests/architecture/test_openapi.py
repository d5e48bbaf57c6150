"""The document a client's author programs against is whole, true and current."""

import json
import re
from typing import Any

import pytest
from fastapi import FastAPI

from app.web import openapi
from app.web.problems import MEDIA_TYPE, STATUS
from tests.architecture.conftest import Operation, routes_of
from tests.conftest import ROOT

COMMITTED = ROOT / "openapi" / "openapi.json"

NAMED = {
    "log_in": "POST /v1/auth/login",
    "refresh_session": "POST /v1/auth/refresh",
    "log_out": "POST /v1/auth/logout",
    "step_up": "POST /v1/auth/step-up",
    "request_password_reset": "POST /v1/auth/password-reset",
    "reset_password": "POST /v1/auth/password-reset/confirm",
    "list_users": "GET /v1/users",
    "get_user": "GET /v1/users/{}",
    "update_user": "PATCH /v1/users/{}",
    "reassign_portfolio": "POST /v1/users/{}/reassign",
    "list_invitations": "GET /v1/invitations",
    "create_invitation": "POST /v1/invitations",
    "accept_invitation": "POST /v1/invitations/{}/accept",
    "revoke_invitation": "DELETE /v1/invitations/{}",
    "get_totp": "GET /v1/me/totp",
    "begin_totp": "POST /v1/me/totp",
    "confirm_totp": "POST /v1/me/totp/confirm",
    "disable_totp": "DELETE /v1/me/totp",
    "list_access_roles": "GET /v1/access-roles",
    "create_access_role": "POST /v1/access-roles",
    "update_access_role": "PATCH /v1/access-roles/{}",
    "delete_access_role": "DELETE /v1/access-roles/{}",
    "list_audit_entries": "GET /v1/audit",
    "get_me": "GET /v1/me",
    "list_api_keys": "GET /v1/api-keys",
    "create_api_key": "POST /v1/api-keys",
    "revoke_api_key": "DELETE /v1/api-keys/{}",
    "list_contacts": "GET /v1/contacts",
    "create_contact": "POST /v1/contacts",
    "get_contact": "GET /v1/contacts/{}",
    "update_contact": "PATCH /v1/contacts/{}",
    "archive_contact": "DELETE /v1/contacts/{}",
    "get_contact_timeline": "GET /v1/contacts/{}/timeline",
    "create_comment": "POST /v1/contacts/{}/comments",
    "list_documents": "GET /v1/documents",
    "count_documents": "GET /v1/documents/count",
    "create_document": "POST /v1/documents",
    "get_document": "GET /v1/documents/{}",
    "update_document": "PATCH /v1/documents/{}",
    "delete_document": "DELETE /v1/documents/{}",
    "issue_document": "POST /v1/documents/{}/issue",
    "get_document_pdf": "GET /v1/documents/{}/pdf",
    "decide_on_behalf": "POST /v1/documents/{}/decisions",
    "list_decisions": "GET /v1/documents/{}/decisions",
    "preview_dispatch": "POST /v1/documents/{}/dispatches/preview",
    "dispatch_document": "POST /v1/documents/{}/dispatches",
    "get_dispatch": "GET /v1/dispatches/{}",
    "list_dispatches": "GET /v1/dispatches",
    "get_shared_document": "GET /public/v1/documents/{}",
    "record_view": "POST /public/v1/documents/{}/views",
    "list_notices": "GET /v1/notices",
    "count_notices": "GET /v1/notices/count",
    "review_notice": "POST /v1/notices/{}/review",
    "list_document_states": "GET /v1/meta/document-states",
    "list_problems": "GET /v1/meta/problems",
    "list_event_kinds": "GET /v1/meta/event-kinds",
    "health_live": "GET /health/live",
    "health_ready": "GET /health/ready",
}
"""Operations whose names clients' code is made of."""

NEEDS_KEY = {
    "dispatch_document", "bulk_dispatch", "resend_dispatch", "record_collection", "refund_payment",
    "start_payment", "create_payout",
}  # fmt: skip
"""The contract's ◆: something is sent or charged."""


def test_the_committed_document_is_current(application: FastAPI) -> None:
    assert COMMITTED.read_text(encoding="utf-8") == openapi.render(application), (
        "run `make openapi` and read the difference"
    )


def test_making_it_twice_gives_the_same(
    application: FastAPI, described: dict[tuple[int, ...], dict[str, Any]]
) -> None:
    described.clear()
    once = openapi.render(application)
    described.clear()
    application.openapi_schema = None
    assert openapi.render(application) == once


def test_the_document_says_what_it_is(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    assert document["info"]["version"] == openapi.VERSION
    assert document["info"]["description"]
    assert document["servers"] == [{"url": "/", "description": "This server"}]
    assert set(document["components"]["securitySchemes"]) == {"bearer", "cookie"}


def test_operations_bear_their_agreed_names(operations: list[Operation]) -> None:
    named = {
        operation["operationId"]: f"{method.upper()} {re.sub(r'{[^}]+}', '{}', path)}"
        for method, path, operation in operations
    }
    assert len(named) == len(operations), "two operations share a name"
    assert {name: named.get(name) for name in NAMED} == NAMED


def test_every_operation_is_described(
    operations: list[Operation], document: dict[str, Any]
) -> None:
    tags = {tag["name"] for tag in document["tags"]}
    for _, path, operation in operations:
        name = f"{operation['operationId']} {path}"
        assert 3 < len(operation["summary"]) <= 100, name
        assert not operation["summary"].endswith("."), name
        assert operation["description"], name
        assert len(operation["tags"]) == 1, name
        assert operation["tags"][0] in tags, name
        for parameter in operation.get("parameters", ()):
            assert parameter.get("description"), f"{name}: {parameter['name']}"
    for tag in document["tags"]:
        assert tag["description"]


def test_every_operation_says_who_may_call_it(operations: list[Operation]) -> None:
    secured: list[dict[str, list[str]]] = [{"bearer": []}, {"cookie": []}]
    for _, path, operation in operations:
        assert operation["security"] in (secured, []), path
        if path.startswith("/public/"):
            assert operation["security"] == [], path


def test_every_operation_tells_its_problems(
    operations: list[Operation], document: dict[str, Any]
) -> None:
    for method, path, operation in operations:
        responses = operation["responses"]
        expected = {"4XX", "5XX"}
        if operation["security"]:
            expected |= {"401", "403"}
        if "{" in path:
            expected |= {"404"}
        if "requestBody" in operation:
            expected |= {"400", "413", "415", "422"}
        if method in {"patch", "put", "delete"}:
            expected |= {"409", "412", "428"}
        if path.startswith(("/public/", "/v1/auth/")):
            expected |= {"429"}
        assert expected <= set(responses), f"{method} {path}"
        for status, response in responses.items():
            if not status.startswith(("2", "3")):
                assert response == {"$ref": f"#/components/responses/Problem{status}"}, path
    for name, response in document["components"]["responses"].items():
        media = response["content"][MEDIA_TYPE]
        assert media["schema"] == {"$ref": "#/components/schemas/Problem"}, name
        assert media["example"]["code"] in STATUS


def test_every_body_has_an_example(operations: list[Operation]) -> None:
    for method, path, operation in operations:
        contents = [operation.get("requestBody", {}).get("content", {})]
        for status, response in operation["responses"].items():
            if status == "204":
                assert "content" not in response, path
            elif status.startswith("2"):
                assert response["content"], f"{method} {path}: what does it answer?"
                contents.append(response["content"])
        for content in contents:
            for media_type, media in content.items():
                assert media["schema"], f"{method} {path}: {media_type} without a shape"
                if media_type == "application/json":
                    assert media["example"] not in (None, {}, []), f"{method} {path}"


def test_request_examples_are_accepted(application: FastAPI, operations: list[Operation]) -> None:
    """A newcomer copies them: each must pass its own operation's validation."""
    examples = {
        operation["operationId"]: operation["requestBody"]["content"]["application/json"]["example"]
        for _, _, operation in operations
        if "application/json" in operation.get("requestBody", {}).get("content", {})
    }
    fields = {route.unique_id: route.body_field for route in routes_of(application)}
    for name, example in examples.items():
        field = fields[name]
        assert field is not None, name
        _, errors = field.validate(example, {}, loc=("body",))
        assert not errors, f"{name}: {errors} in {example}"


def test_responses_say_every_field(document: dict[str, Any], operations: list[Operation]) -> None:
    """What is always there is required, so that typed clients need no doubt."""
    schemas = document["components"]["schemas"]
    seen: set[str] = set()
    for _, _, operation in operations:
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                seen |= _names(response, schemas, set())
    for name in seen:
        shape = schemas[name]
        optional = set(shape.get("properties", {})) - set(shape.get("required", ()))
        assert not optional, f"{name}: {optional}"


def _names(node: object, schemas: dict[str, Any], seen: set[str]) -> set[str]:
    if isinstance(node, dict):
        reference = node.get("$ref", "")
        if reference.startswith("#/components/schemas/"):
            name = reference.rsplit("/", 1)[1]
            if name not in seen:
                seen.add(name)
                _names(schemas[name], schemas, seen)
        for value in node.values():
            _names(value, schemas, seen)
    elif isinstance(node, list):
        for value in node:
            _names(value, schemas, seen)
    return seen


def test_no_shape_is_written_twice(document: dict[str, Any]) -> None:
    names = set(document["components"]["schemas"])
    assert not [name for name in names if name.endswith(("-Input", "-Output"))]
    assert not names & {"HTTPValidationError", "ValidationError"}


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    for reference in set(re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document))):
        node: Any = document
        for part in reference.split("/"):
            assert part in node, reference
            node = node[part]


def test_keys_are_documented_where_they_count(operations: list[Operation]) -> None:
    for method, path, operation in operations:
        keys = [p for p in operation.get("parameters", ()) if p["name"] == "Idempotency-Key"]
        is_signed_in = bool(operation["security"]) and not path.startswith("/v1/auth/")
        if method != "post" or not (is_signed_in or path.startswith("/public/")):
            assert keys == [], path
        else:
            (key,) = keys
            assert key["required"] == (operation["operationId"] in NEEDS_KEY), path


def test_versions_are_documented_where_they_count(operations: list[Operation]) -> None:
    for method, path, operation in operations:
        seen = [p for p in operation.get("parameters", ()) if p["name"] == "If-Match"]
        if method in {"patch", "put", "delete"}:
            assert [parameter["required"] for parameter in seen] == [True], path
        else:
            assert not any(parameter["required"] for parameter in seen), path


def test_success_carries_its_headers(operations: list[Operation]) -> None:
    for _, path, operation in operations:
        for status, response in operation["responses"].items():
            if status.startswith("2"):
                assert "Request-Id" in response["headers"], path
            is_read_alone = operation["operationId"] != "create_comment"
            if status == "201" and operation["security"] and is_read_alone:
                assert "Location" in response["headers"], path


def test_lists_have_one_shape(operations: list[Operation], document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    for _, path, operation in operations:
        if not operation["operationId"].startswith("list_") or path.startswith("/v1/meta/"):
            continue
        schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
        shape = schemas[schema["$ref"].rsplit("/", 1)[1]]
        assert set(shape["properties"]) == {"data", "has_more", "next_cursor"}, path


@pytest.mark.parametrize("wrong", ["float", "number"])
def test_no_figure_is_a_float(document: dict[str, Any], wrong: str) -> None:
    assert f'"type": "{wrong}"' not in json.dumps(document)
