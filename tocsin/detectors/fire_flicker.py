"""How something with the colours of flames behaves within a burst of three seconds.

Hot gas keeps no shape: from one fifteenth of a second to the next its brightness changes in ways
that no motion of the picture explains, here brighter and there darker, all the time and at no
single frequency. Things that move, lamps that blink and leaves before the light do not do all of
that. Frames of a camera that moves are laid onto one another first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tocsin.detectors.burst import Burst
from tocsin.detectors.fire_colour import GATHERED, Palette, gathered, painted, palette
from tocsin.detectors.look import Gray, pixels
from tocsin.detectors.steadied import steadied

_PAIRS: Final = 20
_EVERY: Final = 5
"""The pieces of a region are counted in every fifth frame."""
_GAP_SECONDS: Final = 0.067
"""Between the two pictures of a pair: two frames of an ordinary camera, less than a flame's period."""
_LIVELY: Final = 4.5
"""Unexplained change of a pair in levels of red or green; still lamps have 0 to 2, far flames 6, near ones 20."""
_ALWAYS: Final = 0.65
"""Share of the pairs that must be lively; somebody who passes before a lamp makes half of them so."""
_MORE: Final = 1.75
"""How much more of the change must be unexplained than around it; flames have 1.8 to 8."""
_SHAKEN: Final = 2.0
"""A camera that moved further than this, in pixels, passes things."""
_DEEP: Final = 0.57
"""Green over red of the reddest twentieth, at most, before such a camera; flames have 0.4 to 0.56,
sunlit earth between shadows 0.6 and more."""
_CALM: Final = 0.2
"""Up to this share of lively pairs, what was seen is no fire."""
_EXPLAINED: Final = 0.35
"""Least part of the change that motion does not explain; stiff things that move stay below 0.3."""
_TOGETHER: Final = 0.85
"""Above this the whole region grows brighter and darker as one: a lamp."""
_LINE: Final = 0.65
"""Above this share of the change at one frequency it is a machine; flames stay below 0.5."""
_PLACE: Final = 0.25
"""Share of the time in which some spot of it burns: flames come back to their place, walkers do not."""
_GLIDE: Final = 15.0
"""How far the rim's centre may go in a straight line, in its own scatter about that line: flames have 0 to 9
while they sway and grow, the lights of a car that drives away 30 to 50."""
_SELDOM: Final = 0.04
"""Share of the time from which a pixel belongs to a region."""
_LASTING: Final = 0.3
"""Share of the rim in pixels that keep a rim's colour nearly all the time; 0 to 0.06 for flames, 0.5 and
more for things that move their arms or sway."""
_NEARLY_ALWAYS: Final = 0.9
TONGUES: Final = 0.35
"""How far pixels two apart change alike: 0.4 to 0.9 within tongues of flame, 0.2 for trembling leaves."""
_VIOLENT: Final = 25.0
"""Unexplained change, in levels, that no leaf shows: small flames have tongues of a pixel."""
_MARGIN: Final = 12
_FLOW_LEAST: Final = 16
_LARGEST: Final = 10_000
"""Pixels of a region that are followed; larger ones are made smaller first."""
_REGIONS: Final = 3
_JOINED: Final = np.ones((9, 9), np.uint8)

Window = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels."""


@dataclass(frozen=True, slots=True)
class Flicker:
    """One place of a burst and how it behaved."""

    left: int
    top: int
    width: int
    height: int
    rim: int
    """Pixels of the rim's colour, median over the frames."""
    change: float
    """Unexplained change of a pair, levels, median."""
    around: float
    """The same outside of it: compression, noise, and what passes too near to be followed."""
    lively: float
    """Share of the pairs with more than a lamp's change."""
    unexplained: float
    """Part of the change that motion does not explain."""
    together: float
    """How far the region changes as one, 0 to 1."""
    line: float
    """Share of the change from 1 Hz on at its strongest frequency."""
    place: float
    """Share of the time in which its most faithful pixel has a rim's colour."""
    glide: float
    """Way of its centre along a straight line, in its scatter about that line."""
    lasting: float
    """Share of the rim that stays where it is."""
    tongues: float
    """How far neighbours change alike, -1 to 1."""
    gathered: float
    """Share of it in its largest piece, median over the frames."""
    palette: Palette
    moved: float
    """Pixels by which the camera moved."""

    @property
    def of_flames(self) -> bool:
        """Whether it behaves as flames do, and as nothing else does."""
        return (
            self.lively >= _ALWAYS
            and self.change >= _MORE * self.around
            and (self.moved <= _SHAKEN or self.palette.low <= _DEEP)
            and self.unexplained >= _EXPLAINED
            and self.together <= _TOGETHER
            and self.line <= _LINE
            and self.place >= _PLACE
            and self.glide <= _GLIDE
            and self.lasting <= _LASTING
            and (self.tongues >= TONGUES or self.change >= _VIOLENT)
            and self.gathered >= GATHERED
            and self.palette.of_flames
        )

    @property
    def calm(self) -> bool:
        """Whether it is surely no fire: it does not flicker, or only as a lamp does."""
        return self.lively <= _CALM or self.line > _LINE


def flickers(burst: Burst, zone: Gray | None, least: int) -> list[Flicker]:
    """Judge every place with the colours of flames, at most three, those with most rim first."""
    count = len(burst.gray)
    gap = max(1, round(_GAP_SECONDS * burst.rate))
    first = np.unique(np.linspace(0, count - 1 - gap, _PAIRS).astype(int))
    wanted = [int(index) for start in first for index in (start, start + gap)]
    rim, body = _masks(burst.colour[wanted])
    if np.median(np.count_nonzero(rim.reshape(len(rim), -1), axis=1)) < least / 2:
        return []
    apart = pixels(cv2.dilate(body.max(axis=0), _JOINED))
    laid = steadied(burst.gray, burst.colour, wanted, apart)
    if laid.moved:
        rim, body = _masks(laid.colour)
    often = (rim > 0).mean(axis=0, dtype=np.float32)
    seen = pixels((often >= _SELDOM).view(np.uint8) * np.uint8(255))
    if zone is not None:
        seen = pixels(cv2.bitwise_and(seen, zone))
    labels, boxes = _places(seen, often)
    found = []
    for label, (left, top, right, bottom) in boxes:
        window = np.s_[:, top:bottom, left:right]
        own = labels[top:bottom, left:right] == label
        place = _Place(own, laid.colour[window], rim[window], body[window], often[top:bottom, left:right])
        one = _judged(burst, place, left, top, laid.moved)
        if one is not None and one.rim >= least:
            found.append(one)
    return found


class _Place(NamedTuple):
    own: NDArray[np.bool_]
    colour: NDArray[np.uint8]
    rim: NDArray[np.uint8]
    body: NDArray[np.uint8]
    often: NDArray[np.float32]


def _judged(burst: Burst, place: _Place, left: int, top: int, moved: float) -> Flicker | None:
    own, often = place.own, place.often[place.own]
    moves = _moves(place.colour, place.rim, own) if min(own.shape) >= 2 * _MARGIN else None
    if moves is None:
        return None
    inner = _inner(own, left, top)
    return Flicker(
        *inner,
        rim=int(np.median(np.count_nonzero((place.rim > 0) & own, axis=(1, 2)))),
        change=moves.change,
        around=moves.around,
        lively=moves.lively,
        unexplained=moves.unexplained,
        together=moves.together,
        line=0.0 if moved else _line(burst, inner),
        place=float(often.max()),
        glide=_glide((place.rim > 0) & own),
        lasting=float(often[often > _NEARLY_ALWAYS].sum() / often.sum()),
        gathered=float(np.median([gathered(pixels(one * own)) for one in place.body[::_EVERY]])),
        tongues=_tongues(place.colour, own & (place.often >= _SELDOM)),
        palette=palette(place.colour[(place.body > 0) & own]),
        moved=moved,
    )


def _masks(colour: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    count, height, width, _ = colour.shape
    rim, body = painted(colour.reshape(count * height, width, 3))
    return rim.reshape(count, height, width), body.reshape(count, height, width)


def _places(seen: Gray, often: NDArray[np.float32]) -> tuple[NDArray[np.int32], list[tuple[int, Window]]]:
    height, width = seen.shape
    count, labels, stats, _ = cv2.connectedComponentsWithStats(cv2.dilate(seen, _JOINED))
    weights = np.bincount(labels.ravel(), often.ravel(), count)
    order = sorted(range(1, count), key=lambda label: -float(weights[label]))[:_REGIONS]
    boxes = []
    for label in order:
        left, top, wide, high, _ = (int(number) for number in stats[label])
        window = (
            max(0, left - _MARGIN),
            max(0, top - _MARGIN),
            min(width, left + wide + _MARGIN),
            min(height, top + high + _MARGIN),
        )
        boxes.append((label, window))
    return np.asarray(labels, np.int32), boxes


def _inner(own: NDArray[np.bool_], left: int, top: int) -> tuple[int, int, int, int]:
    rows, columns = np.flatnonzero(own.any(axis=1)), np.flatnonzero(own.any(axis=0))
    return (
        left + int(columns[0]),
        top + int(rows[0]),
        int(columns[-1] - columns[0]) + 1,
        int(rows[-1] - rows[0]) + 1,
    )


@dataclass(frozen=True, slots=True)
class _Pair:
    change: float
    left: float
    """What motion does not explain of it."""
    around: float
    """The same outside of the region."""
    together: float


class _Moves(NamedTuple):
    change: float
    around: float
    lively: float
    unexplained: float
    together: float


def _moves(colour: NDArray[np.uint8], rim: NDArray[np.uint8], own: NDArray[np.bool_]) -> _Moves | None:
    scale = min(1.0, (_LARGEST / own.size) ** 0.5)
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    pairs = []
    for index in range(0, len(colour), 2):
        either = pixels((((rim[index] | rim[index + 1]) > 0) & own).view(np.uint8))
        mask = pixels(cv2.dilate(either, np.ones((3, 3), np.uint8)))
        pair = _pair(flow, colour[index], colour[index + 1], mask, scale)
        if pair is not None:
            pairs.append(pair)
    whole = sum(pair.change for pair in pairs)
    if not pairs:
        return None
    return _Moves(
        change=float(np.median([pair.left for pair in pairs])),
        around=float(np.median([pair.around for pair in pairs])),
        lively=sum(pair.left >= _LIVELY for pair in pairs) / (len(colour) // 2),
        unexplained=sum(pair.left for pair in pairs) / whole if whole > 0 else 0.0,
        together=float(np.median([pair.together for pair in pairs])),
    )


def _pair(flow: cv2.DISOpticalFlow, before: Gray, after: Gray, mask: Gray, scale: float) -> _Pair | None:
    if scale < 1:
        before, after = (
            pixels(cv2.resize(one, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA))
            for one in (before, after)
        )
        mask = pixels(cv2.resize(mask, before.shape[1::-1], interpolation=cv2.INTER_NEAREST))
    here = mask > 0
    sides = sorted(before.shape[:2])
    # OpenCV's dense flow kills the process on pictures smaller or narrower than this.
    if np.count_nonzero(here) < 4 or sides[0] < _FLOW_LEAST or sides[1] > 4 * sides[0]:
        return None
    old, new = (pixels(cv2.cvtColor(one, cv2.COLOR_BGR2GRAY)) for one in (before, after))
    vectors = flow.calc(old, new, np.zeros((*old.shape, 2), np.float32))
    down, right = np.indices(old.shape, dtype=np.float32)
    moved = cv2.remap(
        after,
        right + vectors[..., 0],
        down + vectors[..., 1],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    # Red and green: far flames before smoke differ from it in colour, hardly in brightness.
    change = cv2.absdiff(before, after)[here][:, 1:].max(axis=1)
    left = cv2.absdiff(before, pixels(moved))[..., 1:].max(axis=2)
    outside = cv2.dilate(mask, _JOINED) == 0
    light = new[here].astype(np.int16) - old[here]
    size = float(np.abs(light).mean())
    return _Pair(
        change=float(change.mean()),
        left=float(left[here].mean()),
        around=float(left[outside].mean()) if outside.any() else 0.0,
        together=abs(float(light.mean())) / max(1.0, size),
    )


def neighbourly(differences: NDArray[np.float32], own: NDArray[np.bool_]) -> float:
    """How far pixels two apart within `own` change alike, -1 to 1; differences are n x height x width."""
    product = size = 0.0
    for down, right in ((0, 2), (2, 0)):
        one = differences[:, : differences.shape[1] - down, : differences.shape[2] - right]
        other = differences[:, down:, right:]
        both = own[: own.shape[0] - down, : own.shape[1] - right] & own[down:, right:]
        a, b = one[:, both], other[:, both]
        product += float((a * b).sum())
        size += float(np.sqrt((a * a).sum() * (b * b).sum()))
    return product / size if size > 1e-6 else 0.0


def _glide(rim: NDArray[np.bool_]) -> float:
    counts = np.count_nonzero(rim, axis=(1, 2))
    when = np.flatnonzero(counts >= max(1.0, float(np.median(counts)) / 2))
    if len(when) < 4:
        return 0.0
    places: NDArray[np.int64] = np.indices(rim.shape[1:])
    way, scatter = 0.0, 0.0
    for axis in (places[0], places[1]):
        centre = np.array([float(axis[rim[index]].mean()) for index in when])
        slope, start = np.polyfit(when, centre, 1)
        way += (slope * (len(rim) - 1)) ** 2
        scatter += float(((centre - start - slope * when) ** 2).mean())
    # Less than a pixel of scatter cannot be told from none.
    return float(np.sqrt(way / max(scatter, 0.01)))


def _tongues(colour: NDArray[np.uint8], own: NDArray[np.bool_]) -> float:
    levels = colour[..., 1].astype(np.float32) + colour[..., 2]
    return neighbourly(levels[1::2] - levels[0::2], own)


def _line(burst: Burst, inner: tuple[int, int, int, int]) -> float:
    left, top, width, height = inner
    step = max(1, round((width * height / 3000) ** 0.5))
    part = burst.gray[:, top : top + height : step, left : left + width : step]
    series = part.reshape(len(part), -1).astype(np.float32)
    series -= series.mean(axis=0)
    power = (np.abs(np.fft.rfft(series * np.hanning(len(series))[:, None], axis=0)) ** 2).sum(axis=1)
    hertz = np.fft.rfftfreq(len(series), 1 / burst.rate)
    band = np.where(hertz >= 1.0, power, 0.0)
    total = float(band.sum())
    if total <= 0:
        return 0.0
    strongest = int(np.argmax(band))
    # The window spreads one line over its neighbours; a square wave has four fifths in its first.
    return float(band[max(0, strongest - 1) : strongest + 2].sum()) / total
