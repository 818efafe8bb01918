import socket
from collections.abc import Callable
from email import message_from_bytes, policy

import pytest

from tests.support.providers import SmtpProvider
from tocsin.alerts.channels.smtp import SmtpChannel, is_mailbox
from tocsin.alerts.config import SmtpConfig
from tocsin.alerts.ports import Message, RefusedBy, Sent, Unknown
from tocsin.core.clock import ManualClock
from tocsin.core.responders import Channel

Make = Callable[..., Message]
TO = "ann@example.org"


def _channel(port: int, clock: ManualClock, **changes: object) -> SmtpChannel:
    fields = {
        "host": "127.0.0.1",
        "port": port,
        "security": "none",
        "sender": "tocsin@example.org",
        "time_limit_seconds": 0.5,
    } | changes
    return SmtpChannel(SmtpConfig.model_validate(fields), clock)


async def test_a_mail_arrives_readable(clock: ManualClock, message: Make) -> None:
    async with SmtpProvider() as provider:
        channel = _channel(provider.port, clock)
        assert await channel.send(message(TO)) == Sent("queued as 7")
    mail = message_from_bytes(provider.mails[0], policy=policy.default)
    assert channel.channel is Channel.SMTP
    assert mail["Subject"] == "烟雾 III"
    assert mail["Message-ID"] == "<n-1@tocsin.invalid>"
    assert "溪口村粮仓有烟" in mail.get_content()
    assert provider.recipients == ["RCPT TO:<ann@example.org>"]


async def test_it_signs_in_when_there_is_a_user(clock: ManualClock, message: Make) -> None:
    async with SmtpProvider() as provider:
        channel = _channel(provider.port, clock, user="tocsin", password="secret")
        assert await channel.send(message(TO)) == Sent("queued as 7")
        provider.refuse = {"AUTH": "535 no"}
        answer = await channel.send(message(TO))
    assert isinstance(answer, RefusedBy)
    assert "sign-in" in answer.reason


@pytest.mark.parametrize(
    ("verb", "line", "again"),
    [
        ("RCPT", "550 no such mailbox", False),
        ("RCPT", "450 greylisted", True),
        ("MAIL", "421 busy", True),
        ("MAIL", "553 sender unknown", False),
        (".", "552 too large", False),
        (".", "451 try later", True),
    ],
)
async def test_the_servers_no_is_understood(
    clock: ManualClock, message: Make, verb: str, line: str, *, again: bool
) -> None:
    async with SmtpProvider() as provider:
        provider.refuse = {verb: line}
        answer = await _channel(provider.port, clock).send(message(TO))
    assert isinstance(answer, RefusedBy)
    assert (answer.retry_after is not None) is again
    assert line[:3] in answer.reason


@pytest.mark.parametrize("verb", ["banner", "EHLO", "."])
async def test_silence_ends_at_the_limit(clock: ManualClock, message: Make, verb: str) -> None:
    async with SmtpProvider() as provider:
        provider.silent_at = verb
        answer = await _channel(provider.port, clock).send(message(TO))
        assert provider.reached.is_set()
    assert isinstance(answer, Unknown | RefusedBy)
    if verb == ".":
        assert isinstance(answer, Unknown)


async def test_a_server_that_is_not_there_is_tried_again(clock: ManualClock, message: Make) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        answer = await _channel(free.getsockname()[1], clock).send(message(TO))
    assert isinstance(answer, RefusedBy)
    assert answer.retry_after is not None


async def test_a_server_without_the_demanded_protection_gets_nothing(
    clock: ManualClock, message: Make
) -> None:
    async with SmtpProvider() as provider:
        answer = await _channel(provider.port, clock, security="starttls").send(message(TO))
    assert isinstance(answer, RefusedBy)
    assert provider.mails == []


async def test_a_line_break_in_a_title_forges_no_header(clock: ManualClock, message: Make) -> None:
    async with SmtpProvider() as provider:
        answer = await _channel(provider.port, clock).send(message(TO, title="smoke\r\nBcc: eve@example.org"))
    assert isinstance(answer, Sent)
    assert message_from_bytes(provider.mails[0])["Bcc"] is None


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann",
        "@example.org",
        "ann@local",
        "a@b@example.org",
        "ann@example.org, eve@example.org",
        "Ann <ann@example.org>",
        "ann@example.org\r\nBcc: eve@example.org",
        "a" * 250 + "@example.org",
    ],
)
def test_an_address_is_one_plain_mailbox(address: str) -> None:
    assert not is_mailbox(address)
