from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.support.detecting import yard
from tocsin.detectors.look import shrunk
from tocsin.detectors.steadied import steadied


def shaken(shift: float, frames: int = 21) -> tuple[np.ndarray, np.ndarray]:
    wide = shrunk(yard())
    colour = []
    for index in range(frames):
        away = shift * np.sin(index / 4)
        move = np.array([[1, 0, away], [0, 1, away / 2]], np.float32)
        colour.append(cv2.warpAffine(wide, move, wide.shape[1::-1], borderMode=cv2.BORDER_REPLICATE))
    gray = [cv2.cvtColor(one, cv2.COLOR_BGR2GRAY) for one in colour]
    return np.stack(gray).astype(np.uint8), np.stack(colour).astype(np.uint8)


def nothing(gray: np.ndarray) -> np.ndarray:
    return np.zeros(gray.shape[1:], np.uint8)


def away(one: np.ndarray, other: np.ndarray) -> float:
    inner = np.s_[20:-20, 20:-20]
    return float(np.abs(one[inner].astype(int) - other[inner]).mean())


def test_frames_of_a_shaken_camera_are_laid_onto_the_middle_one() -> None:
    gray, colour = shaken(9.0)
    found = steadied(gray, colour, [0, 5, 20], nothing(gray))
    assert found.moved > 5
    for laid, index in zip(found.colour, [0, 5, 20], strict=True):
        assert away(laid, colour[10]) < 0.5 * away(colour[index], colour[10])


def test_a_camera_on_a_post_keeps_its_frames_as_they_are() -> None:
    gray, colour = shaken(0.0)
    found = steadied(gray, colour, [3, 7], nothing(gray))
    assert found.moved == 0
    assert np.array_equal(found.colour, colour[[3, 7]])


@pytest.mark.parametrize("level", [0, 128])
def test_where_nothing_can_be_followed_frames_stay_as_they_are(level: int) -> None:
    colour = np.full((9, 40, 60, 3), level, np.uint8)
    found = steadied(colour[..., 0].copy(), colour, [0, 8], np.zeros((40, 60), np.uint8))
    assert np.array_equal(found.colour, colour[[0, 8]])


def test_what_burns_does_not_steer_the_picture() -> None:
    gray, colour = shaken(6.0)
    apart = np.full(gray.shape[1:], 255, np.uint8)
    assert np.array_equal(steadied(gray, colour, [0], apart).colour, colour[[0]])
