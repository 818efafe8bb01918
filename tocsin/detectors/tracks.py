"""Things followed from picture to picture, at five a second as at one every few seconds.

What the model found and what merely moved are joined to what was followed before, by place, size and a
speed that a person or a car can have. A number is never used twice. A followed thing becomes `sure` when
the model named it and it stirred, or when it moved over the ground as one thing. At most 32 are followed.
Cannot see: which of two is which after they walked through each other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from tocsin.core.frames import Box
from tocsin.detectors.base import SECOND_US
from tocsin.detectors.look import Track
from tocsin.detectors.restless import Restless
from tocsin.detectors.sizes import SizeGrid

MOST: Final = 32
TRAIL: Final = 32
MOVING: Final = "moving"
VEHICLES: Final = frozenset({"bicycle", "car", "motorcycle", "motorbike", "bus", "truck", "train", "vehicle"})
_SPEED: Final = 5.0
"""Own sizes a second: somebody who runs makes 3, a car at 80 km/h its length 5 times."""
_REACH: Final = (0.4, 3.0)
"""Own sizes that a box may jump besides, because it trembles; and at most, however long nobody looked."""
_GROWTH: Final = math.log(2.6)
_LONG_US: Final = 600_000
"""Between pictures so far apart somebody comes in over the edge as a whole."""
_POOL: Final = 0.4
"""Weight of the newest answer of the model."""
_FIRST: Final = 0.6
"""Weight of its first one."""
_NAMED: Final = 0.3
"""Pooled score from which it has the model's name: one sure find, or two doubtful ones."""
_UNNAMED: Final = 0.12
_SURE: Final = 0.6
"""Pooled score from which somebody may stand where he appeared; doubtful ones must have walked."""
_LEFT: Final = 0.3
"""Part of the place where it was seen first that it may still cover: what sways never leaves it."""
_NEARER: Final = 1.5
"""Growth by which somebody has come nearer, when the feet went down as well."""
_UNNAMED_US: Final = 2 * SECOND_US
"""How long a thing must have moved over the ground that the model does not name: behind glass, far away."""
_STIRS: Final = 0.04
"""Share of a box that must differ from the picture before: legs and arms of somebody who walks do."""
_STILL: Final = 0.02
_RIGID_US: Final = 20 * SECOND_US
"""What has no name and has not stirred for so long is a thing that was left, or a trace of light."""
_MOVED: Final = 0.6
"""Own sizes that a nameless thing must have moved: branches and flags move, but not away."""
_STRAIGHT: Final = 0.4
"""Way made good by way: what jumps to and fro goes nowhere."""
_TALLER: Final = 1.3
_WIDER: Final = 1.6
"""How much a thing's height and width may change in a step: legs open and close, the head stays where it is."""
_POINTS: Final = 0.015
_SOLID: Final = 0.6
"""Part of the pictures in which it must have looked like a thing, and kept its size."""
_RESTLESS: Final = 0.35
_CHURN: Final = 0.1
_DOUBT: Final = 5.0
"""Pictures more for each new region a picture on average: in snow and rain chance makes chains of some."""
_SEEN_SECONDS: Final = 0.35
_LEARN_SEEN: Final = 5
_LEARN_MOVED: Final = 1.5
_EDGE: Final = 0.01


@dataclass(frozen=True, slots=True)
class Sight:
    """One region of one picture that may be a thing."""

    box: Box
    """With the model's label and score, or `MOVING`."""
    stirs: float
    """Share of it that differs from the picture before."""
    solid: bool


class _Kept(msgspec.Struct, array_like=True):
    id: int
    label: str
    """What the model named it most lately; empty when never."""
    pooled: float
    x: float
    y: float
    width: float
    height: float
    speed_x: float
    speed_y: float
    first_us: int
    last_us: int
    seen: int
    solid: int
    stirred: int
    stirred_us: int
    """When it stirred last."""
    origin: tuple[float, float, float, float]
    """Its box where it was seen first."""
    net: tuple[float, float]
    """Sum of its steps, across and down in heights of the picture."""
    way: float
    """Length of all steps, in own sizes."""
    whole: int
    """Steps in which it kept its size."""
    ground_us: int
    """Since when it has been known to move over the ground as one thing; -1 if it is not."""
    cell: int
    """Where its size was learnt last; -1 for nowhere."""
    trail: list[tuple[int, float, float]]

    def moved(self, aspect: float) -> float:
        """Give how far it is from where it was first, in own sizes."""
        return math.hypot(*self.net) / max(self.height, self.width * aspect, 1e-3)

    def left(self) -> bool:
        """Say whether it has left the place where it was seen first, or come nearer from there."""
        x, y, width, height = self.origin
        across = min(self.x + self.width, x + width) - max(self.x, x)
        down = min(self.y + self.height, y + height) - max(self.y, y)
        shared = max(0.0, across) * max(0.0, down)
        gone = shared <= _LEFT * min(self.width * self.height, width * height)
        step = abs(self.y + self.height - y - height)
        taller = max(self.height / max(height, 1e-3), height / max(self.height, 1e-3))
        return gone or (taller >= _NEARER and step >= 0.3 * max(height, self.height))


class _State(msgspec.Struct, array_like=True):
    next_id: int
    last_us: int
    pace_us: int
    churn: float
    kept: list[_Kept]
    sizes: bytes


class Follower:
    """Everything followed in one camera's view."""

    def __init__(self) -> None:
        self._kept: list[_Kept] = []
        self._next_id = 1
        self._last_us = -1
        self._pace_us = SECOND_US
        self._churn = 1.0
        self.sizes = SizeGrid()

    def follow(
        self,
        at_us: int,
        aspect: float,
        sights: Sequence[Sight],
        still: Sequence[bool],
        *,
        asked: Box | None,
        nameless: bool,
        restless: Restless,
    ) -> tuple[Track, ...]:
        """Take one picture and give all that is followed, the longest followed first.

        `aspect` is width by height. `still` says for each of `boxes()` that nothing stirred there: a named
        thing that was not asked about has then not left. `asked` is what the model looked at; `nameless`
        says whether what it did not name counts.
        """
        rests = {one.id: rest for one, rest in zip(self._kept, still, strict=True)}
        if at_us < self._last_us:
            self._kept = []
        elif self._kept or self._last_us >= 0:
            gap = min(30 * SECOND_US, max(1, at_us - self._last_us))
            self._pace_us = gap if self._pace_us == 0 else (3 * self._pace_us + gap) // 4
        free = list(range(len(sights)))
        for _, one, place in self._pairs(at_us, aspect, sights):
            if place in free and one.last_us < at_us:
                free.remove(place)
                missed = asked is not None and sights[place].box.label == MOVING and _covered(one, asked)
                self._step(one, sights[place], at_us, aspect)
                if missed:
                    self._pool(one, 0.0, "")
        for one in self._kept:
            if one.last_us < at_us:
                self._without(one, at_us, asked, rests=rests.get(one.id, False))
        for place in free:
            self._begin(sights[place], at_us)
        self._churn += _CHURN * (len(free) - self._churn)
        self._forget(at_us)
        self._last_us = at_us
        for one in self._kept:
            self._judge(one, at_us, aspect, restless)
        return tuple(self._track(one, nameless=nameless) for one in self._kept)

    def boxes(self) -> list[Box]:
        """Give where everything followed was last, in the order of its numbers."""
        return [Box(one.x, one.y, one.width, one.height, _name(one)) for one in self._kept]

    def _pairs(self, at_us: int, aspect: float, sights: Sequence[Sight]) -> list[tuple[float, _Kept, int]]:
        pairs = []
        for one in self._kept:
            gap = max(0.0, (at_us - one.last_us) / SECOND_US)
            size = max(one.height, one.width * aspect)
            ahead = min(gap, 1.0)
            x, y = one.x + one.width / 2 + one.speed_x * ahead, one.y + one.height / 2 + one.speed_y * ahead
            reach = _REACH[0] + min(_SPEED * gap, _REACH[1])
            for place, sight in enumerate(sights):
                box = sight.box
                other = max(box.height, box.width * aspect, 1e-3)
                way = math.hypot((box.x + box.width / 2 - x) * aspect, box.y + box.height / 2 - y)
                growth, far, shared = abs(math.log(other / size)), way / size, _overlap(one, box)
                if self._pace_us >= _LONG_US and other > size and _cut(one):
                    # Who comes in over the edge was seen only in part.
                    growth, far = 0.0, way / max(size, other)
                if (far > reach or growth > _GROWTH) and shared < 0.2:
                    continue
                if one.label and box.label != MOVING and _kind(box.label) != _name(one) != MOVING:
                    continue
                strange = 0.5 if bool(one.label) == (box.label == MOVING) else 0.0
                pairs.append((far + growth + strange - shared, one, place))
        return sorted(pairs, key=lambda pair: (pair[0], pair[1].id, pair[2]))

    def _step(self, one: _Kept, sight: Sight, at_us: int, aspect: float) -> None:
        box = sight.box
        gap = max(0.05, (at_us - one.last_us) / SECOND_US)
        size = max(box.height, box.width * aspect, 1e-3)
        by_x = box.x + box.width / 2 - one.x - one.width / 2
        by_y = box.y + box.height / 2 - one.y - one.height / 2
        gone = _gone(one, box, aspect)
        across, down = gone or (0.0, 0.0)
        one.whole += gone is not None
        one.net = (one.net[0] + across, one.net[1] + down)
        one.way += math.hypot(across, down) / size
        one.speed_x, one.speed_y = (one.speed_x + by_x / gap) / 2, (one.speed_y + by_y / gap) / 2
        one.x, one.y, one.width, one.height = box.x, box.y, box.width, box.height
        one.last_us, one.seen = at_us, one.seen + 1
        one.solid += sight.solid
        one.stirred += sight.stirs >= _STIRS
        if sight.stirs >= _STILL:
            one.stirred_us = at_us
        one.trail = [*one.trail[-(TRAIL - 1) :], _foot(at_us, box)]
        if box.label != MOVING:
            self._pool(one, box.score, box.label)

    @staticmethod
    def _pool(one: _Kept, score: float, label: str) -> None:
        one.pooled = one.pooled + _POOL * (score - one.pooled) if one.pooled else _FIRST * score
        if score > 0 and (not one.label or one.pooled < _NAMED):
            one.label = _kind(label)

    def _without(self, one: _Kept, at_us: int, asked: Box | None, *, rests: bool) -> None:
        if asked is not None and _covered(one, asked):
            self._pool(one, 0.0, "")
        # Whoever was not there in the picture before has left: nothing stirs on empty ground either.
        if rests and one.last_us >= self._last_us and _name(one) != MOVING:
            one.last_us, one.seen = at_us, one.seen + 1
            one.solid += 1
            one.speed_x = one.speed_y = 0.0
            one.trail = [*one.trail[-(TRAIL - 1) :], (at_us, *one.trail[-1][1:])]

    def _begin(self, sight: Sight, at_us: int) -> None:
        box = sight.box
        one = _Kept(
            id=self._next_id,
            label="",
            pooled=0.0,
            x=box.x,
            y=box.y,
            width=box.width,
            height=box.height,
            speed_x=0.0,
            speed_y=0.0,
            first_us=at_us,
            last_us=at_us,
            seen=1,
            solid=int(sight.solid),
            stirred=int(sight.stirs >= _STIRS),
            stirred_us=at_us,
            origin=(box.x, box.y, box.width, box.height),
            net=(0.0, 0.0),
            way=0.0,
            whole=0,
            ground_us=-1,
            cell=-1,
            trail=[_foot(at_us, box)],
        )
        if box.label != MOVING:
            self._pool(one, box.score, box.label)
        self._next_id += 1
        self._kept.append(one)

    def _forget(self, at_us: int) -> None:
        def patience(one: _Kept) -> int:
            if one.seen < 3:
                return SECOND_US // 2 + 3 * self._pace_us // 2
            return min(15 * SECOND_US, 3 * SECOND_US + 3 * self._pace_us)

        self._kept = [one for one in self._kept if at_us - one.last_us <= patience(one)]
        if len(self._kept) > MOST:
            worth = sorted(self._kept, key=lambda one: (one.last_us, one.seen, -one.id))
            gone = {one.id for one in worth[: len(self._kept) - MOST]}
            self._kept = [one for one in self._kept if one.id not in gone]

    def _judge(self, one: _Kept, at_us: int, aspect: float, restless: Restless) -> None:
        if one.last_us != at_us:
            return
        if at_us - one.stirred_us > _RIGID_US and _name(one) == MOVING:
            one.ground_us, one.origin, one.net, one.way = (
                -1,
                (one.x, one.y, one.width, one.height),
                (0.0, 0.0),
                0.0,
            )
        foot_x, foot_y = one.x + one.width / 2, one.y + one.height
        cut = _cut(one)
        if one.ground_us < 0:
            slow = self._pace_us >= 1.5 * SECOND_US
            if (
                one.seen >= (2 if slow else 3) + round(_DOUBT * self._churn)
                and one.last_us - one.first_us >= _SEEN_SECONDS * SECOND_US
                and one.solid >= _SOLID * one.seen
                and one.whole >= _SOLID * (one.seen - 1)
                and one.moved(aspect) >= max(1.0 if slow else _MOVED, _STRAIGHT * one.way)
                and one.left()
                and restless.share(one.x, one.y, one.width, one.height) < _RESTLESS
                and (cut or self.sizes.plausible(foot_x, foot_y, one.height))
            ):
                one.ground_us = at_us
        sure = self._named(one) or (
            one.ground_us >= 0 and one.seen >= _LEARN_SEEN and one.moved(aspect) >= _LEARN_MOVED
        )
        cell = int(foot_y * 7.999) * 8 + int(foot_x * 7.999)
        if sure and not cut and cell != one.cell:
            one.cell = cell
            self.sizes.learn(foot_x, foot_y, one.height)

    @staticmethod
    def _named(one: _Kept) -> bool:
        return _name(one) != MOVING and (one.ground_us >= 0 or (one.stirred >= 1 and one.pooled >= _SURE))

    def _track(self, one: _Kept, *, nameless: bool) -> Track:
        label = _name(one)
        return Track(
            id=one.id,
            label=label,
            box=Box(one.x, one.y, one.width, one.height, label, round(one.pooled, 3)),
            first_us=one.first_us,
            last_us=one.last_us,
            seen=one.seen,
            trail=tuple(one.trail),
            sure=self._named(one)
            if label != MOVING
            else one.ground_us >= 0 and (nameless or one.last_us - one.ground_us >= _UNNAMED_US),
        )

    def state(self) -> bytes:
        """Give everything it knows."""
        return msgspec.msgpack.encode(
            _State(self._next_id, self._last_us, self._pace_us, self._churn, self._kept, self.sizes.state())
        )

    def set_state(self, state: bytes) -> None:
        """Go on from `state`; raises `ValueError` for anything else."""
        known = msgspec.msgpack.decode(state, type=_State)
        self.sizes.set_state(known.sizes)
        self._kept, self._next_id = known.kept, known.next_id
        self._last_us, self._pace_us, self._churn = known.last_us, known.pace_us, known.churn


def _kind(label: str) -> str:
    return "vehicle" if label in VEHICLES else label


def _name(one: _Kept) -> str:
    return one.label if one.label and one.pooled >= _UNNAMED else MOVING


def _foot(at_us: int, box: Box) -> tuple[int, float, float]:
    return at_us, round(box.x + box.width / 2, 4), round(box.y + box.height, 4)


def _gone(one: _Kept, box: Box, aspect: float) -> tuple[float, float] | None:
    """Give how far a box went as a whole, across and down in heights of the picture; None when it did not.

    A box that changes its size has not gone: branches that join and part do that. A side at the picture's edge says nothing: somebody who comes in has gone as far as the other side.
    """
    across, wider = _shift(one.x, one.x + one.width, box.x, box.x + box.width)
    down, taller = _shift(one.y, one.y + one.height, box.y, box.y + box.height)
    if wider > _WIDER or taller > _TALLER:
        return None
    return across * aspect, down


def _shift(first: float, last: float, new_first: float, new_last: float) -> tuple[float, float]:
    """Give by how much a span went, and how many times longer or shorter it became."""
    low, high = new_first - first, new_last - last
    cut_low, cut_high = min(first, new_first) <= _EDGE, max(last, new_last) >= 1 - _EDGE
    if cut_low or cut_high:
        return (0.0 if cut_low and cut_high else high if cut_low else low), 1.0
    long, short = max(last - first, new_last - new_first), min(last - first, new_last - new_first)
    growth = 1.0 if long - short <= _POINTS else long / max(short, 1e-6)
    return (low + high) / 2, growth


def _cut(one: _Kept | Box) -> bool:
    return min(one.x, one.y) <= _EDGE or max(one.x + one.width, one.y + one.height) >= 1 - _EDGE


def _overlap(one: _Kept, box: Box) -> float:
    across = min(one.x + one.width, box.x + box.width) - max(one.x, box.x)
    down = min(one.y + one.height, box.y + box.height) - max(one.y, box.y)
    if across <= 0 or down <= 0:
        return 0.0
    shared = across * down
    return shared / (one.width * one.height + box.width * box.height - shared)


def _covered(one: _Kept, asked: Box) -> bool:
    across = min(one.x + one.width, asked.x + asked.width) - max(one.x, asked.x)
    down = min(one.y + one.height, asked.y + asked.height) - max(one.y, asked.y)
    return across > 0 and down > 0 and across * down >= 0.8 * one.width * one.height
