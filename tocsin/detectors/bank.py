"""The detectors of many streams behind one door.

A `StreamBank` makes the detectors of a stream when it first sees it and drops readings that are
out of order. It gives its whole state as bytes; one that is restored goes on as if nothing had
happened, and under another configuration what did not change does. Time comes in with the readings
and `tick`; nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final, Literal

import msgspec

from tocsin.core.clock import to_us
from tocsin.core.detections import Detection
from tocsin.core.errors import Rejected
from tocsin.core.ids import CollectorId, DetectionId, DeviceId, StreamId, collector_of, device_of
from tocsin.core.readings import Quality, Reading
from tocsin.detectors.base import (
    SECOND_US,
    Failed,
    StreamDetector,
    Subject,
    read_state,
    sealed,
    unsealed,
)
from tocsin.detectors.catalog import GROUPED, STREAMS
from tocsin.detectors.config import DetectorsConfig, StreamRule, TogetherRule
from tocsin.detectors.standing import Standing, StandingList
from tocsin.detectors.together import Together

_LAST_US: Final = 253_402_300_799 * SECOND_US
"""End of the year 9999; later instants are no instants."""
_ATTENTION_US: Final = 30 * SECOND_US
"""A pause between ticks longer than this means that nobody listened, not that streams were silent."""
_FUTURE_US: Final = 600 * SECOND_US
"""A newest reading this far ahead of the tick came from a clock that has since been set back."""
_SKIP: Final = int(Quality.OUT_OF_ORDER)

Observe = Callable[[Reading], Sequence[Detection]]


class _Watch:
    """One stream: its newest instant, the detectors it feeds and the places of their rules."""

    __slots__ = ("detectors", "newest_us", "observers", "places", "unit")

    def __init__(self, unit: str, places: list[int], detectors: list[StreamDetector]) -> None:
        self.unit = unit
        self.newest_us = 0
        self.places = places
        self.detectors = detectors
        self.observers: tuple[Observe, ...] = tuple(detector.observe for detector in detectors)


class _StreamState(msgspec.Struct, array_like=True):
    unit: str
    newest_us: int
    states: list[tuple[int, bytes]]
    """Place of the rule in the state's `rules`, and what its detector knows."""


class _BankState(msgspec.Struct, array_like=True):
    at: str
    rules: list[tuple[str, str]]
    """Name and digest of each rule."""
    now_us: int
    out_of_order: int
    refused: int
    streams: dict[str, _StreamState]
    groups: dict[str, bytes]
    together: list[tuple[str, str, str, bytes]]
    """Name and digest of the rule, its group, and what that group knows."""
    standing: list[Standing]


class StreamBank:
    """Watch the streams of one partition, or of one box."""

    def __init__(
        self, config: DetectorsConfig, *, at: Literal["box", "centre"], failed: Failed | None = None
    ) -> None:
        """Without `failed` a detector's error is raised; with it, it is told and harms no other detector."""
        self._failed = failed
        self._config = config
        self._at = at
        self._rules = [
            (rule, rule.checked(), STREAMS[rule.detector]) for rule in config.detectors if rule.at == at
        ]
        self._second = [rule for rule in config.together if rule.at == at]
        self._own = {rule.name for rule, _, _ in self._rules} | {rule.name for rule in self._second}
        self._silent = {rule.name for rule, _, _ in self._rules if not rule.alone}
        self._digests = [rule.digest() for rule, _, _ in self._rules]
        self._clear()

    def _clear(self) -> None:
        self._watches: dict[StreamId, _Watch] = {}
        self._groups: dict[str, StreamDetector] = {}
        self._timed: list[StreamDetector] = []
        self._together: dict[tuple[str, str], Together] = {}
        self._standing = StandingList()
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
            for place, observe in enumerate(watch.observers):
                try:
                    said = observe(reading)
                except Exception as error:  # noqa: BLE001 told, or raised again by `_told`
                    self._told(self._rules[watch.places[place]][0].name, error)
                    continue
                if said:
                    found.extend(said)
        return self._heard(found) if found else found

    def _told(self, rule: str, error: Exception) -> None:
        if self._failed is None:
            raise error
        self._failed(rule, error)

    def hear(self, said: Sequence[Detection]) -> list[Detection]:
        """Take what others say, a camera or the other place; only `together` rules listen to it.

        What came of a rule of this bank is passed over: it has been heard when it was said.
        """
        found = self._agreeing([one for one in said if one.detector not in self._own])
        self._standing.hear(found)
        return found

    def _heard(self, found: list[Detection]) -> list[Detection]:
        agreed = self._agreeing(found)
        if self._silent:
            found = [one for one in found if one.detector not in self._silent]
        found += agreed
        self._standing.hear(found)
        return found

    def _agreeing(self, said: Sequence[Detection]) -> list[Detection]:
        found: list[Detection] = []
        for one in said if self._second else ():
            for rule in self._second:
                found.extend(self._group_of(rule, rule.group_of(one), one).hear(one))
        return found

    def _group_of(self, rule: TogetherRule, group: str, said: Detection | None) -> Together:
        known = self._together.get((rule.name, group))
        if known is None:
            subject = Subject(
                collector=CollectorId("") if said is None else said.collector,
                device=DeviceId("") if said is None else said.device,
                stream=StreamId("") if said is None else said.stream,
                detector=rule.name,
                version=rule.version(),
                kind=rule.kind,
                severity=rule.severity,
            )
            known = self._together[rule.name, group] = Together(subject, rule)
        return known

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
        places = [index for index, (rule, _, _) in enumerate(self._rules) if rule.matches(name, unit)]
        watch = _Watch(unit, places, [self._detector(index, stream) for index in places])
        self._watches[stream] = watch
        return watch

    def _detector(self, index: int, stream: StreamId) -> StreamDetector:
        rule, parameters, entry = self._rules[index]
        group = self._group(rule, parameters, stream)
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

    @staticmethod
    def _group(rule: StreamRule, parameters: object, stream: StreamId) -> str:
        if rule.detector not in GROUPED:
            return ""
        wide = getattr(parameters, "group", "collector") == "collector"
        return f"{rule.name} {collector_of(stream) if wide else device_of(stream)}"

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
            if detector.due_us > now_us:
                continue
            try:
                found.extend(detector.tick(now_us))
            except Exception as error:  # noqa: BLE001 as above
                self._told(type(detector).__name__, error)
        return self._heard(found) if found else found

    def raised(self) -> Sequence[DetectionId]:
        """List the detections whose condition still stands, in no promised order but always the same."""
        return self._standing.ids()

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
                [
                    (place, d.snapshot())
                    for place, d in zip(watch.places, watch.detectors, strict=True)
                    if id(d) not in shared
                ],
            )
            for stream, watch in self._watches.items()
        }
        return sealed(
            msgspec.msgpack.encode(
                _BankState(
                    at=self._at,
                    rules=[
                        (rule.name, digest)
                        for (rule, _, _), digest in zip(self._rules, self._digests, strict=True)
                    ],
                    now_us=self._now_us,
                    out_of_order=self.out_of_order,
                    refused=self.refused,
                    streams=streams,
                    groups={name: detector.snapshot() for name, detector in self._groups.items()},
                    together=[
                        (rule.name, rule.digest(), group, self._together[name, group].snapshot())
                        for rule in self._second
                        for name, group in self._together
                        if name == rule.name
                    ],
                    standing=self._standing.state(),
                )
            )
        )

    def restore(self, state: bytes) -> list[Detection]:
        """Take a state back, of this configuration or of an earlier one.

        Rules that are as they were go on; the others begin anew. Gives a clear for every condition
        that stood by a rule which is gone or changed. Raises `Rejected` (`detectors.state`) for what
        is no state or one of the other place, and is then empty.
        """
        self._clear()
        known = read_state(unsealed(state), _BankState)
        if known.at != self._at:
            raise Rejected(
                "detectors.configuration",
                f"the saved state belongs to the detectors at the {known.at}; start without it",
            )
        places = {
            (rule.name, digest): place
            for place, ((rule, _, _), digest) in enumerate(zip(self._rules, self._digests, strict=True))
        }
        same = [places.get(rule) for rule in known.rules]
        try:
            kept = self._take_back(known, same)
            self._now_us, self.out_of_order, self.refused = known.now_us, known.out_of_order, known.refused
            return self._standing.restore(known.standing, kept, known.now_us)
        except Rejected:
            self._clear()
            raise
        except Exception as error:  # whatever does not fit: begun anew, the streams are watched
            self._clear()
            raise Rejected("detectors.state", "the saved state is damaged; start without it") from error

    def _take_back(self, known: _BankState, same: Sequence[int | None]) -> set[str]:
        """Restore every detector whose rule is as it was; gives the names of those rules."""
        for stream, saved in known.streams.items():
            watch = self._watch(StreamId(stream), saved.unit)
            watch.newest_us = saved.newest_us
            detectors = dict(zip(watch.places, watch.detectors, strict=True))
            for old, inner in saved.states:
                place = same[old]
                if place is not None:
                    detectors[place].restore(inner)
        kept = {name for (name, _), place in zip(known.rules, same, strict=True) if place is not None}
        for name, inner in known.groups.items():
            if name.partition(" ")[0] in kept:
                self._groups[name].restore(inner)
        rules = {(rule.name, rule.digest()): rule for rule in self._second}
        for name, digest, group, inner in known.together:
            again = rules.get((name, digest))
            if again is not None:
                self._group_of(again, group, None).restore(inner)
                kept.add(name)
        return kept
