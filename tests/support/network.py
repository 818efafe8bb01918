"""ONNX files that see what they are told, written by hand: a constant behind an input that nobody reads."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tocsin.detectors.cards import ModelCard


def _number(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _field(place: int, value: int | bytes | str) -> bytes:
    if isinstance(value, int):
        return _number(place << 3) + _number(value)
    data = value.encode() if isinstance(value, str) else value
    return _number(place << 3 | 2) + _number(len(data)) + data


def _value(name: str, shape: Sequence[int]) -> bytes:
    sizes = b"".join(_field(1, _field(1, size)) for size in shape)
    return _field(1, name) + _field(2, _field(1, _field(1, 1) + _field(2, sizes)))


def network(outputs: Sequence[NDArray[np.float32]], shape: Sequence[int]) -> bytes:
    """Give an ONNX file with one input of `shape` and constant outputs."""
    nodes, results = b"", b""
    for index, output in enumerate(outputs):
        name = f"out{index}"
        tensor = b"".join(_field(1, size) for size in output.shape) + _field(2, 1)
        tensor += _field(9, output.astype("<f4").tobytes())
        attribute = _field(1, "value") + _field(20, 4) + _field(5, tensor)
        nodes += _field(1, _field(2, name) + _field(4, "Constant") + _field(5, attribute))
        results += _field(12, _value(name, output.shape))
    graph = nodes + _field(2, "graph") + _field(11, _value("images", shape)) + results
    return _field(1, 8) + _field(8, _field(2, 13)) + _field(7, graph)


def yolox_output(
    size: int, finds: Sequence[tuple[float, float, float, float, int, float]], classes: int
) -> Any:
    """Give the output that says: these boxes (centre, width, height in points), class and score."""
    cells = [
        (stride, x, y) for stride in (8, 16, 32) for y in range(size // stride) for x in range(size // stride)
    ]
    out = np.zeros((1, len(cells), 5 + classes), np.float32)
    for x, y, width, height, kind, score in finds:
        cell = next(
            index
            for index, (stride, column, row) in enumerate(cells)
            if column == int(x // stride) and row == int(y // stride) and not out[0, index].any()
        )
        stride, column, row = cells[cell]
        out[0, cell, :5] = (
            x / stride - column,
            y / stride - row,
            np.log(width / stride),
            np.log(height / stride),
            1,
        )
        out[0, cell, 5 + kind] = score
    return out


def card_of(folder: Path, data: bytes, **changes: Any) -> ModelCard:
    """Write a network and give its card."""
    (folder / "told.onnx").write_bytes(data)
    given = {
        "name": "told",
        "file": "told.onnx",
        "sha256": hashlib.sha256(data).hexdigest(),
        "classes": ["person", "cat", "car"],
        "decoder": "yolox",
        "input": [64, 64],
        "licence": "ours",
        **changes,
    }
    return ModelCard.model_validate(given)
