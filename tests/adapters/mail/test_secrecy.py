"""Nothing leaves in clear text, and no secret leaves at all."""

import ssl
import traceback
from base64 import b64encode
from pathlib import Path

import pytest

from app.adapters.mail_smtp import SmtpTransport
from app.mail.ports import Failure, MailError
from tests.adapters.mail.certificates import EXPIRED, Authority
from tests.adapters.mail.conftest import Connect, envelope, go
from tests.adapters.mail.relay import EHLO, Break, Relay, listening

PASSWORD = "correcto caballo pila"
OFFERING = (*EHLO, "STARTTLS", "AUTH PLAIN LOGIN")


async def test_starttls_protects_everything(
    connect: Connect, authority: Authority, folder: Path
) -> None:
    relay = Relay(extensions=OFFERING, tls=authority.serve(folder))
    async with listening(relay):
        transport = connect(
            relay, "starttls", tls_context=authority.trust(), username="u", password=PASSWORD
        )
        receipt = await transport.send(envelope(), go)
        await transport.aclose()
    assert receipt.is_encrypted
    assert relay.verbs()[:2] == ["EHLO", "STARTTLS"]
    assert relay.encrypted == relay.verbs()[2:]
    assert "AUTH" in relay.encrypted


async def test_tls_from_the_start(connect: Connect, authority: Authority, folder: Path) -> None:
    async with listening(Relay(), authority.serve(folder)) as relay:
        transport = connect(relay, "tls", tls_context=authority.trust())
        assert (await transport.send(envelope(), go)).is_encrypted
        await transport.aclose()


@pytest.mark.parametrize(
    ("extensions", "answers"),
    [
        (EHLO, {}),
        (OFFERING, {"STARTTLS": "454 4.7.0 not now"}),
        (OFFERING, {"STARTTLS": "502 5.5.1 what"}),
    ],
)
async def test_without_starttls_nothing_is_said(
    connect: Connect,
    authority: Authority,
    extensions: tuple[str, ...],
    answers: dict[str, str],
) -> None:
    async with listening(Relay(answers, extensions=extensions)) as relay:
        transport = connect(
            relay, "starttls", tls_context=authority.trust(), username="u", password=PASSWORD
        )
        with pytest.raises(MailError) as caught:
            await transport.send(envelope(), go)
    assert caught.value.failure is Failure.CONFIGURATION
    assert set(relay.verbs()) <= {"EHLO", "STARTTLS", "QUIT"}


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("wrong", ["authority", "name", "date"])
async def test_a_certificate_must_be_right(
    connect: Connect, authority: Authority, folder: Path, security: str, wrong: str
) -> None:
    signer = Authority.make() if wrong == "authority" else authority
    address = "192.0.2.1" if wrong == "name" else "127.0.0.1"
    until = {"until": EXPIRED} if wrong == "date" else {}
    context = signer.serve(folder, address, **until)
    relay = Relay(extensions=OFFERING, tls=context)
    async with listening(relay, context if security == "tls" else None):
        transport = connect(relay, security, tls_context=authority.trust())  # type: ignore[arg-type]  # one of the two
        with pytest.raises(MailError) as caught:
            await transport.send(envelope(), go)
    assert caught.value.failure is Failure.CONFIGURATION
    assert "MAIL" not in relay.verbs()


async def test_a_line_cut_during_starttls_is_nobodys_setting(
    connect: Connect, authority: Authority
) -> None:
    async with listening(Relay({"STARTTLS": Break.DROP}, extensions=OFFERING)) as relay:
        with pytest.raises(MailError) as caught:
            await connect(relay, "starttls", tls_context=authority.trust()).send(envelope(), go)
    assert caught.value.failure is Failure.TRANSPORT


async def test_a_clear_text_port_where_tls_is_expected(
    connect: Connect, authority: Authority
) -> None:
    async with listening(Relay()) as relay:
        with pytest.raises(MailError) as caught:
            await connect(relay, "tls", tls_context=authority.trust()).send(envelope(), go)
    assert caught.value.failure is Failure.CONFIGURATION


@pytest.mark.parametrize("code", [454, 534, 535, 500])
async def test_a_refused_log_in_shows_no_secret(connect: Connect, code: int) -> None:
    plain = b64encode(f"\0usuario\0{PASSWORD}".encode()).decode()
    alone = b64encode(PASSWORD.encode()).decode()
    spoken = f"{code} 5.7.8 {PASSWORD} / {plain} / {alone} / are wrong"
    relay = Relay({"AUTH": spoken}, extensions=(*EHLO, "AUTH PLAIN"))
    async with listening(relay):
        transport = connect(relay, username="usuario", password=PASSWORD)
        with pytest.raises(MailError) as caught:
            await transport.send(envelope(), go)
    assert caught.value.failure is Failure.CONFIGURATION
    assert caught.value.code == code
    chain: list[BaseException | None] = [caught.value, caught.value.__context__]
    shown = "".join(traceback.format_exception(caught.value)) + repr(chain) + caught.value.text
    for secret in (PASSWORD, plain, alone):
        assert secret not in shown
    assert "MAIL" not in relay.verbs()


async def test_a_relay_that_offers_no_log_in(connect: Connect) -> None:
    async with listening(Relay()) as relay:
        with pytest.raises(MailError) as caught:
            await connect(relay, username="u", password=PASSWORD).send(envelope(), go)
    assert caught.value.failure is Failure.CONFIGURATION
    assert "MAIL" not in relay.verbs()


def test_clear_text_stays_on_this_machine() -> None:
    with pytest.raises(ValueError, match="only over TLS"):
        SmtpTransport("relay.example", 25, "none")
    with pytest.raises(ValueError, match="only over TLS"):
        SmtpTransport("192.0.2.1", 25, "none")
    SmtpTransport("localhost", 25, "none")
    SmtpTransport("::1", 25, "none")


def test_trusting_anyone_is_refused() -> None:
    context = ssl.create_default_context()
    context.check_hostname = False
    with pytest.raises(ValueError, match="verified"):
        SmtpTransport("relay.example", 465, "tls", tls_context=context)
    context.verify_mode = ssl.CERT_NONE
    with pytest.raises(ValueError, match="verified"):
        SmtpTransport("relay.example", 465, "tls", tls_context=context)


def test_the_transport_does_not_show_its_password() -> None:
    transport = SmtpTransport("relay.example", 587, "starttls", username="u", password=PASSWORD)
    assert PASSWORD not in repr(transport)
