from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support import series_files
from tocsin.core.errors import Rejected
from tocsin.detectors.config import defaults
from tocsin.evaluate import series_report


def test_every_form_of_a_folder_is_found_and_measured(tmp_path: Path) -> None:
    series_files.nab(tmp_path / "nab", days=5, spike_day=4)
    series_files.skab(tmp_path / "skab")
    series_files.nist(tmp_path / "nist")
    series_files.office(tmp_path / "office")
    series_files.gauge(tmp_path / "water")
    (tmp_path / "notes.txt").write_text("this is no series\n")
    found = series_report.find([tmp_path])
    assert [len(part) for part in (found.nab, found.skab, found.nist, found.plain, found.unknown)] == [
        1,
        1,
        1,
        2,
        1,
    ]
    seen: list[str] = []
    report = series_report.run(found, defaults(), done=seen.append)
    assert set(report.document) == {"nab", "skab", "nist", "plain", "plain_total", "unknown", "faults"}
    assert report.document["unknown"] == ["notes.txt"]
    assert report.faults == ()
    assert len(seen) == 6
    json.dumps(report.document)


def test_a_file_that_cannot_be_read_is_named_and_the_others_go_on(tmp_path: Path) -> None:
    series_files.office(tmp_path)
    (tmp_path / "bad.csv").write_text("date,Temperature\n2026-01-01 00:00:00,20\n2026-01-01 01:00:00,warm\n")
    report = series_report.run(series_report.find([tmp_path]), defaults())
    assert len(report.document["plain"]) == 1
    assert report.faults == ("bad.csv, row 3, column 2: 'warm' is no number: write one, or nothing",)


def test_what_is_not_there_and_what_nobody_knows_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Rejected, match="is not there"):
        series_report.find([tmp_path / "none"])
    with pytest.raises(Rejected, match="holds no series"):
        series_report.find([tmp_path])
    (tmp_path / "poem.csv").write_text("roses,red\n")
    with pytest.raises(Rejected, match=r"poem.csv, row 1: this is none of the known forms"):
        series_report.find([tmp_path / "poem.csv"])
    assert series_report.find([tmp_path]).unknown == [tmp_path / "poem.csv"]
