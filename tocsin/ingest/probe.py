"""How many messages the broker hands over without acknowledgement, measured before the first batch.

A batch larger than that would wait for ever for messages that cannot come. The probe is a client of
its own that publishes to itself and acknowledges nothing.
"""

from __future__ import annotations

import asyncio
import threading
from typing import Any, Final

import structlog
from paho.mqtt import client as paho
from paho.mqtt.reasoncodes import ReasonCode

from tocsin.core.errors import Transient
from tocsin.core.wire import ROOT
from tocsin.ingest import metrics
from tocsin.ingest.config import MqttConfig
from tocsin.ingest.connecting import choose_version, connect, make_client

log = structlog.get_logger()

QUIET_SECONDS: Final = 0.3
"""Nothing came for so long: the broker waits for an acknowledgement."""
LONGEST_SECONDS: Final = 10.0


def probe_topic(name: str) -> str:
    """Name the topic of a worker's probe; no collector may write to it."""
    return f"{ROOT}/probe/{name}"


class _Probe:
    """Count what comes until nothing does."""

    def __init__(self, topic: str, messages: int) -> None:
        self._topic = topic
        self._messages = messages
        self.count = 0
        self.failure = ""
        self.arrived = threading.Event()
        self.finished = threading.Event()

    def on_connect(self, client: paho.Client, _user: Any, _flags: Any, code: ReasonCode, _more: Any) -> None:
        if code.is_failure:
            self.failure = str(code)
            self._end()
        else:
            client.subscribe(self._topic, 1)

    def on_subscribe(self, client: paho.Client, *_rest: Any) -> None:
        for _ in range(self._messages):
            client.publish(self._topic, b"probe", qos=1)

    def on_message(self, *_message: Any) -> None:
        self.count += 1
        self.arrived.set()
        if self.count >= self._messages:
            self._end()

    def on_disconnect(
        self, _client: paho.Client, _user: Any, _flags: Any, code: ReasonCode, _more: Any
    ) -> None:
        self.failure = self.failure or str(code)
        self._end()

    def _end(self) -> None:
        self.finished.set()
        self.arrived.set()


def _measure(config: MqttConfig, name: str, version: int, messages: int) -> _Probe:
    client = make_client(config, f"{config.client_id}-probe-{name}", version, persistent=False)
    client.max_inflight_messages_set(messages)
    probe = _Probe(probe_topic(name), messages)
    client.on_connect = probe.on_connect
    client.on_subscribe = probe.on_subscribe
    client.on_message = probe.on_message
    client.on_disconnect = probe.on_disconnect
    connect(client, config, persistent=False)
    client.loop_start()
    try:
        probe.arrived.wait(LONGEST_SECONDS)
        while not probe.finished.is_set():
            before = probe.count
            if not probe.finished.wait(QUIET_SECONDS) and probe.count == before:
                break
    finally:
        client.on_disconnect = None
        client.disconnect()
        client.loop_stop()
    return probe


async def in_flight_limit(config: MqttConfig, name: str) -> int:
    """Measure, up to `receive_maximum`; at least 1.

    A batch may be half of it, so that one fills while the other commits. Raises `Transient` when the
    broker refuses or does not answer, `OSError` when nobody listens.
    """
    version = await asyncio.to_thread(choose_version, config)
    probe = await asyncio.to_thread(_measure, config, name, version, config.receive_maximum)
    if not probe.count:
        raise Transient(f"the broker did not answer the self-test: {probe.failure or 'nothing came back'}")
    metrics.IN_FLIGHT_LIMIT.set(probe.count)
    log.info("broker.in_flight", limit=probe.count, asked=config.receive_maximum)
    return probe.count
