from __future__ import annotations

import numpy as np
import pytest

from tocsin.detectors.restless import Restless
from tocsin.detectors.settled import SIZE


def stir(left: float, right: float) -> np.ndarray:
    picture = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    picture[:, round(left * SIZE[0]) : round(right * SIZE[0])] = 255
    return picture


def test_a_tree_becomes_restless_and_the_yard_does_not() -> None:
    one = Restless()
    for _ in range(90 * 5):
        one.learn(stir(0.0, 0.2), 0.2)
    assert one.share(0.02, 0.2, 0.1, 0.4) > 0.4
    assert one.share(0.5, 0.2, 0.1, 0.4) == 0


def test_somebody_who_passes_leaves_no_trace_for_long() -> None:
    one = Restless()
    for _ in range(15):
        one.learn(stir(0.4, 0.5), 0.2)
    assert one.share(0.42, 0.3, 0.05, 0.5) < 0.05


def test_one_windy_picture_a_minute_stands_for_seconds() -> None:
    one = Restless()
    one.learn(stir(0.0, 1.0), 600.0)
    assert one.share(0.0, 0.0, 1.0, 1.0) < 0.05


def test_places_at_the_edge_and_beyond_are_answered() -> None:
    assert Restless().share(1.0, 1.0, 0.0, 0.0) == 0
    assert Restless().share(-0.2, -0.2, 2.0, 2.0) == 0


def test_it_goes_on_from_its_state() -> None:
    one, other = Restless(), Restless()
    one.learn(stir(0.3, 0.6), 1.0)
    other.set_state(one.state())
    assert other.share(0.4, 0.4, 0.1, 0.1) == one.share(0.4, 0.4, 0.1, 0.1) > 0
    with pytest.raises(ValueError, match="reshape"):
        other.set_state(b"\0" * 8)
