from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.detecting import noisy, yard
from tests.support.video import film
from tests.unit.cli.conftest import Run


@pytest.mark.heavy  # starts an interpreter for the clip
def test_the_command_writes_both_files_and_says_what_was_missed(tocsin: Run, tmp_path: Path) -> None:
    film(tmp_path / "calm.mp4", [noisy(yard(), seed) for seed in range(12)], 4)
    listed, written, page = tmp_path / "clips.yaml", tmp_path / "o.json", tmp_path / "o.html"
    listed.write_text("clips: [{file: calm.mp4, fps: 4, events: [{kind: fire, from_s: 1, to_s: 2}]}]")
    result = tocsin("eval", str(listed), "--every", "0.5", "--json", str(written), "--html", str(page))
    assert result.code == 0
    assert "fire 1–2 s missed" in result.out
    assert "0 false alarms" in result.out
    assert json.loads(written.read_text())["kinds"]["fire"]["hits"] == 0
    assert "漏报" in page.read_text("utf-8")


def test_a_list_that_cannot_be_read_is_one_sentence_and_exit_code_2(tocsin: Run, tmp_path: Path) -> None:
    result = tocsin("eval", str(tmp_path / "none.yaml"))
    assert result.code == 2
    assert "cannot read" in result.err
    assert "Traceback" not in result.err
