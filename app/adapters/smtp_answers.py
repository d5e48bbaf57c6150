"""What an SMTP server's refusal, or its silence, means for a message."""

import re
import ssl

from aiosmtplib.errors import SMTPException, SMTPResponseException

from app.mail.ports import Failure, MailError, Stage

CODES = range(200, 600)
TEXT_LENGTH = 500
LONGEST_WAIT_S = 24 * 60 * 60


_CLOSING = 421
_LOGIN_LATER = 454
_LOGIN_MISSING = frozenset({530, 534, 535, 538})
_NO_MAILBOX = 550
_TRANSIENT, _PERMANENT = 4, 5

_BY_STATUS = {
    (3, 4): Failure.TOO_LARGE,
    (2, 3): Failure.TOO_LARGE,
    (1, 7): Failure.SENDER,  # these two speak of the sender even when RCPT is refused
    (1, 8): Failure.SENDER,
}
_BY_SUBJECT = {1: Failure.NO_SUCH_ADDRESS, 7: Failure.POLICY}
_BY_CODE = {552: Failure.TOO_LARGE, 554: Failure.POLICY}

_ENHANCED = re.compile(r"^\s*([245])\.(\d{1,3})\.(\d{1,3})\b", re.MULTILINE)
_POLICY_WORDS = re.compile(
    r"\b(spam|policy|block(?:ed|list)?|black ?list(?:ed)?|reputation|denied|relay(?:ing)?"
    r"|spf|dkim|dmarc|rbl|unsolicited|virus|not authori[sz]ed|unauthenticated)\b",
    re.IGNORECASE,
)
_WAIT = re.compile(r"\b(\d{1,5})\s*(?:(s|secs?|seconds?)|(m|mins?|minutes?)|(h|hours?))\b", re.I)  # noqa: FURB167 - fits the line
_UNITS_S = (1, 60, 3600)


def mail_error(stage: Stage, error: SMTPException | OSError, host: str) -> MailError:
    """Translate what aiosmtplib or the network raised."""
    if isinstance(error, SMTPResponseException):
        failure = failure_of(stage, error.code, error.message)
        code = error.code if error.code in CODES else None
        waits = failure in (Failure.TEMPORARY, Failure.TRANSPORT)
        text = one_line(error.message)
        retry_after_s = wait_s(text) if waits else None
        return MailError(
            failure, code=code, text=text, host=host, retry_after_s=retry_after_s, stage=stage
        )
    if _is_tls_trouble(error) or not isinstance(error, OSError):
        # A bare SMTPException is neither an answer nor a lost line: STARTTLS or AUTH not offered.
        failure = Failure.CONFIGURATION
    else:
        failure = Failure.UNCERTAIN if stage is Stage.CONTENT else Failure.TRANSPORT
    text = one_line(str(error)) or f"no answer at {stage}"
    return MailError(failure, code=None, text=text, host=host, stage=stage)


def failure_of(stage: Stage, code: int, text: str) -> Failure:
    """Say what a refusal means.

    Args:
        stage: Where in the transaction it came.
        code: The three-digit code; anything outside 400 to 599 is nonsense here.
        text: The rest of the answer, which may begin with an enhanced status.

    Source:
        RFC 3463 for the enhanced status, which beats the code unless its
        subject is 0 ("other or undefined").
    """
    if code == _CLOSING or stage is Stage.CONNECT:
        return Failure.TRANSPORT
    if stage in (Stage.STARTTLS, Stage.AUTH) or code in _LOGIN_MISSING:
        return Failure.CONFIGURATION
    kind, status = _read_status(code, text)
    if kind == _TRANSIENT:
        # At MAIL, 454 says that TLS or the log-in is not to be had; at RCPT only "later".
        is_login = code == _LOGIN_LATER and stage is Stage.MAIL
        return Failure.CONFIGURATION if is_login else Failure.TEMPORARY
    if kind == _PERMANENT:
        return _permanent(stage, code, status, text)
    return Failure.UNCERTAIN if stage is Stage.CONTENT else Failure.TRANSPORT


def wait_s(text: str) -> int | None:
    """Find the wait an answer names ("try again in 5 minutes"), at most a day."""
    found = _WAIT.search(text)
    if found is None or found.lastindex is None:
        return None
    return min(int(found[1]) * _UNITS_S[found.lastindex - 2], LONGEST_WAIT_S)


def one_line(text: str) -> str:
    """Write the other side's words on one line, without control characters, cut."""
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(printable.split())[:TEXT_LENGTH]


def _read_status(code: int, text: str) -> tuple[int, tuple[int, int]]:
    """Class, and (subject, detail), which are 0 when there is no enhanced status."""
    found = _ENHANCED.search(text)
    if found is None:
        return code // 100, (0, 0)
    return int(found[1]), (int(found[2]), int(found[3]))


def _permanent(stage: Stage, code: int, status: tuple[int, int], text: str) -> Failure:
    if status[0]:
        failure = _BY_STATUS.get(status) or _BY_SUBJECT.get(status[0]) or Failure.REFUSED
    elif code in _BY_CODE:
        failure = _BY_CODE[code]
    elif _POLICY_WORDS.search(text):
        failure = Failure.POLICY
    else:
        is_unknown = code == _NO_MAILBOX and stage is Stage.RCPT
        failure = Failure.NO_SUCH_ADDRESS if is_unknown else Failure.REFUSED
    is_ours = stage is Stage.MAIL and failure is not Failure.TOO_LARGE
    return Failure.SENDER if is_ours else failure


def _is_tls_trouble(error: BaseException) -> bool:
    """Whether TLS itself failed, rather than the line under it."""
    cause = error if isinstance(error, ssl.SSLError) else error.__cause__
    is_cut = isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError)
    return isinstance(cause, ssl.SSLError) and not is_cut
