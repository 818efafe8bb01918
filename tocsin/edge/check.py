"""`tocsin edge check`: reaches everything once and says per line what is right and what to do.

Nothing is sent to the centre and nothing is kept: a check may run beside the collector itself.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import tempfile
from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import aiomqtt
from typing_extensions import override

from tocsin.core.clock import Clock, SystemClock
from tocsin.core.errors import Rejected, TocsinError
from tocsin.core.ids import DeviceId
from tocsin.core.readings import Reading
from tocsin.core.wire import ClockState
from tocsin.detectors.burst import RATE
from tocsin.detectors.config import DetectorsConfig
from tocsin.edge import banks, broker, pictures
from tocsin.edge.adapters import Placed, camera_adapter, sensor_adapter
from tocsin.edge.config import BrokerConfig, CollectorConfig, CsvSensor
from tocsin.edge.effective import camera_watchers, misfits
from tocsin.edge.health import look_at_clock
from tocsin.edge.local_bus import MqttLocalBus
from tocsin.edge.ports import Adapter, Intake, LocalBus

DISK_FREE_SHARE: Final = 0.05
BURST_SECONDS: Final = 1.0
"""Long enough to measure a rate."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    subject: str
    """`camera yard`, `broker`, `clock` …"""
    ok: bool
    message: str
    cure: str = ""
    """What to do; empty when nothing has to be done."""


async def check(
    config: CollectorConfig, *, wait_seconds: float = 15.0, clock: Clock | None = None
) -> list[Finding]:
    """Look at everything at once; each device gets at most `wait_seconds` to speak."""
    clock = clock or SystemClock()
    bus = MqttLocalBus(
        config.local_broker or config.broker,
        f"tocsin-check-{os.getpid()}",
        clock,
        random.Random(),  # noqa: S311 jitter
    )
    listening = asyncio.create_task(bus.run())
    rules, detectors = await asyncio.to_thread(_detectors, config)
    try:
        looks: list[Awaitable[Finding]] = [
            _broker("broker", config.broker, wait_seconds),
            *([_broker("local broker", config.local_broker, wait_seconds)] if config.local_broker else []),
            *(
                _camera(placed, wait_seconds, _watched(config, rules, placed))
                for placed in _cameras(config, clock, bus)
            ),
            *(_device(placed, wait_seconds) for placed in _sensors(config, clock, bus)),
        ]
        findings = list(await asyncio.gather(*looks))
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    return [_clock(config, clock), await asyncio.to_thread(_disk, config), *detectors, *findings]


def _cameras(config: CollectorConfig, clock: Clock, bus: LocalBus) -> Sequence[Placed]:
    return [
        Placed(DeviceId(c.name), f"camera {c.name}", camera_adapter(c, config, clock, bus))
        for c in config.cameras
    ]


def _sensors(config: CollectorConfig, clock: Clock, bus: LocalBus) -> Sequence[Placed]:
    sensors = []
    for sensor in config.sensors:
        # A replay is asked for its first line only, at once.
        asked = (
            sensor.model_copy(update={"pace": "fast", "loop": False})
            if isinstance(sensor, CsvSensor)
            else sensor
        )
        kind = "button" if sensor.type == "button" else "sensor"
        sensors.append(
            Placed(DeviceId(sensor.name), f"{kind} {sensor.name}", sensor_adapter(asked, config, clock, bus))
        )
    return sensors


def _watched(config: CollectorConfig, rules: DetectorsConfig | None, placed: Placed) -> str:
    """Say how often a camera is looked at, and by what."""
    camera = next(one for one in config.cameras if one.name == placed.device)
    said = f"one each {camera.interval_seconds:g} s"
    if rules is None:
        return said
    device = config.device(camera.name)
    watching = rules.camera(device)
    names = ", ".join(one.rule for one in camera_watchers(rules, device)) or "nothing"
    model = f", with the model {watching.model}" if watching.model is not None else ""
    return f"{said}, watched by {names}{model}"


class _FirstWord(Intake):
    """Waits for the first thing that a device says, and measures a burst."""

    def __init__(self) -> None:
        self.said: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self.trouble = ""
        self.frames: list[int] = []
        """Microseconds since the first picture of a burst."""
        self.over: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        """Set at the end of a burst, to what is wrong with it."""

    @override
    async def readings(self, readings: Sequence[Reading]) -> None:
        """Take the first readings."""
        if readings and not self.said.done():
            one = readings[0]
            value = one.text if one.value is None else f"{one.value:g} {one.unit}".strip()
            self.said.set_result(f"{one.stream.split('/', 1)[1]} = {value}")
        await asyncio.sleep(0)

    @override
    async def picture(self, camera: DeviceId, jpeg: bytes) -> None:
        """Take the first picture."""
        try:
            image = await asyncio.to_thread(pictures.decode, jpeg)
        except Rejected as error:
            self.trouble = error.reason
            return
        if not self.said.done():
            self.said.set_result(f"a picture of {image.shape[1]} x {image.shape[0]}, {len(jpeg) // 1024} KiB")

    @override
    async def burst(self, camera: DeviceId, jpeg: bytes, since_us: int) -> None:
        """Count a picture of a burst."""
        self.frames.append(since_us)

    @override
    async def burst_over(self, camera: DeviceId, complaint: str = "") -> None:
        """Note the end of a burst."""
        if not self.over.done():
            self.over.set_result(complaint)

    @override
    def fault(self, device: DeviceId, sentence: str) -> None:
        """Remember what is wrong."""
        self.trouble = sentence

    @override
    def damaged(self, camera: DeviceId, reason: str) -> None:
        """Remember what is wrong."""
        self.trouble = self.trouble or reason


async def _camera(placed: Placed, wait_seconds: float, watched: str) -> Finding:
    intake = _FirstWord()
    task = asyncio.create_task(placed.adapter.run(intake))
    try:
        found = await _heard(placed, intake, task, wait_seconds)
        if not found.ok:
            return found
        burst = await _burst(placed.adapter, intake, wait_seconds)
        return replace(found, message=f"{found.message}; {watched}; {burst}")
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _burst(adapter: Adapter, intake: _FirstWord, wait_seconds: float) -> str:
    """Take a second at full rate and say what it is good for."""
    slowly = "fire is recognised from ordinary pictures, more slowly"
    if fault := adapter.burst_fault():
        return f"no burst, {fault}: {slowly}"
    if not adapter.ask_burst(BURST_SECONDS):
        return f"no burst, it has ended: {slowly}"
    try:
        async with asyncio.timeout(max(wait_seconds, BURST_SECONDS + 1)):
            complaint = await intake.over
    except TimeoutError:
        complaint = f"none came within {wait_seconds:g} s: set a key frame every one to two seconds"
    seconds = intake.frames[-1] / 1e6 if intake.frames else 0.0
    if complaint or seconds <= 0:
        return f"no burst, {complaint or 'too few pictures'}: {slowly}"
    rate = (len(intake.frames) - 1) / seconds
    if rate < RATE:
        return f"bursts of only {rate:.0f} pictures a second ({RATE:.0f} are needed): {slowly}"
    return f"bursts of {rate:.0f} pictures a second"


async def _device(placed: Placed, wait_seconds: float) -> Finding:
    intake = _FirstWord()
    task = asyncio.create_task(placed.adapter.run(intake))
    try:
        return await _heard(placed, intake, task, wait_seconds)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _heard(
    placed: Placed, intake: _FirstWord, task: asyncio.Task[None], wait_seconds: float
) -> Finding:
    both: set[asyncio.Future[Any]] = {task, intake.said}
    done, _ = await asyncio.wait(both, timeout=wait_seconds, return_when=asyncio.FIRST_COMPLETED)
    if intake.said.done():
        return Finding(placed.kind, ok=True, message=intake.said.result())
    if task in done:
        error = task.exception()
        if isinstance(error, TocsinError):
            reason = error.reason if isinstance(error, Rejected) else str(error)
            return Finding(placed.kind, ok=False, message=reason, cure=_cure(placed.kind))
        if error is not None:
            raise error
        return Finding(
            placed.kind, ok=False, message="it ended without saying anything", cure=_cure(placed.kind)
        )
    return _silent(placed.kind, wait_seconds, intake.trouble)


def _silent(kind: str, seconds: float, trouble: str) -> Finding:
    if trouble:
        return Finding(kind, ok=False, message=trouble, cure=_cure(kind))
    if kind.startswith("button"):
        return Finding(
            kind,
            ok=True,
            message=f"not pressed within {seconds:g} s",
            cure="press it while the check runs, to be sure",
        )
    return Finding(kind, ok=False, message=f"nothing came within {seconds:g} s", cure=_cure(kind))


def _cure(kind: str) -> str:
    if kind.startswith("camera"):
        return "look at the address, the user and password, the cable, and whether another program shows a picture"
    return "look at the file or the topic, whether the device publishes there, and the mapping"


async def _broker(subject: str, config: BrokerConfig, wait_seconds: float) -> Finding:
    where = f"{config.host}:{config.port}"
    try:
        async with (
            asyncio.timeout(wait_seconds),
            broker.client(config, f"tocsin-check-{subject.replace(' ', '-')}-{os.getpid()}"),
        ):
            secured = "with TLS" if config.tls is not None else "without TLS"
            return Finding(subject, ok=True, message=f"signed in to {where} {secured}")
    except Rejected as error:
        return Finding(subject, ok=False, message=error.reason, cure="correct the file named there")
    except TimeoutError:
        message = f"{where} does not answer within {wait_seconds:g} s"
        return Finding(subject, ok=False, message=message, cure="look at the link and the firewall")
    except (aiomqtt.MqttError, OSError) as error:
        cure = "look at host, port, user name, password and TLS; and whether the broker runs"
        return Finding(subject, ok=False, message=f"{where}: {error}", cure=cure)


def _clock(config: CollectorConfig, clock: Clock) -> Finding:
    verdict = look_at_clock(config, clock)
    now = clock.now().strftime("%Y-%m-%d %H:%M:%S UTC")
    match verdict.state:
        case ClockState.SYNCED:
            return Finding("clock", ok=True, message=f"{now}, synchronised")
        case ClockState.DRIFTING:
            cure = "switch on systemd-timesyncd or chrony; `clock: synced` when something else keeps the time"
            return Finding("clock", ok=False, message=f"{now}, and nobody vouches for it", cure=cure)
        case ClockState.UNSET:
            cure = "set the date, switch on systemd-timesyncd or chrony, look at the battery of the clock"
            return Finding("clock", ok=False, message=f"{now} cannot be true", cure=cure)


def _disk(config: CollectorConfig) -> Finding:
    folder = config.outbox.path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            file.write(b"tocsin")
            file.flush()
            os.fsync(file.fileno())
        usage = shutil.disk_usage(folder)
    except OSError as error:
        cure = "make the folder writable for this user, or set outbox.path to another"
        return Finding("disk", ok=False, message=f"cannot write to {folder}: {error.strerror}", cure=cure)
    return _room(config, usage.free, usage.total)


def _room(config: CollectorConfig, free: int, total: int) -> Finding:
    held = config.outbox.path.stat().st_size if config.outbox.path.exists() else 0
    wanted = max(0, config.outbox.bytes_max - held)
    if free < wanted or free < total * DISK_FREE_SHARE:
        message = f"{free / 1e9:.1f} GB free, the outbox may grow by {wanted / 1e9:.1f} GB"
        return Finding(
            "disk", ok=False, message=message, cure="free some space, or set outbox.bytes_max lower"
        )
    return Finding("disk", ok=True, message=f"{free / 1e9:.1f} GB free, written and read back")


def _detectors(config: CollectorConfig) -> tuple[DetectorsConfig | None, list[Finding]]:
    try:
        rules = banks.read_rules(config)
    except Rejected as error:
        cure = "correct it: `tocsin detectors check FILE` says the same while you edit"
        return None, [Finding("detectors", ok=False, message=error.reason, cure=cure)]
    here = sum(rule.at == "box" for rule in rules.detectors)
    watching = sum(len(rules.camera(config.device(camera.name)).detectors) for camera in config.cameras)
    message = f"{here} rules for readings here, {watching} detectors for pictures"
    doubts = [str(one) for one in misfits(rules, [config])] if config.detectors is not None else []
    if doubts:
        message += "; hardly meant: " + "; ".join(doubts)
    findings = [Finding("detectors", ok=True, message=message)]
    _, faults = banks.open_models(config, rules)
    findings += [
        Finding(
            "model", ok=False, message=fault, cure="the cameras that name it are watched without until then"
        )
        for fault in faults
    ]
    return rules, findings
