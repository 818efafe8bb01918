"""What a box said of itself last: which conditions still stand, and which rules it runs; no I/O.

An alarm may overtake or lag the heartbeat that lists what still stands: the younger one is believed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from tocsin.core.detections import Phase
from tocsin.core.ids import CollectorId, DetectionId
from tocsin.core.wire import AlarmItem, Envelope, Heartbeat

COLLECTORS_MAX: Final = 100_000


@dataclass(frozen=True, slots=True)
class _Reported:
    boot: str
    mono: int
    raised: frozenset[DetectionId]
    rules: frozenset[str]


class Conditions:
    """Remember the newest heartbeat of every collector."""

    def __init__(self) -> None:
        self._reported: dict[CollectorId, _Reported] = {}

    def hear(self, envelope: Envelope, beats: Sequence[Heartbeat]) -> None:
        """Take over what a heartbeat lists, unless a younger one was heard."""
        known = self._reported.get(envelope.collector)
        if known is not None and known.boot == envelope.boot and known.mono > envelope.mono:
            return
        if known is not None and known.boot != envelope.boot and envelope.historical:
            return
        if known is None and len(self._reported) >= COLLECTORS_MAX:
            self._reported.pop(next(iter(self._reported)))
        raised, rules = frozenset(beats[-1].raised), frozenset(beats[-1].rules)
        self._reported[envelope.collector] = _Reported(envelope.boot, envelope.mono, raised, rules)

    def runs(self, collector: CollectorId, rule: str) -> bool:
        """Say whether a rule of this name runs on the box: what it says is the box's to say."""
        reported = self._reported.get(collector)
        return reported is not None and rule in reported.rules

    def stands(self, item: AlarmItem, envelope: Envelope) -> bool:
        """Say whether the condition of a detection still stands."""
        if item.detection.phase is Phase.CLEAR:
            return False
        newest = self._reported.get(envelope.collector)
        younger = newest is not None and newest.boot == envelope.boot and newest.mono > envelope.mono
        if younger and newest is not None and item.detection.phase is Phase.RAISE:
            return item.detection.id in newest.raised
        return item.raised
