from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.support.detecting import camera, feed, noisy, yard
from tests.support.scenes import (
    Clouds,
    Covered,
    Damaged,
    Defocused,
    Exposure,
    Fog,
    Headlights,
    Part,
    Person,
    Rain,
    Said,
    Scene,
    Shadow,
    Shake,
    SmokeColumn,
    Snow,
    Spider,
    Turned,
    Vehicle,
    play,
)
from tocsin.core.frames import Image

LIGHTS = ("day", "dusk", "infrared")
SLOWER_LIGHTS = ["day", *(pytest.param(light, marks=pytest.mark.heavy) for light in LIGHTS[1:])]


def watched(scene: Scene, *, seconds: float, every: float = 1.0) -> list[Said]:
    return play(camera("tamper"), scene, seconds=seconds, every=every)


def told(said: list[Said]) -> list[tuple[str, float]]:
    return [(one.detection.reason_code, one.at_s) for one in said if one.detection.phase.value == "raise"]


def codes(images: list[Image]) -> list[str]:
    return [one.reason_code for one in feed(camera("tamper"), [*(yard(i) for i in range(4)), *images])]


@pytest.mark.parametrize(
    ("images", "code"),
    [
        ([noisy(np.full((360, 640, 3), (50, 60, 70), np.uint8), i) for i in range(5)], "tamper.covered"),
        ([noisy(np.full((360, 640, 3), 60, np.uint8), i) for i in range(5)], "tamper.covered"),
        ([np.roll(yard(i), 90, axis=1) for i in range(6)], "tamper.moved"),
        ([cv2.GaussianBlur(yard(i), (0, 0), 5).astype(np.uint8) for i in range(5)], "tamper.blurred"),
    ],
)
def test_each_way_of_tampering_is_named(images: list[Image], code: str) -> None:
    assert codes(images) == [code]


@pytest.mark.parametrize("light", LIGHTS)
@pytest.mark.parametrize(
    ("event", "code"),
    [
        (Covered("hand", 8, 60), "tamper.covered"),
        (Covered("spray", 8, 60, takes_s=2), "tamper.covered"),
        (Covered("cloth", 8, 60), "tamper.covered"),
        (Defocused(8, 60, sigma=5), "tamper.blurred"),
        (Turned(8, 60, right=0.1), "tamper.moved"),
        (Turned(8, 60, right=0.3), "tamper.moved"),
        (Turned(8, 60, right=0.15, down=0.1, degrees=6), "tamper.moved"),
    ],
)
def test_it_is_found_in_every_light_within_five_seconds(event: Part, code: str, light: str) -> None:
    said = told(watched(Scene(light=light, events=[event]), seconds=14))  # type: ignore[arg-type]
    assert [name for name, _ in said] == [code]
    assert 8 <= said[0][1] <= 13


def test_five_pictures_a_second_find_a_cover_while_it_slides_in() -> None:
    scene = Scene(events=[Covered("cloth", 6, 60, takes_s=2)])
    ((code, at),) = told(watched(scene, seconds=10, every=0.2))
    assert code == "tamper.covered"
    assert at <= 8.4


def test_a_picture_that_goes_black_counts_only_where_the_cover_was_seen_coming() -> None:
    scene = Scene(events=[Covered("cap", 6, 60, takes_s=1.0)])
    assert [code for code, _ in told(watched(scene, seconds=10, every=0.2))] == ["tamper.covered"]
    lights_out = Scene("hall", weather=[Exposure(((0, 1), (6, 1), (6.01, 0.02)))])
    assert told(watched(lights_out, seconds=20, every=0.2)) == []


@pytest.mark.parametrize("light", SLOWER_LIGHTS)
@pytest.mark.parametrize(
    "weather",
    [
        Rain(8, heavy=4),
        Snow(8, settles_s=15),
        Fog(5, 30, density=0.95),
        Clouds(),
        Shadow(8, 24, width=0.9),
        Shake(pixels=3),
        Spider(8, 30),
        Headlights(),
        Exposure(((0, 1), (8, 1), (9, 0.35))),
        Exposure(((0, 1), (8, 1), (9, 1.7))),
        Exposure(((0, 1), (6, 1), (30, 0.02))),
        SmokeColumn(from_s=6, width=0.25, spread=0.8, grow_s=8, rise=0.3),
        Vehicle(((8, -1, 1.2), (12, 2, 1.2)), form="lorry"),
        Vehicle(((8, -0.6, 1.0), (12, 0.5, 1.0), (60, 0.5, 1.0)), form="lorry"),
        Person(((8, -0.3, 1.6), (12, 0.5, 1.6), (22, 0.5, 1.6), (26, 1.3, 1.6))),
        Damaged(8, 20),
    ],
    ids=lambda part: type(part).__name__,
)
def test_weather_light_and_passers_by_are_none(weather: Part, light: str) -> None:
    scene = Scene(light=light, weather=[weather])  # type: ignore[arg-type]
    assert told(watched(scene, seconds=32)) == []


@pytest.mark.parametrize("every", [0.2, 1.0, 5.0])
@pytest.mark.parametrize("place", ["yard", "hall"])
def test_the_switch_to_infra_red_and_back_is_none(place: str, every: float) -> None:
    light = ((0.0, "day"), (10.0, "infrared"), (20.0, "day"))
    assert told(watched(Scene(place, light=light), seconds=30, every=every)) == []


def test_a_cover_is_told_after_the_first_switch_to_infra_red_too() -> None:
    light = ((0.0, "day"), (8.0, "infrared"))
    scene = Scene(light=light, events=[Covered("cloth", 18, 60)])
    assert [code for code, _ in told(watched(scene, seconds=30))] == ["tamper.covered"]


def test_fog_that_hides_everything_is_none_even_when_it_is_thickest() -> None:
    assert told(watched(Scene("forest", weather=[Fog(5, 50, density=1.0)]), seconds=70)) == []


def test_the_usual_view_clears_it() -> None:
    scene = Scene(events=[Covered("hand", 6, 14)])
    assert [one.detection.phase.value for one in watched(scene, seconds=26)] == ["raise", "clear"]


def test_a_view_that_stays_changed_becomes_the_usual_one() -> None:
    one = camera({"detector": "tamper", "settle_seconds": 10})
    scene = Scene(events=[Turned(6, right=0.3)])
    said = play(one, scene, seconds=40)
    assert [found.detection.phase.value for found in said] == ["raise", "clear"]
    turned_back = play(one, Scene(), begin=40, seconds=10)
    assert [found.detection.phase.value for found in turned_back][:1] == ["raise"]


def test_a_view_of_water_and_crowds_alone_is_not_judged() -> None:
    chance = np.random.default_rng(3)
    restless = [chance.integers(0, 255, (360, 640, 3), np.uint8) for _ in range(12)]
    assert feed(camera("tamper"), restless) == []


def test_a_turn_between_two_pictures_minutes_apart_is_told_and_a_fog_bank_is_not() -> None:
    turned = Scene(events=[Turned(1250, right=0.2)])
    assert [code for code, _ in told(watched(turned, seconds=2400, every=300))] == ["tamper.moved"]
    fog = Scene(weather=[Fog(1000, 1200, density=1.0)])
    assert told(watched(fog, seconds=3000, every=300)) == []


def test_pictures_too_small_to_judge_say_nothing() -> None:
    tiny = [np.full((40, 60, 3), shade, np.uint8) for shade in (200, 10, 200, 10, 10, 10)]
    assert feed(camera("tamper"), tiny) == []
