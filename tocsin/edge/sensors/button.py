"""A button to call for help: every matching message is one press, a reading of 1 on `NAME/button`."""

from __future__ import annotations

import json
from typing import Any

from typing_extensions import override

from tocsin.core.clock import Clock, to_us
from tocsin.core.errors import Rejected
from tocsin.core.readings import Reading
from tocsin.edge import metrics
from tocsin.edge.config import ButtonSensor, CollectorConfig
from tocsin.edge.ports import Adapter, Intake, LocalBus
from tocsin.edge.sensors.mailbox import Mailbox
from tocsin.edge.sensors.mqtt import parse_payload
from tocsin.edge.sensors.values import dig, reading

QUANTITY = "button"


class Button(Adapter):
    """One button on a topic of the local broker."""

    def __init__(self, config: ButtonSensor, collector: CollectorConfig, clock: Clock, bus: LocalBus) -> None:
        self._config = config
        self._device = collector.device(config.name)
        self._stream = collector.stream(f"{config.name}/{QUANTITY}")
        self._clock = clock
        self._bus = bus

    @override
    async def run(self, intake: Intake) -> None:
        with Mailbox(self._bus, self._config.topic) as mailbox:
            async for _topic, payload in mailbox:
                try:
                    pressed = self.is_press(payload)
                except Rejected as error:
                    metrics.READINGS_REFUSED.labels(error.code).inc()
                    intake.fault(self._device, error.reason)
                    continue
                if pressed:
                    await intake.readings([self._press()])

    def is_press(self, payload: bytes) -> bool:
        """Say whether a message means that somebody pressed; raises `Rejected` for unreadable ones."""
        if not self._config.pressed and self._config.path is None:
            return True
        found = dig(parse_payload(payload), self._config.path or ".")
        if not self._config.pressed:
            return found is not None
        return _text(found) in self._config.pressed

    def _press(self) -> Reading:
        return reading(self._stream, 1.0, to_us(self._clock.now()), unit="/")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
