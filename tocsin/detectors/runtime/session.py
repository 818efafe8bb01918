"""A model behind its card: the file is hashed when it is opened and refused when it differs.

Runs on the processor in one thread (beside other work more were slower) and gives the same boxes for
the same picture on the same build. Needs the optional extra `models`. Whether a picture is worth
asking about is decided elsewhere (`detectors.gate`).
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from typing_extensions import override

from tocsin.core.errors import Rejected
from tocsin.core.frames import Box, Image
from tocsin.detectors.base import Finder
from tocsin.detectors.cards import Decoder, ModelCard
from tocsin.detectors.runtime.decoding import DECODERS, Candidates, Floats, best_of_class

_FILE_MAX: Final = 256 * 1024 * 1024
_FINDS_MAX: Final = 100
"""The surest finds of a picture that are kept; a market square has fewer."""
_BORDER: Final = 114
"""Grey that fills what the picture leaves free; the networks were trained with it."""
_NANODET_MEAN: Final = np.array([103.53, 116.28, 123.675], np.float32)
_NANODET_SPREAD: Final = np.array([57.375, 57.12, 58.395], np.float32)


class Session(Finder):
    """An opened model."""

    def __init__(self, card: ModelCard, folder: Path) -> None:
        """Open the card's file; a relative path begins at `folder`.

        Raises `Rejected`: `model.runtime` without onnxruntime, `model.file` for a file that cannot be
        read, `model.changed` for one with another hash, `model.network` for one that does not fit.
        """
        self._card = card
        self._keep = tuple(
            (place, name) for place, name in enumerate(card.classes) if name in frozenset(card.keep)
        )
        if not self._keep:
            raise Rejected(
                "model.network",
                f"model {card.name}: none of its classes is in `keep`: name those that are wanted",
            )
        self._session = _opened(card, _read(card, folder))
        self._feed = str(self._session.get_inputs()[0].name)
        self._try()

    @property
    @override
    def version(self) -> str:
        return f"{self._card.name}:{self._card.sha256[:8]}"

    @property
    @override
    def classes(self) -> frozenset[str]:
        return frozenset(name for _, name in self._keep)

    @override
    def find(self, image: Image) -> tuple[Box, ...]:
        fed, scale_x, scale_y = fitted(image, *self._card.input, self._card.decoder)
        candidates = self._candidates(fed)
        rows, columns = image.shape[:2]
        scale = np.array([1 / (scale_x * columns), 1 / (scale_y * rows)] * 2, np.float32)
        half = candidates.boxes[:, 2:] / 2
        corners = np.concatenate([candidates.boxes[:, :2] - half, candidates.boxes[:, :2] + half], axis=1)
        corners = np.clip(corners * scale, 0, 1)
        found = [
            box for place, name in self._keep for box in self._of_class(corners, candidates, place, name)
        ]
        found.sort(key=lambda box: (-box.score, box.x, box.y, box.label))
        return tuple(found[:_FINDS_MAX])

    def _of_class(self, corners: Floats, candidates: Candidates, place: int, name: str) -> list[Box]:
        scores = candidates.scores[:, place]
        sure = np.flatnonzero(
            (scores >= self._card.score) & np.isfinite(corners).all(axis=1) & np.isfinite(scores)
        )
        boxes, scores = corners[sure], scores[sure]
        return [
            Box(
                x=round(float(boxes[one, 0]), 4),
                y=round(float(boxes[one, 1]), 4),
                width=round(float(boxes[one, 2] - boxes[one, 0]), 4),
                height=round(float(boxes[one, 3] - boxes[one, 1]), 4),
                label=name,
                score=round(min(1.0, float(scores[one])), 3),
            )
            for one in best_of_class(boxes, scores, self._card.overlap)
            if boxes[one, 2] - boxes[one, 0] > 0.001 and boxes[one, 3] - boxes[one, 1] > 0.001
        ]

    def _candidates(self, fed: Floats) -> Candidates:
        outputs = self._session.run(None, {self._feed: fed})
        return DECODERS[self._card.decoder](outputs, *self._card.input)

    def _try(self) -> None:
        """See once, with an empty picture, that the outputs fit the card."""
        width, height = self._card.input
        try:
            candidates = self._candidates(np.zeros((1, 3, height, width), np.float32))
            fits = candidates.boxes.shape == (len(candidates.scores), 4)
            classes = candidates.scores.shape[1]
        except Exception as error:
            raise Rejected(
                "model.network",
                f"model {self._card.name}: the file is not read by the decoder {self._card.decoder!r} with an "
                f"input of {width} x {height} ({str(error)[:200]}): correct `decoder` and `input` in its card",
            ) from error
        if not fits or classes != len(self._card.classes):
            raise Rejected(
                "model.network",
                f"model {self._card.name}: the file knows {classes} classes, its card names "
                f"{len(self._card.classes)}: write them all, in the order of the outputs",
            )


def fitted(image: Image, width: int, height: int, decoder: Decoder) -> tuple[Floats, float, float]:
    """Bring a picture into a network's form; gives it with the scales across and down.

    The proportions are kept and the rest is filled, but for the families that were trained on
    stretched pictures.
    """
    rows, columns = image.shape[:2]
    if decoder in {"fastestdet", "yolo-fastestv2"}:
        filled = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        scales = (width / columns, height / rows)
    else:
        scale = min(width / columns, height / rows)
        inner = (max(1, round(columns * scale)), max(1, round(rows * scale)))
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        filled = np.full((height, width, 3), _BORDER, np.uint8)
        filled[: inner[1], : inner[0]] = cv2.resize(image, inner, interpolation=way)
        scales = (inner[0] / columns, inner[1] / rows)
    values = filled.astype(np.float32)
    if decoder == "nanodet":
        values = (values - _NANODET_MEAN) / _NANODET_SPREAD
    elif decoder != "yolox":
        values *= np.float32(1 / 255)
    return np.ascontiguousarray(values.transpose(2, 0, 1)[None]), *scales


def _read(card: ModelCard, folder: Path) -> bytes:
    path = folder / card.file
    try:
        if path.stat().st_size > _FILE_MAX:
            raise Rejected("model.file", f"model {card.name}: {path} is larger than {_FILE_MAX >> 20} MiB")
        data = path.read_bytes()
    except OSError as error:
        raise Rejected(
            "model.file",
            f"model {card.name}: {path} cannot be read ({error.strerror}): correct `file` in its card",
        ) from error
    found = hashlib.sha256(data).hexdigest()
    if found != card.sha256:
        raise Rejected(
            "model.changed",
            f"model {card.name}: {path} has the SHA-256 {found}, its card says {card.sha256}: put the right file "
            "there, or write the new hash once you know where the file came from",
        )
    return data


def _opened(card: ModelCard, data: bytes) -> Any:
    try:
        import onnxruntime  # noqa: PLC0415 optional, and half a second to load
    except ImportError as error:
        raise Rejected(
            "model.runtime",
            f"model {card.name} needs onnxruntime: install it with `pip install 'tocsin[models]'`, or take "
            "`model` from the cameras",
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    try:
        return onnxruntime.InferenceSession(data, options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise Rejected(
            "model.network",
            f"model {card.name}: the file is no ONNX network that runs here ({str(error)[:200]})",
        ) from error
