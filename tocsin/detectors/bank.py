"""The detectors of many streams, or of one camera, behind one door.

A `StreamBank` makes the detectors of a stream when it first sees it and drops readings that are
out of order. A `PictureBank` makes each picture small once for all detectors of its camera. Both
give their whole state as bytes; one that is restored goes on as if nothing had happened. Time
comes in with the readings, the frames and `tick`; nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec

from tocsin.core.clock import to_us
from tocsin.core.detections import Detection
from tocsin.core.errors import Rejected
from tocsin.core.frames import Frame
from tocsin.core.ids import CollectorId, DetectionId, DeviceId, StreamId, collector_of, device_of
from tocsin.core.readings import Quality, Reading
from tocsin.detectors.base import (
    SECOND_US,
    PictureDetector,
    StreamDetector,
    Subject,
    read_state,
)
from tocsin.detectors.catalog import GROUPED, PICTURES, STREAMS
from tocsin.detectors.config import CameraDetectors, DetectorsConfig, PictureRule, StreamRule
from tocsin.detectors.look import Scene

_LAST_US: Final = 253_402_300_799 * SECOND_US
"""End of the year 9999; later instants are no instants."""
_ATTENTION_US: Final = 30 * SECOND_US
"""A pause between ticks longer than this means that nobody listened, not that streams were silent."""
_FUTURE_US: Final = 600 * SECOND_US
"""A newest reading this far ahead of the tick came from a clock that has since been set back."""
_SKIP: Final = int(Quality.OUT_OF_ORDER)

Observe = Callable[[Reading], Sequence[Detection]]


class _Watch:
    """One stream: its newest instant and the detectors it feeds."""

    __slots__ = ("detectors", "newest_us", "observers", "unit")

    def __init__(self, unit: str, detectors: list[StreamDetector]) -> None:
        self.unit = unit
        self.newest_us = 0
        self.detectors = detectors
        self.observers: tuple[Observe, ...] = tuple(detector.observe for detector in detectors)


class _StreamState(msgspec.Struct, array_like=True):
    unit: str
    newest_us: int
    states: list[bytes]


class _BankState(msgspec.Struct, array_like=True):
    configuration: str
    at: str
    now_us: int
    out_of_order: int
    refused: int
    streams: dict[str, _StreamState]
    groups: dict[str, bytes]


class StreamBank:
    """Watch the streams of one partition, or of one box."""

    def __init__(self, config: DetectorsConfig, *, at: Literal["box", "centre"]) -> None:
        self._config = config
        self._at = at
        self._rules = [
            (rule, rule.checked(), STREAMS[rule.detector]) for rule in config.detectors if rule.at == at
        ]
        self._digest = config.digest()
        self._clear()

    def _clear(self) -> None:
        self._watches: dict[StreamId, _Watch] = {}
        self._groups: dict[str, StreamDetector] = {}
        self._timed: list[StreamDetector] = []
        self._now_us = 0
        self.out_of_order = 0
        """Readings dropped because their stream had a newer one, or their instant is none."""
        self.refused = 0
        """Readings of streams beyond `streams_max`, which nobody watches."""

    def observe(self, readings: Sequence[Reading]) -> list[Detection]:
        """Feed readings in order; out-of-order ones are dropped here and counted."""
        found: list[Detection] = []
        watches = self._watches
        for given in readings:
            reading = given
            watch = watches.get(reading.stream)
            at_us = reading.at_us
            if at_us == 0:
                # On the box nothing has corrected the time yet.
                at_us = reading.observed_us
                reading = msgspec.structs.replace(reading, at_us=at_us)
            if watch is None:
                watch = self._first_sight(reading)
                if watch is None:
                    continue
            if (
                at_us < watch.newest_us or at_us > _LAST_US or reading.quality & _SKIP
            ) and not self._clock_was_set_back(watch, reading):
                self.out_of_order += 1
                continue
            watch.newest_us = at_us
            for observe in watch.observers:
                said = observe(reading)
                if said:
                    found.extend(said)
        return found

    def _clock_was_set_back(self, watch: _Watch, reading: Reading) -> bool:
        return (
            0 < self._now_us < watch.newest_us - _FUTURE_US
            and 0 < reading.at_us <= self._now_us + _FUTURE_US
            and not reading.quality & _SKIP
        )

    def _first_sight(self, reading: Reading) -> _Watch | None:
        if not 0 < reading.at_us <= _LAST_US:
            self.out_of_order += 1
            return None
        if len(self._watches) >= self._config.streams_max:
            self.refused += 1
            return None
        return self._watch(reading.stream, reading.unit)

    def _watch(self, stream: StreamId, unit: str) -> _Watch:
        name = stream.partition("/")[2]
        detectors = [
            self._detector(rule, index, stream)
            for index, (rule, _, _) in enumerate(self._rules)
            if rule.matches(name, unit)
        ]
        watch = _Watch(unit, detectors)
        self._watches[stream] = watch
        return watch

    def _detector(self, rule: StreamRule, index: int, stream: StreamId) -> StreamDetector:
        _, parameters, entry = self._rules[index]
        group = ""
        if rule.detector in GROUPED:
            wide = getattr(parameters, "group", "collector") == "collector"
            group = f"{rule.name} {collector_of(stream) if wide else device_of(stream)}"
            if group in self._groups:
                return self._groups[group]
        subject = Subject(
            collector=CollectorId(collector_of(stream)),
            device=device_of(stream),
            stream=stream,
            detector=rule.name,
            version=entry.version(parameters),
            kind=rule.kind or entry.kind,
            severity=rule.severity,
        )
        detector = entry.make(subject, parameters)
        if group:
            self._groups[group] = detector
        if entry.timed:
            self._timed.append(detector)
        return detector

    def tick(self, now: datetime) -> list[Detection]:
        """Let time pass; a long pause since the last tick is not held against the streams."""
        now_us = to_us(now)
        pause = now_us - self._now_us
        if self._now_us and pause > _ATTENTION_US:
            for detector in self._timed:
                detector.postpone(pause)
        self._now_us = now_us
        found: list[Detection] = []
        for detector in self._timed:
            if detector.due_us <= now_us:
                found.extend(detector.tick(now_us))
        return found

    def raised(self) -> Sequence[DetectionId]:
        """List the detections whose condition still stands, in no promised order but always the same."""
        standing = {
            detector.raised: None
            for watch in self._watches.values()
            for detector in watch.detectors
            if detector.raised is not None
        }
        return tuple(standing)

    def streams(self) -> int:
        """Count the streams seen."""
        return len(self._watches)

    def snapshot(self) -> bytes:
        """Give the whole state as plain data."""
        shared = {id(detector) for detector in self._groups.values()}
        streams: dict[str, _StreamState] = {
            stream: _StreamState(
                watch.unit,
                watch.newest_us,
                [b"" if id(d) in shared else d.snapshot() for d in watch.detectors],
            )
            for stream, watch in self._watches.items()
        }
        groups = {name: detector.snapshot() for name, detector in self._groups.items()}
        return msgspec.msgpack.encode(
            _BankState(self._digest, self._at, self._now_us, self.out_of_order, self.refused, streams, groups)
        )

    def restore(self, state: bytes) -> None:
        """Take a state back; raises `Rejected` for one of another configuration, and is then empty."""
        self._clear()
        known = read_state(state, _BankState)
        if (known.configuration, known.at) != (self._digest, self._at):
            raise Rejected(
                "detectors.configuration",
                "the saved state belongs to another configuration of the detectors; start without it",
            )
        try:
            for stream, saved in known.streams.items():
                watch = self._watch(StreamId(stream), saved.unit)
                watch.newest_us = saved.newest_us
                for detector, inner in zip(watch.detectors, saved.states, strict=True):
                    if inner:
                        detector.restore(inner)
            for name, inner in known.groups.items():
                self._groups[name].restore(inner)
        except (KeyError, ValueError) as error:
            self._clear()
            raise Rejected("detectors.state", "the saved state is damaged; start without it") from error
        except Rejected:
            self._clear()
            raise
        self._now_us, self.out_of_order, self.refused = known.now_us, known.out_of_order, known.refused


class _PictureState(msgspec.Struct, array_like=True):
    configuration: str
    camera: str
    newest_us: int
    out_of_order: int
    scene: bytes
    states: list[bytes]


class PictureBank:
    """Watch one camera."""

    def __init__(self, config: CameraDetectors, *, camera: DeviceId) -> None:
        self._config = config
        self._camera = camera
        self._digest = config.digest()
        self._clear()

    def _clear(self) -> None:
        self._scene = Scene()
        self._detectors = [self._detector(rule) for rule in self._config.detectors]
        self._newest_us = 0
        self.out_of_order = 0
        """Frames dropped because a newer one had been seen."""

    def _detector(self, rule: PictureRule) -> PictureDetector:
        entry, parameters = PICTURES[rule.detector], rule.checked()
        subject = Subject(
            collector=collector_of(self._camera),
            device=self._camera,
            stream=StreamId(self._camera),
            detector=rule.name,
            version=entry.version(parameters),
            kind=rule.kind or entry.kind,
            severity=entry.severity if rule.severity is None else rule.severity,
        )
        return entry.make(subject, parameters, rule.zone)

    def observe(self, frame: Frame) -> list[Detection]:
        """Look at one picture; raises `Rejected` (`picture.shape`) for what is no picture."""
        at_us = to_us(frame.observed)
        if at_us < self._newest_us and self._newest_us - at_us < _FUTURE_US:
            self.out_of_order += 1
            return []
        look = self._scene.look(frame)
        self._newest_us = at_us
        found: list[Detection] = []
        for detector in self._detectors:
            found.extend(detector.observe(look))
        return found

    def tick(self, now: datetime) -> list[Detection]:
        """Let time pass without a picture."""
        now_us = to_us(now)
        return [said for detector in self._detectors for said in detector.tick(now_us)]

    def raised(self) -> Sequence[DetectionId]:
        """List the detections whose condition still stands."""
        return tuple(d.raised for d in self._detectors if d.raised is not None)

    def snapshot(self) -> bytes:
        """Give the whole state, at most 256 KiB."""
        return msgspec.msgpack.encode(
            _PictureState(
                self._digest,
                self._camera,
                self._newest_us,
                self.out_of_order,
                self._scene.snapshot(),
                [detector.snapshot() for detector in self._detectors],
            )
        )

    def restore(self, state: bytes) -> None:
        """Take a state back; raises `Rejected` for one of another configuration, and is then empty."""
        self._clear()
        known = read_state(state, _PictureState)
        if (known.configuration, known.camera) != (self._digest, self._camera):
            raise Rejected(
                "detectors.configuration",
                "the saved state belongs to another camera or configuration; start without it",
            )
        try:
            self._scene.restore(known.scene)
            for detector, inner in zip(self._detectors, known.states, strict=True):
                detector.restore(inner)
        except (ValueError, Rejected) as error:
            self._clear()
            raise Rejected("detectors.state", "the saved state is damaged; start without it") from error
        self._newest_us, self.out_of_order = known.newest_us, known.out_of_order
