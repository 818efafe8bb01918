from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tocsin.detectors.gauge_line import water_line


def strip(line: float, above: float = 200, below: float = 80, rows: int = 400) -> NDArray[np.float32]:
    image = np.full((rows, 24), above, np.float32)
    image[round(rows * line) :] = below
    return image + np.random.default_rng(0).normal(0, 2, image.shape).astype(np.float32)


@pytest.mark.parametrize("line", [0.1, 0.333, 0.5, 0.9])
@pytest.mark.parametrize(("above", "below"), [(200, 80), (60, 150)])
def test_the_line_is_found_to_two_rows_whichever_side_is_bright(
    line: float, above: float, below: float
) -> None:
    assert water_line(strip(line, above, below)) == pytest.approx(line, abs=0.006)


def test_the_reflections_below_do_not_count() -> None:
    image = strip(0.4, 200, 120)
    image[280:] = 20
    assert water_line(image) == pytest.approx(0.4, abs=0.006)


def test_ticks_of_a_staff_and_a_stain_do_not_count() -> None:
    image = strip(0.7)
    for row in range(0, 270, 16):
        image[row : row + 5, :10] -= 150
    image[100:280] -= 30
    assert water_line(image) == pytest.approx(0.7, abs=0.01)


def test_what_does_not_cross_the_strip_is_no_line() -> None:
    image = strip(2.0)
    image[200:, :12] = 60
    assert water_line(image) is None


def test_without_a_change_there_is_no_line() -> None:
    assert water_line(strip(2.0)) is None
    assert water_line(np.zeros((400, 24), np.float32)) is None
