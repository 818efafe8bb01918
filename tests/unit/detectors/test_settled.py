from __future__ import annotations

import numpy as np
import pytest

from tocsin.detectors.settled import SIZE, Settled

ROWS, COLUMNS = 180, 320


def now(level: int = 100) -> np.ndarray:
    return np.full((SIZE[1], SIZE[0]), level, np.uint8)


def region() -> np.ndarray:
    made = np.zeros((ROWS, COLUMNS), np.bool_)
    made[60:120, 90:150] = True
    return made


def changed() -> np.ndarray:
    return region().view(np.uint8) * np.uint8(255)


def test_an_empty_place_is_forgiven_until_something_stands_there() -> None:
    one = Settled()
    assert np.array_equal(one.forgive(changed(), now()), changed())
    one.learn(region(), now())
    assert not one.forgive(changed(), now()).any()
    assert one.forgive(changed(), now(150)).any()
    assert not one.forgive(changed(), now(105)).any()


def test_it_is_forgotten_once_the_background_has_caught_up() -> None:
    one = Settled()
    one.learn(region(), now())
    assert not one.forgive(np.zeros_like(changed()), now()).any()
    assert one.forgive(changed(), now()).any()


def test_nothing_is_known_after_the_background_began_anew() -> None:
    one = Settled()
    one.learn(region(), now())
    one.forget()
    assert one.forgive(changed(), now()).any()


def test_it_goes_on_from_its_state() -> None:
    one, other = Settled(), Settled()
    one.learn(region(), now())
    other.set_state(one.state())
    assert other.state() == one.state()
    assert not other.forgive(changed(), now()).any()
    with pytest.raises(ValueError, match="damaged"):
        other.set_state(one.state() + b"x")
