"""Cameras that publish bare JPEG pictures on a topic; only the newest waits, at most one per interval."""

from __future__ import annotations

from typing_extensions import override

from tocsin.core.clock import Clock
from tocsin.core.ids import DeviceId
from tocsin.edge import metrics
from tocsin.edge.cameras.masking import hand_over
from tocsin.edge.config import MqttCamera
from tocsin.edge.ports import Adapter, Intake, LocalBus
from tocsin.edge.sensors.mailbox import Mailbox


class MqttPictures(Adapter):
    """One topic of pictures."""

    def __init__(self, config: MqttCamera, device: DeviceId, clock: Clock, bus: LocalBus) -> None:
        self._config = config
        self._device = device
        self._clock = clock
        self._bus = bus

    @override
    async def run(self, intake: Intake) -> None:
        earliest = float("-inf")
        with Mailbox(self._bus, self._config.topic, most=1) as mailbox:
            async for _topic, payload in mailbox:
                now = self._clock.monotonic()
                # A tenth of grace, because a camera's own interval is never exact.
                if now < earliest:
                    metrics.PICTURES_SKIPPED.labels(self._device).inc()
                    continue
                earliest = now + 0.9 * self._config.interval_seconds
                await hand_over(intake, self._device, self._config, payload)
