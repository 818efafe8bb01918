from __future__ import annotations

import cv2
import numpy as np

from tests.support.scenes import Scene, SmokeColumn
from tests.support.scenes.chance import field
from tocsin.core.frames import Image
from tocsin.detectors.look import Gray, pixels, shrunk
from tocsin.detectors.smoke_billow import Small, billow, small, soft_mass

STEP = (4.0, 30.0)


def gray(image: Image) -> Gray:
    return pixels(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))


def ground() -> Gray:
    """A place with fine structure, larger than the picture that is cut from it."""
    chance = np.random.default_rng(3)
    rough = chance.integers(40, 210, (130, 190), np.uint8)
    return pixels(cv2.resize(rough, (380, 260), interpolation=cv2.INTER_NEAREST))


def picture(*, rise: float = 0.0, right: int = 0, light: float = 0.0) -> Image:
    """A place with a grey mass in its middle whose clouds have risen by `rise` pixels."""
    clouds = cv2.resize(field(50, slope=1.5), (340, 340)).astype(np.float32)
    top = 60 + round(rise)
    mass = 110 + 240 * (clouds[top : top + 112, 20:196] - 0.5) + light
    image = ground()[30:210, 20 + right : 340 + right].astype(np.float32)
    left = 72 - right
    image[34:146, left : left + 176] = mass
    return np.repeat(image.clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)


def judged(images: list[Image]) -> int:
    newest = images[-1]
    found = billow([small(gray(one)) for one in images], soft_mass(gray(newest), newest), *STEP)
    return 0 if found is None else found.size


def test_a_mass_that_rises_in_its_place_billows() -> None:
    assert judged([picture(rise=10.0 * step) for step in range(4)]) >= 10


def test_it_billows_before_a_camera_that_moves() -> None:
    assert judged([picture(rise=10.0 * step, right=4 * step) for step in range(4)]) >= 8


def test_a_mass_that_rests_does_not() -> None:
    assert judged([picture() for _ in range(4)]) == 0


def test_a_mass_that_sinks_does_not() -> None:
    assert judged([picture(rise=-10.0 * step) for step in range(4)]) == 0


def test_passing_light_does_not() -> None:
    assert judged([picture(light=10.0 * step) for step in range(4)]) == 0


def test_leaves_and_walls_are_no_soft_mass() -> None:
    rough = np.random.default_rng(1).integers(60, 180, (180, 320, 1), np.uint8).repeat(3, axis=2)
    plain = np.full((180, 320, 3), 120, np.uint8)
    assert not soft_mass(gray(rough), rough).any()
    assert not soft_mass(gray(plain), plain).any()


def test_colour_is_no_soft_mass() -> None:
    red = picture()
    red[..., :2] //= 3
    assert not soft_mass(gray(red), red)[4:9, 7:14].any()


def test_a_drawn_place_without_smoke_does_not_billow() -> None:
    quiet = [shrunk(Scene(place="forest").picture(step)) for step in range(4)]
    assert judged(quiet) == 0
    smoke = Scene(place="forest", events=[SmokeColumn(from_s=-30, at=(0.5, 0.9), width=0.16, spread=0.4)])
    assert soft_mass(gray(shrunk(smoke.picture(5))), shrunk(smoke.picture(5))).sum() > 0


def test_a_small_picture_comes_back_as_it_was() -> None:
    made = small(gray(picture()))
    kept = Small(7, made.shape[0], made.shape[1], made.tobytes())
    assert kept.shape == made.shape
    assert np.array_equal(kept.picture(), made)
