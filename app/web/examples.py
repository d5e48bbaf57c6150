"""Examples put together from what each field says of itself."""

from typing import Any, TypeAlias

from pydantic import JsonValue

Node: TypeAlias = dict[str, Any]

_ID = "019aa8c4-5c00-7000-8000-000000000001"
_BY_FORMAT = {
    "uuid": _ID,
    "date": "2026-11-24",
    "date-time": "2026-11-24T09:00:00.000Z",
    "email": "oficina@taller.example",
    "uri": "https://conforme.example/",
}
_SCALARS = {"string", "integer", "number", "boolean"}
_DEPTH_MAX = 8


def resolve(schema: Node, schemas: Node) -> Node:
    """Follow a reference to the shape it names."""
    while "$ref" in schema:
        schema = schemas[schema["$ref"].rsplit("/", 1)[1]]
    return schema


def of(schema: Node, schemas: Node, *, is_request: bool = False, depth: int = 0) -> JsonValue:
    """Give an example of a shape.

    Args:
        schema: A JSON schema as FastAPI writes it.
        schemas: The document's components.
        is_request: Leave out what may be left out and says nothing of itself.
        depth: How deep in a shape that may contain itself.
    """
    shape = resolve(schema, schemas)
    for told in (_own(schema), _own(shape)):
        if told is not None:
            return told
    for several in ("anyOf", "oneOf", "allOf"):
        if several in shape:
            return _of_several(shape[several], schemas, is_request=is_request, depth=depth)
    kind = shape.get("type")
    if kind == "object" or "properties" in shape:
        return _object(shape, schemas, is_request=is_request, depth=depth)
    if kind == "array" and depth <= _DEPTH_MAX and "items" in shape:
        return [of(shape["items"], schemas, is_request=is_request, depth=depth + 1)]
    return _scalar(shape)


def problem(code: str, status: int) -> JsonValue:
    """Give an example of a problem."""
    faults: list[JsonValue] = []
    if code == "validation_failed":
        faults.append(
            {
                "in": "body",
                "pointer": "/lines/0/quantity",
                "code": "decimal_pattern",
                "detail": 'Write a decimal number as text, such as "2.50".',
                "params": {},
            }
        )
    title = code.replace("_", " ").capitalize()
    state: dict[str, JsonValue] = {}
    if code == "state_conflict":
        state = {"current_status": "sent", "allowed_actions": ["dispatch", "decide"]}
    return {
        "type": f"https://conforme.example/problems/{code}",
        "title": title,
        "status": status,
        "code": code,
        "reason": "already_issued" if code == "state_conflict" else None,
        "detail": f"{title}.",
        "instance": f"/v1/documents/{_ID}",
        "request_id": "req_0f8fad5bd9cb469fa16570867728950e",
        "errors": faults,
        **state,
    }


def _own(schema: Node) -> JsonValue:
    """What the schema itself gives as an example; None when it gives none."""
    if schema.get("examples"):
        first: JsonValue = schema["examples"][0]
        return first
    given: JsonValue = schema.get("example", schema.get("const", schema.get("default")))
    return given


def _of_several(options: list[Node], schemas: Node, *, is_request: bool, depth: int) -> JsonValue:
    """Prefer an option with something to show; a bare scalar beside null shows null."""
    some = [option for option in options if option.get("type") != "null"]
    first = some[0]
    is_bare = first.get("type") in _SCALARS and "enum" not in first and _own(first) is None
    if len(some) < len(options) and (is_bare or depth > _DEPTH_MAX):
        return None
    return of(first, schemas, is_request=is_request, depth=depth + 1)


def _object(shape: Node, schemas: Node, *, is_request: bool, depth: int) -> JsonValue:
    if depth > _DEPTH_MAX:
        return {}
    properties: Node = shape.get("properties", {})
    required = shape.get("required", ())
    told = {
        name: field
        for name, field in properties.items()
        if not is_request or name in required or _own(field) is not None
    }
    return {
        name: of(field, schemas, is_request=is_request, depth=depth + 1)
        for name, field in (told or properties).items()
    }


def _scalar(shape: Node) -> JsonValue:
    if shape.get("enum"):
        first: JsonValue = shape["enum"][0]
        return first
    least: int = shape.get("minimum", 1)
    plain: dict[str, JsonValue] = {
        "integer": least,
        "number": least,
        "boolean": False,
        "array": [],
        "null": None,
        "string": _BY_FORMAT.get(shape.get("format", ""), "text"),
    }
    return plain.get(shape.get("type", ""), {})
