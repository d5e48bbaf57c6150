"""The servers that organizations name: vetted when they are set and at every connection."""

from dataclasses import replace
from pathlib import Path

import pytest

from app.adapters.dialing import Address, Dialer
from app.adapters.smtp_relays import SmtpRelays
from app.kernel.clock import SystemClock
from app.mail.ports import HostRefused, MailError, SmtpAccount, Stage
from tests.adapters.mail.certificates import Authority
from tests.adapters.mail.conftest import envelope, go
from tests.adapters.mail.relay import EHLO, Relay, listening

PLATFORM = SmtpAccount("127.0.0.1", 25, "none")


def relays(dialer: Dialer, authority: Authority | None = None) -> SmtpRelays:
    trust = authority.trust() if authority else None
    return SmtpRelays(PLATFORM, dialer, SystemClock(), tls_context=trust)


def names(*answers: list[str]) -> Dialer:
    """Resolve to one list of addresses after the other, and to the last from then on."""
    left = list(answers)

    async def resolve(_: str, port: int) -> list[Address]:
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(address, port) for address in found]

    return Dialer(allows_private=False, resolve=resolve)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "::1", "10.0.0.1"]
)
async def test_a_host_inside_is_refused_however_it_is_written(host: str) -> None:
    with pytest.raises(HostRefused) as refused:
        await relays(Dialer(allows_private=False)).require_usable(SmtpAccount(host, 587, "tls"))
    assert (refused.value.field, refused.value.code) == ("host", "smtp.host_private")


async def test_one_address_inside_among_others_is_enough() -> None:
    mixed = names(["93.184.216.34", "192.168.1.1"])
    with pytest.raises(HostRefused, match="private"):
        await relays(mixed).require_usable(SmtpAccount("smtp.example", 587, "tls"))
    await relays(names(["93.184.216.34"])).require_usable(SmtpAccount("smtp.example", 587, "tls"))


async def test_a_host_without_an_address_or_a_port_not_of_mail_is_refused() -> None:
    with pytest.raises(HostRefused, match="unknown"):
        await relays(names([])).require_usable(SmtpAccount("smtp.example", 587, "tls"))
    with pytest.raises(HostRefused) as refused:
        await relays(names(["8.8.8.8"])).require_usable(SmtpAccount("smtp.example", 22, "tls"))
    assert (refused.value.field, refused.value.code) == ("port", "smtp.port")


async def test_a_name_that_turns_inside_later_is_not_connected_to() -> None:
    async with listening(Relay()) as relay:
        ways = relays(names(["93.184.216.34"], ["127.0.0.1"]))
        account = SmtpAccount("smtp.example", relay.port, "starttls")
        with pytest.raises(HostRefused, match="port"):
            await ways.require_usable(account)
        await ways.require_usable(replace(account, port=587))
        with pytest.raises(MailError, match="not on the public network") as failed:
            await ways.relay(account).send(envelope(), go)
        assert failed.value.stage is Stage.CONNECT
        assert relay.connections == 0


@pytest.mark.parametrize("security", ["tls", "starttls"])
async def test_the_name_is_what_the_certificate_is_checked_against(
    security: str, authority: Authority, folder: Path
) -> None:
    tls = authority.serve(folder)
    relay = Relay(tls=tls, extensions=(*EHLO, "STARTTLS"))
    async with listening(relay, tls if security == "tls" else None):
        ways = relays(Dialer(allows_private=True), authority)
        account = SmtpAccount("127.0.0.1", relay.port, "tls" if security == "tls" else "starttls")
        receipt = await ways.relay(account).send(envelope(), go)
        assert receipt.is_encrypted
        assert ways.relay(account) is ways.relay(account)
        await ways.relay(account).send(envelope(), go)
        assert relay.connections == 1
        other = SmtpAccount("localhost", relay.port, account.security)
        with pytest.raises(MailError, match="certificate") as failed:
            await ways.trial(other).send(envelope(), go)
        assert failed.value.stage is (Stage.CONNECT if security == "tls" else Stage.STARTTLS)
        await ways.aclose()
