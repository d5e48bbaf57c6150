"""The bearer token both APIs take: fetched once, kept until it ends, renewed in time.

Source:
    RFC 6749 §4.4.2. Lemonway asks not to fetch a token per call.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

import httpx
from pydantic import BaseModel, Field, ValidationError

from app.adapters.lemonway.errors import Answer
from app.payments.ports import Failure, GatewayRefused, GatewayUnavailable

_MARGIN_S = 60
_REFUSED = range(400, 429)
_OK = 200


class _Token(BaseModel):
    access_token: str = Field(min_length=1)
    expires_in: int = Field(gt=0)


class Tokens:
    """Holds the current token; many callers share one renewal."""

    def __init__(
        self,
        address: str,
        api_key: str,
        exchange: Callable[[httpx.Request], Awaitable[Answer]],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Describe where tokens come from.

        Args:
            address: The token endpoint.
            api_key: Opaque; sent as it is, not as Base64 of a name and a password.
            exchange: Sends a request within the limits.
            monotonic: Seconds that only grow.
        """
        self._address = address
        self._api_key = api_key
        self._exchange = exchange
        self._monotonic = monotonic
        self._renewal: asyncio.Task[str] | None = None
        self._token: str | None = None
        self._renew_at = 0.0

    async def current(self) -> str:
        """Give a token that holds for a while.

        Raises:
            GatewayRefused: The API key is not accepted.
            GatewayUnavailable: No token can be had now.
        """
        if self._token is not None and self._monotonic() < self._renew_at:
            return self._token
        if self._renewal is None:
            self._renewal = asyncio.create_task(self._renew())
            self._renewal.add_done_callback(self._end_renewal)
        # A caller who gives up leaves the renewal to the others.
        return await asyncio.shield(self._renewal)

    def drop(self, token: str) -> None:
        """Forget a token that was refused, unless it has been replaced already."""
        if self._token == token:
            self._token = None

    async def _renew(self) -> str:
        token = await self._fetch()
        margin_s = min(_MARGIN_S, token.expires_in / 2)
        self._renew_at = self._monotonic() + token.expires_in - margin_s
        self._token = token.access_token
        return self._token

    def _end_renewal(self, renewal: asyncio.Task[str]) -> None:
        self._renewal = None
        if not renewal.cancelled():
            renewal.exception()  # nobody may be left to hear of it

    async def _fetch(self) -> _Token:
        request = httpx.Request(
            "POST",
            self._address,
            headers={
                "Authorization": f"Basic {self._api_key}",
                "Accept": "application/json;charset=UTF-8",
            },
            data={"Grant_type": "client_credentials"},  # their spelling
        )
        answer = await self._exchange(request)
        if answer.status in _REFUSED:
            raise GatewayRefused(Failure.CONFIGURATION, text="the API key is not accepted")
        try:
            if answer.status == _OK:
                return _Token.model_validate_json(answer.body)
        except ValidationError:
            pass
        raise GatewayUnavailable(
            f"no token: HTTP {answer.status}", retry_after_s=answer.retry_after_s
        )
