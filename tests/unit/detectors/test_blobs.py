from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.support.moving import SHAPE, look
from tocsin.core.frames import Image
from tocsin.detectors.blobs import Blob, blobs, stir_picture, stir_share, stirred
from tocsin.detectors.look import Look
from tocsin.detectors.settled import Settled


def ground(seed: int = 7) -> Image:
    """Gravel below a plain wall."""
    image = np.full(SHAPE, 140, np.uint8)
    image[90:] = cv2.blur(np.random.default_rng(seed).integers(40, 180, (90, SHAPE[1]), np.uint8), (3, 3))
    return image


def person(image: Image, x: int = 150, y: int = 60, level: int = 40) -> Image:
    made = image.copy()
    made[y : y + 60, x : x + 20] = level
    return made


def seen(
    now: Image, before: Image | None = None, settled: Settled | None = None, **more: object
) -> list[Blob]:
    picture = look(0.0, gray=now, background=ground(), **more)  # type: ignore[arg-type]
    small = stir_picture(picture)
    earlier = None if before is None else stir_picture(look(0.0, gray=before))
    return blobs(picture, stirred(earlier, small), small, settled or Settled())


def test_somebody_who_came_is_one_solid_region_where_he_stands() -> None:
    (blob,) = seen(person(ground()), ground())
    assert blob.solid
    assert blob.stirs > 0.5
    assert (blob.x, blob.y, blob.width, blob.height) == pytest.approx(
        (150 / 320, 60 / 180, 20 / 320, 60 / 180), abs=0.02
    )


def test_somebody_who_stands_still_is_still_there() -> None:
    (blob,) = seen(person(ground()), person(ground()))
    assert blob.solid
    assert blob.stirs == 0


def test_nobody_is_nothing() -> None:
    assert seen(ground(), ground()) == []


def test_a_cone_of_light_is_not_solid() -> None:
    light = np.zeros(SHAPE, np.float32)
    cv2.ellipse(light, (160, 130), (50, 25), 0, 0, 360, 1.0, -1)
    light = cv2.GaussianBlur(light, (0, 0), 9)
    lit = np.clip(ground() * (1 + 0.8 * light), 0, 255).astype(np.uint8)
    assert all(not blob.solid for blob in seen(lit, ground()))


def test_the_shadow_of_a_cloud_is_not_solid() -> None:
    dark = ground().copy()
    dark[100:170, 60:220] = (dark[100:170, 60:220] * 0.55).astype(np.uint8)
    assert all(not blob.solid for blob in seen(dark, ground()))


def test_the_ghost_of_somebody_who_has_left_is_dropped_and_remembered() -> None:
    settled = Settled()
    haunted = person(ground())
    picture = look(0.0, gray=ground(), background=haunted)
    small = stir_picture(picture)
    assert blobs(picture, stirred(small, small), small, settled) == []
    assert settled.state() != Settled().state()


@pytest.mark.parametrize(
    ("x", "y", "width", "height"),
    [(100, 60, 3, 3), (100, 20, 2, 150), (10, 100, 300, 12)],
    ids=["a fly", "a streak of rain", "a cable"],
)
def test_what_has_no_plausible_shape_is_nothing(x: int, y: int, width: int, height: int) -> None:
    now = ground()
    now[y : y + height, x : x + width] = 10
    assert seen(now, ground()) == []


def test_before_there_is_a_background_what_stirs_is_taken() -> None:
    now, before = person(ground(), 160), person(ground(), 150)
    assert seen(now, before, learning=True)
    assert seen(now, None, learning=True) == []


def test_a_picture_that_changed_as_a_whole_shows_nothing() -> None:
    inverse = np.full(SHAPE, 255, np.uint8) - ground()
    assert seen(inverse, ground()) == []


def test_exposure_does_not_stir() -> None:
    brighter = np.clip(ground() * 1.4, 0, 255).astype(np.uint8)
    one, other = stir_picture(look(0, gray=ground())), stir_picture(look(0, gray=brighter))
    stir = stirred(one, other)
    assert stir is not None
    assert np.count_nonzero(stir) < 0.02 * stir.size


def test_the_share_that_stirs_is_asked_for_any_box() -> None:
    stir = np.zeros((60, 107), np.uint8)
    stir[:30] = 255
    assert stir_share(stir, 0.0, 0.0, 1.0, 1.0) == pytest.approx(0.5)
    assert stir_share(stir, 0.9, 0.9, 0.5, 0.5) == 0
    assert stir_share(stir, 1.0, 1.0, 0.0, 0.0) in {0.0, 1.0}
    assert stir_share(None, 0.0, 0.0, 1.0, 1.0) == 0


def test_at_most_so_many_regions_are_looked_at() -> None:
    now = ground()
    for row in range(8):
        for column in range(12):
            now[row * 22 : row * 22 + 12, column * 26 : column * 26 + 8] = 255
    found: list[Blob] = seen(now, ground())
    assert len(found) <= 24
    assert isinstance(look(0.0), Look)
