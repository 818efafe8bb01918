"""A thing that somebody put down and left: a bag in a hall, rubbish at the roadside.

What differs from a slow background of its own and keeps the look it had when it first stood alone
is still; after `dwell_seconds` it counts when it has edges that the place had not (left there, not
taken away, no shadow), and when something larger touched the spot just before and went on. A car
that parks or a person who waits is itself what came, so it is as tall as what came and does not
count. Cannot see: what looks like its background, is smaller than `smallest`, stands there before
the camera starts or is put down in darkness; two people of whom one stays without moving look like
one who left a thing; with a picture every few seconds nobody is seen leaving it, so it takes longer.
"""

from __future__ import annotations

from typing import Final, Self

import cv2
import msgspec
import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator
from typing_extensions import override

from tocsin.core.frames import Box, Polygon
from tocsin.detectors.abandoned_spot import (
    Bounds,
    Spot,
    Touch,
    came_itself,
    crop_of,
    in_pixels,
    inner_share,
    is_light,
    outline_gain,
    same_look,
)
from tocsin.detectors.base import SECOND_US, Subject, read_state
from tocsin.detectors.conviction import ConvictionParameters, Verdict
from tocsin.detectors.look import STEADY, Gray, Look, halved, pixels
from tocsin.detectors.picture import Judge, Judged, Opinion, relative_box

_DIFFERENT: Final = 18
"""Grey levels; half the picture's size has half its noise, so less than the shared background's 22."""
_EVERYTHING: Final = 0.5
"""When more of the picture differs, the light changed: nothing is learnt or counted."""
_MOVED: Final = 0.5
"""Share of edges below which the camera itself moved; people close by leave more."""
_UPSET_US: Final = 10 * SECOND_US
"""After such a change nothing new is begun for a while: lenses, light and pictures settle."""
_RELEARN_US: Final = 60 * SECOND_US
"""When everything stayed different for so long, it is another view or another light: learnt anew."""
_AT_ONCE: Final = 3
"""A thing comes alone; more new spots in one picture are a view or a light that changed."""
_SLENDER: Final = 1.8
"""Times its width that a thing may be tall; people who stand are three times as tall as wide."""
_SPOTS_MAX: Final = 8
_TOUCHES_MAX: Final = 24
_TOUCHED_US: Final = 30 * SECOND_US
"""How long before a thing stood alone its bearer may have been there: farewells take a while."""
_ARRIVED_US: Final = 5 * SECOND_US
"""How long before it stood what came by itself was seen to move."""
_BACK: Final = 0.7
"""Share of a spot that looks like the background again when the thing was taken away."""
_SCENERY_US: Final = 5 * SECOND_US
"""What differs without standing still becomes background by one grey level in this time."""
_GAP_SECONDS: Final = 90.0
"""A longer pause between two pictures is not counted as standing still."""
_EDGES: Final = 2.0
"""Times the background's edges that the outline must have; things on gravel have 3, on a floor 8."""
_EDGE_LEAST: Final = 4.0
"""Grey levels a pixel that an outline has at least."""
_ALONE: Final = 2
"""Times its area that may differ in the whole view when nobody was seen to bring it."""
_NOBODY: Final = 3.0
"""Times `dwell_seconds` that a thing must stand when nobody was seen to bring it."""
_BEARERS: Final = frozenset(
    {"person", "car", "truck", "bus", "vehicle", "motorcycle", "bicycle", "dog", "cat"}
)
_KERNEL: Final = np.ones((3, 3), np.uint8)


class AbandonedParameters(ConvictionParameters):
    """What counts as abandoned."""

    need: int = Field(1, ge=1, le=32, description="Pictures of the last `of` that must show it.")
    of: int = Field(1, ge=1, le=32, description="How many pictures are remembered.")
    clear_seconds: float = Field(
        20.0, gt=0, le=86_400, description="Clear this long after the thing was taken away."
    )
    dwell_seconds: float = Field(
        12.0,
        ge=1,
        le=86_400,
        description="How long a thing must stand alone; longer than anybody ties a shoe or puts a bag down "
        "to open a door. Minutes where people wait with their luggage.",
    )
    smallest: float = Field(
        0.002, gt=0, le=1, description="Least share of the picture; a rucksack at about 12 m."
    )
    largest: float = Field(
        0.04, gt=0, le=1, description="Greatest share of the picture; a parked car is larger in most views."
    )
    lower: float = Field(
        0.75,
        gt=0,
        le=1,
        description="A thing is at most this tall against what brought it; what is as tall brought itself.",
    )
    forget_seconds: float = Field(
        3600.0, ge=60, le=604_800, description="What stood this long belongs to the place; the alarm clears."
    )

    @model_validator(mode="after")
    def _sizes(self) -> Self:
        if self.smallest >= self.largest:
            raise ValueError("`smallest` must be less than `largest`")
        return self


class _Memory(msgspec.Struct, array_like=True):
    height: int
    width: int
    background: bytes
    spots: list[Spot]
    touches: list[Touch]
    learnt_us: int
    scenery_us: int
    seen: int
    last_us: int
    upset_us: int
    calm_us: int


class AbandonedJudge(Judge):
    """Follow the spots at which something new stands."""

    def __init__(self, parameters: AbandonedParameters) -> None:
        self._parameters = parameters
        self._forget()

    def _forget(self) -> None:
        self._background: Gray | None = None
        self._pace_us = 0
        self._spots: list[Spot] = []
        self._touches: list[Touch] = []
        self._learnt_us = self._scenery_us = self._last_us = 0
        self._upset_us = self._calm_us = 0
        self._seen = 0

    @override
    def judge(self, look: Look, zone: Gray | None) -> Opinion | None:
        gray = pixels(cv2.blur(halved(look.gray), (3, 3)))
        if look.switched or self._background is None or self._background.shape != gray.shape:
            self._forget()
            self._background = gray
            self._learnt_us = self._scenery_us = self._last_us = self._calm_us = look.at_us
            return None
        self._pace_us = max(0, look.at_us - self._last_us)
        seconds = self._pace_us / SECOND_US
        self._last_us = look.at_us
        self._seen = min(1000, self._seen + 1)
        level = _to_exposure(self._background, gray)
        different = cv2.threshold(cv2.absdiff(gray, level), _DIFFERENT, 255, cv2.THRESH_BINARY)[1]
        different = pixels(cv2.morphologyEx(different, cv2.MORPH_CLOSE, _KERNEL))
        everything = cv2.countNonZero(different) > _EVERYTHING * different.size
        if look.steady < STEADY or everything:
            self._upset_us = look.at_us if everything or look.steady < _MOVED else self._upset_us
            if look.at_us - self._calm_us > _RELEARN_US:
                self._forget()
            return self._opinion(look) if self._spots else None
        self._calm_us = look.at_us
        count, labels, stats, _ = cv2.connectedComponentsWithStats(different)
        blobs = [_bounds(stats[label]) for label in range(1, count)]
        areas = [int(stats[label, cv2.CC_STAT_AREA]) for label in range(1, count)]
        self._watch(look, gray, different, list(zip(blobs, areas, strict=True)), seconds)
        self._find(look, gray, zone, blobs, areas)
        labels = pixels(labels.astype(np.uint8)) if count < 256 else different
        self._confirm(look, gray, level, labels, sum(areas))
        self._touch(look.at_us, list(zip(blobs, areas, strict=True)))
        self._learn(gray, different, look.at_us)
        return self._opinion(look)

    def _watch(
        self, look: Look, gray: Gray, different: Gray, blobs: list[tuple[Bounds, int]], seconds: float
    ) -> None:
        """See which spots still look as they did; drop those that changed or are empty again."""
        kept = []
        for spot in self._spots:
            if same_look(spot, gray):
                spot.last_us, spot.misses = look.at_us, 0
                spot.seen += 1
                spot.still_s += seconds if seconds <= _GAP_SECONDS else 0.0
                self._renew(spot, gray, look.at_us)
            elif not _hidden(spot, different, blobs):
                spot.misses += 1
            if spot.misses >= (2 if spot.confirmed else 1):
                if spot.left_by is not None:
                    # A bag that falls over or is pushed aside is still the bag that somebody left.
                    self._touches.append(Touch(look.at_us, spot.left_by, 2 * spot.area))
                continue
            if look.at_us - spot.first_us > self._parameters.forget_seconds * SECOND_US:
                self._absorb(spot, gray)
                continue
            kept.append(spot)
        self._spots = kept

    @staticmethod
    def _renew(spot: Spot, gray: Gray, at_us: int) -> None:
        # Only what is known to be a thing may follow the light; a person would be followed as well.
        if spot.confirmed and at_us - spot.renewed_us > 10 * SECOND_US:
            spot.anchor, spot.renewed_us = crop_of(gray, spot.bounds).tobytes(), at_us

    def _find(self, look: Look, gray: Gray, zone: Gray | None, blobs: list[Bounds], areas: list[int]) -> None:
        """Begin a spot wherever something of plausible size stands alone."""
        if 0 <= look.at_us - self._upset_us < _UPSET_US:
            return
        new: list[Spot] = []
        for bounds, area in zip(blobs, areas, strict=True):
            if self._plausible(bounds, area, gray, zone):
                crop = crop_of(gray, bounds).tobytes()
                bearer = self._bearer(bounds, area, look.at_us)
                itself = bearer is None and self._came_itself(bounds, area, look.at_us)
                at_us = look.at_us
                new.append(Spot(bounds, area, at_us, at_us, crop, at_us, left_by=bearer, itself=itself))
        if len(new) <= _AT_ONCE:
            self._spots = [*self._spots, *new][:_SPOTS_MAX]

    def _plausible(self, bounds: Bounds, area: int, gray: Gray, zone: Gray | None) -> bool:
        """Say whether something of this size and place may be a thing that nobody watches yet."""
        wanted = self._parameters
        rows, columns = gray.shape
        left, top, width, height = bounds
        if not wanted.smallest <= area / gray.size <= wanted.largest or area < 0.35 * width * height:
            return False
        if left == 0 or top == 0 or left + width >= columns or top + height >= rows:
            return False
        if height > _SLENDER * width:
            return False
        if any(max(inner_share(bounds, s.bounds), inner_share(s.bounds, bounds)) > 0.3 for s in self._spots):
            return False
        return zone is None or bool(zone[min(2 * (top + height), zone.shape[0] - 1), 2 * left + width])

    def _bearer(self, bounds: Bounds, area: int, at_us: int) -> Bounds | None:
        """Find what was at the spot just before and is so much larger that it can have brought it."""
        wanted = self._parameters
        for touch in reversed(self._touches):
            if at_us - touch.at_us > _TOUCHED_US:
                break
            taller = bounds[3] <= wanted.lower * touch.bounds[3] and touch.area >= 1.5 * area
            if taller and inner_share(bounds, touch.bounds) > 0.3:
                return touch.bounds
        return None

    def _came_itself(self, bounds: Bounds, area: int, at_us: int) -> bool:
        return any(
            came_itself(touch, bounds, area)
            for touch in self._touches
            if 0 < at_us - touch.at_us <= max(_ARRIVED_US, 2 * self._pace_us)
        )

    def _confirm(self, look: Look, gray: Gray, level: Gray, labels: Gray, different: int) -> None:
        """Decide about what stood long enough; what is no thing becomes background at once.

        `different` is the area of all that differs: nobody brought it and it is not alone in that, then
        the view changed, not the place.
        """
        kept = []
        for spot in self._spots:
            wait = self._parameters.dwell_seconds * (1.0 if spot.left_by else _NOBODY)
            ready = spot.still_s >= wait and spot.seen >= 3 and spot.last_us == look.at_us
            alone = spot.left_by is not None or different <= _ALONE * spot.area
            if spot.confirmed or not ready or not alone:
                kept.append(spot)
                continue
            inside = _inside(labels, spot.bounds)
            now, before = outline_gain(gray, level, inside, spot.bounds)
            if (
                spot.itself
                or now < _EDGES * before
                or now < _EDGE_LEAST
                or is_light(gray, level, inside, spot.bounds)
            ):
                self._absorb(spot, gray)
                continue
            spot.edges = round(now / max(1.0, before), 2)
            spot.confirmed = not _is_bearer(spot, look, gray.shape)
            kept.append(spot)
        self._spots = kept

    def _touch(self, at_us: int, blobs: list[tuple[Bounds, int]]) -> None:
        """Remember about once a second what large things stood where."""
        if self._touches and at_us - self._touches[-1].at_us < 0.9 * SECOND_US:
            return
        size = 0 if self._background is None else self._background.size
        large = [blob for blob in blobs if blob[1] >= 1.5 * self._parameters.smallest * size]
        large.sort(key=lambda blob: blob[1])
        new = [Touch(at_us, bounds, area) for bounds, area in large[-4:]]
        recent = [touch for touch in self._touches if at_us - touch.at_us <= _TOUCHED_US]
        self._touches = [*recent, *new][-_TOUCHES_MAX:]

    def _learn(self, gray: Gray, different: Gray, at_us: int) -> None:
        """Let the background follow: one grey level a second where nothing differs, slowly elsewhere."""
        background = self._background
        if background is None:
            return
        learn = np.zeros(gray.shape, np.int16)
        if at_us - self._learnt_us >= SECOND_US or self._seen < 5:
            steps = min(20, max(1, (at_us - self._learnt_us) // SECOND_US))
            learn[different == 0] = steps
            self._learnt_us = at_us
        if at_us - self._scenery_us >= _SCENERY_US:
            learn[different > 0] = min(20, (at_us - self._scenery_us) // _SCENERY_US)
            self._scenery_us = at_us
        for spot in self._spots:
            crop_of(learn, spot.bounds)[:] = 0
        if learn.any():
            step = np.clip(gray.astype(np.int16) - background, -learn, learn)
            self._background = (background + step).astype(np.uint8)

    def _absorb(self, spot: Spot, gray: Gray) -> None:
        if self._background is not None:
            self._background = self._background.copy()
            crop_of(self._background, spot.bounds)[:] = crop_of(gray, spot.bounds)

    def _opinion(self, look: Look) -> Opinion:
        left = [spot for spot in self._spots if spot.confirmed]
        if not left:
            return Opinion(score=0.0, verdict=_verdict(None, 0))
        left.sort(key=lambda spot: -spot.still_s)
        boxes = [_box(spot.bounds, look, "left thing", 0.8) for spot in left[:6]]
        boxes += [_box(spot.left_by, look, "bearer", 0.5) for spot in left[:2] if spot.left_by]
        best = left[0]
        score = (0.85 if best.left_by else 0.6) + min(0.1, 0.02 * best.edges)
        return Opinion(score=score, verdict=_verdict(best, look.at_us), boxes=tuple(boxes))

    @override
    def memory(self) -> bytes:
        background = self._background
        height, width = (0, 0) if background is None else background.shape
        return msgspec.msgpack.encode(
            _Memory(
                height,
                width,
                b"" if background is None else background.tobytes(),
                self._spots,
                self._touches,
                self._learnt_us,
                self._scenery_us,
                self._seen,
                self._last_us,
                self._upset_us,
                self._calm_us,
            )
        )

    @override
    def remember(self, state: bytes) -> None:
        known = read_state(state, _Memory)
        kept = np.frombuffer(known.background, np.uint8).reshape(known.height, known.width)
        self._background = kept if kept.size else None
        self._spots, self._touches = known.spots, known.touches
        self._learnt_us, self._scenery_us = known.learnt_us, known.scenery_us
        self._seen, self._last_us = known.seen, known.last_us
        self._upset_us, self._calm_us = known.upset_us, known.calm_us


def abandoned(subject: Subject, parameters: AbandonedParameters, zone: Polygon | None) -> Judged:
    """Make a detector of things left behind; in a zone their foot must stand."""
    return Judged(subject, parameters, AbandonedJudge(parameters), zone)


def _bounds(stats: NDArray[np.int32]) -> Bounds:
    left, top, width, height, _ = (int(number) for number in stats)
    return left, top, width, height


def _to_exposure(background: Gray, gray: Gray) -> Gray:
    grid = np.s_[::3, ::3]
    gain = float(np.median((gray[grid] + np.float32(4)) / (background[grid] + np.float32(4))))
    return pixels(cv2.convertScaleAbs(background, alpha=min(2.0, max(0.5, gain))))


def _hidden(spot: Spot, different: Gray, blobs: list[tuple[Bounds, int]]) -> bool:
    """Say whether something larger stands before the spot, which is neither empty nor seen."""
    if np.count_nonzero(crop_of(different, spot.bounds)) < (1 - _BACK) * spot.area:
        return False
    return any(area >= 1.5 * spot.area and inner_share(spot.bounds, bounds) > 0.3 for bounds, area in blobs)


def _inside(labels: Gray, bounds: Bounds) -> Gray:
    left, top, width, height = bounds
    part = labels[top : top + height, left : left + width]
    names, counts = np.unique(part[part > 0], return_counts=True)
    inside = np.zeros_like(labels)
    if len(names):
        inside[labels == names[np.argmax(counts)]] = 255
    return inside


def _is_bearer(spot: Spot, look: Look, shape: tuple[int, ...]) -> bool:
    """Say whether the model names it as somebody, not something."""
    followed = [track.box for track in look.tracks if track.label in _BEARERS and look.at_us == track.last_us]
    for box in [*(look.things or ()), *followed]:
        bounds = in_pixels(box, shape[0], shape[1])
        if (box.label in _BEARERS or box in followed) and inner_share(spot.bounds, bounds) > 0.6:
            return True
    return False


def _box(bounds: Bounds, look: Look, label: str, score: float) -> Box:
    left, top, width, height = (2 * number for number in bounds)
    return relative_box((left, top, width, height), look, label, score)


def _verdict(spot: Spot | None, at_us: int) -> Verdict:
    seconds = 0.0 if spot is None else (at_us - spot.first_us) / SECOND_US
    how = "was left behind" if spot is not None and spot.left_by else "appeared"
    return Verdict(
        reason=f"something {how} and has stood alone for {seconds:.0f} s",
        code="abandoned.left" if spot is not None and spot.left_by else "abandoned.appeared",
        figures=(("seconds", round(seconds, 1)), ("edges", 0.0 if spot is None else spot.edges)),
        back="the thing is gone, or belongs to the place by now",
        back_code="abandoned.gone",
    )
