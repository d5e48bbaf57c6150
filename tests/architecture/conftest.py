"""The application, built on nothing: no database, no relay."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.routing import RouteContext, iter_route_contexts

from app.container import Container
from app.main import create_app

Operation = tuple[str, str, dict[str, Any]]
"""Method, path, and what the document says of it."""


@pytest.fixture
def application(container: Container) -> FastAPI:
    return create_app(container)


@pytest.fixture
def document(application: FastAPI) -> dict[str, Any]:
    return application.openapi()


@pytest.fixture
def operations(document: dict[str, Any]) -> list[Operation]:
    return [
        (method, path, operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
    ]


def routes_of(application: FastAPI) -> Iterator[RouteContext]:
    """Give every route that a function answers."""
    for route in iter_route_contexts(application.routes):
        if getattr(route, "dependant", None) is not None:
            yield route
