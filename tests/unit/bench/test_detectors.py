from __future__ import annotations

import pytest

from tocsin.bench import detectors


def test_it_gives_microseconds_per_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detectors, "_ROUNDS", 3)
    assert 0 < detectors.run()["us_per_reading"] < 1000
