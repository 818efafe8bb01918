"""How the outputs of each family of networks are read. Arrays in, candidates out; no session, no file.

A candidate is centre, width and height in points of what the network was fed, with a score per class.
The families differ in what they leave to the reader: a grid to add, a distribution to average, anchors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from tocsin.detectors.cards import Decoder

Floats = NDArray[np.float32]

_YOLOX_STRIDES: Final = (8, 16, 32)
_NANODET_STRIDES: Final = (8, 16, 32)
_FASTEST_ANCHORS: Final = {
    16: ((12.64, 19.39), (37.88, 51.48), (55.71, 138.31)),
    32: ((126.91, 78.23), (131.57, 214.55), (279.92, 258.87)),
}
"""Widths and heights that yolo-fastestv2 was trained with, by stride."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """What a network proposes, before anything is thrown away."""

    boxes: Floats
    """n x 4: centre x, centre y, width, height in points of the input."""
    scores: Floats
    """n x classes, 0 to 1."""


def _cells(width: int, height: int, strides: Sequence[int]) -> tuple[Floats, Floats]:
    """Give the left upper corner of every cell in cells, and its stride, in the networks' order."""
    corners, steps = [], []
    for stride in strides:
        rows, columns = height // stride, width // stride
        y, x = np.mgrid[:rows, :columns]
        corners.append(np.stack([x.ravel(), y.ravel()], axis=1))
        steps.append(np.full((rows * columns, 1), stride))
    return np.concatenate(corners).astype(np.float32), np.concatenate(steps).astype(np.float32)


def yolox(outputs: Sequence[Floats], width: int, height: int) -> Candidates:
    """Read one output of cells x (centre, size, object, classes) with logarithmic sizes."""
    given = outputs[0].reshape(-1, outputs[0].shape[-1])
    corners, steps = _cells(width, height, _YOLOX_STRIDES)
    boxes = np.concatenate(
        [(given[:, :2] + corners) * steps, np.exp(np.minimum(given[:, 2:4], 8)) * steps], axis=1
    )
    return Candidates(boxes, given[:, 4:5] * given[:, 5:])


def nanodet(outputs: Sequence[Floats], width: int, height: int) -> Candidates:
    """Read classes of three strides, then distances to the four sides as distributions over bins."""
    levels = len(_NANODET_STRIDES)
    scores = np.concatenate([one.reshape(-1, one.shape[-1]) for one in outputs[:levels]])
    spread = np.concatenate([one.reshape(-1, one.shape[-1]) for one in outputs[levels : 2 * levels]])
    corners, steps = _cells(width, height, _NANODET_STRIDES)
    bins = spread.reshape(len(spread), 4, -1)
    weights = np.exp(bins - bins.max(axis=2, keepdims=True))
    weights /= weights.sum(axis=2, keepdims=True)
    sides = (weights @ np.arange(bins.shape[2], dtype=np.float32)) * steps
    middle = (corners + 0.5) * steps - 0.5
    near, far = middle - sides[:, :2], middle + sides[:, 2:]
    return Candidates(np.concatenate([(near + far) / 2, far - near], axis=1), scores)


def fastestdet(outputs: Sequence[Floats], width: int, height: int) -> Candidates:
    """Read one output of (object, place, classes) x rows x columns without anchors."""
    channels, rows, columns = (int(one) for one in outputs[0].shape[-3:])
    flat = outputs[0].reshape(channels, -1).T
    y, x = np.mgrid[:rows, :columns]
    corners = np.stack([x.ravel(), y.ravel()], axis=1)
    scale = np.array([width / columns, height / rows], np.float32)
    centre = (np.tanh(flat[:, 1:3]) + corners) * scale
    size = 1 / (1 + np.exp(-flat[:, 3:5])) * np.array([width, height], np.float32)
    scores = np.power(flat[:, :1], 0.6) * np.power(flat[:, 5:], 0.4)
    return Candidates(np.concatenate([centre, size], axis=1).astype(np.float32), scores.astype(np.float32))


def yolo_fastestv2(outputs: Sequence[Floats], width: int, height: int) -> Candidates:
    """Read cells of two strides, each with three anchors' places, then objects, then shared classes."""
    given = outputs[0].reshape(-1, outputs[0].shape[-1])
    strides = tuple(_FASTEST_ANCHORS)
    corners, steps = _cells(width, height, strides)
    anchors = np.concatenate(
        [
            np.broadcast_to(np.array(_FASTEST_ANCHORS[s], np.float32), ((height // s) * (width // s), 3, 2))
            for s in strides
        ]
    )
    place = given[:, :12].reshape(-1, 3, 4)
    centre = (place[..., :2] * 2 - 0.5 + corners[:, None]) * steps[:, None]
    size = np.square(place[..., 2:] * 2) * anchors
    scores = given[:, 12:15, None] * given[:, None, 15:]
    boxes = np.concatenate([centre, size], axis=2).reshape(-1, 4)
    return Candidates(boxes.astype(np.float32), scores.reshape(-1, scores.shape[2]))


DECODERS: Final[Mapping[Decoder, Callable[[Sequence[Floats], int, int], Candidates]]] = {
    "yolox": yolox,
    "nanodet": nanodet,
    "fastestdet": fastestdet,
    "yolo-fastestv2": yolo_fastestv2,
}


def best_of_class(boxes: Floats, scores: Floats, overlap: float) -> list[int]:
    """Choose, the surest first, the boxes that share at most `overlap` of their union with a surer one.

    `boxes` are n x 4 corners (left, top, right, bottom) of one class.
    """
    order = [int(one) for one in np.lexsort((np.arange(len(scores)), -scores))]
    areas = np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 0), axis=1)
    kept: list[int] = []
    for one in order:
        near = np.maximum(boxes[kept, :2], boxes[one, :2])
        far = np.minimum(boxes[kept, 2:], boxes[one, 2:])
        shared = np.prod(np.maximum(far - near, 0), axis=1)
        if not np.any(shared > overlap * (areas[kept] + areas[one] - shared)):
            kept.append(one)
    return kept
