"""Showing pages of the stand-in."""

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from app.kernel.wording import wording

_TEMPLATES = Path(__file__).parent.parent.parent / "templates"
_STYLES = {
    "page.css": _TEMPLATES / "pages" / "static" / "page.css",
    "sandbox.css": _TEMPLATES / "sandbox" / "sandbox.css",
}
_HEADERS = {
    # No form-action: after a form, browsers hold redirects to the merchant's page against it.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def show(template: str, language: str, *, status: int = 200, **values: object) -> Response:
    """Show a page."""
    page = _templates().get_template(template)
    html = page.render(t=wording("hosted", language), language=language, **values)
    return HTMLResponse(html, status_code=status, headers=_HEADERS)


def styles() -> Route:
    """Give the route of the stylesheets."""
    return Route("/static/{name}", _style)


async def _style(request: Request) -> Response:
    path = _STYLES.get(request.path_params["name"])
    if path is None:
        return PlainTextResponse("404 not found", status_code=404)
    return FileResponse(path, media_type="text/css")


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(_TEMPLATES / "sandbox"), autoescape=select_autoescape()
    )
