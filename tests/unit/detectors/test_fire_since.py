from __future__ import annotations

import cv2
import msgspec
import numpy as np
import pytest

from tests.support.detecting import frame, yard
from tocsin.detectors.fire_colour import Region, regions
from tocsin.detectors.fire_since import compared, overlap, patch_of
from tocsin.detectors.look import Look, Scene


def seen(image: np.ndarray) -> Look:
    return Scene().look(frame(0, image))


def lamp(x: int, radius: int = 26) -> np.ndarray:
    image = yard()
    cv2.circle(image, (x, 220), radius, (15, 110, 250), -1, cv2.LINE_AA)
    cv2.circle(image, (x, 220), radius // 2, (150, 240, 255), -1, cv2.LINE_AA)
    return image


def only(look: Look) -> Region:
    (found,) = regions(look.colour, None, 12)
    return found


@pytest.mark.parametrize("radius", [26, 120])
def test_the_same_thing_elsewhere_within_reach_has_not_changed(radius: int) -> None:
    before, now = seen(lamp(300, radius)), seen(lamp(330, radius))
    patch = patch_of(only(before), before)
    near = compared(patch, now, 24)
    assert near.change < 15
    assert near.kept > 0.8
    assert compared(patch, now, 2).change > near.change


def test_another_shape_at_the_place_has() -> None:
    before, now = seen(lamp(300)), yard()
    for y in range(195, 245, 9):
        cv2.line(now, (275 + y % 4 * 9, y), (330, y + 6), (15, 110, 250), 3)
    since = compared(patch_of(only(before), before), seen(now), 24)
    assert since.change > 18
    assert since.kept < 0.6


def test_a_region_at_the_border_and_a_picture_that_is_smaller_do_not_raise() -> None:
    before = seen(lamp(2))
    patch = patch_of(only(before), before)
    assert compared(patch, before, 24).change == 0.0
    assert patch.whole
    damaged = msgspec.structs.replace(patch, levels=patch.levels[:-1])
    assert not damaged.whole


def test_places_overlap_with_a_reach_and_by_a_depth() -> None:
    one, other = (10, 10, 10, 10), (25, 10, 10, 10)
    assert not overlap(one, other, 0)
    assert overlap(one, other, 6)
    assert overlap(one, one, -6)
    assert not overlap(one, (17, 10, 10, 10), -6)
    assert overlap(other, one, 6)
