"""Problems become `application/problem+json`; here alone live status numbers."""

from collections.abc import Mapping, Sequence

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from pydantic import JsonValue
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm.exc import StaleDataError
from starlette.exceptions import HTTPException

from app.kernel.errors import Conflict, Fault, Invalid, Problem, Unavailable, VersionConflict
from app.kernel.languages import DEFAULT_LANGUAGE, LANGUAGES
from app.kernel.wording import wording
from app.web import methods

log = structlog.get_logger()

MEDIA_TYPE = "application/problem+json"
TYPE_BASE = "https://conforme.example/problems/"

STATUS: Mapping[str, int] = {
    "malformed_request": 400,
    "cursor_invalid": 400,
    "idempotency_key_required": 400,
    "idempotency_key_invalid": 400,
    "authentication_required": 401,
    "token_expired": 401,
    "mfa_required": 401,
    "scope_missing": 403,
    "role_missing": 403,
    "plan_limit": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "state_conflict": 409,
    "duplicate": 409,
    "idempotency_in_progress": 409,
    "payment_in_progress": 409,
    "link_expired": 410,
    "gone": 410,
    "version_conflict": 412,
    "body_too_large": 413,
    "media_type_unsupported": 415,
    "validation_failed": 422,
    "idempotency_key_reused": 422,
    "business_rule": 422,
    "precondition_required": 428,
    "rate_limited": 429,
    "internal_error": 500,
    "provider_error": 502,
    "unavailable": 503,
    "provider_timeout": 504,
}

_HTTP_CODES = {
    400: "malformed_request",
    401: "authentication_required",
    403: "scope_missing",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "media_type_unsupported",
}

CONSTRAINTS: dict[str, Problem] = {}
"""Foreseen unique violations: constraint name → problem, filled in by `foresee`."""


def foresee(constraint: str, problem: Problem) -> None:
    """Say which problem the violation of a named constraint is."""
    CONSTRAINTS[constraint] = problem


def language_of(request: Request) -> str:
    """Give the first language of Accept-Language that we speak; Spanish otherwise."""
    for part in request.headers.get("accept-language", "").split(","):
        language = part.split(";")[0].strip().split("-")[0].lower()
        if language in LANGUAGES:
            return language
    return DEFAULT_LANGUAGE


def render(problem: Problem, request: Request) -> JSONResponse:
    """Turn a problem into its response, in the caller's language."""
    language = language_of(request)
    texts = wording("problems", language)
    code = problem.problem_code
    status = STATUS[code]
    request_id: str = getattr(request.state, "request_id", "")
    reason_key = f"reason.{problem.reason}"
    text_values = {key: str(value) for key, value in problem.extra.items()}
    if problem.reason and reason_key in texts:
        detail = texts(reason_key, **text_values)
    elif problem.faults:
        detail = texts("faults", count=len(problem.faults))
    else:
        detail = texts(f"detail.{code}", **text_values)
    content: dict[str, JsonValue] = {
        "type": TYPE_BASE + code,
        "title": texts(f"title.{code}"),
        "status": status,
        "code": code,
        "reason": problem.reason,
        "detail": detail,
        "instance": request.url.path if not _is_secret(request) else "",
        "request_id": request_id,
        "errors": [_fault(fault, language) for fault in problem.faults],
        **problem.extra,
    }
    headers = {"Content-Language": language}
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(problem.retry_after_s)
    if status == 401:  # noqa: PLR2004 - RFC 6750
        headers["WWW-Authenticate"] = "Bearer"
    return JSONResponse(content, status, headers, MEDIA_TYPE)


def _is_secret(request: Request) -> bool:
    path = request.url.path
    is_invitation = path.startswith("/v1/invitations/") and path.endswith("/accept")
    return is_invitation or path.startswith(("/public/", "/d/", "/hooks/"))


def _fault(fault: Fault, language: str) -> dict[str, JsonValue]:
    texts = wording("problems", language)
    key = f"fault.{fault.code}"
    values = {name: str(value) for name, value in fault.params.items()}
    return {
        "in": fault.place,
        "pointer": fault.pointer,
        "code": fault.code,
        "detail": texts(key, **values) if key in texts else texts("fault.other"),
        "params": dict(fault.params),
    }


_FAULTS_MAX = 100
_NAME_LENGTH_MAX = 100
_PLACES = frozenset({"body", "query", "path", "header"})
_PARAMS = frozenset({
    "max_length", "min_length", "ge", "gt", "le", "lt", "expected",
    "decimal_places", "max_digits", "whole_digits",
})  # fmt: skip


def faults_of(errors: Sequence[Mapping[str, object]]) -> list[Fault]:
    """Turn pydantic's errors into ours, the first hundred, without the offending value."""
    faults = []
    for error in errors[:_FAULTS_MAX]:
        location = error["loc"]
        parts = list(location) if isinstance(location, tuple) else []
        place = str(parts.pop(0)) if parts and parts[0] in _PLACES else "body"
        kind = str(error["type"])
        context = error.get("ctx")
        params: dict[str, JsonValue] = {}
        if isinstance(context, Mapping):
            params = {k: _bare(v) for k, v in context.items() if k in _PARAMS}
        if kind == "json_invalid":
            parts = []
        pointer = (
            "".join(f"/{_escape(part)}" for part in parts)
            if place == "body"
            else ".".join(_escape(part) for part in parts)
        )
        faults.append(Fault(pointer, kind, place, params))
    return faults


def _bare(value: object) -> str:
    """Write a parameter without English: `'a', 'b' or 'c'` becomes `a, b, c`."""
    return str(value).replace("' or '", "', '").replace("'", "")


def _escape(part: object) -> str:
    """Write a field's name in a JSON pointer; a stranger chose it, so not whole at any length."""
    name = str(part)[:_NAME_LENGTH_MAX].encode(errors="replace").decode()
    return name.replace("~", "~0").replace("/", "~1")


async def on_problem(request: Request, problem: Exception) -> Response:
    """Answer a domain error."""
    assert isinstance(problem, Problem)  # noqa: S101 - registered for this class only
    return render(problem, request)


async def on_invalid(request: Request, error: Exception) -> Response:
    """Answer input that pydantic refused; its echo of the value is dropped."""
    assert isinstance(error, RequestValidationError)  # noqa: S101
    faults = faults_of(error.errors())
    if any(fault.code == "json_invalid" for fault in faults):
        return render(Problem(code="malformed_request", faults=faults), request)
    return render(Invalid(faults=faults), request)


async def on_http(request: Request, error: Exception) -> Response:
    """Answer what the framework itself refuses.

    It wraps whatever stops it from reading a body, also a problem of ours.
    """
    assert isinstance(error, HTTPException)  # noqa: S101
    if isinstance(error.__cause__, Problem):
        return render(error.__cause__, request)
    response = render(Problem(code=_HTTP_CODES.get(error.status_code, "internal_error")), request)
    for name, value in (error.headers or {}).items():
        response.headers[name] = value
    if error.status_code == 405:  # noqa: PLR2004 - the framework knows one route's methods only
        response.headers["Allow"] = ", ".join(methods.of(request.app, request.url.path))
    return response


async def on_integrity(request: Request, error: Exception) -> Response:
    """Answer a violated constraint that a domain foresaw; others are our bug."""
    assert isinstance(error, IntegrityError)  # noqa: S101
    name = getattr(getattr(error.orig, "__cause__", None), "constraint_name", None)
    problem = CONSTRAINTS.get(str(name))
    if problem is not None:
        return render(problem, request)
    return await on_unexpected(request, error)


async def on_stale(request: Request, _: Exception) -> Response:
    """Answer a row that changed under our hands: the caller reads it again."""
    return render(VersionConflict(), request)


async def on_database(request: Request, error: Exception) -> Response:
    """Answer a database that is away, full or too slow: nothing was done."""
    if isinstance(error, PoolTimeoutError | OSError):
        log.warning("database_unavailable", error=type(error).__name__)
        return render(Unavailable(retry_after_s=1), request)
    assert isinstance(error, DBAPIError)  # noqa: S101
    state = getattr(error.orig, "sqlstate", None) or ""
    if error.connection_invalidated or state[:2] in {"08", "53", "57"}:
        log.warning("database_unavailable", sqlstate=state)
        return render(Unavailable(retry_after_s=1), request)
    if state in {"40001", "40P01", "55P03"}:
        return render(Conflict(reason="busy", retry_after_s=1), request)
    return await on_unexpected(request, error)


async def on_unexpected(request: Request, error: Exception) -> Response:
    """Answer our own failure; the log has it, the caller only its number."""
    log.error("unexpected", exc_info=error, request_id=getattr(request.state, "request_id", ""))
    return render(Problem(), request)


def install(app: FastAPI) -> None:
    """Register the handlers on an application."""
    app.add_exception_handler(Problem, on_problem)
    app.add_exception_handler(RequestValidationError, on_invalid)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(IntegrityError, on_integrity)
    app.add_exception_handler(StaleDataError, on_stale)
    app.add_exception_handler(DBAPIError, on_database)
    app.add_exception_handler(PoolTimeoutError, on_database)
    app.add_exception_handler(OSError, on_database)
    app.add_exception_handler(Exception, on_unexpected)
