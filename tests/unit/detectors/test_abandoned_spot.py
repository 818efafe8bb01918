from __future__ import annotations

import cv2
import numpy as np

from tocsin.core.frames import Box
from tocsin.detectors.abandoned_spot import (
    Spot,
    Touch,
    came_itself,
    correlation,
    crop_of,
    in_pixels,
    inner_share,
    is_light,
    outline_gain,
    same_look,
)
from tocsin.detectors.look import Gray

BOUNDS = (20, 15, 16, 12)


def ground() -> Gray:
    return np.random.default_rng(3).integers(90, 150, (60, 80)).astype(np.uint8)


def with_thing() -> Gray:
    gray = ground()
    cv2.rectangle(gray, (20, 15), (35, 26), 20, -1)
    cv2.line(gray, (22, 17), (33, 24), 220, 2)
    return gray


def inside() -> Gray:
    mask = np.zeros((60, 80), np.uint8)
    mask[15:27, 20:36] = 255
    return mask


def test_a_crop_has_its_margin_and_ends_at_the_border() -> None:
    assert crop_of(ground(), BOUNDS).shape == (16, 20)
    assert crop_of(ground(), (0, 0, 10, 10)).shape == (12, 12)
    assert crop_of(ground(), (75, 55, 5, 5)).shape == (7, 7)


def test_a_thing_looks_the_same_in_other_light_and_not_when_it_moved() -> None:
    gray = with_thing()
    spot = Spot(BOUNDS, 190, 0, 0, crop_of(gray, BOUNDS).tobytes(), 0)
    assert same_look(spot, gray)
    assert same_look(spot, (gray * 0.8).astype(np.uint8))
    assert not same_look(spot, np.roll(gray, 3, axis=1))
    assert not same_look(spot, ground())
    assert not same_look(spot, gray[:20])


def test_flat_crops_are_alike_by_their_grey() -> None:
    flat = np.full((9, 9), 100, np.uint8)
    assert correlation(flat, flat + 5) == 1.0
    assert correlation(flat, flat + 60) == 0.0
    assert correlation(ground(), (ground() * 0.5).astype(np.uint8)) == 0.0


def test_the_outline_belongs_to_what_was_put_down_and_not_to_what_was_taken() -> None:
    floor = np.full((60, 80), 130, np.uint8)
    thing = floor.copy()
    cv2.rectangle(thing, (20, 15), (35, 26), 20, -1)
    now, before = outline_gain(thing, floor, inside(), BOUNDS)
    assert now > 10 * max(1.0, before)
    now, before = outline_gain(floor, thing, inside(), BOUNDS)
    assert before > 10 * max(1.0, now)
    assert outline_gain(thing, floor, np.zeros_like(floor), BOUNDS) == (0.0, 0.0)


def test_light_keeps_the_texture_of_the_ground_and_a_thing_does_not() -> None:
    for factor in (0.6, 1.4):
        lit = ground().astype(np.float32)
        lit[15:27, 20:36] *= factor
        assert is_light(np.clip(lit, 0, 255).astype(np.uint8), ground(), inside(), BOUNDS)
    assert not is_light(with_thing(), ground(), inside(), BOUNDS)
    tiny = np.zeros((60, 80), np.uint8)
    tiny[15:18, 20:23] = 255
    assert not is_light(ground(), ground(), tiny, BOUNDS)


def test_what_parks_was_as_large_a_moment_ago_and_near_or_there() -> None:
    def touched(*bounds: int, area: int) -> Touch:
        return Touch(0, (bounds[0], bounds[1], bounds[2], bounds[3]), area)

    assert came_itself(touched(40, 15, 18, 12, area=190), BOUNDS, 180)
    assert came_itself(touched(10, 5, 60, 30, area=900), BOUNDS, 180)
    assert not came_itself(touched(40, 15, 18, 40, area=190), BOUNDS, 180)
    assert not came_itself(touched(40, 15, 18, 12, area=900), BOUNDS, 180)
    assert not came_itself(touched(400, 15, 18, 12, area=190), BOUNDS, 180)


def test_shares_of_rectangles() -> None:
    assert inner_share((0, 0, 10, 10), (5, 0, 10, 10)) == 0.5
    assert inner_share((0, 0, 10, 10), (20, 0, 10, 10)) == 0.0
    assert inner_share((2, 2, 2, 2), (0, 0, 10, 10)) == 1.0
    assert in_pixels(Box(0.5, 0.5, 0.25, 0.0), 60, 80) == (40, 30, 20, 1)
