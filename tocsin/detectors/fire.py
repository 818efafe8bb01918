"""Open flames, from pictures one to thirty seconds apart.

Looks for bright red-to-yellow regions that stay where they are while their shape and light keep
changing from picture to picture. Under infra-red light the colour rules are off and nothing is
judged; while the camera itself moves neither. Cannot see: flames behind something, smaller than
about 1/60 of the picture's width, or so steady that they look like a lamp; it takes a bright
fluttering orange thing of that size for fire.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from typing_extensions import override

from tocsin.core.frames import Box, Polygon
from tocsin.detectors.base import Subject, read_state
from tocsin.detectors.conviction import ConvictionParameters, Verdict
from tocsin.detectors.look import STEADY, Gray, Look, pixels
from tocsin.detectors.picture import Judge, Judged, Opinion, relative_box

_PICTURES: Final = 3
"""Pictures over which shape and place are compared."""
_LARGEST: Final = 0.6
"""A coloured region over more of the picture than this is light or sky."""
_CANDIDATES: Final = 6
_HOT: Final = 0.1
"""Least share of almost white-hot pixels; clothes and sunlit soil have few."""
_RED: Final = 50.0
"""Least mean of red minus green; skin, straw and soil stay near 35."""
_SPREAD: Final = 17.0
"""Least deviation of green inside: flames run from red to yellow, painted things do not."""


class FireParameters(ConvictionParameters):
    """What counts as flames."""

    need: int = Field(3, ge=1, le=32, description="Pictures of the last `of` that must show flames.")
    of: int = Field(5, ge=1, le=32, description="How many pictures are remembered.")
    pace_seconds: float = Field(
        0.45, ge=0, le=60, description="Judge at most about two pictures a second; change needs time to show."
    )
    smallest: float = Field(
        0.0008, gt=0, le=0.5, description="Least share of the picture; below it colour is noise."
    )
    unsteady: float = Field(
        0.35,
        ge=0,
        le=1,
        description="Least share of the region that must differ between pictures; lamps stay below 0.3.",
    )
    drift: float = Field(
        0.22, gt=0, le=2, description="How far its centre may wander, in region widths; people walk further."
    )
    flicker: float = Field(
        9.0, ge=0, le=255, description="Least change of brightness inside, grey levels per picture."
    )


class _Memory(msgspec.Struct, array_like=True):
    height: int
    width: int
    masks: list[bytes]
    grays: list[bytes]


class FireJudge(Judge):
    """Judge regions of flame colour by how they change."""

    def __init__(self, parameters: FireParameters) -> None:
        self._parameters = parameters
        self._masks: list[Gray] = []
        self._grays: list[Gray] = []

    @override
    def judge(self, look: Look, zone: Gray | None) -> Opinion | None:
        if look.infrared or look.switched:
            self._masks, self._grays = [], []
            return None
        mask = flame_colour(look)
        if zone is not None:
            mask = cv2.bitwise_and(mask, zone).astype(np.uint8, copy=False)
        self._masks = [*self._masks[-(_PICTURES - 1) :], mask]
        self._grays = [*self._grays[-(_PICTURES - 1) :], look.gray[::2, ::2]]
        if len(self._masks) < _PICTURES or self._masks[0].shape != mask.shape:
            self._masks, self._grays = self._masks[-_PICTURES:], self._grays[-_PICTURES:]
            return Opinion(score=0.0, verdict=_verdict(0.0, 0.0))
        if look.steady < STEADY:
            return Opinion(score=0.0, verdict=_verdict(0.0, 0.0))
        return self._regions(look)

    def _regions(self, look: Look) -> Opinion:
        together = np.bitwise_or.reduce(self._masks)
        joined = cv2.dilate(together, np.ones((3, 3), np.uint8))
        count, labels, stats, _ = cv2.connectedComponentsWithStats(joined)
        order = sorted(range(1, count), key=lambda i: -int(stats[i, cv2.CC_STAT_AREA]))[:_CANDIDATES]
        boxes: list[Box] = []
        best, share, unsteady = 0.0, 0.0, 0.0
        for label in order:
            left, top, width, height, _ = (int(number) for number in stats[label])
            window = np.s_[top : top + height, left : left + width]
            score, part, loose = self._flames(labels[window] == label, window, look)
            if score <= 0:
                continue
            boxes.append(relative_box((left, top, width, height), look, "fire", score))
            if score > best:
                best, share, unsteady = score, part, loose
        return Opinion(score=best, verdict=_verdict(share, unsteady), boxes=tuple(boxes))

    def _flames(
        self, region: NDArray[np.bool_], window: tuple[slice, slice], look: Look
    ) -> tuple[float, float, float]:
        wanted = self._parameters
        parts = [(mask[window] > 0) & region for mask in self._masks]
        union = np.logical_or.reduce(parts)
        size = int(np.count_nonzero(union))
        share = size / look.gray.size
        areas = [int(np.count_nonzero(part)) for part in parts]
        if not wanted.smallest <= share <= _LARGEST or min(areas[-2:]) < size * 0.1:
            return 0.0, share, 0.0
        unsteady = 1.0 - int(np.count_nonzero(np.logical_and.reduce(parts))) / size
        centres = np.array([np.argwhere(part).mean(axis=0) for part in parts if part.any()])
        drift = float(np.linalg.norm(centres.std(axis=0))) / float(np.sqrt(size))
        flicker = self._flicker(union, window)
        newest = look.colour[window][parts[-1]]
        spread = float(newest[:, 1].std())
        hot = float(np.count_nonzero((newest[:, 2] >= 240) & (newest[:, 1] >= 150))) / len(newest)
        redness = float(np.mean(newest[:, 2].astype(np.int16) - newest[:, 1]))
        good = (
            unsteady >= wanted.unsteady
            and drift <= wanted.drift
            and flicker >= wanted.flicker
            and spread >= _SPREAD
            and hot >= _HOT
            and redness >= _RED
        )
        score = min(1.0, 0.4 + 0.3 * min(1.0, unsteady) + min(0.3, flicker / 100)) if good else 0.0
        return score, share, unsteady

    def _flicker(self, union: NDArray[np.bool_], window: tuple[slice, slice]) -> float:
        # Brightness is remembered at every second pixel only, for the memory of the camera's sake.
        rows, columns = np.nonzero(union)
        rows, columns = rows + window[0].start, columns + window[1].start
        kept = (rows % 2 == 0) & (columns % 2 == 0)
        if not kept.any():
            return 0.0
        at = (rows[kept] // 2, columns[kept] // 2)
        levels = [gray[at].astype(np.int16) for gray in self._grays]
        return float(np.mean([np.abs(b - a).mean() for a, b in pairwise(levels)]))

    @override
    def memory(self) -> bytes:
        shape = self._masks[-1].shape if self._masks else (0, 0)
        return msgspec.msgpack.encode(
            _Memory(
                shape[0],
                shape[1],
                [np.packbits(mask > 0).tobytes() for mask in self._masks],
                [gray.tobytes() for gray in self._grays],
            )
        )

    @override
    def remember(self, state: bytes) -> None:
        known = read_state(state, _Memory)
        size = known.height * known.width
        self._masks = [
            (np.unpackbits(np.frombuffer(bits, np.uint8), count=size) * 255).reshape(
                known.height, known.width
            )
            for bits in known.masks
        ]
        self._grays = [
            np.frombuffer(gray, np.uint8).reshape((known.height + 1) // 2, (known.width + 1) // 2)
            for gray in known.grays
        ]


def fire(subject: Subject, parameters: FireParameters, zone: Polygon | None) -> Judged:
    """Make a fire detector."""
    return Judged(subject, parameters, FireJudge(parameters), zone)


def flame_colour(look: Look) -> Gray:
    """Paint 255 where the colour is that of flames: bright, red over green over blue."""
    blue, green, red = (pixels(channel) for channel in cv2.split(look.colour))
    warm = pixels(cv2.subtract(red, blue))
    found = (red >= 185) & (warm >= 70) & (red >= green) & (green >= blue)
    return found.view(np.uint8) * np.uint8(255)


def _verdict(share: float, unsteady: float) -> Verdict:
    return Verdict(
        reason=f"flame-coloured region over {share:.1%} of the picture, {unsteady:.0%} of it changing, in one place",
        code="fire.flames",
        figures=(("share", round(share, 5)), ("unsteady", round(unsteady, 3))),
        back="no flames seen any more",
        back_code="fire.gone",
    )
