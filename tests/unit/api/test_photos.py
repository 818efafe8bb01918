from __future__ import annotations

import hashlib
import io

import cv2
import numpy as np
import pytest
from fastapi import UploadFile

from tests.support.api import FakePictures
from tocsin.api.errors import HttpRefusal
from tocsin.api.photos import PHOTO_BYTES_MAX, PHOTOS_MAX, PHOTOS_SECONDS, PhotoDoor, keep_photo
from tocsin.core.errors import Rejected
from tocsin.core.ids import PersonId


def jpeg(side: int = 64) -> bytes:
    done, encoded = cv2.imencode(".jpg", np.full((side, side, 3), 120, np.uint8))
    assert done
    return encoded.tobytes()


async def keep(data: bytes, pictures: FakePictures) -> str:
    return await keep_photo(UploadFile(io.BytesIO(data)), pictures)


async def test_photo_is_kept_with_its_exact_bytes_under_their_hash() -> None:
    pictures, data = FakePictures(), jpeg() + b"after the end"
    name = await keep(data, pictures)
    assert name == hashlib.sha256(data).hexdigest()
    assert pictures.kept == {name: data}


@pytest.mark.parametrize(("more", "code"), [(0, None), (1, "photo.size")])
async def test_photo_of_four_mebibytes_passes_and_one_byte_more_does_not(more: int, code: str | None) -> None:
    data = jpeg()
    data += b"\x00" * (PHOTO_BYTES_MAX + more - len(data))
    if code is None:
        await keep(data, FakePictures())
        return
    with pytest.raises(Rejected) as caught:
        await keep(data, FakePictures())
    assert caught.value.code == code


def png() -> bytes:
    done, encoded = cv2.imencode(".png", np.zeros((8, 8), np.uint8))
    assert done
    return encoded.tobytes()


@pytest.mark.parametrize("data", [b"\xff\xd8\xff\xe0 nothing more", png(), b"<svg onload=alert(1)>"])
async def test_what_cannot_be_shown_as_a_photo_is_kept_nowhere(data: bytes) -> None:
    pictures = FakePictures()
    with pytest.raises(Rejected) as caught:
        await keep(data, pictures)
    assert (caught.value.code, pictures.kept) == ("photo.form", {})


@pytest.mark.parametrize("marker", [0xC0, 0xC2])
async def test_photo_that_says_it_is_immense_is_never_opened(
    marker: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, pictures = bytearray(jpeg()), FakePictures()
    at = data.index(b"\xff\xc0")
    data[at + 1] = marker
    assert await keep(bytes(jpeg()), FakePictures())
    data[at + 5 : at + 9] = b"\xff\x00\xff\x00"
    monkeypatch.setattr(cv2, "imdecode", lambda *_: pytest.fail("opened"))
    with pytest.raises(Rejected) as caught:
        await keep(bytes(data), pictures)
    assert (caught.value.code, pictures.kept) == ("photo.form", {})


def test_one_person_cannot_fill_the_disk_with_photos() -> None:
    door = PhotoDoor()
    for _ in range(PHOTOS_MAX):
        door.pass_through(PersonId("wang"), 0.0)
    with pytest.raises(HttpRefusal) as refused:
        door.pass_through(PersonId("wang"), 1.0)
    assert (refused.value.code, refused.value.status) == ("photo.throttled", 429)
    door.pass_through(PersonId("li"), 1.0)
    door.pass_through(PersonId("wang"), PHOTOS_SECONDS + 1)
