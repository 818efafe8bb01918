"""The detectors of one camera behind one door.

A `PictureBank` makes each picture small once for all its detectors, asks the camera's model only
when something moved, and gathers the frames of a burst that a suspicion asked for. Its state is at
most 256 KiB; a bank that is restored goes on as if nothing had happened. Time comes in with the
frames and `tick`; nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import msgspec

from tocsin.core.clock import to_us
from tocsin.core.detections import Detection
from tocsin.core.errors import Rejected
from tocsin.core.frames import Frame
from tocsin.core.ids import DetectionId, DeviceId, StreamId, collector_of
from tocsin.core.readings import Reading
from tocsin.detectors.base import (
    SECOND_US,
    Failed,
    Finder,
    PictureDetector,
    Subject,
    read_state,
    sealed,
    unsealed,
)
from tocsin.detectors.burst import Gathering
from tocsin.detectors.catalog import PICTURES
from tocsin.detectors.config import CameraDetectors, PictureRule
from tocsin.detectors.damage import half_decoded
from tocsin.detectors.following import Following
from tocsin.detectors.look import Look, Scene
from tocsin.detectors.standing import Standing, StandingList

_SIDE_LEAST: Final = 32
"""Pixels of the shorter side of what the detectors look at; below, a person is a speck."""
_FUTURE_US: Final = 600 * SECOND_US
"""A picture this much older than the newest comes from a clock that has been set back."""
_PAUSE_LEAST_US: Final = 5 * SECOND_US
"""Shortest time between two bursts of one camera."""
_PAUSE_MOST_US: Final = 600 * SECOND_US
"""A camera with a candle in its view is asked for a burst this rarely in the end."""


class _PictureState(msgspec.Struct, array_like=True):
    camera: str
    newest_us: int
    out_of_order: int
    scene: bytes
    rules: list[tuple[str, str, bytes]]
    """Name and digest of each rule, and what its detector knows."""
    standing: list[Standing]
    asked_us: int
    pause_us: int
    following: bytes = b""


class PictureBank:
    """Watch one camera."""

    def __init__(
        self,
        config: CameraDetectors,
        *,
        camera: DeviceId,
        finder: Finder | None = None,
        failed: Failed | None = None,
    ) -> None:
        """Without `failed` a detector's error is raised; with it, it is told and harms no other detector."""
        self._config = config
        self._failed = failed
        self._camera = camera
        self._finder = finder
        self._clear()

    def _clear(self) -> None:
        self._scene = Scene()
        self._detectors = [self._detector(rule) for rule in self._config.detectors]
        self._following = self._follow()
        self._standing = StandingList()
        self._newest_us = 0
        self._look: Look | None = None
        self._burst = Gathering()
        self._asked_us = -_PAUSE_MOST_US
        self._pause_us = _PAUSE_LEAST_US
        self.out_of_order = 0
        """Frames dropped because a newer one had been seen."""
        self.damaged = 0
        """Frames of which the lower part was never received; no detector has seen them."""
        self.too_small = 0
        """Frames too narrow to see anything in; no detector has seen them."""
        self.bursts_refused = 0
        """Bursts that were too short, too slow or too small to judge a flicker."""

    def _detector(self, rule: PictureRule) -> PictureDetector:
        entry, parameters = PICTURES[rule.detector], rule.checked()
        model = f"@{self._finder.version}" if self._finder is not None and entry.needs_tracks else ""
        subject = Subject(
            collector=collector_of(self._camera),
            device=self._camera,
            stream=StreamId(self._camera),
            detector=rule.name,
            version=entry.version(parameters) + model,
            kind=rule.kind or entry.kind,
            severity=entry.severity if rule.severity is None else rule.severity,
        )
        return entry.make(subject, parameters, rule.zone)

    def _follow(self) -> Following | None:
        rules = [rule for rule in self._config.detectors if PICTURES[rule.detector].needs_tracks]
        if not rules:
            return None
        counts = any(PICTURES[rule.detector].counts for rule in rules)
        return Following([rule.zone for rule in rules], finder=self._finder, whole=counts)

    def observe(self, frame: Frame) -> list[Detection]:
        """Look at one picture; a frame of a burst is only gathered, see `end_burst`.

        Raises `Rejected` (`picture.shape`) for what is no picture.
        """
        if frame.burst:
            self._burst.add(frame)
            return []
        at_us = to_us(frame.observed)
        if at_us < self._newest_us and self._newest_us - at_us < _FUTURE_US:
            self.out_of_order += 1
            return []
        if half_decoded(frame.image):
            self.damaged += 1
            return []
        look = self._scene.look(frame)
        if min(look.gray.shape) < _SIDE_LEAST:
            self.too_small += 1
            return []
        if self._following is not None:
            look = self._following.see(look)
        self._newest_us = at_us
        self._look = look
        found = self._all(lambda detector: detector.observe(look))
        self._standing.hear(found)
        return found

    def _all(self, ask: Callable[[PictureDetector], Sequence[Detection]]) -> list[Detection]:
        found: list[Detection] = []
        for rule, detector in zip(self._config.detectors, self._detectors, strict=True):
            try:
                found.extend(ask(detector))
            except Exception as error:
                if self._failed is None:
                    raise
                self._failed(rule.name, error)
        return found

    def readings(self) -> list[Reading]:
        """Give what was measured in the newest picture, as streams of the camera: `weir/camera-1/level`.

        A rule that has a name of its own gives its stream that name.
        """
        found = []
        for rule, detector in zip(self._config.detectors, self._detectors, strict=True):
            measured = detector.measured()
            if measured is not None and measured.at_us == self._newest_us:
                name = measured.name if rule.name == rule.detector else rule.name
                stream = StreamId(f"{self._camera}/{name}")
                found.append(Reading(stream, measured.at_us, measured.value, measured.unit))
        return found

    def suspicion(self) -> str:
        """Why a burst is wanted now, in a few words; empty when none is.

        The pause between two bursts doubles, from 5 s to 10 min, while they convince nobody.
        """
        if 0 <= self._newest_us - self._asked_us < self._pause_us:
            return ""
        return next((detector.suspicion for detector in self._detectors if detector.suspicion), "")

    def end_burst(self) -> list[Detection]:
        """Let the detectors judge the frames gathered; too few or too slow ones are dropped and counted."""
        last_us = self._burst.last_us
        if last_us < 0:
            return []
        burst = self._burst.take(self._look)
        calm = last_us - self._asked_us > 2 * _PAUSE_MOST_US
        self._pause_us = _PAUSE_LEAST_US if calm else min(_PAUSE_MOST_US, self._pause_us * 2)
        self._asked_us = last_us
        if burst is None or min(burst.gray.shape[1:]) < _SIDE_LEAST:
            self.bursts_refused += 1
            return []
        found = self._all(lambda detector: detector.examine(burst))
        if found:
            self._pause_us = _PAUSE_LEAST_US
        self._standing.hear(found)
        return found

    def tick(self, now: datetime) -> list[Detection]:
        """Let time pass without a picture."""
        now_us = to_us(now)
        found = self._all(lambda detector: detector.tick(now_us))
        self._standing.hear(found)
        return found

    def raised(self) -> Sequence[DetectionId]:
        """List the detections whose condition still stands."""
        return self._standing.ids()

    def snapshot(self) -> bytes:
        """Give the whole state, at most 256 KiB; frames of a running burst are no part of it."""
        return sealed(
            msgspec.msgpack.encode(
                _PictureState(
                    self._camera,
                    self._newest_us,
                    self.out_of_order,
                    self._scene.snapshot(),
                    [
                        (rule.name, rule.digest(), detector.snapshot())
                        for rule, detector in zip(self._config.detectors, self._detectors, strict=True)
                    ],
                    self._standing.state(),
                    self._asked_us,
                    self._pause_us,
                    b"" if self._following is None else self._following.snapshot(),
                )
            )
        )

    def restore(self, state: bytes) -> list[Detection]:
        """Take a state back, of this configuration or of an earlier one.

        Rules that are as they were go on; the others begin anew. Gives a clear for every condition
        that stood by a rule which is gone or changed. Raises `Rejected` (`detectors.state`,
        `detectors.configuration`) for what is no state or one of another camera, and is then empty.
        """
        self._clear()
        known = read_state(unsealed(state), _PictureState)
        if known.camera != self._camera:
            raise Rejected(
                "detectors.configuration", "the saved state belongs to another camera; start without it"
            )
        saved = {(name, digest): inner for name, digest, inner in known.rules}
        kept = set()
        try:
            self._scene.restore(known.scene)
            if self._following is not None and known.following:
                self._following.restore(known.following)
            for rule, detector in zip(self._config.detectors, self._detectors, strict=True):
                inner = saved.get((rule.name, rule.digest()))
                if inner is not None:
                    detector.restore(inner)
                    kept.add(rule.name)
            self._newest_us, self.out_of_order = known.newest_us, known.out_of_order
            self._asked_us, self._pause_us = known.asked_us, known.pause_us
            return self._standing.restore(known.standing, kept, known.newest_us)
        except Exception as error:  # whatever does not fit: begun anew, the camera is watched
            self._clear()
            raise Rejected("detectors.state", "the saved state is damaged; start without it") from error
