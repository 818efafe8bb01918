"""A camera that has run for a day: what all its detectors together remember does not grow."""

from __future__ import annotations

import numpy as np
import pytest

from tests.contract.test_detectors import PARAMETERS
from tests.support import detecting
from tests.support.detecting import frame
from tests.support.scenes import Flames, FloodWater, Rain, Scene, SmokeColumn, walking
from tocsin.detectors.catalog import PICTURES

PICTURES_SHOWN = 100_000
STATE_MAX = 256 * 1024


def film() -> list[np.ndarray]:
    """Sixty small pictures in which much happens."""
    walk = walking((0.0, 0.85), (1.0, 0.85), 10, 22)
    events = [Flames(from_s=20, to_s=40), SmokeColumn(from_s=30, to_s=55), FloodWater(from_s=40, to_s=60)]
    light = ((0, "day"), (50, "infrared"))
    scene = Scene(place="yard", light=light, events=events, weather=[walk, Rain()], size=(64, 36))
    return [scene.picture(float(second)) for second in range(60)]


@pytest.mark.heavy
@pytest.mark.timeout(900)
def test_memory_is_bounded_over_a_hundred_thousand_pictures() -> None:
    images = film()
    one = detecting.camera(*({"detector": name, **PARAMETERS.get(name, {})} for name in PICTURES))
    sizes = []
    for number in range(PICTURES_SHOWN):
        one.observe(frame(number * 2.0, images[number % len(images)], sha256=f"{number % 60:064x}"))
        if number % 10_000 == 9_999:
            sizes.append(len(one.snapshot()))
    assert max(sizes) <= STATE_MAX
    assert sizes[-1] <= max(sizes[:3]) * 1.1 + 1024, sizes
