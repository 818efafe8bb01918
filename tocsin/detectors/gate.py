"""When a camera's model is worth asking, and about which part of the picture.

Only where something that may be a thing moved in a zone that a rule watches, or where a named thing is
followed; once a picture at most. What stands still is asked about again every few pictures. The model
sees the moving part enlarged, so that somebody far away is large enough for it. An empty picture is not
shown to it: under infra-red light models see people in bushes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from tocsin.core.frames import Box, Polygon
from tocsin.detectors.base import SECOND_US
from tocsin.detectors.blobs import Blob, stir_share
from tocsin.detectors.look import Gray, Look, zone_mask
from tocsin.detectors.settled import SIZE
from tocsin.detectors.tracks import MOVING

WHOLE: Final = Box(0.0, 0.0, 1.0, 1.0)
_AGAIN: Final = 5
"""Pictures after which it is asked again about what stands still."""
_AGAIN_US: Final = 2 * SECOND_US
_STIRS: Final = 0.03
_MARGIN: Final = 0.3
"""Of a region's own size, on each side: limbs and shadows lie beside what moved."""
_LEAST: Final = 0.4
"""Least width and height of what is shown: networks find things better with some ground around them."""
_NEARLY_WHOLE: Final = 0.8


class _State(msgspec.Struct, array_like=True):
    passed: int
    asked_us: int


class Gate:
    """Remember when one camera's model was asked last."""

    def __init__(self, zones: Sequence[Polygon | None], *, whole: bool) -> None:
        """`zones` are those of the rules that want things; `whole`: a rule counts, so all of them are shown."""
        self._watched = _painted(zones)
        self._frame = _around(zones) if whole else None
        self._passed = 0
        self._asked_us = -1

    def region(
        self, look: Look, blobs: Sequence[Blob], stir: Gray | None, followed: Sequence[Box]
    ) -> Box | None:
        """Say what the model should look at; None when it should not be asked."""
        fresh, waiting = self._reasons(look, blobs, stir, followed)
        due = self._passed + 1 >= _AGAIN or look.at_us - self._asked_us >= _AGAIN_US
        if not fresh and not (waiting and due):
            self._passed = min(_AGAIN, self._passed + 1)
            return None
        self._passed, self._asked_us = 0, look.at_us
        if look.learning or self._frame is not None:
            return self._frame or WHOLE
        return _grown([*fresh, *waiting])

    def _reasons(
        self, look: Look, blobs: Sequence[Blob], stir: Gray | None, followed: Sequence[Box]
    ) -> tuple[list[Box], list[Box]]:
        if look.learning:  # what moves is not known yet; a doorstep is asked about from the first picture on
            return ([] if look.infrared else [WHOLE]), []
        fresh: list[Box] = []
        waiting: list[Box] = []
        for blob in blobs:
            box = Box(blob.x, blob.y, blob.width, blob.height)
            if self._watches(box):
                (fresh if blob.stirs >= _STIRS else waiting).append(box)
        for box in followed:
            if box.label != MOVING:
                moves = stir_share(stir, box.x, box.y, box.width, box.height) >= _STIRS
                (fresh if moves else waiting).append(box)
        return fresh, waiting

    def _watches(self, box: Box) -> bool:
        rows, columns = self._watched.shape
        top, left = int(box.y * rows), int(box.x * columns)
        bottom, right = int((box.y + box.height) * rows) + 1, int((box.x + box.width) * columns) + 1
        return bool(self._watched[max(0, top) : bottom, max(0, left) : right].any())

    def state(self) -> bytes:
        """Give everything it knows."""
        return msgspec.msgpack.encode(_State(self._passed, self._asked_us))

    def set_state(self, state: bytes) -> None:
        """Go on from `state`; raises `ValueError` for anything else."""
        known = msgspec.msgpack.decode(state, type=_State)
        self._passed, self._asked_us = known.passed, known.asked_us


def _painted(zones: Sequence[Polygon | None]) -> Gray:
    columns, rows = SIZE
    watched = np.zeros((rows, columns), np.uint8)
    for zone in zones:
        mask = zone_mask(zone, rows, columns)
        watched |= np.uint8(255) if mask is None else mask
    return watched


def _around(zones: Sequence[Polygon | None]) -> Box:
    points = [point for zone in zones if zone is not None for point in zone]
    if not points or any(zone is None for zone in zones):
        return WHOLE
    left, top = min(x for x, _ in points), min(y for _, y in points)
    # People stand in a zone with their feet: their heads are above it.
    return _grown([Box(left, top, max(x for x, _ in points) - left, max(y for _, y in points) - top)])


def _grown(boxes: Sequence[Box]) -> Box:
    left, right = _side([(box.x, box.width) for box in boxes])
    top, bottom = _side([(box.y, box.height) for box in boxes])
    if (right - left) * (bottom - top) >= _NEARLY_WHOLE:
        return WHOLE
    return Box(left, top, right - left, bottom - top)


def _side(spans: Sequence[tuple[float, float]]) -> tuple[float, float]:
    first = min(begin - _MARGIN * size for begin, size in spans)
    last = max(begin + size * (1 + _MARGIN) for begin, size in spans)
    first, last = max(0.0, first), min(1.0, last)
    lack = max(0.0, _LEAST - (last - first)) / 2
    first, last = first - lack, last + lack
    if first < 0:
        first, last = 0.0, last - first
    if last > 1:
        first, last = first - (last - 1), 1.0
    return max(0.0, first), last
