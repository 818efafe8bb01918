"""Something large enough moves, or stands where nothing usually stands, in a zone.

Compares with the camera's own background; changes of the whole picture (light, a turned camera)
are not motion. Raises `motion`, or whatever kind its rule names (`intrusion` for a forbidden zone).
Cannot see: what it is that moves, anything smaller than the limit or of the colour of its
background; swaying branches and water inside the zone are motion too.
"""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from pydantic import Field
from typing_extensions import override

from tocsin.core.frames import Polygon
from tocsin.detectors.base import Subject
from tocsin.detectors.conviction import ConvictionParameters, Verdict
from tocsin.detectors.look import Gray, Look
from tocsin.detectors.picture import Judge, Judged, Opinion, relative_box

_KERNEL: Final = np.ones((3, 3), np.uint8)


class MotionParameters(ConvictionParameters):
    """What counts as motion."""

    need: int = Field(2, ge=1, le=32, description="Pictures of the last `of` that must show it.")
    of: int = Field(3, ge=1, le=32, description="How many pictures are remembered.")
    clear_seconds: float = Field(10.0, gt=0, le=86_400, description="Clear after this long without motion.")
    smallest: float = Field(
        0.004,
        gt=0,
        le=1,
        description="Least share of the picture that one moving thing covers; a person at 15 m.",
    )
    largest: float = Field(
        0.6, gt=0, le=1, description="When more of the picture changes, the light or the camera changed."
    )


class MotionJudge(Judge):
    """Look for the largest changed region."""

    def __init__(self, parameters: MotionParameters) -> None:
        self._parameters = parameters

    @override
    def judge(self, look: Look, zone: Gray | None) -> Opinion | None:
        if look.learning or look.switched:
            return None
        none = Opinion(score=0.0, verdict=_verdict(0.0))
        if look.changed_share > self._parameters.largest:
            return none
        changed = look.changed if zone is None else cv2.bitwise_and(look.changed, zone)
        solid = cv2.morphologyEx(changed, cv2.MORPH_OPEN, _KERNEL)
        solid = cv2.dilate(solid, _KERNEL, iterations=2)
        count, _, stats, _ = cv2.connectedComponentsWithStats(solid)
        if count < 2:
            return none
        best = max(range(1, count), key=lambda label: int(stats[label, cv2.CC_STAT_AREA]))
        left, top, width, height, area = (int(number) for number in stats[best])
        share = area / changed.size
        if share < self._parameters.smallest:
            return none
        score = min(1.0, 0.5 + share / self._parameters.smallest / 40)
        box = relative_box((left, top, width, height), look, "motion", score)
        return Opinion(score=score, verdict=_verdict(share), boxes=(box,))

    @override
    def memory(self) -> bytes:
        return b""

    @override
    def remember(self, state: bytes) -> None:
        """The background of the camera is all it needs."""


def motion(subject: Subject, parameters: MotionParameters, zone: Polygon | None) -> Judged:
    """Make a motion detector."""
    return Judged(subject, parameters, MotionJudge(parameters), zone)


def _verdict(share: float) -> Verdict:
    return Verdict(
        reason=f"something moves over {share:.1%} of the picture",
        code="motion.seen",
        figures=(("share", round(share, 5)),),
        back="nothing moves any more",
        back_code="motion.gone",
    )
