"""Detectors on real clips and a real house fire; skipped where that material is absent."""

from __future__ import annotations

import csv
import hashlib
import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tests.support.detecting import CAMERA, START, reading
from tocsin.core.detections import Detection, Kind, Phase
from tocsin.core.frames import Frame, Image
from tocsin.core.ids import PictureHash, StreamId
from tocsin.detectors.bank import StreamBank
from tocsin.detectors.burst import SECONDS
from tocsin.detectors.camera import PictureBank
from tocsin.detectors.config import CameraDetectors, defaults

SHARED = Path(os.environ.get("TOCSIN_SHARED", Path(__file__).parents[3] / "shared")) / "data"
pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(not SHARED.is_dir(), reason=f"no real material at {SHARED}: set TOCSIN_SHARED"),
]


def pictures(name: str, every: float = 1.0) -> Iterator[tuple[float, Image]]:
    due = 0.0
    with av.open(str(SHARED / "video" / name)) as container:
        stream = container.streams.video[0]
        rate = float(stream.average_rate or 25)
        for index, decoded in enumerate(container.decode(stream)):
            at = index / rate
            if at >= due - 1e-6:
                due = at + every
                yield at, np.ascontiguousarray(decoded.to_ndarray(format="bgr24")).astype(np.uint8)


def watch(material: Iterator[tuple[float, Image]]) -> list[tuple[float, Detection]]:
    bank = PictureBank(CameraDetectors(), camera=CAMERA)
    raised: list[tuple[float, Detection]] = []
    for at, image in material:
        sha256 = PictureHash(hashlib.sha256(image.tobytes()).hexdigest())
        found = bank.observe(Frame(CAMERA, START + timedelta(seconds=at), image, sha256))
        raised += [(at, one) for one in found if one.phase is Phase.RAISE]
    return raised


@pytest.mark.parametrize(
    ("name", "kinds", "begin", "end"),
    [
        ("fire-smoke/indoor_battery_fire_cctv.mp4", {Kind.FIRE}, 0.6, 22.1),
        ("tamper/occlusion_bubblewrap.mp4", {Kind.TAMPER}, 2.8, 4.31),
    ],
)
def test_what_happens_is_seen_while_it_happens(name: str, kinds: set[Kind], begin: float, end: float) -> None:
    raised = watch(pictures(name))
    # Fire makes smoke: it may be called too, and never instead of the tamper of another clip.
    assert (
        kinds
        <= {found.kind for _, found in raised}
        <= kinds | ({Kind.SMOKE} if Kind.FIRE in kinds else set())
    )
    assert all(begin <= at <= end for at, _ in raised)


@pytest.mark.parametrize("every", [0.2, 1.0])
def test_smoke_that_was_there_first_is_seen_from_a_camera_that_moves(every: float) -> None:
    raised = watch(pictures("fire-smoke/wildfire_drone.mp4", every))
    smoke = [at for at, found in raised if found.kind is Kind.SMOKE]
    assert len(smoke) == 1
    assert smoke[0] <= 10


def fires(name: str, every: float, *, burst: bool) -> list[float]:
    """When fire alone was raised; a suspicion gets the next three seconds of the clip."""
    bank = PictureBank(CameraDetectors.model_validate({"detectors": ["fire"]}), camera=CAMERA)
    raised: list[float] = []
    due, until = 0.0, -1.0
    for at, image in pictures(name, 0.0):
        sha256 = PictureHash(hashlib.sha256(image.tobytes()).hexdigest())
        when = START + timedelta(seconds=at)
        found: list[Detection] = []
        if until >= 0:
            bank.observe(Frame(CAMERA, when, image, sha256, burst=True))
            if at >= until:
                found, until = bank.end_burst(), -1.0
        if at >= due - 1e-6:
            due = at + every
            found = [*found, *bank.observe(Frame(CAMERA, when, image, sha256))]
            if burst and until < 0 and bank.suspicion():
                until = at + SECONDS
        raised += [at for one in found if one.phase is Phase.RAISE]
    return raised


@pytest.mark.parametrize(
    ("name", "begin"),
    [
        ("fire-smoke/indoor_battery_fire_cctv.mp4", 3.47),
        ("fire-smoke/furg_house6.mp4", 0.0),
        ("fire-smoke/paper_fire_floor.mp4", 0.0),
        ("fire-smoke/wildfire_drone.mp4", 2.0),
        ("fire-smoke/rubbish_fire_1080p.mp4", 0.0),
    ],
)
def test_every_fire_is_called_within_ten_seconds_by_pictures_and_by_bursts(name: str, begin: float) -> None:
    for every, burst in ((0.2, False), (1.0, False), (1.0, True), (5.0, True)):
        raised = fires(name, every, burst=burst)
        assert raised, f"missed at {every} s, burst {burst}"
        assert begin <= raised[0] <= begin + 10


@pytest.mark.parametrize(
    "name",
    [
        "fire-smoke/candle_benign.mp4",
        "fire-smoke/sunset_runner_nofire.mp4",
        "fire-smoke/forest_walk_nofire.mp4",
        "people/shopfront_cctv.mp4",
        "people/pets2009_s2l1_view001.mp4",
        "tamper/occlusion_bubblewrap.mp4",
    ],
)
def test_no_fire_is_called_where_there_is_none_at_any_rate(name: str) -> None:
    for every in (0.2, 0.5, 1.0, 2.0, 5.0, 10.0):
        for burst in (False, True):
            assert fires(name, every, burst=burst) == [], f"at {every} s, burst {burst}"


@pytest.mark.parametrize(
    "name",
    [
        "fire-smoke/candle_benign.mp4",
        "fire-smoke/sunset_runner_nofire.mp4",
        "tamper/brightness_change_negative.avi",
        "flood/river_normal_flow.gif",
        "traffic/road_single_cars.avi",
        "people/one_by_one_person.mp4",
        "people/shopfront_cctv.mp4",
        "people/workshop_normal.mp4",
        "people/white_square_people_overhead.mp4",
        "people/pets2009_s2l1_view001.mp4",
        "abandoned/aboda_video1_bag.mp4",
    ],
)
def test_harmless_clips_stay_silent(name: str) -> None:
    assert watch(pictures(name)) == []


def test_a_walk_through_a_forest_is_neither_fire_nor_smoke() -> None:
    raised = watch(pictures("fire-smoke/forest_walk_nofire.mp4"))
    assert not {found.kind for _, found in raised} & {Kind.FIRE, Kind.SMOKE}


def test_a_gauge_from_day_into_infra_red_night_stays_silent() -> None:
    files = sorted((SHARED / "pictures" / "water-level").glob("NRmarsh*.jpg"))
    images = [(index * 900.0, cv2.imread(str(file))) for index, file in enumerate(files)]
    assert len(images) > 20
    assert watch((at, image.astype(np.uint8)) for at, image in images if image is not None) == []


@pytest.mark.parametrize("test", ["02", "07", "33", "38"])
def test_a_house_fire_is_called_near_the_time_of_the_real_alarms(test: str) -> None:
    folder = SHARED / "sensors" / "nist_smoke_alarms"
    with (folder / "Activation_Times.csv").open() as file:
        activations = next(csv.DictReader(file))
    alarms = sorted(float(at) for name, at in activations.items() if name.startswith(f"SDC{test}-Pho"))
    with (folder / f"NIST_Smoke_Alarms_SDC{test}.csv").open() as file:
        rows = list(csv.DictReader(file))
    columns = [
        name for name in rows[0] if name.startswith("SM") or (name.startswith("TC") and name.endswith("_1"))
    ]
    bank = StreamBank(defaults(), at="centre")
    first: dict[Kind, float] = {}
    for row in rows:
        at = float(row["TIME"])
        for name in columns:
            what, unit = ("smoke", "1/m") if name.startswith("SM") else ("temperature", "Cel")
            stream = StreamId(f"house/{name}/{what}")
            for found in bank.observe([reading(at, float(row[name]), stream=stream, unit=unit)]):
                first.setdefault(found.kind, at)
    assert Kind.SMOKE in first
    # No earlier than half a minute before the first photoelectric alarm, no later than its median.
    assert alarms[0] - 30 <= first[Kind.SMOKE] <= alarms[len(alarms) // 2]
    assert Kind.FIRE in first
