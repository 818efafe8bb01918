import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest

from tocsin.alerts.channels.mqtt import MqttChannel
from tocsin.alerts.config import SirenConfig
from tocsin.alerts.ports import Message, RefusedBy, Sent, Unknown
from tocsin.core.clock import ManualClock, to_us
from tocsin.core.errors import Transient
from tocsin.core.responders import Channel
from tocsin.core.wire import Command, decode_command

Make = Callable[..., Message]


class Broker:
    def __init__(self) -> None:
        self.published: list[tuple[str, Command]] = []

    async def publish(self, topic: str, payload: bytes) -> None:
        self.published.append((topic, decode_command(payload)))


async def test_a_siren_is_ordered_at_the_villages_collector(clock: ManualClock, message: Make) -> None:
    broker = Broker()
    channel = MqttChannel(SirenConfig(), broker.publish, clock)
    assert await channel.send(message("weir", template="siren", text="t")) == Sent()
    assert channel.channel is Channel.MQTT
    expires = to_us(clock.now() + timedelta(seconds=170))
    assert broker.published == [
        (
            "tocsin/v1/weir/command",
            Command(id="n-1", action="siren", text="t", seconds=60.0, expires_us=expires),
        )
    ]


async def test_any_other_notice_is_spoken(clock: ManualClock, message: Make) -> None:
    broker = Broker()
    await MqttChannel(SirenConfig(), broker.publish, clock).send(message("weir"))
    [(_, order)] = broker.published
    assert order.action == "say"
    assert order.text.startswith("溪口村")


@pytest.mark.parametrize(("left", "valid"), [(None, 180), (3600.0, 180), (10.0, 10), (-5.0, 0)])
async def test_an_order_is_void_after_its_time(
    clock: ManualClock, message: Make, left: float | None, valid: int
) -> None:
    broker = Broker()
    await MqttChannel(SirenConfig(), broker.publish, clock).send(message("weir", seconds_left=left))
    [(_, order)] = broker.published
    assert order.expires_us == to_us(clock.now() + timedelta(seconds=valid))


async def test_a_broker_that_is_gone_is_tried_again(clock: ManualClock, message: Make) -> None:
    async def publish(topic: str, payload: bytes) -> None:
        raise Transient("session is down")

    answer = await MqttChannel(SirenConfig(), publish, clock).send(message("weir"))
    assert isinstance(answer, RefusedBy)
    assert answer.retry_after is not None


async def test_a_broker_that_is_silent_is_unknown(clock: ManualClock, message: Make) -> None:
    async def publish(topic: str, payload: bytes) -> None:
        await asyncio.Event().wait()

    channel = MqttChannel(SirenConfig(time_limit_seconds=0.05), publish, clock)
    assert isinstance(await channel.send(message("weir")), Unknown)


async def test_an_address_that_is_no_collector_is_refused(clock: ManualClock, message: Make) -> None:
    broker = Broker()
    answer = await MqttChannel(SirenConfig(), broker.publish, clock).send(message("weir/#"))
    assert isinstance(answer, RefusedBy)
    assert answer.retry_after is None
    assert broker.published == []
