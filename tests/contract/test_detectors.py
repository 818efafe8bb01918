"""What every detector of the catalog promises, over all of them."""

from __future__ import annotations

import math
import random
from datetime import timedelta

import cv2
import msgspec
import numpy as np
import pytest

from tests.support import detecting
from tests.support.detecting import START, START_US, burning, frame, noisy, reading, smoking, subject, yard
from tocsin.core.clock import from_us
from tocsin.core.detections import Detection
from tocsin.core.errors import Rejected
from tocsin.core.ids import StreamId
from tocsin.core.readings import Quality, Reading
from tocsin.detectors.bank import StreamBank
from tocsin.detectors.base import StreamDetector
from tocsin.detectors.camera import PictureBank
from tocsin.detectors.catalog import PICTURES, STREAMS
from tocsin.detectors.config import CameraDetectors, DetectorsConfig

PARAMETERS: dict[str, dict[str, object]] = {
    "threshold": {"above": 3.0, "below": -3.0, "hysteresis": 0.5, "for_seconds": 3, "severe_above": 6.0},
    "rate": {"change": 2.0, "window_seconds": 20, "direction": "both", "confirm": 1},
    "silence": {"limit_seconds": 4},
    "agreement": {"above": 3.0, "need": 2, "window_seconds": 30},
    "plausible": {"spike": 4.0, "calm_seconds": 5, "calm_readings": 2},
    "stuck": {
        "factor": 1.5,
        "least_seconds": 1,
        "least_readings": 3,
        "learn": 5,
        "learn_seconds": 5,
        "levels": 2,
    },
    "anomaly": {"slot_seconds": 10, "learn_slots": 24, "calm_slots": 2, "least": 0.01, "factor": 1.0},
    "shift": {"slot_seconds": 10, "learn_slots": 24, "slots": 2, "least": 0.01, "factor": 1.0},
    "button": {"clear_seconds": 5},
    "abandoned": {"dwell_seconds": 4},
    "loitering": {"dwell_seconds": 3},
    "crowding": {"people": 3, "over_seconds": 0},
    "presence": {"moving": True},
    "dark": {"sudden_seconds": 3, "learn_days": 0},
    "dead": {"least_seconds": 3},
    "gauge": {"bottom_m": 0.0, "top_m": 4.0, "above": 2.0},
}


def bank(name: str) -> StreamBank:
    rule = {"name": "rule", "detector": name, **PARAMETERS[name]}
    config = DetectorsConfig.model_validate({"detectors": [rule]})
    return StreamBank(config, at=config.detectors[0].at)


def camera(name: str) -> PictureBank:
    return detecting.camera({"detector": name, **PARAMETERS.get(name, {})})


def wild(seed: int, count: int = 400) -> list[Reading]:
    """Readings with everything that sensors do wrong."""
    chance = random.Random(seed)
    at, made = 0.0, []
    for _ in range(count):
        at += chance.choice([0, 0, 0.5, 1, 1, 1, 2, 40, -3])
        value = chance.choice(
            [chance.gauss(0, 3), 0.0, 1.0, 9.0, -9.0, math.nan, math.inf, -math.inf, 1e308, None]
        )
        stream = StreamId(f"weir/gauge-{chance.randint(1, 3)}/level")
        one = reading(at, value, stream=stream, text="press" if value is None else None)
        if chance.random() < 0.05:
            one = msgspec.structs.replace(one, quality=int(Quality.OUT_OF_ORDER | Quality.HISTORICAL))
        made.append(one)
    return made


def run(one: StreamBank, readings: list[Reading], first: int = 0) -> list[Detection]:
    found = []
    for index, given in enumerate(readings, first):
        found += one.observe([given])
        if index % 7 == 0:
            found += one.tick(from_us(max(START_US, given.at_us)))
    return found


@pytest.mark.parametrize("name", STREAMS)
class TestStreams:
    def test_same_input_twice_gives_the_same_detections(self, name: str) -> None:
        found = run(bank(name), wild(1))
        assert found, "the input must make every detector speak"
        assert found == run(bank(name), wild(1))

    @pytest.mark.parametrize("cut", [0, 1, 57, 203, 399])
    def test_a_snapshot_at_any_point_changes_nothing(self, name: str, cut: int) -> None:
        readings = wild(2)
        first = bank(name)
        whole = run(first, readings)
        before, after = bank(name), bank(name)
        found = run(before, readings[:cut])
        after.restore(before.snapshot())
        assert found + run(after, readings[cut:], cut) == whole
        assert after.snapshot() == first.snapshot()
        assert after.raised() == first.raised()

    def test_instants_lie_inside_the_evidence(self, name: str) -> None:
        for found in run(bank(name), wild(3)):
            evidence = found.evidence
            assert evidence.first <= found.observed <= evidence.last
            assert all(evidence.first <= at <= evidence.last for at, _ in evidence.values)
            assert len(evidence.values) <= 64
            assert all(math.isfinite(value) for _, value in evidence.values)

    def test_raise_and_clear_alternate_and_ids_differ(self, name: str) -> None:
        found = run(bank(name), wild(4))
        assert len({one.id for one in found}) == len(found)
        last: dict[object, str] = {}
        for one in found:
            if one.phase.value == "update":
                assert last[one.stream] != "clear"
                continue
            assert last.get(one.stream, "clear") != one.phase.value
            last[one.stream] = one.phase.value

    def test_memory_is_bounded_over_a_hundred_thousand_readings(self, name: str) -> None:
        one = bank(name)
        sizes = []
        for part in range(4):
            one.observe([reading(part * 25_000 + i, 5.0 if i % 11 else -0.5) for i in range(25_000)])
            sizes.append(len(one.snapshot()))
        assert sizes[-1] <= sizes[0] + 64
        assert sizes[-1] < 8_000

    def test_a_damaged_state_is_refused_and_the_bank_still_works(self, name: str) -> None:
        one = bank(name)
        run(one, wild(5, 50))
        with pytest.raises(Rejected):
            one.restore(one.snapshot()[:-3])
        assert run(one, wild(1)) == run(bank(name), wild(1))

    def test_the_detector_alone_takes_nothing_and_empty(self, name: str) -> None:
        entry = STREAMS[name]
        parameters = entry.parameters.model_validate(PARAMETERS[name])
        detector: StreamDetector = entry.make(subject(), parameters)
        assert not detector.observe(reading(0, None))
        assert not detector.tick(START_US)
        assert bank(name).observe([]) == []

    def test_parameters_make_a_round_trip_and_the_version_follows_them(self, name: str) -> None:
        entry = STREAMS[name]
        parameters = entry.parameters.model_validate(PARAMETERS[name])
        again = entry.parameters.model_validate_json(parameters.model_dump_json())
        assert again == parameters
        assert entry.version(again) == entry.version(parameters)


LOST = np.zeros((8, 8, 3), np.uint8)
"""In its place the camera sends nothing."""
FROZEN = yard(9)
"""The film ends with this picture, over and over with the same hash."""


def put_down() -> list[np.ndarray]:
    """Somebody tall brings a thing, which stays while they go."""
    images = [yard(i) for i in range(10)]
    for index, image in enumerate(images):
        image[270:310, 200:250] = (20, 20, 30)
        if index < 3:
            image[150:310, 190 + 90 * index : 260 + 90 * index] = (220, 210, 230)
    return images


def flooded() -> list[np.ndarray]:
    """Brown water that moves comes up from below."""
    images = [yard(i) for i in range(22)]
    waves = np.random.default_rng(4).normal(0, 1, (90, 160)).astype(np.float32)
    sheet = cv2.GaussianBlur(cv2.resize(waves, (1280, 720)), (0, 0), 4)[..., None] * 60 + (85, 110, 128)
    for index, image in enumerate(images):
        top, right = max(190, 360 - 12 * index), 53 * index % 600
        image[top:] = sheet[: 360 - top, right : right + 640].clip(0, 255)
    return images


def fallen() -> list[np.ndarray]:
    """Somebody walks, falls within four pictures and lies."""
    images = [yard(i) for i in range(18)]
    for index, image in enumerate(images):
        share = min(1.0, max(0.0, (index - 8) / 4))
        tall, wide, middle = round(170 - 120 * share), round(60 + 110 * share), 120 + 14 * min(index, 12)
        image[330 - tall : 330, middle - wide // 2 : middle + wide // 2] = (30, 40, 170)
        arm = (index * 7) % 20
        image[334 - tall : 350 - tall, middle - 20 + arm : middle + arm] = (240, 240, 90)
    return images


def walked() -> list[np.ndarray]:
    """Somebody walks from left to right through the whole view, three others behind, and they go."""
    images = [yard(i) for i in range(20)]
    for index, image in enumerate(images[:16]):
        for person, (left, top, wide, tall) in enumerate(
            [(20, 200, 50, 140), (560, 60, 24, 80), (420, 80, 24, 84), (300, 40, 22, 78)]
        ):
            step = 40 * index if person == 0 else -8 * index
            image[top : top + tall, max(0, left + step) : max(0, left + step + wide)] = (30, 30, 200)
    return images


def film() -> list[np.ndarray]:
    """Everything at once: rest, fire, smoke, a cover, infra-red, another size, a frozen camera."""
    rest = [yard(i) for i in range(4)]
    fire = [burning(i) for i in range(12)]
    smoke = [smoking(i, min(1.0, i / 5)) for i in range(8)]
    cover = [noisy(np.full((360, 640, 3), 60, np.uint8), i) for i in range(4)]
    gray = [np.repeat(yard(i)[..., 1:2], 3, axis=2) for i in range(4)]
    small = [yard(i)[:240, :320] for i in range(3)]
    water = [
        np.vstack([np.full((90, 640, 3), 200, np.uint8), noisy(np.full((270, 640, 3), 40, np.uint8), i)])
        for i in range(6)
    ]
    black = [np.zeros((360, 640, 3), np.uint8)] * 2
    return [
        *rest,
        *flooded(),
        *rest,
        *fallen(),
        *rest,
        *put_down(),
        *rest,
        *walked(),
        *rest,
        *fire,
        *rest,
        *smoke,
        *rest,
        *cover,
        *gray,
        *small,
        *water,
        *black,
        *[noisy(np.full((360, 640, 3), 4, np.uint8), i) for i in range(5)],
        *[LOST] * 6,
        *[FROZEN] * 26,
    ]


STEPS = {"fall": 0.2}
"""Seconds between two pictures for those who see nothing at one a second."""


def play(one: PictureBank, images: list[np.ndarray], first: int = 0, step: float = 1.0) -> list[Detection]:
    found = []
    for index, image in enumerate(images, first):
        same = "a" * 64 if image is FROZEN else None
        if image is not LOST:
            found += one.observe(frame(index * step, image, sha256=same))
        found += one.tick(START + timedelta(seconds=index * step))
    return found


@pytest.fixture(scope="module")
def images() -> list[np.ndarray]:
    return film()


@pytest.mark.parametrize("name", PICTURES)
class TestPictures:
    def test_it_speaks_and_says_the_same_again_without_touching_the_pictures(
        self, name: str, images: list[np.ndarray]
    ) -> None:
        copies = [image.copy() for image in images]
        step = STEPS.get(name, 1.0)
        found = play(camera(name), images, step=step)
        assert found, "the film must make every detector speak"
        assert all(np.array_equal(a, b) for a, b in zip(images, copies, strict=True))
        assert found == play(camera(name), images, step=step)
        for one in found:
            assert one.evidence.first <= one.observed <= one.evidence.last
            assert 0 <= one.score <= 1
            assert all(0 <= box.x <= 1 and 0 < box.width <= 1 for box in one.evidence.boxes)
            msgspec.json.encode(one)

    def test_a_snapshot_at_any_point_changes_nothing(self, name: str, images: list[np.ndarray]) -> None:
        first = camera(name)
        step = STEPS.get(name, 1.0)
        whole = play(first, images, step=step)
        one, found = camera(name), []
        for begin in range(0, len(images), 9):
            other = camera(name)
            other.restore(one.snapshot())
            one = other
            found += play(one, images[begin : begin + 9], begin, step)
        assert found == whole
        assert one.snapshot() == first.snapshot()

    def test_a_picture_older_than_the_newest_is_dropped_and_counted(
        self, name: str, images: list[np.ndarray]
    ) -> None:
        one = camera(name)
        play(one, images[:5])
        before = one.snapshot()
        assert one.observe(frame(1.5, images[0])) == []
        assert one.out_of_order == 1
        assert len(one.snapshot()) == len(before)

    def test_docstring_says_what_it_cannot_see(self, name: str, images: list[np.ndarray]) -> None:
        module = __import__(f"tocsin.detectors.{name}", fromlist=["x"])
        assert "Cannot see" in " ".join((module.__doc__ or "").split())


def test_all_detectors_of_a_camera_stay_under_256_kib(images: list[np.ndarray]) -> None:
    one = detecting.camera(*({"detector": name, **PARAMETERS.get(name, {})} for name in PICTURES))
    play(one, images)
    assert len(one.snapshot()) <= 256 * 1024


def test_every_stream_detector_says_what_it_cannot_see() -> None:
    for name in STREAMS:
        module = __import__(f"tocsin.detectors.{name}", fromlist=["x"])
        assert "annot see" in " ".join((module.__doc__ or "").split())


def test_what_is_no_picture_is_refused_with_a_sentence() -> None:
    one = PictureBank(CameraDetectors(), camera=detecting.CAMERA)
    for image in (np.zeros((0, 0, 3), np.uint8), np.zeros((9, 9), np.uint8), np.zeros((9, 9, 3), np.float32)):
        with pytest.raises(Rejected, match=r"picture\.shape"):
            one.observe(frame(0, image))
