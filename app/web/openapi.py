"""The contract as a product: what FastAPI derives, and what a client's author still misses.

Problems, security, headers, examples and links are added from what the routes declare,
so nothing is written twice.
"""

import copy
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts
from pydantic.json_schema import models_json_schema

from app.web import examples
from app.web.conditional import shows_more
from app.web.credentials import SCHEMES, presented
from app.web.declarations import Public
from app.web.dependencies import required_version
from app.web.problems import MEDIA_TYPE, STATUS
from app.web.schemas import ProblemView

VERSION = "1.0.0"

Node: TypeAlias = dict[str, Any]

_METHODS = ("get", "put", "post", "delete", "patch")
_SECTIONS = re.compile(r"^(Args|Raises|Returns|Yields|Source):$", re.MULTILINE)
_SENTENCE = re.compile(r"[.?!](?=\s|$)")

_DESCRIPTION = """\
Issue a quote, delivery note, proforma or invoice, e-mail it, and know when it was delivered,
opened, accepted, rejected or paid.

- `/v1` is for staff and integrations: a bearer token of `POST /v1/auth/login`, an API key in its
  place, or the session cookie. A user of several organizations sends `Organization-Id`.
- `/public/v1` is for clients behind a link: the token in the path is the authority.
- Instants are RFC 3339 in UTC, days `YYYY-MM-DD`, money integer minor units with a currency,
  quantities and rates decimal strings.
- Every refusal is `application/problem+json` (RFC 9457): branch on `code`, then on `reason`.
  `detail` is for people, in the language of `Accept-Language`.
- Lists give `data`, `has_more` and `next_cursor`; a cursor belongs to the filters it came with.
- `PATCH`, `PUT` and `DELETE` require `If-Match` with the `ETag` you have seen.
- `POST` honors `Idempotency-Key`: the same key and body give the stored reply, for seven days.
- New fields and new values of open lists may appear at any time; do not fail on them.
"""

TAGS: Mapping[str, str] = {
    "access": "Signing in and out, and who is signed in.",
    "settings": "The organization, its API keys, number series and audit.",
    "users": "The organization's people, their access roles, and invitations.",
    "contacts": "Clients, suppliers and leads: who documents go to.",
    "vessels": "Boats, whose they are, whose they were, and who runs or pays for them.",
    "documents": "Quotes, delivery notes, proformas and invoices, from draft to issued.",
    "dispatch": "Sending a document by e-mail, and what became of each recipient.",
    "client page": "What the client behind a link sees and answers; no log-in.",
    "payments": "Money received for documents, and given back.",
    "comments": "Internal comments, and the thread shared with the client.",
    "commercial": "Commercial actions: what a salesperson is to do for a client, and when.",
    "history": "The timeline of a contact: everything that happened, newest first.",
    "notices": "Alerts for staff, waiting to be reviewed.",
    "meta": "States, event kinds and problems as data.",
    "operations": "Long work and how far it is; the files it takes and makes.",
    "health": "Whether the service lives and is ready.",
}
"""What each tag holds, in the order of the documentation."""

_MEANINGS: Mapping[str, str] = {
    "400": "The request cannot be read",
    "401": "Credentials are missing, wrong or expired",
    "403": "The credentials do not allow this",
    "404": "There is no such thing, or it is another organization's",
    "409": "The present state forbids it; `reason` says why",
    "410": "The link has expired",
    "412": "Somebody else changed it since you read it",
    "413": "The body is too large",
    "415": "The body is not of a kind the operation takes: `application/json`, but for pictures",
    "422": "The content is not valid; `errors` names each field",
    "428": "`If-Match` is missing",
    "429": "Too many requests; `Retry-After` says when to come back",
    "4XX": "Any other refusal",
    "5XX": "We, or a partner, cannot answer; nothing was done unless a replay says so",
}

_READ_WITH_OTHERS = frozenset({"create_comment"})
"""What these create is read in a list, at no address of its own."""

_DONE: Mapping[str, str] = {"200": "Done.", "201": "Created.", "204": "Done; nothing to say."}

_REQUEST_ID = {"$ref": "#/components/headers/Request-Id"}
_HEADERS: Node = {
    "Request-Id": {
        "description": "Names this exchange; quote it when you ask for help.",
        "schema": {"type": "string"},
        "example": "req_0f8fad5bd9cb469fa16570867728950e",
    },
    "ETag": {
        "description": "The version, for `If-Match`.",
        "schema": {"type": "string"},
        "example": '"7"',
    },
    "Location": {
        "description": "Where the new resource is.",
        "schema": {"type": "string", "format": "uri-reference"},
        "example": "/v1/contacts/019aa8c4-5c00-7000-8000-000000000001",
    },
    "Retry-After": {
        "description": "Seconds to wait.",
        "schema": {"type": "integer", "minimum": 1},
        "example": 2,
    },
    "WWW-Authenticate": {
        "description": "RFC 6750.",
        "schema": {"type": "string"},
        "example": "Bearer",
    },
    "Idempotency-Replayed": {
        "description": "`true` when this is the stored reply of an earlier request.",
        "schema": {"type": "string", "enum": ["true"]},
        "example": "true",
    },
}

_KEY: Node = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Makes a repeated request harmless: 1 to 255 visible ASCII characters.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    "example": "4f6c1a52-2f0e-4d0b-9f3d-0c9d6c6f6b6e",
}


_WHICH = "Which organization, for a user of several."
_ORGANIZATION: Node = {
    "name": "Organization-Id",
    "in": "header",
    "required": False,
    "schema": {"description": _WHICH, "title": "Organization-Id", "type": "string",
               "format": "uuid"},
    "description": _WHICH,
}  # fmt: skip

_KNOWN: Node = {
    "name": "If-None-Match",
    "in": "header",
    "required": False,
    "description": "The ETag you have: if it is still the version, the answer is 304, empty.",
    "schema": {"type": "string"},
    "example": '"7"',
}


def describe(app: FastAPI) -> Node:
    """Give the OpenAPI 3.1 document of an application; made once, then kept."""
    if app.openapi_schema:
        return app.openapi_schema
    document = get_openapi(
        title="Conforme API",
        version=VERSION,
        openapi_version="3.1.0",
        description=_DESCRIPTION,
        routes=app.routes,
        servers=[{"url": "/", "description": "This server"}],
        license_info={"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
        separate_input_output_schemas=False,
    )
    components = document.setdefault("components", {})
    schemas: Node = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    schemas.update(_problem_schemas())
    components["schemas"] = dict(sorted(schemas.items()))
    components["headers"] = _HEADERS
    components["responses"] = {_name(status): _problem(status) for status in _MEANINGS}
    components["securitySchemes"] = SCHEMES
    routes = {route.unique_id: route for route in documented_routes(app)}
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                operation = item[method]
                _complete(operation, routes[operation["operationId"]], path, method)
                _exemplify(operation, components["schemas"])
                _condition(operation, routes[operation["operationId"]], method)
                _link(operation, document["paths"], path, method)
    used = {tag for op in _operations(document) for tag in op["tags"]}
    document["tags"] = [
        {"name": name, "description": text} for name, text in TAGS.items() if name in used
    ]
    app.openapi_schema = document
    return document


def write(app: FastAPI, path: Path) -> None:
    """Write the document where it is committed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(render(app), encoding="utf-8")


def render(app: FastAPI) -> str:
    """Give the document as the committed file holds it."""
    return json.dumps(describe(app), ensure_ascii=False, indent=2) + "\n"


def documented_routes(app: FastAPI) -> Iterator[RouteContext]:
    """Give every route that stands in the document."""
    for route in iter_route_contexts(app.routes):
        if isinstance(route.original_route, APIRoute) and route.include_in_schema:
            yield route


def declarations(dependant: Dependant) -> Iterator[object]:
    """Give everything a route depends on, at any depth."""
    for inner in dependant.dependencies:
        if inner.call is not None:
            yield inner.call
        yield from declarations(inner)


def _complete(operation: Node, route: RouteContext, path: str, method: str) -> None:
    calls = list(declarations(route.dependant))
    operation["tags"] = operation.get("tags", [])[-1:]
    if any(isinstance(call, Public) for call in calls):
        operation["security"] = []
    elif presented in calls:
        operation["security"] = [{name: []} for name in SCHEMES]
    _describe(operation, calls)
    _parametrize(operation, calls, path, method)
    _refuse(operation, calls, path, method)


def _parametrize(operation: Node, calls: list[object], path: str, method: str) -> None:
    """Name headers as people do, and document those that dependencies read themselves."""
    parameters: list[Node] = operation.setdefault("parameters", [])
    if presented in calls:
        places = [parameter["in"] for parameter in parameters]
        place = places.index("header") if "header" in places else len(places)
        parameters.insert(place, copy.deepcopy(_ORGANIZATION))
    for parameter in parameters:
        parameter["name"] = _header_name(parameter)
        _leave_out_null(parameter["schema"])
        if parameter["name"] == "If-Match":
            parameter["required"] = required_version in calls
            parameter["example"] = '"7"'
            parameter["schema"]["pattern"] = r'^(\*|(W/)?"[0-9]+")$'
        elif parameter["in"] == "path":
            noun = parameter["name"].removesuffix("_id").replace("_", " ")
            parameter.setdefault("description", f"Which {noun}: its id.")
    if method == "post" and _takes_key(path, calls):
        needs_key = any(getattr(call, "needs_key", False) for call in calls)
        parameters.append({**_KEY, "required": needs_key})
    if not parameters:
        del operation["parameters"]


def _takes_key(path: str, calls: list[object]) -> bool:
    """Tell whether a POST honors Idempotency-Key: not where nobody is signed in yet."""
    is_signing_in = path.startswith("/v1/") and any(isinstance(call, Public) for call in calls)
    return not is_signing_in and not path.startswith("/v1/auth/")


def _refuse(operation: Node, calls: list[object], path: str, method: str) -> None:
    """Say which problems an operation may answer with."""
    names = {parameter["name"] for parameter in operation.get("parameters", ())}
    is_auth, is_client = path.startswith("/v1/auth/"), path.startswith("/public/")
    takes = bool(names) or "requestBody" in operation or method == "post"
    applies = {
        "400": takes,
        "401": bool(operation.get("security")),
        "403": bool(operation.get("security")),
        "404": "{" in path,
        "409": method != "get" and not is_auth,
        "410": is_client,
        "412": "If-Match" in names,
        "413": "requestBody" in operation,
        "415": "requestBody" in operation,
        "422": takes,
        "428": required_version in calls,
        "429": is_client or is_auth,
        "4XX": True,
        "5XX": True,
    }
    responses: Node = operation["responses"]
    told = {status for status in responses if not status.startswith("2")}
    for status in told:
        del responses[status]  # FastAPI's own words, or a route's, give way to the shared ones
    for status in _MEANINGS:
        if applies[status] or (status in told and status != "422"):
            responses[status] = {"$ref": f"#/components/responses/{_name(status)}"}


def _describe(operation: Node, calls: list[object]) -> None:
    text = _SECTIONS.split(operation.get("description", ""))[0].strip()
    end = _SENTENCE.search(text)
    summary = text[: end.start()] if end else text
    rest = text[end.end() :].strip() if end else ""
    operation["summary"] = " ".join(summary.split())
    permissions = [getattr(call, "permission", None) for call in calls]
    needs = [f"Needs the permission `{one}`." for one in permissions if one is not None]
    operation["description"] = "\n\n".join([rest or f"{operation['summary']}.", *needs])


def _exemplify(operation: Node, schemas: Node) -> None:
    for parameter in operation.get("parameters", ()):
        if "example" not in parameter and parameter.get("required"):
            parameter["example"] = examples.of(parameter["schema"], schemas)
    body = operation.get("requestBody", {}).get("content", {})
    for media in body.values():
        if media["schema"].get("format") != "binary":
            media.setdefault("example", examples.of(media["schema"], schemas, is_request=True))
    for status, response in operation["responses"].items():
        if "$ref" in response:
            continue
        response["description"] = _DONE.get(status, response["description"])
        _mark(response, status, operation, schemas)
        content = response.get("content", {})
        if len(content) > 1 and not content.get("application/json", {}).get("schema", True):
            del content["application/json"]
        for media_type, media in content.items():
            if media_type == "application/json":
                media.setdefault("example", examples.of(media["schema"], schemas))


def _mark(response: Node, status: str, operation: Node, schemas: Node) -> None:
    """Document the headers a success carries."""
    headers: Node = response.setdefault("headers", {})
    headers["Request-Id"] = _REQUEST_ID
    media = response.get("content", {}).get("application/json", {})
    shape = examples.resolve(media.get("schema", {}), schemas)
    if "version" in shape.get("properties", {}):
        headers["ETag"] = {"$ref": "#/components/headers/ETag"}
    is_read_alone = operation["operationId"] not in _READ_WITH_OTHERS
    # A client's address would tell its secret.
    if status == "201" and operation.get("security") and is_read_alone:
        headers["Location"] = {"$ref": "#/components/headers/Location"}
    if any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", ())):
        headers["Idempotency-Replayed"] = {"$ref": "#/components/headers/Idempotency-Replayed"}


def _condition(operation: Node, route: RouteContext, method: str) -> None:
    """Document If-None-Match where an answer is wholly told by its ETag."""
    headers = operation["responses"].get("200", {}).get("headers", {})
    if method != "get" or "ETag" not in headers or shows_more in declarations(route.dependant):
        return
    operation["parameters"] = [*operation.get("parameters", ()), _KNOWN]
    shown = {name: headers[name] for name in ("ETag", "Request-Id")}
    operation["responses"]["304"] = {"description": "You have this version.", "headers": shown}


def _link(operation: Node, paths: Node, path: str, method: str) -> None:
    """Say where the `id` of what was created can be used (OpenAPI links)."""
    created = operation["responses"].get("201")
    if method != "post" or created is None:
        return
    links = {}
    for other, item in paths.items():
        found = re.fullmatch(re.escape(path) + r"/\{(\w+)\}", other)
        if found:
            for verb in ("get", "patch", "delete"):
                if verb in item:
                    links[item[verb]["operationId"]] = {
                        "operationId": item[verb]["operationId"],
                        "parameters": {found[1]: "$response.body#/id"},
                    }
    if links:
        created["links"] = links


def _operations(document: Node) -> Iterator[Node]:
    for item in document["paths"].values():
        yield from (item[method] for method in _METHODS if method in item)


_TOLD_SOMETIMES: Node = {
    "current_status": {"type": "string", "description": "Of a 409: the state it met."},
    "allowed_actions": {
        "type": "array",
        "items": {"type": "string"},
        "description": "Of a 409 about a document: what is possible now.",
    },
    "existing_id": {
        "type": "string",
        "format": "uuid",
        "description": "Of `duplicate`: the contact or vessel that is like it, if you may see it.",
    },
    "current_revision": {
        "type": "integer",
        "description": "Of `not_current_revision`: the one that counts.",
    },
    "because": {
        "type": "array",
        "items": {"type": "string"},
        "description": "Of `confirmation_required`: what has happened already.",
    },
    "draft_id": {
        "type": "string",
        "format": "uuid",
        "description": "Of `revision_open`: the draft of the next revision.",
    },
    "current_version": {"type": "integer", "description": "Of a 412: the version to read."},
    "permission": {"type": "string", "description": "Of `permission_missing`: which one."},
    "payment_id": {
        "type": "string",
        "format": "uuid",
        "description": "Of `payment_live`: the payment under way.",
    },
    "provider_text": {
        "type": "string",
        "description": "Of `provider_refused`: the provider's own words.",
    },
}
"""What a problem tells besides, where it is that problem; otherwise it is not there."""


def _problem_schemas() -> Node:
    _, definitions = models_json_schema(
        [(ProblemView, "serialization")], ref_template="#/components/schemas/{model}", by_alias=True
    )
    shapes: Node = definitions["$defs"]
    problem = shapes.pop("ProblemView")
    problem["title"] = "Problem"
    problem["properties"]["code"]["enum"] = list(STATUS)
    problem["properties"] |= _TOLD_SOMETIMES
    problem["additionalProperties"] = True
    return {"Problem": problem, **shapes}


def _problem(status: str) -> Node:
    headers = {"Request-Id": _REQUEST_ID}
    if status == "401":
        headers["WWW-Authenticate"] = {"$ref": "#/components/headers/WWW-Authenticate"}
    if status in {"409", "429", "5XX"}:
        headers["Retry-After"] = {"$ref": "#/components/headers/Retry-After"}
    content = {"schema": {"$ref": "#/components/schemas/Problem"}}
    codes = [code for code, number in STATUS.items() if _is_in(number, status)]
    words = _MEANINGS[status] + (": " + ", ".join(f"`{code}`" for code in codes) if codes else "")
    example = examples.problem(codes[0], STATUS[codes[0]])
    return {
        "description": f"{words}.",
        "headers": headers,
        "content": {MEDIA_TYPE: {**content, "example": example}},
    }


def _is_in(number: int, status: str) -> bool:
    if status.endswith("XX"):
        return str(number)[0] == status[0] and (status == "5XX" or str(number) not in _MEANINGS)
    return str(number) == status


def _name(status: str) -> str:
    return f"Problem{status}"


def _leave_out_null(schema: Node) -> None:
    """Say nothing of null where it cannot be sent: a parameter is there or is not."""
    some = [option for option in schema.get("anyOf", ()) if option != {"type": "null"}]
    if len(some) == 1:
        del schema["anyOf"]
        schema.update(some[0])


def _header_name(parameter: Node) -> str:
    """Write headers as people do; their names are case-insensitive (RFC 9110 §5.1)."""
    name: str = parameter["name"]
    return name.title() if parameter["in"] == "header" else name
