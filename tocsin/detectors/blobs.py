"""Regions of a picture that may be moving things, and whether they look like one.

A region counts by how it differs from the camera's background, before there is one by how it differs
from the picture before. Light (a headlight's cone, a cloud's shadow) keeps the ground's texture or has
soft edges; a ghost (the place that somebody has left) has its edges in the background, not in the picture.
Cannot see: what has the brightness of its background.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from tocsin.detectors.look import Gray, Look, pixels
from tocsin.detectors.settled import SIZE, Settled

_STIR: Final = 14
"""Grey levels between two pictures that are a movement; averaged over 9 points noise stays near 2."""
_MOST: Final = 24
"""Regions of one picture that are looked at; more is rain, or a shaken camera."""
_CONTRAST: Final = 22
_LEAST_CONTRAST: Final = 9
"""Grey levels by which a thing differs from the ground: all contrasts shrink with the light, noise less."""
_BRIGHT: Final = 80.0
"""Mean grey level of a picture in full light."""
_LARGEST_CHANGE: Final = 0.6
"""Above this share of changed points the light or the camera changed."""
_CARRIED: Final = 0.35
"""Least `steady` of a camera that stands: somebody close hides most edges of a plain room."""
_AREA_LEAST: Final = 0.001
_AREA_MOST: Final = 0.55
_HEIGHT_LEAST: Final = 0.05
"""Share of the picture's height: a person at 30 m before a lens of 90 degrees."""
_NARROW: Final = 0.14
"""Least width by height, in points: a standing person has 0.3; rain and poles have less."""
_FLAT: Final = 4.5
"""Largest width by height: a lorry has 3."""
_FULL: Final = 0.22
"""Least part of its box that a thing fills; branches and ripples fill less."""
_OPEN: Final = np.ones((3, 3), np.uint8)
_CORE: Final = np.ones((7, 7), np.uint8)
_ENOUGH: Final = 30
"""Points that texture is judged by."""
_LINE: Final = np.ones((5, 5), np.uint8)
_CLOSE: Final = np.ones((9, 5), np.uint8)
"""Joins head, trunk and legs, which stand over each other."""
_TEXTURE: Final = 1.2
"""Deviation in grey levels under which the ground has no texture that light could keep."""
_KEPT: Final = 0.7
"""Correlation of texture above which the ground still shows: light or shadow."""
_SOFT: Final = (4.5, 0.02)
"""Points over which the contrast of a sharp edge falls at most, of 320 across, and more for each point of
height: somebody near is out of focus. People take 3, the edges of cones and clouds 7 and more."""
_LIGHT: Final = 0.03
"""Share of the picture over which light moves, from which smaller regions beside it are its fringes."""
_GHOST: Final = 1.5
"""How many times better the background's edges explain the contour of a place that was left."""
_RESTS: Final = 0.02
"""Share of a box under which nothing stirs in it."""


@dataclass(frozen=True, slots=True)
class Blob:
    """One region, relative to the picture."""

    x: float
    y: float
    width: float
    height: float
    area: float
    """Share of the picture."""
    stirs: float
    """Share of its box that differs from the picture before."""
    solid: bool
    """Whether it looks like a thing and not like light."""


def stirred(before: Gray | None, now: Gray) -> Gray | None:
    """Paint 255 where two pictures of `SIZE` differ, at one exposure; None without an earlier one."""
    if before is None:
        return None
    grid = np.s_[::3, ::3]
    gain = float(np.median((now[grid] + np.float32(4)) / (before[grid] + np.float32(4))))
    moved = cv2.absdiff(now, cv2.convertScaleAbs(before, alpha=min(2.0, max(0.5, gain))))
    return pixels(cv2.threshold(moved, _STIR, 255, cv2.THRESH_BINARY)[1])


def stir_picture(look: Look) -> Gray:
    """Make the picture as small as movements are compared in."""
    return pixels(cv2.resize(look.gray, SIZE, interpolation=cv2.INTER_AREA))


def stir_share(stir: Gray | None, x: float, y: float, width: float, height: float) -> float:
    """Give the share of a relative box that stirs; 0 without an earlier picture."""
    if stir is None:
        return 0.0
    rows, columns = stir.shape
    top, left = max(0, int(y * rows)), max(0, int(x * columns))
    part = stir[
        top : max(top + 1, int((y + height) * rows)), left : max(left + 1, int((x + width) * columns))
    ]
    return float(np.count_nonzero(part)) / part.size if part.size else 0.0


def blobs(look: Look, stir: Gray | None, now: Gray, settled: Settled) -> list[Blob]:
    """Find the regions of a picture, the largest first; none where the whole picture changed or moves.

    `now` is the picture in `SIZE`; regions that are found to be empty are added to `settled`.
    """
    if look.switched or look.changed_share > _LARGEST_CHANGE or look.steady < _CARRIED:
        return []
    if stir is not None and np.count_nonzero(stir) > _LARGEST_CHANGE * stir.size:
        return []
    rows, columns = look.gray.shape
    changed = look.changed if look.learning else settled.forgive(_different(look), now)
    if look.learning:
        settled.forget()
        if stir is None:
            return []
        changed = pixels(cv2.resize(stir, (columns, rows), interpolation=cv2.INTER_NEAREST))
    solid = cv2.morphologyEx(cv2.morphologyEx(changed, cv2.MORPH_OPEN, _OPEN), cv2.MORPH_CLOSE, _CLOSE)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(solid, ltype=cv2.CV_32S)
    found = []
    for label in sorted(range(1, count), key=lambda one: -int(stats[one, cv2.CC_STAT_AREA]))[:_MOST]:
        left, top, width, height, area = (int(number) for number in stats[label])
        if not _plausible(width, height, area, rows, columns):
            continue
        place = (left / columns, top / rows, width / columns, height / rows)
        stirs = stir_share(stir, *place)
        real = True
        if not look.learning:
            contour = _Contour(look, labels == label, (left, top, width, height))
            real = contour.solid()
            if stirs < _RESTS and (not real or contour.ghost()):
                settled.learn(labels == label, now)
                continue
        found.append(Blob(*place, area / changed.size, stirs, real))
    light = sum(blob.area for blob in found if not blob.solid)
    if light < _LIGHT:
        return found
    return [replace(blob, solid=blob.solid and blob.area * 2 > light) for blob in found]


def _different(look: Look) -> Gray:
    """Paint 255 where a picture differs from the background; the darker it is, the less is enough."""
    limit = round(min(_CONTRAST, max(_LEAST_CONTRAST, _CONTRAST * float(look.gray.mean()) / _BRIGHT)))
    difference = cv2.absdiff(cv2.blur(look.gray, (3, 3)), look.background)
    return pixels(cv2.threshold(difference, limit, 255, cv2.THRESH_BINARY)[1])


def _plausible(width: int, height: int, area: int, rows: int, columns: int) -> bool:
    share, touches = area / (rows * columns), height >= rows - 1
    return (
        _AREA_LEAST <= share <= _AREA_MOST
        and (height >= _HEIGHT_LEAST * rows or touches)
        and _NARROW <= width / height <= _FLAT
        and area >= _FULL * width * height
    )


class _Contour:
    """One region with its surroundings, in the picture and in the background."""

    def __init__(self, look: Look, region: NDArray[np.bool_], place: tuple[int, int, int, int]) -> None:
        left, top, width, self._height = place
        rows, columns = look.gray.shape
        down = slice(max(0, top - 3), min(rows, top + self._height + 3))
        window = (down, slice(max(0, left - 3), min(columns, left + width + 3)))
        inside = region[window].astype(np.uint8)
        self._inner = inside > 0
        self._line = cv2.morphologyEx(inside, cv2.MORPH_GRADIENT, _LINE) > 0
        self._now, self._ground = look.gray[window], look.background[window]
        # The background is an average of smoothed pictures: only smoothed ones can be compared with it.
        self._new = _slopes(pixels(cv2.blur(self._now, (3, 3))), self._line)
        self._old = _slopes(self._ground, self._line)

    def ghost(self) -> bool:
        """Say whether the contour is one of the background's: somebody stood here when it was learnt."""
        difference = self._new - self._old
        explained = float((difference * self._new).sum())
        return -float((difference * self._old).sum()) > _GHOST * max(explained, 1.0)

    def solid(self) -> bool:
        """Say whether it has sharp edges and hides the ground's texture."""
        contrast = float(cv2.absdiff(self._now, self._ground)[self._inner].mean())
        sharp = float(np.percentile(np.hypot(*_slopes(self._now, self._line)), 75))
        if contrast > (_SOFT[0] + _SOFT[1] * self._height) * max(sharp, 0.5):
            return False
        return not _shows_ground(pixels(cv2.blur(self._now, (3, 3))), self._ground, self._inner)


def _slopes(gray: Gray, where: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Give the change of brightness across and down at some points, in grey levels per point."""
    across, down = cv2.spatialGradient(gray)
    return np.stack([across[where], down[where]]).astype(np.float32) / np.float32(8)


def _shows_ground(now: Gray, ground: Gray, inner: NDArray[np.bool_]) -> bool:
    """Say whether the background's texture is still there, only lighter or darker."""
    solid = inner.astype(np.uint8)
    core = cv2.erode(solid, _CORE) > 0  # the edge of a shadow reaches as far in as the smoothing below
    if np.count_nonzero(core) < _ENOUGH:
        core = cv2.erode(solid, _OPEN) > 0
    if np.count_nonzero(core) < _ENOUGH:
        return False
    fine_now = (now.astype(np.float32) - cv2.blur(now, (7, 7)))[core]
    fine_ground = (ground.astype(np.float32) - cv2.blur(ground, (7, 7)))[core]
    deviation = float(fine_ground.std())
    if deviation < _TEXTURE:
        return False
    against = float(fine_now.std()) * deviation
    return (
        against > 0
        and float(np.mean(fine_now * fine_ground)) - float(fine_now.mean()) * float(fine_ground.mean())
        > _KEPT * against
    )
