"""What Lemonway's errors mean to us; looked for in the body first, whatever the status.

Which HTTP status carries a functional error is documented in two ways, so none is relied on.
"""

from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from app.payments.ports import Failure, GatewayError, GatewayRefused, GatewayUnavailable

TEXT_LENGTH = 500
NO_TRANSACTION = 143
"""Also the answer of a search that finds nothing."""

_UNAUTHORIZED, _FORBIDDEN, _MISSING, _CONFLICT = 401, 403, 404, 409
_TOO_MANY, _CLIENT_ERROR, _SERVER_ERROR = 429, 400, 500
_AUTHENTICATION = frozenset({105, 120, 148})
_LATER = frozenset({1, *range(179, 186), 189, 191, 230, 232, 233, 240, 288, 297, 305, 310})
"""Execution or network trouble on their side: it may have happened all the same."""

_FAILURES = {
    Failure.LIMIT_REACHED: {100, 101, 109},
    Failure.INSUFFICIENT_FUNDS: {110, 187},
    Failure.WALLET_NOT_READY: {111, 146, 173},
    Failure.WALLET_BLOCKED: {167, 168},
    Failure.CONFIGURATION: {118, 137, *_AUTHENTICATION},
    Failure.PAYMENT_REFUSED: {124, 170, 171, 172, 209, 296, 304},
    Failure.NOT_CONTRACTED: {138},
    Failure.NOT_FOUND: {NO_TRANSACTION, 147, 162},
    Failure.AMOUNT_NOT_ALLOWED: {151, 365},
    Failure.CONFLICT: {152, 204, 241, 341},
    Failure.PAYOUT_ACCOUNT_MISSING: {215},
    Failure.COMPLIANCE: {236, 237, 238},
    Failure.INVALID: {178, 186, 188, 211, 220, 221, 234, 235, 239, 242, 247, 248, 252, 253, 368},
}
_BY_CODE = {code: failure for failure, codes in _FAILURES.items() for code in codes}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    Attributes:
        body: Read whole, within the limit.
        retry_after_s: When it says so, in seconds.
    """

    status: int
    body: bytes
    retry_after_s: int | None


class _Acquirer(BaseModel):
    message: str | None = None


class _Error(BaseModel):
    model_config = ConfigDict(strict=True)

    code: int
    message: str | None = None
    psp: _Acquirer | None = None


class _Wrapped(BaseModel):
    error: _Error | None = None


class _OnboardingError(BaseModel):
    message: list[str] | str


def is_unauthorized(answer: Answer) -> bool:
    """Whether a new token may help."""
    error = _directkit_body(answer.body)
    return answer.status == _UNAUTHORIZED or (error is not None and error.code in _AUTHENTICATION)


def directkit_error(answer: Answer, *, is_write: bool) -> GatewayError | None:
    """Find the error in an answer of DirectKit, if there is one."""
    error = _directkit_body(answer.body)
    if error is None:
        return _by_status(answer, "", is_write=is_write)
    acquirer = error.psp.message if error.psp else None
    text = " · ".join(filter(None, (error.message, acquirer)))[:TEXT_LENGTH]
    if error.code in _LATER:
        return GatewayUnavailable(f"{error.code} {text}", is_in_doubt=is_write)
    return GatewayRefused(_BY_CODE.get(error.code, Failure.OTHER), code=error.code, text=text)


def onboarding_error(answer: Answer, *, is_write: bool) -> GatewayError | None:
    """Find the error in an answer of Online Onboarding.

    A broken rule may come as 500 too; unlike a failure of theirs it lists its messages.
    """
    if answer.status < _CLIENT_ERROR:
        return None
    try:
        message = _OnboardingError.model_validate_json(answer.body).message
    except ValidationError:
        return _by_status(answer, "", is_write=is_write)
    if isinstance(message, str):
        return _by_status(answer, message[:TEXT_LENGTH], is_write=is_write)
    text = "; ".join(message)[:TEXT_LENGTH]
    if answer.status >= _SERVER_ERROR:
        return GatewayRefused(Failure.INVALID, text=f"HTTP {answer.status} {text}")
    return _by_status(answer, text, is_write=is_write)


def _directkit_body(body: bytes) -> _Error | None:
    """Read `{"error": {"code", …}}`, or the same without the wrapping."""
    try:
        return _Wrapped.model_validate_json(body).error or _Error.model_validate_json(body)
    except ValidationError:
        return None


def _by_status(answer: Answer, text: str, *, is_write: bool) -> GatewayError | None:
    said = f"HTTP {answer.status} {text}".strip()
    if answer.status < _CLIENT_ERROR:
        return None
    if answer.status == _TOO_MANY:
        return GatewayUnavailable(said, retry_after_s=answer.retry_after_s)
    if answer.status >= _SERVER_ERROR:
        return GatewayUnavailable(said, is_in_doubt=is_write, retry_after_s=answer.retry_after_s)
    failure = {
        _UNAUTHORIZED: Failure.CONFIGURATION,
        _FORBIDDEN: Failure.CONFIGURATION,
        _MISSING: Failure.NOT_FOUND,
        _CONFLICT: Failure.CONFLICT,
    }.get(answer.status, Failure.INVALID)
    return GatewayRefused(failure, text=said)
