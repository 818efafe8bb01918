"""The conditions that stand, by stream and detector, so that one whose rule goes away can be cleared."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

import msgspec

from tocsin.core.clock import to_us
from tocsin.core.detections import Detection, Kind, Phase
from tocsin.core.ids import CollectorId, DetectionId, DeviceId, StreamId
from tocsin.detectors.base import Statement, Subject


class Standing(msgspec.Struct, frozen=True, array_like=True):
    """What is needed to clear a condition whose detector is no longer there."""

    id: DetectionId
    collector: CollectorId
    device: DeviceId
    stream: StreamId
    detector: str
    version: str
    kind: Kind
    severity: float
    observed_us: int


class StandingList:
    """Every raise that has not been cleared, in the order of raising."""

    def __init__(self) -> None:
        self._standing: dict[tuple[StreamId, str], Standing] = {}

    def hear(self, said: Iterable[Detection]) -> None:
        """Take note of raises and clears; an update changes nothing."""
        for one in said:
            key = (one.stream, one.detector)
            if one.phase is Phase.CLEAR:
                self._standing.pop(key, None)
            elif one.phase is Phase.RAISE:
                self._standing[key] = Standing(
                    one.id,
                    one.collector,
                    one.device,
                    one.stream,
                    one.detector,
                    one.version,
                    one.kind,
                    one.severity,
                    to_us(one.observed),
                )

    def ids(self) -> tuple[DetectionId, ...]:
        """List the detections whose condition stands."""
        return tuple(one.id for one in self._standing.values())

    def state(self) -> list[Standing]:
        """Give everything as plain data."""
        return list(self._standing.values())

    def restore(self, state: Sequence[Standing], kept: Collection[str], at_us: int) -> list[Detection]:
        """Go on with the conditions of the rules in `kept`; give a clear for each of the others.

        They ended at `at_us`, the last instant that the state knows of, so that the same state gives the same clears.
        """
        self._standing = {(one.stream, one.detector): one for one in state if one.detector in kept}
        return [_cleared(one, max(at_us, one.observed_us)) for one in state if one.detector not in kept]


def _cleared(one: Standing, at_us: int) -> Detection:
    subject = Subject(
        collector=one.collector,
        device=one.device,
        stream=one.stream,
        detector=one.detector,
        version=one.version,
        kind=one.kind,
        severity=one.severity,
    )
    return subject.detection(
        Statement(
            phase=Phase.CLEAR,
            observed_us=at_us,
            first_us=one.observed_us,
            reason="the rule that raised it was changed or taken away",
            code="rule.changed",
        )
    )
