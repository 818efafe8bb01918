from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.support.detecting import yard
from tests.support.scenes import Scene, SmokeColumn
from tocsin.core.errors import Rejected
from tocsin.core.frames import Box
from tocsin.core.rates import Rate
from tocsin.evaluate import stills

COLUMN = Scene(place="forest", events=[SmokeColumn(from_s=20.0)])


@pytest.fixture
def series(tmp_path: Path) -> Path:
    """Snapshots of a place two seconds apart; from the tenth on it has smoke, and labels."""
    folder = tmp_path / "tower"
    (folder / "images").mkdir(parents=True)
    (folder / "labels").mkdir()
    for number in range(22):
        cv2.imwrite(str(folder / "images" / f"{number:03}.png"), COLUMN.picture(2.0 * number))
        if number > 10:
            (folder / "labels" / f"{number:03}.txt").write_text("0 0.5 0.4 0.4 0.6\n")
    return folder


def test_a_series_finds_smoke_where_it_is_labelled(series: Path) -> None:
    said = stills.count(stills.evaluate([series], every_s=2.0))
    assert said.found == Rate(1, 11)
    assert said.alarmed == Rate(0, 11)
    assert said.false_boxes == 0


def test_single_pictures_say_nothing(series: Path) -> None:
    seen = stills.evaluate([series])
    assert len(seen) == 22
    assert not any(one.boxes for one in seen)


def test_a_box_beside_the_truth_is_false() -> None:
    truth, beside = Box(0.1, 0.1, 0.2, 0.2), Box(0.35, 0.1, 0.2, 0.2)
    one = stills.Still(file="a.png", labelled=(truth,), boxes=(beside, truth), asks="")
    assert one.found
    assert one.false_boxes == 1
    assert stills.count([one]).found == Rate(1, 1)


def test_what_is_no_picture_is_left_out(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), yard(0))
    (tmp_path / "b.jpg").write_bytes(b"no picture")
    (tmp_path / "c.jpg").write_bytes(b"")
    assert [one.file for one in stills.evaluate([tmp_path])] == ["a.png"]


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="no picture"):
        stills.evaluate([tmp_path])


@pytest.mark.parametrize("text", ["0 0.5 half 0.1 0.1\n", "0 0.5 0.5\n"])
def test_labels_that_are_none_are_refused_with_the_form(tmp_path: Path, text: str) -> None:
    (tmp_path / "labels").mkdir()
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((20, 20, 3), np.uint8))
    (tmp_path / "labels" / "a.txt").write_text(text)
    with pytest.raises(Rejected, match="class x y width height"):
        stills.evaluate([tmp_path])


def test_the_documents_hold_the_figures_and_escape_names(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "<b>.png"), yard(0))
    seen = stills.evaluate([tmp_path])
    assert stills.document(seen)["alarmed"] == {"part": 0, "whole": 1, "low": 0.0, "high": 0.7935}
    assert "&lt;b&gt;" in stills.page(seen)
    assert stills.in_words(Rate(0, 0)) == "–"
