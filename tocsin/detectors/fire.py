"""Open flames: suspected in pictures one to thirty seconds apart, proved by a burst or by several pictures.

Looks for regions with the colours of flames whose light keeps changing, more than any motion of the
camera explains, at one place. A burst that shows flicker is enough by itself; one that shows none
makes the place doubtful for a while. Under infra-red light only bursts are judged. Cannot see:
flames behind something, or smaller than about 1/80 of the picture's width, or so bright or pale
that no red rim is left; a fire on a television, and calm flames (a candle, a gas flame) by design.
"""

from __future__ import annotations

from typing import Final

import msgspec
import numpy as np
from pydantic import Field
from typing_extensions import override

from tocsin.core.errors import Rejected
from tocsin.core.frames import Box, Polygon
from tocsin.detectors.base import SECOND_US, Subject, read_state
from tocsin.detectors.burst import Burst
from tocsin.detectors.conviction import ConvictionParameters, Verdict
from tocsin.detectors.fire_colour import GATHERED, Palette, Region, regions
from tocsin.detectors.fire_flicker import TONGUES, Flicker, flickers
from tocsin.detectors.fire_since import Patch, Rectangle, Since, box_of, compared, overlap, patch_of
from tocsin.detectors.look import STEADY, Gray, Look
from tocsin.detectors.picture import Judge, Judged, Opinion, relative_box

_PICTURES: Final = 2
"""Earlier pictures in which a region must have been at its place and different: a lamp that blinks,
or before which people pass, is as it was in one of them; somebody who walks was elsewhere."""
_AGES: Final = 3
"""Pictures after which one is too old for that."""
_NEW: Final = 0.3
"""Least share of a region that differs from the background; 0 to 0.16 for a lamp with people before it."""
_REACH_STILL: Final = 12
"""Pixels around a region in which the same thing is looked for, when the camera stands still."""
_REACH_MOVING: Final = 24
"""The same for a camera that moves: as far as a hand shakes in a second."""
_DRIFT: Final = -6
"""How far a region may lie from where it was before a camera that stands still: not at all. Regions are
three pixels wider than what they hold on either side."""
_LARGEST: Final = 0.6
"""A region over more of the picture than this is light or sky."""
_KEPT: Final = 0.6
"""Share of a rim that stays one from picture to picture; 0 to 0.5 for flames, 0.65 and more for clothes,
flags and balloons that move."""
_DEEP: Final = 0.53
"""Green over red of the reddest twentieth, at most, before a camera that moves: what it passes changes
as flames do, but earth and leaves in the sun stay at 0.57 and above, flames go down to 0.4."""
_SAME: Final = 8.0
"""A region that changes less than this from picture to picture is a lamp; no burst is asked for."""
_DOUBT_STILL_US: Final = 600 * SECOND_US
_DOUBT_MOVING_US: Final = 60 * SECOND_US
"""How long a burst without flicker counts; a camera that moves has no places to remember."""
_DOUBTS: Final = 8
_GROWN: Final = 2.0
"""A doubtful place whose rim has grown by this factor is judged like any other."""


class FireParameters(ConvictionParameters):
    """What counts as flames."""

    need: int = Field(3, ge=1, le=32, description="Pictures of the last `of` that must show flames.")
    of: int = Field(5, ge=1, le=32, description="How many pictures are remembered.")
    for_seconds: float = Field(
        1.5, ge=0, le=3600, description="Flames must have been seen on and off for at least this long."
    )
    pace_seconds: float = Field(
        0.45, ge=0, le=60, description="Judge at most about two pictures a second; change needs time to show."
    )
    smallest: float = Field(
        0.0002,
        gt=0,
        le=0.5,
        description="Least share of the picture that must have the red-orange of a flame's rim; below it is noise.",
    )
    change: float = Field(
        18.0,
        ge=1,
        le=255,
        description="Least change of a region from picture to picture, in levels, wherever it is looked for "
        "nearby; lamps and painted things stay below 14, flames have 15 to 90.",
    )


class _Doubt(msgspec.Struct, array_like=True):
    """A place where a burst showed no flicker."""

    box: Rectangle
    rim: int
    until_us: int


class _Earlier(msgspec.Struct, array_like=True):
    """What an earlier picture showed."""

    age: int
    patches: list[Patch]


class _Memory(msgspec.Struct, array_like=True):
    size: tuple[int, int]
    earlier: list[_Earlier]
    """The newest first."""
    doubts: list[_Doubt]


class FireJudge(Judge):
    """Judge regions of flame colour by how they change."""

    def __init__(self, parameters: FireParameters) -> None:
        self._parameters = parameters
        self._memory = _Memory((0, 0), [], [])

    @override
    def judge(self, look: Look, zone: Gray | None) -> Opinion | None:
        size = (look.gray.shape[0], look.gray.shape[1])
        if look.infrared or look.switched or size != self._memory.size:
            self._memory = _Memory(size, [], [])
            if look.infrared:
                return None
        known = self._memory
        known.doubts = [doubt for doubt in known.doubts if doubt.until_us > look.at_us]
        for one in known.earlier:
            one.age += 1
        known.earlier = [one for one in known.earlier if one.age <= _AGES]
        seen = [
            region
            for region in regions(look.colour, zone, self._least(look.gray.size))
            if int(np.count_nonzero(region.body)) <= _LARGEST * look.gray.size
            and not _doubtful(region, known.doubts)
        ]
        if not seen:
            return Opinion(score=0.0, verdict=_seen(0.0, 0.0))
        opinion = self._opinion(look, seen)
        now = _Earlier(0, [patch_of(region, look) for region in seen])
        known.earlier = [now, *known.earlier[: _PICTURES - 1]]
        return opinion

    def _least(self, size: int) -> int:
        return max(6, round(self._parameters.smallest * size))

    def _opinion(self, look: Look, seen: list[Region]) -> Opinion:
        still = look.steady >= STEADY
        boxes: list[Box] = []
        best, share, most, suspicion = 0.0, 0.0, 0.0, ""
        for region in seen:
            since, tint = self._since(region, look, still=still)
            change = 0.0 if since is None else since.change
            if since is None or change >= _SAME:
                suspicion = "a region with the colours of flames"
            if since is None or change < self._parameters.change or not tint.of_flames or since.kept > _KEPT:
                continue
            if region.gathered < GATHERED or not (
                _new(region, look) if still else since.tongues >= TONGUES and tint.low <= _DEEP
            ):
                continue
            score = min(1.0, 0.5 + change / 120)
            boxes.append(relative_box(box_of(region), look, "fire", score))
            if score > best:
                best, most, share = score, change, int(np.count_nonzero(region.body)) / look.gray.size
        return Opinion(score=best, verdict=_seen(share, most), boxes=tuple(boxes), suspicion=suspicion)

    def _since(self, region: Region, look: Look, *, still: bool) -> tuple[Since | None, Palette]:
        """Compare with each earlier picture: the least change, the mean of the rest, all colours; None if it is new."""
        reach = _REACH_STILL if still else _REACH_MOVING
        found: list[Since] = []
        tint = region.palette
        for one in self._memory.earlier:
            apart = _DRIFT if still else reach * one.age
            there = [patch for patch in one.patches if overlap(box_of(region), box_of(patch), apart)]
            if not there:
                return None, tint
            found.append(max(compared(patch, look, reach) for patch in there))
            for patch in there:
                tint = tint.with_other(Palette(*patch.palette))
        if not found:
            return None, tint
        least = min(since.change for since in found)
        kept = sum(since.kept for since in found) / len(found)
        tongues = sum(since.tongues for since in found) / len(found)
        return Since(least, kept, tongues), tint

    @override
    def examine(self, burst: Burst, zone: Gray | None) -> Opinion | None:
        if burst.infrared:
            return None
        found = flickers(burst, zone, self._least(burst.gray[0].size))
        burning = [one for one in found if one.of_flames]
        if not burning:
            self._doubt(burst, [one for one in found if one.calm])
            return None
        boxes = tuple(
            _relative((one.left, one.top, one.width, one.height), burst.gray.shape[1:], _certainty(one))
            for one in burning
        )
        strongest = max(burning, key=_certainty)
        return Opinion(score=_certainty(strongest), verdict=_flickered(strongest), boxes=boxes)

    def _doubt(self, burst: Burst, calm: list[Flicker]) -> None:
        height, width = burst.gray.shape[1:]
        now_us = int(burst.at_us[-1])
        for one in calm:
            still = one.moved == 0
            box = (one.left, one.top, one.width, one.height) if still else (0, 0, width, height)
            lasts_us = _DOUBT_STILL_US if still else _DOUBT_MOVING_US
            self._memory.doubts.append(_Doubt(box, one.rim, now_us + lasts_us))
        self._memory.doubts = self._memory.doubts[-_DOUBTS:]

    @override
    def memory(self) -> bytes:
        return msgspec.msgpack.encode(self._memory)

    @override
    def remember(self, state: bytes) -> None:
        known = read_state(state, _Memory)
        if not all(patch.whole for one in known.earlier for patch in one.patches):
            raise Rejected("detectors.state", "the saved regions are damaged; start without them")
        self._memory = known


def fire(subject: Subject, parameters: FireParameters, zone: Polygon | None) -> Judged:
    """Make a fire detector."""
    return Judged(subject, parameters, FireJudge(parameters), zone)


def _doubtful(region: Region, doubts: list[_Doubt]) -> bool:
    return any(overlap(box_of(region), doubt.box, 0) and region.rim <= _GROWN * doubt.rim for doubt in doubts)


def _new(region: Region, look: Look) -> bool:
    window = np.s_[region.top : region.top + region.height, region.left : region.left + region.width]
    return float((look.changed[window] > 0)[region.body].mean()) >= _NEW


def _relative(box: Rectangle, shape: tuple[int, ...], score: float) -> Box:
    left, top, width, height = box
    return Box(
        x=round(left / shape[1], 4),
        y=round(top / shape[0], 4),
        width=round(width / shape[1], 4),
        height=round(height / shape[0], 4),
        label="fire",
        score=round(score, 3),
    )


def _certainty(one: Flicker) -> float:
    return min(1.0, 0.6 + one.change / 100 + 0.2 * one.lively)


def _seen(share: float, change: float) -> Verdict:
    return Verdict(
        reason=f"flame colours over {share:.1%} of the picture, at one place, changing by {change:.0f} levels "
        "from picture to picture",
        code="fire.flames",
        figures=(("share", round(share, 5)), ("change", round(change, 1))),
        back="no flames seen any more",
        back_code="fire.gone",
    )


def _flickered(one: Flicker) -> Verdict:
    return Verdict(
        reason=f"a flame-coloured region flickers as fire does: in {one.lively:.0%} of the pairs of pictures, "
        f"by {one.change:.0f} levels that no motion explains, at no single frequency",
        code="fire.flicker",
        figures=(
            ("change", round(one.change, 1)),
            ("lively", round(one.lively, 3)),
            ("unexplained", round(one.unexplained, 3)),
            ("together", round(one.together, 3)),
            ("line", round(one.line, 3)),
            ("rim", float(one.rim)),
        ),
        back="no flames seen any more",
        back_code="fire.gone",
    )
