"""A user's agenda for their calendar program: an address with a secret, revocable."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from app.commercial import calendar, feeding
from app.commercial.calendar import MEDIA_TYPE
from app.commercial.feed_schemas import FeedView, NewFeedView
from app.kernel.actor import Actor, Permission
from app.kernel.database import Database
from app.kernel.errors import NotFound
from app.organizations import queries as organizations
from app.organizations.access import Requires
from app.settings import Settings
from app.web.conditional import ShowsMore
from app.web.declarations import Public
from app.web.dependencies import (
    MustSee,
    Now,
    Source,
    Tx,
    network_of,
    provided,
    set_etag,
)
from app.web.rate_limits import BAD_TOKENS, LINK_REQUESTS, RateLimits
from app.web.routing import Route

router = APIRouter(prefix="/v1", tags=["commercial"], route_class=Route)

Reader = Annotated[Actor, Depends(Requires(Permission.COMMERCIAL_READ))]
Token = Annotated[
    str,
    Query(
        max_length=200,
        description="The secret of the feed; it is the authority.",
        examples=["q3Jr0jvWm0kqk8h1mYvY3o2rYV1h2y6tN1xS0sYtq9E"],
    ),
]
ANYONE = Public("The token of the feed is the authority.")


async def guard(request: Request, token: Token, source: Source, at: Now) -> AsyncIterator[None]:
    """Hold the limits of a feed and of a source; count only tokens that lead nowhere.

    Raises:
        TooMany: The feed is asked for too often, or the source guesses.
    """
    limits = provided(request, RateLimits)
    network = network_of(source)
    async with provided(request, Database).transaction() as tx:
        await limits.check_within(tx, BAD_TOKENS, network, at=at)
        await limits.take_within(tx, LINK_REQUESTS, token, at=at)
    try:
        yield
    except NotFound:
        await limits.take(BAD_TOKENS, network, at=at)
        raise


@router.get("/agenda-feed", dependencies=[ShowsMore])
async def get_agenda_feed(actor: Reader, tx: Tx, response: Response) -> FeedView:
    """Tell whether a calendar program can read your agenda."""
    view = FeedView.of(await feeding.find(tx, actor))
    set_etag(response, view.version)
    return view


@router.post("/agenda-feed", status_code=201)
async def create_agenda_feed(
    actor: Reader, tx: Tx, at: Now, request: Request, response: Response
) -> NewFeedView:
    """Make an address from which a calendar program reads your open actions.

    The address is in this answer alone. Asked for again, a new one takes its place.
    """
    feed, token = await feeding.open_feed(tx, actor, at=at)
    public_url = provided(request, Settings).public_url
    view = NewFeedView(
        **FeedView.of(feed).model_dump(),
        token=token,
        url=f"{public_url}{router.prefix}/agenda.ics?token={token}",
    )
    hidden = view.model_copy(update={"token": None, "url": None})
    request.state.body_to_repeat = hidden.model_dump_json().encode()
    response.headers["Location"] = f"{router.prefix}/agenda-feed"
    set_etag(response, view.version)
    return view


@router.delete("/agenda-feed", status_code=204)
async def delete_agenda_feed(actor: Reader, tx: Tx, at: Now, seen: MustSee) -> None:
    """Revoke the address: no calendar program reads your agenda any more."""
    feed = await feeding.find(tx, actor)
    seen.check(feed.version if feed else 0)
    await feeding.close_feed(tx, actor, at=at)


@router.get(
    "/agenda.ics",
    response_class=Response,
    responses={200: {"content": {MEDIA_TYPE: {"schema": {"type": "string"}}}}},
    dependencies=[Depends(ANYONE), Depends(guard, scope="function")],
)
async def read_agenda(token: Token, tx: Tx) -> Response:
    """Read a user's open actions as a calendar (iCalendar, RFC 5545).

    An unknown and a revoked address answer the same 404.
    """
    organization_id, user_id = await feeding.enter(tx, token)
    organization = await organizations.get(tx, organization_id)
    entries = await feeding.entries(tx, organization_id, user_id)
    content = calendar.write(organization.name, entries)
    return Response(content, media_type=MEDIA_TYPE)
