import errno
import os
from hashlib import sha256

import msgspec
import pytest

from tests.support.field import chunks
from tocsin.core.errors import Rejected, Transient
from tocsin.core.ids import CollectorId, PictureHash
from tocsin.store.pictures import DirectoryPictures, check_chunk

DATA = b"\xff\xd8 a picture \xff\xd9"
NAME = PictureHash(sha256(DATA).hexdigest())


async def test_a_picture_comes_back_as_it_was_put(tmp_path):
    store = DirectoryPictures(tmp_path)
    assert await store.get(NAME) is None
    await store.put(NAME, DATA)
    await store.put(NAME, DATA)
    assert await store.get(NAME) == DATA
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")] == [
        f"{NAME[:2]}/{NAME[2:4]}/{NAME}.jpg"
    ]


async def test_bytes_that_do_not_fit_the_hash_are_refused(tmp_path):
    with pytest.raises(Rejected, match="do not fit the hash"):
        await DirectoryPictures(tmp_path).put(NAME, DATA + b"x")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "A" * 64, "", NAME + "0"])
async def test_a_name_that_is_no_hash_reaches_no_file(tmp_path, name):
    with pytest.raises(Rejected):
        await DirectoryPictures(tmp_path).get(PictureHash(name))


async def test_a_full_disk_is_transient_and_leaves_no_half_picture(tmp_path, monkeypatch):
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Transient, match="the disk is full"):
        await DirectoryPictures(tmp_path).put(NAME, DATA)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"sha256": PictureHash("x")}, "picture.hash"),
        ({"total": 0}, "picture.size"),
        ({"total": 9_000_000}, "picture.size"),
        ({"offset": -1}, "picture.size"),
        ({"offset": 1}, "picture.size"),
        ({"data": b""}, "picture.size"),
        ({"camera": "other/cam-1"}, "picture.camera"),
    ],
)
def test_a_piece_that_fits_no_picture_is_refused(change, code):
    [(collector, chunk)] = chunks(DATA, 1000)
    check_chunk(collector, chunk)
    with pytest.raises(Rejected) as caught:
        check_chunk(CollectorId("weir"), msgspec.structs.replace(chunk, **change))
    assert caught.value.code == code
