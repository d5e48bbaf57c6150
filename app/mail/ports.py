"""The port to a mail transport: one message, one recipient, one receipt."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Envelope:
    """One SMTP transaction: the stored bytes, one sender and one recipient.

    Attributes:
        sender: The return path (MAIL FROM).
        recipient: The one address it goes to (RCPT TO), ASCII.
        content: The complete message, CRLF only; sent as it is on every attempt.
        message_id: Its Message-ID, with angle brackets.
    """

    sender: str
    recipient: str
    content: bytes
    message_id: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """The next hop accepted the message.

    Attributes:
        code: SMTP code of the final answer, such as 250.
        text: Its text, cut to 500 characters.
        host: Whom we spoke to.
        is_encrypted: Whether TLS protected the conversation.
    """

    code: int
    text: str
    host: str
    is_encrypted: bool


class Failure(StrEnum):
    """Why a message did not leave; it decides whether to try again."""

    TRANSPORT = "transport"
    """The relay cannot be reached or ended the talk before DATA; costs no attempt."""
    CONFIGURATION = "configuration"
    """TLS or authentication is wrong; the transport pauses until someone mends it."""
    TEMPORARY = "temporary"
    """The relay asks to try later; costs an attempt."""
    SENDER = "sender"
    """MAIL FROM was refused for good; ours to mend, final for this message."""
    TOO_LARGE = "too_large"
    """Over the relay's size limit; final, may be sent without attachment."""
    NO_SUCH_ADDRESS = "no_such_address"
    """The recipient does not exist; final, the address is suppressed."""
    POLICY = "policy"
    """Refused as spam or by policy; final, the address is not to blame."""
    REFUSED = "refused"
    """Any other final refusal."""
    UNCERTAIN = "uncertain"
    """Silence after the final dot: it may or may not have been accepted."""


class Stage(StrEnum):
    """How far one attempt had come when it ended."""

    CONNECT = "connect"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    CONTENT = "content"
    """The message and its final dot are on their way: silence is uncertain."""


class MailError(Exception):
    """A message did not leave, or may not have.

    Attributes:
        failure: The class of the failure, which decides what happens next.
        code: The SMTP code, when there was one.
        text: What the other side said, cut to 500 characters, no secrets.
        host: Whom we spoke to.
        retry_after_s: When the answer named a wait, that many seconds.
        stage: How far it had come; None for what we refuse ourselves.
    """

    def __init__(
        self,
        failure: Failure,
        *,
        code: int | None,
        text: str,
        host: str,
        retry_after_s: int | None = None,
        stage: Stage | None = None,
    ) -> None:
        super().__init__(f"{failure}: {code or '-'} {text}")
        self.failure = failure
        self.code = code
        self.text = text
        self.host = host
        self.retry_after_s = retry_after_s
        self.stage = stage


class Withheld(Exception):
    """The sender said at the last moment that the message must not leave; it did not."""


AboutToSend = Callable[[], Awaitable[bool]]
"""Asked when the next hop has accepted the recipient, just before the message's first byte.

The sender writes down that the message may be gone from here on, and gives True; False
holds it back. It must not raise.
"""


class MailTransport(Protocol):
    """Somewhere a message can be handed to."""

    async def send(self, envelope: Envelope, about_to_send: AboutToSend) -> Receipt:
        """Hand one message over.

        Raises:
            MailError: It was not accepted, or we cannot know.
            Withheld: `about_to_send` said no; nothing left.
        """
        ...


@dataclass(frozen=True, slots=True)
class SmtpAccount:
    """An SMTP server and how to enter it."""

    host: str
    port: int
    security: Literal["tls", "starttls", "none"]
    username: str | None = None
    password: str | None = field(default=None, repr=False)


class HostRefused(Exception):
    """A server is not to be connected to.

    Attributes:
        field: `host` or `port`: which of the two is at fault.
        code: Machine word, such as `smtp.host_private`.
    """

    def __init__(self, field: str, code: str) -> None:
        super().__init__(code)
        self.field = field
        self.code = code


class MailRelays(Protocol):
    """The servers that organizations name."""

    async def require_usable(self, account: SmtpAccount) -> None:
        """Refuse a host that is not to be connected to.

        Raises:
            HostRefused: Its port is not one of mail, it is unknown, or it is not public.
        """
        ...

    def relay(self, account: SmtpAccount) -> MailTransport:
        """Give the way to an account's server."""
        ...

    def trial(self, account: SmtpAccount | None) -> MailTransport:
        """Give a way for one message, with little patience; the platform's for None."""
        ...
