from __future__ import annotations

import os
from pathlib import Path

import pytest

from tocsin.core import watched as module
from tocsin.core.watched import Watched, keep, text_of


def watching(*paths: Path) -> Watched:
    watched = Watched()
    watched.look_at(paths)
    return watched


def looks(watched: Watched, count: int = 3) -> list[bool]:
    return [watched.changed() for _ in range(count)]


def test_a_change_is_told_once_when_the_file_stands_still(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("one")
    watched = watching(path)
    assert looks(watched) == [False, False, False]
    path.write_text("two")
    assert not watched.changed(), "it may be half written"
    path.write_text("three")
    assert looks(watched) == [False, True, False]


def test_the_same_bytes_again_are_no_change(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("one")
    watched = watching(path)
    path.unlink()
    path.write_text("one")
    os.utime(path, ns=(1, 1))
    assert looks(watched) == [False, False, False]


def test_a_file_that_comes_or_goes_is_a_change(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("one")
    watched = watching(first, second)
    second.write_text("x")
    assert looks(watched) == [False, True, False]
    first.unlink()
    assert looks(watched) == [False, True, False]


def test_what_is_kept_is_there_as_a_whole(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "good.yaml"
    keep(path, "one")
    keep(path, "two 村")
    assert path.read_text("utf-8") == "two 村"
    assert [one.name for one in path.parent.iterdir()] == ["good.yaml"]


def test_what_is_no_file_of_text_is_refused_and_not_read_for_ever(
    tmp_path: Path,
) -> None:
    pipe, huge = tmp_path / "pipe", tmp_path / "huge"
    os.mkfifo(pipe)
    with huge.open("wb") as file:
        file.truncate(100 * 1024 * 1024)
    for wrong in (pipe, huge, Path("/dev/zero"), tmp_path, tmp_path / "none"):
        with pytest.raises(OSError, match=r"no file|larger|No such"):
            text_of(wrong)
    good = tmp_path / "good"
    good.write_bytes("一\r\n".encode())
    (tmp_path / "link").symlink_to(good)
    assert text_of(tmp_path / "link") == "一\n"
    good.write_bytes(b"\xff")
    with pytest.raises(UnicodeDecodeError):
        text_of(good)


def test_a_file_that_becomes_a_pipe_holds_nobody_up_and_a_large_one_is_read_in_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    path.write_text("one" * 1000)
    monkeypatch.setattr(module, "_PIECE", 7)
    watched = watching(path)
    path.write_text("one" * 999 + "two")
    assert looks(watched) == [False, True, False]
    path.unlink()
    os.mkfifo(path)
    assert looks(watched) == [False, True, False]
