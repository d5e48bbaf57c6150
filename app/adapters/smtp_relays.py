"""The SMTP servers that organizations name, each behind a transport of its own."""

import ssl
from collections import OrderedDict

from app.adapters.dialing import AddressRefused, Dialer
from app.adapters.mail_smtp import SmtpTransport, Timeouts
from app.kernel.clock import Clock
from app.mail.ports import HostRefused, SmtpAccount

PORTS = frozenset({25, 465, 587, 2525})
"""Where mail is submitted; others would make us knock at strangers' doors."""

_KEPT_MAX = 50
_BRIEFLY = Timeouts(connect_s=8.0, command_s=8.0, data_s=8.0, final_s=12.0, total_s=20.0)


class SmtpRelays:
    """A `MailRelays` over SMTP.

    A relay is kept for the next message to the same account; the one used longest ago
    makes room. Its connection closes by itself.

    Args:
        platform: The operator's own relay, which may be anywhere.
        dialer: How to connect to the others.
        clock: Times the rests of relays that cannot be used.
        tls_context: Trust for their certificates; the system's by default.
    """

    def __init__(
        self,
        platform: SmtpAccount,
        dialer: Dialer,
        clock: Clock,
        *,
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        self._platform = platform
        self._dialer = dialer
        self._clock = clock
        self._tls_context = tls_context
        self._kept: OrderedDict[SmtpAccount, SmtpTransport] = OrderedDict()

    async def require_usable(self, account: SmtpAccount) -> None:
        """Refuse a host that is not to be connected to.

        Raises:
            HostRefused: Its port is not one of mail, it is unknown, or it is not public.
        """
        if not self._dialer.allows_private and account.port not in PORTS:
            raise HostRefused("port", "smtp.port")
        try:
            await self._dialer.addresses(account.host, account.port)
        except AddressRefused:
            raise HostRefused("host", "smtp.host_private") from None
        except OSError:
            raise HostRefused("host", "smtp.host_unknown") from None

    def relay(self, account: SmtpAccount) -> SmtpTransport:
        """Give the way to an account's server."""
        found = self._kept.pop(account, None) or self._open(account, Timeouts())
        self._kept[account] = found
        if len(self._kept) > _KEPT_MAX:
            self._kept.popitem(last=False)
        return found

    def trial(self, account: SmtpAccount | None) -> SmtpTransport:
        """Give a way for one message, with little patience; the platform's for None."""
        if account is None:
            return self._open(self._platform, _BRIEFLY, is_ours=True)
        return self._open(account, _BRIEFLY)

    async def aclose(self) -> None:
        """Close every kept connection."""
        while self._kept:
            _, transport = self._kept.popitem()
            await transport.aclose()

    def _open(
        self, account: SmtpAccount, timeouts: Timeouts, *, is_ours: bool = False
    ) -> SmtpTransport:
        return SmtpTransport(
            account.host,
            account.port,
            account.security,
            username=account.username,
            password=account.password,
            timeouts=timeouts,
            tls_context=self._tls_context,
            clock=self._clock,
            dial=None if is_ours else self._dialer.open,
        )
