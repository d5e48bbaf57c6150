"""Lemonway without the network."""

from collections.abc import AsyncIterator

import httpx
import pytest

from app.adapters.lemonway.access import Access, Addresses
from app.adapters.lemonway.gateway import Lemonway, open_lemonway
from tests.adapters.lemonway import samples
from tests.adapters.lemonway.running import IMPATIENT, StandIn, access_at, running_stand_in
from tests.adapters.lemonway.samples import Samples
from tests.adapters.lemonway.worlds import SamplesWorld, StandInWorld, World
from tests.fakes import FixedClock

ACCESS = Access(
    addresses=Addresses(
        token=samples.TOKEN_URL,
        directkit=samples.DIRECTKIT,
        webkit=samples.WEBKIT,
        onboarding=samples.ONBOARDING,
        forms=samples.FORMS,
    ),
    api_key="4f2c-key",
    server_ip="203.0.113.7",
)


@pytest.fixture(scope="session")
async def shared_stand_in() -> AsyncIterator[StandIn]:
    async with running_stand_in(FixedClock()) as stand_in:
        yield stand_in


@pytest.fixture
async def stand_in(shared_stand_in: StandIn) -> StandIn:
    """The stand-in, knowing nothing of the test before."""
    await shared_stand_in.control("reset")
    await shared_stand_in.control("switches", {"returns": "post_lost"})
    return shared_stand_in


@pytest.fixture
async def at_stand_in(stand_in: StandIn) -> AsyncIterator[Lemonway]:
    # The stand-in has no certificates to check, and reading the system's takes a while.
    network = httpx.AsyncHTTPTransport(verify=False)
    async with open_lemonway(access_at(stand_in.url), IMPATIENT, transport=network) as lemonway:
        yield lemonway


@pytest.fixture
def wire() -> Samples:
    return Samples()


@pytest.fixture
async def lemonway(wire: Samples) -> AsyncIterator[Lemonway]:
    async with open_lemonway(ACCESS, IMPATIENT, transport=wire.transport) as opened:
        yield opened


@pytest.fixture(params=["samples", "stand_in"])
def world(request: pytest.FixtureRequest) -> World:
    if request.param == "samples":
        return SamplesWorld(request.getfixturevalue("lemonway"), request.getfixturevalue("wire"))
    return StandInWorld(request.getfixturevalue("at_stand_in"), request.getfixturevalue("stand_in"))
