"""Readings, subjects and drawn pictures for tests of detectors."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import cv2
import numpy as np

from tocsin.core.detections import Detection, Kind
from tocsin.core.frames import Frame, Image
from tocsin.core.ids import CollectorId, DeviceId, PictureHash, StreamId
from tocsin.core.readings import Reading
from tocsin.detectors.base import Subject
from tocsin.detectors.camera import PictureBank
from tocsin.detectors.config import CameraDetectors

START = datetime(2026, 1, 1, tzinfo=UTC)
START_US = 1_767_225_600_000_000
STREAM = StreamId("weir/gauge-1/level")
CAMERA = DeviceId("weir/camera-1")


def subject(kind: Kind = Kind.LEVEL, detector: str = "rule", stream: StreamId = STREAM) -> Subject:
    return Subject(
        collector=CollectorId("weir"),
        device=DeviceId("weir/gauge-1"),
        stream=stream,
        detector=detector,
        version="test/1+00000000",
        kind=kind,
    )


def reading(
    seconds: float,
    value: float | None,
    *,
    stream: StreamId = STREAM,
    unit: str = "m",
    text: str | None = None,
) -> Reading:
    at = START_US + round(seconds * 1_000_000)
    return Reading(stream=stream, observed_us=at, value=value, unit=unit, text=text, at_us=at)


def phases(found: Sequence[Detection]) -> list[str]:
    return [one.phase.value for one in found]


def frame(seconds: float, image: Image, *, sha256: str | None = None) -> Frame:
    digest = sha256 or hashlib.sha256(image.tobytes() + str(seconds).encode()).hexdigest()
    return Frame(CAMERA, START + timedelta(seconds=seconds), image, PictureHash(digest))


def yard(seed: int = 0) -> Image:
    """A fixed scene with texture everywhere: wall, window, gravel."""
    chance = np.random.default_rng(7)
    image = np.full((360, 640, 3), (130, 140, 145), np.uint8)
    image[200:] = chance.integers(60, 150, (160, 640, 1), np.uint8)
    for left in range(20, 620, 60):
        cv2.rectangle(image, (left, 40), (left + 30, 110), (60, 70, 70), -1)
        cv2.line(image, (left, 120), (left + 40, 195), (190, 190, 190), 2)
    return noisy(image, seed)


def noisy(image: Image, seed: int) -> Image:
    noise = np.random.default_rng(seed).normal(0, 2, image.shape)
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def burning(seed: int) -> Image:
    """The yard with a flame that changes its shape and stays where it is."""
    image = yard(seed)
    chance = np.random.default_rng(seed + 1000)
    for _ in range(14):
        x, y = int(chance.integers(290, 350)), int(chance.integers(190, 250))
        size = (int(chance.integers(8, 16)), int(chance.integers(12, 30)))
        cv2.ellipse(image, (x, y), size, 0, 0, 360, (60, int(chance.integers(60, 150)), 240), -1)
    for _ in range(7):
        x, y = int(chance.integers(300, 340)), int(chance.integers(210, 250))
        cv2.ellipse(image, (x, y), (6, 12), 0, 0, 360, (120, 220, 255), -1)
    return image


def smoking(seed: int, amount: float) -> Image:
    """The yard behind a grey veil that grows with `amount` from 0 to 1."""
    image = yard(seed).astype(np.float32)
    chance = np.random.default_rng(seed + 2000)
    veil = np.zeros((360, 640), np.float32)
    for _ in range(12):
        x = int(320 + chance.normal(0, 70 * amount + 10))
        y = int(220 - chance.random() * 120 * amount)
        cv2.circle(veil, (x, y), int(35 + 30 * amount), 1.0, -1)
    veil = cv2.GaussianBlur(veil, (0, 0), 18)[..., None] * min(0.8, amount + 0.3)
    return np.clip(image * (1 - veil) + 190 * veil, 0, 255).astype(np.uint8)


def feed(bank: PictureBank, images: Sequence[Image] | Iterator[Image], step: float = 1.0) -> list[Detection]:
    found: list[Detection] = []
    for index, image in enumerate(images):
        found.extend(bank.observe(frame(index * step, image)))
    return found


def camera(*rules: object) -> PictureBank:
    return PictureBank(CameraDetectors.model_validate({"detectors": list(rules)}), camera=CAMERA)
