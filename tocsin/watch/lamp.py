"""A lamp that people see: green, yellow or red, said again every half minute.

A lamp that has not been told for a minute should show that it knows nothing: then the watcher is gone.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from typing import Final

import aiomqtt
import httpx
import structlog

from tocsin.alerts.config import read_secret
from tocsin.core.clock import Clock
from tocsin.watch.config import LampConfig, LampMqttConfig

log = structlog.get_logger()

TIME_LIMIT_SECONDS: Final = 5.0
GREEN, YELLOW, RED = "green", "yellow", "red"


class Lamp:
    """Say a colour to the lamp, whenever it changes and every so often."""

    def __init__(self, config: LampConfig, client: httpx.AsyncClient, clock: Clock) -> None:
        """Raise `ValueError` with a sentence when the password's file cannot be read."""
        self._config = config
        self._client = client
        self._clock = clock
        self._colour, self._findings = GREEN, 0
        self._changed = asyncio.Event()
        mqtt = config.mqtt
        self._password = read_secret("password", mqtt.password, mqtt.password_file) if mqtt else None

    def show(self, *, pages: int, tickets: int) -> None:
        """Note how many findings stand; returns at once."""
        colour = RED if pages else YELLOW if tickets else GREEN
        if (colour, pages + tickets) != (self._colour, self._findings):
            self._colour, self._findings = colour, pages + tickets
            self._changed.set()

    async def run(self) -> None:
        """Tell the lamp for ever."""
        while True:
            self._changed.clear()
            await self._tell()
            try:
                async with asyncio.timeout(self._config.every_seconds):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _tell(self) -> None:
        body = json.dumps(
            {"lamp": self._colour, "findings": self._findings, "at": self._clock.now().isoformat()}
        ).encode()
        try:
            async with asyncio.timeout(TIME_LIMIT_SECONDS):
                if self._config.webhook is not None:
                    answer = await self._client.post(
                        self._config.webhook, content=body, headers={"content-type": "application/json"}
                    )
                    if (
                        not answer.is_success
                    ):  # the error's own words would repeat the address, which may be a secret
                        log.warning("watch.lamp_dark", reason=f"status {answer.status_code}")
                if self._config.mqtt is not None:
                    await self._publish(self._config.mqtt, body)
        except (httpx.HTTPError, aiomqtt.MqttError, OSError, TimeoutError) as error:
            log.warning("watch.lamp_dark", reason=str(error) or type(error).__name__)

    async def _publish(self, config: LampMqttConfig, body: bytes) -> None:
        async with aiomqtt.Client(
            config.host,
            config.port,
            username=config.username,
            password=self._password,
            tls_context=ssl.create_default_context() if config.tls else None,
            timeout=TIME_LIMIT_SECONDS,
        ) as client:
            await client.publish(config.topic, body, qos=1, retain=True)
