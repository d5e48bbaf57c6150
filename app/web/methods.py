"""Which methods a path answers to: for `Allow`, and so that a name is never taken for an id."""

import re
from functools import lru_cache
from typing import TypeAlias

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path

_Table: TypeAlias = tuple[dict[str, set[str]], list[tuple[re.Pattern[str], frozenset[str]]]]


def of(app: FastAPI, path: str) -> tuple[str, ...]:
    """Give the methods of a path over all its routes, in order; none for an unknown path.

    A path that a route spells out (`/v1/documents/count`) belongs to that route,
    not to the one with an id in its place. Source: RFC 9110 §10.2.1.
    """
    spelled, patterns = _table(app)
    if path in spelled:
        return tuple(sorted(spelled[path]))
    found: set[str] = set()
    for pattern, methods in patterns:
        if pattern.match(path):
            found |= methods
    return tuple(sorted(found))


def is_name(app: FastAPI, path: str, method: str) -> bool:
    """Tell whether a path is spelled out by routes, none of them for this method."""
    methods = _table(app)[0].get(path)
    return methods is not None and method not in methods


@lru_cache(maxsize=8)
def _table(app: FastAPI) -> _Table:
    spelled: dict[str, set[str]] = {}
    patterns: list[tuple[re.Pattern[str], frozenset[str]]] = []
    for route in iter_route_contexts(app.routes):
        if not route.path or not route.methods:
            continue
        if "{" in route.path:
            patterns.append((compile_path(route.path)[0], frozenset(route.methods)))
        else:
            spelled.setdefault(route.path, set()).update(route.methods)
    return spelled, patterns
