from __future__ import annotations

import cv2
import numpy as np
import pytest

from tocsin.detectors.gauge_board import COLUMNS, ROWS, find, movement, patch, shrunk_gray, straightened
from tocsin.detectors.look import Gray

PLACES = np.array([[80.0, 60.0], [220.0, 62.0], [82.0, 160.0], [218.0, 158.0]])


def picture(shift: tuple[float, float] = (0, 0), degrees: float = 0.0) -> Gray:
    chance = np.random.default_rng(2)
    gray = np.full((240, 320), 200, np.uint8)
    for x, y in PLACES.astype(int):
        gray[y - 12 : y + 12, x - 12 : x + 12] = chance.integers(0, 255, (24, 24))
    turn = cv2.getRotationMatrix2D((160, 120), degrees, 1.0)
    turn[:, 2] += shift
    return cv2.warpAffine(cv2.GaussianBlur(gray, (0, 0), 2), turn, (320, 240), borderValue=200).astype(
        np.uint8
    )


def test_marks_are_found_again_where_they_went_and_the_movement_is_theirs() -> None:
    patches = [patch(picture(), place) for place in PLACES]
    found = find(picture((7.5, -4.0), 1.0), patches, PLACES)
    assert found.seen.all()
    moved = movement(PLACES, found)
    assert moved is not None
    turn = cv2.getRotationMatrix2D((160, 120), 1.0, 1.0)
    turn[:, 2] += (7.5, -4.0)
    assert moved == pytest.approx(turn, abs=0.6)
    assert PLACES @ moved[:, :2].T + moved[:, 2] == pytest.approx(
        PLACES @ turn[:, :2].T + turn[:, 2], abs=0.4
    )


def test_a_hidden_mark_and_one_taken_for_another_are_left_out() -> None:
    patches = [patch(picture(), place) for place in PLACES]
    now = picture((5, 0))
    now[40:90, 60:110] = 90
    swapped = now.copy()
    swapped[140:180, 60:120] = 200
    swapped[150:175, 85:110] = picture()[147:172, 69:94]
    assert find(now, patches, PLACES).seen.tolist() == [False, True, True, True]
    assert find(swapped, patches, PLACES).seen.tolist() == [False, True, False, True]


def test_too_few_marks_tell_no_movement() -> None:
    patches = [patch(picture(), place) for place in PLACES]
    blank = np.full((240, 320), 90, np.uint8)
    assert movement(PLACES, find(blank, patches, PLACES)) is None
    assert movement(PLACES, find(picture(), [None, None, None, patches[3]], PLACES)) is None
    assert patch(blank, PLACES[0]) is None
    assert patch(picture(), np.array([3.0, 3.0])) is None


def test_the_strip_is_seen_from_the_front() -> None:
    image = np.full((100, 200, 3), 50, np.uint8)
    corners = np.array([[0.3, 0.1], [0.5, 0.2], [0.55, 0.9], [0.25, 0.8]])
    cv2.fillPoly(image, [np.rint(corners * (200, 100)).astype(np.int32)], (220, 220, 220))
    strip = straightened(image, corners)
    assert strip.shape == (ROWS, COLUMNS)
    assert strip[20:-20, 3:-3].min() > 200


def test_large_pictures_are_made_small_and_small_ones_stay() -> None:
    assert shrunk_gray(np.zeros((1080, 1920, 3), np.uint8)).shape == (360, 640)
    assert shrunk_gray(np.zeros((180, 320, 3), np.uint8)).shape == (180, 320)
