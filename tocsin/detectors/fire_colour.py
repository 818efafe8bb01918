"""The colours of flames: a red-orange rim around a core that grows yellow and white with its heat.

Colour alone never proves a fire; it says where to look. Painted things keep their hue in light and
shade, flames do not: where they are brighter they are yellower. Pure functions on blue-green-red
pictures of 8 bits, or on several of them stacked on top of one another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from tocsin.core.frames import Image
from tocsin.detectors.look import Gray, pixels

_RED: Final = 195
"""A flame shines by itself: its red comes near the top of the scale whatever the exposure."""
# Shares of red, so that exposure does not matter. A rim has at least a quarter of its red in green:
# purer red is cloth, paint, a tail light.
_YELLOWEST: Final = 0.66
"""Green over red at a flame's rim, at most; skin, straw, sunlit soil and a yellow evening sky have 0.7 and more."""
_PALEST: Final = 0.6
"""Blue over red there, at most."""
_WARM: Final = 70
"""Red above blue in the body of a flame."""
_PINK: Final = 5
"""Blue may be this much above green: cameras turn the rim of a bright flame pink, never violet."""
_NEAR: Final = np.ones((7, 7), np.uint8)
"""What belongs to a rim lies this close to it, in pixels of the small picture."""
_JOINED: Final = np.ones((9, 9), np.uint8)
"""Tongues of one fire lie this much closer together than that, and so do the leaves of one tree."""
_SPREAD: Final = 0.26
"""Least spread of green over red inside: 0.3 to 0.5 for flames, 0.05 to 0.1 for cloth and signal lamps,
0.2 for shining orange balloons in the sun."""
_RISING: Final = 0.5
"""Least correlation of that share with brightness; real flames have 0.6 to 0.98."""
_GLOWING: Final = 225
"""Red of the brightest hundredth: flames come near the top of the scale, even seen through smoke."""
GATHERED: Final = 0.4
"""Least share of a region in its largest piece: 0.6 to 1 for a fire, 0.1 to 0.3 for leaves and glitter."""
REGIONS: Final = 4


@dataclass(frozen=True, slots=True)
class Palette:
    """How the colours of a region hang together."""

    low: float
    """Green over red of the reddest twentieth of its pixels."""
    high: float
    """The same of the yellowest twentieth."""
    rising: float
    """Correlation of green over red with brightness, -1 to 1."""
    brightest: float
    """Red of the brightest hundredth of its pixels, 0 to 255."""

    @property
    def spread(self) -> float:
        """How far green over red reaches."""
        return self.high - self.low

    def with_other(self, other: Palette) -> Palette:
        """Join two pictures of one thing; a flame's colours differ from one to the next, a lamp's do not."""
        return Palette(
            min(self.low, other.low),
            max(self.high, other.high),
            max(self.rising, other.rising),
            max(self.brightest, other.brightest),
        )

    @property
    def of_flames(self) -> bool:
        """Whether something that shines and is yellower where it is hotter could look like this."""
        return self.spread >= _SPREAD and self.rising >= _RISING and self.brightest >= _GLOWING


@dataclass(frozen=True, slots=True)
class Region:
    """A place of one picture that has the colours of flames."""

    left: int
    top: int
    width: int
    height: int
    rim: int
    """Pixels of the rim's colour."""
    body: NDArray[np.bool_]
    """Its pixels within the box: rim, warm parts and white core."""
    palette: Palette

    @property
    def gathered(self) -> float:
        """Share of the body in its largest piece."""
        return gathered(self.body.view(np.uint8))


def gathered(mask: Gray) -> float:
    """Share of what is not 0 that hangs together in one piece; 0 for an empty mask."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=4)
    sizes = stats[1:count, cv2.CC_STAT_AREA]
    return float(sizes.max() / sizes.sum()) if count > 1 else 0.0


def painted(colour: Image) -> tuple[Gray, Gray]:
    """Give two masks of 0 and 255: the rims of flames, and all that may be part of one."""
    blue, green, red = (pixels(channel) for channel in cv2.split(colour))
    over_blue = pixels(cv2.subtract(red, blue))
    ordered = pixels(cv2.subtract(blue, green)) <= _PINK
    orange = (green <= _share(red, _YELLOWEST)) & (green >= red >> 2)
    rim = (red >= _RED) & orange & (blue <= _share(red, _PALEST)) & ordered
    warm = (red >= _RED - 10) & (over_blue >= _WARM) & (red >= green) & ordered
    white = (red >= 240) & (green >= _RED)
    body = warm | white
    return rim.view(np.uint8) * np.uint8(255), body.view(np.uint8) * np.uint8(255)


def _share(red: Gray, share: float) -> Gray:
    return pixels(cv2.convertScaleAbs(red, alpha=share))


def palette(colours: NDArray[np.uint8]) -> Palette:
    """Judge the pixels of a region, n x 3; fewer than four say nothing."""
    if len(colours) < 4:
        return Palette(0.0, 0.0, 0.0, 0.0)
    values = colours.astype(np.float32)
    share = values[:, 1] / np.maximum(values[:, 2], 1.0)
    bright = values @ np.array([0.114, 0.587, 0.299], np.float32)
    low, high = np.quantile(share, [0.05, 0.95])
    apart = float(share.std() * bright.std())
    together = float(((share - share.mean()) * (bright - bright.mean())).mean())
    return Palette(
        low=float(low),
        high=float(high),
        rising=together / apart if apart > 1e-6 else 0.0,
        brightest=float(np.quantile(values[:, 2], 0.99)),
    )


def regions(colour: Image, zone: Gray | None, least: int) -> list[Region]:
    """Find where a picture has the colours of flames: at most `REGIONS`, the largest rim first.

    `least` is the smallest number of rim pixels; only rims inside the zone count.
    """
    rim, body = painted(colour)
    if zone is not None:
        rim = pixels(cv2.bitwise_and(rim, zone))
    if cv2.countNonZero(rim) < least:
        return []
    near = pixels(cv2.dilate(rim, _NEAR))
    body = pixels(cv2.bitwise_and(body, near))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(cv2.dilate(near, _JOINED))
    found = []
    for label in range(1, count):
        x, y, wide, high, _ = (int(number) for number in stats[label])
        around = np.s_[y : y + high, x : x + wide]
        own = (labels[around] == label) & (near[around] > 0)
        rims = int(np.count_nonzero(own & (rim[around] > 0)))
        if rims < least:
            continue
        left, top, width, height = cv2.boundingRect(own.view(np.uint8))
        inner = np.s_[top : top + height, left : left + width]
        inside = (own & (body[around] > 0))[inner]
        tint = palette(colour[around][inner][inside])
        found.append(Region(x + left, y + top, width, height, rims, inside, tint))
    return sorted(found, key=lambda region: -region.rim)[:REGIONS]
