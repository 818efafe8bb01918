from __future__ import annotations

import pytest

from tocsin.bench import detectors
from tocsin.detectors.catalog import STREAMS


def test_it_gives_microseconds_per_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detectors, "_BATCHES", 2)
    monkeypatch.setattr(detectors, "_SPARSE_BATCHES", 2)
    figures = detectors.run()
    assert 0 < figures["us_per_reading"] < 1000
    assert 0 < figures["all_us_per_reading"] < 1000
    assert 0 < figures["all_us_per_reading_every_five_minutes"] < 10_000


def test_all_means_every_detector_of_readings_but_buttons() -> None:
    assert set(detectors._RULES) == set(STREAMS) - {"button"}
