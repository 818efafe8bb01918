from __future__ import annotations

import json
from pathlib import Path

from tests.support import series_files
from tests.unit.cli.conftest import Run


def test_a_folder_is_measured_printed_and_written(tocsin: Run, tmp_path: Path) -> None:
    series_files.nab(tmp_path / "nab", days=5, spike_day=4)
    series_files.skab(tmp_path)
    series_files.nist(tmp_path)
    series_files.office(tmp_path)
    result = tocsin("eval-series", str(tmp_path), "--json", str(tmp_path / "out.json"))
    assert result.code == 0
    assert "NAB, profile standard:" in result.out
    assert "NIST: 1 of 1 not later than 60 s" in result.out
    assert "SKAB: F1" in result.out
    assert json.loads((tmp_path / "out.json").read_text())["nist"]["earlier"] == 1


def test_own_rules_are_used(tocsin: Run, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yaml"
    rules.write_text(
        "detectors: [{name: warm, detector: threshold, match: '*/temperature', above: 10, kind: temperature}]\n"
    )
    result = tocsin("eval-series", str(series_files.office(tmp_path)), "--config", str(rules))
    assert "warm 1" in result.out


def test_a_file_that_cannot_be_read_is_one_sentence_and_exit_code_2(tocsin: Run, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("date,Temperature\n2026-01-01 00:00:00,20\nlater,21\n")
    result = tocsin("eval-series", str(bad))
    assert result.code == 2
    assert "bad.csv, row 3, column 1" in result.err
    missing = tocsin("eval-series", str(bad), "--config", str(tmp_path / "none.yaml"))
    assert missing.code == 2
    assert "cannot read" in missing.err
