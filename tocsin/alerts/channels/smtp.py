"""Notices as mail.

A server's 4xx is tried again, its 5xx is not; silence after the message was handed over is `Unknown`.
The `Message-ID` is made of the notice's id, so that a repetition is recognised by the reader's program.
Header fields cannot be forged by an address or a title: line breaks are refused or removed.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

import aiosmtplib
from typing_extensions import override

from tocsin.alerts.channels.config import SmtpConfig
from tocsin.alerts.channels.http import CONNECT_SHARE, MINUTE, RETRY_LATER, RETRY_SOON, excerpt, hide
from tocsin.alerts.channels.secret import read_secret
from tocsin.alerts.ports import Answer, ChannelAdapter, Message, Rates, RefusedBy, Sent, Unknown
from tocsin.alerts.throttle import Rate
from tocsin.core.clock import Clock
from tocsin.core.responders import Channel

ADDRESS_CHARACTERS_MAX: Final = 254
SIGN_IN_AGAIN: Final = timedelta(minutes=1)


class SmtpChannel(ChannelAdapter):
    """Send plain text mails, one connection each: alarms are rare and must not wait for one another."""

    def __init__(
        self, config: SmtpConfig, clock: Clock, *, tls_context: ssl.SSLContext | None = None
    ) -> None:
        self._config = config
        self._password = read_secret("password", config.password, config.password_file)
        self._clock = clock
        self._tls_context = tls_context

    @property
    @override
    def channel(self) -> Channel:
        return Channel.SMTP

    @property
    @override
    def rates(self) -> Rates:
        return Rates(address=(Rate(self._config.per_minute, MINUTE),))

    @property
    @override
    def idempotent(self) -> bool:
        return True

    @override
    async def send(self, message: Message) -> Answer:
        if not is_mailbox(message.address):
            return RefusedBy("the address is no mail address: write name@example.org")
        mail = self._write(message)

        async def hand_over(client: aiosmtplib.SMTP) -> Answer:
            _, answer = await client.send_message(mail)
            return Sent(provider_id=excerpt(answer))

        return await self._talk(hand_over, (message.address,))

    @override
    async def probe(self) -> Answer:
        async def nothing(client: aiosmtplib.SMTP) -> Answer:
            await client.noop()
            return Sent()

        return await self._talk(nothing, ())

    async def _talk(
        self, say: Callable[[aiosmtplib.SMTP], Awaitable[Answer]], hidden: tuple[str, ...]
    ) -> Answer:
        """Connect, sign in and say something, all within the time limit."""
        limit = self._config.time_limit_seconds
        client = aiosmtplib.SMTP(
            hostname=self._config.host,
            port=self._config.port,
            username=self._config.user,
            password=self._password,
            timeout=limit,
            use_tls=self._config.security == "tls",
            start_tls=self._config.security == "starttls",
            tls_context=self._tls_context,
        )
        try:
            async with asyncio.timeout(limit):
                await client.connect(timeout=limit * CONNECT_SHARE)
                return await say(client)
        except aiosmtplib.SMTPException as error:
            return _judge(error, (*hidden, self._password or ""))
        except OSError as error:  # also the end of the time limit
            if isinstance(error, TimeoutError):
                return Unknown(f"no answer within {limit:g} s")
            return _unreachable(excerpt(str(error)))
        finally:
            client.close()  # a QUIT would wait for a server that may be silent, beyond our limit

    def _write(self, message: Message) -> EmailMessage:
        mail = EmailMessage()
        mail["From"] = self._config.sender
        mail["To"] = message.address
        mail["Subject"] = excerpt(message.title)
        mail["Date"] = format_datetime(self._clock.now())
        mail["Message-ID"] = f"<{message.notice}@tocsin.invalid>"
        mail["Auto-Submitted"] = "auto-generated"
        mail["X-Priority"] = "1"
        mail.set_content("\n\n".join(part for part in (message.text, message.link) if part))
        return mail


def is_mailbox(address: str) -> bool:
    """Say whether an address is one plain mailbox: no list, no display name, no line break."""
    local, _, domain = address.rpartition("@")
    plain = address.isascii() and address.isprintable() and not any(c in ' ,;<>"()[]:\\' for c in address)
    return (
        bool(local)
        and "@" not in local
        and "." in domain
        and plain
        and len(address) <= ADDRESS_CHARACTERS_MAX
    )


def _unreachable(detail: str) -> RefusedBy:
    return RefusedBy(f"the mail server could not be reached: {detail}", RETRY_SOON, by_account=True)


def _judge(error: aiosmtplib.SMTPException, hidden: tuple[str, ...]) -> Answer:
    match error:
        case aiosmtplib.SMTPRecipientsRefused():
            first = error.recipients[0]
            return _by_code(first.code, first.message, hidden, by_account=False)
        case aiosmtplib.SMTPAuthenticationError():
            return RefusedBy(
                f"the mail server refused our sign-in ({error.code}): check user and password",
                SIGN_IN_AGAIN,
                by_account=True,
            )
        case aiosmtplib.SMTPSenderRefused():
            return _by_code(error.code, error.message, hidden, by_account=True)
        case aiosmtplib.SMTPResponseException():
            return _by_code(error.code, error.message, hidden, by_account=False)
        case aiosmtplib.SMTPConnectError():
            return _unreachable(excerpt(error.message))
        case aiosmtplib.SMTPServerDisconnected() | aiosmtplib.SMTPTimeoutError():
            return Unknown(f"the mail server fell silent: {excerpt(error.message)}")
        case _:
            return RefusedBy(
                f"the mail server cannot do what is asked: {excerpt(hide(error.message, hidden))}",
                SIGN_IN_AGAIN,
                by_account=True,
            )


def _by_code(code: int, text: str, hidden: tuple[str, ...], *, by_account: bool) -> Answer:
    reason = f"the mail server said {code}: {excerpt(hide(text, hidden))}"
    return RefusedBy(reason, RETRY_LATER if 400 <= code < 500 else None, by_account)
