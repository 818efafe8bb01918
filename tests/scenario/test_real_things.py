"""Things, water and falls on real clips, and a gauge board from day into night; skipped where that material is absent."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tests.support.detecting import CAMERA, START
from tocsin.core.detections import Detection, Kind, Phase
from tocsin.core.frames import Frame, Image
from tocsin.core.ids import PictureHash
from tocsin.detectors.camera import PictureBank
from tocsin.detectors.config import CameraDetectors

SHARED = Path(os.environ.get("TOCSIN_SHARED", Path(__file__).parents[3] / "shared")) / "data"
pytestmark = [
    pytest.mark.heavy,
    pytest.mark.skipif(not SHARED.is_dir(), reason=f"no real material at {SHARED}: set TOCSIN_SHARED"),
]
QUIET = (
    "people/workshop_normal.mp4",
    "people/shopfront_cctv.mp4",
    "people/white_square_people_overhead.mp4",
    "people/pets2009_s2l1_view001.mp4",
    "traffic/road_single_cars.avi",
)


def pictures(name: str, every: float, crop: tuple[slice, slice] | None) -> Iterator[tuple[float, Image]]:
    due = 0.0
    with av.open(str(SHARED / "video" / name)) as container:
        stream = container.streams.video[0]
        rate = float(stream.average_rate or 25)
        for index, decoded in enumerate(container.decode(stream)):
            at = index / rate
            if at >= due - 1e-6:
                due += every
                image = np.ascontiguousarray(decoded.to_ndarray(format="bgr24")).astype(np.uint8)
                yield at, image if crop is None else np.ascontiguousarray(image[crop])


def raised(
    detector: str, name: str, every: float, crop: tuple[slice, slice] | None = None
) -> list[tuple[float, Detection]]:
    bank = PictureBank(CameraDetectors.model_validate({"detectors": [detector]}), camera=CAMERA)
    found = []
    for number, (at, image) in enumerate(pictures(name, every, crop)):
        frame = Frame(CAMERA, START + timedelta(seconds=at), image, PictureHash(f"{number:064x}"))
        found += [(at, one) for one in bank.observe(frame) if one.phase is Phase.RAISE]
    return found


@pytest.mark.parametrize("every", [0.2, 1.0, 5.0])
def test_a_rucksack_left_in_a_hall_is_found_while_it_lies_there(every: float) -> None:
    ((at, found),) = raised("abandoned", "abandoned/aboda_video1_bag.mp4", every)
    assert found.reason_code == "abandoned.left"
    assert 16.85 <= at <= 41.27


@pytest.mark.parametrize("name", QUIET)
@pytest.mark.parametrize("every", [0.2, 1.0, 5.0])
def test_people_and_cars_are_no_things_and_no_flood(name: str, every: float) -> None:
    assert raised("abandoned", name, every) == []
    assert raised("water", name, every) == []


@pytest.mark.parametrize(
    "name",
    [
        "flood/river_normal_flow.gif",
        "fire-smoke/indoor_battery_fire_cctv.mp4",
        "fire-smoke/wildfire_drone.mp4",
        "fire-smoke/forest_walk_nofire.mp4",
        "tamper/occlusion_bubblewrap.mp4",
        "tamper/brightness_change_negative.avi",
    ],
)
def test_a_river_in_its_bed_smoke_and_a_covered_lens_are_no_flood(name: str) -> None:
    for every in (0.2, 1.0):
        assert raised("water", name, every) == []


def test_most_falls_are_seen_and_walking_is_none() -> None:
    right = (slice(0, 240), slice(320, 640))
    seen = [raised("fall", f"fall/urfd_fall-{number:02}-cam0.mp4", 0.2, right) for number in range(1, 9)]
    assert sum(bool(one) for one in seen) >= 7
    for name in ("people/one_by_one_person.mp4", *QUIET):
        assert raised("fall", name, 0.2) == []


MARKS = ((409, 116, 0.0, 1.227), (667, 116, 0.63, 1.227), (412, 249, 0.0, 0.902), (666, 249, 0.63, 0.902),
         (413, 380, 0.0, 0.584), (664, 380, 0.63, 0.584))  # fmt: skip


def levels(*, shaken: bool) -> list[float]:
    rule = {
        "detector": "gauge",
        "bottom_m": 0.15,
        "top_m": 1.3,
        "above": 1.2,
        "marks": [{"x": x / 800, "y": y / 600, "across_m": a, "up_m": u} for x, y, a, u in MARKS],
    }
    bank = PictureBank(CameraDetectors.model_validate({"detectors": [rule, "tamper"]}), camera=CAMERA)
    chance, read = np.random.default_rng(1), []
    for number, path in enumerate(sorted((SHARED / "pictures" / "water-level").glob("NR*.jpg"))):
        image = cv2.imread(str(path)).astype(np.uint8)
        if shaken and number:
            turn = cv2.getRotationMatrix2D((400, 300), float(chance.uniform(-1, 1)), 1.0)
            turn[:, 2] += chance.uniform(-15, 15, 2)
            image = cv2.warpAffine(image, turn, (800, 600), borderMode=cv2.BORDER_REPLICATE).astype(np.uint8)
        at = START + timedelta(minutes=15 * number)
        found = bank.observe(Frame(CAMERA, at, image, PictureHash(f"{number:064x}")))
        assert shaken or not [one for one in found if one.kind is Kind.TAMPER]
        read += [one.value for one in bank.readings() if one.value is not None]
    return read


def test_a_board_is_read_in_every_picture_from_day_into_night() -> None:
    read = levels(shaken=False)
    assert len(read) == 24
    highest = int(np.argmax(read))
    assert highest == 4, "the tide turns once"
    assert np.all(np.diff(read[: highest + 1]) > 0)
    assert np.all(np.diff(read[highest:]) < 0)
    # By eye on the staff beside it, which has a line every centimetre.
    assert read[0] == pytest.approx(0.843, abs=0.015)
    assert read[-1] == pytest.approx(0.322, abs=0.015)


def test_a_camera_that_is_nudged_reads_the_same_to_two_millimetres() -> None:
    assert levels(shaken=True) == pytest.approx(levels(shaken=False), abs=0.002)


def test_another_board_gives_nearly_the_same_level_by_day_and_night() -> None:
    marks = ((257, 75, 0.0, 0.4), (413, 80, 0.38, 0.4), (254, 158, 0.0, 0.2), (410, 163, 0.38, 0.2),
             (250, 240, 0.0, 0.0), (405, 243, 0.38, 0.0))  # fmt: skip
    rule = {
        "detector": "gauge",
        "bottom_m": -0.3,
        "top_m": 0.45,
        "above": 0.3,
        "marks": [
            {"x": (x + 450) / 1152, "y": (y + 200) / 648, "across_m": a, "up_m": u} for x, y, a, u in marks
        ],
    }
    bank = PictureBank(CameraDetectors.model_validate({"detectors": [rule]}), camera=CAMERA)
    read = []
    for number, path in enumerate(sorted((SHARED / "pictures" / "water-level").glob("2022*"))):
        image = cv2.imread(str(path)).astype(np.uint8)
        at = START + timedelta(minutes=45 * number)
        bank.observe(Frame(CAMERA, at, image, PictureHash(f"{number:064x}")))
        read += [one.value for one in bank.readings() if one.value is not None]
    day, evening, night = read
    assert day == pytest.approx(-0.134, abs=0.015)
    assert evening == pytest.approx(night, abs=0.004)
