"""One picture of one camera at one instant, and places in it.

Coordinates are relative: x and y from 0 (left, top) to 1 (right, bottom), so that a camera may
change its resolution without its zones moving.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.core.ids import DeviceId, PictureHash

Image = NDArray[np.uint8]
"""Height x width x 3, blue-green-red, 8 bits."""

Point = tuple[float, float]
Polygon = tuple[Point, ...]
"""At least three relative points; closed by itself."""


class Box(msgspec.Struct, frozen=True):
    """A rectangle in a picture, relative, with what was seen in it."""

    x: float
    y: float
    width: float
    height: float
    label: str = ""
    score: float = 0.0


@dataclass(frozen=True, slots=True)
class Frame:
    """One decoded picture, privacy masks already burnt in."""

    camera: DeviceId
    observed: datetime
    image: Image
    sha256: PictureHash
    """Hash of the exact JPEG bytes this was decoded from, after masking."""
    burst: bool = False
    """True when it belongs to a burst of at least 20 frames a second."""
