"""A veil before a known background: what smoke takes from the edges behind it.

Per block of 8 x 8 pixels, the fine structure of the background is looked for in the picture.
`passed` is the share of it that comes through; `new` is the structure that was not there before. A
veil lets part through, adds nothing sharp and draws the brightness towards its own; a shadow takes
from brightness and structure alike, a thing in front brings edges of its own, a lens out of focus
keeps the brightness. `Veil` is one picture; a `Cloud` is one group of such blocks, with
what must be known to tell a plume from fog, a person near the lens or a thing put down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from tocsin.core.frames import Image
from tocsin.detectors.look import Gray, pixels

BLOCK: Final = 8
"""Pixels; a young plume covers several, and a block still holds some structure."""
_FINE: Final = 9
"""Pixels of the mean that is taken away: structure larger than this is brightness."""
_TEXTURE: Final = 3.0
"""Least deviation of a block's structure, grey levels by day; below it is noise and compression."""
_SHADOW: Final = 0.8
"""A veil takes this much more from structure than from brightness; a shadow takes the same."""
_NEW: Final = 0.5
"""Structure that was not there, as a share of what was: more is a thing of its own."""
_GRAY: Final = 60.0
"""Largest spread between the colours: grey, black and brownish smoke; flames, leaves and clothes have more."""
_BLOWN: Final = 240.0
"""Brighter than this the camera shows nothing, smoke or not."""
_TINT: Final = 20.0
"""A closed veil differs at least so much from what it hides, grey levels by day; blur does not."""
_TINT_LEAST, _TINT_PLAIN = 6.0, 8.0
"""The least such difference of a thin veil, and of one before a block without structure."""
_DAYLIGHT: Final = 110.0
"""Mean grey level of a scene by day."""
_DARKEST: Final = 0.4
"""Darker scenes than this share of daylight are judged like this: noise does not shrink with the light."""
_TOUCHED: Final = 0.88
"""Less than this passed is more than a picture's noise, though no veil yet."""
_CLOSED: Final = 0.12
"""Less than this passed is closed."""
_AROUND: Final = np.ones((3, 3), np.uint8)
_WIDE: Final = np.ones((5, 5), np.uint8)

Grid = NDArray[np.float32]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Trace:
    """What is remembered of the picture before."""

    passed: Grid
    level: Grid
    clouded: Mask


@dataclass(frozen=True, slots=True)
class Veil:
    """One picture against the background, block by block."""

    passed: Grid
    new: Grid
    structure: Grid
    """Of the background."""
    level: Grid
    """Mean brightness of the picture."""
    textured: Mask
    veiled: Mask
    clouded: Mask
    """`veiled`, and blocks without structure whose brightness changed softly."""
    touched: Mask
    """Whatever a thin veil may have reached."""
    bright: float
    """How bright the scene is, 1 for day; grey levels are judged in proportion."""

    @property
    def trace(self) -> Trace:
        """What the next picture is compared with."""
        return Trace(self.passed, self.level, self.clouded)


@dataclass(frozen=True, slots=True)
class Cloud:
    """One group of clouded blocks."""

    blocks: Mask
    box: tuple[int, int, int, int]
    """Left, top, width and height in blocks."""
    size: int
    veiled: int
    """Blocks of it that had structure to lose."""
    hidden: float
    """Mean share of the structure that does not come through, where there was any."""
    kept: int
    """Blocks that were clouded in the picture before, too."""
    restless: float
    """Share of the kept blocks that changed since."""
    graded: float
    """Share of it and its rim where the veil is neither open nor closed."""
    outlined: float
    """Share of its rim with sharp new edges."""
    closed: float
    """Share that lets nothing through."""
    spilt: float
    """Share of the rest of the picture that is touched."""
    covered: float
    """Share of all structure in the picture that is veiled."""


def blocks(values: NDArray[np.generic], block: int = BLOCK) -> Grid:
    """Average over blocks; what is left at the right and lower edge is cut off."""
    rows, columns = values.shape[0] // block, values.shape[1] // block
    cut = np.asarray(values[: rows * block, : columns * block], np.float32)
    return cv2.resize(cut, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)


def spread(colour: Image, block: int = BLOCK) -> Grid:
    """Difference between the strongest and the weakest colour of each block."""
    rows, columns = colour.shape[0] // block, colour.shape[1] // block
    cut = colour[: rows * block, : columns * block]
    mean = cv2.resize(cut, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float32)
    found: Grid = mean.max(axis=2) - mean.min(axis=2)
    return found


def veil(background: Gray, gray: Gray, colour: Image, faded: float) -> Veil:
    """Compare a picture with the background; `faded` is the share that must at most come through."""
    smooth = pixels(cv2.blur(gray, (3, 3)))  # as the background is
    was, now = _structure(background), _structure(smooth)
    was_power, now_power, common = blocks(was * was), blocks(now * now), blocks(was * now)
    passed = common / np.maximum(was_power, 1.0)
    new = np.sqrt(np.maximum(0.0, now_power - passed * passed * was_power))
    structure, own = np.sqrt(was_power), np.sqrt(now_power)
    before, level = blocks(background), blocks(smooth)
    bright = min(1.0, max(_DARKEST, float(before.mean()) / _DAYLIGHT))
    shift, darker = np.abs(level - before), np.minimum(1.0, level / np.maximum(before, 8.0))
    textured = structure > _TEXTURE * bright
    soft = new < _NEW * structure + 1
    visible = (level < _BLOWN) & (spread(colour) < _GRAY)
    tint = np.where(textured, np.maximum(_TINT_LEAST, _TINT * (1 - np.clip(passed, 0, 1))), _TINT_PLAIN)
    tinted = shift > tint * bright
    veiled = textured & soft & visible & tinted & (passed < faded) & (passed < _SHADOW * darker)
    plain = ~textured & (own < _TEXTURE * bright)
    smeared = plain & visible & tinted
    thin = textured & soft & (passed < _TOUCHED) & (passed < 0.92 * darker) & (shift > 3 * bright)
    return Veil(
        passed=passed.astype(np.float32),
        new=new.astype(np.float32),
        structure=structure.astype(np.float32),
        level=level,
        textured=textured,
        veiled=veiled,
        clouded=veiled | smeared,
        touched=thin | (plain & (shift > 5 * bright)),
        bright=bright,
    )


def clouds(now: Veil, before: Trace | None, smallest: int, within: Mask | None) -> list[Cloud]:
    """List the groups of at least `smallest` clouded blocks, the largest first."""
    clouded = now.clouded if within is None else now.clouded & within
    count, labels, stats, _ = cv2.connectedComponentsWithStats(clouded.view(np.uint8), connectivity=4)
    order = sorted(range(1, count), key=lambda i: -int(stats[i, cv2.CC_STAT_AREA]))
    return [
        _cloud(now, before, labels == i, (int(x), int(y), int(w), int(h)))
        for i, (x, y, w, h, size) in ((i, stats[i]) for i in order[:4])
        if size >= smallest
    ]


def _cloud(now: Veil, before: Trace | None, group: Mask, box: tuple[int, int, int, int]) -> Cloud:
    paint = group.view(np.uint8)
    rim = (cv2.dilate(paint, _AROUND) > 0) & ~group
    rest = cv2.dilate(paint, _WIDE) == 0
    lost = group & now.veiled
    near = (group | rim) & now.textured
    partly = (now.passed > 0.15) & (now.passed < 0.9) & (now.new < 0.35 * now.structure + 0.7)
    sharp = now.new > np.maximum(6.0 * now.bright, 0.8 * now.structure)
    kept = group & (before.clouded if before is not None else np.zeros_like(group))
    restless = 0.0
    if before is not None:
        moved = (np.abs(now.passed - before.passed) > 0.06) & now.textured
        restless = _share(moved | (np.abs(now.level - before.level) > 2 * now.bright), kept)
    return Cloud(
        blocks=group,
        box=box,
        size=int(np.count_nonzero(group)),
        veiled=int(np.count_nonzero(lost)),
        hidden=1.0 - float(np.clip(now.passed[lost], 0, 1).mean()) if lost.any() else 0.0,
        kept=int(np.count_nonzero(kept)),
        restless=restless,
        graded=_share(partly, near),
        outlined=_share(sharp, rim),
        closed=_share(now.passed < _CLOSED, lost),
        spilt=_share(now.touched, rest),
        covered=_share(now.veiled, now.textured),
    )


def _share(what: Mask, among: Mask) -> float:
    count = int(np.count_nonzero(among))
    return int(np.count_nonzero(what & among)) / count if count else 0.0


def _structure(gray: Gray) -> Grid:
    values = gray.astype(np.float32)
    found: Grid = values - cv2.blur(values, (_FINE, _FINE)).astype(np.float32, copy=False)
    return found
