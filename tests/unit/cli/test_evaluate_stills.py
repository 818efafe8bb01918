from __future__ import annotations

import json
from pathlib import Path

import cv2

from tests.support.detecting import yard
from tests.unit.cli.conftest import Run


def test_the_command_writes_both_files_and_says_the_bounds(tocsin: Run, tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), yard(0))
    written, page = tmp_path / "o.json", tmp_path / "o.html"
    result = tocsin("eval-stills", str(tmp_path), "--json", str(written), "--html", str(page))
    assert result.code == 0
    assert "false: 0 / 1 (0%–79%) of those without" in result.out
    assert json.loads(written.read_text())["false_boxes"] == 0
    assert "Still pictures" in page.read_text()


def test_a_folder_without_pictures_is_one_sentence_and_exit_code_2(tocsin: Run, tmp_path: Path) -> None:
    result = tocsin("eval-stills", str(tmp_path))
    assert result.code == 2
    assert "holds no picture" in result.err
