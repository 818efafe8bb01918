from __future__ import annotations

import numpy as np
import pytest

from tests.support.ground import HEIGHT, WIDTH, place
from tocsin.detectors.look import Gray
from tocsin.detectors.water_cells import CELL, cell_colours, compare, grown, largest, small, unevenness


def gray(seed: int) -> Gray:
    return small(place(seed)[..., 1])


@pytest.mark.parametrize("shape", [(180, 320), (320, 180), (207, 277), (8, 8), (24, 400)])
def test_small_pictures_have_whole_cells_and_few_pixels(shape: tuple[int, int]) -> None:
    made = small(np.zeros(shape, np.uint8))
    assert made.shape[0] % CELL == 0 == made.shape[1] % CELL
    assert made.size <= 1.2 * 128 * 72
    colours = cell_colours(np.zeros((*shape, 3), np.uint8), made.shape)
    cells = compare(made, made, made)
    assert colours.shape[:2] == cells.kept.shape == (made.shape[0] // CELL, made.shape[1] // CELL)


def test_ground_is_kept_in_any_light_and_gone_where_something_else_lies() -> None:
    ground = gray(0)
    assert np.median(compare(gray(1), ground, ground).kept) > 0.9
    dim = (gray(1) * 0.5).astype(np.uint8)
    assert np.median(compare(dim, ground, ground).kept) > 0.8
    other = np.random.default_rng(1).integers(80, 120, ground.shape).astype(np.uint8)
    cells = compare(other, ground, gray(1))
    assert np.median(np.abs(cells.kept)) < 0.2
    assert np.median(cells.stir) > 3 * np.median(compare(gray(1), ground, gray(2)).stir)


def test_a_cone_of_light_is_no_structure_of_the_ground() -> None:
    lamp = np.repeat(np.linspace(40, 200, 128)[None, :], 72, axis=0).astype(np.uint8)
    assert np.median(compare(lamp, lamp, lamp).rough) < 1


def test_the_largest_region_is_kept_with_its_holes_closed() -> None:
    flags = np.zeros((18, 32), bool)
    flags[10:16, 4:20] = True
    flags[12, 8] = False
    flags[2, 2] = True
    kept = largest(flags)
    assert kept[12, 8]
    assert not kept[2, 2]
    assert not largest(np.zeros((18, 32), bool)).any()
    assert np.count_nonzero(grown(kept)) == 8 * 18


def test_a_front_is_even_and_snow_is_not() -> None:
    water = np.ones((18, 32), bool)
    front = np.repeat(np.arange(18, dtype=np.float32)[:, None], 32, axis=1)
    scattered = np.random.default_rng(0).permuted(front, axis=0)
    assert unevenness(front, water) < 0.5
    assert unevenness(scattered, water) > 3
    assert place(0).shape[:2] == (HEIGHT, WIDTH)
