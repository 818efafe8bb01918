"""How long one 640 x 360 picture takes through all of a camera's detectors, on one thread.

The pictures are drawn here: a textured yard in which a flame flickers and a veil drifts, so that
every detector has work to do. Give figures, print nothing.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import cv2
import numpy as np

from tocsin.core.clock import SystemClock
from tocsin.core.frames import Frame, Image
from tocsin.core.ids import DeviceId, PictureHash
from tocsin.detectors.camera import PictureBank
from tocsin.detectors.catalog import PICTURES
from tocsin.detectors.config import CameraDetectors

_clock = SystemClock()
_CAMERA = DeviceId("bench/camera")
_PICTURES = 120


def run() -> dict[str, Any]:
    """Measure; gives `{"ms_per_picture": {"p50", "p99"}, "with_decode_ms": {"p50", "p99"}}`."""
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        return _measure()
    finally:
        cv2.setNumThreads(threads)


def _measure() -> dict[str, Any]:
    config = CameraDetectors.model_validate({"detectors": list(PICTURES)})
    bank = PictureBank(config, camera=_CAMERA)
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    seen, decoded = [], []
    for index in range(_PICTURES):
        data = cv2.imencode(".jpg", _draw(index))[1].tobytes()
        sha256 = PictureHash(hashlib.sha256(data).hexdigest())
        before = _clock.monotonic()
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        between = _clock.monotonic()
        if image is None:
            continue
        frame = Frame(_CAMERA, begin + timedelta(seconds=index), image.astype(np.uint8, copy=False), sha256)
        bank.observe(frame)
        after = _clock.monotonic()
        seen.append((after - between) * 1000)
        decoded.append((after - before) * 1000)
    # The first pictures only teach the background.
    return {"ms_per_picture": _percentiles(seen[10:]), "with_decode_ms": _percentiles(decoded[10:])}


def _percentiles(values: list[float]) -> dict[str, float]:
    return {
        "p50": round(float(np.percentile(values, 50)), 2),
        "p99": round(float(np.percentile(values, 99)), 2),
    }


def _draw(index: int) -> Image:
    still, moving = np.random.default_rng(1), np.random.default_rng(index)
    image = still.integers(70, 160, (360, 640, 3), np.uint8)
    for _ in range(12):
        centre = (int(moving.integers(280, 340)), int(moving.integers(180, 240)))
        colour = (60, int(moving.integers(60, 200)), 245)
        cv2.ellipse(image, centre, (12, 24), 0, 0, 360, colour, -1)
    veil = np.zeros((360, 640, 1), np.float32)
    cv2.circle(veil, (450 + index % 40, 120), 70, 0.6, -1)
    mixed = image * (1 - veil) + 190 * veil + moving.normal(0, 2, image.shape)
    return np.clip(mixed, 0, 255).astype(np.uint8)
