from __future__ import annotations

import cv2
import numpy as np
import pytest
from pydantic import ValidationError

from tests.support.detecting import CAMERA, camera, feed, frame, noisy, phases
from tests.support.ground import grainy
from tocsin.core.detections import Detection, Kind
from tocsin.core.frames import Image
from tocsin.core.readings import Reading
from tocsin.detectors.camera import PictureBank
from tocsin.detectors.gauge import GaugeParameters

RULE = {
    "detector": "gauge",
    "bottom_m": 0,
    "top_m": 4,
    "above": 2.5,
    "zone": [[0.4, 0], [0.6, 0], [0.6, 1], [0.4, 1]],
}
PLACES = ((120, 30), (220, 30), (120, 70), (220, 70))
MARKS = [
    {"x": (x + 0.5) / 320, "y": (y + 0.5) / 180, "across_m": x / 100, "up_m": (150 - y) / 100}
    for x, y in PLACES
]
BOARD = {"detector": "gauge", "bottom_m": 0.0, "top_m": 1.3, "above": 0.6, "marks": MARKS}


def river(level: float, seed: int) -> Image:
    image = np.full((360, 640, 3), (190, 195, 200), np.uint8)
    image[round(360 * (1 - level / 4)) :] = (70, 80, 60)
    return noisy(image, seed)


def board(level: float, seed: int, *, board_gray: int = 220, water_gray: int = 70) -> Image:
    """A board of 100 pixels a metre with four marks, its reflection under the water, reeds around."""
    reeds = np.random.default_rng(1).integers(30, 110, (180, 320)).astype(np.uint8)
    gray = cv2.blur(reeds, (1, 7))
    gray[15:150, 95:245] = board_gray
    for x, y in PLACES:
        for side in (-1, 1):
            corners = np.array([(x, y), (x + 11 * side, y - 11), (x + 11 * side, y + 11)])
            cv2.fillPoly(gray, [corners], 255 - board_gray)
    line = round(150 - 100 * level)
    mirror = gray[max(0, 2 * line - 180) : line][::-1]
    gray[line:] = water_gray
    gray[line : line + len(mirror)] = (0.3 * mirror + 0.7 * water_gray).astype(np.uint8)
    return grainy(np.repeat(gray[..., None], 3, 2), seed)


def read(bank: PictureBank, images: list[Image], step: float = 60.0) -> list[Reading]:
    found = []
    for index, image in enumerate(images):
        bank.observe(frame(index * step, image))
        found += bank.readings()
    return found


def values(readings: list[Reading]) -> list[float]:
    return [reading.value for reading in readings if reading.value is not None]


def test_a_river_that_rises_over_the_limit_is_a_flood_with_its_level() -> None:
    found = feed(camera(RULE), [river(1.0 + i * 0.25, i) for i in range(12)], step=60)
    assert [one.kind for one in found] == [Kind.FLOOD]
    level = dict(found[0].figures)["level"]
    assert level == pytest.approx(3.0, abs=0.5)


def test_a_river_below_the_limit_and_a_view_without_a_line_are_silent() -> None:
    assert feed(camera(RULE), [river(2.2, i) for i in range(8)], step=60) == []
    assert feed(camera(RULE), [noisy(np.full((360, 640, 3), 120, np.uint8), i) for i in range(8)]) == []


@pytest.mark.parametrize(("board_gray", "water_gray"), [(220, 70), (60, 170)])
def test_marks_give_the_level_to_a_hundredth_whichever_side_is_bright(
    board_gray: int, water_gray: int
) -> None:
    levels = [0.3 + 0.02 * i for i in range(20)]
    images = [board(x, i, board_gray=board_gray, water_gray=water_gray) for i, x in enumerate(levels)]
    assert values(read(camera(BOARD), images, step=90)) == pytest.approx(levels, abs=0.012)


def test_a_camera_that_moves_a_little_reads_the_same() -> None:
    chance = np.random.default_rng(4)
    images = [board(0.4, 0)]
    for i in range(1, 12):
        turn = cv2.getRotationMatrix2D((160, 90), float(chance.uniform(-1, 1)), 1.0)
        turn[:, 2] += chance.uniform(-8, 8, 2)
        images.append(cv2.warpAffine(board(0.4, i), turn, (320, 180), borderMode=cv2.BORDER_REPLICATE))
    assert values(read(camera(BOARD), images)) == pytest.approx([0.4] * 12, abs=0.02)


def test_night_under_infra_red_reads_on() -> None:
    day = [board(0.5, i) for i in range(4)]
    night = [(board(0.5, 4 + i, board_gray=200, water_gray=90) * 0.4).astype(np.uint8) for i in range(6)]
    assert values(read(camera(BOARD), [*day, *night])) == pytest.approx([0.5] * 10, abs=0.02)


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((180, 320, 3), np.uint8),
        np.full((180, 320, 3), 250, np.uint8),
        cv2.GaussianBlur(board(0.5, 3), (0, 0), 9).astype(np.uint8),
        np.roll(board(0.5, 3), 90, axis=1),
    ],
)
def test_without_the_board_there_is_no_reading_and_it_is_counted(image: Image) -> None:
    bank = camera(BOARD)
    readings = read(bank, [board(0.5, 0), image, image, board(0.5, 1)])
    assert len(readings) == 2
    found: list[Detection] = []
    for index in range(8):
        found += bank.observe(frame(1000 + 300 * index, board(0.5 + 0.05 * min(index, 5), index)))
    assert dict(found[0].figures)["unread"] == 2


def test_one_leap_is_no_level_and_one_that_stays_is_believed_the_third_time() -> None:
    bank = camera(BOARD)
    assert len(read(bank, [board(0.4, 0), board(0.4, 1), board(0.8, 2), board(0.4, 3)], step=10)) == 3
    later = [bank.observe(frame(40 + 10 * i, board(0.8, i))) or bank.readings() for i in range(5)]
    assert [len(one) for one in later] == [0, 0, 1, 1, 1]


def test_waves_around_the_limit_raise_once() -> None:
    images = [board(0.62 + 0.03 * (-1) ** i, i) for i in range(30)]
    assert phases(feed(camera({**BOARD, "clear_seconds": 30}), images, step=20)) == ["raise"]
    low = [board(0.5, i) for i in range(10)]
    assert phases(feed(camera({**BOARD, "clear_seconds": 30}), [*images, *low], step=20)) == [
        "raise",
        "clear",
    ]


def test_the_level_is_a_stream_of_the_camera_named_by_the_rule() -> None:
    (first, _) = read(camera(BOARD), [board(0.4, 0), board(0.4, 1)])
    assert (first.stream, first.unit) == (f"{CAMERA}/level", "m")
    (named, _) = read(camera({**BOARD, "name": "weir-west"}), [board(0.4, 0), board(0.4, 1)])
    assert named.stream == f"{CAMERA}/weir-west"


def test_a_picture_that_was_passed_over_repeats_no_reading() -> None:
    assert len(read(camera(BOARD), [board(0.4, i) for i in range(10)], step=0.25)) == 3


def test_a_restored_reader_knows_its_marks() -> None:
    one, two = camera(BOARD), camera(BOARD)
    read(one, [board(0.4, 0)])
    two.restore(one.snapshot())
    two.observe(frame(60, np.roll(board(0.4, 1), 5, axis=0)))
    assert values(two.readings()) == pytest.approx([0.4], abs=0.015)


@pytest.mark.parametrize(
    "wrong",
    [
        {"above": 9},
        {"marks": MARKS[:3]},
        {"marks": [{**mark, "across_m": 1.0} for mark in MARKS]},
        {"strip": (0.6, 0.2)},
    ],
)
def test_what_gives_no_board_is_refused(wrong: dict[str, object]) -> None:
    given = {key: value for key, value in BOARD.items() if key != "detector"}
    with pytest.raises(ValidationError):
        GaugeParameters.model_validate({**given, **wrong})
