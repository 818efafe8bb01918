"""People, vehicles and what they leave behind; sizes follow the place's perspective."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import cv2
import numpy as np
from typing_extensions import override

from tests.support.scenes.canvas import (
    HEIGHT,
    WIDTH,
    Canvas,
    Colour,
    Part,
    Spot,
    Stage,
    Truth,
    around,
    box_of,
    disc,
    person_height,
)
from tests.support.scenes.chance import step, unit, wobble
from tocsin.core.detections import Kind
from tocsin.core.frames import Box

Path = tuple[tuple[float, float, float], ...]
"""Seconds, x and y of the feet; straight and even in between. Before and after it there is nobody."""

_CLOTHES: tuple[Colour, ...] = (
    (120, 84, 50), (60, 60, 66), (92, 110, 74), (70, 78, 140), (190, 190, 186), (52, 84, 120),
)  # fmt: skip


def where(path: Path, seconds: float) -> Spot | None:
    """Where the feet are; None before the path begins and after it ends."""
    if not path or not path[0][0] <= seconds <= path[-1][0]:
        return None
    times = [at for at, _, _ in path]
    return (
        float(np.interp(seconds, times, [x for _, x, _ in path])),
        float(np.interp(seconds, times, [y for _, _, y in path])),
    )


@dataclass(frozen=True, slots=True)
class Person(Part):
    """Somebody who goes along a path; stands where two of its points are the same place."""

    path: Path
    falls_s: float = math.inf
    """From here the person falls within 0.8 s and lies."""
    kinds: tuple[Kind, ...] = (Kind.PRESENCE,)
    """What it counts as, besides a fall: for example `INTRUSION` or `LOITERING`."""
    clothes: Colour | None = None
    carries: bool = False
    seed: int = 1

    @property
    def from_s(self) -> float:
        """When the person comes."""
        return self.path[0][0]

    @property
    def to_s(self) -> float:
        """When the person has gone."""
        return self.path[-1][0]

    def _spot(self, seconds: float) -> Spot | None:
        spot = where(self.path, seconds)
        if spot is not None and seconds > self.falls_s:
            return where(self.path, self.falls_s)
        return spot

    def _pose(self, seconds: float, spot: Spot, tall: float) -> dict[str, tuple[float, float]]:
        ahead = where(self.path, min(self.to_s, seconds + 0.1)) or spot
        behind = where(self.path, max(self.from_s, seconds - 0.1)) or spot
        speed = math.hypot((ahead[0] - behind[0]) * WIDTH, (ahead[1] - behind[1]) * HEIGHT)
        walking = min(1.0, speed / (0.1 * tall)) if seconds < self.falls_s else 0.0
        swing = 0.17 * math.sin(2 * math.pi * 0.95 * seconds + self.seed) * walking
        sway = 0.012 * wobble(self.seed, seconds, 0.4)
        joints = {
            "left foot": (swing, 0.0),
            "right foot": (-swing, 0.0),
            "hip": (sway, 0.5),
            "neck": (sway * 1.5 + 0.02 * walking, 0.83),
            "left hand": (-swing * 0.9 + 0.09 + sway, 0.47),
            "right hand": (swing * 0.9 - 0.09 + sway, 0.47),
            "head": (sway * 1.5 + 0.02 * walking, 0.925),
        }
        angle = math.radians(86) * step((seconds - self.falls_s) / 0.8) ** 1.4
        sine, cosine = math.sin(angle), math.cos(angle)
        x, y = spot[0] * WIDTH, spot[1] * HEIGHT
        return {
            name: (x + tall * (dx * cosine + dy * sine), y - tall * (dy * cosine - dx * sine) - 0.03 * tall)
            for name, (dx, dy) in joints.items()
        }

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        spot = self._spot(canvas.seconds)
        if stage is not Stage.GROUND or spot is None:
            return
        tall = canvas.height_at(spot[1])
        pose = self._pose(canvas.seconds, spot, tall)
        coat = self.clothes or _CLOTHES[self.seed % len(_CLOTHES)]
        legs = (58, 50, 48) if self.seed % 2 else (92, 80, 70)
        shade = np.clip(disc(max(3, int(tall * 0.24)), 1.0) * 0.45, 0, 1)
        shade = cv2.resize(shade, None, fx=1.0, fy=0.35).astype(np.float32, copy=False)
        x, y = spot[0] * WIDTH, spot[1] * HEIGHT
        canvas.cover((40, 42, 44), shade, int(x - shade.shape[1] / 2), int(y - shade.shape[0] / 2))

        def limb(a: str, b: str, thick: float, colour: Colour) -> None:
            points = [(round(px * 8), round(py * 8)) for px, py in (pose[a], pose[b])]
            cv2.line(canvas.picture, *points, colour, max(1, round(thick * tall)), cv2.LINE_AA, 3)

        limb("hip", "left foot", 0.085, legs)
        limb("hip", "right foot", 0.085, legs)
        limb("neck", "left hand", 0.06, coat)
        limb("hip", "neck", 0.19, coat)
        limb("neck", "right hand", 0.06, tuple(max(0, c - 18) for c in coat))  # type: ignore[arg-type]
        head = (round(pose["head"][0] * 8), round(pose["head"][1] * 8))
        cv2.circle(canvas.picture, head, round(0.075 * tall * 8), (140, 168, 204), -1, cv2.LINE_AA, 3)
        if self.carries:
            hand = (int(pose["right hand"][0]), int(pose["right hand"][1]))
            _bag(canvas, hand, tall, self.seed)

    def box(self, seconds: float, horizon: float, tall: float) -> Box | None:
        """Where the person is at an instant."""
        spot = self._spot(seconds)
        if spot is None:
            return None
        high = person_height(spot[1], horizon, tall) * HEIGHT
        points = self._pose(seconds, spot, high).values()
        reach = 0.1 * high
        found = box_of(
            (min(x for x, _ in points) - reach) / WIDTH,
            (min(y for _, y in points) - reach) / HEIGHT,
            (max(x for x, _ in points) + reach) / WIDTH,
            (max(y for _, y in points) + 0.06 * high) / HEIGHT,
            label="person",
        )
        return found if found.width * found.height > 0 else None

    @override
    def things(self, seconds: float, horizon: float, tall: float) -> Sequence[Box]:
        found = self.box(seconds, horizon, tall)
        return () if found is None else (found,)

    @override
    def truth(self, horizon: float, tall: float) -> Sequence[Truth]:
        steps = np.linspace(self.from_s, self.to_s, 60)
        boxes = [box for at in steps if (box := self.box(float(at), horizon, tall)) is not None]
        if not boxes:
            return ()
        said = [Truth(kind, self.from_s, self.to_s, around(boxes)) for kind in self.kinds]
        lying = self.box(min(self.to_s, self.falls_s + 1), horizon, tall)
        if self.falls_s < self.to_s and lying is not None:
            said.append(Truth(Kind.FALL, self.falls_s, self.to_s, lying))
        return said


def walking(
    begin: Spot, end: Spot, from_s: float, to_s: float, *, kinds: tuple[Kind, ...] = (Kind.PRESENCE,),
    clothes: Colour | None = None, seed: int = 1,
) -> Person:  # fmt: skip
    """Somebody who walks straight from one place to another; a path over a line crosses it."""
    path = ((from_s, *begin), (to_s, *end))
    return Person(path=path, kinds=kinds, clothes=clothes, seed=seed)


def loitering(at: Spot, from_s: float, to_s: float, *, around: float = 0.06, seed: int = 1) -> Person:
    """Somebody who hangs about: a few steps, a rest, a few steps back."""
    path, now, number = [(from_s, *at)], from_s, 0
    while now < to_s:
        number += 1
        spot = (
            at[0] + around * (2 * unit(seed, number, 1) - 1),
            at[1] + around * 0.5 * (2 * unit(seed, number, 2) - 1),
        )
        for rest in (2 + unit(seed, number, 3), 2 + 6 * unit(seed, number, 4)):
            now = min(to_s, now + rest)
            path.append((now, *spot))
    return Person(path=tuple(path), kinds=(Kind.PRESENCE, Kind.LOITERING), seed=seed)


@dataclass(frozen=True, slots=True)
class Crowd(Part):
    """Many who gather around a place, come one by one within `gather_s` and leave at the end."""

    at: Spot = (0.5, 0.75)
    count: int = 12
    from_s: float = 5.0
    to_s: float = 60.0
    gather_s: float = 8.0
    width: float = 0.5
    depth: float = 0.25
    seed: int = 1
    people: tuple[Person, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Make the people, the farthest first, so that the near ones hide them."""
        people = []
        for number in range(self.count):
            x = self.at[0] + self.width * (unit(self.seed, number, 1) - 0.5)
            y = self.at[1] + self.depth * (number / max(1, self.count - 1) - 0.5)
            comes = self.from_s + self.gather_s * unit(self.seed, number, 3)
            side = -0.1 if unit(self.seed, number, 4) < 0.5 else 1.1
            near = (x + 0.02, y)
            path = (
                (comes, side, y), (comes + 4, x, y), (comes + 9, x, y), (comes + 12, *near),
                (max(comes + 13, self.to_s), *near), (max(comes + 13, self.to_s) + 4, side, y),
            )  # fmt: skip
            people.append(Person(path=path, seed=self.seed * 31 + number))
        object.__setattr__(self, "people", tuple(people))

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        for person in self.people:
            person.draw(canvas, stage)

    @override
    def things(self, seconds: float, horizon: float, tall: float) -> Sequence[Box]:
        return [box for person in self.people for box in person.things(seconds, horizon, tall)]

    @override
    def truth(self, horizon: float, tall: float) -> Sequence[Truth]:
        everybody = [said for person in self.people for said in person.truth(horizon, tall)]
        full = self.from_s + self.gather_s + 4
        return [Truth(Kind.CROWDING, full, self.to_s, around([said.box for said in everybody])), *everybody]


@dataclass(frozen=True, slots=True)
class Vehicle(Part):
    """A car or lorry seen from the side; with its lights on when it is not day."""

    path: Path
    form: Literal["car", "lorry"] = "car"
    colour: Colour = (140, 96, 60)
    lights: bool = False
    seed: int = 1

    def _place(self, seconds: float, horizon: float, tall: float) -> tuple[float, float, float, float] | None:
        spot = where(self.path, seconds)
        if spot is None:
            return None
        person = person_height(spot[1], horizon, tall) * HEIGHT
        high, long = (1.9, 4.6) if self.form == "lorry" else (0.85, 2.5)
        return spot[0] * WIDTH, spot[1] * HEIGHT, person * long, person * high

    def _forward(self, seconds: float) -> int:
        now = where(self.path, seconds)
        later = where(self.path, min(self.path[-1][0], seconds + 0.5))
        if now is None or later is None or later[0] == now[0]:
            return 1 if self.path[-1][1] >= self.path[0][1] else -1
        return 1 if later[0] > now[0] else -1

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        place = self._place(canvas.seconds, canvas.horizon, canvas.tall)
        if place is None:
            return
        x, y, long, high = place
        ahead = self._forward(canvas.seconds)
        if stage is Stage.GROUND:
            self._body(canvas, place, ahead)
        elif stage is Stage.GLOW and self.lights:
            front, rear = x + ahead * long / 2, x - ahead * long / 2
            size = max(3, int(high * 0.9))
            canvas.shine(
                (210, 235, 255), disc(size, 1.0) ** 2, int(front) - size, int(y - high * 0.35) - size
            )
            size = max(2, int(high * 0.3))
            canvas.shine((30, 30, 230), disc(size, 1.0), int(rear) - size, int(y - high * 0.4) - size)

    def _body(self, canvas: Canvas, place: tuple[float, float, float, float], ahead: int) -> None:
        x, y, long, high = place

        def corner(dx: float, dy: float) -> tuple[int, int]:
            return int(x + ahead * dx * long), int(y - dy * high)

        def shape(colour: Colour, *corners: tuple[float, float]) -> None:
            points = np.array([corner(*c) for c in corners], np.int32)
            cv2.fillPoly(canvas.picture, [points], colour, cv2.LINE_AA)

        dark = (self.colour[0] * 2 // 3, self.colour[1] * 2 // 3, self.colour[2] * 2 // 3)
        if self.form == "lorry":
            shape(self.colour, (-0.5, 0.14), (0.26, 0.14), (0.26, 1.0), (-0.5, 1.0))
            for rib in range(7):
                a, b = corner(-0.46 + rib * 0.11, 0.2), corner(-0.46 + rib * 0.11, 0.95)
                cv2.line(canvas.picture, a, b, dark, max(1, int(high * 0.01)))
            shape(dark, (0.28, 0.14), (0.5, 0.14), (0.5, 0.5), (0.43, 0.8), (0.28, 0.8))
            shape((120, 112, 100), (0.34, 0.5), (0.48, 0.5), (0.42, 0.74), (0.34, 0.74))
            wheels, radius = (-0.38, -0.2, 0.38), 0.14
        else:
            shape(self.colour, (-0.5, 0.2), (0.5, 0.2), (0.49, 0.55), (0.28, 0.62), (-0.5, 0.62))
            shape(dark, (-0.34, 0.6), (0.26, 0.6), (0.12, 1.0), (-0.26, 1.0))
            shape((110, 104, 92), (-0.28, 0.64), (0.18, 0.64), (0.09, 0.94), (-0.22, 0.94))
            wheels, radius = (-0.3, 0.3), 0.22
        for wheel in wheels:
            cv2.circle(canvas.picture, corner(wheel, 0.18), int(radius * high), (32, 32, 34), -1, cv2.LINE_AA)
            cv2.circle(canvas.picture, corner(wheel, 0.18), int(radius * high * 0.5), (130, 130, 132), -1)

    @override
    def things(self, seconds: float, horizon: float, tall: float) -> Sequence[Box]:
        place = self._place(seconds, horizon, tall)
        if place is None:
            return ()
        x, y, long, high = place
        box = box_of(
            (x - long / 2) / WIDTH, (y - high) / HEIGHT, (x + long / 2) / WIDTH, (y + 0.06 * high) / HEIGHT,
            label="vehicle",
        )  # fmt: skip
        return (box,) if box.width * box.height > 0 else ()


@dataclass(frozen=True, slots=True)
class Left(Part):
    """Something that a person brings, puts down and leaves behind."""

    at: Spot = (0.5, 0.8)
    left_s: float = 10.0
    to_s: float = 120.0
    """When it is gone again."""
    look: Literal["bag", "rubbish"] = "bag"
    size: float = 0.4
    """Its height as a share of a person's there."""
    brought: bool = True
    """False: it stands there from `left_s` on, and nobody was seen."""
    seed: int = 2
    person: Person = field(init=False)

    def __post_init__(self) -> None:
        """Make who brings it: comes in six seconds, bends for two, goes in six."""
        x, y = self.at
        feet = (x - 0.02, y)
        path = (
            (self.left_s - 6, -0.1, y), (self.left_s - 1, *feet), (self.left_s + 1, *feet),
            (self.left_s + 7, 1.1, y),
        )  # fmt: skip
        object.__setattr__(self, "person", Person(path=path, seed=self.seed))

    def _box(self, horizon: float, tall: float) -> Box:
        high = person_height(self.at[1], horizon, tall) * self.size
        wide = high * HEIGHT / WIDTH * (0.9 if self.look == "bag" else 1.7)
        x, y = self.at
        return box_of(x - wide / 2, y - high, x + wide / 2, y + 0.04 * high, label=self.look)

    @override
    def draw(self, canvas: Canvas, stage: Stage) -> None:
        if stage is Stage.GROUND and self.left_s <= canvas.seconds <= self.to_s:
            box = self._box(canvas.horizon, canvas.tall)
            foot = (int(self.at[0] * WIDTH), int(self.at[1] * HEIGHT))
            if self.look == "bag":
                _bag(canvas, foot, box.height * HEIGHT / 0.22, self.seed, standing=True)
            else:
                _heap(canvas, foot, box, self.seed)
        if self.brought:
            self.person.draw(canvas, stage)
            carried = where(self.person.path, canvas.seconds)
            if stage is Stage.GROUND and carried is not None and canvas.seconds < self.left_s:
                tall = canvas.height_at(carried[1])
                hand = (int(carried[0] * WIDTH + 0.12 * tall), int(carried[1] * HEIGHT - 0.42 * tall))
                _bag(canvas, hand, tall * self.size / 0.22 * 0.8, self.seed)

    @override
    def things(self, seconds: float, horizon: float, tall: float) -> Sequence[Box]:
        return self.person.things(seconds, horizon, tall) if self.brought else ()

    @override
    def truth(self, horizon: float, tall: float) -> Sequence[Truth]:
        said = [Truth(Kind.ABANDONED, self.left_s, self.to_s, self._box(horizon, tall))]
        return [*said, *self.person.truth(horizon, tall)] if self.brought else said


def _bag(canvas: Canvas, at: tuple[int, int], tall: float, seed: int, *, standing: bool = False) -> None:
    high = 0.22 * tall
    wide = high * 0.85
    left, top = at[0] - wide / 2, (at[1] - high) if standing else at[1]
    tone = (46, 38, 120) if seed % 2 else (96, 66, 40)
    first, last = (int(left), int(top + high * 0.12)), (int(left + wide), int(top + high))
    cv2.rectangle(canvas.picture, first, last, tone, -1, cv2.LINE_AA)
    pocket = (int(left + wide * 0.2), int(top + high * 0.5)), (int(left + wide * 0.8), int(top + high * 0.9))
    cv2.rectangle(canvas.picture, *pocket, tuple(c * 2 // 3 for c in tone), -1)
    cv2.ellipse(
        canvas.picture, (int(left + wide / 2), int(top + high * 0.14)), (int(wide * 0.2), int(high * 0.12)),
        0, 180, 360, (30, 30, 30), max(1, int(high * 0.05)), cv2.LINE_AA,
    )  # fmt: skip


def _heap(canvas: Canvas, foot: tuple[int, int], box: Box, seed: int) -> None:
    wide, high = box.width * WIDTH, box.height * HEIGHT
    for number in range(14):
        share = unit(seed, number, 1)
        x = foot[0] + (share - 0.5) * wide * 0.8
        reach = (1 - abs(share - 0.5) * 1.6) * high
        y = foot[1] - unit(seed, number, 2) * max(2.0, reach - high * 0.25) - high * 0.12
        tone = int(50 + 170 * unit(seed, number, 3))
        colour = (tone, int(tone * (0.8 + 0.2 * unit(seed, number, 4))), int(tone * 0.9))
        size = (int(wide * 0.11), int(high * 0.13))
        cv2.ellipse(
            canvas.picture,
            (int(x), int(y)),
            size,
            180 * unit(seed, number, 5),
            0,
            360,
            colour,
            -1,
            cv2.LINE_AA,
        )
