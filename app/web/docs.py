"""The documentation pages: a landing to start from, and the reference beside it.

Everything comes from this server: no remote script, no inline script or style.
"""

import re
from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.staticfiles import StaticFiles

from app.events.kinds import KINDS
from app.kernel.wording import wording
from app.web.declarations import Public
from app.web.problems import STATUS

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
}
_PAGES = Environment(
    loader=PackageLoader("app", "templates/docs"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)

router = APIRouter(
    prefix="/docs",
    include_in_schema=False,
    default_response_class=HTMLResponse,
    dependencies=[Depends(Public("Anyone may read how to program against the API."))],
)


@router.get("")
async def show_docs(request: Request) -> HTMLResponse:
    """Show the landing: three requests, and the operations by tag."""
    document = request.app.openapi()
    return _page("landing.html", version=document["info"]["version"], groups=_groups(document))


@router.get("/reference")
async def show_reference() -> HTMLResponse:
    """Show every operation, with its schemas and examples, in Swagger UI."""
    return _page("reference.html")


@router.get("/states")
async def show_states() -> HTMLResponse:
    """Show the states of a document and the kinds of events."""
    return _page("states.html", states=wording("states", "en").texts, kinds=KINDS)


@router.get("/problems")
async def show_problems() -> HTMLResponse:
    """Show each problem's code and each reason, and what to do about it."""
    texts = wording("problems", "en")
    reasons = {
        key.removeprefix("reason."): text
        for key, text in texts.texts.items()
        if key.startswith("reason.")
    }
    return _page("problems.html", statuses=STATUS, texts=texts.texts, reasons=reasons)


def mount(app: FastAPI) -> None:
    """Serve the pages' own files and the Swagger UI distribution."""
    files = StaticFiles(
        packages=[("app", "templates/docs/assets"), ("fastapi_swagger", "resources")]
    )
    app.mount("/docs/assets", files, name="docs_assets")


def _page(template: str, **values: object) -> HTMLResponse:
    return HTMLResponse(_PAGES.get_template(template).render(**values), headers=_HEADERS)


def _with_code(text: str) -> Markup:
    """Set what stands between backticks as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped


_PAGES.filters["with_code"] = _with_code


def _groups(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Sort the operations under their tags, as the document orders both."""
    groups = [{**tag, "operations": []} for tag in document["tags"]]
    by_name = {group["name"]: group for group in groups}
    for path, item in document["paths"].items():
        for method, operation in item.items():
            row = {"method": method.upper(), "path": path, "summary": operation["summary"]}
            by_name[operation["tags"][0]]["operations"].append(row)
    return groups
