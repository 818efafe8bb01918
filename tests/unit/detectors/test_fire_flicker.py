"""Bursts of drawn scenes; what follows from them is in `test_fire.py`."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.support.scenes import Candle, Flames, Part, Scene, TailLights, blinking_lamp, handheld, sodium_lamp
from tests.support.scenes.lookalikes import Balloons, Beacons, Flag, Leaves, Sign, Worker
from tocsin.detectors.burst import Burst
from tocsin.detectors.fire_flicker import Flicker, flickers, neighbourly
from tocsin.detectors.look import shrunk

LEAST = 12


def burst(scene: Scene, begin: float = 20.0, rate: float = 25.0, seconds: float = 2.0) -> Burst:
    instants = [begin + index / rate for index in range(round(seconds * rate))]
    colour = np.stack([shrunk(scene.picture(at)) for at in instants])
    gray = np.stack([cv2.cvtColor(one, cv2.COLOR_BGR2GRAY) for one in colour]).astype(np.uint8)
    at_us = np.array([round(at * 1e6) for at in instants], np.int64)
    return Burst(at_us, colour, gray, ("a" * 64,) * len(gray), infrared=False, look=None)


def seen(*parts: Part, light: str = "day", weather: tuple[Part, ...] = ()) -> list[Flicker]:
    return flickers(burst(Scene(light=light, events=parts, weather=weather)), None, LEAST)  # type: ignore[arg-type]


@pytest.mark.parametrize("light", ["day", "night"])
def test_flames_flicker_here_and_there_all_the_time_and_at_no_single_frequency(light: str) -> None:
    found = seen(Flames(), light=light)
    assert found[0].of_flames
    assert not found[0].calm
    assert found[0].left < 160 < found[0].left + found[0].width


def test_flames_flicker_before_a_camera_in_the_hand_too() -> None:
    found = seen(Flames(), weather=(handheld(),))
    assert found[0].of_flames
    assert found[0].moved > 2


@pytest.mark.parametrize(
    ("part", "light"),
    [
        (sodium_lamp(), "night"),
        (blinking_lamp(hertz=8), "night"),
        (Beacons(radius=9), "night"),
        (Candle(), "night"),
        (Sign(), "dusk"),
    ],
)
def test_lamps_do_not(part: Part, light: str) -> None:
    assert not any(one.of_flames for one in seen(part, light=light))


@pytest.mark.parametrize("part", [Flag(), Leaves(), Worker(), Balloons()])
def test_painted_things_that_move_do_not(part: Part) -> None:
    assert not any(one.of_flames for one in seen(part))


def test_lights_that_drive_away_glide() -> None:
    found = flickers(burst(Scene(events=[TailLights(from_s=0.0)]), begin=0.04, seconds=3.0), None, LEAST)
    assert found
    assert all(one.glide > 20 and not one.of_flames for one in found)


def test_a_steady_lamp_is_calm_so_that_the_place_can_be_doubted() -> None:
    lamp = seen(Balloons(at=(0.5, 0.4)), light="day")
    assert lamp
    assert all(one.calm for one in lamp)


def test_outside_the_zone_nothing_is_judged() -> None:
    zone = np.zeros((180, 320), np.uint8)
    zone[:, :80] = 255
    assert flickers(burst(Scene(events=[Flames()])), zone, LEAST) == []


def test_too_small_is_not_judged() -> None:
    assert flickers(burst(Scene(events=[Flames()])), None, 10_000) == []


def test_neighbours_that_change_alike_are_told_from_those_that_do_not() -> None:
    chance = np.random.default_rng(1)
    fine = chance.normal(size=(4, 40, 40)).astype(np.float32)
    smooth = np.stack([cv2.GaussianBlur(one, (0, 0), 3) for one in fine]).astype(np.float32)
    whole = np.ones((40, 40), np.bool_)
    assert abs(neighbourly(fine, whole)) < 0.1
    assert neighbourly(smooth, whole) > 0.7
    assert neighbourly(fine * 0, whole) == 0.0
    assert neighbourly(fine[:, :1, :1], whole[:1, :1]) == 0.0
