from __future__ import annotations

import numpy as np

from tests.support.detecting import frame, yard
from tocsin.detectors.look import PIXELS, STEADY, Scene, edges_kept, halved, small_size, zone_mask


def test_any_shape_becomes_small_and_keeps_its_shape() -> None:
    for height, width in ((1080, 1920), (480, 640), (1920, 1080), (100, 4000)):
        small = small_size(height, width)
        assert small[0] * small[1] <= PIXELS
    assert small_size(90, 160) == (90, 160)


def test_a_still_scene_has_no_change_and_half_the_light_is_none_either() -> None:
    scene = Scene()
    for index in range(5):
        look = scene.look(frame(index, yard(index)))
    assert look.changed_share == 0
    assert scene.look(frame(6, (yard(6) * 0.6).astype(np.uint8))).changed_share < 0.05


def test_a_camera_that_moves_is_not_steady_at_any_rate() -> None:
    for step, shift in ((1.0, 20), (0.2, 4)):
        scene = Scene()
        looks = [scene.look(frame(i * step, np.roll(yard(i), i * shift, axis=1))) for i in range(20)]
        assert looks[-1].steady < STEADY


def test_infra_red_is_told_and_starts_a_new_background() -> None:
    scene = Scene()
    scene.look(frame(0, yard()))
    look = scene.look(frame(1, np.repeat(yard()[..., 1:2], 3, axis=2)))
    assert look.infrared
    assert look.switched
    assert look.learning


def test_edges_stand_when_it_gets_darker_and_fall_when_it_is_covered() -> None:
    before = halved(yard()[..., 1])
    assert edges_kept(before, (before * 0.5).astype(np.uint8)) > 0.9
    assert edges_kept(before, np.full_like(before, 90)) == 0


def test_a_zone_is_painted_inside_only() -> None:
    mask = zone_mask(((0, 0), (0.5, 0), (0.5, 1), (0, 1)), 20, 40)
    assert mask is not None
    assert mask[10, 5] == 255
    assert mask[10, 35] == 0
