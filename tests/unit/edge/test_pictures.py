from __future__ import annotations

import hashlib

import cv2
import numpy as np
import pytest

from tests.support.edge import picture
from tocsin.core.errors import Rejected
from tocsin.core.wire import PICTURE_BYTES_MAX, THUMBNAIL_BYTES_MAX
from tocsin.edge import pictures


def code(jpeg: bytes) -> str:
    with pytest.raises(Rejected) as refusal:
        pictures.decode(jpeg)
    return refusal.value.code


def test_a_whole_picture_decodes() -> None:
    assert pictures.decode(picture()).shape == (180, 320, 3)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.9, 0.999])
def test_a_picture_cut_off_anywhere_is_refused(share: float) -> None:
    whole = picture()
    assert code(whole[: int(len(whole) * share)]) == "picture.truncated"


def test_what_is_no_jpeg_is_refused() -> None:
    assert code(b"") == "picture.form"
    assert code(b"\x89PNG\r\n" + picture()) == "picture.form"


def test_a_jpeg_with_a_ruined_header_is_refused() -> None:
    whole = bytearray(picture())
    whole[4:300] = b"\x00" * 296
    assert code(bytes(whole)) == "picture.undecodable"


def test_a_jpeg_damaged_in_the_middle_never_raises_anything_else() -> None:
    chance = np.random.default_rng(5)
    for _ in range(40):
        damaged = bytearray(picture())
        for at in chance.integers(0, len(damaged) - 2, 12):
            damaged[at] = int(chance.integers(0, 256))
        try:
            pictures.decode(bytes(damaged))
        except Rejected as error:
            assert error.code.startswith("picture.")


def test_a_huge_picture_in_a_small_file_is_refused_unread() -> None:
    bomb = bytearray(picture())
    at = bomb.index(b"\xff\xc0")
    bomb[at + 5 : at + 9] = b"\xff\xff\xff\xff"
    assert code(bytes(bomb)) == "picture.too_large"


def test_more_bytes_than_a_picture_may_have_are_refused() -> None:
    assert code(b"\xff\xd8\xff" + bytes(PICTURE_BYTES_MAX)) == "picture.too_large"


def test_the_hash_is_over_the_exact_bytes() -> None:
    jpeg = picture()
    assert pictures.sha256(jpeg) == hashlib.sha256(jpeg).hexdigest()


def test_a_mask_is_black_in_what_leaves_and_the_rest_is_not() -> None:
    white = cv2.imencode(".jpg", np.full((100, 200, 3), 255, np.uint8))[1].tobytes()
    image = pictures.decode(
        pictures.masked(white, [[(0, 0), (0.5, 0), (0.5, 1), (0, 1)]], width_max=1280, quality=90)
    )
    assert image[:, 5:90].max() < 20
    assert image[:, 112:].min() > 230


def test_a_picture_with_nothing_to_hide_keeps_its_own_bytes() -> None:
    jpeg = picture()
    assert pictures.masked(jpeg, [], width_max=1280, quality=85) == jpeg
    assert pictures.decode(pictures.masked(jpeg, [], width_max=160, quality=85)).shape == (90, 160, 3)


@pytest.mark.parametrize("noise", [False, True])
def test_a_thumbnail_fits_an_alarm(noise: bool) -> None:  # noqa: FBT001 a table
    chance = np.random.default_rng(1)
    image = chance.integers(0, 256, (720, 1280, 3), np.uint8) if noise else pictures.decode(picture())
    small = pictures.thumbnail(np.asarray(image, np.uint8))
    assert small is not None
    assert len(small) <= THUMBNAIL_BYTES_MAX
    assert pictures.decode(small).shape[1] <= 320
