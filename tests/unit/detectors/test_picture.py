from __future__ import annotations

from tests.support.detecting import frame, yard
from tocsin.detectors.look import Scene
from tocsin.detectors.picture import relative_box


def test_pixels_become_relative() -> None:
    look = Scene().look(frame(0, yard()))
    box = relative_box((160, 90, 160, 90), look, "fire", 3.0)
    assert (box.x, box.y, box.width, box.height, box.score) == (0.5, 0.5, 0.5, 0.5, 1.0)
