from __future__ import annotations

import cv2
import pytest

from tocsin.bench import pictures


def test_it_gives_percentiles_and_puts_the_threads_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "_PICTURES", 16)
    threads = cv2.getNumThreads()
    found = pictures.run()
    assert 0 < found["ms_per_picture"]["p50"] <= found["with_decode_ms"]["p99"]
    assert cv2.getNumThreads() == threads
