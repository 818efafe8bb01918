"""Three seconds of a camera at twenty pictures a second or more: fast enough to see flames flicker.

A suspicion asks for one. `Gathering` takes its frames one by one, makes them small, and gives a
`Burst` when there are enough at an even enough pace; slower ones would show a flicker of 10 Hz as
something else, so they give nothing. A burst is never part of a snapshot: a restart within it ends
it, and the suspicion asks again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from tocsin.core.clock import to_us
from tocsin.core.frames import Frame, Image
from tocsin.core.ids import PictureHash
from tocsin.detectors.look import Gray, Look, pixels, shrunk, without_colour

SECONDS: Final = 3.0
"""How long a burst is meant to be."""
RATE: Final = 20.0
"""Pictures a second that it needs."""
_PICTURES_MAX: Final = 120
_RATE_LEAST: Final = 0.95 * RATE
_SECONDS_LEAST: Final = 1.5


@dataclass(frozen=True, slots=True)
class Burst:
    """Pictures of one camera in quick succession; arrays are shared and must not be changed."""

    at_us: NDArray[np.int64]
    """Instants, n of them, rising."""
    colour: NDArray[np.uint8]
    """n x height x width x 3, blue-green-red, at most `look.PIXELS` pixels each."""
    gray: NDArray[np.uint8]
    """n x height x width."""
    sha256: tuple[PictureHash, ...]
    infrared: bool
    look: Look | None
    """The newest ordinary picture before it, with the camera's background; None when there was none."""

    @property
    def rate(self) -> float:
        """Pictures a second."""
        return (len(self.at_us) - 1) / max(1e-6, (int(self.at_us[-1]) - int(self.at_us[0])) / 1e6)


class Gathering:
    """The frames of a burst that is running."""

    def __init__(self) -> None:
        self._at_us: list[int] = []
        self._colour: list[Image] = []
        self._gray: list[Gray] = []
        self._sha256: list[PictureHash] = []

    def add(self, frame: Frame) -> None:
        """Take one frame; what comes after the bound, out of order or in another size is left out.

        Raises `Rejected` (`picture.shape`) for what is no picture.
        """
        at_us = to_us(frame.observed)
        if len(self._at_us) >= _PICTURES_MAX or (self._at_us and at_us <= self._at_us[-1]):
            return
        colour = shrunk(frame.image)
        if self._colour and self._colour[0].shape != colour.shape:
            return
        self._at_us.append(at_us)
        self._colour.append(colour)
        self._gray.append(pixels(cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY)))
        self._sha256.append(frame.sha256)

    def __len__(self) -> int:
        return len(self._at_us)

    @property
    def last_us(self) -> int:
        """The instant of the newest frame; -1 without one."""
        return self._at_us[-1] if self._at_us else -1

    def take(self, look: Look | None) -> Burst | None:
        """Give the burst and begin anew; None when it was too short or too slow to judge a flicker."""
        at_us, colour, gray, sha256 = self._at_us, self._colour, self._gray, self._sha256
        self._at_us, self._colour, self._gray, self._sha256 = [], [], [], []
        if len(at_us) < 2:
            return None
        seconds = (at_us[-1] - at_us[0]) / 1e6
        if seconds < _SECONDS_LEAST or (len(at_us) - 1) / seconds < _RATE_LEAST:
            return None
        return Burst(
            at_us=np.array(at_us, np.int64),
            colour=np.stack(colour),
            gray=np.stack(gray),
            sha256=tuple(sha256),
            infrared=without_colour(colour[len(colour) // 2]),
            look=look,
        )
