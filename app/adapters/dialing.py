"""Connecting to a host that an organization named: every address it has must be public.

The name is resolved, all answers are looked at, and the connection goes to the very
address that passed; so a name that answers differently a moment later changes nothing.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from app.kernel.networks import is_public

Address: TypeAlias = tuple[str, int]
Resolve: TypeAlias = Callable[[str, int], Awaitable[list[Address]]]

_CONNECT_S = 10.0
_ADDRESSES_MAX = 4


class AddressRefused(OSError):
    """The host has an address that is not public."""


class Dialer:
    """Opens TCP connections to hosts that strangers name.

    Args:
        allows_private: Let private and loopback addresses pass; for a sandbox.
        resolve: Gives a host's addresses; the system's resolver by default.
    """

    def __init__(self, *, allows_private: bool, resolve: Resolve | None = None) -> None:
        self.allows_private = allows_private
        self._resolve = resolve or _ask_the_system

    async def addresses(self, host: str, port: int) -> list[Address]:
        """Give a host's addresses, all of which passed.

        Raises:
            AddressRefused: One is not public.
            OSError: The host is unknown.
        """
        async with asyncio.timeout(_CONNECT_S):
            found = await self._resolve(host, port)
        if not found:
            raise OSError(f"{host} has no address")
        if not self.allows_private and not all(is_public(address) for address, _ in found):
            raise AddressRefused(f"{host} is not on the public network")
        return found

    async def open(self, host: str, port: int) -> socket.socket:
        """Connect to the first address that answers.

        Raises:
            AddressRefused: One of its addresses is not public.
            OSError: None answers.
        """
        failure: OSError = OSError(f"{host} does not answer")
        for address in (await self.addresses(host, port))[:_ADDRESSES_MAX]:
            try:
                return await _connect(address)
            except OSError as error:
                failure = error
        raise failure


async def _connect(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    opened.setblocking(False)  # noqa: FBT003 - the socket's own face
    try:
        async with asyncio.timeout(_CONNECT_S):
            await asyncio.get_running_loop().sock_connect(opened, address)
    except BaseException:
        opened.close()
        raise
    return opened


async def _ask_the_system(host: str, port: int) -> list[Address]:
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError:
        raise OSError(f"{host} is no host name") from None
    return [(str(entry[4][0]), port) for entry in found]
