"""The record shown again to the detectors of two configurations, by the code of production.  No I/O.

Readings go through `ingest.partition.PartitionState` as at a restart of ingest, flush by flush; pictures
through a camera's `PictureBank` in order of observation. Each is read and decoded once for both sides. Rules
for the box see the stored readings too: later than live, on the centre's time. What a side's own cameras and
boxes say is heard by its rules over several sources; what was recorded of them is not.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Final, Literal

import msgspec

from tocsin.core.detections import Detection, Evidence
from tocsin.core.errors import Rejected
from tocsin.core.frames import Frame
from tocsin.core.ids import DeviceId, device_of
from tocsin.core.readings import Reading
from tocsin.detectors.bank import StreamBank
from tocsin.detectors.camera import PictureBank
from tocsin.detectors.config import DetectorsConfig
from tocsin.evaluate.happenings import Said
from tocsin.ingest.partition import DetectorFailed, PartitionState
from tocsin.ingest.rules import Rules

SAID_MAX: Final = 200_000
"""Detections of one side that are kept, about 100 MB; a configuration that says more helps nobody."""


_SAID_ORDER: Final = attrgetter("observed", "id")
"""As ingest hands them over."""


class Heard:
    """What one side said, in no order yet; bounded."""

    def __init__(self) -> None:
        self.said: list[Said] = []

    def take(self, at: datetime, detections: Sequence[Detection]) -> None:
        """Keep detections without their evidence's points; raises `Rejected` (`replay.too_much`)."""
        for one in detections:
            if len(self.said) >= SAID_MAX:
                raise Rejected(
                    "replay.too_much",
                    f"a configuration gives more than {SAID_MAX} detections: its detector {one.detector} on {one.stream} "
                    "spoke last; raise its limits, or replay a shorter period",
                )
            evidence = Evidence(first=one.evidence.first, last=one.evidence.last, boxes=one.evidence.boxes)
            self.said.append(Said(at, msgspec.structs.replace(one, evidence=evidence)))

    def ordered(self) -> list[Said]:
        """Give them in the order in which the centre would have heard them."""
        return sorted(self.said, key=lambda one: (one.at, one.detection.observed, one.detection.id))


class Partition:
    """The detectors of one partition under two configurations."""

    def __init__(self, number: int, sides: Sequence[tuple[DetectorsConfig, Heard]]) -> None:
        self.devices: set[DeviceId] = set()
        self.streams: set[str] = set()
        self._sides = [
            _Side(_state(number, config, "box"), _state(number, config, "centre"), heard)
            for config, heard in sides
        ]

    def expect(self, cameras: Sequence[Sequence[Said]]) -> None:
        """Tell each side what its cameras say, in order: rules over several sources hear it when its time comes."""
        for side, said in zip(self._sides, cameras, strict=True):
            side.coming.extend(said)

    def flush(self, at: datetime, readings: Sequence[Reading]) -> None:
        """Show one flush, empty ones too; raises `Rejected` (`replay.failed`) for a detector that raises."""
        for reading in readings:
            if reading.stream not in self.streams:
                self.streams.add(reading.stream)
                self.devices.add(device_of(reading.stream))
        try:
            for side in self._sides:
                side.flush(at, readings)
        except DetectorFailed as error:
            raise Rejected("replay.failed", f"{error}: this is a defect of a detector, report it") from error


@dataclass(slots=True)
class _Side:
    """One configuration in one partition: what runs on the boxes, what at the centre, and what cameras will say."""

    box: PartitionState
    centre: PartitionState
    heard: Heard
    coming: deque[Said] = field(default_factory=deque)

    def flush(self, at: datetime, readings: Sequence[Reading]) -> None:
        seen = []
        while self.coming and self.coming[0].at <= at:
            seen.append(self.coming.popleft().detection)
        on_box = self.box.replay(at, readings, seen)
        at_centre = self.centre.replay(at, readings, sorted([*seen, *on_box], key=_SAID_ORDER))
        self.heard.take(at, on_box)
        self.heard.take(at, at_centre)


def _state(number: int, config: DetectorsConfig, at: Literal["box", "centre"]) -> PartitionState:
    return PartitionState(number, Rules(config.digest(), b"", lambda _: StreamBank(config, at=at)))


class Camera:
    """The detectors of one camera under two configurations."""

    def __init__(self, camera: DeviceId, sides: Sequence[tuple[DetectorsConfig, Heard]]) -> None:
        self._camera = camera
        self._banks = [(PictureBank(config.camera(camera), camera=camera), heard) for config, heard in sides]

    def show(self, frame: Frame) -> None:
        """Show one picture.

        Raises `Rejected`: `picture.*` for one that no detector can look at, `replay.*` for what ends the replay.
        """
        for bank, heard in self._banks:
            # A box ticks every second; what it would have said between two pictures is said at the next.
            heard.take(frame.observed, self._look(bank, frame))

    def _look(self, bank: PictureBank, frame: Frame) -> list[Detection]:
        try:
            return [*bank.observe(frame), *bank.tick(frame.observed)]
        except Rejected:
            raise
        except Exception as error:
            raise Rejected(
                "replay.failed",
                f"a detector of {self._camera} raised {error!r}: this is a defect of it, report it",
            ) from error
