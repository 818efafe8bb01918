from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.support.detecting import camera, feed, noisy, yard
from tocsin.core.frames import Image


def codes(images: list[Image]) -> list[str]:
    return [one.reason_code for one in feed(camera("tamper"), [*(yard(i) for i in range(4)), *images])]


@pytest.mark.parametrize(
    ("images", "code"),
    [
        ([noisy(np.full((360, 640, 3), (50, 60, 70), np.uint8), i) for i in range(5)], "tamper.covered"),
        ([noisy(np.full((360, 640, 3), 60, np.uint8), i) for i in range(5)], "tamper.covered"),
        ([np.roll(yard(i), 90, axis=1) for i in range(6)], "tamper.moved"),
        ([cv2.GaussianBlur(yard(i), (0, 0), 5).astype(np.uint8) for i in range(5)], "tamper.blurred"),
    ],
)
def test_each_way_of_tampering_is_named(images: list[Image], code: str) -> None:
    assert codes(images) == [code]


def test_less_light_and_more_light_are_none() -> None:
    assert codes([(yard(i) * 0.5).astype(np.uint8) for i in range(6)]) == []
    assert codes([np.clip(yard(i) * 1.3, 0, 255).astype(np.uint8) for i in range(6)]) == []


def test_the_usual_view_clears_it() -> None:
    one = camera({"detector": "tamper", "clear_seconds": 2})
    covered = [noisy(np.full((360, 640, 3), 60, np.uint8), i) for i in range(4)]
    found = feed(one, [*(yard(i) for i in range(4)), *covered, *(yard(i) for i in range(6))])
    assert [f.phase.value for f in found] == ["raise", "clear"]
