"""What every request to a link meets first: limits, so that tokens cannot be guessed."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, Path, Request

from app.kernel.database import Database
from app.portal.service import UnknownLink
from app.web.dependencies import Now, Source, network_of, provided
from app.web.rate_limits import BAD_TOKENS, LINK_REQUESTS, Limit, RateLimits

Token = Annotated[
    str,
    Path(
        description="The secret of the link, as mailed; it is the authority.",
        examples=["mT9p2uXhWw3Y5bq0Jr8cVd1LkZs7EaGfN4iRoQ6tBxM"],
    ),
]


async def guard(request: Request, token: Token, source: Source, at: Now) -> AsyncIterator[None]:
    """Hold the limits of a link and of a source; count only tokens that lead nowhere.

    It is entered before the request's transaction and left after it, so a request
    never holds two connections.

    Raises:
        TooMany: The link is asked for too often, or the source guesses.
    """
    limits = provided(request, RateLimits)
    network = network_of(source)
    async with provided(request, Database).transaction() as tx:
        await limits.check_within(tx, BAD_TOKENS, network, at=at)
        await limits.take_within(tx, LINK_REQUESTS, token, at=at)
    try:
        yield
    except UnknownLink:
        await limits.take(BAD_TOKENS, network, at=at)
        raise


Guard = Depends(guard, scope="function")


class Sparingly:
    """A limit of one kind of request per link, held before its transaction begins."""

    def __init__(self, limit: Limit) -> None:
        self.limit = limit

    async def __call__(self, request: Request, token: Token, at: Now) -> None:
        """Count one request.

        Raises:
            TooMany: There were too many.
        """
        await provided(request, RateLimits).take(self.limit, token, at=at)
