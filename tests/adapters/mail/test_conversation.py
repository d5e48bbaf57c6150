"""A message that arrives, and the connection it came by."""

import asyncio

import pytest
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP as Aiosmtpd  # noqa: N811 - the class is an acronym
from aiosmtpd.smtp import Envelope as Received
from aiosmtpd.smtp import Session

from app.mail.message import MessageError
from app.mail.ports import Failure, MailError
from tests.adapters.mail.conftest import CONTENT, QUICK, Connect, envelope, go
from tests.adapters.mail.relay import Break, Relay, listening


async def test_the_relay_gets_the_very_bytes(connect: Connect) -> None:
    async with listening(Relay()) as relay:
        receipt = await connect(relay).send(envelope(), go)
    assert relay.messages == [CONTENT]
    assert relay.commands[1:4] == [
        f"MAIL FROM:<vuelta@taller.example> SIZE={len(CONTENT)}",
        "RCPT TO:<ana@velero.example>",
        "DATA",
    ]
    assert (receipt.code, receipt.text) == (250, "2.0.0 Ok: queued as 4ABC12")
    assert receipt.host == "127.0.0.1"
    assert not receipt.is_encrypted


async def test_content_that_ends_a_message_early_does_not(connect: Connect) -> None:
    content = b"Subject: a\r\n\r\nuno\r\n.\r\nMAIL FROM:<evil@x.example>\r\n..dos"
    async with listening(Relay()) as relay:
        await connect(relay).send(envelope(content), go)
    assert relay.messages == [content + b"\r\n"]
    assert relay.verbs().count("MAIL") == 1


async def test_another_implementation_takes_it_too(connect: Connect) -> None:
    taken: list[Received] = []

    class Keeping(Sink):
        async def handle_DATA(self, _s: Aiosmtpd, _n: Session, got: Received) -> str:  # noqa: N802
            taken.append(got)
            return "250 OK"

    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Aiosmtpd(Keeping(), loop=loop), "127.0.0.1", 0)
    relay = Relay(port=server.sockets[0].getsockname()[1])
    transport = connect(relay)
    await transport.send(envelope(), go)
    await transport.send(envelope(recipient="joan@taller.example"), go)
    await transport.aclose()
    server.close()
    assert [got.rcpt_tos for got in taken] == [["ana@velero.example"], ["joan@taller.example"]]
    assert [got.content for got in taken] == [CONTENT, CONTENT]


async def test_one_connection_serves_many_messages_and_is_reset_between(connect: Connect) -> None:
    async with listening(Relay()) as relay:
        transport = connect(relay)
        for _ in range(3):
            await transport.send(envelope(), go)
    assert relay.connections == 1
    assert relay.verbs() == ["EHLO", *["MAIL", "RCPT", "DATA", "RSET"] * 2, "MAIL", "RCPT", "DATA"]


async def test_messages_at_once_take_turns(connect: Connect) -> None:
    contents = [f"Subject: {n}\r\n\r\n{n}\r\n".encode() for n in range(8)]
    async with listening(Relay()) as relay:
        transport = connect(relay)
        await asyncio.gather(*(transport.send(envelope(content), go) for content in contents))
    assert sorted(relay.messages) == contents
    assert relay.connections == 1


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "DOT"])
async def test_a_refused_message_leaves_the_connection_to_the_next(
    connect: Connect, step: str
) -> None:
    async with listening(Relay(once={step: "450 4.0.0 later"})) as relay:
        transport = connect(relay)
        with pytest.raises(MailError):
            await transport.send(envelope(), go)
        await transport.send(envelope(), go)
    assert relay.connections == 1
    assert "RSET" in relay.verbs()


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA", "DOT"])
@pytest.mark.parametrize("answer", ["421 4.3.2 bye", "nonsense", Break.DROP, Break.SILENCE])
async def test_a_broken_dialogue_is_never_reused(
    connect: Connect, step: str, answer: str | Break
) -> None:
    async with listening(Relay(once={step: answer})) as relay:
        transport = connect(relay)
        with pytest.raises(MailError):
            await transport.send(envelope(), go)
        assert (await transport.send(envelope(), go)).code == 250
    assert relay.connections == 2


async def test_a_connection_gone_stale_costs_nothing(connect: Connect) -> None:
    async with listening(Relay()) as relay:
        transport = connect(relay)
        await transport.send(envelope(), go)
        relay.hang_up()
        await transport.send(envelope(), go)
    assert relay.connections == 2
    assert len(relay.messages) == 2


async def test_a_connection_is_closed_after_its_share(connect: Connect) -> None:
    async with listening(Relay()) as relay:
        transport = connect(relay, messages_max=2)
        for _ in range(5):
            await transport.send(envelope(), go)
    assert relay.connections == 3


async def test_a_connection_is_closed_when_nothing_comes(connect: Connect) -> None:
    async with listening(Relay()) as relay:
        transport = connect(relay, idle_s=0.05)
        await transport.send(envelope(), go)
        await asyncio.sleep(0.2)
        await transport.send(envelope(), go)
    assert relay.connections == 2
    assert "RSET" not in relay.verbs()


async def test_closing_says_goodbye(connect: Connect) -> None:
    async with listening(Relay()) as relay:
        transport = connect(relay)
        await transport.send(envelope(), go)
        await transport.aclose()
        assert relay.verbs()[-1] == "QUIT"


async def test_whoever_is_interrupted_leaves_a_clean_transport(connect: Connect) -> None:
    async with listening(Relay(once={"DOT": Break.SILENCE})) as relay:
        transport = connect(relay)
        task = asyncio.create_task(transport.send(envelope(), go))
        while not relay.messages:  # noqa: ASYNC110 - another task's progress
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert (await transport.send(envelope(), go)).code == 250
    assert relay.connections == 2


@pytest.mark.parametrize(
    "address",
    [
        "ana@velero.example>\r\nRCPT TO:<evil@x.example",
        "ana@velero.example\nDATA",
        "ana@velero.example> NOTIFY=NEVER",
        "<ana@velero.example>",
        "ana",
        "señor@velero.example",
        "ana@velero.example\0",
        "",
        "a" * 65 + "@velero.example",
    ],
)
async def test_an_address_never_becomes_a_command(connect: Connect, address: str) -> None:
    async with listening(Relay()) as relay:
        transport = connect(relay)
        with pytest.raises(MailError) as caught:
            await transport.send(envelope(recipient=address), go)
        assert caught.value.failure is Failure.REFUSED
        if address:
            with pytest.raises(MailError) as caught:
                await transport.send(envelope(sender=address), go)
            assert caught.value.failure is Failure.SENDER
    assert relay.connections == 0


@pytest.mark.parametrize(
    "content",
    [b"a\nb\r\n", b"a\rb\r\n", b"a\r\n\nb", "ñ\r\n".encode(), b"x" * 999 + b"\r\n"],
)
async def test_content_unfit_for_the_wire_never_leaves(connect: Connect, content: bytes) -> None:
    async with listening(Relay()) as relay:
        with pytest.raises(MessageError):
            await connect(relay).send(envelope(content), go)
    assert relay.connections == 0


async def test_an_empty_return_path_is_allowed(connect: Connect) -> None:
    async with listening(Relay()) as relay:
        await connect(relay).send(envelope(sender=""), go)
    assert relay.commands[1].startswith("MAIL FROM:<> ")


async def test_the_whole_attempt_is_bounded(connect: Connect) -> None:
    bounded = type(QUICK)(connect_s=5, command_s=5, data_s=5, final_s=5, total_s=0.3)
    async with listening(Relay({"DATA": Break.SILENCE})) as relay:
        with pytest.raises(MailError) as caught:
            await connect(relay, timeouts=bounded).send(envelope(), go)
    assert caught.value.failure is Failure.TRANSPORT
