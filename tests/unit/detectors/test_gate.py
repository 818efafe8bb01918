from __future__ import annotations

import numpy as np

from tests.support.moving import look
from tocsin.core.frames import Box
from tocsin.detectors.blobs import Blob
from tocsin.detectors.gate import WHOLE, Gate
from tocsin.detectors.settled import SIZE

LEFT = ((0.0, 0.0), (0.4, 0.0), (0.4, 1.0), (0.0, 1.0))
STIR = np.full((SIZE[1], SIZE[0]), 255, np.uint8)
STILL = np.zeros_like(STIR)


def blob(x: float, *, stirs: float = 0.3) -> Blob:
    return Blob(x, 0.5, 0.06, 0.2, 0.01, stirs, solid=True)


def gate(*, whole: bool = False) -> Gate:
    return Gate([LEFT], whole=whole)


def test_nothing_moved_and_nobody_is_asked() -> None:
    one = gate()
    assert all(one.region(look(at), [], STILL, []) is None for at in range(30))


def test_what_moves_in_the_zone_is_shown_with_some_ground_around_it() -> None:
    region = gate().region(look(0), [blob(0.2)], STIR, [])
    assert region is not None
    assert region.x <= 0.2
    assert region.x + region.width >= 0.26
    assert region.width * region.height < 0.5
    assert min(region.width, region.height) >= 0.39


def test_what_moves_outside_every_zone_is_not_shown() -> None:
    assert gate().region(look(0), [blob(0.7)], STIR, []) is None
    assert Gate([LEFT, None], whole=False).region(look(0), [blob(0.7)], STIR, []) is not None


def test_what_stands_still_is_asked_about_every_few_pictures() -> None:
    one = gate()
    asked = [one.region(look(at / 5), [blob(0.2, stirs=0.0)], STILL, []) is not None for at in range(31)]
    assert 5 <= sum(asked) <= 8
    slow = gate()
    assert all(slow.region(look(at * 3), [blob(0.2, stirs=0.0)], STILL, []) for at in range(1, 5))


def test_a_named_thing_that_stirs_is_asked_about_wherever_it_went() -> None:
    named = Box(0.8, 0.5, 0.1, 0.3, "person")
    assert gate().region(look(0), [], STIR, [named]) is not None
    assert gate().region(look(0), [], STIR, [Box(0.8, 0.5, 0.1, 0.3, "moving")]) is None


def test_the_first_pictures_are_shown_by_day_and_not_under_infra_red() -> None:
    assert gate().region(look(0, learning=True), [], None, []) == WHOLE
    assert gate().region(look(0, learning=True, infrared=True), [], None, []) is None


def test_a_rule_that_counts_wants_its_whole_zone() -> None:
    region = gate(whole=True).region(look(0), [blob(0.2)], STIR, [])
    assert region is not None
    assert region.x == 0
    assert region.width >= 0.4
    assert region.height == 1
    assert Gate([None], whole=True).region(look(0), [blob(0.2)], STIR, []) == WHOLE


def test_regions_stay_in_the_picture() -> None:
    for x in (0.0, 0.3, 0.36):
        region = gate().region(look(0), [blob(x)], STIR, [])
        assert region is not None
        assert 0 <= region.x <= region.x + region.width <= 1 + 1e-9
        assert 0 <= region.y <= region.y + region.height <= 1 + 1e-9


def test_it_goes_on_from_its_state() -> None:
    one, other = gate(), gate()
    for at in range(3):
        one.region(look(at / 5), [blob(0.2, stirs=0.0)], STILL, [])
    other.set_state(one.state())
    for at in range(3, 20):
        args = (look(at / 5), [blob(0.2, stirs=0.0)], STILL, [])
        assert one.region(*args) == other.region(*args)  # type: ignore[arg-type]
