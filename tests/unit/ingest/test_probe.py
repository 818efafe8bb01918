import pytest

from tocsin.broker import EmbeddedBrokerConfig, embedded_broker
from tocsin.core.errors import Transient
from tocsin.core.wire import UP_FILTER
from tocsin.ingest.config import MqttConfig
from tocsin.ingest.probe import in_flight_limit, probe_topic


async def test_a_broker_without_a_limit_gives_all_that_was_asked_for():
    async with embedded_broker(EmbeddedBrokerConfig(port=0, anonymous=True)) as broker:
        assert await in_flight_limit(MqttConfig(port=broker.port, receive_maximum=50), "me") == 50


async def test_a_broker_that_refuses_says_so():
    async with embedded_broker(EmbeddedBrokerConfig(port=0)) as broker:
        with pytest.raises(Transient, match="self-test"):
            await in_flight_limit(MqttConfig(port=broker.port, receive_maximum=5), "me")


async def test_nobody_there_is_an_error_of_the_network():
    with pytest.raises(OSError, match="refused"):
        await in_flight_limit(MqttConfig(port=1), "me")


def test_the_probe_is_no_message_of_a_collector():
    assert len(probe_topic("me").split("/")) != len(UP_FILTER.split("/"))
