"""What all detectors of one camera share: the picture made small once, and its own background.

`Scene` turns a `Frame` into a `Look`: at most 57,600 pixels of colour and grey, the mask of what
differs from a running average, and the kind of light. The average is our own array (16 bits a
pixel), because OpenCV's background models cannot be saved. Exposure changes are evened out before
comparing; after a sudden change of everything the background is learnt anew.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.core.clock import to_us
from tocsin.core.errors import Rejected
from tocsin.core.frames import Box, Frame, Image, Polygon
from tocsin.core.ids import PictureHash

STEADY: Final = 0.75
"""Least `steady` of a camera that stands still, with people walking in its view."""
PIXELS: Final = 320 * 180
"""Pixels looked at, whatever the shape of the picture; a quarter of a second's work on a small box."""
_FIXED: Final = 256.0
"""The background is kept in 1/256 grey levels, so that a slow average does not stand still."""
_MEMORY_SECONDS: Final = 45.0
"""Time constant of the background: a parked car is scenery after two minutes."""
_LEARN: Final = 3
"""Pictures averaged before anything is compared."""
_DIFFERENT: Final = 22
"""Grey levels that count as a change; sensor noise at night stays below."""
_EVERYTHING: Final = 0.75
"""Above this share of changed pixels the scene itself changed."""
_INFRARED: Final = 5.0
"""Mean spread between the colour channels below which a picture has no colour."""
_STEP_US: Final = 950_000
_EDGES_LEAST: Final = 40
"""Fewer edge pixels than this say nothing about the camera."""

Gray = NDArray[np.uint8]


class Track(msgspec.Struct, frozen=True, array_like=True):
    """One thing followed from picture to picture."""

    id: int
    """Unique per camera while it is followed; never used twice."""
    label: str
    """`person`, `vehicle` or another class of the camera's model; `moving` without one."""
    box: Box
    first_us: int
    """When it was seen first."""
    last_us: int
    """When it was seen last; a track is kept a while after it was lost."""
    seen: int
    """In how many different pictures."""
    trail: tuple[tuple[int, float, float], ...]
    """Instant, x and y of the middle of its lower edge, relative, oldest first; at most 32."""
    sure: bool = False
    """Whether it is a thing beyond doubt: named by the model and seen to stir, or moved like one."""


@dataclass(frozen=True, slots=True)
class Look:
    """One picture as the detectors see it; arrays are shared and must not be changed."""

    at_us: int
    sha256: PictureHash
    colour: Image
    gray: Gray
    background: Gray
    """The average before this picture, brought to its exposure."""
    changed: Gray
    """255 where the picture differs from the background; all 0 while `learning`."""
    changed_share: float
    infrared: bool
    switched: bool
    """True when the light just changed between day and infra-red, or the size of the picture did."""
    learning: bool
    steady: float
    """Share of the last picture's edges that still stand as they did: a camera that moves has few."""
    image: Image
    """The picture in its own size; not to be kept, for the memory of the camera's sake."""
    things: tuple[Box, ...] | None = None
    """What the camera's model saw; None when it has no model or was not asked."""
    tracks: tuple[Track, ...] = ()
    """What is followed, lost ones included for a while; empty unless a detector wants tracks."""


class _State(msgspec.Struct, array_like=True):
    height: int
    width: int
    average: bytes
    before: bytes
    before_us: int
    pace: float
    seen: int
    last_us: int
    infrared: bool
    upset: int


def small_size(height: int, width: int) -> tuple[int, int]:
    """Give height and width with at most `PIXELS` pixels and the same shape; never larger."""
    scale = min(1.0, math.sqrt(PIXELS / (height * width)))
    return max(8, int(height * scale)), max(8, int(width * scale))


def shrunk(image: Image) -> Image:
    """Make a picture small; raises `Rejected` (`picture.shape`) for what is none."""
    if image.ndim != 3 or image.shape[2] != 3 or image.dtype != np.uint8 or min(image.shape[:2]) < 8:
        raise Rejected(
            "picture.shape",
            f"a picture must be height x width x 3 of 8 bits and at least 8 x 8, got {image.shape} {image.dtype}",
        )
    height, width = small_size(*image.shape[:2])
    return pixels(cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA))


def zone_mask(zone: Polygon | None, height: int, width: int) -> Gray | None:
    """Paint a relative polygon; None for the whole picture."""
    if zone is None:
        return None
    corners = np.array([(round(x * (width - 1)), round(y * (height - 1))) for x, y in zone], np.int32)
    mask = np.zeros((height, width), np.uint8)
    cv2.fillPoly(mask, [corners.reshape(-1, 1, 2)], 255)
    return mask


class Scene:
    """Remember one camera's background."""

    def __init__(self) -> None:
        self._average: NDArray[np.uint16] | None = None
        self._before: Gray | None = None
        self._before_us = 0
        self._pace = 1.0
        self._seen = 0
        self._last_us = 0
        self._infrared = False
        self._upset = 0

    def look(self, frame: Frame) -> Look:
        """Compare a picture with the background, then let the background follow.

        Raises `Rejected` (`picture.shape`) unless it is height x width x 3 with 8 bits.
        """
        image = frame.image
        colour = shrunk(image)
        gray = pixels(cv2.cvtColor(colour, cv2.COLOR_BGR2GRAY))
        at_us = to_us(frame.observed)
        infrared = without_colour(colour)
        average = self._average
        switched = average is not None and (average.shape != gray.shape or infrared != self._infrared)
        if average is None or switched:
            self._average, self._before, self._seen, self._upset = None, None, 0, 0
            average = None
        smooth = pixels(cv2.blur(gray, (3, 3)))
        learning = self._seen < _LEARN or average is None
        background, changed = _compare(smooth, average)
        share = 0.0 if learning else float(cv2.countNonZero(changed)) / changed.size
        if learning:
            changed = np.zeros_like(changed)
        self._follow(smooth, changed, share, at_us)
        self._infrared = infrared
        steady = self._steadiness(halved(gray), at_us)
        return Look(
            at_us=at_us,
            sha256=frame.sha256,
            colour=colour,
            gray=gray,
            background=background,
            changed=changed,
            changed_share=share,
            infrared=infrared,
            switched=switched,
            learning=learning,
            steady=steady,
            image=image,
        )

    def _steadiness(self, half: Gray, at_us: int) -> float:
        # Compared with a picture about a second old, whatever the rate: a camera carried slowly at
        # five pictures a second would look fixed from one picture to the next.
        if self._before is None:
            self._before, self._before_us, self._pace = half, at_us, 1.0
            return 1.0
        kept = edges_kept(self._before, half)
        steady = min(kept, self._pace)
        if at_us - self._before_us >= _STEP_US:
            self._before, self._before_us, self._pace = half, at_us, kept
        return steady

    def _follow(self, smooth: Gray, changed: Gray, share: float, at_us: int) -> None:
        now = smooth.astype(np.float32)
        seconds = min(30.0, max(0.05, (at_us - self._last_us) / 1e6)) if self._seen else 1.0
        self._last_us = max(self._last_us, at_us)
        self._upset = self._upset + 1 if share > _EVERYTHING else 0
        if self._average is None or self._upset >= _LEARN:
            self._average = _fixed(now)
            self._seen, self._upset = 1, 0
            return
        kept = self._average.astype(np.float32) * np.float32(1 / _FIXED)
        slow = 1.0 - math.exp(-seconds / _MEMORY_SECONDS)
        if self._seen < _LEARN:
            slow = 1.0 / (self._seen + 1)
        before = kept.copy()
        cv2.accumulateWeighted(now, kept, slow)
        # What differs becomes background more slowly, so that a fire does not teach itself away.
        cv2.accumulateWeighted(now, before, slow / 4)
        cv2.copyTo(before, changed, kept)
        self._average = _fixed(kept)
        self._seen = min(self._seen + 1, 1_000_000)

    def snapshot(self) -> bytes:
        """Give the background."""
        average = self._average
        shape = (0, 0) if average is None else (average.shape[0], average.shape[1])
        return msgspec.msgpack.encode(
            _State(
                shape[0],
                shape[1],
                b"" if average is None else average.tobytes(),
                b"" if self._before is None else self._before.tobytes(),
                self._before_us,
                self._pace,
                self._seen,
                self._last_us,
                self._infrared,
                self._upset,
            )
        )

    def restore(self, state: bytes) -> None:
        """Go on from a snapshot; raises `Rejected` (`detectors.state`) for anything else."""
        try:
            known = msgspec.msgpack.decode(state, type=_State)
            average = np.frombuffer(known.average, np.uint16).reshape(known.height, known.width).copy()
            before = np.frombuffer(known.before, np.uint8).reshape(known.height // 2, known.width // 2).copy()
        except (msgspec.MsgspecError, ValueError) as error:
            raise Rejected("detectors.state", "the saved background is damaged; start without it") from error
        self._average = average if average.size else None
        self._before = before if before.size else None
        self._before_us, self._pace = known.before_us, known.pace
        self._seen, self._last_us = known.seen, known.last_us
        self._infrared, self._upset = known.infrared, known.upset


def halved(gray: Gray) -> Gray:
    """Half the height and width: enough for edges, a quarter of the memory."""
    size = (gray.shape[1] // 2, gray.shape[0] // 2)
    return pixels(cv2.resize(gray, size, interpolation=cv2.INTER_AREA))


def edges_kept(before: Gray, now: Gray) -> float:
    """Share of `before`'s edges that `now` has at the same place and in the same direction.

    A change of exposure keeps directions, so it keeps edges; 1.0 when `before` has no edges.
    """
    old_x, old_y = gradient(before)
    new_x, new_y = gradient(now)
    old = cv2.magnitude(old_x, old_y)
    strong = old > max(40.0, 1.5 * float(old.mean()))
    count = int(np.count_nonzero(strong))
    if count < _EDGES_LEAST:
        return 1.0
    ax, ay, bx, by = old_x[strong], old_y[strong], new_x[strong], new_y[strong]
    size = np.sqrt(bx * bx + by * by)
    along = ax * bx + ay * by
    stands = (along > 0.7 * size * old[strong]) & (size > 12.0)
    return float(np.count_nonzero(stands)) / count


def gradient(gray: Gray) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Give the change of brightness to the right and downwards."""
    across = cv2.Sobel(gray, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(gray, cv2.CV_32F, 0, 1)
    return across.astype(np.float32, copy=False), down.astype(np.float32, copy=False)


def pixels(values: NDArray[Any]) -> Gray:
    """Tell the type checker that an OpenCV result has 8 bits; copies nothing."""
    return values.astype(np.uint8, copy=False)


def without_colour(colour: Image) -> bool:
    """Say whether a picture was taken under infra-red light, or shows nothing but grey."""
    mean = cv2.resize(colour, (64, 36), interpolation=cv2.INTER_AREA).astype(np.int16)
    return float((mean.max(axis=2) - mean.min(axis=2)).mean()) < _INFRARED


def _fixed(values: NDArray[np.float32]) -> NDArray[np.uint16]:
    fixed: NDArray[np.uint16] = np.rint(values * np.float32(_FIXED)).astype(np.uint16)
    return fixed


def _compare(smooth: Gray, average: NDArray[np.uint16] | None) -> tuple[Gray, Gray]:
    if average is None:
        return smooth, np.zeros_like(smooth)
    background = average.astype(np.float32) * np.float32(1 / _FIXED)
    # The median of the ratios on a coarse grid: neither a fire nor a veil over a third moves it.
    grid = np.s_[::6, ::6]
    gain = float(np.median((smooth[grid] + np.float32(4)) / (background[grid] + np.float32(4))))
    background *= np.float32(min(2.0, max(0.5, gain)))
    level = cv2.convertScaleAbs(background)
    changed = cv2.threshold(cv2.absdiff(smooth, level), _DIFFERENT, 255, cv2.THRESH_BINARY)[1]
    return pixels(level), pixels(changed)
