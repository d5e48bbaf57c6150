"""What a request to a client's link tells about who made it."""

import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import Request

from app.kernel.wording import wording
from app.web.dependencies import source_of

HEADER_LENGTH_MAX = 300
SCAN_WINDOW = timedelta(seconds=120)
"""Mail scanners follow links this soon after a message was sent."""

BURST = timedelta(seconds=10)
"""Within it nobody reads a document, thinks of accepting it, and of rejecting it."""

_SOFT_SIGNS_OF_MACHINE = 2
_SIGNAL_HEADERS = ("sec-purpose", "purpose", "sec-fetch-site", "sec-fetch-mode", "sec-fetch-user")
_ROBOT = re.compile(
    r"bot\b|bot/|crawl|spider|scan|preview|headless|phantom|lighthouse|monitor|"
    r"curl|wget|python|httpx|aiohttp|okhttp|libwww|go-http|java/|axios|node|ruby|perl|"
    r"safelinks|proofpoint|mimecast|barracuda|facebookexternalhit|whatsapp|telegram|skypeuri",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request behind a link, as evidence keeps it.

    Attributes:
        source: The caller's address, past the proxies we trust.
        signals: What the verdict is made of: the method and the browser's fetch headers.
        request_id: Under which our log knows the request.
    """

    source: str
    user_agent: str
    accept_language: str
    signals: Mapping[str, str]
    request_id: str = ""


def visit_of(request: Request) -> Visit:
    """Read a request's headers, bounded and without control characters."""
    signals = {"method": request.method}
    for name in _SIGNAL_HEADERS:
        value = _header(request, name)
        if value:
            signals[name] = value
    return Visit(
        source=source_of(request),
        user_agent=_header(request, "user-agent"),
        accept_language=_header(request, "accept-language"),
        signals=signals,
        request_id=getattr(request.state, "request_id", ""),
    )


def opens_all(pages: AbstractSet[str]) -> bool:
    """Tell whether pages fetched within `BURST` are more than a person wants at once.

    Who accepts has no business on the page to reject: both, and seconds apart, is
    following every link there is.
    """
    return {"accept", "reject"} <= pages


def verdict(
    visit: Visit,
    sent_at: datetime | None,
    at: datetime,
    *,
    pages: AbstractSet[str] = frozenset(),
) -> tuple[str, Sequence[str]]:
    """Judge a page fetch: `human`, `machine` or `unknown`, and by what signs.

    It decides nothing: a scanner may look like any browser, so only what a page
    sends after a person's touch counts as a view.

    Args:
        visit: The fetch.
        sent_at: When the message with the link left; None when it is not known.
        at: When the page was fetched.
        pages: What was fetched of the link within `BURST`, this page among it.

    Returns:
        The verdict, and the signs that speak against a person, or `followed_link`;
        the catalogue has their texts.
    """
    sure = _sure_signs(visit) + (["opened_all_pages"] if opens_all(pages) else [])
    soft = _soft_signs(visit, sent_at, at)
    signs = [*sure, *soft]
    if sure or len(soft) >= _SOFT_SIGNS_OF_MACHINE:
        return "machine", signs
    if soft:
        return "unknown", signs
    return "human", ["followed_link"]


def explain(signs: Sequence[str], language: str) -> str:
    """Put signs into words for staff."""
    texts = wording("evidence", language)
    words = ", ".join(texts(sign) for sign in signs)
    return f"{words[:1].upper()}{words[1:]}."


def _sure_signs(visit: Visit) -> list[str]:
    purpose = visit.signals.get("sec-purpose", "") + visit.signals.get("purpose", "")
    signs = {
        "head_request": visit.signals.get("method") == "HEAD",
        "prefetch": "prefetch" in purpose.lower() or "preview" in purpose.lower(),
        "no_user_agent": not visit.user_agent,
        "robot_user_agent": _ROBOT.search(visit.user_agent) is not None,
    }
    return [name for name, is_seen in signs.items() if is_seen]


def _soft_signs(visit: Visit, sent_at: datetime | None, at: datetime) -> list[str]:
    signs = {
        "soon_after_sending": sent_at is not None and at - sent_at < SCAN_WINDOW,
        "no_accept_language": not visit.accept_language,
        "not_followed_by_user": visit.signals.get("sec-fetch-user") != "?1",
    }
    return [name for name, is_seen in signs.items() if is_seen]


def _header(request: Request, name: str) -> str:
    value = request.headers.get(name, "")[:HEADER_LENGTH_MAX]
    return "".join(char for char in value if char.isprintable())
