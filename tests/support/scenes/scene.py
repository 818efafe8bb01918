"""A drawn scene with known truth: what happens, when and where.

The same scene gives the same picture for the same instant, in any order and at any rate: a snapshot
every ten seconds and a burst show the same fire. Colours are blue-green-red, instants are seconds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from tests.support.scenes.canvas import HEIGHT, WIDTH, Canvas, Part, Stage, Truth
from tests.support.scenes.chance import noisy
from tests.support.scenes.places import PLACES, Place, painted
from tests.support.scenes.water import River
from tocsin.core.frames import Box, Image

LightName = Literal["day", "dusk", "night", "infrared"]
"""`night` is dark with colour, as under a street lamp; `infrared` is the camera's own lamp."""


@dataclass(frozen=True, slots=True)
class _Light:
    gains: tuple[float, float, float]
    """Blue, green, red."""
    bright: float
    noise: float


_LIGHTS = {
    "day": _Light((1.0, 1.0, 1.0), 1.0, 1.6),
    "dusk": _Light((0.44, 0.38, 0.36), 0.38, 2.6),
    "night": _Light((0.13, 0.12, 0.125), 0.12, 3.2),
    "infrared": _Light((0.62, 0.62, 0.62), 0.15, 3.5),
}


@dataclass(frozen=True, slots=True)
class Scene:
    """One camera's world."""

    place: str = "yard"
    """`yard`, `square`, `road`, `river`, `pond`, `hall` or `forest`."""
    light: LightName | tuple[tuple[float, LightName], ...] = "day"
    """One light, or several with the second from which each holds."""
    events: Sequence[Part] = ()
    weather: Sequence[Part] = ()
    seed: int = 0
    noise: float | None = None
    """Grey levels of the sensor's noise; None for what suits the light."""
    size: tuple[int, int] = (WIDTH, HEIGHT)
    """Width and height of the picture that comes out."""

    @property
    def _place(self) -> Place:
        return PLACES[self.place]

    def _parts(self) -> list[Part]:
        parts = [*self.events, *self.weather]
        if self.place == "river" and not any(isinstance(part, River) for part in parts):
            parts.insert(0, River())
        return parts

    def light_at(self, seconds: float) -> LightName:
        """Which light there is."""
        if isinstance(self.light, str):
            return self.light
        now = self.light[0][1]
        for begin, name in self.light:
            if begin <= seconds:
                now = name
        return now

    def sends(self, seconds: float) -> bool:
        """Whether the camera gives a picture at all."""
        return self._shown(seconds) is not None

    def _shown(self, seconds: float) -> float | None:
        shown: float | None = seconds
        for part in self._parts():
            shown = None if shown is None else part.clock(shown)
        return shown

    def picture(self, seconds: float) -> Image:
        """Draw one picture; raises `ValueError` while the camera sends nothing."""
        shown = self._shown(seconds)
        if shown is None:
            raise ValueError(f"the camera sends nothing at {seconds} s")
        name = self.light_at(shown)
        light = _LIGHTS[name]
        canvas = Canvas(
            picture=painted(self.place).copy(),
            seconds=shown,
            seed=self.seed,
            infrared=name == "infrared",
            bright=light.bright,
            horizon=self._place.horizon,
            tall=self._place.tall,
        )
        parts = self._parts()
        for stage in Stage:
            if stage is Stage.GLOW:
                canvas.picture = _lit(canvas.picture, name)
            if stage is Stage.SENSOR:
                if canvas.infrared:
                    grey = cv2.cvtColor(canvas.picture, cv2.COLOR_BGR2GRAY)
                    noise = noisy(np.repeat(grey[..., None], 3, 2), self.seed, shown, self._noise(light))
                    canvas.picture = np.repeat(noise[..., 1:2], 3, 2)
                else:
                    canvas.picture = noisy(canvas.picture, self.seed, shown, self._noise(light))
            for part in parts:
                part.draw(canvas, stage)
        if self.size == (WIDTH, HEIGHT):
            return canvas.picture
        return cv2.resize(canvas.picture, self.size, interpolation=cv2.INTER_AREA).astype(
            np.uint8, copy=False
        )

    def _noise(self, light: _Light) -> float:
        return light.noise if self.noise is None else self.noise

    @property
    def truth(self) -> list[Truth]:
        """What happens, in order of its begin."""
        place = self._place
        said = [one for part in self._parts() for one in part.truth(place.horizon, place.tall)]
        return sorted(said, key=lambda one: (one.from_s, one.kind))

    def things(self, seconds: float) -> tuple[Box, ...]:
        """What a perfect model would see at an instant."""
        place = self._place
        return tuple(box for part in self._parts() for box in part.things(seconds, place.horizon, place.tall))

    def film(self, begin: float, seconds: float, rate: float) -> Iterator[tuple[float, Image]]:
        """Give instants and pictures, `rate` a second; leaves out where the camera sends nothing."""
        for number in range(round(seconds * rate)):
            at = round(begin + number / rate, 6)
            if self.sends(at):
                yield at, self.picture(at)


def _lit(picture: Image, name: str) -> Image:
    if name == "day":
        return picture
    light = _LIGHTS[name]
    if name == "infrared":
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        lamp = cv2.multiply(grey, _lamp(), scale=light.gains[0] / 200)
        return np.repeat(lamp[..., None], 3, 2).astype(np.uint8, copy=False)
    return cv2.LUT(picture, _table(name)).astype(np.uint8, copy=False)


@cache
def _table(name: str) -> NDArray[np.uint8]:
    levels = np.arange(256)[:, None] * np.array(_LIGHTS[name].gains)[None, :]
    return levels.clip(0, 255).astype(np.uint8)[None]


@cache
def _lamp() -> NDArray[np.uint8]:
    """The light of a camera's own lamp: bright in the middle, dim at the corners and far away."""
    across, down = np.meshgrid(np.linspace(-1, 1, WIDTH), np.linspace(-0.8, 0.8, HEIGHT))
    far = np.clip(0.35 + (np.linspace(0, 1, HEIGHT)[:, None]) * 1.1, 0, 1)
    return (200 * np.clip(1.05 - 0.55 * (across**2 + down**2), 0.12, 1) * far).clip(0, 200).astype(np.uint8)
