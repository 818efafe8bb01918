"""Notices as mail.

A server's 4xx is tried again, its 5xx is not; silence after the message was handed over is `Unknown`.
The `Message-ID` is made of the notice's id, so that a repetition is recognised by the reader's program.
Header fields cannot be forged by an address or a title: line breaks are refused or removed.
"""

from __future__ import annotations

import asyncio
import ssl
from datetime import timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Final

import aiosmtplib
from typing_extensions import override

from tocsin.alerts.channels.http import RETRY_LATER, RETRY_SOON, excerpt
from tocsin.alerts.config import SmtpConfig, read_secret
from tocsin.alerts.ports import Answer, ChannelAdapter, Message, RefusedBy, Sent, Unknown
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

    @override
    async def send(self, message: Message) -> Answer:
        if not is_mailbox(message.address):
            return RefusedBy("the address is no mail address: write name@example.org")
        mail = self._write(message)
        try:
            async with asyncio.timeout(self._config.time_limit_seconds):
                return await self._hand_over(mail)
        except TimeoutError:
            return Unknown(f"no answer within {self._config.time_limit_seconds:g} s")

    async def _hand_over(self, mail: EmailMessage) -> Answer:
        client = aiosmtplib.SMTP(
            hostname=self._config.host,
            port=self._config.port,
            username=self._config.user,
            password=self._password,
            timeout=self._config.time_limit_seconds,
            use_tls=self._config.security == "tls",
            start_tls=self._config.security == "starttls",
            tls_context=self._tls_context,
        )
        try:
            await client.connect()
            _, answer = await client.send_message(mail)
        except aiosmtplib.SMTPException as error:
            return _judge(error)
        except OSError as error:
            return RefusedBy(f"the mail server could not be reached: {excerpt(str(error))}", RETRY_SOON)
        finally:
            client.close()  # a QUIT would wait for a server that may be silent, beyond our limit
        return Sent(provider_id=excerpt(answer))

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


def _judge(error: aiosmtplib.SMTPException) -> Answer:
    match error:
        case aiosmtplib.SMTPRecipientsRefused():
            first = error.recipients[0]
            return _by_code(first.code, first.message)
        case aiosmtplib.SMTPAuthenticationError():
            return RefusedBy(
                f"the mail server refused our sign-in ({error.code}): check user and password", SIGN_IN_AGAIN
            )
        case aiosmtplib.SMTPResponseException():
            return _by_code(error.code, error.message)
        case aiosmtplib.SMTPConnectError():
            return RefusedBy(f"the mail server could not be reached: {excerpt(error.message)}", RETRY_SOON)
        case aiosmtplib.SMTPServerDisconnected() | aiosmtplib.SMTPTimeoutError():
            return Unknown(f"the mail server fell silent: {excerpt(error.message)}")
        case _:
            return RefusedBy(
                f"the mail server cannot do what is asked: {excerpt(error.message)}", SIGN_IN_AGAIN
            )


def _by_code(code: int, text: str) -> Answer:
    reason = f"the mail server said {code}: {excerpt(text)}"
    return RefusedBy(reason, RETRY_LATER if 400 <= code < 500 else None)
