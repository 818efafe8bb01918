"""One collector from start to clean stop: wires its parts, owns their tasks.

At a stop the adapters end first, then the batches are sealed, the detectors saved, the receipts
awaited for `drain_seconds`, and the broker told `stopped`. A fault of our own ends the process: a
supervisor starts it again and the outbox goes on where it was.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
from collections.abc import Callable
from contextlib import AbstractContextManager, AsyncExitStack
from dataclasses import dataclass

import structlog

from tocsin.core.clock import Clock, SystemClock
from tocsin.core.ids import new_id
from tocsin.core.wire import Command
from tocsin.edge import signing
from tocsin.edge.adapters import all_adapters, keep_running
from tocsin.edge.config import CollectorConfig
from tocsin.edge.detecting import SAVE_SECONDS, Detecting
from tocsin.edge.health import Health
from tocsin.edge.local_bus import MqttLocalBus
from tocsin.edge.outbox import Outbox
from tocsin.edge.reloading import Reloading, RulesFile
from tocsin.edge.sampler import Sampler
from tocsin.edge.uplink import Uplink
from tocsin.edge.vitals import Vitals

log = structlog.get_logger()

Serve = Callable[[str, int, Callable[[], list[str]]], AbstractContextManager[object]]
"""`tocsin.telemetry.serve`: host, port, what keeps us from being ready."""


@dataclass(slots=True)
class _Parts:
    outbox: Outbox
    detecting: Detecting
    uplink: Uplink
    bus: MqttLocalBus
    sampler: Sampler
    health: Health
    vitals: Vitals
    reloading: Reloading
    clock: Clock
    chance: random.Random


async def run(
    config: CollectorConfig,
    *,
    stop: asyncio.Event,
    metrics_port: int | None = None,
    serve: Serve | None = None,
    clock: Clock | None = None,
    sources_ended: asyncio.Event | None = None,
) -> None:
    """Run until `stop`; `sources_ended` is set when every adapter came to the end of its source.

    Ready means: connected to the broker. Raises `Rejected` when the configuration cannot work and
    `Transient` when the outbox cannot be opened.
    """
    parts = await _assemble(config, clock or SystemClock(), random.Random())  # noqa: S311 jitter is no secret
    async with AsyncExitStack() as stack:
        stack.push_async_callback(parts.outbox.close)
        stack.callback(parts.detecting.close)
        if metrics_port is not None and serve is not None:
            stack.enter_context(serve("127.0.0.1", metrics_port, parts.uplink.faults))
        await parts.sampler.alarms(await parts.detecting.restore())
        log.info("collector.started", collector=config.collector, pid=os.getpid(), revision=config.revision)
        await _live(config, parts, stop, sources_ended)
        log.info("collector.stopped", collector=config.collector)


async def _assemble(config: CollectorConfig, clock: Clock, chance: random.Random) -> _Parts:
    key = signing.load_or_make(config.signing_key or config.outbox.path.with_name("signing-key.pem"))
    outbox = await asyncio.to_thread(
        lambda: Outbox(
            config.outbox.path,
            collector=config.id,
            clock=clock,
            boot=new_id(),
            bytes_max=config.outbox.bytes_max,
            days_max=config.outbox.days_max,
        )
    )
    vitals = Vitals()
    file = RulesFile(config)
    first = await asyncio.to_thread(file.first)
    detecting = Detecting(first[0].cameras, first[0].streams, config.outbox.path.parent)
    bus = MqttLocalBus(
        config.local_broker or config.broker, f"tocsin-{config.collector}-local", clock, chance
    )
    actions = _Actions(config, bus)
    uplink = Uplink(
        collector=config.id,
        partition=config.partition,
        config=config.broker,
        outbox=outbox,
        clock=clock,
        on_command=actions.take,
        chance=chance,
    )
    sampler = Sampler(
        config=config,
        outbox=outbox,
        detecting=detecting,
        vitals=vitals,
        clock=clock,
        chunk_bytes=uplink.chunk_bytes,
        sign=lambda sha256: signing.sign(key, sha256),
    )
    health = Health(
        config=config,
        outbox=outbox,
        detecting=detecting,
        vitals=vitals,
        clock=clock,
        rules=lambda: reloading.rules,
    )
    reloading = Reloading(
        config, file, first, detecting=detecting, vitals=vitals, say=sampler.alarms, announce=health.send
    )
    actions.sampler, actions.reloading = sampler, reloading
    return _Parts(outbox, detecting, uplink, bus, sampler, health, vitals, reloading, clock, chance)


async def _live(
    config: CollectorConfig,
    parts: _Parts,
    stop: asyncio.Event,
    sources_ended: asyncio.Event | None,
) -> None:
    hang_up = asyncio.Event()
    async with asyncio.TaskGroup() as line:
        line.create_task(parts.uplink.run(hang_up))
        async with asyncio.TaskGroup() as work:
            tasks = [
                work.create_task(parts.bus.run()) if _needs_bus(config) else None,
                work.create_task(_adapters(config, parts, sources_ended)),
                work.create_task(parts.sampler.run()),
                work.create_task(parts.health.run()),
                work.create_task(parts.reloading.run()),
                work.create_task(_save_sometimes(parts.detecting)),
            ]
            await stop.wait()
            log.info("collector.stopping", collector=config.collector)
            for task in tasks:
                if task is not None:
                    task.cancel()
        await parts.sampler.finish()
        await parts.detecting.save()
        await parts.health.send()
        if config.drain_seconds > 0 and not await parts.outbox.drained(config.drain_seconds):
            log.warning("collector.not_drained", envelopes=(await parts.outbox.depth()).envelopes)
        hang_up.set()


def _needs_bus(config: CollectorConfig) -> bool:
    return (
        any(sensor.type != "csv" for sensor in config.sensors)
        or any(camera.type == "mqtt" for camera in config.cameras)
        or config.siren.mqtt_topic is not None
    )


async def _adapters(
    config: CollectorConfig,
    parts: _Parts,
    sources_ended: asyncio.Event | None,
) -> None:
    async with asyncio.TaskGroup() as group:
        for placed in all_adapters(config, parts.clock, parts.bus):
            if placed.kind == "camera":
                parts.sampler.bursts.offer(placed.device, placed.adapter)
            group.create_task(keep_running(placed, parts.sampler, parts.vitals, parts.clock, parts.chance))
    if sources_ended is not None:
        sources_ended.set()


async def _save_sometimes(detecting: Detecting) -> None:
    while True:
        await asyncio.sleep(SAVE_SECONDS)
        await detecting.save()


class _Actions:
    """What a command of the centre does here."""

    def __init__(self, config: CollectorConfig, bus: MqttLocalBus) -> None:
        self._config = config
        self._bus = bus
        self.sampler: Sampler | None = None
        self.reloading: Reloading | None = None

    async def take(self, command: Command) -> None:
        """Carry out one command; unknown ones are told and ignored."""
        if command.action in {"siren", "say"}:
            await self._ring(command)
        elif command.action == "snapshot" and self.sampler is not None:
            if not self.sampler.want_snapshot(command.device):
                log.warning("command.no_camera", device=command.device)
        elif command.action == "burst" and self.sampler is not None and command.device is not None:
            if why := self.sampler.bursts.begin(command.device, "the centre asked"):
                log.warning("command.no_burst", device=command.device, reason=why)
        elif command.action == "reload" and self.reloading is not None:
            await self.reloading.reload()
        else:
            log.warning("command.unknown", action=command.action[:64])

    async def _ring(self, command: Command) -> None:
        topic = self._config.siren.mqtt_topic
        log.warning("siren", action=command.action, text=command.text[:200], seconds=command.seconds)
        if topic is None:
            return
        order = {"action": command.action, "text": command.text, "seconds": command.seconds}
        if not await self._bus.publish(topic, json.dumps(order, ensure_ascii=False).encode()):
            log.error("siren.not_reached", topic=topic)
