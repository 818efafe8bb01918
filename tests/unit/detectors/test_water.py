from __future__ import annotations

from collections.abc import Callable
from functools import cache

import cv2
import numpy as np
import pytest

from tests.support import detecting
from tests.support.detecting import camera, feed, phases
from tests.support.ground import HEIGHT, WIDTH, grainy, place
from tests.support.scenes import FloodWater, Fog, Headlights, Part, Rain, Scene, Shadow, Snow, Wind
from tests.support.scenes.scene import LightName
from tocsin.core.detections import Detection, Kind
from tocsin.core.frames import Image

BROWN = (85, 110, 128)


@cache
def ripples(colour: tuple[int, int, int] = BROWN) -> Image:
    chance = np.random.default_rng(5).normal(0, 1, (HEIGHT // 4, WIDTH // 4)).astype(np.float32)
    waves = cv2.GaussianBlur(cv2.resize(chance, (WIDTH * 2, HEIGHT * 2)), (0, 0), 2)
    return np.clip(np.array(colour, np.float32) + 28 * waves[..., None], 0, 255).astype(np.uint8)


def surface(seed: int, colour: tuple[int, int, int] = BROWN) -> Image:
    """Moving water all over the picture."""
    sheet = ripples(colour)
    down, right = (17 * seed) % HEIGHT, (41 * seed) % WIDTH
    return sheet[down : down + HEIGHT, right : right + WIDTH]


def under(seed: int, mask: np.ndarray, base: Image | None = None) -> Image:
    image = place(seed) if base is None else base
    image[mask] = surface(seed)[mask]
    return image


def rows_from(top: float) -> np.ndarray:
    return np.arange(HEIGHT)[:, None] >= HEIGHT * top + 2 * np.sin(np.arange(WIDTH) / 15)[None, :]


def rising(seconds: int, *, begin: int = 6, pace: float = 0.02, highest: float = 0.55) -> list[Image]:
    """Dry for a while, then water from the lower edge."""
    tops = [max(highest, 1.02 - pace * max(0, i - begin)) for i in range(seconds)]
    return [under(i, rows_from(top)) for i, top in enumerate(tops)]


def floods(images: list[Image], step: float = 1.0, **rule: object) -> list[Detection]:
    return feed(camera({"detector": "water", **rule}), images, step=step)


def test_water_that_rises_from_below_is_a_flood_with_its_share_and_box() -> None:
    found = floods(rising(40))
    assert [one.kind for one in found] == [Kind.FLOOD]
    assert dict(found[0].figures)["share"] >= 0.08
    box = found[0].evidence.boxes[0]
    assert box.y + box.height > 0.95
    assert box.width > 0.9


@pytest.mark.parametrize("step", [0.2, 2.0])
def test_it_is_found_at_other_paces(step: float) -> None:
    slowed = [image for image in rising(30) for _ in range(5)] if step < 1 else rising(40)
    moving = [under(i, rows_from(max(0.55, 1.02 - 0.004 * max(0, i - 30)))) for i in range(150)]
    assert phases(floods(moving if step < 1 else slowed, step)) == ["raise"]


def test_a_flash_flood_that_comes_in_from_the_side_is_found() -> None:
    low = np.arange(HEIGHT)[:, None] > 85
    images = [
        under(
            i, low & (np.arange(WIDTH)[None, :] < (i - 6) * 28 + 8 * np.sin(np.arange(HEIGHT) / 9)[:, None])
        )
        for i in range(26)
    ]
    assert phases(floods(images)) == ["raise"]


def test_a_river_that_was_there_is_none_and_one_that_leaves_its_bed_is() -> None:
    bed = rows_from(0.62) & ~rows_from(0.88)
    assert floods([under(i, bed) for i in range(40)]) == []
    tops = [max(0.35, 0.62 - 0.02 * max(0, i - 10)) for i in range(40)]
    over = [under(i, rows_from(top) & ~rows_from(0.88)) for i, top in enumerate(tops)]
    assert phases(floods(over)) == ["raise"]


def test_by_night_under_infra_red_it_is_found() -> None:
    def lamp(image: Image, seed: int) -> Image:
        gray = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY) * np.linspace(0.4, 0.8, HEIGHT)[:, None]
        return np.repeat(grainy(np.repeat(gray[..., None].astype(np.uint8), 3, 2), seed)[..., 1:2], 3, 2)

    def night(i: int) -> Image:
        image, water = place(i), rows_from(max(0.5, 1.02 - 0.02 * max(0, i - 6)))
        image[water] = surface(i, (45, 50, 55))[water]
        return lamp(image, i)

    assert phases(floods([night(i) for i in range(45)])) == ["raise"]
    assert floods([lamp(place(i), i) for i in range(45)]) == []


def test_it_stands_while_the_water_stands_even_still_and_clears_when_the_ground_is_seen() -> None:
    still = under(40, rows_from(0.55))
    images = [*rising(40), *(grainy(still, i) for i in range(60))]
    assert phases(floods(images, clear_seconds=10)) == ["raise"]
    assert phases(floods([*images, *(place(i) for i in range(30))], clear_seconds=10)) == ["raise", "clear"]


def shadow(i: int) -> Image:
    image = place(i).astype(np.float32)
    image[:, max(0, 8 * i - 260) : 8 * i] *= 0.5
    return image.astype(np.uint8)


def lorry(i: int) -> Image:
    image = place(i)
    right = min(250, max(0, i - 6) * 150)
    cv2.rectangle(image, (-1, 60), (right, 170), (70, 90, 110), -1)
    cv2.rectangle(image, (10, 70), (max(10, right - 60), 80), (200, 200, 210), -1)
    return image


def crowd(i: int) -> Image:
    image = place(i)
    chance = np.random.default_rng(3)
    for person in range(40):
        colour = tuple(int(value) for value in chance.integers(20, 230, 3))
        left = int(chance.integers(0, WIDTH)) + 9 * ((i * (person % 5 - 2)) % 7)
        top = int(chance.integers(70, 120))
        if i > 6 + person // 4:
            cv2.rectangle(image, (left, top), (left + 14, top + 50), colour, -1)
    return image


def fog(i: int) -> Image:
    thick = np.clip((np.linspace(1.6, 0.4, HEIGHT) * i / 40), 0, 0.97)[:, None, None]
    return (place(i) * (1 - thick) + 175 * thick).astype(np.uint8)


def smoke(i: int) -> Image:
    veil = np.zeros((HEIGHT, WIDTH), np.float32)
    chance = np.random.default_rng(i)
    for _ in range(10 + 2 * i):
        at = (int(160 + chance.normal(0, 6 + 2 * i)), int(110 - abs(chance.normal(0, 2 * i))))
        cv2.circle(veil, at, 12, 1.0, -1)
    veil = cv2.GaussianBlur(veil, (0, 0), 5)[..., None] * 0.95
    return (place(i) * (1 - veil) + 140 * veil).astype(np.uint8)


def snow(i: int) -> Image:
    cover = (np.random.default_rng(1).random((HEIGHT, WIDTH)) < i / 40) & (np.arange(HEIGHT)[:, None] > 90)
    image = place(i)
    image[cover] = 225
    flakes = np.random.default_rng(i).random((HEIGHT, WIDTH)) < 0.01
    image[flakes] = 240
    return image


def exposure(i: int) -> Image:
    return np.clip(place(i) * (0.5 + 0.5 * (i % 10 > 4)), 0, 255).astype(np.uint8)


def turning(i: int) -> Image:
    return np.roll(place(i), 4 * max(0, i - 6), axis=1)


def covering(i: int) -> Image:
    image = place(i)
    image[max(0, HEIGHT - 12 * max(0, i - 6)) :] = (70, 90, 110)
    return grainy(image, i)


def wind(i: int) -> Image:
    image = place(i)
    rows = np.arange(100, HEIGHT)
    shifts = np.rint(3 * np.sin(rows * 0.9 + i * 2.1) + 3 * np.sin(i * 1.7)).astype(int)
    for row, shift in zip(rows, shifts, strict=True):
        image[row] = np.roll(image[row], shift, axis=0)
    return image


def curtain(i: int) -> Image:
    """Something that flutters hangs there from one picture to the next."""
    return under(i, rows_from(0.6)) if i >= 6 else place(i)


def grass(i: int) -> Image:
    """Wind goes through it from below, but it stays grass."""
    still = place(i)
    mask = rows_from(max(0.5, 1.02 - 0.02 * max(0, i - 6)))
    image = still.copy()
    image[mask] = np.roll(place(0), (3 * (i % 5), 7 * (i % 9)), axis=(0, 1))[mask]
    image[:95] = still[:95]
    return image


def upheaval(i: int) -> Image:
    """The rest of the view is another one as well."""
    image = place(i)
    if i >= 6:
        image[:100] = np.roll(place(i)[80:180], 37 * i, axis=1)
    return under(i, rows_from(max(0.55, 1.02 - 0.02 * max(0, i - 6))), image)


@pytest.mark.parametrize(
    "scene",
    [
        shadow,
        lorry,
        crowd,
        fog,
        smoke,
        snow,
        exposure,
        turning,
        covering,
        wind,
        place,
        curtain,
        grass,
        upheaval,
    ],
)
def test_what_only_looks_alike_is_none(scene: Callable[[int], Image]) -> None:
    for step in (1.0, 5.0):
        assert floods([scene(i) for i in range(45)], step) == [], scene.__name__


def test_in_a_zone_less_is_enough_and_outside_it_nothing_counts() -> None:
    puddle = np.zeros((HEIGHT, WIDTH), bool)

    def pond(i: int) -> Image:
        mask = puddle.astype(np.uint8)
        cv2.ellipse(mask, (80, 150), (3 * max(0, min(20, i - 6)), 22), 0, 0, 360, 1, -1)
        return under(i, mask > 0)

    images = [pond(i) for i in range(40)]
    here = [[0.05, 0.65], [0.5, 0.65], [0.5, 1], [0.05, 1]]
    there = [[0.6, 0.6], [1, 0.6], [1, 1], [0.6, 1]]
    assert phases(floods(images, zone=here)) == ["raise"]
    assert floods(images, zone=there) == []
    assert floods(images) == []


FLOOD = FloodWater(from_s=8, full_s=40, to_s=300, top=0.55)


@pytest.mark.parametrize("light", ["dusk", "infrared"])
@pytest.mark.parametrize("place", ["yard", "road"])
def test_in_poor_light_it_is_found_soon(place: str, light: LightName) -> None:
    scene = Scene(place=place, light=light, events=[FLOOD])
    found = feed(camera({"detector": "water"}), [scene.picture(i) for i in range(36)])
    assert phases(found) == ["raise"]
    covered = next(i for i in range(36) if FLOOD.edge(i) <= 0.92)
    assert (found[0].observed - detecting.START).total_seconds() <= covered + 12


@pytest.mark.parametrize("light", ["dusk", "infrared"])
@pytest.mark.parametrize("weather", [Rain(), Snow(), Shadow(), Fog(), Headlights(), Wind()])
def test_weather_and_lights_in_poor_light_are_none(weather: Part, light: LightName) -> None:
    scene = Scene(place="road", light=light, weather=[weather])
    assert floods([scene.picture(i) for i in range(40)]) == []


def test_darkness_says_nothing() -> None:
    assert floods([(image * 0.08).astype(np.uint8) for image in rising(40)]) == []
