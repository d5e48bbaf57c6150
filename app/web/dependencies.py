"""What routes ask for: the transaction, the time, a part of the container."""

from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Depends, Header, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from app.kernel.database import Database
from app.kernel.errors import Malformed, PreconditionRequired, VersionConflict
from app.web.problems import language_of

Part = TypeVar("Part")
_IPV6_NETWORK_BITS = 64


# FastAPI sends a plain function to a thread, which costs more than any of these does:
# whatever a route depends on is `async`, also where nothing is awaited.


def provided(request: Request, part: type[Part]) -> Part:
    """Give the container's part of a type.

    Raises:
        LookupError: The container holds no such part.
    """
    parts: dict[type, object] = request.app.state.parts
    found = parts[part]
    is_protocol = getattr(part, "_is_protocol", False)
    if not is_protocol and not isinstance(found, part):
        raise LookupError(part)
    return found  # type: ignore[return-value]  # the table is keyed by the part's own type


def now(request: Request) -> datetime:
    """Give the present instant by the injected clock."""
    instant: datetime = request.app.state.container.clock.now()
    return instant


async def _now(request: Request) -> datetime:
    return now(request)


async def _language(request: Request) -> str:
    return language_of(request)


async def open_for_answer(request: Request, opening: AbstractAsyncContextManager[Part]) -> Part:
    """Open what is closed once the answer is made and before it leaves.

    It goes on the stack of FastAPI's dependencies of scope "function", without the
    generator such a dependency would need. Of a route's exception it learns like any
    `async with`.
    """
    opened: AsyncExitStack = request.scope["fastapi_function_astack"]
    return await opened.enter_async_context(opening)


async def open_transaction(request: Request) -> AsyncSession:
    """Open the request's transaction; it commits before the response leaves."""
    tx = await open_for_answer(request, provided(request, Database).transaction())
    request.state.tx = tx
    return tx


Tx = Annotated[AsyncSession, Depends(open_transaction)]
Now = Annotated[datetime, Depends(_now)]
Language = Annotated[str, Depends(_language)]


async def database(request: Request) -> Database:
    """Give the database, to routes that need two short transactions."""
    return provided(request, Database)


Db = Annotated[Database, Depends(database)]


def note_organization(request: Request, organization_id: UUID) -> None:
    """Note whose data the answer is about: its front ends may read it, its cursors go on."""
    request.state.organization_id = organization_id


class Precondition:
    """The version a caller has seen, from If-Match."""

    def __init__(self, version: int | None) -> None:
        self.version = version

    def check(self, version: int) -> None:
        """Compare with the present version.

        Raises:
            VersionConflict: The caller has seen another.
        """
        if self.version is not None and self.version != version:
            raise VersionConflict(extra={"current_version": version})


def _parse(if_match: str | None) -> int | None:
    if if_match is None or if_match == "*":
        return None
    text = if_match.removeprefix("W/").strip()
    digits = text.strip('"')
    if len(text) != len(digits) + 2 or not digits.isascii() or not digits.isdigit():
        raise Malformed(reason="if_match_invalid")
    if len(digits) > 9:  # noqa: PLR2004 - no version grows beyond an integer
        return -1
    return int(digits)


async def seen_version(
    if_match: Annotated[
        str | None, Header(description='The ETag you have seen, such as `"7"`.', max_length=100)
    ] = None,
) -> Precondition:
    """Honour If-Match on a transition when it is sent."""
    return Precondition(_parse(if_match))


async def required_version(
    if_match: Annotated[
        str | None,
        Header(description='Required: the ETag you have seen, such as `"7"`.', max_length=100),
    ] = None,
) -> Precondition:
    """Require If-Match on a change.

    Raises:
        PreconditionRequired: It is missing.
    """
    if if_match is None:
        raise PreconditionRequired
    return Precondition(_parse(if_match))


Seen = Annotated[Precondition, Depends(seen_version)]
MustSee = Annotated[Precondition, Depends(required_version)]


def set_etag(response: Response, version: int) -> None:
    """Give the resource's version as a strong ETag.

    A GET whose answer shows more than that declares `ShowsMore`.
    """
    response.headers["ETag"] = f'"{version}"'


def set_created(
    response: Response, path: str, identifier: UUID, version: int | None = None
) -> None:
    """Answer 201 with the place of what was created."""
    response.status_code = 201
    response.headers["Location"] = f"{path}/{identifier}"
    if version is not None:
        set_etag(response, version)


def source_of(request: Request) -> str:
    """Give the caller's address, past the proxies we trust.

    `trusted_proxies` of the settings says how many entries at the end of
    X-Forwarded-For were written by ours; the one before is the caller.
    """
    count: int = request.app.state.trusted_proxies
    direct = request.client.host if request.client else "unknown"
    if count == 0:
        return direct
    chain = [part.strip() for part in request.headers.get("x-forwarded-for", "").split(",")]
    chain = [part for part in chain if part]
    return chain[-count][:45] if len(chain) >= count else direct


async def _source(request: Request) -> str:
    return source_of(request)


Source = Annotated[str, Depends(_source)]


def network_of(source: str) -> str:
    """Give the network a source guesses from: its address, or its /64 in IPv6 (pure)."""
    try:
        address = ip_address(source)
    except ValueError:
        return source
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((address, _IPV6_NETWORK_BITS), strict=False))
    return source
