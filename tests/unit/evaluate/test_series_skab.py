from __future__ import annotations

from pathlib import Path

import pytest

from tests.support import series_files
from tocsin.detectors.config import defaults
from tocsin.evaluate import series_skab


def test_an_odd_pressure_is_found_within_its_seconds(tmp_path: Path) -> None:
    found = series_skab.run(series_files.skab(tmp_path), defaults())
    assert found.hit > 150
    assert found.false < 100
    assert found.changes == (600, 780)
    document = series_skab.document([found])
    assert document["f1"] > 0.7
    assert document["far"] < 40
    assert document["changepoint_score"] > 40


def test_figures_are_those_of_the_benchmark() -> None:
    figures = series_skab.figures(60, 40, 10, 90)
    assert figures == {"f1": pytest.approx(120 / 170), "far": pytest.approx(10.0), "mar": pytest.approx(40.0)}
    assert series_skab.figures(0, 0, 0, 0) == {"f1": None, "far": None, "mar": None}


def test_it_knows_its_header() -> None:
    assert series_skab.is_header(("datetime", "Pressure", "anomaly", "changepoint"))
    assert not series_skab.is_header(("timestamp", "value"))
