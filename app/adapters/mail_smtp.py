"""Handing messages to a relay over SMTP: one kept connection, one message at a time."""

import asyncio
import socket
import ssl
from base64 import b64encode
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal, TypeAlias

import aiosmtplib
from aiosmtplib.errors import SMTPException, SMTPResponseException

from app.adapters.mail_rest import Rest
from app.adapters.smtp_answers import CODES, mail_error, one_line
from app.kernel.clock import Clock, SystemClock
from app.mail.message import is_address, require_wire_form
from app.mail.ports import AboutToSend, Envelope, Failure, MailError, Receipt, Stage, Withheld

Dial: TypeAlias = Callable[[str, int], Awaitable[socket.socket]]

_CHECK_S = 10.0
_START_INPUT = 354
_CLOSING = 421
_COMPLETED = 2
_IN_TRANSACTION = (Stage.MAIL, Stage.RCPT, Stage.DATA, Stage.CONTENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long each part of an attempt may take, in seconds.

    Source:
        RFC 5321 §4.5.3.2. `total_s` covers the wait for the connection too and
        must stay under the lease of the row being sent.
    """

    connect_s: float = 60.0
    command_s: float = 300.0
    data_s: float = 120.0
    final_s: float = 600.0
    total_s: float = 660.0


class SmtpTransport:
    """A `MailTransport` over one SMTP relay.

    The connection is kept between messages, closed after `messages_max` of them or
    `idle_s` without one, and checked before it is used again. Attempts queue for it.
    When none is to be had, whatever the message, none is asked for until a rest is over.
    """

    def __init__(
        self,
        host: str,
        port: int,
        security: Literal["tls", "starttls", "none"],
        *,
        username: str | None = None,
        password: str | None = None,
        ehlo_name: str = "localhost",
        timeouts: Timeouts | None = None,
        idle_s: float = 60.0,
        messages_max: int = 100,
        tls_context: ssl.SSLContext | None = None,
        clock: Clock | None = None,
        dial: Dial | None = None,
    ) -> None:
        """Describe the relay; nothing is opened yet.

        Args:
            host: Name or address of the relay.
            port: 465 goes with `tls`, 587 with `starttls`.
            security: `none` speaks clear text and is for this machine only.
            username: Log-in, if the relay wants one.
            password: Its password.
            ehlo_name: What we call ourselves.
            timeouts: Limits of one attempt.
            idle_s: Seconds after which an unused connection is closed.
            messages_max: Messages after which a connection is closed.
            tls_context: Trust for the relay's certificate; the system's by default.
            clock: Times the relay's rests; the machine's by default.
            dial: Connects to the host and port; by name, wherever that leads, by default.

        Raises:
            ValueError: Clear text to another machine, or a context that trusts anyone.
        """
        if security == "none" and not _is_loopback(host):
            raise ValueError("mail leaves this machine only over TLS")
        if tls_context and (
            tls_context.verify_mode is not ssl.CERT_REQUIRED or not tls_context.check_hostname
        ):
            raise ValueError("the relay's certificate must be verified")
        self._host = host
        self._port = port
        self._security = security
        self._username = username
        self._password = password
        self._ehlo_name = ehlo_name
        self._timeouts = timeouts or Timeouts()
        self._idle_s = idle_s
        self._messages_max = messages_max
        self._tls_context = tls_context
        self._dial = dial
        self._rest = Rest(clock or SystemClock())
        self._lock = asyncio.Lock()
        self._client: aiosmtplib.SMTP | None = None
        self._used_count = 0
        self._idle_timer: asyncio.TimerHandle | None = None
        self._secrets = _secrets(username, password)

    async def send(self, envelope: Envelope, about_to_send: AboutToSend) -> Receipt:
        """Hand one message over.

        Raises:
            MailError: It was not accepted, or we cannot know.
            Withheld: `about_to_send` said no; nothing left.
            MessageError: The content is not in wire form; our bug, not the relay's.
        """
        require_wire_form(envelope.content)
        self._require_addresses(envelope)
        attempt = _Attempt()
        try:
            async with asyncio.timeout(self._timeouts.total_s), self._lock:
                try:
                    return await self._transact(envelope, about_to_send, attempt)
                except BaseException as error:
                    if not attempt.leaves_connection_usable(error):
                        self._discard()
                    raise
                finally:
                    self._start_timer()
        except (SMTPException, OSError) as error:
            raise self._told(attempt.stage, error) from None

    async def aclose(self) -> None:
        """Close the kept connection politely, after any message under way."""
        async with self._lock:
            if self._client is not None:
                with suppress(SMTPException, OSError):
                    await self._client.quit(timeout=_CHECK_S)
            self._discard()

    async def _transact(
        self, envelope: Envelope, about_to_send: AboutToSend, attempt: "_Attempt"
    ) -> Receipt:
        client = await self._connection(attempt)
        self._used_count += 1
        size_bytes = len(envelope.content)
        self._require_size(client, size_bytes)
        options = [f"SIZE={size_bytes}"] if client.supports_extension("size") else []
        attempt.stage = Stage.MAIL
        await client.mail(envelope.sender, options=options, timeout=self._timeouts.command_s)
        attempt.stage = Stage.RCPT
        await client.rcpt(envelope.recipient, timeout=self._timeouts.command_s)
        if not await about_to_send():
            raise Withheld
        attempt.stage = Stage.DATA
        start = await client.execute_command(b"DATA", timeout=self._timeouts.data_s)
        if start.code != _START_INPUT:
            raise SMTPResponseException(start.code, start.message)
        is_encrypted = client.get_transport_info("sslcontext") is not None
        attempt.stage = Stage.CONTENT
        answer = await self._deliver(client, envelope.content)
        return Receipt(answer.code, one_line(answer.message), self._host, is_encrypted)

    async def _deliver(self, client: aiosmtplib.SMTP, content: bytes) -> aiosmtplib.SMTPResponse:
        """Send the content and its dot; any answer but 2xx raises.

        `SMTP.data()` would do both this and the DATA command, and hide which of
        the two went unanswered; only one of them leaves a doubt.
        """
        if client.protocol is None:
            raise aiosmtplib.SMTPServerDisconnected("Connection lost")
        ending = b"" if content.endswith(b"\r\n") else b"\r\n"
        stuffed = content.replace(b"\r\n.", b"\r\n..")
        first = b"." if content.startswith(b".") else b""
        client.protocol.write(first + stuffed + ending + b".\r\n")
        answer = await client.protocol.read_response(timeout=self._timeouts.final_s)
        if answer.code == _CLOSING:
            self._discard()
        if answer.code // 100 != _COMPLETED:
            raise SMTPResponseException(answer.code, answer.message)
        return answer

    async def _connection(self, attempt: "_Attempt") -> aiosmtplib.SMTP:
        """Give the kept connection if it still answers, else a new one."""
        self._stop_timer()
        if self._client is not None and self._used_count < self._messages_max:
            # A connection gone stale is not this message's fault.
            with suppress(SMTPException, OSError):
                await self._client.rset(timeout=_CHECK_S)
                return self._client
        self._discard()
        self._rest.require_over()
        client = self._client = self._new_client()
        self._used_count = 0
        try:
            await self._open(client, attempt)
        except (SMTPException, OSError) as error:
            self._rest.begin(self._told(attempt.stage, error))
            raise
        self._rest.end()
        return client

    async def _open(self, client: aiosmtplib.SMTP, attempt: "_Attempt") -> None:
        """Come to where the first message can be handed over."""
        if self._dial is None:
            await client.connect()
        else:
            await client.connect(port=None, sock=await self._dial(self._host, self._port))
        await client.ehlo()
        if self._security == "starttls":
            attempt.stage = Stage.STARTTLS
            await client.starttls()
            attempt.stage = Stage.CONNECT
            await client.ehlo()
        if self._username is not None:
            attempt.stage = Stage.AUTH
            await client.login(self._username, self._password or "")

    def _new_client(self) -> aiosmtplib.SMTP:
        # Never `start_tls=None`: it falls back to clear text, which an attacker can bring about.
        return aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            local_hostname=self._ehlo_name,
            timeout=self._timeouts.connect_s,
            use_tls=self._security == "tls",
            start_tls=False,
            tls_context=self._tls_context,
        )

    def _discard(self) -> None:
        self._stop_timer()
        if self._client is not None:
            self._client.close()
            self._client = None

    def _start_timer(self) -> None:
        if self._client is not None:
            loop = asyncio.get_running_loop()
            self._idle_timer = loop.call_later(self._idle_s, self._discard)

    def _stop_timer(self) -> None:
        if self._idle_timer is not None:
            self._idle_timer.cancel()
            self._idle_timer = None

    def _require_addresses(self, envelope: Envelope) -> None:
        """Refuse what cannot stand in a command, whatever made it."""
        if envelope.sender and not is_address(envelope.sender):
            raise self._refusal(Failure.SENDER, "the return path is not an ASCII address")
        if not is_address(envelope.recipient):
            raise self._refusal(Failure.REFUSED, "the recipient is not an ASCII address")

    def _require_size(self, client: aiosmtplib.SMTP, size_bytes: int) -> None:
        limit = client.esmtp_extensions.get("size", "")
        if limit.isdecimal() and 0 < int(limit) < size_bytes:
            raise self._refusal(Failure.TOO_LARGE, f"{size_bytes} bytes, the relay takes {limit}")

    def _refusal(self, failure: Failure, text: str) -> MailError:
        """What we refuse ourselves, before the relay would."""
        return MailError(failure, code=None, text=text, host=self._host)

    def _told(self, stage: Stage, error: SMTPException | OSError) -> MailError:
        """Say what an error means, without what it may give away."""
        if isinstance(error, SMTPResponseException):
            error.message = self._hide_secrets(error.message)
            error.args = (error.code, error.message)  # tracebacks print these
        return mail_error(stage, error, self._host)

    def _hide_secrets(self, text: str) -> str:
        for secret in self._secrets:
            text = text.replace(secret, "…")
        return text


@dataclass(slots=True)
class _Attempt:
    stage: Stage = Stage.CONNECT

    def leaves_connection_usable(self, error: BaseException) -> bool:
        """Only a complete dialogue leaves a connection fit for another message."""
        if isinstance(error, MailError | Withheld):
            return True
        is_answered = isinstance(error, SMTPResponseException) and error.code in CODES
        return is_answered and self.stage in _IN_TRANSACTION


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _secrets(username: str | None, password: str | None) -> tuple[str, ...]:
    """Everything a server could echo that gives the log-in away."""
    if username is None or not password:
        return ()
    plain = f"\0{username}\0{password}"
    encoded = (b64encode(part.encode()).decode() for part in (plain, password, username))
    return (*encoded, password)
