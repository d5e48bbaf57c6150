"""What every page for a browser has: its headers, its errors as pages, its plain forms."""

import math
from collections.abc import Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

import structlog
from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from fastapi.routing import APIRoute
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from typing_extensions import override

from app.kernel.errors import Gone, Malformed, NotFound, Problem, TooMany, Unavailable
from app.kernel.languages import LANGUAGES
from app.portal import frames
from app.portal.frames import MessagePage, Paths
from app.portal.guarding import guard
from app.portal.markup import Page, render
from app.settings import Settings
from app.web.dependencies import now, provided, source_of
from app.web.problems import STATUS, language_of

log = structlog.get_logger()

FORM_BYTES_MAX = 20_000
_FORM_TYPE = "application/x-www-form-urlencoded"
_FIELDS_MAX = 20

HEADERS: Mapping[str, str] = {
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
}
"""Nothing of a third party, nothing inline, nothing kept."""

Handler = Callable[[Request], Coroutine[Any, Any, Response]]


class PageRoute(APIRoute):
    """A route for people: guarded if it has a token, its errors are pages.

    Errors are answered here, so a transaction must end inside the endpoint: one that
    FastAPI holds open would see no exception and commit.
    """

    @override
    def get_route_handler(self) -> Handler:
        handler = super().get_route_handler()
        has_token = "token" in self.param_convertors

        async def handle(request: Request) -> Response:
            response = await _answer(request, handler, has_token=has_token)
            for name, value in HEADERS.items():
                response.headers.setdefault(name, value)
            return response

        return handle


_guarded = asynccontextmanager(guard)


async def _answer(request: Request, handler: Handler, *, has_token: bool) -> Response:
    try:
        if request.method == "POST":
            require_same_origin(request)
            require_person(request)
        if not has_token:
            return await handler(request)
        async with _guarded(
            request, request.path_params["token"], source_of(request), now(request)
        ):
            return await handler(request)
    except Problem as problem:
        return problem_response(request, problem)
    except RequestValidationError:
        return problem_response(request, NotFound())
    except (DBAPIError, PoolTimeoutError, OSError) as error:
        log.warning("database_unavailable", error=type(error).__name__)
        return problem_response(request, Unavailable(retry_after_s=1))
    except Exception:
        log.exception("unexpected")
        return problem_response(request, Problem())


def page_response(page: Page, status: int = 200) -> HTMLResponse:
    """Answer with a page in its language."""
    return HTMLResponse(render(page), status, headers={"Content-Language": page.frame.language})


def problem_response(request: Request, problem: Problem) -> HTMLResponse:
    """Answer a problem with a page that says nothing of what is behind the link."""
    language = chosen_language(request) or language_of(request)
    status = STATUS[problem.problem_code]
    if isinstance(problem, Gone):
        token = str(request.path_params.get("token", ""))
        page = frames.expired_page(language, Paths(token, chosen_language(request)))
    else:
        page = _message(request, problem, status, language)
    response = page_response(page, status)
    if problem.retry_after_s is not None:
        response.headers["Retry-After"] = str(problem.retry_after_s)
    return response


def _message(request: Request, problem: Problem, status: int, language: str) -> MessagePage:
    path = request.url.path
    if isinstance(problem, NotFound):
        return frames.message_page(language, "not_found", path)
    if isinstance(problem, TooMany):
        minutes = math.ceil((problem.retry_after_s or 60) / 60)
        return frames.wait_page(language, path, minutes)
    if isinstance(problem, Unavailable) or status >= 500:  # noqa: PLR2004 - our own failures
        key = "unavailable" if isinstance(problem, Unavailable) else "internal_error"
        code = getattr(request.state, "request_id", "")
        return frames.message_page(language, key, path, code=code)
    return frames.message_page(language, "refused", path)


def chosen_language(request: Request) -> str | None:
    """Give the language the reader chose in the top bar, if they did."""
    language = request.query_params.get("lang")
    return language if language in LANGUAGES else None


def require_same_origin(request: Request) -> None:
    """Refuse a form that another site posts.

    Our pages ask for no referrer, hence browsers name the origin `null` even for our
    own forms; Sec-Fetch-Site tells more, where there is one.

    Raises:
        Problem: Another site sent it.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site != "same-origin":
            raise Problem(code="scope_missing")
        return
    origin = request.headers.get("origin")
    if origin in {None, "null"}:
        return
    public_host = urlsplit(provided(request, Settings).public_url).netloc
    if _host_of(str(origin)) not in {request.headers.get("host"), public_host}:
        raise Problem(code="scope_missing")


def require_person(request: Request) -> None:
    """Refuse a form that a page's own script sent, as scanners do that submit all they find.

    A browser says of a navigation whether a person's touch caused it; one that says
    nothing of navigations is believed.

    Source:
        W3C Fetch Metadata, `Sec-Fetch-User`.

    Raises:
        Problem: Nobody pressed the button.
    """
    is_navigation = request.headers.get("sec-fetch-mode") == "navigate"
    if is_navigation and request.headers.get("sec-fetch-user") != "?1":
        raise Problem(code="scope_missing")


def _host_of(origin: str) -> str | None:
    """Give an origin's host and port; None for what is no address."""
    try:
        return urlsplit(origin).netloc or None
    except ValueError:
        return None


async def form_of(request: Request) -> dict[str, str]:
    """Read a form of at most 20 kB; the first value of each name counts.

    Raises:
        Problem: It is too large or of another type.
        Malformed: It cannot be read.
    """
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    body = await _bounded(request)
    if kind != _FORM_TYPE and (kind or body):
        raise Problem(code="media_type_unsupported")
    try:
        fields = parse_qs(
            body.decode(), keep_blank_values=True, errors="replace", max_num_fields=_FIELDS_MAX
        )
    except ValueError as error:
        raise Malformed from error
    return {name: values[0] for name, values in fields.items()}


async def _bounded(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > FORM_BYTES_MAX:
            raise Problem(code="body_too_large")
    return body
