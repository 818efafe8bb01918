"""Plain values or JSON on topics of the local broker, by a mapping of dotted paths.

A payload that is not what the mapping says is counted by reason and noted as the device's fault;
a value the mapping finds nowhere in a message is simply not in that message.
"""

from __future__ import annotations

import json
from typing import Any, Final

import structlog
from typing_extensions import override

from tocsin.core.clock import Clock, to_us
from tocsin.core.errors import Rejected
from tocsin.core.readings import Reading
from tocsin.edge import metrics
from tocsin.edge.config import CollectorConfig, MqttSensor, MqttValue
from tocsin.edge.ports import Adapter, Intake, LocalBus
from tocsin.edge.sensors.mailbox import Mailbox
from tocsin.edge.sensors.values import dig, instant_us, number, reading

log = structlog.get_logger()

PAYLOAD_BYTES_MAX: Final = 256 * 1024


class MqttMapping(Adapter):
    """One mapping."""

    def __init__(self, config: MqttSensor, collector: CollectorConfig, clock: Clock, bus: LocalBus) -> None:
        self._config = config
        self._collector = collector
        self._clock = clock
        self._bus = bus

    @override
    async def run(self, intake: Intake) -> None:
        with Mailbox(self._bus, self._config.topic) as mailbox:
            async for topic, payload in mailbox:
                try:
                    found = self.read(topic, payload)
                except Rejected as error:
                    metrics.READINGS_REFUSED.labels(error.code).inc()
                    intake.fault(self._collector.device(self._config.name), error.reason)
                    continue
                if found:
                    await intake.readings(found)

    def read(self, topic: str, payload: bytes) -> list[Reading]:
        """Map one message.

        Raises `Rejected` (`payload.form`, `payload.too_large`, `time.form`, `stream.name`).
        """
        document = parse_payload(payload)
        observed_us = self._instant(document)
        wild = _wildcards(self._config.topic, topic)
        readings = []
        for path, value in self._config.values.items():
            raw = dig(document, path)
            if raw is None:
                continue
            readings.append(self._reading(value, raw, observed_us, wild))
        return readings

    def _instant(self, document: Any) -> int:
        if self._config.time_path is not None:
            raw = dig(document, self._config.time_path)
            if raw is not None:
                return instant_us(raw, self._config.time_format)
        return to_us(self._clock.now())

    def _reading(self, config: MqttValue, raw: Any, observed_us: int, wild: list[str]) -> Reading:
        name = config.stream
        for index, text in enumerate(wild, start=1):
            name = name.replace(f"{{{index}}}", text)
        stream = self._collector.stream(name)
        value = number(raw, true=config.true_values, false=config.false_values)
        if value is None and config.text and isinstance(raw, str):
            return reading(stream, None, observed_us, text=raw)
        if value is not None:
            value = value * config.factor + config.offset
        return reading(stream, value, observed_us, unit=config.unit)


def parse_payload(payload: bytes) -> Any:
    """Read JSON, or the payload as one text.

    Raises `Rejected` (`payload.form`, `payload.too_large`).
    """
    if len(payload) > PAYLOAD_BYTES_MAX:
        raise Rejected(
            "payload.too_large", f"a sensor's message of {len(payload)} bytes exceeds {PAYLOAD_BYTES_MAX}"
        )
    try:
        text = payload.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Rejected("payload.form", "the sensor's message is no text: it is not UTF-8") from error
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        if text.lstrip()[:1] in {"{", "["}:
            raise Rejected("payload.form", f"the sensor's message is not JSON: {str(error)[:80]}") from error
        return text


def _wildcards(topic_filter: str, topic: str) -> list[str]:
    return [
        have for want, have in zip(topic_filter.split("/"), topic.split("/"), strict=False) if want == "+"
    ]
