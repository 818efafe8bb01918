"""Somebody fell and does not get up: a suggestion for a person to look at, never more.

Follows the largest moving region: a fall is its upper edge that drops by half its standing height
within a second and a half, over the same place, and leaves it wider than high; it counts when what
moves there stays low and grows calm. In real homes such detectors raise 26 to 31 false alarms a day,
so it is off unless a rule names it, its severity is low and no shipped policy confirms it by itself.
Cannot see: a slow fall, one towards or behind furniture, somebody who lay there before, anything at
fewer than about four pictures a second, one among several people; who lies down or crouches quickly
looks the same.
"""

from __future__ import annotations

from typing import Final

import cv2
import msgspec
import numpy as np
from pydantic import Field
from typing_extensions import override

from tocsin.core.frames import Polygon
from tocsin.detectors.base import SECOND_US, Subject, read_state
from tocsin.detectors.conviction import ConvictionParameters, Verdict
from tocsin.detectors.look import Gray, Look, halved, pixels
from tocsin.detectors.picture import Judge, Judged, Opinion, relative_box

_SEVERITY_MOST: Final = 0.5
_STIRS: Final = 12
"""Grey levels by which a smoothed pixel differs from the last picture when something moves there."""
_KEPT_US: Final = 3 * SECOND_US
_FALL_US: Final = round(1.5 * SECOND_US)
"""A fall from standing to lying takes about a second; sitting down takes longer and ends higher."""
_GAP_US: Final = round(0.45 * SECOND_US)
"""Pictures further apart show nothing of a fall but its end."""
_WITNESSES: Final = 2
"""Earlier pictures in which it must have been upright, so that one odd region proves nothing."""
_RISEN: Final = 0.25
"""Share of the standing height by which the upper edge rises again when somebody gets up."""
_STEADY: Final = 0.5
"""Share of the edges that stand in a camera that does; somebody close takes many with them."""
_CALM: Final = 0.75
"""Share of the greatest moving area below which somebody lies, more or less."""
_STRUGGLE_US: Final = 3 * SECOND_US
"""Who moves on for this long after the time to lie is over plays, works or gets up."""
_BOXES_MAX: Final = 24
_UP_AND_DOWN: Final = np.ones((9, 5), np.uint8)
_AROUND: Final = np.ones((5, 3), np.uint8)


class FallParameters(ConvictionParameters):
    """What counts as a fall."""

    need: int = Field(1, ge=1, le=32, description="Pictures of the last `of` that must show it.")
    of: int = Field(1, ge=1, le=32, description="How many pictures are remembered.")
    clear_seconds: float = Field(
        10.0, gt=0, le=86_400, description="Clear this long after somebody got up or left."
    )
    pace_seconds: float = Field(
        0.15, ge=0, le=60, description="Six pictures a second show a fall; more only cost."
    )
    lies_seconds: float = Field(
        0.6,
        ge=0,
        le=600,
        description="How long they must stay down; 0.6 shows every fall, 10 only helplessness with far fewer "
        "false alarms.",
    )
    drop: float = Field(
        0.4,
        gt=0,
        le=1,
        description="Share of the standing height by which the upper edge must drop; who sits down drops 0.3.",
    )
    lower: float = Field(
        0.65, gt=0, le=1, description="Greatest height afterwards against standing; sitting people keep 0.7."
    )
    smallest: float = Field(
        0.01, gt=0, le=1, description="Least share of the picture that moves in a fall; a person at 10 m."
    )


class Stir(msgspec.Struct, array_like=True):
    """The largest moving region of one picture, in pixels of half the look."""

    at_us: int
    left: int
    top: int
    width: int
    height: int
    area: int


class Fallen(msgspec.Struct, array_like=True):
    """Somebody who is down."""

    since_us: int
    upright: Stir
    low: Stir
    most: int
    """Greatest moving area since, in pixels."""
    seen: bool = False
    rises: int = 0
    """Pictures in a row in which something stood up there; one may be a flash of light."""


class _Memory(msgspec.Struct, array_like=True):
    height: int
    width: int
    before: bytes
    before_us: int
    stirs: list[Stir]
    fallen: Fallen | None


class FallJudge(Judge):
    """Follow the upper edge of what moves."""

    def __init__(self, parameters: FallParameters) -> None:
        self._parameters = parameters
        self._before: Gray | None = None
        self._before_us = 0
        self._stirs: list[Stir] = []
        self._fallen: Fallen | None = None

    @override
    def judge(self, look: Look, zone: Gray | None) -> Opinion | None:
        gray = pixels(cv2.blur(halved(look.gray), (3, 3)))
        before, pause = self._before, look.at_us - self._before_us
        self._before, self._before_us = gray, look.at_us
        broken = look.switched or pause > _GAP_US or look.steady < _STEADY
        if before is None or before.shape != gray.shape or broken:
            self._stirs, self._fallen = [], None
            return None
        stir = self._stir(look, before, gray, zone)
        if self._fallen is None and stir is not None:
            self._fallen = self._falls(stir)
        elif self._fallen is not None:
            self._fallen = self._stays(self._fallen, stir, look)
        if stir is not None:
            recent = [one for one in self._stirs if look.at_us - one.at_us <= _KEPT_US]
            self._stirs = [*recent, stir][-_BOXES_MAX:]
        return self._opinion(look)

    def _stir(self, look: Look, before: Gray, gray: Gray, zone: Gray | None) -> Stir | None:
        """Find the largest moving region; None when nothing large enough or everything moves."""
        moving = cv2.threshold(cv2.absdiff(gray, before), _STIRS, 255, cv2.THRESH_BINARY)[1]
        if zone is not None:
            moving = cv2.bitwise_and(moving, halved(zone))
        if cv2.countNonZero(moving) > 0.5 * moving.size:
            return None
        solid = cv2.dilate(cv2.morphologyEx(moving, cv2.MORPH_CLOSE, _UP_AND_DOWN), _AROUND)
        count, _, stats, _ = cv2.connectedComponentsWithStats(solid)
        if count < 2:
            return None
        best = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
        left, top, width, height, area = (int(number) for number in stats[best])
        if area < self._parameters.smallest * gray.size:
            return None
        return Stir(look.at_us, left, top, width, height, area)

    def _falls(self, now: Stir) -> Fallen | None:
        """Say whether this region is what stood upright a moment ago."""
        wanted = self._parameters
        if now.width < now.height:
            return None
        upright = [
            then
            for then in self._stirs
            if now.at_us - then.at_us <= _FALL_US
            and now.top - then.top >= wanted.drop * then.height
            and now.height <= wanted.lower * then.height
            and now.top + now.height >= then.top + 0.7 * then.height
            and abs(_middle(now) - _middle(then)) <= 0.5 * (now.width + then.width) + 0.3 * then.height
        ]
        if len(upright) < _WITNESSES:
            return None
        first = max(upright, key=lambda one: one.height)
        most = max(one.area for one in self._stirs if one.at_us >= first.at_us)
        return Fallen(now.at_us, first, now, most)

    def _stays(self, fallen: Fallen, stir: Stir | None, look: Look) -> Fallen | None:
        """Follow who is down; None when they got up or are gone."""
        upright = fallen.upright
        if stir is not None and abs(_middle(stir) - _middle(fallen.low)) <= upright.height:
            if stir.top < fallen.low.top - _RISEN * upright.height:
                fallen.rises += 1
                return None if fallen.rises >= _WITNESSES else fallen
            fallen.rises = 0
            fallen.most = max(fallen.most, stir.area)
            # Only ever lower: who gets up slowly would else lift the place from which they rise.
            lower = stir.top >= fallen.low.top and stir.area > 0.5 * fallen.low.area
            fallen.low = stir if lower else fallen.low
        waited = look.at_us - fallen.since_us - round(self._parameters.lies_seconds * SECOND_US)
        if waited < 0:
            return fallen
        if not _lies(fallen.low, look):
            return None
        calm = stir is None or stir.area <= _CALM * fallen.most
        if not fallen.seen and not calm and waited > _STRUGGLE_US:
            return None
        fallen.seen = fallen.seen or calm
        return fallen

    def _opinion(self, look: Look) -> Opinion:
        fallen = self._fallen
        if fallen is None or not fallen.seen:
            return Opinion(score=0.0, verdict=_verdict(0.0))
        low, upright = fallen.low, fallen.upright
        drop = (low.top - upright.top) / upright.height
        bounds = (2 * low.left, 2 * low.top, 2 * low.width, 2 * low.height)
        box = relative_box(bounds, look, "fallen", 0.5)
        return Opinion(score=min(0.7, 0.3 + 0.4 * drop), verdict=_verdict(drop), boxes=(box,))

    @override
    def memory(self) -> bytes:
        before = self._before
        height, width = (0, 0) if before is None else before.shape
        kept = b"" if before is None else before.tobytes()
        return msgspec.msgpack.encode(
            _Memory(height, width, kept, self._before_us, self._stirs, self._fallen)
        )

    @override
    def remember(self, state: bytes) -> None:
        known = read_state(state, _Memory)
        before = np.frombuffer(known.before, np.uint8).reshape(known.height, known.width)
        self._before = before if before.size else None
        self._before_us, self._stirs, self._fallen = known.before_us, known.stirs, known.fallen


def fall(subject: Subject, parameters: FallParameters, zone: Polygon | None) -> Judged:
    """Make a detector of falls; a zone leaves out beds and sofas.

    A rule may lower its severity, not raise it above what the shipped policy leaves to a person.
    """
    return Judged(
        msgspec.structs.replace(subject, severity=min(subject.severity, _SEVERITY_MOST)),
        parameters,
        FallJudge(parameters),
        zone,
    )


def _middle(stir: Stir) -> float:
    return stir.left + stir.width / 2


def _lies(low: Stir, look: Look) -> bool:
    """Say whether something is there that the place had not: who walked out of the view is not."""
    place = look.changed[2 * low.top : 2 * (low.top + low.height), 2 * low.left : 2 * (low.left + low.width)]
    return place.size > 0 and cv2.countNonZero(place) >= 0.2 * place.size


def _verdict(drop: float) -> Verdict:
    return Verdict(
        reason=f"somebody may have fallen: the upper edge dropped by {drop:.0%} of the height",
        code="fall.seen",
        figures=(("drop", round(drop, 2)),),
        back="nobody lies there any more",
        back_code="fall.gone",
    )
