from __future__ import annotations

import numpy as np
import pytest

from tests.support.detecting import frame, yard
from tocsin.core.errors import Rejected
from tocsin.detectors.burst import Gathering


def gathered(pictures: int, rate: float) -> Gathering:
    one = Gathering()
    for index in range(pictures):
        one.add(frame(index / rate, yard(index)))
    return one


def test_three_seconds_at_twenty_five_a_second_are_a_burst() -> None:
    burst = gathered(75, 25).take(None)
    assert burst is not None
    assert burst.rate == pytest.approx(25)
    assert burst.colour.shape == (75, 180, 320, 3)
    assert burst.gray.shape == (75, 180, 320)
    assert len(burst.sha256) == 75
    assert not burst.infrared


@pytest.mark.parametrize(("pictures", "rate"), [(45, 15), (10, 25), (1, 25), (0, 25)])
def test_too_slow_or_too_short_is_none(pictures: int, rate: float) -> None:
    assert gathered(pictures, rate).take(None) is None


def test_it_is_bounded_whatever_comes() -> None:
    one = gathered(400, 60)
    assert len(one) == 120


def test_what_does_not_fit_is_left_out() -> None:
    one = gathered(40, 25)
    one.add(frame(0.0, yard()))
    one.add(frame(9.0, np.zeros((100, 100, 3), np.uint8)))
    assert len(one) == 40
    with pytest.raises(Rejected, match=r"picture\.shape"):
        one.add(frame(9.5, np.zeros((4, 4, 3), np.uint8)))


def test_after_a_burst_the_next_begins_anew() -> None:
    one = gathered(75, 25)
    assert one.take(None) is not None
    assert len(one) == 0
    assert one.last_us == -1
