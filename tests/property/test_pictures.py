"""Whatever a camera sends: no detector raises, keeps more than its share, or speaks about pure noise."""

from __future__ import annotations

from datetime import timedelta

import cv2
import numpy as np
import pytest

from tests.support import detecting
from tests.support.detecting import START, frame
from tests.support.scenes import Flames, Rain, Scene
from tocsin.core.errors import Rejected
from tocsin.core.frames import Image
from tocsin.detectors.camera import PictureBank
from tocsin.detectors.catalog import PICTURES

ROOM = 256 * 1024
PARAMETERS: dict[str, dict[str, object]] = {"gauge": {"bottom_m": 0.0, "top_m": 4.0, "above": 2.0}}
SHAPES = [
    (8, 8),
    (9, 640),
    (640, 9),
    (360, 640),
    (240, 320),
    (64, 48),
    (720, 1280),
    (47, 63),
    (200, 16),
    (33, 1000),
]


def everything() -> PictureBank:
    return detecting.camera(*({"detector": name, **PARAMETERS.get(name, {})} for name in PICTURES))


def anything(chance: np.random.Generator) -> Image:
    """A picture of any size with anything in it."""
    height, width = SHAPES[int(chance.integers(len(SHAPES)))]
    match int(chance.integers(7)):
        case 0:
            return chance.integers(0, 256, (height, width, 3), np.uint8)
        case 1:
            return np.full((height, width, 3), chance.integers(0, 256, 3), np.uint8)
        case 2:
            picture = Scene(events=[Flames(from_s=0)], weather=[Rain()]).picture(float(chance.integers(50)))
            return cv2.resize(picture, (width, height)).astype(np.uint8)
        case 3:
            ramp = np.linspace(0, 255, width).astype(np.uint8)
            return np.broadcast_to(ramp[None, :, None], (height, width, 3)).copy()
        case 4:
            half = chance.integers(0, 256, (height, width, 3), np.uint8)
            half[height // 2 :] = 128
            return half
        case 5:
            board = (np.indices((height, width)).sum(axis=0) // 4 % 2 * 255).astype(np.uint8)
            return np.repeat(board[:, :, None], 3, axis=2)
        case _:
            salt = chance.random((height, width, 1)) < 0.02
            return np.where(salt, 255, 20).astype(np.uint8).repeat(3, axis=2)


def feed(one: PictureBank, chance: np.random.Generator, pictures: int) -> None:
    at, shown = 0.0, anything(chance)
    for _ in range(pictures):
        at += float(chance.choice([0.04, 0.2, 1.0, 5.0, 30.0, 700.0, -2.0]))
        # A camera changes its size now and then, not with every picture: detectors are to get somewhere.
        if chance.random() < 0.3:
            shown = anything(chance)
        one.observe(frame(at, shown))
        one.tick(START + timedelta(seconds=at))
        if chance.random() < 0.02:
            for index in range(60):
                burst = frame(at + 0.001 + index / 25, anything(chance) if index % 20 == 19 else shown)
                one.observe(type(burst)(burst.camera, burst.observed, burst.image, burst.sha256, burst=True))
            one.end_burst()


@pytest.mark.parametrize("seed", [1, 2, *(pytest.param(n, marks=pytest.mark.heavy) for n in range(3, 9))])
def test_no_picture_breaks_a_detector_or_its_memory(seed: int) -> None:
    chance, one = np.random.default_rng(seed), everything()
    for _ in range(4):
        feed(one, chance, 40)
        state = one.snapshot()
        assert len(state) <= ROOM
        one = everything()
        one.restore(state)
        assert one.snapshot() == state


def test_what_is_no_picture_is_refused_and_the_next_one_is_taken() -> None:
    one = everything()
    for wrong in (
        np.zeros((0, 0, 3), np.uint8),
        np.zeros((7, 900, 3), np.uint8),
        np.zeros((99, 99, 4), np.uint8),
    ):
        with pytest.raises(Rejected):
            one.observe(frame(0, wrong))
    assert one.observe(frame(1, np.full((12, 900, 3), 90, np.uint8))) == []
    assert one.too_small == 1
    assert one.observe(frame(2, Scene().picture(1))) == []


@pytest.mark.parametrize(("every", "pictures"), [(0.2, 60), (1.0, 60), (10.0, 40)])
@pytest.mark.parametrize("level", [14, 90])
def test_pure_noise_says_nothing(every: float, pictures: int, level: int) -> None:
    chance, one = np.random.default_rng(level), everything()
    said = []
    for number in range(pictures):
        noise = chance.normal(level, 6, (180, 320, 1)).clip(0, 255).astype(np.uint8).repeat(3, axis=2)
        said += [found.reason_code for found in one.observe(frame(number * every, noise))]
        said += [found.reason_code for found in one.tick(START + timedelta(seconds=number * every))]
    assert said == []
