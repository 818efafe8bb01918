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
_RESTS_S: Final = 3.2
"""Seconds without a change after which a block rests. From one picture to the next half of a thick column may
look alike, as the puffs are large and their contrast low; in the time in which a puff passes none of it does."""
_TRAIL_S: Final = 4.2
"""So long it is remembered what was hidden, in seconds: an insect walks on in this time, a column of smoke stands."""
_HIDDEN, _OPEN = 0.5, 0.8
"""What passed less than the first was hidden, and what passes more than the second is open again; noise and
a puff that thins out do not lead from one to the other."""
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
    kept: Mask
    """Clouded, as in the picture before."""
    calm: Grid
    """Seconds since a block last changed while it was clouded; infinite when it never has."""
    trail: Grid
    """Seconds since a block was hidden; infinite when it never was."""


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
    """Share of the kept blocks that changed within a few seconds."""
    stirred: float
    """Share of the kept blocks that changed since the picture before."""
    left: float
    """Share of what was hidden in this place a few seconds ago and is wholly open again."""
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


def follow(now: Veil, before: Trace | None, seconds: float) -> Trace:
    """Say what changed under the veil since the picture before, `seconds` ago, and what already rests."""
    hidden = now.clouded & now.textured & (now.passed < _HIDDEN)
    kept = np.zeros_like(now.clouded)
    calm = trail = np.full_like(now.passed, np.inf)
    if before is not None and before.clouded.shape == now.clouded.shape:
        kept = now.clouded & before.clouded
        moved = (np.abs(now.passed - before.passed) > 0.06) & now.textured
        moved |= np.abs(now.level - before.level) > 2 * now.bright
        calm = np.where(moved, np.float32(0), before.calm + np.float32(seconds))
        trail = before.trail + np.float32(seconds)
    return Trace(
        passed=now.passed,
        level=now.level,
        clouded=now.clouded,
        kept=kept,
        calm=np.where(kept, calm, np.float32(np.inf)),
        trail=np.where(hidden, np.float32(0), trail),
    )


def clouds(now: Veil, trace: Trace, smallest: int, within: Mask | None) -> list[Cloud]:
    """List the groups of at least `smallest` clouded blocks, the largest first; `trace` is the picture's own."""
    clouded = now.clouded if within is None else now.clouded & within
    count, labels, stats, _ = cv2.connectedComponentsWithStats(clouded.view(np.uint8), connectivity=4)
    trail = now.textured & (trace.trail <= _TRAIL_S)
    places = cv2.connectedComponents((trail | now.clouded).view(np.uint8), connectivity=8)[1]
    order = sorted(range(1, count), key=lambda i: -int(stats[i, cv2.CC_STAT_AREA]))
    found: list[Cloud] = []
    for i, (x, y, w, h, size) in ((i, stats[i]) for i in order[:4]):
        if size >= smallest:
            group = labels == i
            place = trail & (places == places[group][0])
            found.append(_cloud(now, trace, group, place, (int(x), int(y), int(w), int(h))))
    return found


def _cloud(now: Veil, trace: Trace, group: Mask, trail: Mask, box: tuple[int, int, int, int]) -> Cloud:
    paint = group.view(np.uint8)
    rim = (cv2.dilate(paint, _AROUND) > 0) & ~group
    rest = cv2.dilate(paint, _WIDE) == 0
    lost = group & now.veiled
    near = (group | rim) & now.textured
    partly = (now.passed > 0.15) & (now.passed < 0.9) & (now.new < 0.35 * now.structure + 0.7)
    sharp = now.new > np.maximum(6.0 * now.bright, 0.8 * now.structure)
    kept = group & trace.kept
    return Cloud(
        blocks=group,
        box=box,
        size=int(np.count_nonzero(group)),
        veiled=int(np.count_nonzero(lost)),
        hidden=1.0 - float(np.clip(now.passed[lost], 0, 1).mean()) if lost.any() else 0.0,
        kept=int(np.count_nonzero(kept)),
        restless=_share(trace.calm <= _RESTS_S, kept),
        stirred=_share(trace.calm == 0, kept),
        left=_share(now.passed > _OPEN, trail),
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
