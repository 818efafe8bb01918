"""How much of a camera's usual view still stands, whatever the light.

A `View` is one picture reduced to its coarse edges and their sharpness; `Reference.compare` asks block
by block whether the usual edges are still there in the same directions. Gain, contrast, haze and
infra-red keep directions; what is held before the lens does not. Blocks that never keep still, such
as water, leaves and crowds, lose their say. Nothing here knows time.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray

from tocsin.core.errors import Rejected
from tocsin.detectors.look import Gray, halved

ROWS: Final = 6
COLUMNS: Final = 8
"""About 20 x 15 pixels of the halved picture: as large as a person at the far side of a yard."""
_BLOCKS: Final = ROWS * COLUMNS
_EDGES_LEAST: Final = 12
"""Pixels on edges without which a block says nothing; its correlation would be chance."""
_BLOCKS_LEAST: Final = 6
"""Fewer blocks with a say than this cannot speak for the whole view."""
_STANDS: Final = 0.6
"""Correlation of a block's edges from which it stands: a mast that sways by two pixels keeps 0.8,
another scene with the same horizon 0.4."""
_GONE: Final = 0.4
_WEAK: Final = 2.0
"""Steepness in grey levels a pixel below which an edge is sensor noise."""
_TRUST: Final = 0.05
_SAY: Final = 0.5
"""Blocks that stood in less than this share of the pictures have no say."""
_LEVELS: Final = 2
"""Grey levels by which a reference may follow at a time: light moves slowly, a passer-by does not count."""

Blocks = NDArray[np.float32]
Plane = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class View:
    """One picture's edges at half size."""

    half: Gray
    across: Plane
    down: Plane
    power: Plane
    """Steepness squared of the smoothed picture."""
    fine: Plane
    """Steepness squared of the unsmoothed picture, its noise taken off."""

    @staticmethod
    def of(gray: Gray) -> View:
        """Reduce a picture of at least 32 x 24 pixels."""
        half = halved(gray)
        across, down, power = _edges(half)
        x, y = cv2.Sobel(gray, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(gray, cv2.CV_32F, 0, 1, scale=0.125)
        steep = cv2.resize(x * x + y * y, (half.shape[1], half.shape[0]), interpolation=cv2.INTER_AREA)
        sample, weak = steep[::2, ::2], power[::2, ::2]
        noise = float(np.median(sample[weak <= np.median(weak)]))
        return View(half, across, down, power, np.maximum(steep - noise, 0).astype(np.float32, copy=False))

    @property
    def bright(self) -> float:
        """Mean grey."""
        return float(cv2.mean(self.half)[0])

    def sharpness(self, mask: Plane) -> tuple[Blocks, Blocks]:
        """Fine and coarse power on masked edges, block by block; a bad focus takes the fine first."""
        return _blocks(self.fine * mask), _blocks(self.power * mask)


@dataclass(frozen=True, slots=True)
class Match:
    """What of a reference is found in a picture; shares are of the blocks that have a say."""

    stands: float
    """Share whose edges are where they were."""
    gone: float
    """Share whose edges are not there at all."""
    seen: float
    """Strength of the edges against what the light leaves of them, in all but a fifth of the blocks:
    about 1 in any light, 0.3 in fog."""
    crisp: float
    """Sharpness of the edges that stand against the usual, in all but a fifth of the blocks."""
    soft: float
    """Sharpness of what is seen where edges are gone, against the usual: things near the lens are
    out of focus and stay below 0.65, people and vehicles above 0.8. 1 where nothing is gone."""
    left: float
    """Steepness of what is seen where edges are gone against what was there; 1 where nothing is gone."""
    uneven: bool
    """True when some blocks are dark against their usual and others are not: a cover on its way."""
    blocks: NDArray[np.bool_]
    """Which blocks stand."""


class ReferenceState(msgspec.Struct, array_like=True):
    """Plain data of a `Reference`."""

    height: int
    width: int
    half: bytes
    ratio: bytes
    trust: bytes


class Reference:
    """The usual view in one kind of light."""

    def __init__(self, half: Gray, ratio: Blocks, trust: Blocks) -> None:
        self.half = half
        self.trust = trust
        self._ratio = ratio
        """Fine against coarse power of each block's edges: how sharp it usually is."""
        self._learn_edges()

    @staticmethod
    def of(view: View) -> Reference:
        """Take a view as the usual one."""
        blank = np.ones((ROWS, COLUMNS), np.float32)
        made = Reference(view.half.copy(), blank, blank.copy())
        fine, coarse = view.sharpness(made._strong)
        return Reference(made.half, (fine / np.maximum(coarse, 1e-6)).astype(np.float32), made.trust)

    def _learn_edges(self) -> None:
        self._across, self._down, self._power = _edges(self.half)
        self._level = max(_WEAK**2, 1.44 * float(self._power.mean()))
        self._strong: Plane = (self._power > self._level).astype(np.float32)
        self._own: Blocks = _blocks(self._power * self._strong)
        self._light = _blocks(self.half.astype(np.float32))
        pixels = _blocks(self._strong) * (self._power.size / _BLOCKS)
        self._edged: NDArray[np.bool_] = pixels >= _EDGES_LEAST

    def fits(self, view: View) -> bool:
        """Whether the picture has the size this was learnt in."""
        return self.half.shape == view.half.shape

    def speaks(self) -> bool:
        """Whether enough blocks have edges that keep still."""
        return int(np.count_nonzero(self._edged & (self.trust > _SAY))) >= _BLOCKS_LEAST

    def compare(self, view: View) -> Match | None:
        """Look for this view in a picture; None when too few blocks have a say."""
        say = self._edged & (self.trust > _SAY)
        if not self.fits(view) or np.count_nonzero(say) < _BLOCKS_LEAST:
            return None
        strong = self._strong
        along = _blocks((self._across * view.across + self._down * view.down) * strong)
        now = _blocks(view.power * strong)
        match = along / np.sqrt(self._own * now + 1e-9)
        light = (_blocks(view.half.astype(np.float32)) + 2) / (self._light + 2)
        seen = along / np.maximum(self._own, 1e-9) / np.clip(light, 0.1, 10)
        stands, gone = say & (match > _STANDS), say & (match < _GONE)
        soft, left = self._before_it(view, gone)
        share = match[say]
        lit = light[say & (self._light >= 30)]
        return Match(
            stands=float((share > _STANDS).mean()),
            gone=float((share < _GONE).mean()),
            seen=float(np.percentile(np.maximum(seen[say], 0), 80)),
            crisp=self._crisp(view, stands),
            soft=soft,
            left=left,
            uneven=bool(lit.size >= 4 and (lit < 0.3).mean() > 0.2 and (lit > 0.6).mean() > 0.1),
            blocks=match > _STANDS,
        )

    def _crisp(self, view: View, stands: NDArray[np.bool_]) -> float:
        if not stands.any():
            return 1.0
        fine, coarse = view.sharpness(self._strong)
        ratio = fine[stands] / np.maximum(coarse[stands], 1e-6) / np.maximum(self._ratio[stands], 0.01)
        return float(np.sqrt(np.percentile(ratio, 80)))

    def _before_it(self, view: View, gone: NDArray[np.bool_]) -> tuple[float, float]:
        if not gone.any():
            return 1.0, 1.0
        edges = (view.power > max(_WEAK**2, self._level / 4)).astype(np.float32)
        fine, coarse = view.sharpness(edges)
        usual = float((self._ratio * self._own)[self._edged].sum() / self._own[self._edged].sum())
        steep = float(coarse[gone].sum())
        soft = float(fine[gone].sum()) / steep / max(0.01, usual) if steep > 0 else 0.0
        left = float(_blocks(view.power)[gone].mean() / max(0.1, float(_blocks(self._power)[gone].mean())))
        return float(np.sqrt(soft)), float(np.sqrt(left))

    def shift(self, view: View) -> tuple[float, float]:
        """How far the whole view has moved, as a share of its width, and how sure that is (0 to 1)."""
        height, width = self.half.shape
        window = cv2.createHanningWindow((width, height), cv2.CV_32F)
        (x, y), response = cv2.phaseCorrelate(
            self.half.astype(np.float32), view.half.astype(np.float32), window
        )
        return float(np.hypot(x, y)) / width, float(response)

    def follow(self, view: View, found: Match) -> None:
        """Renew it a little with a picture that nothing was wrong with; call it once a second or less."""
        self.trust += np.float32(_TRUST) * (found.blocks.astype(np.float32) - self.trust)
        step = np.clip(view.half.astype(np.int16) - self.half, -_LEVELS, _LEVELS)
        self.half = (self.half + step).astype(np.uint8)
        self._learn_edges()
        fine, coarse = view.sharpness(self._strong)
        usable = found.blocks & (coarse > 0)
        ratio = fine / np.maximum(coarse, 1e-6)
        self._ratio[usable] += np.float32(_TRUST) * (ratio - self._ratio)[usable]

    def state(self) -> ReferenceState:
        """Give everything it knows."""
        height, width = self.half.shape
        return ReferenceState(height, width, self.half.tobytes(), self._ratio.tobytes(), self.trust.tobytes())

    @staticmethod
    def read(state: ReferenceState) -> Reference:
        """Take it back; raises `Rejected` (`detectors.state`) for a damaged one."""
        try:
            half = np.frombuffer(state.half, np.uint8).reshape(state.height, state.width)
            ratio = np.frombuffer(state.ratio, np.float32).reshape(ROWS, COLUMNS)
            trust = np.frombuffer(state.trust, np.float32).reshape(ROWS, COLUMNS)
        except ValueError as error:
            raise Rejected("detectors.state", "a saved reference is damaged; start without it") from error
        return Reference(half.copy(), ratio.copy(), trust.copy())


def _edges(half: Gray) -> tuple[Plane, Plane, Plane]:
    smooth = cv2.GaussianBlur(half, (0, 0), 1.2)
    across = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=0.125).astype(np.float32, copy=False)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=0.125).astype(np.float32, copy=False)
    return across, down, across * across + down * down


def _blocks(plane: Plane) -> Blocks:
    return cv2.resize(plane, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA).astype(np.float32, copy=False)
