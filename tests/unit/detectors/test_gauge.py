from __future__ import annotations

import numpy as np
import pytest

from tests.support.detecting import camera, feed, noisy
from tocsin.core.detections import Kind
from tocsin.core.frames import Image

RULE = {
    "detector": "gauge",
    "bottom_m": 0,
    "top_m": 4,
    "above": 2.5,
    "zone": [[0.4, 0], [0.6, 0], [0.6, 1], [0.4, 1]],
}


def river(level: float, seed: int) -> Image:
    image = np.full((360, 640, 3), (190, 195, 200), np.uint8)
    image[round(360 * (1 - level / 4)) :] = (70, 80, 60)
    return noisy(image, seed)


def test_a_river_that_rises_over_the_limit_is_a_flood_with_its_level() -> None:
    found = feed(camera(RULE), [river(1.0 + i * 0.25, i) for i in range(12)], step=60)
    assert [one.kind for one in found] == [Kind.FLOOD]
    level = dict(found[0].figures)["level"]
    assert level == pytest.approx(3.0, abs=0.5)


def test_a_river_below_the_limit_and_a_view_without_a_line_are_silent() -> None:
    assert feed(camera(RULE), [river(2.2, i) for i in range(8)], step=60) == []
    assert feed(camera(RULE), [noisy(np.full((360, 640, 3), 120, np.uint8), i) for i in range(8)]) == []
