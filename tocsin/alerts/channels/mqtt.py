"""Siren and loudspeaker of a village, as orders to its collector over MQTT.

The address of a notice is the collector's name.  An order carries an instant after which the box does
nothing, so that a siren does not start when a dead link comes back an hour later.  The broker's
acceptance counts as sent: whether it sounded, the collector's health says.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Final

from typing_extensions import override

from tocsin.alerts.channels.config import SirenConfig
from tocsin.alerts.channels.http import MINUTE, RETRY_SOON
from tocsin.alerts.ports import Answer, ChannelAdapter, Message, Rates, RefusedBy, Sent, Unknown
from tocsin.alerts.throttle import Rate
from tocsin.core.clock import Clock, to_us
from tocsin.core.errors import Rejected, Transient
from tocsin.core.ids import collector_id
from tocsin.core.responders import Channel
from tocsin.core.wire import Command, command_topic, encode_command

Publish = Callable[[str, bytes], Awaitable[None]]
"""Publish (topic, payload) at QoS 1, not retained; raises `Transient` when the session is down."""

ORDER_VALID_MAX: Final = timedelta(minutes=3)
"""An order without a deadline of its own is worth nothing after the village's window."""


class MqttChannel(ChannelAdapter):
    """Order a collector to sound its siren (template `siren`) or to say the text (any other)."""

    def __init__(self, config: SirenConfig, publish: Publish, clock: Clock) -> None:
        self._config = config
        self._publish = publish
        self._clock = clock

    @property
    @override
    def channel(self) -> Channel:
        return Channel.MQTT

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
        try:
            topic = command_topic(collector_id(message.address))
        except Rejected as rejected:
            return RefusedBy(rejected.reason)
        try:
            async with asyncio.timeout(self._config.time_limit_seconds):
                await self._publish(topic, encode_command(self._order(message)))
        except Transient as error:
            return RefusedBy(f"the broker is not there: {error}", RETRY_SOON, by_account=True)
        except TimeoutError:
            return Unknown(f"the broker did not answer within {self._config.time_limit_seconds:g} s")
        return Sent()

    def _order(self, message: Message) -> Command:
        valid = ORDER_VALID_MAX
        if message.seconds_left is not None:
            valid = min(valid, timedelta(seconds=max(message.seconds_left, 0.0)))
        expires = to_us(self._clock.now() + valid)
        if message.template == "siren":
            return Command(
                id=message.notice,
                action="siren",
                text=message.text,
                seconds=self._config.sound_seconds,
                expires_us=expires,
            )
        return Command(id=message.notice, action="say", text=message.text, expires_us=expires)
