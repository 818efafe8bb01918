from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.detectors.fire_colour import painted, palette, regions

Colour = tuple[int, int, int]


def plain(colour: Colour) -> np.ndarray:
    return np.full((40, 60, 3), colour, np.uint8)


def burning(core: Colour, rim: Colour) -> np.ndarray:
    """A disc whose colour runs from `core` to `rim`, before grey."""
    image = plain((120, 120, 120))
    rows, columns = np.indices(image.shape[:2])
    far = np.hypot(rows - 20, columns - 30) / 9
    for channel in range(3):
        level = np.interp(far, [0, 0.4, 1], [core[channel], core[channel], rim[channel]])
        image[..., channel] = np.where(far <= 1, level, image[..., channel])
    return image


@pytest.mark.parametrize("colour", [(15, 125, 250), (40, 110, 230), (110, 130, 250)])
def test_the_rim_of_flames_is_red_orange_also_through_smoke(colour: Colour) -> None:
    assert (painted(plain(colour))[0] == 255).all()


@pytest.mark.parametrize(
    "colour",
    [
        (36, 44, 226),  # red cloth
        (60, 60, 255),  # tail light
        (255, 255, 255),  # headlight
        (140, 220, 250),  # evening sky
        (110, 160, 215),  # skin, sunlit soil
        (90, 170, 235),  # straw
        (0, 0, 0),
        (255, 120, 220),  # violet
    ],
)
def test_other_colours_are_no_rim(colour: Colour) -> None:
    assert not painted(plain(colour))[0].any()


def test_a_flame_is_yellower_where_it_is_brighter_and_cloth_is_not() -> None:
    flame = burning((150, 245, 255), (20, 90, 225))
    cloth = burning((20, 110, 255), (16, 88, 204))
    assert regions(flame, None, 10)[0].palette.of_flames
    assert not regions(cloth, None, 10)[0].palette.of_flames


def test_a_pale_core_in_a_dark_red_rim_that_is_no_light_is_none() -> None:
    dim = burning((150, 245, 255), (20, 90, 225)) * 0.8
    assert not any(found.palette.of_flames for found in regions(dim.astype(np.uint8), None, 10))


def test_a_region_has_its_place_and_the_zone_bounds_it() -> None:
    flame = burning((150, 245, 255), (20, 90, 225))
    found = regions(flame, None, 10)[0]
    assert found.left <= 21
    assert found.left + found.width >= 39
    assert found.body.shape == (found.height, found.width)
    elsewhere = np.zeros((40, 60), np.uint8)
    elsewhere[:, :10] = 255
    assert regions(flame, elsewhere, 10) == []
    assert regions(flame, None, 100_000) == []


@given(st.binary(min_size=3 * 16, max_size=3 * 16))
def test_any_pixels_have_a_palette_of_finite_numbers(levels: bytes) -> None:
    tint = palette(np.frombuffer(levels, np.uint8).reshape(-1, 3))
    assert np.isfinite([tint.low, tint.high, tint.rising, tint.brightest]).all()
    assert tint.spread >= 0
    assert -1.01 <= tint.rising <= 1.01


def test_two_pictures_of_one_thing_are_judged_together() -> None:
    yellow, red = (
        palette(burning((20, 200, 255), (20, 190, 250)).reshape(-1, 3)),
        palette(burning((10, 100, 210), (10, 80, 200)).reshape(-1, 3)),
    )
    both = yellow.with_other(red)
    assert both.spread >= max(yellow.spread, red.spread)
    assert both == red.with_other(yellow)


def test_too_few_pixels_say_nothing() -> None:
    assert not palette(np.zeros((3, 3), np.uint8)).of_flames
