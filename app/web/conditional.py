"""If-None-Match: what a caller already has is not sent again (RFC 9110 §13.1.2)."""

from fastapi import Depends, Request, Response

_READING = frozenset({"GET", "HEAD"})
_KEPT_HEADERS = ("etag", "vary", "cache-control", "content-location", "expires")


def send_whole(request: Request) -> None:
    """Send the answer even to a caller who has its version.

    For a route whose answer shows more than its version counts, and that has changed.
    """
    request.state.is_sent_whole = True


async def shows_more(request: Request) -> None:
    """Declare of a GET that its answer shows more than its version counts: never 304."""
    send_whole(request)


ShowsMore = Depends(shows_more)


def unless_known(request: Request, response: Response) -> Response:
    """Give 304 in place of an answer whose ETag the caller named, else the answer."""
    etag = response.headers.get("etag")
    if etag is None or request.method not in _READING or response.status_code != 200:  # noqa: PLR2004 - only a whole answer
        return response
    # Labels are in the caller's language: one ETag, one answer per language.
    response.headers.add_vary_header("Accept-Language")
    if getattr(request.state, "is_sent_whole", False) or not _names(request, etag):
        return response
    kept = {name: response.headers[name] for name in _KEPT_HEADERS if name in response.headers}
    return Response(status_code=304, headers=kept, background=response.background)


def _names(request: Request, etag: str) -> bool:
    """Compare weakly, as reading asks for: `W/"7"` is `"7"`; `*` is whatever there is."""
    named = request.headers.getlist("if-none-match")
    parts = [part.strip().removeprefix("W/") for one in named for part in one.split(",")]
    return "*" in parts or etag.removeprefix("W/") in parts
