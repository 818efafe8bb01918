from __future__ import annotations

import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.support.detecting import smoking, yard
from tocsin.core.frames import Image
from tocsin.detectors.look import Gray, pixels, shrunk
from tocsin.detectors.smoke_veil import Cloud, Trace, Veil, blocks, clouds, follow, spread, veil


def gray(image: Image) -> Gray:
    return pixels(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))


BACKGROUND = shrunk(yard(0))
BEHIND = pixels(cv2.blur(gray(BACKGROUND), (3, 3)))


def seen(image: Image) -> Veil:
    small = shrunk(image)
    return veil(BEHIND, gray(small), small, 0.7)


def largest(*images: Image, seconds: float = 1.0) -> Cloud | None:
    """The largest cloud of the last picture, the others `seconds` apart before it."""
    trace: Trace | None = None
    found: list[Cloud] = []
    for image in images:
        now = seen(image)
        trace = follow(now, trace, seconds)
        found = clouds(now, trace, 10, None)
    return found[0] if found else None


def blob(x: int, y: int) -> Image:
    """An insect: dark, closed and out of focus."""
    weight = np.zeros((360, 640), np.float32)
    cv2.circle(weight, (x, y), 75, 1.0, -1)
    weight = cv2.GaussianBlur(weight, (0, 0), 14).astype(np.float32)[..., None]
    return (yard(1) * (1 - weight) + 36 * weight).astype(np.uint8)


def test_the_background_itself_is_clear() -> None:
    now = seen(yard(3))
    assert now.textured.sum() > 100
    assert not now.clouded.any()


def test_a_half_open_veil_lets_half_through() -> None:
    image = yard(1).astype(np.float32)
    half = (0.5 * image + 0.5 * 200).astype(np.uint8)
    now = seen(half)
    assert 0.45 < np.median(now.passed[now.textured]) < 0.55
    assert now.veiled[now.textured].mean() > 0.7


def test_a_shadow_is_no_veil() -> None:
    dark = (yard(1).astype(np.float32) * 0.5).astype(np.uint8)
    assert seen(dark).veiled.sum() == 0


def test_a_lens_out_of_focus_is_no_veil() -> None:
    blurred = cv2.GaussianBlur(yard(1), (0, 0), 6).astype(np.uint8)
    now = seen(blurred)
    assert now.veiled[now.textured].mean() < 0.1


def test_smoke_has_a_graded_rim_and_a_thing_a_sharp_one() -> None:
    smoke = largest(smoking(3, 0.5), smoking(4, 0.6))
    box = yard(1)
    cv2.rectangle(box, (200, 210), (400, 340), (190, 190, 190), -1)
    thing = largest(box)
    assert smoke is not None
    assert thing is not None
    assert smoke.graded > 0.4
    assert thing.graded < 0.2
    assert smoke.restless > 0.4
    assert largest(box, box).restless == 0  # type: ignore[union-attr]


def test_a_veil_is_restless_for_a_while_after_it_changed() -> None:
    first, second = smoking(3, 0.5), smoking(4, 0.6)
    again, later = largest(first, second, second), largest(first, second, second, seconds=5.0)
    assert again is not None
    assert later is not None
    assert again.stirred == later.stirred == 0
    assert again.restless > 0.4
    assert later.restless == 0


def test_what_walks_on_leaves_the_view_open_and_what_stands_does_not() -> None:
    insect = largest(blob(260, 220), blob(310, 240), blob(360, 250))
    smoke = largest(smoking(3, 0.5), smoking(4, 0.6), smoking(5, 0.6))
    assert insect is not None
    assert smoke is not None
    assert insect.left > 0.3
    assert smoke.left < 0.1


def test_what_was_left_long_ago_is_forgotten() -> None:
    insect = largest(blob(260, 220), blob(310, 240), blob(360, 250), seconds=5.0)
    assert insect is not None
    assert insect.left == 0


def test_fog_is_spilt_over_everything() -> None:
    fog = (0.55 * yard(1).astype(np.float32) + 0.45 * 205).astype(np.uint8)
    found = largest(fog)
    assert found is not None
    assert found.covered > 0.6


def test_only_what_lies_within_counts() -> None:
    now = seen(smoking(4, 0.6))
    nowhere = np.zeros_like(now.clouded)
    assert clouds(now, follow(now, None, 0.0), 10, nowhere) == []


@given(st.integers(8, 90), st.integers(8, 90), st.integers(0, 255))
def test_blocks_keep_the_mean(rows: int, columns: int, level: int) -> None:
    values = np.full((rows, columns), level, np.uint8)
    found = blocks(values)
    assert found.shape == (rows // 8, columns // 8)
    assert np.allclose(found, level)


def test_spread_is_zero_for_grey_and_large_for_red() -> None:
    grey = np.full((16, 16, 3), 90, np.uint8)
    red = np.full((16, 16, 3), (10, 20, 220), np.uint8)
    assert spread(grey).max() == 0
    assert spread(red).min() == 210
