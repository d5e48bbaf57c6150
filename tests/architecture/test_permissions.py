"""Every route says who may call it."""

from fastapi import FastAPI

from app.organizations.access import Reads, Requires, RequiresBriefly
from app.web.credentials import presented
from app.web.declarations import Public
from app.web.dependencies import required_version
from app.web.openapi import declarations
from tests.architecture.conftest import routes_of

SIGNED_IN = {"log_out"}
"""Routes that end whatever sign-in is shown, and need no permission for it."""


def test_every_route_declares_who_may_call_it(application: FastAPI) -> None:
    silent = []
    for route in routes_of(application):
        calls = list(declarations(route.dependant))
        declared = [c for c in calls if isinstance(c, Reads | Requires | RequiresBriefly | Public)]
        if not declared and not (route.name in SIGNED_IN and presented in calls):
            silent.append(f"{sorted(route.methods or ())} {route.path}")
    assert silent == []


def test_no_route_declares_two_things(application: FastAPI) -> None:
    for route in routes_of(application):
        calls = list(declarations(route.dependant))
        restricted = {id(c) for c in calls if isinstance(c, Reads | Requires | RequiresBriefly)}
        public = [c for c in calls if isinstance(c, Public)]
        assert not (restricted and public), route.path
        assert len(restricted) <= 1, route.path


def test_nothing_of_an_organization_is_public(application: FastAPI) -> None:
    """Under /v1 only signing in, what a secret opens, and what describes the API is."""
    public = {
        route.path
        for route in routes_of(application)
        if any(isinstance(call, Public) for call in declarations(route.dependant))
    }
    ours = {path for path in public if str(path).startswith("/v1/")}
    assert {path for path in ours if not str(path).startswith("/v1/meta/")} == {
        "/v1/auth/login",
        "/v1/auth/refresh",
        "/v1/auth/password-reset",
        "/v1/auth/password-reset/confirm",
        "/v1/invitations/{token}/accept",
        "/v1/agenda.ics",
    }


def test_every_public_route_says_why(application: FastAPI) -> None:
    for route in routes_of(application):
        for call in declarations(route.dependant):
            if isinstance(call, Public):
                assert call.why.strip(), route.path


def test_changes_ask_for_the_version_seen(application: FastAPI) -> None:
    changing = [
        route
        for route in routes_of(application)
        if route.methods and route.methods <= {"PATCH", "PUT", "DELETE"}
    ]
    assert changing
    for route in changing:
        assert required_version in declarations(route.dependant), route.path
