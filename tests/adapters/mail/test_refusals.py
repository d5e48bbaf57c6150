"""What each refusal, and each silence, at each step means."""

import time

import pytest

from app.mail.ports import Failure, MailError
from tests.adapters.mail.conftest import Connect, envelope, go
from tests.adapters.mail.relay import Answer, Break, Relay, listening

CASES: list[tuple[str, Answer, Failure]] = [
    ("CONNECT", "421 too busy", Failure.TRANSPORT),
    ("CONNECT", "554 5.7.1 no service for you", Failure.TRANSPORT),
    ("CONNECT", Break.DROP, Failure.TRANSPORT),
    ("MAIL", "451 4.3.0 later", Failure.TEMPORARY),
    ("MAIL", "454 4.7.0 log-in is not to be had", Failure.CONFIGURATION),
    ("MAIL", "530 5.7.0 authentication required", Failure.CONFIGURATION),
    ("MAIL", "550 5.7.1 domain is not verified", Failure.SENDER),
    ("MAIL", "553 nothing more to say", Failure.SENDER),
    ("MAIL", "552 5.3.4 too large", Failure.TOO_LARGE),
    ("MAIL", "421 4.3.2 shutting down", Failure.TRANSPORT),
    ("MAIL", Break.DROP, Failure.TRANSPORT),
    ("MAIL", Break.SILENCE, Failure.TRANSPORT),
    ("MAIL", "nonsense", Failure.TRANSPORT),
    ("RCPT", "450 4.2.1 mailbox busy", Failure.TEMPORARY),
    ("RCPT", "452 4.5.3 too many", Failure.TEMPORARY),
    ("RCPT", "454 4.7.1 later", Failure.TEMPORARY),
    ("RCPT", "550 5.1.1 no such user", Failure.NO_SUCH_ADDRESS),
    ("RCPT", "550 unknown", Failure.NO_SUCH_ADDRESS),
    ("RCPT", "550 5.7.1 blocked by policy", Failure.POLICY),
    ("RCPT", "550 relaying denied", Failure.POLICY),
    ("RCPT", "554 go away", Failure.POLICY),
    ("RCPT", "553 5.1.8 your sender does not exist", Failure.SENDER),
    ("RCPT", "552 5.2.2 mailbox full", Failure.REFUSED),
    ("RCPT", "450 5.1.1 the enhanced status wins", Failure.NO_SUCH_ADDRESS),
    ("RCPT", "421 4.3.2 shutting down", Failure.TRANSPORT),
    ("RCPT", Break.DROP, Failure.TRANSPORT),
    ("RCPT", Break.SILENCE, Failure.TRANSPORT),
    ("DATA", "451 4.3.0 later", Failure.TEMPORARY),
    ("DATA", "500 5.5.1 what", Failure.REFUSED),
    ("DATA", "554 5.7.1 spam", Failure.POLICY),
    ("DATA", "250 that is not what to say", Failure.TRANSPORT),
    ("DATA", Break.DROP, Failure.TRANSPORT),
    ("DATA", Break.SILENCE, Failure.TRANSPORT),
    ("CONTENT", Break.DROP, Failure.UNCERTAIN),
    ("DOT", "421 4.3.2 shutting down", Failure.TRANSPORT),
    ("DOT", "451 4.7.1 greylisted", Failure.TEMPORARY),
    ("DOT", "552 5.3.4 too large", Failure.TOO_LARGE),
    ("DOT", "550 5.7.1 looks like spam", Failure.POLICY),
    ("DOT", "554 5.6.0 cannot read it", Failure.REFUSED),
    ("DOT", "nonsense", Failure.UNCERTAIN),
    ("DOT", "354 nonsense of another kind", Failure.UNCERTAIN),
    ("DOT", Break.DROP, Failure.UNCERTAIN),
    ("DOT", Break.SILENCE, Failure.UNCERTAIN),
]


@pytest.mark.parametrize(("step", "answer", "failure"), CASES)
async def test_a_refusal_is_told_for_what_it_is(
    connect: Connect, step: str, answer: Answer, failure: Failure
) -> None:
    async with listening(Relay({step: answer})) as relay:
        with pytest.raises(MailError) as caught:
            await connect(relay).send(envelope(), go)
    assert caught.value.failure is failure
    assert caught.value.host == "127.0.0.1"
    if isinstance(answer, str) and answer[:3].isdigit():
        assert caught.value.code == int(answer[:3])
        assert caught.value.text == answer[4:]
    else:
        assert caught.value.code is None
        assert caught.value.text


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("try again in 5 minutes", 300),
        ("wait 90 seconds", 90),
        ("back in 2 h", 7200),
        ("come 99999 hours later", 24 * 60 * 60),
        ("later", None),
    ],
)
async def test_a_wait_that_is_named_is_kept(
    connect: Connect, text: str, seconds: int | None
) -> None:
    async with listening(Relay({"DOT": f"451 4.7.1 {text}"})) as relay:
        with pytest.raises(MailError) as caught:
            await connect(relay).send(envelope(), go)
    assert caught.value.retry_after_s == seconds


async def test_a_final_refusal_names_no_wait(connect: Connect) -> None:
    async with listening(Relay({"RCPT": "550 5.1.1 gone for 5 minutes"})) as relay:
        with pytest.raises(MailError) as caught:
            await connect(relay).send(envelope(), go)
    assert caught.value.retry_after_s is None


async def test_what_the_relay_says_is_cut_and_harmless(connect: Connect) -> None:
    spoken = "554 5.6.0 \x1b[31m" + "x" * 450
    async with listening(Relay({"RCPT": spoken})) as relay:
        with pytest.raises(MailError) as caught:
            await connect(relay).send(envelope(), go)
    assert len(caught.value.text) <= 500
    assert caught.value.text.isprintable()


async def test_nobody_listens(connect: Connect) -> None:
    async with listening(Relay()) as relay:
        transport = connect(relay)
    with pytest.raises(MailError) as caught:
        await transport.send(envelope(), go)
    assert caught.value.failure is Failure.TRANSPORT


async def test_a_slow_relay_does_not_hold_us(connect: Connect) -> None:
    async with listening(Relay({"RCPT": Break.SILENCE})) as relay:
        started = time.monotonic()
        with pytest.raises(MailError):
            await connect(relay).send(envelope(), go)
    assert time.monotonic() - started < 1.5


async def test_a_message_over_the_size_limit_is_not_even_offered(connect: Connect) -> None:
    async with listening(Relay(extensions=("relay.example", "SIZE 40"))) as relay:
        with pytest.raises(MailError) as caught:
            await connect(relay).send(envelope(), go)
        assert caught.value.failure is Failure.TOO_LARGE
        assert "MAIL" not in relay.verbs()
        small = envelope(b"Subject: a\r\n\r\nb\r\n")
        assert (await connect(relay).send(small, go)).code == 250


@pytest.mark.parametrize("offer", ["SIZE", "SIZE 0", "SIZE none"])
async def test_a_size_without_a_limit_is_none(connect: Connect, offer: str) -> None:
    async with listening(Relay(extensions=("relay.example", offer))) as relay:
        assert (await connect(relay).send(envelope(), go)).code == 250
