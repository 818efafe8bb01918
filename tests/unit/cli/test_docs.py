from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.cli.conftest import Run
from tocsin.cli import docs


def test_a_page_that_is_out_of_step_is_named_until_it_is_written(
    tocsin: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr(docs, "ROOT", tmp_path)
    before = tocsin("docs", "check")
    assert before.code == 1
    assert "docs/configuration.md is out of step: run make docs" in before.out
    assert tocsin("docs", "write").code == 0
    after = tocsin("docs", "check")
    assert (after.code, after.out) == (0, "all pages are in step\n")
    (tmp_path / "docs" / "collector.md").write_text("old")
    assert tocsin("docs", "check").out == "docs/collector.md is out of step: run make docs\n"
