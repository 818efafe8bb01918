"""Notices written to the log: for demonstrations, tests, and as a trace when nothing else is set up."""

from __future__ import annotations

import structlog
from typing_extensions import override

from tocsin.alerts.ports import Answer, ChannelAdapter, Message, Sent
from tocsin.core.responders import Channel

log = structlog.get_logger()


class LogChannel(ChannelAdapter):
    """Write each notice as one line, without the person's address."""

    @property
    @override
    def channel(self) -> Channel:
        return Channel.LOG

    @property
    @override
    def idempotent(self) -> bool:
        return True

    @override
    async def send(self, message: Message) -> Answer:
        log.info(
            "notice.told",
            notice=message.notice,
            incident=message.incident,
            template=message.template,
            title=message.title,
            seconds_left=message.seconds_left,
        )
        return Sent(provider_id=f"log:{message.notice}")
