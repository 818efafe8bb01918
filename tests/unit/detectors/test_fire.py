from __future__ import annotations

import cv2
import numpy as np

from tests.support.detecting import burning, camera, feed, yard
from tocsin.core.detections import Kind


def test_a_flame_that_flutters_in_one_place_is_fire_with_its_box() -> None:
    found = feed(camera("fire"), [*(yard(i) for i in range(3)), *(burning(i) for i in range(8))])
    assert [one.kind for one in found] == [Kind.FIRE]
    box = found[0].evidence.boxes[0]
    assert box.x < 0.5 < box.x + box.width
    assert len(found[0].evidence.pictures) >= 3


def test_a_lamp_of_the_same_colour_is_none() -> None:
    images = [yard(i) for i in range(12)]
    for image in images[3:]:
        cv2.circle(image, (320, 220), 25, (60, 110, 245), -1)
        cv2.circle(image, (320, 220), 12, (120, 200, 255), -1)
    assert feed(camera("fire"), images) == []


def test_something_orange_that_passes_is_none() -> None:
    images = [yard(i) for i in range(12)]
    for index, image in enumerate(images):
        cv2.rectangle(image, (index * 50, 200), (index * 50 + 40, 260), (40, 110, 240), -1)
    assert feed(camera("fire"), images) == []


def test_outside_the_zone_it_does_not_look() -> None:
    one = camera({"detector": "fire", "zone": [[0, 0], [0.3, 0], [0.3, 1], [0, 1]]})
    assert feed(one, [*(yard(i) for i in range(3)), *(burning(i) for i in range(8))]) == []


def test_under_infra_red_colour_says_nothing() -> None:
    images = [np.repeat(burning(i)[..., 1:2], 3, axis=2) for i in range(8)]
    assert feed(camera("fire"), images) == []
