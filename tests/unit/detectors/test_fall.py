from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
import pytest

from tests.support.detecting import camera, feed, phases
from tests.support.ground import WIDTH, place
from tests.support.incidents import DEFAULT
from tocsin.core.detections import Detection, Kind
from tocsin.core.frames import Image
from tocsin.detectors.config import CameraDetectors

STEP = 0.2
FLOOR = 150


def figure(seed: int, x: float, tall: float, wide: float, *, floor: float = FLOOR) -> Image:
    """A person whose limbs move from picture to picture."""
    image = place(seed)
    sway = (-3, 2, 3, -2)[seed % 4]
    left, right, top = round(x - wide / 2), round(x + wide / 2), round(floor - tall)
    cv2.rectangle(image, (left, top), (right, round(floor)), (30, 40, 160), -1)
    cv2.rectangle(image, (left + 2 + sway, top + 2), (right - 4 + sway, top + 10), (230, 220, 60), -1)
    cv2.rectangle(
        image, (left + sway, round(floor) - 12), (left + 8 + sway, round(floor)), (200, 230, 200), -1
    )
    return image


def walk(count: int, begin: float = 60, pace: float = 6.0) -> list[Image]:
    return [place(i) for i in range(4)] + [figure(i, begin + pace * i, 80, 28) for i in range(count)]


def down(at: float, *, pictures: int = 5, tall: float = 24, wide: float = 84) -> list[Image]:
    """From upright to lying in `pictures` pictures."""
    steps = [(i + 1) / pictures for i in range(pictures)]
    return [
        figure(40 + i, at + 20 * s, 80 + (tall - 80) * s, 28 + (wide - 28) * s) for i, s in enumerate(steps)
    ]


def lie(at: float, count: int) -> list[Image]:
    """On the floor, moving an arm at first."""
    images = []
    for i in range(count):
        image = figure(60, at + 20, 24, 84)
        if i < 6:
            cv2.rectangle(
                image,
                (round(at) + 4 * (i % 3), 134),
                (round(at) + 10 + 4 * (i % 3), 140),
                (250, 250, 250),
                -1,
            )
        images.append(image)
    return images


def falls(images: Sequence[Image], step: float = STEP, **rule: object) -> list[Detection]:
    return feed(camera({"detector": "fall", **rule}), images, step=step)


def test_somebody_who_falls_and_stays_down_is_suggested_with_low_severity() -> None:
    found = falls([*walk(16), *down(156), *lie(156, 8)])
    assert [one.kind for one in found] == [Kind.FALL]
    assert found[0].severity <= 0.2
    assert dict(found[0].figures)["drop"] >= 0.4
    box = found[0].evidence.boxes[0]
    assert box.width > box.height * 180 / 320


def test_it_waits_for_as_long_as_is_asked_and_clears_when_they_get_up() -> None:
    up = [figure(80 + i, 176, min(80, 24 + 14 * i), max(28, 84 - 14 * i)) for i in range(8)]
    away = [figure(90 + i, 176 + 6 * i, 80, 28) for i in range(16)]
    assert falls([*walk(16), *down(156), *lie(156, 12), *up, *away], lies_seconds=5) == []
    quick = falls([*walk(16), *down(156), *lie(156, 12), *up, *away], clear_seconds=2)
    assert phases(quick) == ["raise", "clear"]


def sits_down() -> list[Image]:
    return [*walk(16), *down(156, pictures=6, tall=56, wide=36), *(figure(i, 176, 56, 36) for i in range(20))]


def lies_down_slowly() -> list[Image]:
    return [*walk(16), *down(156, pictures=24), *lie(156, 20)]


def leaves_below() -> list[Image]:
    return [
        *walk(16),
        *(figure(i, 156, 80, 28, floor=FLOOR + 14 * i) for i in range(8)),
        *(place(i) for i in range(20)),
    ]


def leaves_below_and_another_comes_in() -> list[Image]:
    head = [figure(i, 150, 80, 40, floor=FLOOR + 90 - 10 * i) for i in range(9)]
    return [*leaves_below(), *head, *walk(10)]


def walks_away() -> list[Image]:
    return [figure(i, 60 + 5 * i, 100 - 2 * i, 34 - 0.6 * i, floor=170 - 2 * i) for i in range(36)]


def bends_down() -> list[Image]:
    bent = [*down(156, pictures=4, tall=40, wide=48), *down(156, pictures=4, tall=40, wide=48)[::-1]]
    return [*walk(16), *bent, *(figure(i, 156 + 6 * i, 80, 28) for i in range(14))]


def camera_moves() -> list[Image]:
    return [np.roll(image, 12 * i, axis=1) for i, image in enumerate([*walk(16), *down(156), *lie(156, 8)])]


@pytest.mark.parametrize(
    "scene",
    [
        sits_down,
        lies_down_slowly,
        leaves_below,
        leaves_below_and_another_comes_in,
        walks_away,
        bends_down,
        camera_moves,
    ],
)
def test_what_is_no_fall_is_silent(scene: Callable[[], list[Image]]) -> None:
    assert falls(scene()) == []


def test_with_a_picture_a_second_it_says_nothing() -> None:
    assert falls([*walk(16), *down(156), *lie(156, 8)], step=1.0) == []


def test_a_bed_is_left_out_by_a_zone() -> None:
    images = [*walk(16), *down(156), *lie(156, 8)]
    assert falls(images, zone=[[0, 0], [0.3, 0], [0.3, 1], [0, 1]]) == []
    assert phases(falls(images, zone=[[0, 0], [1, 0], [1, 1], [0, 1]])) == ["raise"]
    assert images[0].shape[1] == WIDTH


def test_no_camera_has_it_unless_a_rule_names_it() -> None:
    assert "fall" not in [rule.detector for rule in CameraDetectors().detectors]


@pytest.mark.parametrize("severity", [None, 1.0])
def test_the_shipped_policy_never_confirms_it_by_itself(severity: float | None) -> None:
    rule = {} if severity is None else {"severity": severity}
    (found,) = falls([*walk(16), *down(156), *lie(156, 8)], **rule)
    automatic = DEFAULT.automatic
    assert found.kind not in automatic.alone | automatic.certified | automatic.agreeing
    assert DEFAULT.grade(found.kind, found.severity) not in DEFAULT.unanswered.system_confirms
