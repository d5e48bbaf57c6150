"""Everything of one contract with Lemonway, opened and closed together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx

from app.adapters.lemonway.access import Access, Limits
from app.adapters.lemonway.client import Client, Wire
from app.adapters.lemonway.errors import directkit_error, onboarding_error
from app.adapters.lemonway.hooks import LemonwayHints
from app.adapters.lemonway.onboarding import LemonwayOnboarding
from app.adapters.lemonway.payments import LemonwayPayments
from app.adapters.lemonway.payouts import LemonwayPayouts
from app.adapters.lemonway.statements import LemonwayStatements
from app.adapters.lemonway.tokens import Tokens
from app.adapters.lemonway.wallets import LemonwayWallets


@dataclass(frozen=True, slots=True)
class Lemonway:
    """The ports of `app.payments`, as Lemonway fills them."""

    onboarding: LemonwayOnboarding
    wallets: LemonwayWallets
    payments: LemonwayPayments
    payouts: LemonwayPayouts
    statements: LemonwayStatements
    hints: LemonwayHints


@asynccontextmanager
async def open_lemonway(
    access: Access,
    limits: Limits | None = None,
    *,
    transport: httpx.AsyncBaseTransport | None = None,
) -> AsyncIterator[Lemonway]:
    """Open the connections to Lemonway, give its ports, close them.

    Args:
        access: Whose contract, and where.
        limits: Waits and sizes.
        transport: Something else than the network.
    """
    limits = limits or Limits()
    network = transport or httpx.AsyncHTTPTransport(
        local_address="0.0.0.0",  # noqa: S104 - no listening: calls by IPv6 are answered 403
        limits=httpx.Limits(max_connections=limits.connections),
    )
    async with httpx.AsyncClient(transport=network, trust_env=False) as http:
        wire = Wire(http, limits)
        tokens = Tokens(access.addresses.token, access.api_key, wire.exchange)
        directkit = Client(
            wire,
            tokens,
            limits,
            base=access.addresses.directkit,
            server_ip=access.server_ip,
            finds_error=directkit_error,
        )
        onboarding = Client(
            wire,
            tokens,
            limits,
            base=access.addresses.onboarding,
            server_ip=access.server_ip,
            finds_error=onboarding_error,
        )
        yield Lemonway(
            onboarding=LemonwayOnboarding(onboarding, access),
            wallets=LemonwayWallets(directkit),
            payments=LemonwayPayments(directkit, access.addresses.webkit),
            payouts=LemonwayPayouts(directkit),
            statements=LemonwayStatements(directkit),
            hints=LemonwayHints(),
        )
