"""Smoke, from pictures one to thirty seconds apart.

Looks at blocks of 16 x 16 pixels: where the background's fine edges fade, no new sharp edges
appear, and the colour goes towards grey, in a group of blocks that stays and spreads. Works by day
and under infra-red; not while the camera moves or its light changes. Cannot see: smoke before a
background without texture (sky, white wall), smoke that was there before the camera was, single
pictures; steam, fog and a dirty lens look the same.
"""

from __future__ import annotations

from typing import Final

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from typing_extensions import override

from tocsin.core.frames import Polygon
from tocsin.detectors.base import Subject, read_state
from tocsin.detectors.conviction import ConvictionParameters, Verdict
from tocsin.detectors.look import STEADY, Gray, Look
from tocsin.detectors.picture import Judge, Judged, Opinion, relative_box

BLOCK: Final = 16
_TEXTURE: Final = 4.0
"""Mean gradient of a block below which it has no edges that could fade."""

_RESTLESS: Final = 0.03
"""Least change of a block's edges from picture to picture: a person who stands still has less."""
_OPAQUE: Final = 0.85
"""More lost than this is a thing in front, not a veil."""

_OUTLINE: Final = 0.2
"""Share of the surrounding blocks with new sharp edges: things have outlines, smoke has none."""


class SmokeParameters(ConvictionParameters):
    """What counts as smoke."""

    need: int = Field(3, ge=1, le=32, description="Pictures of the last `of` that must show smoke.")
    of: int = Field(5, ge=1, le=32, description="How many pictures are remembered.")
    pace_seconds: float = Field(
        0.45, ge=0, le=60, description="Judge at most about two pictures a second; change needs time to show."
    )
    blocks: int = Field(
        5,
        ge=1,
        le=200,
        description="Least number of joined blocks (16 x 16 of 320 x 180 pixels) that must be veiled.",
    )
    faded: float = Field(
        0.7,
        gt=0,
        lt=1,
        description="A block is veiled when its edges fall below this share of what they were.",
    )


class _Memory(msgspec.Struct, array_like=True):
    rows: int
    columns: int
    veiled: bytes
    ratio: bytes


class SmokeJudge(Judge):
    """Judge blocks whose edges fade behind a grey veil."""

    def __init__(self, parameters: SmokeParameters) -> None:
        self._parameters = parameters
        self._veiled: Gray | None = None
        self._ratio: NDArray[np.float32] | None = None

    @override
    def judge(self, look: Look, zone: Gray | None) -> Opinion | None:
        if look.switched or look.learning:
            self._veiled = self._ratio = None
            return None
        if look.steady < STEADY:
            return Opinion(score=0.0, verdict=_verdict(0, 0.0))
        veiled, ratio = self._veil(look, zone)
        before, was = self._veiled, self._ratio
        self._veiled, self._ratio = veiled, ratio
        if before is None or was is None or before.shape != veiled.shape:
            return Opinion(score=0.0, verdict=_verdict(0, 0.0))
        return self._group(look, veiled, before, (ratio, was))

    def _veil(self, look: Look, zone: Gray | None) -> tuple[Gray, NDArray[np.float32]]:
        was = _edges(look.background)
        now = _edges(look.gray)
        changed = _blocks(look.changed) / 255.0
        ratio = (now / np.maximum(was, 1.0)).astype(np.float32)
        gray = _spread(look)
        veiled = (was > _TEXTURE) & (ratio < self._parameters.faded) & (changed > 0.25) & (gray < 60)
        if zone is not None:
            veiled &= _blocks(zone) > 127
        return (veiled * np.uint8(255)).astype(np.uint8), ratio

    def _group(
        self, look: Look, veiled: Gray, before: Gray, ratios: tuple[NDArray[np.float32], NDArray[np.float32]]
    ) -> Opinion:
        ratio, was = ratios
        count, labels, stats, _ = cv2.connectedComponentsWithStats(veiled)
        best = 0
        for label in range(1, count):
            group = labels == label
            size = int(stats[label, cv2.CC_STAT_AREA])
            stays = np.count_nonzero(before[group]) >= size * 0.3
            if size >= self._parameters.blocks and stays and (not best or size > stats[best, 4]):
                best = label
        if not best or look.changed_share > 0.7:
            return Opinion(score=0.0, verdict=_verdict(0, 0.0))
        left, top, width, height, size = (int(number) for number in stats[best])
        group = labels == best
        faded = 1.0 - float(ratio[group].mean())
        restless = float(np.abs(ratio[group] - was[group]).mean())
        if restless < _RESTLESS or faded > _OPAQUE or _outline(group, ratio) > _OUTLINE:
            return Opinion(score=0.0, verdict=_verdict(0, 0.0))
        score = min(1.0, 0.4 + 0.02 * size + 0.4 * faded)
        box = relative_box((left * BLOCK, top * BLOCK, width * BLOCK, height * BLOCK), look, "smoke", score)
        return Opinion(score=score, verdict=_verdict(size, faded), boxes=(box,))

    @override
    def memory(self) -> bytes:
        veiled = self._veiled
        shape = (0, 0) if veiled is None else veiled.shape
        return msgspec.msgpack.encode(
            _Memory(
                shape[0],
                shape[1],
                b"" if veiled is None else veiled.tobytes(),
                b"" if self._ratio is None else self._ratio.tobytes(),
            )
        )

    @override
    def remember(self, state: bytes) -> None:
        known = read_state(state, _Memory)
        veiled = np.frombuffer(known.veiled, np.uint8).reshape(known.rows, known.columns)
        ratio = np.frombuffer(known.ratio, np.float32).reshape(known.rows, known.columns)
        self._veiled = veiled if veiled.size else None
        self._ratio = ratio if ratio.size else None


def smoke(subject: Subject, parameters: SmokeParameters, zone: Polygon | None) -> Judged:
    """Make a smoke detector."""
    return Judged(subject, parameters, SmokeJudge(parameters), zone)


def _outline(group: NDArray[np.bool_], ratio: NDArray[np.float32]) -> float:
    wide = cv2.dilate(group.view(np.uint8), np.ones((3, 3), np.uint8)) > 0
    around = ratio[wide & ~group]
    return float(np.mean(around > 2.0)) if around.size else 0.0


def _blocks(values: NDArray[np.generic]) -> NDArray[np.float32]:
    rows, columns = values.shape[0] // BLOCK, values.shape[1] // BLOCK
    cut = np.asarray(values[: rows * BLOCK, : columns * BLOCK], np.float32)
    return cv2.resize(cut, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)


def _edges(gray: Gray) -> NDArray[np.float32]:
    # The background is smooth already; the picture is smoothed the same way before comparing.
    smooth = cv2.blur(gray, (3, 3))
    across = cv2.Sobel(smooth, cv2.CV_16S, 1, 0)
    down = cv2.Sobel(smooth, cv2.CV_16S, 0, 1)
    size = cv2.addWeighted(cv2.convertScaleAbs(across), 0.5, cv2.convertScaleAbs(down), 0.5, 0)
    return _blocks(size)


def _spread(look: Look) -> NDArray[np.float32]:
    rows, columns = look.gray.shape[0] // BLOCK, look.gray.shape[1] // BLOCK
    cut = look.colour[: rows * BLOCK, : columns * BLOCK]
    mean = cv2.resize(cut, (columns, rows), interpolation=cv2.INTER_AREA).astype(np.float32)
    spread: NDArray[np.float32] = mean.max(axis=2) - mean.min(axis=2)
    return spread


def _verdict(size: int, faded: float) -> Verdict:
    return Verdict(
        reason=f"a grey veil over {size} blocks took {faded:.0%} of the background's edges",
        code="smoke.veil",
        figures=(("blocks", float(size)), ("faded", round(faded, 3))),
        back="the veil is gone",
        back_code="smoke.gone",
    )
