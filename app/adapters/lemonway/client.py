"""Asking Lemonway: within limits, with a token, and never twice for a write."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol, TypeVar

import httpx
from pydantic import BaseModel, JsonValue, ValidationError

from app.adapters.lemonway.access import Limits
from app.adapters.lemonway.breaker import Breaker
from app.adapters.lemonway.errors import NO_TRANSACTION, Answer, is_unauthorized
from app.adapters.lemonway.tokens import Tokens
from app.payments.ports import Failure, GatewayError, GatewayRefused, GatewayUnavailable

Model = TypeVar("Model", bound=BaseModel)
Made = TypeVar("Made")
Found = TypeVar("Found")
Upload = tuple[str, bytes, str]
"""File name, content, content type."""

_NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_TOO_MANY = 429
_PATIENCE_S = 5
"""The longest wait that somebody who waits for us can bear."""
_LONGEST_WAIT_S = 3600
_SEGMENT = re.compile(r"[A-Za-z0-9_-]{1,100}")


class FindsError(Protocol):
    """Reads the errors of one API family."""

    def __call__(self, answer: Answer, *, is_write: bool) -> GatewayError | None:
        """Give the error in an answer, if there is one."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, before it has a token.

    Attributes:
        path: Under the family's base.
        query: Parameters that are None are left out.
        body: Sent as JSON.
        form: Fields beside an upload.
        upload: Sent as the form's `file`.
        caller_ip: The payer's address, when a browser asked.
    """

    method: str
    path: str
    query: Mapping[str, str | int | None] | None = None
    body: Mapping[str, JsonValue] | None = None
    form: Mapping[str, str] | None = None
    upload: Upload | None = None
    caller_ip: str | None = None

    @property
    def is_write(self) -> bool:
        """Whether it may change something."""
        return self.method != "GET"


class Wire:
    """The connection: sends a request and reads the answer, within the limits."""

    def __init__(self, http: httpx.AsyncClient, limits: Limits) -> None:
        self._http = http
        self._limits = limits

    async def exchange(self, request: httpx.Request) -> Answer:
        """Send one request and read the whole answer.

        Raises:
            GatewayUnavailable: Nothing usable came; in doubt when it may have arrived.
        """
        limits = self._limits
        timeout = httpx.Timeout(limits.read_s, connect=limits.connect_s)
        request.extensions = {**request.extensions, "timeout": timeout.as_dict()}
        try:
            async with asyncio.timeout(limits.total_s):
                response = await self._http.send(request, stream=True)
                try:
                    body = await self._read(response)
                finally:
                    await response.aclose()
        except _NOTHING_SENT as error:
            raise GatewayUnavailable(f"not reached: {type(error).__name__}") from None
        except (httpx.HTTPError, TimeoutError) as error:
            raise GatewayUnavailable(
                f"no whole answer: {type(error).__name__}", is_in_doubt=True
            ) from None
        return Answer(response.status_code, body, _wait_s(response.headers.get("Retry-After")))

    async def _read(self, response: httpx.Response) -> bytes:
        body = bytearray()
        async for piece in response.aiter_bytes():
            body += piece
            if len(body) > self._limits.answer_bytes:
                raise GatewayUnavailable("the answer is too large", is_in_doubt=True)
        return bytes(body)


class Client:
    """Speaks to one API family.

    Reads are repeated a few times. A write is sent once: whoever asked for it looks for it by
    our reference before asking again.
    """

    def __init__(
        self,
        wire: Wire,
        tokens: Tokens,
        limits: Limits,
        *,
        base: str,
        server_ip: str,
        finds_error: FindsError,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        self._wire = wire
        self._tokens = tokens
        self._limits = limits
        self._breaker = Breaker(limits.failures_max, limits.rest_s)
        self._base = base.rstrip("/")
        self._server_ip = server_ip
        self._finds_error = finds_error
        self._sleep = sleep

    async def ask(self, call: Call, gives: type[Model]) -> Model:
        """Send a call and read its answer.

        Raises:
            GatewayRefused: Lemonway said no.
            GatewayUnavailable: There is no usable answer.
        """
        pause_s = self._limits.pause_s
        tries_left = 1 if call.is_write else self._limits.reads_tried
        while True:
            tries_left -= 1
            try:
                return await self._ask_once(call, gives)
            except GatewayUnavailable as error:
                if not tries_left or (error.retry_after_s or 0) > _PATIENCE_S:
                    raise
                await self._sleep(error.retry_after_s or pause_s)
                pause_s *= 2

    async def _ask_once(self, call: Call, gives: type[Model]) -> Model:
        self._breaker.require_open()
        try:
            model = await self._understand(call, gives)
        except GatewayRefused:
            self._breaker.succeed()
            raise
        except GatewayUnavailable as error:
            if error.retry_after_s is not None:
                self._breaker.wait(error.retry_after_s)
            else:
                self._breaker.fail()
            raise
        self._breaker.succeed()
        return model

    async def _understand(self, call: Call, gives: type[Model]) -> Model:
        answer = await self._exchange(call)
        error = self._finds_error(answer, is_write=call.is_write)
        if error is not None:
            raise error
        try:
            return gives.model_validate_json(answer.body)
        except ValidationError as invalid:
            fields = ", ".join(".".join(map(str, one["loc"])) for one in invalid.errors()[:5])
            raise GatewayUnavailable(
                f"{call.method} {call.path}: cannot be read at {fields or 'the start'}",
                is_in_doubt=call.is_write,
            ) from None

    async def _exchange(self, call: Call) -> Answer:
        """Send it with a token, and once more with a new one when that is refused."""
        token = await self._token()
        answer = await self._send(call, token)
        if is_unauthorized(answer):
            self._tokens.drop(token)
            answer = await self._send(call, await self._token())
        return answer

    async def _token(self) -> str:
        try:
            return await self._tokens.current()
        except GatewayUnavailable as error:  # nothing was asked of the API itself
            raise GatewayUnavailable(error.text, retry_after_s=error.retry_after_s) from None

    async def _send(self, call: Call, token: str) -> Answer:
        request = self._http_request(call, token)
        try:
            answer = await self._wire.exchange(request)
        except GatewayUnavailable as error:
            raise GatewayUnavailable(
                f"{call.method} {call.path}: {error.text}",
                is_in_doubt=error.is_in_doubt and call.is_write,
            ) from None
        if answer.status == _TOO_MANY and answer.retry_after_s is None:
            return Answer(answer.status, answer.body, round(self._limits.rest_s))
        return answer

    def _http_request(self, call: Call, token: str) -> httpx.Request:
        query = {name: value for name, value in (call.query or {}).items() if value is not None}
        return httpx.Request(
            call.method,
            self._base + call.path,
            params=query or None,
            headers={
                "Authorization": f"Bearer {token}",  # Online Onboarding refuses `bearer`
                "Accept": "application/json",
                "PSU-IP-Address": call.caller_ip or self._server_ip,
            },
            json=call.body,
            data=call.form,
            files={"file": call.upload} if call.upload else None,
        )


def segment(name: str) -> str:
    """Let a name into a path: some come from calls that anybody can make.

    Raises:
        GatewayRefused: It is no name of theirs or ours.
    """
    if _SEGMENT.fullmatch(name) is None:
        raise GatewayRefused(Failure.INVALID, text="not a name")
    return name


async def found(search: Awaitable[Found], nothing: Found) -> Found:
    """Give what a search finds; they call nothing found an error."""
    try:
        return await search
    except GatewayRefused as refused:
        if refused.code != NO_TRANSACTION:
            raise
        return nothing


async def made_after_all(
    error: GatewayUnavailable, find: Callable[[], Awaitable[Made | None]]
) -> Made:
    """Look for what a write in doubt may have made.

    Raises:
        GatewayUnavailable: Nothing is found; the doubt stays, it may still be under way.
    """
    if error.is_in_doubt:
        with suppress(GatewayError):
            made = await find()
            if made is not None:
                return made
    raise error


def _wait_s(text: str | None) -> int | None:
    """Read Retry-After in seconds; its other form, a date, is not worth a clock."""
    if text is None or not (text.isascii() and text.isdecimal()):
        return None
    return min(int(text), _LONGEST_WAIT_S)
