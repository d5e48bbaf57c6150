"""From a page's values to its HTML; everything is escaped by the template engine."""

import hashlib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.kernel.wording import wording
from app.portal.confirming import ConfirmPage
from app.portal.frames import MessagePage
from app.portal.pages import DocumentPage
from app.portal.pay_pages import ChoosePage, LeavingPage, OutcomePage, TransferPage

Page = (
    DocumentPage | ConfirmPage | MessagePage | ChoosePage | LeavingPage | TransferPage | OutcomePage
)

TEMPLATES = Path(__file__).parent.parent / "templates" / "pages"
STATIC = TEMPLATES / "static"

_ENVIRONMENT = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


_NAMES: Mapping[type, str] = {
    DocumentPage: "document",
    ConfirmPage: "confirm",
    MessagePage: "message",
    ChoosePage: "pay",
    LeavingPage: "leaving",
    TransferPage: "transfer",
    OutcomePage: "outcome",
}


def render(page: Page) -> str:
    """Give the HTML of a page in its language."""
    template = _ENVIRONMENT.get_template(f"{_NAMES[type(page)]}.html")
    texts = wording("pages", page.frame.language)
    return template.render(page=page, frame=page.frame, t=texts, version=asset_version)


@cache
def asset(name: str) -> bytes:
    """Read a file of ours, once per process."""
    return (STATIC / name).read_bytes()


@cache
def asset_version(name: str) -> str:
    """Name a file's content, so that browsers may keep it for ever."""
    return hashlib.sha256(asset(name)).hexdigest()[:12]
