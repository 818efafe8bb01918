import errno
import os
from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from tests.support.field import chunks
from tocsin.core.errors import Rejected, Transient
from tocsin.core.ids import CollectorId, PictureHash
from tocsin.store.pictures import DirectoryPictures, check_chunk

DATA = b"\xff\xd8 a picture \xff\xd9"
NAME = PictureHash(sha256(DATA).hexdigest())


def files_below(directory: Path) -> list[str]:
    return [path.relative_to(directory).as_posix() for path in directory.rglob("*") if path.is_file()]


async def test_a_picture_comes_back_as_it_was_put(tmp_path: Path) -> None:
    store = DirectoryPictures(tmp_path)
    assert await store.get(NAME) is None
    await store.put(NAME, DATA)
    await store.put(NAME, DATA)
    assert await store.get(NAME) == DATA
    assert files_below(tmp_path) == [f"{NAME[:2]}/{NAME[2:4]}/{NAME}.jpg"]


async def test_bytes_that_do_not_fit_the_hash_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="do not fit the hash"):
        await DirectoryPictures(tmp_path).put(NAME, DATA + b"x")
    assert files_below(tmp_path) == []


@pytest.mark.parametrize("name", ["../../etc/passwd", "A" * 64, "", NAME + "0"])
async def test_a_name_that_is_no_hash_reaches_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(Rejected):
        await DirectoryPictures(tmp_path).get(PictureHash(name))


async def test_a_full_disk_is_transient_and_leaves_no_half_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(Transient, match="the disk is full"):
        await DirectoryPictures(tmp_path).put(NAME, DATA)
    assert files_below(tmp_path) == []


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
def test_a_piece_that_fits_no_picture_is_refused(change: dict[str, object], code: str) -> None:
    [(collector, chunk)] = chunks(DATA, 1000)
    check_chunk(collector, chunk)
    with pytest.raises(Rejected) as caught:
        check_chunk(CollectorId("weir"), msgspec.structs.replace(chunk, **change))
    assert caught.value.code == code
