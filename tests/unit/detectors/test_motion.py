from __future__ import annotations

import cv2

from tests.support.detecting import camera, feed, yard
from tocsin.core.detections import Kind
from tocsin.core.frames import Image

LEFT = [[0, 0], [0.4, 0], [0.4, 1], [0, 1]]


def walker(x: int) -> list[Image]:
    images = [yard(i) for i in range(9)]
    for image in images[4:]:
        cv2.rectangle(image, (x, 120), (x + 40, 260), (20, 20, 200), -1)
    return images


def test_a_person_in_the_zone_is_what_the_rule_names() -> None:
    found = feed(camera({"detector": "motion", "kind": "intrusion", "zone": LEFT}), walker(60))
    assert [one.kind for one in found] == [Kind.INTRUSION]


def test_a_person_outside_the_zone_is_nothing() -> None:
    assert feed(camera({"detector": "motion", "zone": LEFT}), walker(500)) == []


def test_nothing_moves_in_noise() -> None:
    assert feed(camera("motion"), [yard(i) for i in range(10)]) == []
