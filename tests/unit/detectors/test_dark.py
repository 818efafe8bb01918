from __future__ import annotations

import numpy as np
import pytest

from tests.support.detecting import camera, frame, noisy
from tests.support.scenes import Dark, Exposure, Scene, play
from tocsin.core.detections import Kind

HOUR = 3600.0
DAY = 24 * HOUR
LIT = np.full((90, 160, 3), 120, np.uint8)
BLACK = np.full((90, 160, 3), 5, np.uint8)


def told(
    begin: float, shades: list[tuple[float, np.ndarray]], bank: object = None, step: float = 60.0
) -> list[str]:
    """Show each picture for its span of seconds; give what was said with the hour of the day."""
    one = bank or camera("dark")
    said, at = [], begin
    for seconds, image in shades:
        for number in range(int(seconds / step)):
            found = one.observe(frame(at, noisy(image, number)))  # type: ignore[attr-defined]
            said += [f"{f.phase.value} {f.reason_code} {at % DAY / HOUR:.1f}" for f in found]
            at += step
    return said


def test_lights_that_go_out_all_at_once_in_a_lit_hour_are_told_until_they_are_back() -> None:
    one = camera("dark")
    assert told(0, [(DAY + 9 * HOUR - 120, LIT)], one, step=240) == []
    shades = [(120, LIT), (600, BLACK), (600, LIT)]
    assert told(DAY + 9 * HOUR - 120, shades, one, step=20) == [
        "raise dark.sudden 9.0",
        "clear dark.back 9.2",
    ]


def test_the_first_evening_says_nothing_unless_it_is_asked_to() -> None:
    scene = Scene("hall", weather=[Dark(20, 80)], size=(160, 90))
    assert play(camera("dark"), scene, seconds=90) == []
    said = play(camera({"detector": "dark", "learn_days": 0}), scene, seconds=95)
    assert [(one.detection.phase.value, one.detection.kind) for one in said] == [
        ("raise", Kind.VIDEO_LOSS),
        ("clear", Kind.VIDEO_LOSS),
    ]
    assert said[0].at_s == pytest.approx(51, abs=1)


def test_lights_that_are_put_out_every_evening_are_no_news() -> None:
    one, evening = camera("dark"), [(18 * HOUR, LIT), (6 * HOUR, BLACK)]
    assert told(0, evening * 2, one, step=100) == []


def test_a_night_that_falls_slowly_is_none() -> None:
    nightfall = Exposure(((0, 1), (60, 1), (900, 0.01)))
    bank = camera({"detector": "dark", "learn_days": 0})
    assert play(bank, Scene(weather=[nightfall], size=(160, 90)), seconds=1500, every=15) == []


def test_a_lamp_that_fails_at_dusk_is_told_when_it_used_to_light_the_night() -> None:
    one = camera("dark")
    assert told(0, [(3.5 * DAY, LIT)], one, step=600) == []
    shades = [LIT // 2, LIT // 4, LIT // 8, BLACK]
    fading = [(3 * HOUR, LIT), *((600.0, shade) for shade in shades), (3 * HOUR, BLACK)]
    assert told(3.5 * DAY, fading, one, step=150) == ["raise dark.unusual 15.9"]


def test_a_street_lamp_in_view_is_light_enough() -> None:
    lamp = BLACK.copy()
    lamp[10:24, 20:40] = 220
    bank = camera({"detector": "dark", "learn_days": 0})
    assert told(0, [(HOUR, LIT), (HOUR, lamp)], bank) == []
