from __future__ import annotations

import cv2
import numpy as np

from tests.support.detecting import camera, feed, smoking, yard
from tocsin.core.detections import Kind


def test_a_spreading_veil_is_smoke_by_day_and_by_night() -> None:
    day = [*(yard(i) for i in range(5)), *(smoking(i, min(1, i / 6)) for i in range(9))]
    night = [np.repeat(image[..., 1:2], 3, axis=2) for image in day]
    for images in (day, night):
        assert [one.kind for one in feed(camera("smoke"), images)] == [Kind.SMOKE]


def test_a_grey_thing_that_is_put_down_is_none() -> None:
    images = [yard(i) for i in range(14)]
    for image in images[5:]:
        cv2.rectangle(image, (250, 150), (400, 300), (150, 150, 150), -1)
    assert feed(camera("smoke"), images) == []


def test_a_still_yard_has_none() -> None:
    assert feed(camera("smoke"), [yard(i) for i in range(14)]) == []
