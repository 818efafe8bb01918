from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.support.edge import Taken, picture, reading_with
from tocsin.core.errors import Transient
from tocsin.edge import config
from tocsin.edge.cameras.folder import PictureFolder
from tocsin.edge.config import FolderCamera


def folder(tmp_path: Path, more: str = "") -> PictureFolder:
    box = config.parse(
        f"collector: weir\ncameras: [{{type: folder, name: yard, path: {tmp_path}, interval_seconds: 0.04{more}}}]"
    )
    (made,) = box.cameras
    assert isinstance(made, FolderCamera)
    return PictureFolder(made, box.device("yard"))


async def test_pictures_come_in_order_of_name_and_new_ones_as_they_appear(tmp_path: Path) -> None:
    for name in ("b.jpg", "a.JPEG", "notes.txt"):
        (tmp_path / name).write_bytes(picture(ord(name[0])))
    async with reading_with(folder(tmp_path)) as taken:
        await taken.until(lambda: len(taken.pictures) == 2)
        (tmp_path / "c.jpg").write_bytes(picture(ord("c")))
        await taken.until(lambda: len(taken.pictures) == 3)
    assert [jpeg for _, jpeg in taken.pictures] == [picture(ord(letter)) for letter in "abc"]


async def test_a_loop_begins_again(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(picture())
    async with reading_with(folder(tmp_path, ", loop: true")) as taken:
        await taken.until(lambda: len(taken.pictures) == 3)


async def test_damaged_pictures_are_counted_and_the_next_one_comes(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(picture()[:500])
    (tmp_path / "b.jpg").write_bytes(b"")
    (tmp_path / "c.jpg").write_bytes(picture())
    async with reading_with(folder(tmp_path)) as taken:
        await taken.until(lambda: bool(taken.pictures))
    assert [reason for _, reason in taken.damages] == ["picture.truncated", "picture.form"]


async def test_an_empty_folder_waits_and_a_missing_one_is_told(tmp_path: Path) -> None:
    async with reading_with(folder(tmp_path, ", loop: true")) as taken:
        await asyncio.sleep(0.1)
        assert not taken.pictures
    with pytest.raises(Transient, match="cannot be read"):
        await folder(tmp_path / "none").run(Taken())
