"""The token, the breaker and the table of errors, each alone."""

import asyncio

import httpx
import pytest

from app.adapters.lemonway.breaker import Breaker
from app.adapters.lemonway.errors import Answer, directkit_error, onboarding_error
from app.adapters.lemonway.tokens import Tokens
from app.payments.ports import Failure, GatewayRefused, GatewayUnavailable


class Stopwatch:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class TokenEndpoint:
    def __init__(self, *answers: bytes, status: int = 200) -> None:
        self.answers = list(answers)
        self.status = status
        self.asked = 0

    async def __call__(self, _: httpx.Request) -> Answer:
        self.asked += 1
        await asyncio.sleep(0)
        return Answer(self.status, self.answers.pop(0), None)


def a_token(name: str, expires_in: int) -> bytes:
    return b'{"access_token": "%s", "expires_in": %d}' % (name.encode(), expires_in)


async def test_a_token_is_kept_and_renewed_a_minute_early() -> None:
    endpoint, watch = TokenEndpoint(a_token("a", 600), a_token("b", 600)), Stopwatch()
    tokens = Tokens("https://auth.example", "key", endpoint, watch)
    assert {await tokens.current() for _ in range(3)} == {"a"}
    watch.now += 539
    assert await tokens.current() == "a"
    watch.now += 1
    assert await tokens.current() == "b"
    assert endpoint.asked == 2


async def test_many_callers_share_one_renewal() -> None:
    endpoint = TokenEndpoint(a_token("a", 2), a_token("b", 2))
    tokens = Tokens("https://auth.example", "key", endpoint, Stopwatch())
    assert await asyncio.gather(*(tokens.current() for _ in range(5))) == ["a"] * 5
    tokens.drop("older")
    assert await tokens.current() == "a"
    tokens.drop("a")
    assert await tokens.current() == "b"


async def test_a_failed_renewal_fails_all_who_wait_and_is_tried_anew() -> None:
    endpoint = TokenEndpoint(b"", a_token("a", 600))
    tokens = Tokens("https://auth.example", "key", endpoint, Stopwatch())
    waiting = [asyncio.create_task(tokens.current()) for _ in range(3)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert isinstance(outcomes[0], asyncio.CancelledError)
    assert all(isinstance(one, GatewayUnavailable) for one in outcomes[1:])
    assert await tokens.current() == "a"
    assert endpoint.asked == 2


@pytest.mark.parametrize("body", [b"", b"{}", a_token("", 600), a_token("a", 0), b"<html>"])
async def test_no_token_in_the_answer(body: bytes) -> None:
    tokens = Tokens("https://auth.example", "key", TokenEndpoint(body), Stopwatch())
    with pytest.raises(GatewayUnavailable):
        await tokens.current()


async def test_the_key_does_not_show() -> None:
    body = b'{"Error": {"Message": "Unauthorized key"}}'
    tokens = Tokens("https://auth.example", "key", TokenEndpoint(body, status=401), Stopwatch())
    with pytest.raises(GatewayRefused) as refused:
        await tokens.current()
    assert refused.value.failure is Failure.CONFIGURATION


def test_after_a_rest_one_tries_and_the_others_wait() -> None:
    watch = Stopwatch()
    breaker = Breaker(2, 30, watch)
    breaker.fail()
    breaker.require_open()
    breaker.fail()
    with pytest.raises(GatewayUnavailable) as unavailable:
        breaker.require_open()
    assert unavailable.value.retry_after_s == 30
    watch.now += 30
    breaker.require_open()
    with pytest.raises(GatewayUnavailable):
        breaker.require_open()
    breaker.succeed()
    breaker.require_open()


def test_a_success_does_not_shorten_the_wait_we_were_told() -> None:
    watch = Stopwatch()
    breaker = Breaker(2, 30, watch)
    breaker.wait(10)
    breaker.succeed()
    with pytest.raises(GatewayUnavailable):
        breaker.require_open()
    watch.now += 10
    breaker.require_open()


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        (100, Failure.LIMIT_REACHED), (110, Failure.INSUFFICIENT_FUNDS),
        (124, Failure.PAYMENT_REFUSED), (138, Failure.NOT_CONTRACTED), (147, Failure.NOT_FOUND),
        (151, Failure.AMOUNT_NOT_ALLOWED), (152, Failure.CONFLICT), (168, Failure.WALLET_BLOCKED),
        (173, Failure.WALLET_NOT_READY), (215, Failure.PAYOUT_ACCOUNT_MISSING),
        (234, Failure.INVALID), (236, Failure.COMPLIANCE), (118, Failure.CONFIGURATION),
        (99_999, Failure.OTHER),
    ],
)  # fmt: skip
def test_what_a_code_means(code: int, failure: Failure) -> None:
    body = b'{"error": {"code": %d, "message": "m", "psp": {"message": "05-00-05"}}}' % code
    error = directkit_error(Answer(200, body, None), is_write=True)
    assert isinstance(error, GatewayRefused)
    assert (error.failure, error.code, error.text) == (failure, code, "m · 05-00-05")


@pytest.mark.parametrize("code", [1, 180, 240, 288, 297])
def test_their_own_trouble_leaves_a_write_in_doubt(code: int) -> None:
    answer = Answer(200, b'{"code": %d, "message": "try later"}' % code, None)
    for is_write in (True, False):
        error = directkit_error(answer, is_write=is_write)
        assert isinstance(error, GatewayUnavailable)
        assert error.is_in_doubt is is_write


def test_an_answer_without_error_is_none() -> None:
    for body in (b'{"id": 1, "error": null}', b"[]", b""):
        assert directkit_error(Answer(200, body, None), is_write=True) is None


def test_online_onboarding_says_why() -> None:
    body = b'{"statusCode": 400, "message": ["phoneNumber is too short", "name is empty"]}'
    error = onboarding_error(Answer(400, body, None), is_write=True)
    assert isinstance(error, GatewayRefused)
    assert error.failure is Failure.INVALID
    assert "phoneNumber is too short; name is empty" in error.text
    assert isinstance(onboarding_error(Answer(500, body, None), is_write=True), GatewayRefused)
    body = b'{"statusCode": 500, "message": "Internal server error"}'
    assert isinstance(onboarding_error(Answer(500, body, None), is_write=True), GatewayUnavailable)
    assert onboarding_error(Answer(201, b"{}", None), is_write=True) is None
